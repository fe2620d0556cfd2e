"""
Asking: one request in, one Outcome out, whatever happens on the way.

    Request ─► Transport.send ─► frames ─► decode ─► Fold ─► Outcome
                    ▲                                  │
                    └──── Schedule: wait, try again ◄──┘   only before the first byte of an answer
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gradient_cli.errors import GradientError
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.events import Event
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import Request
from gradient_cli.wire.response import Response


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking: the answer as far as it came, and why it is none, if it is none."""

    response: Response
    error: GradientError | None = None
    """None: the answer is complete."""
    attempts: int = 1
    """Requests sent, retries included."""
    first_token_ms: int | None = None
    """From sending to the first piece of text."""
    total_ms: int = 0
    request_id: str | None = None

    @property
    def status(self) -> ExitStatus:
        """Give the exit status of the exchange alone; expectations come on top."""
        return self.error.status if self.error else ExitStatus.OK


class Watcher(Protocol):
    """Someone who looks on while an answer arrives."""

    def payload(self, name: str, payload: Json) -> None:
        """Take one server event as it came: its SSE name and its JSON."""

    def event(self, event: Event) -> None:
        """Take one event of the answer."""


class Asker(Protocol):
    """What check and batch need of a client; tests hand in their own."""

    def ask(self, request: Request, watcher: Watcher | None = None) -> Outcome:
        """Ask once, with retries; failures are in the Outcome, never raised."""

    def close(self) -> None:
        """Let the connections go."""


OpenClient = Callable[[], Asker]
"""Opens a client of its own for a worker; all of them share one limiter."""
