"""
The last resort of `--max-time`: it ends whatever the main thread is at.

Whoever waits looks at the deadline himself (transport, threads, workers). What nobody can
look out for is a key command that sleeps, a FIFO without a writer, a reader of stdout who
does not read, a computation that does not end. So, if the run is still there:

    0.2 s after the deadline   TimedOut: an error like others, with its line and its JSON
    0.5 s                      OutOfTime: files are cleaned up, nothing more is written
    0.8 s                      the process ends where it stands

POSIX only: elsewhere there is no timer that interrupts.
"""

import os
import signal
import sys
import time

from gradient_cli.errors import OutOfTime, run_timed_out
from gradient_cli.exits import ExitStatus

STEPS_S = (0.2, 0.5, 0.8)


class Alarm:
    """Rings in the main thread, up to three times; `begin` may be called from there alone."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._step = 0

    def begin(self, at: float) -> None:
        """Ring after the moment `at` (monotonic seconds); the earliest one counts."""
        if sys.platform == "win32":
            raise NotImplementedError
        if self._at is not None and self._at <= at:
            return
        if self._at is None:
            signal.signal(signal.SIGALRM, self._ring)
        self._at = at
        self._set()

    def end(self) -> None:
        """Ring no more: who waits from here on looks at the clock, and reports are due."""
        if sys.platform == "win32":
            raise NotImplementedError
        if self._at is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _set(self) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        assert self._at is not None
        left = self._at + STEPS_S[self._step] - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))

    def _ring(self, number: int, frame: object) -> None:
        self._step += 1
        if self._step == len(STEPS_S):
            os._exit(ExitStatus.TIMEOUT)
        self._set()
        raise run_timed_out() if self._step == 1 else OutOfTime


def open_alarm() -> Alarm | None:
    """Give an Alarm, or None where the system has no timer."""
    return Alarm() if hasattr(signal, "setitimer") else None
