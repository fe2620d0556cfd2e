"""
One request and what comes of it: read to the end, and judged by how it ended.

    Transport.send ─► body_frames ─► decode ─► Fold ─► Outcome
                                        └────► Watcher, as it arrives
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Protocol

from gradient_cli.ask.scale import Scale
from gradient_cli.errors import (
    BrokenReply,
    ConnectionFailed,
    GradientError,
    IncompleteAnswer,
    TimedOut,
)
from gradient_cli.exits import ExitStatus
from gradient_cli.transport import complaints, faults
from gradient_cli.transport.body import body_frames
from gradient_cli.transport.limiter import Turn
from gradient_cli.transport.limits import DEFAULT_MAX_ANSWER_BYTES, Budget
from gradient_cli.transport.reply import Reply, Transport
from gradient_cli.transport.sse import Frame
from gradient_cli.transport.veil import veil_for
from gradient_cli.values import record
from gradient_cli.wire.dialects import decode
from gradient_cli.wire.events import (
    CommentaryDelta,
    Ended,
    Event,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    add_usage,
    brought,
)
from gradient_cli.wire.json import Json, TooManyValues, loads
from gradient_cli.wire.request import PATH, Request
from gradient_cli.wire.response import Fold, Reading, Response
from gradient_cli.wire.surrogates import byte_size

DONE = "[DONE]"
AFTER_END_S = 2.0
"""How long a finished answer waits for the usage that may follow it (chunk dialect)."""
DRAIN_S = 0.05
MOST_DRAINED = 8
PARTIAL_CONTENT = 206
_FIRST = (TextDelta, RefusalDelta, CommentaryDelta, ReasoningDelta, ToolCallDelta)


@record
class Outcome:
    """What came of asking: the answer as far as it came, and why it is none, if it is none."""

    response: Response
    error: GradientError | None = None
    """None: the answer is complete."""
    attempts: int = 1
    """Requests sent, retries included."""
    first_token_ms: int | None = None
    """From the first request to the first piece of text."""
    total_ms: int = 0
    """From the first request to the end: what the user waited, retries and pauses included."""
    answer_ms: int | None = None
    """Of the last request alone: what the answer took."""
    request_id: str | None = None
    used_before: Usage | None = None
    """What answers used that came before this one: those with calls, those repaired."""
    asked: Request | None = None
    """The request that it answers, where that is not the one that was asked first."""
    said: tuple[Json, ...] = ()
    """What stands between the question and the answer: calls, and their results."""

    @property
    def usage(self) -> Usage | None:
        """Give what all answers used."""
        return add_usage([self.used_before, self.response.usage])

    def followed_by(self, later: "Outcome", *, between_ms: int = 0) -> "Outcome":
        """Give a later outcome of the same question, with what this one cost and said."""
        steps = (*self.response.steps, *later.response.steps)
        return replace(
            later,
            response=replace(later.response, steps=steps) if steps else later.response,
            attempts=self.attempts + later.attempts,
            total_ms=self.total_ms + between_ms + later.total_ms,
            first_token_ms=self.first_token_ms,
            used_before=add_usage([self.usage, later.used_before]),
            said=(*self.said, *later.said),
        )

    def summary(self) -> str:
        """Say how it went, in a line for --verbose."""
        response = self.response
        request = self.request_id or response.id or "unknown"
        return (
            f"status {response.status or 'unknown'}, model {response.model or 'unknown'}, "
            f"request {request}, {self.attempts} sent, {self.total_ms} ms"
        )

    @property
    def answer_s(self) -> float:
        """Give the seconds that the answer took, without waits that were not the model's."""
        return (self.total_ms if self.answer_ms is None else self.answer_ms) / 1000

    @property
    def status(self) -> ExitStatus:
        """Give the exit status of the exchange alone; expectations come on top."""
        return self.error.status if self.error else ExitStatus.OK


class Watcher(Protocol):
    """Someone who looks on while an answer arrives."""

    def frame(self, name: str, data: str) -> None:
        """Take one server event as it came: SSE name ("" for a plain body) and JSON text."""

    def event(self, event: Event) -> None:
        """Take one event of the answer."""


