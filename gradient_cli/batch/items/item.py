"""
An item, the interface of the forms that it comes in, and the rows that are none.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import BinaryIO, Protocol

from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json

MOST_SHOWN = 10
"""Bad rows that are told before the reading ends."""
NOTHING: Mapping[str, Json] = {}


@record
class Item:
    """One thing to ask about."""

    id: str | int
    where: str
    """Such as `rows.jsonl:12`, for errors."""
    text: str | None = None
    """A line, or a file's content."""
    path: str | None = None
    """The file that the text came from."""
    prompt: str | None = None
    """A row's own prompt."""
    variables: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Json] = field(default_factory=dict)
    """Fields of the request; they win over flags."""
    is_body: bool = False
    """The fields are a whole body: nothing of it is unknown."""
    is_named: bool = True
    """The id stands in the row; another one may have it, too."""
    columns: tuple[str, ...] | None = None
    """A table's own names of the variables, for errors."""
    data: Json = None
    """What the row's result carries as it is."""
    source: Json = None
    """The row as it stands in ITEMS, where it is an object or a list of cells."""


Bad = Callable[[UsageError], None]
"""Takes what is wrong with a row; returns where the reading goes on with the next one."""


class Form(Protocol):
    """A way to write down items."""

    has_own_ids: bool
    """Rows may say their ids themselves."""

    def read(self, stream: BinaryIO, name: str, bad: Bad, prefix: str) -> Iterator[Item]:
        """
        Give the items of a stream, in their order, holding one at a time.

        `name` is for errors; `prefix` stands before the number of a row without an id.

        Raises:
            UsageError: nothing after this place can be read.

        """


def raise_it(error: UsageError) -> None:
    """Raise what is wrong with a row, where the first one is one too many."""
    raise error


def numbered(prefix: str, number: int) -> str | int:
    """Give the id of a row that has none."""
    return f"{prefix}{number}" if prefix else number


class BadRows:
    """Collects what is wrong with rows, to be told at once."""

    def __init__(self) -> None:
        self.found: list[UsageError] = []

    def add(self, error: UsageError) -> None:
        """
        Take note of a bad row.

        Raises:
            UsageError: it is the tenth.

        """
        self.found.append(error)
        if len(self.found) >= MOST_SHOWN:
            raise self.all()

    def check(self) -> None:
        """
        End the reading.

        Raises:
            UsageError: there were bad rows.

        """
        if self.found:
            raise self.all()

    def all(self) -> UsageError:
        """Give one error for all of them."""
        first = self.found[0]
        if len(self.found) == 1:
            return first
        more = " or more" if len(self.found) >= MOST_SHOWN else ""
        return BadItems(
            f"{len(self.found)} bad rows{more}; nothing was sent",
            hint=first.hint,
            rows=tuple(error.message for error in self.found),
        )


class BadItems(UsageError):
    """Several rows are not usable."""

    def __init__(self, message: str, *, hint: str | None, rows: tuple[str, ...]) -> None:
        super().__init__(message, hint=hint)
        self.rows = rows
        """What is wrong with each."""
