"""
A JSON array of rows, as pandas and APIs write it; read an element at a time.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from gradient_cli.batch.items.item import Bad, Item, numbered
from gradient_cli.batch.items.rows import item_of
from gradient_cli.errors import UsageError
from gradient_cli.terminal.tables import BOM
from gradient_cli.wire.strict import parse

PIECE = 1 << 18
MOST_BYTES = 100 * 1024 * 1024
"""The longest element."""
_SPACE = b" \t\r\n"
_MARK = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'(?:[^"\\]|\\.)*"', re.DOTALL)


class Array:
    """One array of objects; the id of an element is its number if it says no other."""

    has_own_ids = True

    def read(self, stream: BinaryIO, name: str, bad: Bad, prefix: str = "") -> Iterator[Item]:
        """Give each element."""
        for number, (raw, line) in enumerate(_Elements(stream, name), 1):
            where = f"{name}:{line}"
            try:
                text = raw.decode()
                row = parse(text)
            except UnicodeDecodeError as error:
                bad(UsageError(f"{where}: not UTF-8 at byte {error.start} of element {number}"))
            except ValueError as error:
                bad(UsageError(f"{where}: element {number} is no JSON: {error}"))
            else:
                try:
                    yield item_of(row, where, numbered(prefix, number))
                except UsageError as error:
                    bad(error)


class _Elements:
    """Finds the elements by their brackets, without building any."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._held = stream.read(PIECE).removeprefix(BOM)
        self._at = 0
        self._line = 1

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        """Give the bytes of each element, and the line that it begins in."""
        self._skip()
        if self._next() != b"[":
            raise self._broken("no array")
        self._at += 1
        is_first = True
        while True:
            self._skip()
            if is_first and self._next() == b"]":
                break
            is_first = False
            line = self._line
            end = self._end()
            yield self._held[self._at : end], line
            self._line += self._held.count(b"\n", self._at, end)
            self._at = end
            self._skip()
            mark = self._next()
            if mark == b"]":
                break
            if mark != b",":
                raise self._broken("a comma or the end of the array is missing")
            self._at += 1
        self._at += 1
        self._skip()
        if self._next():
            raise self._broken("something stands after the array")

    def _next(self) -> bytes:
        return self._held[self._at : self._at + 1]

    def _skip(self) -> None:
        """Go to the next byte that is no space."""
        while True:
            while self._next() and self._next() in _SPACE:
                self._line += self._next() == b"\n"
                self._at += 1
            if self._at < len(self._held) or not self._more():
                return

    def _more(self) -> bool:
        """Read on; what lies behind is let go."""
        piece = self._stream.read(PIECE)
        if len(self._held) - self._at > MOST_BYTES:
            raise self._broken(f"an element of more than {MOST_BYTES:,} bytes")
        self._held = self._held[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _end(self) -> int:
        """Give where the element at hand ends."""
        depth, here = 0, self._at
        while True:
            found = _MARK.search(self._held, here)
            if depth == 0 and self._next() not in {b"{", b"[", b'"'}:
                return self._scalar_end()
            if found is None:
                here = self._grow(len(self._held))
                continue
            here = found.end()
            if found[0] == b'"':
                while (string := _STRING_END.match(self._held, here)) is None:
                    begun = here - self._at
                    self._grow(here)
                    here = self._at + begun
                here = string.end()
            else:
                depth += 1 if found[0] in b"{[" else -1
            if depth == 0:
                return here

    def _grow(self, here: int) -> int:
        """Read on within an element; give where `here` is then."""
        begun = here - self._at
        if not self._more():
            raise self._broken("the array has no end")
        return self._at + begun

    def _scalar_end(self) -> int:
        while True:
            found = re.compile(rb"[\s,\]]").search(self._held, self._at)
            if found:
                return max(found.start(), self._at + 1)
            self._grow(self._at)

    def _broken(self, words: str) -> UsageError:
        return UsageError(
            f"{self._name}:{self._line}: {words}", hint="`jq -c '.[]'` would say the same"
        )
