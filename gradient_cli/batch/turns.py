"""
Digests in the order in which they came: who asks in about that order is told without a search.

    add(digest, number) … ─► a temporary file ─► a window of some thousands ─► find(digest)

A run that is resumed asks for its rows as they stand in ITEMS, and OUT has them as they were
answered, which is nearly the same. The searches in a KeyTable are half of what a row costs then.
"""

import struct
import tempfile
from typing import IO

from gradient_cli.batch.key_table import KeyTable

HELD = 1 << 14
"""Digests that need no file."""
AHEAD = 1 << 12
"""Digests that are looked at at once."""
_PAIR = struct.Struct("16sQ")


class OrderedTable(KeyTable):
    """A KeyTable that is asked in about the order in which it has learnt."""

    def __init__(self) -> None:
        self._turns = Turns()
        super().__init__()

    def learn(self, digest: bytes, number: int, *, is_new: bool) -> None:
        """
        Give a digest its number; with `is_new` it had none.

        Raises:
            UsageError: the temporary file cannot be written.

        """
        self.set(digest, number)
        if is_new:
            self._turns.add(digest, number)
        else:
            self._turns.end()

    def find(self, digest: bytes) -> int:
        """
        Give the digest's number, 0 if it has none.

        Raises:
            UsageError: the temporary file cannot be read.

        """
        return self._turns.find(digest) or self.get(digest)

    def close(self) -> None:
        """Let the files go; the table is empty then."""
        self._turns.end()
        super().close()


class Turns:
    """Digests, each with a number above 0; one that has got another number ends it."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._file: IO[bytes] | None = None
        self._window: dict[bytes, int] = {}
        self._next = 0
        """The byte up to which the window has come."""
        self._is_of_use = True

    def add(self, digest: bytes, number: int) -> None:
        """Take in what comes next."""
        if not self._is_of_use:
            return
        self._held += _PAIR.pack(digest, number)
        if len(self._held) >= HELD * _PAIR.size:
            try:
                self._put_away()
            except OSError:
                self.end()  # The disk is full; there are other ways.

    def find(self, digest: bytes) -> int:
        """Give the digest's number, 0 if it is not among those whose turn it is about."""
        if self._is_of_use and len(self._window) < AHEAD // 2:
            try:
                self._look_ahead()
            except OSError:
                self.end()
        return self._window.pop(digest, 0)

    def end(self) -> None:
        """Know nothing any more; somebody else has to be asked."""
        self._is_of_use = False
        self._window.clear()
        self._held.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_away(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `end` closes it
        self._file.write(self._held)
        self._held.clear()

    def _look_ahead(self) -> None:
        size = AHEAD * _PAIR.size
        if self._file is None:
            block = bytes(self._held[self._next : self._next + size])
        else:
            if self._held:
                self._put_away()
            self._file.seek(self._next)
            block = self._file.read(size)
        self._next += len(block)
        self._window.update(_PAIR.iter_unpack(block))
