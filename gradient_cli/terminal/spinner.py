"""A sign of life on stderr while nothing has come; only on a terminal that can move its cursor."""

import threading
import time

from gradient_cli.terminal.streams import Terminal

BEGIN_AFTER_S = 0.3
STEP_S = 0.1
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ERASE = "\r\x1b[K"


class Spinner:
    """Turns from 0.3 s after `start` until `stop`, which leaves nothing behind."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._is_shown = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; shows nothing yet."""
        self._thread = threading.Thread(target=self._turn, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Erase it; may be called at any time, and twice."""
        with self._lock:
            self._stop.set()
            if self._is_shown:
                self._terminal.write_stderr(_ERASE)
                self._is_shown = False

    def say(self, line: str) -> None:
        """Write a line above it."""
        with self._lock:
            erase = _ERASE if self._is_shown else ""
            self._terminal.write_stderr(f"{erase}{line}\n")
            self._is_shown = False

    def _turn(self) -> None:
        begun = time.monotonic()
        if self._stop.wait(BEGIN_AFTER_S):
            return
        step = 0
        while True:
            with self._lock:
                if self._stop.is_set():
                    return
                seconds = time.monotonic() - begun
                frame = _FRAMES[step % len(_FRAMES)]
                self._terminal.write_stderr(f"\r{frame} {seconds:.0f} s\x1b[K")
                self._is_shown = True
            step += 1
            if self._stop.wait(STEP_S):
                return
