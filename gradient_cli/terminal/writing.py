"""
Where bytes go out: to each stream and each file, all of them or an error.

    a short write          what is left follows
    EAGAIN                 waits until there is room, at most until the run must end
    EINTR                  Python itself goes on
    a full disk, a fault   the system's OSError, for whoever knows what is lost by it

Nothing but `os` and `errno` is loaded here: `--version` comes through, too.
"""

import errno
import os
import stat
import sys

# Not from typing, whose import would cost `--version` a fifth of its time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    RemainingS = Callable[[], float | None]
    """Gives the seconds that the run may still take; None for no end."""

    class Stream(Protocol):
        """What takes bytes and says how many: a raw stream of Python, or one in memory."""

        def write(self, data: memoryview, /) -> int | None:
            """Take some of them; None where there is no room now."""

        def fileno(self) -> int:
            """Give the descriptor."""


SIP = 4096
"""Bytes for which a pipe that poll() calls writable has room: a write of more may block."""
PATIENCE_S = 0.05
"""How long to sleep where nobody can say when there will be room."""
MOST_REFUSALS = 16
"""Writes in a row that take nothing and give no reason."""


def write_whole(sink: "int | Stream", data: bytes, remaining_s: "RemainingS | None" = None) -> None:
    """
    Write all of the bytes to a descriptor or a raw stream.

    Raises:
        OSError: the system refuses; `written` of it is the number of bytes that it took.
        TimedOut: nobody took them before the end of the run.

    """
    piece = _piece(sink, remaining_s)
    rest = memoryview(data)
    refusals = 0
    while rest:
        if piece and remaining_s is not None:
            _wait(sink, remaining_s)
        try:
            taken = _write(sink, rest[:piece] if piece else rest)
        except OSError as error:
            error.written = len(data) - len(rest)  # type: ignore[attr-defined]  # ours
            raise
        if taken is None:
            _wait(sink, remaining_s)
        elif taken:
            rest, refusals = rest[taken:], 0
        else:
            refusals += 1
            if refusals >= MOST_REFUSALS:
                raise OSError(errno.EIO, "it takes no more")


def _write(sink: "int | Stream", data: memoryview) -> int | None:
    """Give how many bytes were taken; None where there is no room now."""
    try:
        return os.write(sink, data) if isinstance(sink, int) else sink.write(data)
    except BlockingIOError as error:
        # A buffered stream takes a part before it says so.
        return getattr(error, "characters_written", 0) or None


def _piece(sink: "int | Stream", remaining_s: "RemainingS | None") -> int | None:
    """Give how much may be written at a time; None for all: there is no end, or no reader."""
    if remaining_s is None or remaining_s() is None:
        return None
    try:
        kind = os.fstat(_descriptor(sink)).st_mode
    except (OSError, ValueError):
        return None
    has_reader = stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or stat.S_ISCHR(kind)
    return SIP if has_reader else None


def _descriptor(sink: "int | Stream") -> int:
    return sink if isinstance(sink, int) else sink.fileno()


def _wait(sink: "int | Stream", remaining_s: "RemainingS | None") -> None:
    """
    Wait until there is room; what there is room for is written after the end of the run, too.

    Raises:
        TimedOut: nobody made room before the end of the run.

    """
    while True:
        left = remaining_s() if remaining_s is not None else None
        try:
            import select

            if sys.platform == "win32":
                raise ImportError("it has no poll()")
            poll = select.poll()
            poll.register(_descriptor(sink), select.POLLOUT)
            if poll.poll(None if left is None else max(0, left * 1000)):
                return
        except (ImportError, AttributeError, OSError, ValueError):
            # No descriptor (in memory), or no poll() (Windows, or nothing left to load it with).
            import time

            time.sleep(PATIENCE_S)
            if left is None or left > 0:
                return
        if left is not None and left <= 0:
            from gradient_cli.errors import TimedOut

            raise TimedOut(
                "the run took longer than --max-time: nobody reads what it writes",
                hint="raise --max-time SECONDS",
            )
