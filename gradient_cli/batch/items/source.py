"""
Where items come from: a file, or a FIFO, a pipe, stdin, whose content is kept to be read twice.

All of ITEMS is looked at before the first request is paid for, and read again to ask. What
cannot be read twice is copied to a temporary file, which has no name and is gone with us.
"""

import os
import select
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from typing import IO, BinaryIO, cast

from gradient_cli.batch.items.form import HEAD, choose_form
from gradient_cli.batch.items.item import Form
from gradient_cli.errors import StdinError, UsageError
from gradient_cli.terminal.intake import NOTICE_AFTER_S, PIECE, has_stdin
from gradient_cli.terminal.streams import Terminal

BUFFER = 1 << 20


class Source:
    """One file of items, or what stands for one."""

    def __init__(self, name: str, form: Form, path: str | None, kept: "IO[bytes] | None") -> None:
        self.name = name
        """As the user wrote it; `stdin` for a pipe."""
        self.form = form
        self.path = path
        """None for what has no file of its own."""
        self._kept = kept
        self._seen: tuple[int, int, int] | None = None
        """Inode, size and time of the file, when it was read first."""

    def open(self) -> BinaryIO:
        """
        Give the content, from its beginning.

        Raises:
            UsageError: it cannot be read any more, or has become another file meanwhile.

        """
        if self._kept is not None:
            return open(os.dup(self._rewound()), "rb", buffering=BUFFER)  # noqa: PTH123
        assert self.path is not None
        file = _opened(self.path)
        now = os.fstat(file.fileno())
        seen = (now.st_ino, now.st_size, now.st_mtime_ns)
        self._seen = self._seen or seen
        # What was added at its end is another run's; anything else would mix up the rows.
        is_same = seen == self._seen or (seen[0] == self._seen[0] and seen[1] > self._seen[1])
        if not is_same:
            file.close()
            raise UsageError(
                f"{self.name} has changed while it was read", hint="run the same command again"
            )
        return file

    def _rewound(self) -> int:
        assert self._kept is not None
        fd = self._kept.fileno()
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def size(self) -> int:
        """Give the bytes."""
        if self._kept is not None:
            return os.fstat(self._kept.fileno()).st_size
        return Path(str(self.path)).stat().st_size

    def close(self) -> None:
        """Let the copy go."""
        if self._kept is not None:
            self._kept.close()


def open_source(
    path: str, terminal: Terminal, note: Callable[[str], None], flag: str | None = None
) -> Source:
    """
    Give a source: `-`, a file, a FIFO, `/dev/stdin`, a shell's `<(…)`.

    `flag` is the form that the user named.

    Raises:
        UsageError: it cannot be read, or is nothing that this program reads.

    """
    if path == "-":
        return _spooled("stdin", None, terminal, note, flag)
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116  # a path as the user wrote it
    except OSError as error:
        raise _unreadable(path, error) from None
    if not is_file:
        if Path(path).is_dir():
            raise UsageError(
                f'"{path}" is a folder', hint=f"--each-file '{path}/*' makes an item of each file"
            )
        return _spooled(path, path, terminal, note, flag)
    with _opened(path) as file:
        return Source(path, choose_form(path, file.read(HEAD), flag), path, None)


def stdin_source(
    terminal: Terminal,
    note: Callable[[str], None],
    flag: str | None = None,
    timeout_s: float | None = None,
) -> Source:
    """
    Give stdin, where no ITEMS are named.

    Raises:
        UsageError: there is none, or nothing comes in time.

    """
    if not has_stdin(terminal):
        raise UsageError("there are no items", hint="-i FILE, or --each-file GLOB, or a pipe")
    if timeout_s is not None:
        _wait_for_first(terminal, note, timeout_s)
    return open_source("-", terminal, note, flag)


def _wait_for_first(terminal: Terminal, note: Callable[[str], None], timeout_s: float) -> None:
    """Wait for a first byte, which nobody has promised, but not without end."""
    try:
        fd = cast("BinaryIO", terminal.stdin).fileno()
    except (OSError, ValueError):
        return  # In memory.
    if os.name != "posix" or select.select([fd], [], [], min(NOTICE_AFTER_S, timeout_s))[0]:
        return
    note("waiting for items on stdin; -i FILE names them")
    if not select.select([fd], [], [], max(0.0, timeout_s - NOTICE_AFTER_S))[0]:
        raise StdinError(
            f"nothing came on stdin for {timeout_s:g} s",
            hint="-i FILE names the items; `-i -` waits without end",
        )


def _spooled(
    name: str,
    path: str | None,
    terminal: Terminal,
    note: Callable[[str], None],
    flag: str | None,
) -> Source:
    if path is None and terminal.stdin is None:
        raise UsageError("`-` means stdin, and stdin is closed")
    try:
        kept = tempfile.TemporaryFile(buffering=BUFFER)  # noqa: SIM115  # the Source closes it
        for piece in _pieces(name, path, terminal, note):
            kept.write(piece)
        kept.flush()
        kept.seek(0)
        head = kept.read(HEAD)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot keep what came from {name} in a temporary file: {words}",
            hint="TMPDIR=DIR names a folder where there is room, or give ITEMS as a file",
        ) from None
    return Source(name, choose_form(name, head, flag), None, kept)


def _pieces(
    name: str, path: str | None, terminal: Terminal, note: Callable[[str], None]
) -> Iterator[bytes]:
    """Give what comes, however long it takes; a line says so while nothing has."""
    notice = Timer(NOTICE_AFTER_S, note, [f"waiting for {name}"])
    notice.daemon = True
    notice.start()
    try:
        if path is None:
            yield from _from_stream(cast("BinaryIO", terminal.stdin), notice)
            return
        # A FIFO that nobody writes to is waited for here.
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  # a path as it was written
            yield from _from_stream(cast("BinaryIO", stream), notice)
    finally:
        notice.cancel()


def _from_stream(stream: BinaryIO, notice: Timer) -> Iterator[bytes]:
    try:
        fd = stream.fileno()
    except (OSError, ValueError):
        yield stream.read()  # In memory.
        return
    while True:
        try:
            piece = os.read(fd, PIECE)
        except BlockingIOError:
            # Somebody else has made it so; a read that waits is all we need.
            select.select([fd], [], [])
            continue
        notice.cancel()
        if not piece:
            return
        yield piece


def _opened(path: str) -> BinaryIO:
    try:
        return open(path, "rb", buffering=BUFFER)  # noqa: PTH123  # whoever reads closes it
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> UsageError:
    return UsageError(f'cannot read "{path}": {(error.strerror or str(error)).lower()}')
