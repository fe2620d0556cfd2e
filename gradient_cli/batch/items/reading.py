"""
The items of a run: every source one after the other, and the part that this run takes.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from gradient_cli.batch.items.folder import read_files
from gradient_cli.batch.items.item import Bad, Item, raise_it
from gradient_cli.batch.items.source import Source
from gradient_cli.errors import UsageError
from gradient_cli.values import record

T = TypeVar("T")


class Items:
    """All items, as often as they are wanted."""

    def __init__(self, sources: Iterable[Source] = (), patterns: Iterable[str] = ()) -> None:
        """`patterns` name files, each of which is an item."""
        self.sources = tuple(sources)
        self.patterns = tuple(patterns)
        names = [source.name for source in self.sources]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise UsageError(f'ITEMS "{double}" is given twice')

    @property
    def may_share_ids(self) -> bool:
        """Tell whether two rows may say the same id."""
        return any(source.form.has_own_ids for source in self.sources)

    def read(self, bad: Bad = raise_it) -> Iterator[Item]:
        """
        Give the items in their order.

        Raises:
            UsageError: one cannot be read, and `bad` does not take it.

        """
        # Lines of two files have the same numbers; with their file's name they are apart.
        is_alone = len(self.sources) == 1
        for source in self.sources:
            with source.open() as stream:
                prefix = "" if is_alone else f"{source.name}:"
                yield from source.form.read(stream, source.name, bad, prefix)
        if self.patterns:
            yield from read_files(self.patterns, bad)

    def names(self) -> list[str]:
        """Give what they are called."""
        return [*(source.name for source in self.sources), *self.patterns]

    def close(self) -> None:
        """Let copies go."""
        for source in self.sources:
            source.close()


@record
class Shard:
    """The part of all items that this run takes: every N-th, from the I-th."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str | None) -> "Shard":
        """
        Read `I/N`, I from 1 to N; None is all.

        Raises:
            UsageError: it is something else.

        """
        if text is None:
            return cls()
        found = re.fullmatch("([0-9]{1,9})/([0-9]{1,9})", text)
        if found and 1 <= int(found[1]) <= int(found[2]):
            return cls(int(found[1]), int(found[2]))
        raise UsageError(
            f'--shard "{text}" is not I/N with I from 1 to N',
            hint="a job array that counts from 0 adds 1: --shard $((INDEX + 1))/8",
        )

    @property
    def words(self) -> str | None:
        """Say it as it is written; None where it is all."""
        return f"{self.index}/{self.count}" if self.count > 1 else None

    def has(self, position: int) -> bool:
        """Tell whether the item at a position, from 0, is one of these."""
        return position % self.count == self.index - 1
