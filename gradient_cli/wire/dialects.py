"""
One payload in, the events it carries out; the dialect is told from each payload alone.

    type "response.*" or "error"     typed events: vLLM, llama.cpp, OpenAI
    choices[].delta                  the documented chunk dialect
    choices[].message                a plain body, chat-like
    output[], status                 a plain body, Responses-like
    error                            an error object inside a 200

The SSE `event:` name serves only where the JSON has no `type`.
Whose words a text is, and whether they are the answer, is not decided here: message.py does.
"""

from collections.abc import Iterable, Iterator, Mapping

from gradient_cli.wire.events import (
    Cited,
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
    is_count,
)
from gradient_cli.wire.items import (
    arguments_of,
    chat_calls,
    chat_item,
    content_text,
    function_calls,
    has_text,
    items_of,
    reasoning_texts,
    text_of,
)
from gradient_cli.wire.json import Json
from gradient_cli.wire.logprobs import choice_tokens, item_tokens, tokens_of

Object = Mapping[str, Json]

# A tuple, as are others below: whether a list is in a set is an error, and servers send lists.
_TERMINAL_STATUS = ("completed", "incomplete", "failed", "cancelled")
_TEXT_DELTAS = {"response.output_text.delta", "response.refusal.delta"}
_TEXT_DONE = {"response.output_text.done": "text", "response.refusal.done": "refusal"}
_REASONING_DELTAS = {
    "response.reasoning_text.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning.delta",
}
_TERMINAL_EVENTS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}
_FINISH_STATUS = {
    "stop": "completed",
    "tool_calls": "completed",
    "function_call": "completed",
    "length": "incomplete",
    "content_filter": "incomplete",
    "error": "failed",
}


def decode(name: str, payload: Json) -> Iterable[Event]:
    """
    Give the 0..n events of one payload.

    `name` is the SSE event's name, "" for a plain body. A payload that nobody knows
    becomes one `Unknown`, never an error.
    """
    return (isinstance(payload, dict) and _piece(name, payload)) or _decoded(name, payload)


def _piece(name: str, payload: Object) -> tuple[Event, ...]:
    """Give the events of a piece of text and nothing else, of which streams mostly consist."""
    if payload.get("logprobs") or payload.get("error") or payload.get("usage"):
        return ()
    kind = payload.get("type")
    if kind == "response.output_text.delta":
        text = payload.get("delta")
        return (TextDelta(text, *_place(payload)),) if isinstance(text, str) else ()
    choices = payload.get("choices")
    if name or kind or not isinstance(choices, list) or len(choices) != 1 or "output" in payload:
        return ()
    delta = choice.get("delta") if isinstance(choice := choices[0], dict) else None
    text = delta.get("content") if isinstance(delta, dict) and len(delta) == 1 else None
    if not isinstance(text, str) or not text or sum(map(bool, choice.values())) > 1:
        return ()  # Another index, a reason to end, a message say something more.
    return _started(payload, is_chunk=True), TextDelta(text)


def _decoded(name: str, payload: Json) -> Iterator[Event]:
    if not isinstance(payload, Mapping):
        yield Unknown(name or type(payload).__name__)
        return
    kind = payload.get("type")
    kind = kind if isinstance(kind, str) and kind else name
    if kind == "error" or (payload.get("error") and not kind.startswith("response.")):
        # A failed plain response has an error too, and more to say; so has a last chunk.
        if isinstance(payload.get("choices"), list):
            yield from _choices(payload)
        else:
            is_response = isinstance(payload.get("output"), list)
            yield from _plain(payload) if is_response else _error(payload)
    elif kind.startswith("response.") and kind != "response.chunk":
        yield from _typed(kind, payload)
    elif isinstance(payload.get("choices"), list):
        yield from _choices(payload)
    elif isinstance(payload.get("output"), list) or payload.get("object") == "response":
        yield from _plain(payload)
    else:
        yield Unknown(kind)


def _typed(kind: str, payload: Object) -> Iterator[Event]:
    """Decode one `response.*` event."""
    delta = payload.get("delta")
    if kind in _TEXT_DELTAS or kind in _REASONING_DELTAS:
        if isinstance(delta, str) and kind in _TEXT_DELTAS:
            place = _place(payload)
            if found := tokens_of(payload.get("logprobs")):
                yield Tokens(found)
            yield RefusalDelta(delta, *place) if "refusal" in kind else TextDelta(delta, *place)
        elif isinstance(delta, str):
            yield ReasoningDelta(delta)
    elif kind in _TEXT_DONE:
        text = payload.get(_TEXT_DONE[kind])
        if isinstance(text, str):
            yield WholeText(text, *_place(payload), is_refusal="refusal" in kind)
    elif kind in _TERMINAL_EVENTS:
        response = payload.get("response")
        yield from _final(response if isinstance(response, Mapping) else {}, _TERMINAL_EVENTS[kind])
    elif kind.startswith("response.function_call_arguments."):
        yield from _typed_arguments(kind, payload)
    elif kind in {"response.output_item.added", "response.output_item.done"}:
        yield from _typed_item(kind, payload)
    elif kind == "response.output_text.annotation.added":
        yield Cited(payload.get("annotation"))
    elif kind in {"response.created", "response.in_progress", "response.queued"}:
        yield _started(payload.get("response"))
    else:
        yield Unknown(kind)


