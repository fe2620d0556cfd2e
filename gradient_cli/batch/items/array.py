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
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_FLAT = re.compile(rb'(?:[^"{}\[\]]++|' + _STRING.pattern + rb")*+", re.DOTALL)
"""What stands between two brackets: whole strings, and what is neither."""
_WORD = re.compile(rb"[^\s,\]]*(?=[\s,\]])")


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
            if found := _SPACE.match(self._held, self._at):
                self._line += found[0].count(b"\n")
                self._at = found.end()
            if self._at < len(self._held) or not self._more():
                return

    def _more(self) -> bool:
        """Read on, twice as much of a long element; what lies behind is let go."""
        held = len(self._held) - self._at
        if held > MOST_BYTES:
            raise self._broken(f"an element of more than {MOST_BYTES:,} bytes")
        piece = self._stream.read(max(PIECE, held))
        self._held = self._held[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _end(self) -> int:
        """Give where the element at hand ends."""
        if self._next() not in {b"{", b"["}:
            return self._scalar_end()
        depth, here = 0, self._at
        while True:
            found = _FLAT.match(self._held, here)
            here = found.end() if found else here
            mark = self._held[here : here + 1]
            if mark in {b"", b'"'}:
                begun = here - self._at
                self._grow()
                here = self._at + begun
                continue
            here += 1
            depth += 1 if mark in b"{[" else -1
            if depth == 0:
                return here

    def _grow(self) -> None:
        """Read on within an element."""
        if not self._more():
            raise self._broken("the array has no end")

    def _scalar_end(self) -> int:
        end = _STRING if self._next() == b'"' else _WORD
        while not (found := end.match(self._held, self._at)):
            self._grow()
        return max(found.end(), self._at + 1)

    def _broken(self, words: str) -> UsageError:
        return UsageError(
            f"{self._name}:{self._line}: {words}", hint="`jq -c '.[]'` would say the same"
        )