class Exchange:
    """One request and what comes of it."""

    def __init__(
        self,
        setting: faults.Setting,
        watcher: Watcher | None,
        clock: Callable[[], float],
        *,
        begun: float | None = None,
        max_answer_bytes: int = DEFAULT_MAX_ANSWER_BYTES,
        reading: Reading | None = None,
    ) -> None:
        """`begun`: when the question was first asked, if this is another try; on the clock."""
        self._budget = Budget(max_answer_bytes)
        self._ended: float | None = None
        self.error: GradientError | None = None
        self.headers: dict[str, str] = {}
        self.has_begun = False
        """Something of the answer has arrived: from here on nothing is tried again."""
        self._is_plain = False
        """The reply is a whole JSON document, no stream."""
        self._setting = setting
        self._watcher = watcher
        self._clock = clock
        self._started = clock()
        self._begun = self._started if begun is None else begun
        self._first_token: float | None = None
        self._fold = Fold(reading)
        self._scale = Scale(self._fold, max_answer_bytes)
        self._is_part = False
        """The reply calls itself a part of one (206)."""

    def run(self, transport: Transport, body: list[bytes], accept: str, turn: Turn) -> None:
        """
        Send and read to the end.

        Raises:
            GradientError: why there is no complete answer.

        """
        self._started = self._clock()
        reply = turn.reply_to(lambda: transport.send("POST", PATH, body, accept=accept))
        try:
            self.check(reply)
            self._read(reply, transport)
        finally:
            reply.close()

    def check(self, reply: Reply) -> None:
        """Raise what a reply's status means, if it is no success."""
        self.headers = {name.lower(): value for name, value in reply.headers.items()}
        self._is_part = reply.status == PARTIAL_CONTENT
        if reply.status < 300:
            return
        body = b""
        try:
            for chunk in reply.chunks():
                body += chunk
                if len(body) >= faults.LONGEST_BODY:
                    break
        except GradientError:
            pass  # The status says enough; its body was only a courtesy.
        raise faults.from_reply(reply.status, self.headers, body, self._setting)

    def outcome(self, attempts: int) -> Outcome:
        """Give what came of it."""
        error = self.error
        identity = (error.request_id if error else None) or faults.request_id(
            self.headers, self._setting.hidden
        )
        if error and not error.request_id:
            error.request_id = identity
        first, ended = self._first_token, self._ended or self._clock()
        return Outcome(
            response=self._fold.response(),
            error=error,
            attempts=attempts,
            first_token_ms=None if first is None else round((first - self._begun) * 1000),
            total_ms=round((ended - self._begun) * 1000),
            answer_ms=round((ended - self._started) * 1000),
            request_id=identity,
        )

    # Reading ------------------------------------------------------------------------------

    def _read(self, reply: Reply, transport: Transport) -> None:
        is_cut: GradientError | None = None
        chunks = self._noticed(reply.chunks())
        kind = self.headers.get("content-type", "")
        found = body_frames(chunks, kind, self._budget)
        found = self._veiled(found)
        try:
            for frame in found:
                if self._take(frame):
                    break
                if self._fold.has_ended:
                    _shorten_patience(transport, AFTER_END_S)
        except (ConnectionFailed, TimedOut) as error:
            is_cut = error
        self._ended = self._clock()
        self._drain(found, transport)
        self._finish()
        self._judge(is_cut)

    def _veiled(self, found: Iterator[Frame]) -> Iterator[Frame]:
        """Give the frames without what was sent in confidence."""
        if self._setting.tool_secrets:
            from gradient_cli.transport.veil import without_tool_secrets

            found = without_tool_secrets(found)
        for secret in self._setting.hidden:
            if veil := veil_for(secret):
                found = veil.frames(found)
        return found

    def _noticed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.has_begun = self.has_begun or bool(chunk)
            yield chunk

    def _take(self, frame: Frame) -> bool:
        """Take in one frame; True if nothing more need be read."""
        if frame.data.strip() == DONE:
            return True
        if not (frame.is_whole or frame.data.endswith(("}", "]", "\n", " "))):
            return False  # It was cut within its document, which may be long.
        self._scale.add(len(frame.data))
        try:
            payload = loads(frame.data) if frame.payload is None else frame.payload
        except TooManyValues:
            raise BrokenReply("the answer is made of more values than can be held") from None
        except ValueError:
            if not frame.is_whole:
                return False
            raise self._broken(frame) from None
        self._is_plain = not frame.event
        if self._watcher:
            self._watcher.frame(frame.event, frame.data)
        name, size = "" if frame.event == "message" else frame.event, byte_size(frame.data)
        frame.data, frame.payload = "", None  # It may be long, and is known now.
        events = tuple(decode(name, payload))
        self._budget.settle(size, *brought(events))
        for event in events:
            if isinstance(event, Ended):
                self._finish()
            self._add(event)
            if isinstance(event, Ended) and event.is_final:
                return True
        return False

    def _broken(self, frame: Frame) -> BrokenReply:
        head = frame.data[: faults.LONGEST_BODY].encode("utf-8", "replace")
        excerpt = complaints.read_complaint(head, self._setting.hidden)
        kind = "an HTML page" if excerpt.is_markup else "no JSON"
        return BrokenReply(
            f'{self._setting.endpoint} answered with {kind}: "{excerpt.words[:120]}"',
            hint="is this a Responses endpoint? check --base-url",
        )

    def _add(self, event: Event) -> None:
        for shown in self._fold.add(event):
            self._show(shown)

    def _show(self, event: Event) -> None:
        """Hand on a piece, sorted by whose words it is."""
        if self._first_token is None and isinstance(event, _FIRST):
            self._first_token = self._clock()
        if self._watcher:
            self._watcher.event(event)

    def _finish(self) -> None:
        """Hand on what is owed before the end."""
        for shown in self._fold.finish():
            self._show(shown)

    def _drain(self, rest: Iterator[Frame], transport: Transport) -> None:
        """
        Read what stands behind the end, mostly nothing: only then can the connection be kept.

        No word of it is part of the answer, but it may say that the answer is none.
        """
        _shorten_patience(transport, DRAIN_S)
        with suppress(GradientError, ValueError):
            for frame in islice(rest, MOST_DRAINED):
                name = "" if frame.event == "message" else frame.event
                for event in decode(name, loads(frame.data)):
                    if isinstance(event, Ended):
                        self._add(event)

    def _judge(self, is_cut: GradientError | None) -> None:
        """
        Raise why the answer is not complete; give nothing if it is.

        A fault of the transport after the terminal signal changes nothing.
        """
        response = self._fold.response()
        match response.status:
            case "completed" if self._is_part:
                raise IncompleteAnswer(
                    "the service sent only a part of its answer (206)", hint="try again"
                )
            case "completed" if response.has_lost_pieces:
                raise IncompleteAnswer(
                    "the stream lost part of the answer, or changed it: the service's final text "
                    "is another",
                    hint="--no-stream asks for the whole answer at once",
                )
            case "completed":
                return
            case "incomplete":
                raise _incomplete(
                    complaints.without_key(response.finish_reason or "", self._setting.hidden)
                )
            case "cancelled":
                raise IncompleteAnswer("the service cancelled the answer", hint="try again")
            case "failed":
                raise faults.from_words(response.message, response.code, self._setting)
            case _:
                raise self._unfinished(is_cut)

    def _unfinished(self, is_cut: GradientError | None) -> GradientError:
        """Give the error for an answer whose end was never seen."""
        if isinstance(is_cut, TimedOut) or (is_cut and not self.has_begun):
            return is_cut
        if is_cut:
            return IncompleteAnswer(
                f"the answer was cut: {is_cut.message}", hint="what arrived is kept; try again"
            )
        if not self.has_begun:
            return BrokenReply(f"{self._setting.endpoint} answered with nothing", hint="try again")
        if self._is_plain:
            return IncompleteAnswer(
                f"{self._setting.endpoint} answered with JSON that holds no finished answer",
                hint="`--format events` shows it; is this a Responses endpoint? check --base-url",
            )
        return IncompleteAnswer(
            "the answer was cut: the stream ended without its terminal event",
            hint="what arrived is kept; try again",
        )


def _shorten_patience(transport: Transport, seconds: float) -> None:
    """After the end, little may follow; a server that then hangs is not waited for."""
    shorten = getattr(transport, "wait_at_most", None)
    if shorten is not None:
        shorten(seconds)


TOKEN_LIMIT = ("max_output_tokens", "length", "max_tokens")
"""How servers say that the limit of tokens has cut an answer."""


def _incomplete(reason: str) -> IncompleteAnswer:
    match reason:
        case _ if reason in TOKEN_LIMIT:
            return IncompleteAnswer(
                "the answer was cut by the token limit",
                hint="raise --max-output-tokens, or accept it with --allow-incomplete",
                code=reason,
            )
        case "content_filter":
            return IncompleteAnswer(
                "the answer was cut by the content filter", hint="reword the prompt", code=reason
            )
        case _:
            why = f" ({reason})" if reason else ""
            return IncompleteAnswer(
                f"the answer is incomplete{why}", hint="try again", code=reason or None
            )