def _typed_arguments(kind: str, payload: Object) -> Iterator[Event]:
    key = _call_key(payload)
    if kind.endswith(".delta") and isinstance(payload.get("delta"), str):
        yield ToolCallDelta(key, arguments=payload["delta"])
    elif kind.endswith(".done"):
        name = text_of(payload.get("name"))
        arguments = arguments_of(payload.get("arguments"))
        yield ToolCallDelta(key, name=name, arguments=arguments, is_whole=True)


def _typed_item(kind: str, payload: Object) -> Iterator[Event]:
    """Decode an item's beginning or end."""
    item = payload.get("item")
    if not isinstance(item, Mapping):
        yield Unknown(kind)
        return
    yield Item(item, _place(payload)[0], is_done=kind.endswith(".done"))
    if item.get("type") != "function_call":
        return
    yield ToolCallDelta(
        _call_key({**item, **payload, "item_id": item.get("id") or item.get("item_id")}),
        call_id=text_of(item.get("call_id")),
        name=text_of(item.get("name")),
        arguments=arguments_of(item.get("arguments")),
        is_whole=True,
        is_first=kind.endswith(".added"),
    )


def _place(payload: Object) -> tuple[int | None, str | None]:
    """Give the index and the id of the item that an event is about, as far as they are told."""
    index = payload.get("output_index")
    return index if isinstance(index, int) else None, text_of(payload.get("item_id"))


def _call_key(payload: Object) -> str:
    """
    Tell one call from another.

    The output index is the only thing that vLLM's Harmony path keeps through a call's
    events (its last one has no id); llama.cpp has ids and no index.
    """
    index = payload.get("output_index")
    if isinstance(index, int):
        return f"index {index}"
    return text_of(payload.get("item_id")) or text_of(payload.get("call_id")) or "0"


def _started(response: Json, *, is_chunk: bool = False) -> Started:
    if not isinstance(response, Mapping):
        return Started(None, None)
    created = _count(response, "created", "created_at")
    return Started(text_of(response.get("id")), text_of(response.get("model")), created, is_chunk)


def _final(response: Object, implied: str) -> Iterator[Event]:
    """Decode a whole response object; `implied` is the status that its event's name means."""
    yield _started(response)
    items = tuple(items_of(response))
    if found := item_tokens(items):
        yield Tokens(found, is_whole=True)
    yield Final(response, items, "".join(reasoning_texts(items)), tuple(function_calls(items)))
    if usage := _usage(response.get("usage")):
        yield UsageReport(usage, response["usage"])
    yield _ended(response, implied)


def _ended(response: Object, implied: str) -> Ended:
    """
    Judge by the status, not by the event's name: vLLM ends a cut answer with
    `response.completed` and the status `incomplete`.
    """
    status = response.get("status")
    if status is None:
        status = implied
    elif status not in _TERMINAL_STATUS:
        status = "incomplete"  # queued, in_progress: the event's name does not make it complete
    reason = _cut_reason(response.get("incomplete_details"))
    if status == "completed" and reason is not None:
        status = "incomplete"  # of two claims the worse counts
    if status == "completed" and implied != "completed":
        status = implied
    message, code = _error_words(response.get("error"))
    if response.get("error") and status == "completed":
        status = "failed"
    return Ended(status, reason or None, message, code)


def _cut_reason(details: Json) -> str | None:
    """Give why an answer is incomplete; "" where that is not said, None if it is not."""
    if isinstance(details, Mapping):
        return (text_of(details.get("reason")) or "") if any(details.values()) else None
    return (text_of(details) or "") if details else None


def _plain(payload: Object) -> Iterator[Event]:
    """Decode a whole body: `output[]`, or the documented `choices[].message`, or both."""
    finish = _finish_reason(payload)
    status = payload.get("status")
    message = _message(payload)
    items = tuple(items_of(payload))
    if message and not has_text(items):
        items = (*items, chat_item(message))
    calls = tuple(function_calls(items)) or tuple(chat_calls(message))
    reasoning = "".join(reasoning_texts(items)) or _chat_reasoning(message)
    yield _started(payload)
    if found := item_tokens(items) or choice_tokens(_first_choice(payload)):
        yield Tokens(found, is_whole=True)
    yield Final(payload, items, reasoning, calls)
    if usage := _usage(payload.get("usage")):
        yield UsageReport(usage, payload["usage"])
    if status in _TERMINAL_STATUS:
        by_finish = _finish_status(_first_choice(payload)) if finish in _FINISH_STATUS else status
        yield _with_finish(_ended(payload, by_finish if status == "completed" else status), finish)
    elif payload.get("error"):
        yield _ended(payload, "failed")
    elif finish in _FINISH_STATUS:
        yield Ended(_finish_status(_first_choice(payload)), finish)
    elif finish is None and status is None and (has_text(items) or calls):
        yield Ended("completed")


