"""
The final answer, and the fold that makes it from events.

    events ──► Fold.add() ──► Fold.response() ──► Response

A Fold never complains about order: servers differ (contract of the endpoint, and vLLM's
and OpenAI's own deviations). It knows whether the end was seen.
"""

from dataclasses import dataclass, field
from typing import assert_never

from gradient_cli.values import record
from gradient_cli.wire.events import (
    NAMELESS,
    Ended,
    Event,
    Final,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Unknown,
    Usage,
    UsageReport,
    WholeText,
)
from gradient_cli.wire.json import Json


@record
class ToolCall:
    """One function call that the model asks for."""

    name: str
    arguments: str
    """JSON as the model wrote it; it may be broken."""
    call_id: str

    def as_item(self) -> dict[str, Json]:
        """Give the wire's own item: what stdout prints and a next request repeats."""
        return {
            "type": "function_call",
            "name": self.name,
            "arguments": self.arguments,
            "call_id": self.call_id,
        }


@record
class Response:
    """
    What came of one request, complete or not.

    `status`: completed, incomplete, failed, cancelled; None if the end was never seen.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    status: str | None = None
    finish_reason: str | None = None
    """In the server's own words; `finish_word` is for scripts."""
    id: str | None = None
    model: str | None = None
    usage: Usage | None = None
    message: str | None = None
    """The server's words on a failure."""
    code: str | None = None
    body: Json = None
    """The server's own final object, verbatim; folded from the chunks where there is none."""
    streamed_text_differs: bool = False
    """The final object's text is another than what was streamed."""

    @property
    def is_complete(self) -> bool:
        """Tell whether the server said that the model finished its answer."""
        return self.status == "completed"

    @property
    def finish_word(self) -> str | None:
        """Give why it ended in one set of words whatever the dialect; None for no such end."""
        if self.status == "completed":
            return "tool_calls" if self.tool_calls else "stop"
        return _FINISH_WORDS.get(self.finish_reason or "") if self.status == "incomplete" else None

    @property
    def is_only_calls(self) -> bool:
        """Tell whether function calls are the whole answer."""
        return bool(self.tool_calls) and not self.text


_FINISH_WORDS = {
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "max_completion_tokens": "length",
    "content_filter": "content_filter",
}


@dataclass(slots=True)
class _CallParts:
    """A function call while it arrives."""

    name: str = ""
    call_id: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, delta: ToolCallDelta) -> None:
        self.name = delta.name or self.name
        self.call_id = delta.call_id or self.call_id
        if delta.is_whole and delta.arguments:
            self.arguments = [delta.arguments]
        elif delta.arguments and not delta.is_whole:
            self.arguments.append(delta.arguments)

    def is_other(self, delta: ToolCallDelta) -> bool:
        """Tell whether a piece that may begin a call begins another than this one."""
        if self.call_id and delta.call_id:
            return self.call_id != delta.call_id
        return delta.key.startswith(NAMELESS) and bool(self.name and delta.name)

    def whole(self, position: int) -> ToolCall:
        call_id = self.call_id or f"call_{position}"
        return ToolCall(self.name, "".join(self.arguments), call_id)


@dataclass(slots=True)
class _Calls:
    """The function calls of an answer while they arrive, in the order in which they began."""

    parts: list[_CallParts] = field(default_factory=list)
    _by_key: dict[str, _CallParts] = field(default_factory=dict)

    def add(self, delta: ToolCallDelta) -> None:
        part = self._by_key.get(delta.key)
        if part and delta.is_first and part.is_other(delta):
            part = None  # Servers number calls wrongly, too: two with the same index.
        elif self.parts and not delta.name and (part is None or delta.key == NAMELESS):
            # A piece of a call that began under another key: the one under way.
            part = self.parts[-1]
        if part is None:
            part = _CallParts()
            self.parts.append(part)
        self._by_key[delta.key] = part
        part.add(delta)

    def whole(self) -> tuple[ToolCall, ...]:
        return tuple(part.whole(n) for n, part in enumerate(self.parts) if part.name)


