"""
One run of the program: what surrounds it, handed in so that tests can hand in another.

    Invocation ── terminal   the three streams
               ── environ    the environment
               ── clock      monotonic seconds
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gradient_cli.terminal.attention import Attention
from gradient_cli.terminal.streams import Terminal

if TYPE_CHECKING:
    from gradient_cli.transport.preconnect import EarlyConnection


@dataclass(slots=True)
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

    @classmethod
    def system(cls) -> "Invocation":
        """Give the real world."""
        return cls(Terminal.system(), os.environ)
