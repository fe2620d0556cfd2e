"""A sign of life on stderr while nothing has come; only on a terminal that can move its cursor."""

import threading
import time
from contextlib import suppress
from itertools import cycle

from gradient_cli.terminal.streams import Terminal

BEGIN_AFTER_S = 0.3
STEP_S = 0.1
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Spinner:
    """Turns from 0.3 s after `start` until `stop`, which leaves nothing behind."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        # A signal may raise between the lock's taking and its `with`: whoever cleans up then
        # takes it again, in the same thread. An Event has a lock inside that cannot.
        self._lock = threading.RLock()
        self._is_shown = False
        self._is_stopped = False
        self.words = ""
        """What is done meanwhile, behind the seconds; cut where the line ends."""

    def start(self) -> None:
        """Begin; shows nothing yet."""
        with suppress(RuntimeError):  # No more threads: then without it.
            threading.Thread(target=self._turn, daemon=True).start()

    def stop(self) -> None:
        """Erase it; may be called at any time, and twice."""
        if self._is_stopped and not self._is_shown:
            return
        with self._lock:
            self._is_stopped = True
            if self._is_shown:
                self._terminal.redraw("")
                self._is_shown = False

    def say(self, line: str) -> None:
        """Write a line above it."""
        with self._lock:
            write = self._terminal.note_above if self._is_shown else self._terminal.note
            write(line)
            self._is_shown = False

    def _turn(self) -> None:
        begun = time.monotonic()
        time.sleep(BEGIN_AFTER_S)
        for frame in cycle(_FRAMES):
            with self._lock:
                if self._is_stopped:
                    return
                seconds = time.monotonic() - begun
                self._terminal.redraw(f"{frame} {seconds:.0f} s {self.words}".rstrip())
                self._is_shown = True
            time.sleep(STEP_S)
