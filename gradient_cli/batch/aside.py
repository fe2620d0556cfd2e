"""
`out.stale.jsonl`: answers that answer no row of OUT any more, or wait while theirs is asked again.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

from gradient_cli.batch.entries import Entry, entries
from gradient_cli.batch.results import CHUNK, neighbour, repair, unwritable


class Aside:
    """The file beside OUT; whoever holds OUT's lock may change it."""

    def __init__(self, out: Path) -> None:
        """
        Repair the file's end, if there is one.

        Raises:
            UsageError: it holds something else, or cannot be written.

        """
        self.path = beside(out, "stale")
        self._out = out
        self._file: BinaryIO | None = None
        try:
            if self.path.exists():
                with self.path.open("r+b", buffering=0) as file:
                    repair(file.fileno(), str(self.path))
        except OSError as error:
            raise unwritable(str(self.path), error) from None

    def exists(self) -> bool:
        """Tell whether anything was set aside."""
        return self.path.exists()

    def entries(self) -> Iterator[Entry]:
        """
        Give its lines.

        Raises:
            UsageError: one is no result.

        """
        if self.path.exists():
            yield from entries(self.path, str(self.path))

    def add(self, line: bytes) -> None:
        """
        Write a line at the end; it is safe after `flush`.

        Raises:
            UsageError: it cannot be written.

        """
        try:
            if self._file is None:
                self._file = private(self.path, "ab", self._out)
            self._file.write(line)
        except OSError as error:
            raise unwritable(str(self.path), error) from None

    def flush(self) -> None:
        """
        Leave what was added on the disk.

        Raises:
            UsageError: it cannot be written.

        """
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            with file:
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(str(self.path), error) from None

    def rewrite(self, given: Callable[[int, Entry], bytes | None]) -> None:
        """
        Give each line anew, or None for one that goes; no file where none is left.

        `given` takes the place of a line, from 0, and the line.

        Raises:
            UsageError: it cannot be written; then the old one stands.

        """
        temporary = neighbour(self.path)
        try:
            with private(temporary, "wb", self.path) as file:
                for place, entry in enumerate(self.entries()):
                    if line := given(place, entry):
                        file.write(line)
                file.flush()
                os.fsync(file.fileno())
                is_empty = file.tell() == 0
            temporary.replace(self.path)
            if is_empty:
                self.path.unlink()
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise unwritable(str(self.path), error) from None


def private(path: Path, mode: str, like: Path, *, buffering: int = CHUNK) -> BinaryIO:
    """Open a file for writing; a new one may be read by whoever may read another one."""
    permissions = like.stat().st_mode & 0o777 if like.exists() else 0o600
    is_new = not path.exists()
    file = open(  # noqa: SIM115  # the caller closes it; Path.open takes no opener
        path, mode, buffering=buffering, opener=lambda name, flags: os.open(name, flags, 0o600)
    )
    if is_new:
        path.chmod(permissions)
    return cast("BinaryIO", file)


class Times:
    """Instants that never come twice: an answer is known by its own."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = 0
        self._lock = Lock()

    def now(self) -> str:
        """Give the instant in UTC, to the microsecond, later than any before."""
        with self._lock:
            self._last = max(self._last + 1, int(self._clock() * 1_000_000))
            whole, micro = divmod(self._last, 1_000_000)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        return f"{moment}.{micro:06d}Z"


def instant(at: str) -> int:
    """Give the instant of a text of `Times.now` as a number of its order; 0 for another text."""
    digits = "".join(filter(str.isdecimal, at))
    return int(digits[2:]) if len(digits) == 20 else 0


def beside(out: Path, word: str) -> Path:
    """Give the name of a file that belongs to OUT: `out.jsonl` has `out.stale.jsonl`."""
    return out.with_name(f"{out.stem}.{word}{out.suffix}")
