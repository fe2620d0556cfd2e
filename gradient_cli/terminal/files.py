"""
Files that appear whole or not at all, their places made sure before anything is asked.

    open_target(path) ─► Target ─► write(text), at the end of the run
        a descriptor      /dev/stdout, /dev/fd/N: through it, so that `>> log` stays a log
        a stream          a device, a named pipe: opened now
        a file            a neighbour (0600), renamed over the old file when it is complete
        a file in place   a mount of its own (docker -v), or a folder closed to us: written over
                          with the old content at hand, should that fail half-way

What a Target holds open until then is also the descriptor that its neighbour will need.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gradient_cli.errors import TimedOut, UsageError, WriteFailed
from gradient_cli.terminal.places import place_of, resolved
from gradient_cli.terminal.streams import encode
from gradient_cli.terminal.ways import Opened, Way, may_write, replace_file, way_to
from gradient_cli.values import mutable_record

if TYPE_CHECKING:
    from gradient_cli.terminal.writing import RemainingS

__all__ = [
    "Target",
    "check_target",
    "open_target",
    "refuse_read_files",
    "replace_file",
    "resolved",
    "write_file",
]

SAY_AFTER_S = 2.0
POLL_S = 0.05


@mutable_record
class Target:
    """A file that is written at the end of a run; also a context manager."""

    path: str
    """As the user wrote it."""
    way: Way

    def write(self, text: str | bytes) -> None:
        """
        Write it, once.

        Raises:
            WriteFailed: it cannot be written; what an old file held is there as before.

        """
        data = text if isinstance(text, bytes) else encode(text)
        try:
            self.way.write(data)
        except OSError as error:
            raise _failed(self.path, error) from None
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the place; a file that was not written is as it was."""
        with suppress(OSError):
            self.way.close()

    def __enter__(self) -> "Target":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_target(
    path: str,
    *,
    makes_folders: bool = False,
    remaining_s: "RemainingS | None" = None,
    note: Callable[[str], None] = lambda line: None,
) -> Target:
    """
    Make sure, before anything is paid for, that a file can be written, and hold its place.

    `remaining_s` bounds the wait for a pipe's reader, of which `note` tells.

    Raises:
        UsageError: its folder is missing or closed, it is a folder itself, or a stranger's.

    """
    if path == "-":
        raise UsageError('"-" is no file here', hint="/dev/stdout is one, and ./- is another")
    place = place_of(path)
    try:
        if place.descriptor is not None:
            return Target(path, _descriptor(path, place.descriptor, remaining_s))
        if os.path.isdir(place.path):
            raise UsageError(f'cannot write "{path}": it is a folder')
        if _is_stream(place.path):
            return Target(path, Opened(_open_stream(path, remaining_s, note), remaining_s))
        if makes_folders:
            place.path.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.isdir(place.path.parent):
            raise UsageError(f'cannot write "{path}": there is no folder "{place.path.parent}"')
        return Target(path, way_to(place.path))
    except OSError as error:
        raise _failed(path, error) from None


def refuse_read_files(flag: str, path: str, read: Iterable[str | None]) -> None:
    """
    Make sure that a file that is to be written is none of those that the run reads.

    Raises:
        UsageError: it is; names both.

    """
    try:
        there = os.stat(path)  # noqa: PTH116
    except OSError:
        return
    if not stat.S_ISREG(there.st_mode):
        return
    for other in read:
        with suppress(OSError, ValueError):
            if other and os.path.samestat(there, os.stat(other)):  # noqa: PTH116
                raise UsageError(
                    f'{flag} "{path}" is a file that this run reads',
                    hint=f"give {flag} another name",
                )


def check_target(path: str) -> None:
    """
    Make sure that a file can be written, without waiting for the reader of a pipe.

    Raises:
        UsageError: it cannot.

    """
    place = place_of(path)
    if place.descriptor is not None or not place.path.is_fifo():
        open_target(path).close()
    elif not may_write(place.path):
        raise UsageError(f'cannot write "{path}": permission denied')


def write_file(path: str, text: str | bytes) -> None:
    """
    Replace a file by a text, or leave it as it was.

    A link keeps being one, a file keeps its mode, and what is no file (a device, a named
    pipe) is written to directly.

    Raises:
        UsageError: it cannot be written.

    """
    open_target(path).write(text)


def _descriptor(path: str, number: int, remaining_s: "RemainingS | None") -> Way:
    """Give the way through a descriptor that this process was started with."""
    if sys.platform == "win32":
        raise UsageError(f'cannot write "{path}": Windows has no such names')
    import fcntl

    try:
        # What Python opens, it keeps from the programs that it starts: that one is our own.
        is_ours = fcntl.fcntl(number, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
    except OSError:
        is_ours, flags = 1, 0
    if is_ours:
        raise UsageError(f'cannot write "{path}": descriptor {number} is not open')
    if flags & os.O_ACCMODE == os.O_RDONLY:
        raise UsageError(f'cannot write "{path}": descriptor {number} is open for reading only')
    return Opened(os.dup(number), remaining_s)


def _open_stream(path: str, remaining_s: "RemainingS | None", note: Callable[[str], None]) -> int:
    """Open a device or a pipe; a pipe's reader is waited for, with an ear for the deadline."""
    waited = 0.0
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)
    while True:
        try:
            fd = os.open(path, flags)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or not Path(path).is_fifo():
                raise
        left = remaining_s() if remaining_s is not None else None
        if left is not None and left <= 0:
            raise TimedOut(
                f'nobody reads "{path}": the run took longer than --max-time',
                hint="raise --max-time SECONDS",
            )
        if waited < SAY_AFTER_S <= waited + POLL_S:
            note(f'waiting for somebody to read "{path}"')
        waited += POLL_S
        time.sleep(POLL_S)
    if sys.platform != "win32":
        os.set_blocking(fd, True)
    return fd


def _is_stream(target: Path) -> bool:
    """Tell a device, a pipe, or an open file of another process (/proc/1/fd/1)."""
    return (os.path.exists(target) and not os.path.isfile(target)) or (
        target.is_symlink() and str(target).startswith("/proc/")
    )


def _failed(path: str, error: OSError) -> WriteFailed:
    return WriteFailed(f'cannot write "{path}": {(error.strerror or str(error)).lower()}')
