"""
Digests of any number of rows in a few megabytes, and a number for each.

    KeyTable   16 bytes of a digest ─► a number; the newest in memory, the others in a file

The file is SQLite's own temporary one: it has no name and no journal, and is gone with the
process, however that ends.
"""

import sys
from hashlib import blake2b
from typing import TYPE_CHECKING

from gradient_cli.errors import UsageError

if TYPE_CHECKING:
    from sqlite3 import Connection

FRESH = 1 << 14
"""Keys that are held in memory: smaller runs need no file."""
SIZE = 16
"""Bytes of a digest."""
MARKS = 1 << 24
"""Bits that tell without a look at the file that a key is not there; 2 MB."""
_SETTINGS = (
    "pragma journal_mode=off",
    "pragma synchronous=off",
    "pragma locking_mode=exclusive",
    "pragma cache_size=-2048",
    "create table keys (digest blob primary key, number integer) without rowid",
)
_SELECT = "select number from keys where digest = ?"


def fingerprint(*parts: bytes) -> bytes:
    """Give the digest of some texts; nobody has ever seen two texts with the same one."""
    return blake2b(b"\n".join(parts), digest_size=SIZE).digest()


class KeyTable:
    """A map from digests to numbers above 0. Not for two threads at once."""

    def __init__(self) -> None:
        self._fresh: dict[bytes, int] = {}
        self._most = FRESH
        self._file: Connection | None = None
        self._faults: tuple[type[Exception], ...] = ()
        self._marks = bytearray()
        """A bit for each key in the file, at a place that others may share."""

    def __del__(self) -> None:
        self.close()

    def __bool__(self) -> bool:
        return bool(self._fresh) or self._file is not None

    def get(self, digest: bytes) -> int:
        """
        Give the digest's number, 0 if it has none.

        Raises:
            UsageError: the temporary file cannot be read.

        """
        number = self._fresh.get(digest)
        if number is not None:
            return number
        if self._file is None:
            return 0
        mark = int.from_bytes(digest[:4], "big") % MARKS
        if not self._marks[mark >> 3] >> (mark & 7) & 1:
            return 0
        try:
            found = self._file.execute(_SELECT, (digest,)).fetchone()
        except self._faults as error:
            raise _broken(error) from None
        return found[0] if found else 0

    def set(self, digest: bytes, number: int) -> None:
        """
        Give a digest its number, 1 to 2**63 - 1.

        Raises:
            UsageError: the temporary file cannot be written.

        """
        self._fresh[digest] = number
        if len(self._fresh) >= self._most:
            try:
                self._put_away()
            except self._faults as error:
                raise _broken(error) from None

    def close(self) -> None:
        """Let the file go; the table is empty then."""
        self._fresh.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_away(self) -> None:
        """Move what is in memory to the file in its order, much faster than one by one."""
        file = self._file or self._open()
        if file is None:
            return
        file.execute("begin")
        file.executemany("replace into keys values (?, ?)", sorted(self._fresh.items()))
        file.execute("commit")
        marks = self._marks
        for digest in self._fresh:
            mark = int.from_bytes(digest[:4], "big") % MARKS
            marks[mark >> 3] |= 1 << (mark & 7)
        self._fresh.clear()

    def _open(self) -> "Connection | None":
        """Make the file; None where Python was built without SQLite, and memory has to do."""
        try:
            import sqlite3
        except ImportError:
            self._most = sys.maxsize
            return None
        self._faults = (sqlite3.Error,)
        # Whoever works with the table changes its thread, but no two do at once.
        file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for setting in _SETTINGS:
            file.execute(setting)
        self._marks = bytearray(MARKS >> 3)
        self._file = file
        return file


def _broken(error: Exception) -> UsageError:
    return UsageError(
        f"cannot keep the keys of the rows in a temporary file: {error}",
        hint="TMPDIR=DIR names the folder where there is room",
    )
