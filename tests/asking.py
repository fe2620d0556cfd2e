"""A client as tests want it: it asks once, waits for nothing and tells nobody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradient_cli.client import Client
from gradient_cli.errors import GradientError
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.reply import Transport
from gradient_cli.transport.retry import Limiter, Schedule
from tests.captures import KEY

SETTING = Setting("https://test.example", key_source="a test", secret=KEY)


class Impatience:
    """Takes any wait for a mistake."""

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here is worth {seconds} s")

    def remaining_s(self) -> float | None:
        return None

    def tell(self, line: str) -> None:
        raise AssertionError(line)


def client_of(transport: Transport, setting: Setting = SETTING) -> Client:
    """Give a new client: what one test heard of rate limits is nothing to the next."""
    return Client(
        transport,
        setting=setting,
        schedule=Schedule(retries=0),
        limiter=Limiter(),
        patience=Impatience(),
    )


class GivenReply:
    """A reply of given pieces; the error, if any, comes after them."""

    def __init__(
        self,
        chunks: Iterable[bytes],
        content_type: str | None = "text/event-stream",
        status: int = 200,
        error: GradientError | None = None,
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"content-type": content_type} if content_type else {}
        self._chunks = chunks
        self._error = error

    def chunks(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._error:
            raise self._error

    def close(self) -> None:
        pass


class GivenTransport:
    """Answers every request with the same reply; opens no socket."""

    def __init__(self, reply: GivenReply) -> None:
        self._reply = reply

    def send(
        self, method: str, path: str, body: Sequence[bytes] = (), *, accept: str = ""
    ) -> GivenReply:
        return self._reply

    def wait_at_most(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass
