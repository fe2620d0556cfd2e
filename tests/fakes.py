"""Fakes that stand where a socket, a clock or a terminal would."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gradient_cli.ask.client import Client
from gradient_cli.errors import GradientError
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.limiter import Limiter
from gradient_cli.transport.reply import Transport
from gradient_cli.transport.retry import Schedule
from gradient_cli.wire.events import Event


@dataclass
class FakeReply:
    """A reply: its body in chunks; a GradientError among them is raised."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Sequence[bytes | GradientError] = ()
    is_closed: bool = False

    def chunks(self) -> Iterator[bytes]:
        for chunk in self.body:
            if isinstance(chunk, GradientError):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.is_closed = True


@dataclass
class FakeTransport:
    """Gives its replies one after the other; an error among them is raised."""

    replies: list[FakeReply | GradientError]
    sent: list[dict] = field(default_factory=list)

    def send(
        self, method: str, path: str, body: Sequence[bytes] = (), *, accept: str = ""
    ) -> FakeReply:
        self.sent.append({"method": method, "path": path, "body": b"".join(body), "accept": accept})
        reply = self.replies.pop(0)
        if isinstance(reply, GradientError):
            raise reply
        return reply

    def close(self) -> None:
        pass


@dataclass
class FakePatience:
    """Sleeps in no time and remembers for how long."""

    left_s: float | None = None
    slept: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def remaining_s(self) -> float | None:
        return self.left_s

    def tell(self, line: str) -> None:
        self.told.append(line)


@dataclass
class FakeWatcher:
    """Keeps what it saw."""

    frames: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def frame(self, name: str, data: str) -> None:
        self.frames.append((name, data))

    def event(self, event: Event) -> None:
        self.events.append(event)


def client_of(
    *replies: FakeReply | GradientError,
    patience: FakePatience | None = None,
    shares_limit: bool = False,
) -> Client:
    """Give a client that meets these replies; its transport is `.transport`."""
    transport = FakeTransport(list(replies))
    patience = patience or FakePatience()
    client = Client(
        transport,
        setting=Setting("http://x", key_source="$KEY", secret="sk-secret"),
        schedule=Schedule(random=lambda: 0.5),
        limiter=Limiter(clock=patience.clock),
        patience=patience,
        clock=patience.clock,
        shares_limit=shares_limit,
    )
    client.transport = transport
    return client


def asking_once(transport: Transport, setting: Setting) -> Client:
    """Give a new client that never tries twice: one reply, one outcome."""
    return Client(
        transport,
        setting=setting,
        schedule=Schedule(retries=0),
        limiter=Limiter(),
        patience=FakePatience(),
    )


def sse(*payloads: object) -> bytes:
    """Give payloads as an event stream; strings stand as they are."""
    texts = (p if isinstance(p, str) else json.dumps(p) for p in payloads)
    return "".join(f"data: {text}\n\n" for text in texts).encode()