@dataclass(slots=True)
class _Text:
    """Text while it arrives: joined now and then, so that many tiny pieces stay cheap."""

    pieces: list[str] = field(default_factory=list)

    def add(self, piece: str) -> None:
        self.pieces.append(piece)
        if len(self.pieces) >= 4096:
            self._compact()

    def _compact(self) -> None:
        # Doubling: the large first piece is joined again only when the rest has its size.
        tail = "".join(self.pieces[1:])
        if len(self.pieces[0]) <= len(tail) or len(self.pieces) < 2:
            self.pieces = [self.pieces[0] + tail]
        else:
            self.pieces = [self.pieces[0], tail]

    def joined(self) -> str:
        return "".join(self.pieces)


class Fold:
    """Turns the events of one answer into a Response; `add` each, ask `response()` any time."""

    def __init__(self) -> None:
        self._text = _Text()
        self._reasoning = _Text()
        self._whole_text: list[str] = []
        self._calls = _Calls()
        self._started: Started | None = None
        self._usage: UsageReport | None = None
        self._final: Final | None = None
        self._ended: Ended | None = None

    @property
    def has_ended(self) -> bool:
        """Tell whether the terminal signal was seen."""
        return self._ended is not None

    @property
    def has_content(self) -> bool:
        """Tell whether anything of the answer has arrived."""
        return bool(self._text.pieces or self._calls.parts or self._whole_text)

    def add(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case TextDelta(text):
                self._text.add(text)
            case ReasoningDelta(text):
                self._reasoning.add(text)
            case ToolCallDelta():
                self._calls.add(event)
            case WholeText(text):
                self._whole_text.append(text)
            case UsageReport():
                self._usage = event
            case Started():
                self._start(event)
            case Final():
                self._final = event
            case Ended():
                # The first end stands: what follows a terminal event changes nothing.
                self._ended = self._ended or event
            case Unknown():
                pass
            case _:
                assert_never(event)

    def _start(self, event: Started) -> None:
        known = self._started
        if known is None or (event.model and not known.model):
            self._started = event

    def missing_text(self) -> str:
        """
        Give the end of the answer that no delta carried, or "".

        Servers repeat the text in `*.done` and in the final object. If the deltas are
        its beginning, the rest was lost on the way (or never streamed) and is owed.
        """
        streamed = self._text.joined()
        whole = self._repeated_text()
        return whole[len(streamed) :] if whole.startswith(streamed) else ""

    def _repeated_text(self) -> str:
        final = self._final.text if self._final else ""
        return final or "".join(self._whole_text)

    def response(self) -> Response:
        """Give the answer as far as it is known."""
        streamed = self._text.joined()
        repeated = self._repeated_text()
        differs = bool(streamed and repeated) and streamed != repeated
        started = self._started or Started(None, None)
        ended = self._ended
        return Response(
            text=repeated if (differs or not streamed) else streamed,
            reasoning=self._reasoning.joined() or (self._final.reasoning if self._final else ""),
            tool_calls=self._tool_calls(),
            status=ended.status if ended else None,
            finish_reason=ended.finish_reason if ended else None,
            id=started.id,
            model=started.model,
            usage=self._usage.usage if self._usage else None,
            message=ended.message if ended else None,
            code=ended.code if ended else None,
            body=self._body(),
            streamed_text_differs=differs,
        )

    def _body(self) -> Json:
        """Give the server's final object; for the chunk dialect, the body it would have sent."""
        started = self._started
        if self._final or not (started and started.is_chunk):
            return self._final.response if self._final else None
        message: dict[str, Json] = {"role": "assistant", "content": self._text.joined()}
        if self._reasoning.pieces:
            message["reasoning_content"] = self._reasoning.joined()
        if calls := self._tool_calls():
            message["tool_calls"] = [
                {
                    "id": call.call_id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in calls
            ]
        finish = self._ended.finish_reason if self._ended else None
        return {
            "id": started.id,
            "object": "response",
            "created": started.created,
            "model": started.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": self._usage.raw if self._usage else None,
        }

    def _tool_calls(self) -> tuple[ToolCall, ...]:
        # One source only: vLLM gives other call ids in the final object than in the stream
        # (vllm#47916), so listing both would double every call.
        streamed = self._calls.whole()
        repeated = _Calls()
        for delta in self._final.tool_calls if self._final else ():
            repeated.add(delta)
        final = repeated.whole()
        lacks_arguments = len(final) == len(streamed) and any(
            whole.arguments and not piece.arguments
            for whole, piece in zip(final, streamed, strict=True)
        )
        return final if len(final) > len(streamed) or lacks_arguments else streamed
