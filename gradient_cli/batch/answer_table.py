"""
ITEMS again, in their order, each row with its answer beside its own columns.

    OUT… ─► Answers: id ─► its line           ITEMS ─► Item ─► own cells + answer's ─► Writer
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import BinaryIO, Protocol

from gradient_cli.batch.entries import Entry, entries, entry_at, id_json, is_decided
from gradient_cli.batch.items.item import Item
from gradient_cli.batch.key_table import fingerprint
from gradient_cli.batch.turns import OrderedTable
from gradient_cli.errors import UsageError
from gradient_cli.terminal.tables import BOM
from gradient_cli.values import mutable_record
from gradient_cli.wire.json import Json, dumps, line
from gradient_cli.wire.strict import exact, spelled

OFFSET_BITS = 42
UNANSWERED = "there is no answer yet"
Cells = dict[str, Json]


class Answers:
    """The lines of some files of results, found by id; an answer before any failure."""

    def __init__(self, paths: Sequence[str]) -> None:
        """
        Read them once.

        Raises:
            UsageError: one cannot be read, or holds something else.

        """
        self.stale = 0
        """Lines that were set aside, and count for nothing."""
        self._known = OrderedTable()
        """Id -> where its line is: file, offset, and 1 if it is ok."""
        self._files: list[BinaryIO] = []
        self._properties: dict[str, None] = {}
        self._is_decided = False
        """Some of the answers are decisions."""
        try:
            for number, path in enumerate(paths):
                for entry in entries(Path(path), path):
                    self._learn(number, entry)
                self._files.append(Path(path).open("rb"))  # noqa: SIM115  # closed by `close`
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f'cannot read "{error.filename}": {reason}') from None

    def _learn(self, number: int, entry: Entry) -> None:
        if entry.mark:
            self.stale += 1
            return
        name = fingerprint(entry.id)
        before = self._known.get(name)
        if before & 1:
            return
        where = (number << OFFSET_BITS | entry.offset) + 1
        self._known.learn(name, 2 * where + entry.is_ok, is_new=not before)
        self._is_decided = self._is_decided or is_decided(entry.raw)
        if entry.is_ok and b'"parsed"' in entry.raw:
            parsed = entry.said().get("parsed")
            self._properties |= dict.fromkeys(parsed if isinstance(parsed, dict) else ())

    @property
    def columns(self) -> list[str]:
        """Give what an answer consists of: the properties of its object, its text, a decision."""
        if self._is_decided:
            return ["decision", "probability", "unsure"]
        return list(self._properties) or ["text"]

    def of(self, identity: str | int) -> Mapping[str, Json] | None:
        """Give a row's line; None if it has none."""
        for name in _spellings(identity):
            if found := self._known.find(fingerprint(name)):
                break
        else:
            return None
        number, offset = divmod((found >> 1) - 1, 1 << OFFSET_BITS)
        return entry_at(self._files[number], offset).said()

    def cells(self, row: Mapping[str, Json] | None) -> list[Json]:
        """Give an answer's cells, then `ok` and `error`."""
        if row is None:
            return [*(None for _ in self.columns), None, UNANSWERED]
        error = row.get("error")
        words = error.get("message") if isinstance(error, dict) else None
        parsed = row.get("parsed")
        if self._is_decided:
            found = [row.get(name) for name in self.columns]
        elif self._properties:
            parsed = parsed if isinstance(parsed, dict) else {}
            found = [parsed.get(name) for name in self._properties]
        else:
            found = [row.get("text")]
        return [*found, row.get("ok"), words]

    def close(self) -> None:
        """Let the files go."""
        self._known.close()
        for file in self._files:
            file.close()


def _spellings(identity: str | int) -> Iterator[bytes]:
    """Give an id as JSON, and as a tool may have written it that takes digits for a number."""
    yield id_json(identity)
    if isinstance(identity, int):
        yield id_json(str(identity))
    elif identity.isascii() and identity.isdecimal() and str(int(identity[:18])) == identity:
        yield identity.encode()


class Writer(Protocol):
    """A form of table."""

    def head(self, names: Sequence[str]) -> bytes:
        """Give what stands before the rows."""

    def row(self, cells: Cells) -> bytes:
        """Give a row, by the names of the head."""


@mutable_record
class Cellular:
    """CSV and its kin."""

    delimiter: str = ","
    has_bom: bool = False
    _text: io.StringIO = field(default_factory=io.StringIO)

    def head(self, names: Sequence[str]) -> bytes:
        """Give the header."""
        return (BOM if self.has_bom else b"") + self._line(names)

    def row(self, cells: Cells) -> bytes:
        """Give the row's cells."""
        return self._line([as_cell(cell) for cell in cells.values()])

    def _line(self, cells: Sequence[str]) -> bytes:
        self._text.seek(0)
        self._text.truncate()
        csv.writer(self._text, delimiter=self.delimiter, lineterminator="\n").writerow(cells)
        return self._text.getvalue().encode("utf-8", "replace")


class JsonLines:
    """A JSON object a row."""

    def head(self, names: Sequence[str]) -> bytes:
        """Give nothing: each row has its names."""
        return b""

    def row(self, cells: Cells) -> bytes:
        """Give the row's object."""
        return line(exact(cells)).encode() + b"\n"


def as_cell(value: Json) -> str:
    """Give a value as the text of a cell: nothing for null, JSON for what is no text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value).lower()  # true and false as JSON has them
    return spelled(value) if isinstance(value, float) else dumps(exact(value))


def flat(item: Item) -> Cells:
    """Give the own cells of an item as one level: `vars` and `data` are taken apart."""
    row = item.source
    if not isinstance(row, dict):
        return {"id": item.id, **({} if item.path else {"item": item.text})}
    found: Cells = {} if "custom_id" in row else {"id": item.id}
    for name, value in row.items():
        if name in {"vars", "data"} and isinstance(value, dict):
            for inner, said in value.items():
                found[inner if inner not in found else f"{name}_{inner}"] = said
        else:
            found[name] = value
    return found


def whole(item: Item) -> Cells:
    """Give the own fields of an item as they are."""
    if isinstance(item.source, dict):
        return item.source if "id" in item.source else {"id": item.id, **item.source}
    return flat(item)


def answer_names(own: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Give the names of an answer's columns; `answer_text` where the items have a `text`."""
    taken, found = set(own), []
    for name in (*columns, "ok", "error"):
        while name in taken:
            name = f"answer_{name}"  # as long as it takes
        taken.add(name)
        found.append(name)
    return found


def table(
    items: Callable[[], Iterator[Item]],
    answers: Answers,
    writer: Writer,
    own: Callable[[Item], Cells],
    count: Callable[[Mapping[str, Json] | None], None],
    header: Sequence[str] | None = None,
    shown: Sequence[str] | None = None,
) -> Iterator[bytes]:
    """
    Give the table in pieces.

    `own` gives an item's cells; `header` their names, where they are known beforehand, and
    `shown` how ITEMS have them.
    """
    names = list(header) if header is not None else _names(items, own)
    added = answer_names(names, answers.columns)
    is_cellular = isinstance(writer, Cellular)
    yield writer.head([*(shown or names), *added])
    for item in items():
        row = answers.of(item.id)
        count(row)
        cells = own(item)
        if is_cellular and header is None:
            cells = {name: cells.get(name) for name in names}
        yield writer.row({**cells, **dict(zip(added, answers.cells(row), strict=True))})


def _names(items: Callable[[], Iterator[Item]], own: Callable[[Item], Cells]) -> list[str]:
    found: dict[str, None] = {}
    for item in items():
        found |= dict.fromkeys(own(item))
    return list(found)
