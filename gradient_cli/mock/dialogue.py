"""
The mock's answers as payloads: one behaviour, two dialects, streamed or whole.

Pure: a behaviour and a request in, JSON values out. What is sent, and when, is the server's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gradient_cli.mock.script import Behaviour
from gradient_cli.wire.json import Json


@dataclass(frozen=True, slots=True)
class Answer:
    """A behaviour applied to a request."""

    behaviour: Behaviour
    request: Mapping[str, Json]
    id: str
    created: int

    @property
    def model(self) -> str:
        """The model, as asked for."""
        model = self.request.get("model")
        return model if isinstance(model, str) else "mock-small"

    def pieces(self) -> list[str]:
        """Give the text in pieces of a word each, cut where the token limit or `after` says."""
        pieces = re.findall(r"\s*\S+|\s+$", self.behaviour.text)
        limit = self._limit()
        if limit is not None and len(pieces) > limit:
            pieces = pieces[:limit]
        if self.behaviour.after is not None and self.behaviour.end != "completed":
            pieces = pieces[: self.behaviour.after]
        return pieces

    def end(self) -> str:
        """Give how it ends: as scripted, or incomplete where the token limit cut it."""
        limit = self._limit()
        is_cut = limit is not None and len(re.findall(r"\S+", self.behaviour.text)) > limit
        return "incomplete" if is_cut and self.behaviour.end == "completed" else self.behaviour.end

    def _limit(self) -> int | None:
        for name in ("max_output_tokens", "max_tokens"):
            limit = self.request.get(name)
            if isinstance(limit, int) and not isinstance(limit, bool):
                return limit
        return None

    def usage(self) -> dict[str, Json]:
        """Count words as tokens."""
        came = len(prompt_of(self.request).split()) + 3
        thought = len(self.behaviour.reasoning.split())
        went = len(self.pieces()) + thought
        return {
            "input_tokens": came,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": went,
            "output_tokens_details": {"reasoning_tokens": thought, "tool_output_tokens": 0},
            "total_tokens": came + went,
        }

    def text(self) -> str:
        """Give what is said in all."""
        return "".join(self.pieces())


def prompt_of(request: Mapping[str, Json]) -> str:
    """Give the last thing that the user said."""
    given = request.get("input")
    if isinstance(given, str):
        return given
    for item in reversed(given if isinstance(given, list) else []):
        content = item.get("content") if isinstance(item, dict) else None
        if isinstance(content, str):
            return content
        if isinstance(content, list):
            parts = (part.get("text") for part in content if isinstance(part, dict))
            return "".join(part for part in parts if isinstance(part, str))
    return ""


# Typed ------------------------------------------------------------------------------------


def response_object(answer: Answer, status: str) -> dict[str, Json]:
    """Give the whole response, Responses-like."""
    is_over = status != "in_progress"
    return {
        "id": answer.id,
        "object": "response",
        "created_at": answer.created,
        "model": answer.model,
        "status": status,
        "output": _items(answer) if is_over else [],
        "usage": answer.usage() if is_over else None,
        "error": {"code": "server_error", "message": "scripted failure"}
        if status == "failed"
        else None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": answer.request.get("instructions"),
        "metadata": answer.request.get("metadata"),
        "temperature": answer.request.get("temperature"),
        "top_p": answer.request.get("top_p"),
        "tools": answer.request.get("tools", []),
        "parallel_tool_calls": answer.request.get("parallel_tool_calls", True),
    }


def _items(answer: Answer) -> list[Json]:
    items: list[Json] = []
    if answer.behaviour.reasoning:
        part: dict[str, Json] = {"type": "reasoning_text", "text": answer.behaviour.reasoning}
        items.append({"id": "rs_0", "type": "reasoning", "summary": [], "content": [part]})
    if answer.pieces():
        part = {"type": "output_text", "text": answer.text(), "annotations": []}
        items.append(
            {
                "id": "msg_0",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        )
    items.extend(_call_item(answer, n) for n in range(len(answer.behaviour.calls)))
    return items


def _call_item(answer: Answer, number: int) -> dict[str, Json]:
    call = answer.behaviour.calls[number]
    return {
        "id": f"fc_{number}",
        "type": "function_call",
        "call_id": f"call_{number}",
        "name": call["name"],
        "arguments": call.get("arguments", "{}"),
        "status": "completed",
    }


def typed_events(answer: Answer) -> Iterator[dict[str, Json]]:
    """Give the `response.*` events up to the last delta; `typed_end` gives the rest."""
    for kind in ("created", "in_progress"):
        yield {"type": f"response.{kind}", "response": response_object(answer, "in_progress")}
    index = 0
    if answer.behaviour.reasoning:
        yield {
            "type": "response.reasoning_text.delta",
            "item_id": "rs_0",
            "output_index": index,
            "delta": answer.behaviour.reasoning,
        }
        index += 1
    if answer.pieces():
        item = {"id": "msg_0", "type": "message", "role": "assistant", "content": []}
        yield {"type": "response.output_item.added", "output_index": index, "item": item}
        for piece in answer.pieces():
            yield {
                "type": "response.output_text.delta",
                "item_id": "msg_0",
                "output_index": index,
                "content_index": 0,
                "delta": piece,
            }
        index += 1
    for number in range(len(answer.behaviour.calls)):
        yield from _typed_call(answer, number, index + number)


def _typed_call(answer: Answer, number: int, index: int) -> Iterator[dict[str, Json]]:
    item = _call_item(answer, number)
    place = {"item_id": item["id"], "output_index": index}
    yield {
        "type": "response.output_item.added",
        "output_index": index,
        "item": {**item, "arguments": "", "status": "in_progress"},
    }
    kind = "response.function_call_arguments"
    yield {"type": f"{kind}.delta", **place, "delta": item["arguments"]}
    yield {"type": f"{kind}.done", **place, "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def typed_end(answer: Answer) -> Iterator[dict[str, Json]]:
    """Give the events that end an answer, or none where the script withholds them."""
    match answer.end():
        case "completed" | "incomplete" as status:
            if answer.pieces():
                place = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
                yield {"type": "response.output_text.done", **place, "text": answer.text()}
            # As vLLM does: the name says completed, the status tells.
            yield {"type": "response.completed", "response": response_object(answer, status)}
        case "failed":
            yield {"type": "response.failed", "response": response_object(answer, "failed")}
        case "error":
            yield {"type": "error", "code": "server_error", "message": "scripted error"}
        case _:
            pass


# Chunks -----------------------------------------------------------------------------------


def chunks(answer: Answer) -> Iterator[dict[str, Json]]:
    """Give the chunks of the documented dialect up to the last delta."""
    yield _chunk(answer, {"role": "assistant", "content": ""})
    if answer.behaviour.reasoning:
        yield _chunk(answer, {"reasoning_content": answer.behaviour.reasoning})
    for piece in answer.pieces():
        yield _chunk(answer, {"content": piece})
    for number in range(len(answer.behaviour.calls)):
        yield _chunk(answer, {"tool_calls": [_tool_call(answer, number)]})


def chunk_end(answer: Answer) -> Iterator[dict[str, Json]]:
    """Give the chunks that end an answer, or none where the script withholds them."""
    match answer.end():
        case "completed" | "incomplete":
            yield _chunk(answer, {}, _finish_reason(answer))
        case "failed" | "error":
            yield {"error": {"code": "server_error", "message": "scripted error"}}
            return
        case _:
            return
    options = answer.request.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        yield {**_chunk(answer, {}), "choices": [], "usage": answer.usage()}


def _finish_reason(answer: Answer) -> str:
    if answer.end() == "incomplete":
        return "length"
    return "tool_calls" if answer.behaviour.calls else "stop"


def _chunk(answer: Answer, delta: Json, finish: str | None = None) -> dict[str, Json]:
    return {
        "id": answer.id,
        "object": "response.chunk",
        "created": answer.created,
        "model": answer.model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
        "usage": None,
    }


def _tool_call(answer: Answer, number: int) -> dict[str, Json]:
    call = answer.behaviour.calls[number]
    function = {"name": call["name"], "arguments": call.get("arguments", "{}")}
    return {"index": number, "id": f"call_{number}", "type": "function", "function": function}


def chunk_object(answer: Answer) -> dict[str, Json]:
    """Give the whole response of the documented dialect: `choices[].message`."""
    message: dict[str, Json] = {"role": "assistant", "content": answer.text()}
    if answer.behaviour.reasoning:
        message["reasoning_content"] = answer.behaviour.reasoning
    if answer.behaviour.calls:
        numbers = range(len(answer.behaviour.calls))
        message["tool_calls"] = [_tool_call(answer, number) for number in numbers]
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(answer)}
    return {
        "id": answer.id,
        "object": "response",
        "created": answer.created,
        "model": answer.model,
        "choices": [choice],
        "usage": answer.usage(),
    }
