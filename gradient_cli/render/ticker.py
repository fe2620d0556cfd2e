"""
One line on stderr that says how far a run is: redrawn on a terminal, a line now and then elsewhere.
"""

import time
from threading import Lock

from gradient_cli.terminal.streams import Terminal

REDRAW_S = 0.1
SAY_EACH_S = 30.0


class Ticker:
    """Shows a changing line; other lines go above it. For many threads."""

    def __init__(self, terminal: Terminal, *, may_move: bool, is_quiet: bool) -> None:
        self._terminal = terminal
        self._may_move = may_move
        self._is_quiet = is_quiet
        self._lock = Lock()
        self._is_shown = False
        self._last = time.monotonic()

    def show(self, text: str) -> None:
        """Show the line, if it is time."""
        if self._is_quiet:
            return
        with self._lock:
            now = time.monotonic()
            if now - self._last < (REDRAW_S if self._may_move else SAY_EACH_S):
                return
            self._last = now
            if self._may_move:
                self._terminal.redraw(text)
                self._is_shown = True
            else:
                self._terminal.note(text)

    def say(self, text: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._erase()
            self._terminal.note(text)

    def close(self) -> None:
        """Take the line away."""
        with self._lock:
            self._erase()

    def _erase(self) -> None:
        if self._is_shown:
            self._terminal.redraw("")
            self._is_shown = False
