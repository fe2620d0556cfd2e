"""
A file that is written line by line while a run goes on: what stands there, a kill leaves there.
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from gradient_cli.errors import UsageError, WriteFailed
from gradient_cli.terminal.places import place_of
from gradient_cli.terminal.streams import encode
from gradient_cli.terminal.writing import write_whole

if TYPE_CHECKING:
    from gradient_cli.terminal.writing import RemainingS


class Journal:
    """An open file; each line is out, whole, before `add` returns."""

    def __init__(self, path: str, fd: int, remaining_s: "RemainingS | None") -> None:
        self.path = path
        self._fd: int | None = fd
        self._remaining_s = remaining_s

    def add(self, line: str) -> None:
        """
        Write one line, its end included.

        Raises:
            WriteFailed: it cannot be written; a part of it may be.

        """
        assert self._fd is not None
        try:
            write_whole(self._fd, encode(line), self._remaining_s)
        except OSError as error:
            raise _failed(self.path, error) from None

    def close(self) -> None:
        """Let go of the file."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)


def open_journal(path: str, remaining_s: "RemainingS | None" = None) -> Journal:
    """
    Empty a file, or make it and its folder, and hold it open.

    Raises:
        UsageError: it cannot be written, or is a stranger's.

    """
    if path == "-":
        raise UsageError('"-" is no file here', hint="/dev/stdout is one, and ./- is another")
    place = place_of(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    try:
        if place.descriptor is not None:
            return Journal(path, os.dup(place.descriptor), remaining_s)
        place.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(place.path, flags, 0o666)
        with suppress(OSError):  # A pipe, a device: nothing to empty.
            os.ftruncate(fd, 0)
        return Journal(path, fd, remaining_s)
    except OSError as error:
        raise _failed(path, error) from None


def _failed(path: str, error: OSError) -> WriteFailed:
    return WriteFailed(f'cannot write "{path}": {(error.strerror or str(error)).lower()}')
