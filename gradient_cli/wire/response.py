"""
The final answer, and the fold that makes it from events.

    events ──► Fold.add() ──► what to show of it, in order
                  └─────────► Fold.response() ──► Response

A Fold never complains about order: servers differ (contract of the endpoint, and vLLM's
and OpenAI's own deviations). It knows whether the end was seen.

Stream and final object should say the same. Where they do not, and the final text is

    the streamed one and more     the rest is owed, and handed on by `finish`
    empty, or a part of it        the stream counts: vLLM repeated only its last token
    something else                pieces were lost on the way. The final text counts where
                                  nothing was shown yet; else `has_lost_pieces`
"""

from collections.abc import Iterator, Mapping
from typing import assert_never

from gradient_cli.values import record
from gradient_cli.wire.calls import Calls, Step, ToolCall, reconciled
from gradient_cli.wire.events import (
    Cited,
    CommentaryDelta,
    Ended,
    Event,
    Final,
    Item,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    Tokens,
    ToolCallDelta,
    Unknown,
    Usage,
    UsageReport,
    WholeText,
)
from gradient_cli.wire.items import (
    answered_calls,
    has_annotations,
    is_kept,
    is_server_call,
    pending,
    server_calls,
)
from gradient_cli.wire.json import Json, line, weight
from gradient_cli.wire.logprobs import Token, tokens_weight
from gradient_cli.wire.message import Reading, Said, Text, is_part
from gradient_cli.wire.messages import Messages
from gradient_cli.wire.surrogates import PairJoiner

__all__ = ["Fold", "Reading", "Response", "ToolCall"]

_WORSE = ("completed", "incomplete", "cancelled", "failed")
"""Of two ends that contradict each other the one further right counts."""


@record
class Response:
    """
    What came of one request, complete or not.

    `status`: completed, incomplete, failed, cancelled; None if the end was never seen.
    """

    text: str = ""
    """The answer."""
    commentary: str = ""
    """What the model said on the way to it."""
    reasoning: str = ""
    refusal: str = ""
    """The words by which the model refused, if it did."""
    tool_calls: tuple[ToolCall, ...] = ()
    steps: tuple[Step, ...] = ()
    """Calls that were answered here on the way to it, in their order, with what came of them."""
    pending: tuple[Mapping[str, Json], ...] = ()
    """Items that wait for somebody, or that are not finished."""
    server_calls: tuple[Mapping[str, Json], ...] = ()
    """What the service did on the way, as it sent it: searches, calls of its own."""
    citations: tuple[Mapping[str, Json], ...] = ()
    """What the answer cites: `type`, `url`, `title`, `start` and `end` in the text."""
    items: tuple[Mapping[str, Json], ...] = ()
    """What a next request repeats, as the server sent it; messages only if they have a phase."""
    status: str | None = None
    finish_reason: str | None = None
    """In the server's own words; `finish_word` is for scripts."""
    id: str | None = None
    model: str | None = None
    usage: Usage | None = None
    message: str | None = None
    """The server's words on a failure."""
    code: str | None = None
    tokens: tuple[Token, ...] = ()
    """The tokens of what it wrote, with their log probabilities, if the server sent them."""
    body: Json = None
    """The server's own final object, verbatim; folded from the chunks where there is none."""
    has_lost_pieces: bool = False
    """What was shown is not the answer: the final object says something else."""
    has_stray_tag: bool = False
    """The answer that was shown holds the end of reasoning that never began."""

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

    def lines(self) -> Iterator[str]:
        """Give what stands below the text: calls, and what waits, each as a line of JSON."""
        for call in self.tool_calls:
            yield line(call.as_item()) + "\n"
        for item in self.pending:
            if item.get("type") not in ("message", "function_call"):
                yield line(dict(item)) + "\n"

    def printed(self, text: str | None = None) -> str:
        """Give what stdout gets, the newline at its end aside; `text` in place of the answer."""
        said = self.text if text is None else text
        below = "".join(self.lines())
        return said.removesuffix("\n") + "\n" + below if said and below else said + below

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


