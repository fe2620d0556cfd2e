"""
Waiting for a socket with an ear for everything else: signals, and the reader of stdout.

Python notes a signal and looks at it between two instructions. One that comes just before a
system call that blocks is noted and then not looked at until the call ends: Ctrl-C would do
nothing while a model is silent. A pipe that the signal itself writes to closes that gap.
And a reader who has gone is noticed at once, not only with the next word.
"""

import os
import signal
import stat
import sys
import time
from contextlib import suppress

from gradient_cli.errors import OutputClosed


class Attention:
    """Waits on behalf of the main thread; POSIX only, see `open_attention`."""

    def __init__(self) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        import select

        self._wakeup, self._written = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(self._written, False)
        signal.set_wakeup_fd(self._written, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._closed = select.POLLERR | select.POLLHUP | select.POLLNVAL
        self._readable = select.POLLIN | self._closed
        self._poll.register(self._wakeup, select.POLLIN)
        self._stdout = 1 if _is_pipe(1) else None
        if self._stdout is not None:
            self._poll.register(self._stdout, 0)

    def wait(self, fd: int, timeout_s: float | None) -> bool:
        """
        Wait until `fd` can be read; False if `timeout_s` passed first.

        Raises:
            OutputClosed: the reader of stdout has gone.

        """
        if sys.platform == "win32":
            raise NotImplementedError
        until = None if timeout_s is None else time.monotonic() + timeout_s
        self._poll.register(fd, self._readable)
        try:
            while True:
                left = None if until is None else max(0.0, until - time.monotonic())
                ready = dict(self._poll.poll(None if left is None else left * 1000))
                if self._wakeup in ready:
                    # The handler itself has run by now; without an error, go on waiting.
                    with suppress(BlockingIOError):
                        os.read(self._wakeup, 512)
                if self._stdout in ready and ready[self._stdout] & self._closed:
                    raise OutputClosed
                if fd in ready:
                    return True
                if left == 0.0:
                    return False
        finally:
            self._poll.unregister(fd)


def _is_pipe(fd: int) -> bool:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode)


def open_attention() -> Attention | None:
    """Give an Attention, or None where the system has no poll(), or no more pipes."""
    if os.name != "posix":
        return None
    with suppress(OSError):  # No descriptors left: signals are heard a little later then.
        return Attention()
    return None
