"""
One run of the program: what surrounds it, handed in so that tests can hand in another.

    Invocation ── terminal   the three streams
               ── environ    the environment
               ── clock      monotonic seconds
               ── alarm      ends the run where nobody looks at the clock
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from gradient_cli.settings.variables import trimmed
from gradient_cli.terminal.alarm import Alarm
from gradient_cli.terminal.attention import Attention
from gradient_cli.terminal.color import wants_color
from gradient_cli.terminal.streams import Terminal, is_obeyed
from gradient_cli.values import mutable_record

if TYPE_CHECKING:
    from gradient_cli.transport.deadline import Deadline
    from gradient_cli.transport.preconnect import EarlyConnection

LATE_S = 0.4
"""Workers end by themselves at the deadline; what takes longer hangs."""


@mutable_record
class Invocation:
    """What a command may know of the world; nothing is opened until it is used."""

    terminal: Terminal
    environ: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    attention: Attention | None = None
    """How the main thread waits for a socket; None in tests, and where there is no poll()."""
    machine_format: str | None = None
    """`json` or `events` once the settings say that stdout is to be that, on failure too."""
    early: "EarlyConnection | None" = None
    """A connection begun before anything else was loaded; the first client takes it."""
    has_reports: bool = False
    """Somebody writes the reports of this run, should it fail before it asks anything."""
    alarm: Alarm | None = None
    """The last resort of --max-time; None in tests, and where there is no timer."""
    began: float = field(default_factory=time.monotonic)
    """When the run began, monotonic: --max-time is the whole run's."""

    ends_at: float | None = None
    """When it must have ended, by --max-time."""

    def deadline(self, max_time_s: float | None) -> "Deadline":
        """Give the moment at which the run ends, and see to it that it does."""
        from gradient_cli.transport.deadline import Deadline

        if max_time_s is None:
            return Deadline()
        at = self.began + max_time_s
        self.ends_at = at if self.ends_at is None else min(at, self.ends_at)
        if self.alarm is not None:
            self.alarm.begin(at)
        return Deadline(at)

    def __post_init__(self) -> None:
        """Read the variables as settings are read; tell the terminal whose log it writes into."""
        self.environ = trimmed(self.environ)
        self.terminal.in_log = is_obeyed(self.environ)

    @classmethod
    def system(cls) -> "Invocation":
        """Give the real world."""
        terminal = Terminal.system()
        terminal.has_error_color = wants_color(None, os.environ, terminal.stderr_is_tty)
        return cls(terminal, os.environ)

    def left_s(self) -> float | None:
        """Give the seconds that the run may still take; None: there is no end."""
        return None if self.ends_at is None else self.ends_at - time.monotonic()

    def is_late(self) -> bool:
        """Tell whether the end has passed for so long that nobody is waited for any more."""
        return self.ends_at is not None and time.monotonic() > self.ends_at + LATE_S