class Fold:
    """Turns the events of one answer into a Response; `add` each, ask `response()` any time."""

    def __init__(self, reading: Reading | None = None) -> None:
        self._reading = reading or Reading()
        self._messages = Messages(self._reading)
        self._reasoning, self._pairs = Text(), PairJoiner()
        self._has_shown_reasoning = False
        self._has_whole_text = False
        self._calls = Calls()
        self._items: list[Mapping[str, Json]] = []
        self._started: Started | None = None
        self._usage: UsageReport | None = None
        self._cited: list[Json] = []
        self._tokens: list[Token] = []
        self._whole_tokens: tuple[Token, ...] = ()
        self._final: Final | None = None
        self._repeated: list[Said] | None = None
        self._ended: Ended | None = None
        self._beside = 0
        """Bytes, about, of items, sources and tokens."""

    @property
    def has_ended(self) -> bool:
        """Tell whether the terminal signal was seen."""
        return self._ended is not None

    @property
    def has_content(self) -> bool:
        """Tell whether anything of the answer has arrived."""
        return bool(self._messages.has_words or self._calls.parts or self._has_whole_text)

    def weight(self) -> int:
        """Give about how many bytes are kept of what came so far, the final object aside."""
        texts = self._messages.weight() + self._reasoning.size()
        return texts + self._calls.weight() + self._beside

    def compact(self) -> None:
        """Join what came in pieces, before something long is unpacked beside it."""
        self._messages.compact()

    def add(self, event: Event) -> list[Event]:
        """Take in one event, and give what it shows: pieces sorted by whose words they are."""
        if isinstance(event, TextDelta) and (shown := self._messages.goes_on(event)):
            return [shown]
        if isinstance(event, Started) and self._started and self._started.model:
            return []  # Each chunk says again whose it is.
        return list(self._sorted(event))

    def _sorted(self, event: Event) -> Iterator[Event]:
        match event:
            case TextDelta():
                yield from self._messages.text(event)
            case RefusalDelta():
                yield from self._messages.refusal(event)
            case ReasoningDelta(text):
                yield from self._think(self._pairs.feed(text))
            case Item():
                yield from self._item(event)
            case WholeText():
                self._has_whole_text = True
                self._messages.whole(event)
            case Ended():
                self._end(event)
                yield event
            case Tokens(tokens, is_whole):
                if is_whole:
                    self._whole_tokens = tokens
                else:
                    self._tokens += tokens
                    self._beside += tokens_weight(tokens)
            case ToolCallDelta() | Cited() | UsageReport() | Started() | Final():
                self._note(event)
                yield event
            case Unknown() | CommentaryDelta():
                yield event
            case _:
                assert_never(event)

    def _note(self, event: ToolCallDelta | Cited | UsageReport | Started | Final) -> None:
        match event:
            case ToolCallDelta():
                self._calls.add(event)
            case Cited(annotation):
                self._cited.append(annotation)
                self._beside += weight(annotation)
            case UsageReport():
                self._usage = event
            case Final():
                self._final = event
            case Started() if self._started is None or (event.model and not self._started.model):
                self._started = event
            case _:
                pass

    def _item(self, item: Item) -> Iterator[Event]:
        self._messages.item(item)
        fields = item.fields
        is_work = is_server_call(fields)
        is_call = fields.get("type") == "function_call"
        if item.is_done and (
            is_work or is_call or is_kept(fields) or pending([fields]) or has_annotations([fields])
        ):
            self._items.append(fields)
            self._beside += weight(fields)
        if is_work:
            yield item

    def _think(self, text: str) -> Iterator[Event]:
        if text:
            self._reasoning.add(text)
            yield ReasoningDelta(text)

    def _end(self, event: Ended) -> None:
        known = self._ended
        if known is None or _rank(event) > _rank(known):
            self._ended = event

    # The end --------------------------------------------------------------------------------

    def finish(self) -> Iterator[Event]:
        """
        Give what is owed before the end.

        That is what was held back (half a character, half a tag), what only the final object
        says of reasoning and commentary, and the end of the answer, if no delta carried it.
        """
        yield from self._think(self._pairs.close())
        yield from self._messages.close()
        final = self._final_said()
        if final and not self._messages.has_words and not self._has_shown_reasoning:
            self._has_shown_reasoning = True
            if thoughts := "" if self._reasoning.pieces else self._final_reasoning():
                yield ReasoningDelta(thoughts)
            if final.commentary:
                yield CommentaryDelta(final.commentary)
        streamed = self._streamed()
        text, has_lost = self._reconciled(streamed)
        if not has_lost and len(text) > len(streamed.text) and text.startswith(streamed.text):
            yield self._messages.owed(text[len(streamed.text) :])

    def _final_said(self) -> Said | None:
        """Give what the final object says, if it holds any text."""
        repeated = self._all_repeated()
        return repeated[-1] if repeated else None

    def _final_reasoning(self) -> str:
        final = self._final_said()
        parts = (self._final.reasoning if self._final else "", final.reasoning if final else "")
        return "\n\n".join(part for part in parts if part)

    def _streamed(self) -> Said:
        return self._messages.said(is_printed=self._reading.is_printed)

    def _all_repeated(self) -> list[Said]:
        """Give what the server said again: in the ends of parts and items, in the final object."""
        if self._repeated is None or self._final is None:
            # What was not shown yet can be read to its end before it is.
            is_printed = self._reading.is_printed and self._messages.has_words
            sources = [self._messages.repeated()] if self._messages.has_repeated else []
            if self._final:
                sources.append(Messages.of_items(self._final.items, self._reading))
            self._repeated = [source.said(is_printed=is_printed) for source in sources]
        return self._repeated

    def _reconciled(self, streamed: Said) -> tuple[str, bool]:
        """Give the answer's text, and whether what was shown of it is another."""
        text = streamed.text
        is_lost = self._messages.is_out_of_order
        repeated = self._all_repeated()
        if text and not is_lost and repeated and repeated[-1].text == text:
            return text, False
        for said in repeated:
            if said.text.startswith(text):
                text = said.text
            elif "".join(said.parts) == text:
                # The stream did not say where a message begins: no word is missing.
                text = text if self._reading.is_printed else said.text
            elif not is_part(said, streamed, text):
                text, is_lost = said.text, True
        return text, is_lost and self._reading.is_printed and bool(streamed.text)

    def response(self) -> Response:
        """Give the answer as far as it is known."""
        streamed, started, ended = self._streamed(), self._started, self._ended
        text, has_lost = self._reconciled(streamed)
        final = self._final_said() or streamed
        items = self._final.items if self._final and self._final.items else tuple(self._items)
        thoughts = [self._reasoning.joined(), streamed.reasoning]
        return Response(
            text=text,
            commentary=final.commentary or streamed.commentary,
            reasoning="\n\n".join(part for part in thoughts if part) or self._final_reasoning(),
            refusal=final.refusal or streamed.refusal,
            tool_calls=self._tool_calls(items),
            pending=tuple(pending(items)),
            server_calls=tuple(server_calls(items)),
            citations=self._citations(items, text, streamed),
            items=tuple(item for item in items if is_kept(item)),
            status=ended.status if ended else None,
            finish_reason=ended.finish_reason if ended else None,
            id=started.id if started else None,
            model=started.model if started else None,
            usage=self._usage.usage if self._usage else None,
            message=ended.message if ended else None,
            code=ended.code if ended else None,
            tokens=self._whole_tokens or tuple(self._tokens),
            body=self._body(streamed),
            has_lost_pieces=has_lost,
            has_stray_tag=streamed.has_stray_tag,
        )

    def _tool_calls(self, items: tuple[Mapping[str, Json], ...]) -> tuple[ToolCall, ...]:
        """Give the calls that somebody else must answer."""
        calls = reconciled(self._calls.whole(), self._final.tool_calls if self._final else ())
        answered = answered_calls(items) if calls else ()
        return tuple(call for call in calls if call.call_id not in answered) if answered else calls

    def _citations(
        self, items: tuple[Mapping[str, Json], ...], text: str, streamed: Said
    ) -> tuple[Mapping[str, Json], ...]:
        body = self._final.response if self._final else {}
        has_list = isinstance(body, dict) and (body.get("citations") or body.get("search_results"))
        if not (self._cited or has_list or has_annotations(items)):
            return ()
        from gradient_cli.wire.citations import citations

        is_one_piece = sum(map(bool, streamed.parts)) <= 1 and not streamed.reasoning
        return citations(items, self._cited, body, text, is_one_piece=is_one_piece)

    def _body(self, said: Said) -> Json:
        """Give the server's final object; for the chunk dialect, the body it would have sent."""
        started = self._started
        if self._final or not (started and started.is_chunk):
            return self._final.response if self._final else None
        from gradient_cli.wire.chunk_body import chunk_body

        return chunk_body(
            started,
            said,
            thoughts=self._reasoning.joined() + said.reasoning,
            calls=self._calls.whole(),
            annotations=self._cited,
            finish=self._ended.finish_reason if self._ended else None,
            usage=self._usage.raw if self._usage else None,
        )


def _rank(ended: Ended) -> int:
    return _WORSE.index(ended.status) if ended.status in _WORSE else len(_WORSE)
