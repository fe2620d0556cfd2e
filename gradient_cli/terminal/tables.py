"""
Tables as text, CSV and TSV (RFC 4180): a header that names the columns, and rows of cells.

A cell may hold commas, quotes and newlines if it stands in quotes. Excel's habits are known:
a BOM, semicolons or tabs in place of commas, a first line `sep=;`.
"""

import csv
import re
import sys
from collections.abc import Iterator
from typing import BinaryIO

from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire import template

BOM = b"\xef\xbb\xbf"
_SEPARATOR = re.compile(r"sep=(.)\r?\n?")
_ODD = re.compile(r"[^\w-]+")


@record
class Head:
    """What the first lines of a table say."""

    delimiter: str
    names: tuple[str, ...]
    """The header's cells."""
    variables: tuple[str, ...]
    """The name of each as a variable; "" where it has none."""
    id_at: int | None
    has_bom: bool
    """Excel knows UTF-8 by it."""
    lines: int
    """Lines that were read for it."""


def read_head(text: "Text", name: str, delimiter: str | None) -> Head:
    """
    Read the header of a table, and how its cells are set apart.

    Raises:
        UsageError: there is none, or two columns have one name.

    """
    # A cell may be as long as the file; csv's own limit is 128 KB.
    csv.field_size_limit(sys.maxsize)
    first = next(text, "")
    if found := _SEPARATOR.fullmatch(first):
        delimiter = found[1]
        first = next(text, "")
    if delimiter is None:
        delimiter = _delimiter(first)
    text.put_back(first)
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        names = next(rows, [])
    except csv.Error as error:
        raise _broken(error, f"{name}:{text.lines}") from None
    if not any(cell.strip() for cell in names):
        raise UsageError(f"{name}:1: there is no header", hint="its cells name the variables")
    names = [cell.strip() for cell in names]
    if double := next((n for n in names if n and names.count(n) > 1), None):
        raise UsageError(f'{name}:1: two columns are called "{double}"')
    id_at = names.index("id") if "id" in names else None
    return Head(delimiter, tuple(names), _variables(names), id_at, text.has_bom, text.lines)


def _delimiter(first: str) -> str:
    """Give what sets the header's cells apart: a comma, if there is one outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", first)
    counts = {mark: bare.count(mark) for mark in ",;\t"}
    if counts[","] or not any(counts.values()):
        return ","
    return ";" if counts[";"] else "\t"


def _variables(names: list[str]) -> tuple[str, ...]:
    """Give each column's name as {{ }} can say it: `Review text` is `Review_text`."""
    said = [name if template.is_name(name) else _said(name) for name in names]
    return tuple(
        one if one == name or said.count(one) == 1 else ""
        for one, name in zip(said, names, strict=True)
    )


def _said(name: str) -> str:
    plain = _ODD.sub("_", name).strip("_")
    return plain if not plain or template.is_name(plain) else f"_{plain}"


def rows_of(text: "Text", head: Head, name: str) -> Iterator[tuple[int, list[str]]]:
    """
    Give (line, cells) of each row below the header that is not blank; the line is its first.

    Raises:
        UsageError: nothing after this line can be read.

    """
    rows = csv.reader(text, delimiter=head.delimiter, strict=True)
    first = head.lines + 1
    try:
        for cells in rows:
            if cells:
                yield first, cells
            first = head.lines + rows.line_num + 1
    except csv.Error as error:
        # A quote that nobody closes reaches to the end of the file.
        line = first if _is_endless(error) else head.lines + rows.line_num
        raise _broken(error, f"{name}:{line}") from None


def _is_endless(error: csv.Error) -> bool:
    return "unexpected end of data" in str(error)


def uneven(where: str, cells: list[str], head: Head) -> UsageError:
    """Give what is wrong with a row that has more or fewer cells than the header."""
    words = f"{where}: {_count(len(cells))}, but the header has {len(head.names)}"
    if len(cells) < len(head.names):
        missing = head.names[len(cells)] or str(len(cells) + 1)
        return UsageError(f"{words}: column {missing} is missing")
    if any(cell.startswith(" ") and cell.lstrip().startswith('"') for cell in cells):
        return UsageError(words, hint="a quote opens a cell only as its first character")
    mark = {",": "a comma", ";": "a semicolon", "\t": "a tab"}.get(head.delimiter, "a separator")
    return UsageError(words, hint=f"a cell that holds {mark} stands in double quotes")


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _broken(error: csv.Error, where: str) -> UsageError:
    words = str(error)
    if "new-line" in words:
        return UsageError(
            f"{where}: lines end with a carriage return alone", hint="tr '\\r' '\\n' <FILE"
        )
    if _is_endless(error):
        return UsageError(
            f"{where}: a quoted cell has no end", hint='a quote within a cell is doubled: ""'
        )
    if "expected after" in words:
        return UsageError(
            f"{where}: a quoted cell goes on after its closing quote",
            hint='a quote within a cell is doubled, and the cell stands in quotes: "so ""it"" is"',
        )
    return UsageError(f"{where}: {words}")


class Text:
    """A stream's lines as text, with one that may be put back."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._lines = iter(stream)
        self._name = name
        self._held: str | None = None
        self.lines = 0
        """How many were given."""
        self.has_bom = False

    def __iter__(self) -> "Text":
        return self

    def __next__(self) -> str:
        self.lines += 1
        if self._held is not None:
            text, self._held = self._held, None
            return text
        try:
            raw = next(self._lines)
        except StopIteration:
            self.lines -= 1
            raise
        where = f"{self._name}:{self.lines}"
        self.has_bom = self.has_bom or (self.lines == 1 and raw.startswith(BOM))
        return decoded(raw, where, is_first=self.lines == 1, keeps_end=True)

    def put_back(self, text: str) -> None:
        """Give this line again."""
        self._held = text
        self.lines -= 1


def decoded(raw: bytes, where: str, *, is_first: bool, keeps_end: bool = False) -> str:
    """
    Give a line as text, without its end.

    Raises:
        UsageError: it is not UTF-8.

    """
    if not keeps_end:
        raw = raw.removesuffix(b"\n").removesuffix(b"\r")
    if is_first:
        raw = raw.removeprefix(BOM)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{where}: not UTF-8 at byte {error.start}", hint="iconv -f WINDOWS-1252 -t UTF-8"
        ) from None
