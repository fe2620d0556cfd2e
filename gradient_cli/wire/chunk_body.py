"""The body that a server of the chunk dialect would have sent: folded from its chunks."""

from collections.abc import Sequence

from gradient_cli.wire.calls import ToolCall
from gradient_cli.wire.events import Started
from gradient_cli.wire.json import Json
from gradient_cli.wire.message import Said


def chunk_body(
    started: Started,
    said: Said,
    *,
    thoughts: str,
    calls: Sequence[ToolCall],
    annotations: Sequence[Json],
    finish: str | None,
    usage: Json,
) -> dict[str, Json]:
    """Give the body; `finish` is the reason of the last chunk, `usage` as the server wrote it."""
    message: dict[str, Json] = {"role": "assistant", "content": said.text}
    if thoughts:
        message["reasoning_content"] = thoughts
    if said.refusal:
        message["refusal"] = said.refusal
    if annotations:
        message["annotations"] = list(annotations)
    if calls:
        message["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in calls
        ]
    return {
        "id": started.id,
        "object": "response",
        "created": started.created,
        "model": started.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }
