"""
The file of a conversation: locked while a run has it, and only ever added to.

    open_file ─► lock ─► text ─► … the answer … ─► append ─► close

The lock is on the file itself, so nothing stays beside it. A turn goes behind whatever stands
there then: another program may have written a line, or put another file in its place.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gradient_cli.errors import UsageError, run_timed_out
from gradient_cli.terminal.files import resolved
from gradient_cli.terminal.locks import has_locked
from gradient_cli.terminal.writing import write_whole
from gradient_cli.transport.deadline import Deadline
from gradient_cli.values import mutable_record

Note = Callable[[str], None]

SAY_AFTER_S = 0.3
POLL_S = 0.05
NEVER = Deadline()
LONGEST = 100_000_000
"""Bytes; a conversation that is longer fits into no request."""

_APPENDS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


@mutable_record
class ThreadFile:
    """An open file of a conversation."""

    path: Path
    """As the user wrote it."""
    target: Path
    """Where it leads to."""
    note: Note
    data: bytes = b""
    """What stood in it when it was opened."""
    is_new: bool = False
    """This run has made it."""
    fd: int | None = None

    def append(self, turn: bytes) -> None:
        """
        Add whole lines behind what stands there now: all of them, or none.

        Raises:
            UsageError: the file cannot be written.

        """
        try:
            fd = os.open(self.target, _APPENDS, 0o600)
            try:
                self._append(fd, turn)
            finally:
                os.close(fd)
        except OSError as error:
            raise UsageError(f'cannot write "{self.path}": {in_words(error)}') from None

    def _append(self, fd: int, turn: bytes) -> None:
        now = _content(fd)
        if _digest(now) != _digest(self.data):
            self.note(
                f"warning: {self.path} was changed meanwhile; the turn stands behind what is new"
            )
        lead = b"" if not now or now.endswith(b"\n") else b"\n"
        size = os.fstat(fd).st_size
        try:
            write_whole(fd, lead + turn)
            os.fsync(fd)
        except OSError:
            # Half a turn is worse than none; the next line must not begin behind it.
            with suppress(OSError):
                os.ftruncate(fd, size)
            raise
        self.data = now + lead + turn

    def close(self) -> None:
        """Let the next writer in; a file that this run has made for nothing is taken away."""
        if self.fd is None:
            return
        if self.is_new and _is_at(self.fd, self.target) and not os.fstat(self.fd).st_size:
            self.target.unlink(missing_ok=True)
        os.close(self.fd)
        self.fd = None


def open_file(
    path: str,
    note: Note,
    sleep: Callable[[float], None] = time.sleep,
    deadline: Deadline = NEVER,
    *,
    will_add: bool = True,
) -> ThreadFile:
    """
    Open, lock and read the file; one that is not there is made, if a turn will be added.

    Raises:
        UsageError: it cannot be read or written, or is no regular file.
        TimedOut: another run holds it until the deadline.

    """
    if path == "-":
        raise UsageError(
            '--thread "-": a conversation is kept in a file, not on stdin',
            hint="--thread FILE; ./- is a file of that name",
        )
    target = resolved(path)
    if not target.parent.is_dir():
        raise UsageError(f'cannot write "{path}": there is no folder "{target.parent}"')
    # A device or a pipe keeps nothing, and reading one may never end.
    if target.exists() and not target.is_file():
        raise UsageError(f'cannot use "{path}": it is no regular file')
    file = ThreadFile(Path(path), target, note)
    try:
        if will_add:
            _lock(file, sleep, deadline)
        elif target.exists():
            file.data = _read(target)
    except OSError as error:
        file.close()
        raise UsageError(f'cannot use "{path}": {in_words(error)}') from None
    except BaseException:
        file.close()
        raise
    if len(file.data) > LONGEST:
        file.close()
        raise UsageError(f'"{path}" is larger than {LONGEST:,} bytes', hint="begin a new thread")
    return file


def _lock(file: ThreadFile, sleep: Callable[[float], None], deadline: Deadline) -> None:
    """Open and lock the file that stands at its place, however often that is another one."""
    waited = 0.0
    while True:
        is_new = not file.target.exists()
        fd = file.fd = os.open(file.target, _APPENDS, 0o600)
        file.is_new = file.is_new or is_new
        while not _has_locked(fd):
            if deadline.has_passed():
                file.is_new = False
                raise run_timed_out()
            if waited < SAY_AFTER_S <= waited + POLL_S:
                file.note(f"waiting for another run that writes {file.path}")
            waited += POLL_S
            sleep(POLL_S)
        # Whoever had it may have taken it away again, or have put another in its place.
        if _is_at(fd, file.target):
            file.data = _content(fd)
            return
        os.close(fd)
        file.fd = None


def _has_locked(fd: int) -> bool:
    try:
        return has_locked(fd)
    except OSError:
        return True  # Some network file systems have no locks; each turn is whole all the same.


def _is_at(fd: int, target: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), target.stat())
    except OSError:
        return False


def _read(target: Path) -> bytes:
    with target.open("rb") as file:
        return file.read(LONGEST + 1)


def _content(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    pieces = []
    left = LONGEST + 1
    while left and (piece := os.read(fd, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def in_words(error: OSError) -> str:
    """Give what the system says, as the house writes it."""
    return (error.strerror or str(error)).lower()
