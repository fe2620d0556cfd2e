"""
The typed dialect: `response.*` events in the order in which vLLM sends them.

    created, in_progress
    for each part   output_item.added
                    content_part.added, *.delta ..., annotation.added, *.done, content_part.done
                    or function_call_arguments.delta ..., function_call_arguments.done
                    output_item.done
    completed | incomplete | failed | error
"""

from collections.abc import Iterator, Mapping
from typing import assert_never

from gradient_cli.mock.answer import Answer, Call, Item, Part, Refusal, Speech, Thought
from gradient_cli.mock.work import WORK_BEGINS_WITH, working
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
        status = "completed" if answer.end == "completed" else "failed"
        if answer.is_incomplete:
            status = "incomplete"
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
    has_end = answer.end == "completed" or answer.is_incomplete
    for number, part in enumerate(answer.parts):
        yield from _opening(answer, number, part)
        if has_end or number < len(answer.parts) - 1:
            yield from _closing(answer, number, part)
    match answer.end:
        case "completed" | "incomplete-vllm":
            yield "response.completed", {"response": _final(answer)}
        case "incomplete":
            yield "response.incomplete", {"response": _final(answer)}
        case "failed":
            yield "response.failed", {"response": whole(answer)}
        case "error":
            yield "error", {"code": "server_error", "message": FAILURE, "param": None}


def _final(answer: Answer) -> dict[str, Json]:
    """Give the response as a stream ends with it; its text may be another, as vLLM's was."""
    response, text = whole(answer), answer.behaviour.final_text
    said = [part for item in response["output"] for part in item.get("content") or []]
    spoken = [part for part in said if isinstance(part, dict) and part["type"] == "output_text"]
    if text is not None and spoken:
        spoken[-1]["text"] = text
    return response


def is_delta(event: dict[str, Json]) -> bool:
    """Tell whether an event carries a piece of the answer, or ends what takes its time."""
    kind = str(event["type"])
    return kind.endswith((".delta", "_call.completed", "_tools.completed"))


@record
class _Shape:
    """How one kind of part is spelled."""

    name: str
    """Its events are `response.NAME.delta` and `.done`."""
    repeated_as: str
    """The field of `.done` that repeats the whole."""
    part: dict[str, Json] | None
    """The content part that holds the text, still empty; None if there is none."""
    filled_as: str = "text"
    """The field of the part that holds it."""


def _shape(part: Part) -> _Shape:
    match part:
        case Thought():
            return _Shape("reasoning_text", "text", {"type": "reasoning_text", "text": ""})
        case Speech():
            empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
            return _Shape("output_text", "text", empty)
        case Refusal():
            return _Shape("refusal", "refusal", {"type": "refusal", "refusal": ""}, "refusal")
        case Item():
            return _Shape("", "", None)
        case Call():
            return _Shape("function_call_arguments", "arguments", None)
        case _:
            assert_never(part)


def _place(answer: Answer, number: int, part: Part) -> dict[str, Json]:
    place: dict[str, Json] = {"item_id": _item_id(answer, number, part), "output_index": number}
    return place if isinstance(part, Call | Item) else {**place, "content_index": 0}


def _opening(answer: Answer, number: int, part: Part) -> Iterator[Named]:
    shape, place = _shape(part), _place(answer, number, part)
    item = _item(answer, number, part, "in_progress")
    yield "response.output_item.added", {"output_index": number, "item": item}
    if isinstance(part, Item) and part.is_work:
        yield from working(part.item, place)
    if shape.part is not None:
        yield "response.content_part.added", {**place, "part": shape.part}
    for piece in part.pieces:
        yield f"response.{shape.name}.delta", {**place, "delta": piece, **_probabilities(part)}
    for n, cited in enumerate(part.annotations if isinstance(part, Speech) else ()):
        about = {**place, "annotation_index": n, "annotation": dict(cited)}
        yield "response.output_text.annotation.added", about


def _closing(answer: Answer, number: int, part: Part) -> Iterator[Named]:
    shape, place = _shape(part), _place(answer, number, part)
    said = "".join(part.pieces)
    name: dict[str, Json] = {"name": part.call.name} if isinstance(part, Call) else {}
    if shape.name:
        done = {**place, **name, shape.repeated_as: said, **_probabilities(part)}
        yield f"response.{shape.name}.done", done
    if shape.part is not None:
        yield "response.content_part.done", {**place, "part": _filled(part)}
    item = _item(answer, number, part, "completed")
    yield "response.output_item.done", {"output_index": number, "item": item}


def _probabilities(part: Part) -> dict[str, Json]:
    return {"logprobs": []} if isinstance(part, Speech) else {}


def _item_id(answer: Answer, number: int, part: Part) -> str:
    if isinstance(part, Item) and isinstance(given := part.item.get("id"), str):
        return given
    kinds = {Thought: "rs", Speech: "msg", Refusal: "msg", Call: "fc", Item: "it"}
    prefix = kinds[type(part)]
    return f"{prefix}_{answer.number}_{number}"


def _filled(part: Part) -> dict[str, Json]:
    """Give the content part with what was said."""
    shape = _shape(part)
    cited = [dict(one) for one in part.annotations] if isinstance(part, Speech) else []
    own = {"annotations": cited} if cited else {}
    return {**(shape.part or {}), shape.filled_as: "".join(part.pieces), **own}


def _item(answer: Answer, number: int, part: Part, status: str) -> dict[str, Json]:
    """Give an output item; without its content while it is in progress."""
    is_over = status == "completed"
    said = "".join(part.pieces) if is_over else ""
    content = [_filled(part)] if is_over and _shape(part).part else []
    item: dict[str, Json] = {"id": _item_id(answer, number, part), "status": status}
    match part:
        case Thought():
            return {**item, "type": "reasoning", "summary": [], "content": content}
        case Speech() | Refusal():
            phase = {"phase": part.phase} if isinstance(part, Speech) and part.phase else {}
            return {**item, "type": "message", "role": "assistant", **phase, "content": content}
        case Item(given, _, True):
            is_short = not is_over
            shown = {k: v for k, v in given.items() if not is_short or k in WORK_BEGINS_WITH}
            return {**item, **shown, **({"status": status} if is_short else {})}
        case Item(given):
            # Items of some kinds have no status, and one that is given is meant.
            return {"id": item["id"], **given}
        case Call(call, _):
            return {**item, **call.as_item(), "arguments": said}
        case _:
            assert_never(part)
