"""
Asking: one request in, one Outcome out, whatever happens on the way.

    Request ─► Exchange ─► Outcome
                  ▲           │
                  └ Schedule ◄┘   wait and try again, only before the first byte of an answer

There is one way to send a request: respond, check and batch all come through here.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from gradient_cli.ask.exchange import TOKEN_LIMIT, Exchange, Outcome, Watcher
from gradient_cli.ask.flaws import sent_limit
from gradient_cli.errors import (
    BrokenReply,
    ConnectionFailed,
    GradientError,
    IncompleteAnswer,
    MachineExhausted,
    QuotaUsedUp,
    RateLimited,
    ReplayMiss,
    run_timed_out,
)
from gradient_cli.transport import faults
from gradient_cli.transport.body import whole_body
from gradient_cli.transport.limiter import Limiter, Turn
from gradient_cli.transport.limits import DEFAULT_MAX_ANSWER_BYTES
from gradient_cli.transport.reply import Transport
from gradient_cli.transport.retry import GiveUp, Schedule, in_words
from gradient_cli.transport.veil import veiled_body
from gradient_cli.wire.json import Json, loads
from gradient_cli.wire.request import Request, encode_json
from gradient_cli.wire.response import Reading

__all__ = ["Asker", "Client", "OpenClient", "Outcome", "Patience", "Watcher"]

MODELS_PATH = "/v1/models"


class Asker(Protocol):
    """What check and batch need of a client; tests hand in their own."""

    def ask(
        self, request: Request, watcher: Watcher | None = None, reading: Reading | None = None
    ) -> Outcome:
        """Ask once, with retries; failures are in the Outcome, never raised."""

    def text(
        self, method: str, path: str, body: Json = None, model: str | None = None
    ) -> tuple[str, Exchange, int]:
        """Give what another call is answered with; see `Client.text`."""

    def close(self) -> None:
        """Let the connections go."""


OpenClient = Callable[[], Asker]
"""Opens a client of its own for a worker; all of them share one limiter."""


class Patience(Protocol):
    """How to wait: sleeps, tells people, and knows when the run must end."""

    def sleep(self, seconds: float) -> None:
        """Sleep; Ctrl-C ends it."""

    def remaining_s(self) -> float | None:
        """Give the seconds that the run may still take; None for no end."""

    def tell(self, line: str) -> None:
        """Say one line about a wait."""


class Client:
    """Asks a server through a transport. Not for two threads at once: open one for each."""

    def __init__(
        self,
        transport: Transport,
        *,
        setting: faults.Setting,
        schedule: Schedule,
        limiter: Limiter,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
        max_answer_bytes: int = DEFAULT_MAX_ANSWER_BYTES,
        shares_limit: bool = False,
    ) -> None:
        """`shares_limit`: 429 is no fault while the service answers anybody; see `Limiter`."""
        self._shares_limit = shares_limit
        self._max_answer_bytes = max_answer_bytes
        self._transport = transport
        self._setting = self._asked = setting
        self._schedule = schedule
        self._limiter = limiter
        self._patience = patience
        self._clock = clock

    def ask(
        self, request: Request, watcher: Watcher | None = None, reading: Reading | None = None
    ) -> Outcome:
        """Ask once, with retries; see `Asker.ask`."""
        body = request.encode()
        model = request.sent_model
        accept = "text/event-stream" if request.stream else "application/json"
        secrets = _tool_secrets(request)
        if (model, secrets) != (self._asked.model, self._asked.tool_secrets):
            self._asked = replace(self._setting, model=model, tool_secrets=secrets)
        setting = self._asked
        attempts, refusals, begun = 0, 0, self._clock()
        while True:
            exchange = Exchange(
                setting,
                watcher,
                self._clock,
                max_answer_bytes=self._max_answer_bytes,
                begun=begun,
                reading=reading,
            )
            try:
                turn = self._limiter.enter(self._pause)
            except GradientError as error:
                exchange.error = error
                return exchange.outcome(attempts)
            attempts += 1
            try:
                exchange.run(self._transport, body, accept, turn)
            except GradientError as error:
                exchange.error = error
                attempts -= isinstance(error, ReplayMiss)  # then nothing was sent
            if self._is_to_slow_down(exchange):
                refusals += 1
            elif exchange.error is None or not self._waits(exchange, attempts - refusals):
                _hint_at_context(exchange.error, body_limit=sent_limit(request))
                return exchange.outcome(attempts)

    def models(self) -> list[Json]:
        """
        Give the server's list of models, each an object with at least an `id`.

        Raises:
            GradientError: it cannot be had.

        """
        payload = self.call("GET", MODELS_PATH, "the list of models")
        data = payload.get("data") if isinstance(payload, dict) else payload
        if not isinstance(data, list):
            raise BrokenReply("the list of models has no `data`")
        return [one for one in data if isinstance(one, dict) and isinstance(one.get("id"), str)]

    def call(self, method: str, path: str, what: str, body: Json = None) -> Json:
        """
        Give the JSON that the service answers to a call that may be made twice, with retries.

        `what` is what was to be had, for errors; an empty reply is None.

        Raises:
            GradientError: it cannot be had.

        """
        return _json(self.text(method, path, body)[0], what)

    def text(
        self, method: str, path: str, body: Json = None, model: str | None = None
    ) -> tuple[str, Exchange, int]:
        """
        Give a reply's body as text, the exchange around it, and how many requests it took.

        `model` is what errors may say was asked.

        Raises:
            GradientError: it cannot be had; one that retries cannot mend is raised at once.

        """
        setting = replace(self._setting, model=model) if model else self._setting
        sent = [] if body is None else [encode_json(body)]
        attempts, refusals, begun = 0, 0, self._clock()
        while True:
            exchange = Exchange(setting, None, self._clock, begun=begun)
            turn = self._limiter.enter(self._pause)
            attempts += 1
            try:
                said = self._sent(method, path, sent, exchange, turn)
                said = veiled_body(said, "", setting.secret)
                return said.decode("utf-8-sig", "replace"), exchange, attempts
            except GradientError as error:
                exchange.error = error
                if self._is_to_slow_down(exchange):
                    refusals += 1
                elif not self._waits(exchange, attempts - refusals):
                    error.attempts = attempts
                    raise

    def _sent(
        self, method: str, path: str, body: list[bytes], exchange: Exchange, turn: Turn
    ) -> bytes:
        """Send once and give the whole body; a status of 400 or more is raised."""
        reply = turn.reply_to(lambda: self._transport.send(method, path, body))
        try:
            exchange.check(reply)
            return whole_body(reply, self._max_answer_bytes)
        finally:
            reply.close()

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    def _pause(self, seconds: float) -> None:
        """Wait for the limiter, but no longer than the run may take."""
        left = self._patience.remaining_s()
        if left is not None and seconds >= left:
            self._patience.sleep(left)
            raise run_timed_out()
        if self._limiter.is_news(seconds):
            self._patience.tell(f"rate limit: waiting {in_words(seconds)}")
        self._patience.sleep(seconds)

    def _is_to_slow_down(self, exchange: Exchange) -> bool:
        """
        Tell whether a refusal is only the sign to ask later, as often as it takes.

        The limiter then waits for all workers; it is no fault of the one who was refused.
        """
        error = exchange.error
        if error is None or error.http_status != 429 or isinstance(error, QuotaUsedUp):
            return False
        decision = self._schedule.wait(0, 429, exchange.headers, now_epoch=time.time())
        is_asked_again = not isinstance(decision, GiveUp)
        return self._shares_limit and is_asked_again and self._limiter.answers_anybody()

    def _waits(self, exchange: Exchange, attempts: int) -> bool:
        """Wait before the next attempt and give True, or give False if there is none."""
        error = exchange.error
        if error is None or exchange.has_begun or not _is_worth_retrying(error):
            return False
        decision = self._schedule.wait(
            attempts - 1, error.http_status, exchange.headers, now_epoch=time.time()
        )
        if isinstance(decision, GiveUp):
            if decision.seconds is not None:
                error.hint = f"the service asks to wait {in_words(decision.seconds)}: too long"
            return False
        left = self._patience.remaining_s()
        if left is not None and decision.seconds >= left:
            error.hint = f"--max-time leaves no {decision.seconds:.1f} s to wait for another try"
            return False
        what = str(error.http_status) if error.http_status else error.message.rstrip(". ")
        self._patience.tell(
            f"{what}: waiting {in_words(decision.seconds)} ({attempts}/{self._schedule.retries})"
        )
        self._patience.sleep(decision.seconds)
        return True


def _tool_secrets(request: Request) -> tuple[str, ...]:
    if not request.has_tools:
        return ()
    from gradient_cli.wire.tool_secrets import secrets_of

    return secrets_of(request.body())


def _hint_at_context(error: GradientError | None, *, body_limit: int | None) -> None:
    """Say what fills up where no limit was sent: there is none that could be raised."""
    if isinstance(error, IncompleteAnswer) and error.code in TOKEN_LIMIT and body_limit is None:
        error.hint = (
            "no limit was sent: the model's context is full (send less), or the service has a "
            "limit of its own (--max-output-tokens sets another)"
        )


def _is_worth_retrying(error: GradientError) -> bool:
    """Tell a fault that may pass: the schedule decides on statuses, this on the rest."""
    if isinstance(error, QuotaUsedUp):
        return False
    if error.http_status is not None or isinstance(error, MachineExhausted):
        return True  # Another worker may give back what there is no more of.
    return isinstance(error, ConnectionFailed | RateLimited) and error.code != faults.UNTRUSTED


def _json(text: str, what: str) -> Json:
    try:
        return loads(text) if text.strip() else None
    except ValueError:
        raise BrokenReply(f"{what} is no JSON") from None
