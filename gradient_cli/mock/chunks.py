"""
The documented chunk dialect: `object: "response.chunk"` with `choices[].delta`.

    role, then reasoning_content, content and tool_calls in pieces, then finish_reason,
    then usage if `stream_options.include_usage` asks for it; the server adds `[DONE]`
"""

from collections.abc import Iterator
from typing import assert_never

from gradient_cli.mock.answer import Answer, Call, Item, Part, Refusal, Speech, Thought
from gradient_cli.mock.typed import FAILURE
from gradient_cli.wire.json import Json
from gradient_cli.wire.response import ToolCall


def whole(answer: Answer) -> dict[str, Json]:
    """Give the response object: `choices[].message`."""
    message: dict[str, Json] = {"role": "assistant", "content": answer.text}
    if answer.refusal:
        message["refusal"] = answer.refusal
    if answer.annotations:
        message["annotations"] = answer.annotations
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.calls:
        message["tool_calls"] = [_tool_call(call, call.arguments) for call in answer.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(answer)}
    return {
        "id": answer.id,
        "object": "response",
        "created": answer.created,
        "model": answer.model,
        "choices": [choice],
        "usage": answer.usage,
    }


def events(answer: Answer) -> Iterator[dict[str, Json]]:
    """Give the chunks of an answer; those after a scripted break are left out."""
    yield _chunk(answer, {"role": "assistant", "content": ""})
    has_spoken = False
    for part in answer.parts:
        is_next = isinstance(part, Speech) and has_spoken and part.phase != "commentary"
        for delta in [{"content": "\n\n"}] if is_next else []:
            yield _chunk(answer, delta)
        has_spoken = has_spoken or (isinstance(part, Speech) and part.phase != "commentary")
        for delta in _deltas(part):
            yield _chunk(answer, delta)
    match answer.end:
        case "completed" | "incomplete" | "incomplete-vllm":
            yield _chunk(answer, {}, _finish_reason(answer))
            options = answer.request.get("stream_options")
            if isinstance(options, dict) and options.get("include_usage"):
                yield {**_chunk(answer, {}), "choices": [], "usage": answer.usage}
        case "failed" | "error":
            yield {"error": {"code": "server_error", "message": FAILURE}}


def is_delta(chunk: dict[str, Json]) -> bool:
    """Tell whether a chunk carries a piece of the answer."""
    delta = chunk["choices"][0]["delta"] if chunk.get("choices") else {}
    return bool(delta) and "role" not in delta


def _deltas(part: Part) -> Iterator[Json]:
    match part:
        case Thought(pieces):
            yield from ({"reasoning_content": piece} for piece in pieces)
        case Speech(pieces, "commentary", _):
            # The dialect has no phases; what was said on the way is left out.
            return
        case Speech(pieces, _, annotations):
            yield from ({"content": piece} for piece in pieces)
            if annotations:
                yield {"annotations": [dict(cited) for cited in annotations]}
        case Refusal(pieces):
            yield from ({"refusal": piece} for piece in pieces)
        case Item():
            # Nor has it output items.
            return
        case Call(call, pieces):
            yield from ({"tool_calls": [_tool_call(call, piece)]} for piece in pieces)
        case _:
            assert_never(part)


def _tool_call(call: ToolCall, arguments: str) -> dict[str, Json]:
    """Give a call, or a piece of it: the documented form has no index, the id tells them apart."""
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _finish_reason(answer: Answer) -> str:
    if answer.is_incomplete:
        return "length"
    return "tool_calls" if answer.calls else "stop"


def _chunk(answer: Answer, delta: Json, finish: str | None = None) -> dict[str, Json]:
    return {
        "id": answer.id,
        "object": "response.chunk",
        "created": answer.created,
        "model": answer.model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
        "usage": None,
    }
