"""
OUT: one result a line, written whole, so that a run can be killed at any instant.

    open_results ─► lock ─► repair the last line ─► Results.write(line) ... ─► close

What stands in OUT already is the ledger's business; here it is only locked, written to, and
replaced in one step.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Protocol

from gradient_cli.errors import OutputClosed, UsageError
from gradient_cli.terminal.files import resolved
from gradient_cli.terminal.locks import has_locked
from gradient_cli.terminal.writing import write_whole
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse

_BEGINNING = b'{"id":'
CHUNK = 1 << 20
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Results(Protocol):
    """Where results go."""

    def write(self, line: bytes) -> None:
        """Write one line, newline included, at once; from any thread."""

    def discard(self) -> None:
        """Leave nothing behind if nothing was written."""

    def close(self) -> None:
        """Let go; no line is under way after it."""


def open_results(path: str, write: Callable[[bytes], object]) -> "FileResults | StreamResults":
    """
    Open OUT; `write` takes the results of `-`.

    Raises:
        UsageError: it cannot be written, another run is writing it, or it holds no results.

    """
    target = Path(path)
    if path == "-":
        return StreamResults(write)
    resolved(path)
    if not target.exists() or target.is_file():
        return FileResults(path)
    try:
        file = target.open("ab", buffering=0)
    except OSError as error:
        raise unwritable(path, error) from None
    return StreamResults(_writer(file, path))


def _writer(file: RawIOBase, path: str) -> Callable[[bytes], None]:
    """Give what writes a line whole to a pipe or a device."""

    def write(line: bytes) -> None:
        try:
            write_whole(file, line)
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            raise unwritable(path, error) from None

    return write


class StreamResults:
    """Results on stdout, or in a pipe: nothing of earlier runs is there."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lock = Lock()

    def write(self, line: bytes) -> None:
        """Write one line at once."""
        with self._lock:
            self._write(line)

    def discard(self) -> None:
        """Do nothing: there is no file of ours."""

    def close(self) -> None:
        """Wait for the line under way."""
        self._lock.acquire()


class FileResults:
    """Results in a file that one run at a time may write."""

    def __init__(self, path: str) -> None:
        """
        Lock the file and repair its end.

        Raises:
            UsageError: it cannot be written, another run is writing it, or it holds no results.

        """
        self.path = path
        self.target = resolved(path)
        """Where the path leads to."""
        self._lock = Lock()
        self._is_new = not self.target.exists()
        self._broken: OSError | None = None
        """Why half a line could not be taken back: nothing may stand behind it."""
        try:
            self._fd = _open_locked(self.target, path)
            self.is_repaired = repair(self._fd, path)
        except OSError as error:
            raise unwritable(path, error) from None

    def write(self, line: bytes) -> None:
        """
        Write one line with one call of the system.

        Raises:
            UsageError: the disk is full, or the like.

        """
        with self._lock:
            if self._broken:  # The disk is gone; the next run repairs the torn line.
                raise unwritable(self.path, self._broken)
            try:
                write_whole(self._fd, line)
            except OSError as error:
                # The next line must not begin in the middle of this one.
                written = getattr(error, "written", 0)
                try:
                    os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
                except OSError as worse:
                    self._broken = worse
                raise unwritable(self.path, error) from None

    def replace(self, fill: Callable[[BinaryIO], None]) -> None:
        """
        Replace the file in one step; `fill` writes the new content.

        Whoever opens it meanwhile meets the old lock or the new one.

        Raises:
            UsageError: it cannot be written; then the old one stands.

        """
        with self._lock:
            try:
                self._replace(fill)
            except OSError as error:
                raise unwritable(self.path, error) from None

    def _replace(self, fill: Callable[[BinaryIO], None]) -> None:
        temporary = neighbour(self.target)
        fd = os.open(temporary, _FLAGS | os.O_TRUNC, 0o666)
        try:
            temporary.chmod(self.target.stat().st_mode & 0o7777)
            has_locked(fd)
            with os.fdopen(os.dup(fd), "wb", buffering=CHUNK) as file:
                fill(file)
                file.flush()
                os.fsync(fd)
            if os.name == "nt":
                os.close(self._fd)  # An open file cannot be replaced there.
            temporary.replace(self.target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            os.close(fd)
            raise
        if os.name != "nt":
            os.close(self._fd)
        self._fd = fd

    def discard(self) -> None:
        """Take back a file that this run has made and written nothing to."""
        if self._is_new and os.fstat(self._fd).st_size == 0:
            with suppress(OSError):  # Windows keeps a file that is open.
                self.target.unlink()

    def close(self) -> None:
        """Let go; no line is under way after it."""
        self._lock.acquire()
        os.close(self._fd)


def neighbour(target: Path) -> Path:
    """Give the name of the temporary file that takes a file's place."""
    return target.with_name(f".{target.name}.{os.getpid()}.tmp")


def no_result(where: str) -> UsageError:
    """Say that OUT holds something else."""
    return UsageError(
        f"{where} is no result of a batch",
        hint="-o names the file of results; give the items with -i",
    )


def json_object(line: bytes) -> dict[str, Json] | None:
    """Give a line's object, None if it is none."""
    try:
        value = parse(line.decode())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def repair(fd: int, path: str) -> bool:
    """
    Complete or cut a last line without a newline; tell whether there was one.

    Raises:
        UsageError: it is not the beginning of a line of ours; it is left as it is.

    """
    size = os.fstat(fd).st_size
    start = size
    tail = b""
    while start > 0 and b"\n" not in tail:
        step = min(start, 1 << 16)
        start -= step
        os.lseek(fd, start, os.SEEK_SET)
        tail = os.read(fd, step) + tail
    torn = tail[tail.rfind(b"\n") + 1 :]
    if not torn:
        return False
    if json_object(torn) is not None:
        write_whole(fd, b"\n")
        return True
    # Zeros are what a file system leaves of a line when the power goes.
    if not torn.startswith(_BEGINNING) and not _BEGINNING.startswith(torn) and torn.strip(b"\0"):
        raise no_result(f"the last line of {path}")
    os.ftruncate(fd, size - len(torn))
    return True


def _open_locked(target: Path, path: str) -> int:
    while True:
        fd = os.open(target, _FLAGS, 0o666)
        if not has_locked(fd):
            os.close(fd)
            raise UsageError(
                f'another run is writing "{path}"',
                hint="wait for it, or give each run its own file: -o, with --shard I/N",
            )
        # A run that ended between our two steps may have replaced the file.
        if target.exists() and os.path.samestat(os.fstat(fd), target.stat()):
            return fd
        os.close(fd)


def unwritable(path: str, error: OSError) -> UsageError:
    """Say why a file cannot be written."""
    return UsageError(f'cannot write "{path}": {(error.strerror or str(error)).lower()}')
