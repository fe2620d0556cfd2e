"""
The typed dialect: `response.*` events in the order in which vLLM sends them.

    created, in_progress
    for each part   output_item.added
                    content_part.added, *_text.delta ..., *_text.done, content_part.done
                    or function_call_arguments.delta ..., function_call_arguments.done
                    output_item.done
    completed | failed | error
"""

from collections.abc import Iterator, Mapping
from typing import assert_never

from gradient_cli.mock.answer import Answer, Call, Part, Speech, Thought
from gradient_cli.values import record
from gradient_cli.wire.json import Json

FAILURE = "scripted failure"

_ECHOED: Mapping[str, Json] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "temperature": 1.0,
    "text": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "user": None,
}
"""What a response repeats of its request, and what stands there if the request is silent."""


def whole(answer: Answer, status: str | None = None) -> dict[str, Json]:
    """Give the response object; `status` is the answer's own end unless given."""
    if status is None:
        status = answer.end if answer.end in {"completed", "incomplete"} else "failed"
    is_over = status != "in_progress"
    items = [_item(answer, number, part, "completed") for number, part in enumerate(answer.parts)]
    return {
        "id": answer.id,
        "object": "response",
        "created_at": answer.created,
        "model": answer.model,
        "status": status,
        "error": {"code": "server_error", "message": FAILURE} if status == "failed" else None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        **{name: answer.request.get(name, silent) for name, silent in _ECHOED.items()},
        "output": items if is_over else [],
        "usage": answer.usage if is_over else None,
    }


def events(answer: Answer) -> Iterator[dict[str, Json]]:
    """Give the events of an answer, numbered; those after a scripted break are left out."""
    for number, (kind, fields) in enumerate(_events(answer)):
        yield {"type": kind, "sequence_number": number, **fields}


Named = tuple[str, dict[str, Json]]
"""An event's type and what else it says."""


def _events(answer: Answer) -> Iterator[Named]:
    for kind in ("response.created", "response.in_progress"):
        yield kind, {"response": whole(answer, "in_progress")}
    has_end = answer.end in {"completed", "incomplete"}
    for number, part in enumerate(answer.parts):
        yield from _opening(answer, number, part)
        if has_end or number < len(answer.parts) - 1:
            yield from _closing(answer, number, part)
    match answer.end:
        case "completed" | "incomplete":
            # As vLLM does: the name says completed, the status tells.
            yield "response.completed", {"response": whole(answer)}
        case "failed":
            yield "response.failed", {"response": whole(answer)}
        case "error":
            yield "error", {"code": "server_error", "message": FAILURE, "param": None}


def is_delta(event: dict[str, Json]) -> bool:
    """Tell whether an event carries a piece of the answer."""
    return str(event["type"]).endswith(".delta")


@record
class _Shape:
    """How one kind of part is spelled."""

    name: str
    """Its events are `response.NAME.delta` and `.done`."""
    repeated_as: str
    """The field of `.done` that repeats the whole."""
    part: dict[str, Json] | None
    """The content part that holds the text, still empty; None if there is none."""


def _shape(part: Part) -> _Shape:
    match part:
        case Thought():
            return _Shape("reasoning_text", "text", {"type": "reasoning_text", "text": ""})
        case Speech():
            empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
            return _Shape("output_text", "text", empty)
        case Call():
            return _Shape("function_call_arguments", "arguments", None)
        case _:
            assert_never(part)


def _place(answer: Answer, number: int, part: Part) -> dict[str, Json]:
    place: dict[str, Json] = {"item_id": _item_id(answer, number, part), "output_index": number}
    return place if isinstance(part, Call) else {**place, "content_index": 0}


def _opening(answer: Answer, number: int, part: Part) -> Iterator[Named]:
    shape, place = _shape(part), _place(answer, number, part)
    item = _item(answer, number, part, "in_progress")
    yield "response.output_item.added", {"output_index": number, "item": item}
    if shape.part is not None:
        yield "response.content_part.added", {**place, "part": shape.part}
    for piece in part.pieces:
        yield f"response.{shape.name}.delta", {**place, "delta": piece, **_probabilities(part)}


def _closing(answer: Answer, number: int, part: Part) -> Iterator[Named]:
    shape, place = _shape(part), _place(answer, number, part)
    said = "".join(part.pieces)
    name: dict[str, Json] = {"name": part.call.name} if isinstance(part, Call) else {}
    done = {**place, **name, shape.repeated_as: said, **_probabilities(part)}
    yield f"response.{shape.name}.done", done
    if shape.part is not None:
        yield "response.content_part.done", {**place, "part": {**shape.part, "text": said}}
    item = _item(answer, number, part, "completed")
    yield "response.output_item.done", {"output_index": number, "item": item}


def _probabilities(part: Part) -> dict[str, Json]:
    return {"logprobs": []} if isinstance(part, Speech) else {}


def _item_id(answer: Answer, number: int, part: Part) -> str:
    prefix = {Thought: "rs", Speech: "msg", Call: "fc"}[type(part)]
    return f"{prefix}_{answer.number}_{number}"


def _item(answer: Answer, number: int, part: Part, status: str) -> dict[str, Json]:
    """Give an output item; without its content while it is in progress."""
    is_over = status == "completed"
    said = "".join(part.pieces) if is_over else ""
    filled = _shape(part).part
    content = [{**filled, "text": said}] if filled and is_over else []
    item: dict[str, Json] = {"id": _item_id(answer, number, part), "status": status}
    match part:
        case Thought():
            return {**item, "type": "reasoning", "summary": [], "content": content}
        case Speech():
            return {**item, "type": "message", "role": "assistant", "content": content}
        case Call(call, _):
            return {**item, **call.as_item(), "arguments": said}
        case _:
            assert_never(part)
