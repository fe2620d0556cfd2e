"""
A result of the batch engine, judged by the same code as a reply that came by itself.
"""

from collections.abc import Iterator, Mapping, Sequence

from gradient_cli.ask.exchange import Exchange, Outcome
from gradient_cli.batch.provider import Result
from gradient_cli.errors import GradientError
from gradient_cli.transport import faults
from gradient_cli.transport.limiter import Limiter, Turn
from gradient_cli.transport.reply import Reply
from gradient_cli.wire.response import Reading, Response


def outcome_of(result: Result, setting: faults.Setting, reading: Reading | None = None) -> Outcome:
    """Give what came of a row; a row that the engine did not answer is a failure."""
    if result.http_status is None:
        error = faults.from_words(result.message, result.code, setting)
        return Outcome(Response(), error, request_id=result.request_id)
    exchange = Exchange(setting, None, lambda: 0.0, reading=reading)
    try:
        exchange.run(_Kept(result), [], "application/json", Turn(Limiter(), 0))
    except GradientError as error:
        exchange.error = error
    return exchange.outcome(1)


class _Kept:
    """A Transport to one reply that is there already; its own Reply, too."""

    def __init__(self, result: Result) -> None:
        self.status = result.http_status or 200
        self.headers: Mapping[str, str] = {"content-type": "application/json"}
        if result.request_id:
            self.headers = {**self.headers, "x-request-id": result.request_id}
        self._body = result.body

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        *,
        accept: str = "application/json",
    ) -> Reply:
        return self

    def chunks(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None:
        pass
