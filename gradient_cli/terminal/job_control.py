"""
Ctrl-Z, `fg` and `bg`: the screen belongs to others as long as we are stopped, and their lines
stay as they are.

    Ctrl-Z (SIGTSTP)   what is half drawn is left tidy, then the process stops
    fg (SIGCONT)       nothing above the cursor is ours any more
    bg                 we may write, but the cursor is not ours to move

SIGCONT is blocked and looked for: a handler would run some time later in the main thread, and
a frame might be drawn before it over what the shell has written. Being blocked does not keep a
process from going on.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from gradient_cli.terminal.streams import is_in_front


class JobControl:
    """Watches over one terminal for whoever draws on it; POSIX, see `open_job_control`."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        if sys.platform == "win32":
            raise NotImplementedError
        self._tidy: Callable[[], bool] = lambda: True
        self._before = signal.getsignal(signal.SIGTSTP)
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})
        self.was_continued()

    def watch(self, tidy: Callable[[], bool]) -> None:
        """Call `tidy` before a stop; if it gives False, the stop waits for `stop`."""
        self._tidy = tidy
        if sys.platform == "win32":
            raise NotImplementedError
        # Ignored, as some shells start what they do not want stopped: it stays so.
        if self._before is signal.SIG_DFL:
            signal.signal(signal.SIGTSTP, self._on_stop)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        if self._tidy():
            self.stop()

    def stop(self) -> None:
        """Stop as Ctrl-Z does; gives back when the process goes on."""
        if sys.platform == "win32":
            raise NotImplementedError
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._on_stop)

    def was_continued(self) -> bool:
        """Tell whether the process was stopped since the last time this was asked."""
        if sys.platform == "win32":
            raise NotImplementedError
        if signal.SIGCONT not in signal.sigpending():
            return False
        # Not sigwait, where there is a choice: another thread may have taken it since.
        take = getattr(signal, "sigtimedwait", None)
        if take:
            take({signal.SIGCONT}, 0)
        else:
            signal.sigwait({signal.SIGCONT})
        return True

    def is_in_front(self) -> bool:
        """Tell whether the terminal is ours now."""
        return is_in_front(self._fd)

    def release(self) -> None:
        """Put back what was there before; only in the thread that opened it."""
        if sys.platform == "win32":
            raise NotImplementedError
        if self._before is signal.SIG_DFL:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def open_job_control(fd: int) -> JobControl | None:
    """Give a JobControl, or None where there are no jobs or signals are not ours to handle."""
    is_main = threading.current_thread() is threading.main_thread()
    return JobControl(fd) if os.name == "posix" and is_main else None
