"""
One payload in, the events it carries out; the dialect is told from each payload alone.

    type "response.*" or "error"     typed events: vLLM, llama.cpp, OpenAI
    choices[].delta                  the documented chunk dialect
    choices[].message                a plain body, chat-like
    output[], status                 a plain body, Responses-like
    error                            an error object inside a 200

The SSE `event:` name serves only where the JSON has no `type`.
Text is not keyed by item or index: servers number those wrongly (vllm#45742), so pieces
count in order of arrival.
"""

from collections.abc import Iterator, Mapping

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
    is_count,
)
from gradient_cli.wire.json import Json, dumps

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


def decode(name: str, payload: Json) -> Iterator[Event]:
    """
    Give the 0..n events of one payload.

    `name` is the SSE event's name, "" for a plain body. A payload that nobody knows
    becomes one `Unknown`, never an error.
    """
    if not isinstance(payload, Mapping):
        yield Unknown(name or type(payload).__name__)
        return
    kind = payload.get("type")
    kind = kind if isinstance(kind, str) and kind else name
    if kind == "error" or (payload.get("error") and not kind.startswith("response.")):
        # A failed plain response has an error too, and more to say.
        is_response = isinstance(payload.get("output"), list) or "choices" in payload
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
        if isinstance(delta, str):
            yield TextDelta(delta) if kind in _TEXT_DELTAS else ReasoningDelta(delta)
    elif kind in _TEXT_DONE:
        text = payload.get(_TEXT_DONE[kind])
        if isinstance(text, str):
            yield WholeText(text)
    elif kind in _TERMINAL_EVENTS:
        response = payload.get("response")
        yield from _final(response if isinstance(response, Mapping) else {}, _TERMINAL_EVENTS[kind])
    elif kind.startswith("response.function_call_arguments."):
        yield from _typed_arguments(kind, payload)
    elif kind in {"response.output_item.added", "response.output_item.done"}:
        yield from _typed_item(kind, payload)
    elif kind in {"response.created", "response.in_progress", "response.queued"}:
        yield _started(payload.get("response"))
    else:
        yield Unknown(kind)


def _typed_arguments(kind: str, payload: Object) -> Iterator[Event]:
    key = _call_key(payload)
    if kind.endswith(".delta") and isinstance(payload.get("delta"), str):
        yield ToolCallDelta(key, arguments=payload["delta"])
    elif kind.endswith(".done"):
        name = _text(payload.get("name"))
        arguments = _arguments(payload.get("arguments"))
        yield ToolCallDelta(key, name=name, arguments=arguments, is_whole=True)


def _typed_item(kind: str, payload: Object) -> Iterator[Event]:
    """Decode an item's beginning or end; only function calls say something here."""
    item = payload.get("item")
    if not isinstance(item, Mapping) or item.get("type") != "function_call":
        yield Unknown(kind)
        return
    yield ToolCallDelta(
        _call_key({**item, **payload, "item_id": item.get("id") or item.get("item_id")}),
        call_id=_text(item.get("call_id")),
        name=_text(item.get("name")),
        arguments=_arguments(item.get("arguments")),
        is_whole=True,
        is_first=kind.endswith(".added"),
    )


def _call_key(payload: Object) -> str:
    """
    Tell one call from another.

    The output index is the only thing that vLLM's Harmony path keeps through a call's
    events (its last one has no id); llama.cpp has ids and no index.
    """
    index = payload.get("output_index")
    if isinstance(index, int):
        return f"index {index}"
    return _text(payload.get("item_id")) or _text(payload.get("call_id")) or "0"


def _started(response: Json, *, is_chunk: bool = False) -> Started:
    if not isinstance(response, Mapping):
        return Started(None, None)
    created = _count(response, "created", "created_at")
    return Started(_text(response.get("id")), _text(response.get("model")), created, is_chunk)


def _final(response: Object, implied: str) -> Iterator[Event]:
    """Decode a whole response object; `implied` is the status that its event's name means."""
    yield _started(response)
    yield Final(
        response,
        text="".join(_output_texts(response)),
        reasoning="".join(_reasoning_texts(response)),
        tool_calls=tuple(_output_calls(response)),
    )
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
    details = response.get("incomplete_details")
    reason = _text(details.get("reason")) if isinstance(details, Mapping) else None
    if status == "completed" and implied != "completed":
        status = implied
    message, code = _error_words(response.get("error"))
    if response.get("error") and status == "completed":
        status = "failed"
    return Ended(status, reason, message, code)