def _with_finish(ended: Ended, finish: str | None) -> Ended:
    if ended.finish_reason or not finish:
        return ended
    return Ended(ended.status, finish, ended.message, ended.code)


def _choices(payload: Object) -> Iterator[Event]:
    """Decode the chunk dialect, or a plain body that carries `choices`."""
    first = _first_choice(payload)
    if isinstance(first.get("message"), Mapping) or isinstance(payload.get("output"), list):
        yield from _plain(payload)
        return
    yield _started(payload, is_chunk=True)
    delta = first.get("delta")
    if isinstance(delta, Mapping):
        yield from _delta(delta)
    if found := choice_tokens(first):
        yield Tokens(found)
    if usage := _usage(payload.get("usage")):
        yield UsageReport(usage, payload["usage"])
    finish = first.get("finish_reason")
    if payload.get("error"):
        yield from _error(payload)
    elif isinstance(finish, str) and finish:
        if isinstance(cited := payload.get("citations") or payload.get("search_results"), list):
            yield from map(Cited, cited)
        yield Ended(_finish_status(first), finish, is_final=False)


def _finish_status(choice: Object) -> str:
    """
    Give the status that a choice's end means; an unknown reason is one nobody calls complete.

    A gateway may say `stop` for what its upstream called otherwise (`native_finish_reason`).
    """
    finish, native = choice.get("finish_reason"), choice.get("native_finish_reason")
    status = _FINISH_STATUS.get(finish, "incomplete") if isinstance(finish, str) else "incomplete"
    word = native.lower() if isinstance(native, str) else ""
    if "error" in word:
        return "failed"
    is_cut = word in ("length", "max_tokens", "max_output_tokens", "content_filter", "safety")
    return "incomplete" if is_cut and status == "completed" else status


def _delta(delta: Object) -> Iterator[Event]:
    if delta.get("role") not in (None, "", "assistant"):
        yield Item({"role": delta["role"]})
    if thought := _chat_reasoning(delta):
        yield ReasoningDelta(thought)
    if text := content_text(delta.get("content")):
        yield TextDelta(text)
    if text := content_text(delta.get("refusal")):
        yield RefusalDelta(text)
    if isinstance(annotations := delta.get("annotations"), list):
        yield from map(Cited, annotations)
    yield from chat_calls(delta)


def _chat_reasoning(message: Object) -> str:
    for field in ("reasoning_content", "reasoning"):
        if thought := text_of(message.get(field)):
            return thought
    return ""


def _error(payload: Object) -> Iterator[Event]:
    """Decode an error in any of its shapes: flat, nested, or a string."""
    inner = payload.get("error")
    message, code = _error_words(inner if inner else payload)
    yield Ended("failed", None, message or "the server reported an error", code)


def _error_words(error: Json) -> tuple[str | None, str | None]:
    """Give (message, code) of an error object or string."""
    if isinstance(error, str):
        return error or None, None
    if not isinstance(error, Mapping):
        return None, None
    code = error.get("code")
    kind = error.get("type")
    word = code if code not in (None, "") else (kind if kind != "error" else None)
    return text_of(error.get("message")), str(word) if word is not None else None


def _first_choice(payload: Object) -> Object:
    """Give the choice that is the answer; others (`n` above 1) come interleaved with it."""
    choices = payload.get("choices")
    for choice in choices if isinstance(choices, list) else []:
        if isinstance(choice, Mapping) and choice.get("index") in (None, 0):
            return choice
    return {}


def _message(payload: Object) -> Object:
    message = _first_choice(payload).get("message")
    return message if isinstance(message, Mapping) else {}


def _finish_reason(payload: Object) -> str | None:
    return text_of(_first_choice(payload).get("finish_reason"))


def _usage(usage: Json) -> Usage | None:
    """Read token counts in the Responses form or the chat form; None if there are none."""
    if not isinstance(usage, Mapping) or not usage:
        return None
    inputs = usage.get("input_tokens_details") or usage.get("prompt_tokens_details")
    outputs = usage.get("output_tokens_details") or usage.get("completion_tokens_details")
    found = Usage(
        input_tokens=_count(usage, "input_tokens", "prompt_tokens"),
        cached_tokens=_count(inputs, "cached_tokens")
        if isinstance(inputs, Mapping)
        else _count(usage, "cache_read_input_tokens"),
        output_tokens=_count(usage, "output_tokens", "completion_tokens"),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
        total_tokens=_count(usage, "total_tokens"),
    )
    return found if found != Usage() else None


def _count(counts: Json, *names: str) -> int | None:
    given = counts if isinstance(counts, Mapping) else {}
    return next((int(given[name]) for name in names if is_count(given.get(name))), None)