def _plain(payload: Object) -> Iterator[Event]:
    """Decode a whole body: `output[]`, or the documented `choices[].message`, or both."""
    finish = _finish_reason(payload)
    status = payload.get("status")
    text = "".join(_output_texts(payload)) or _choice_text(payload)
    calls = tuple(_output_calls(payload)) or tuple(_chat_calls(_message(payload)))
    reasoning = "".join(_reasoning_texts(payload)) or _choice_text(payload, "reasoning_content")
    yield _started(payload)
    yield Final(payload, text, reasoning, calls)
    if usage := _usage(payload.get("usage")):
        yield UsageReport(usage, payload["usage"])
    if status in _TERMINAL_STATUS:
        by_finish = _FINISH_STATUS.get(finish or "stop", "completed")
        yield _with_finish(_ended(payload, by_finish if status == "completed" else status), finish)
    elif payload.get("error"):
        yield _ended(payload, "failed")
    elif finish in _FINISH_STATUS:
        yield Ended(_FINISH_STATUS[finish], finish)
    elif finish is None and status is None and (text or calls):
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
    if usage := _usage(payload.get("usage")):
        yield UsageReport(usage, payload["usage"])
    finish = first.get("finish_reason")
    if isinstance(finish, str) and finish:
        # An unknown reason is an end that nobody called complete.
        yield Ended(_FINISH_STATUS.get(finish, "incomplete"), finish, is_final=False)


def _delta(delta: Object) -> Iterator[Event]:
    for field in ("reasoning_content", "reasoning"):
        if isinstance(thought := delta.get(field), str) and thought:
            yield ReasoningDelta(thought)
            break
    for field in ("content", "refusal"):
        if text := _content_text(delta.get(field)):
            yield TextDelta(text)
    yield from _chat_calls(delta)


def _chat_calls(message: Object) -> Iterator[ToolCallDelta]:
    calls = message.get("tool_calls")
    calls = calls if isinstance(calls, list) else []
    for position, call in enumerate(calls):
        if isinstance(call, Mapping):
            yield _chat_call(call, f"{NAMELESS}{position}" if len(calls) > 1 else NAMELESS)


def _chat_call(call: Object, otherwise: str) -> ToolCallDelta:
    """Decode one entry of `tool_calls`; told apart by index, else by id, else `otherwise`."""
    function = call.get("function")
    function = function if isinstance(function, Mapping) else {}
    index, call_id = call.get("index"), _text(call.get("id"))
    return ToolCallDelta(
        f"index {index}" if isinstance(index, int) else call_id or otherwise,
        call_id=call_id,
        name=_text(function.get("name")),
        arguments=_arguments(function.get("arguments")),
        is_first=True,
    )


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
    return _text(error.get("message")), str(word) if word is not None else None


def _items(response: Object) -> Iterator[Object]:
    output = response.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, Mapping):
            yield item


def _parts(item: Object) -> Iterator[Object]:
    content = item.get("content")
    if isinstance(content, str):
        yield {"type": "output_text", "text": content}
    for part in content if isinstance(content, list) else []:
        if isinstance(part, Mapping):
            yield part


def _output_texts(response: Object) -> Iterator[str]:
    """Give the answer's texts: parts `output_text` and `refusal`, and bare `text` items."""
    for item in _items(response):
        if item.get("type") == "text" and isinstance(item.get("text"), str):
            yield item["text"]
        if item.get("type") == "reasoning":
            continue
        for part in _parts(item):
            text = part.get("refusal") if part.get("type") == "refusal" else part.get("text")
            if part.get("type") in ("output_text", "text", "refusal") and isinstance(text, str):
                yield text


def _reasoning_texts(response: Object) -> Iterator[str]:
    for item in _items(response):
        summary = item.get("summary")
        parts = [*_parts(item), *(summary if isinstance(summary, list) else [])]
        for part in parts:
            if isinstance(part, Mapping) and part.get("type") in ("reasoning_text", "summary_text"):
                yield _text(part.get("text")) or ""


def _output_calls(response: Object) -> Iterator[ToolCallDelta]:
    for position, item in enumerate(_items(response)):
        if item.get("type") == "function_call":
            yield ToolCallDelta(
                f"item {position}",
                call_id=_text(item.get("call_id")) or _text(item.get("id")),
                name=_text(item.get("name")),
                arguments=_arguments(item.get("arguments")),
                is_whole=True,
                is_first=True,
            )


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


def _choice_text(payload: Object, field: str = "content") -> str:
    return _content_text(_message(payload).get(field))


def _content_text(content: Json) -> str:
    """Give the text of a chat-like `content`: a string, or a list of parts."""
    if isinstance(content, list):
        parts = (_text(part.get("text")) for part in _parts({"content": content}))
        return "".join(part or "" for part in parts)
    return _text(content) or ""


def _arguments(arguments: Json) -> str:
    """Give a call's arguments as JSON; some servers send the object itself."""
    return dumps(arguments) if isinstance(arguments, Mapping) else _text(arguments) or ""


def _finish_reason(payload: Object) -> str | None:
    return _text(_first_choice(payload).get("finish_reason"))


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


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None
