"""
The items of an output, read: messages and their parts, reasoning, function calls, and what waits.

    {"type":"message","role":"assistant","phase":"final_answer","content":[{"type":"output_text",…}]}
    {"type":"text","text":…}                                   without any content
    {"type":"reasoning","content":[…],"summary":[…]}
    {"type":"function_call","name":…,"arguments":…,"call_id":…}
    {"type":"mcp_approval_request",…}, {"type":"custom_tool_call",…}     somebody must act
"""

from collections.abc import Iterable, Iterator, Mapping

from gradient_cli.wire.events import NAMELESS, ToolCallDelta
from gradient_cli.wire.json import Json, dumps

Object = Mapping[str, Json]

BARE = ("output_text", "text")
"""Parts that are text; and items that are one by themselves, without any content."""
_REASONING_PARTS = ("reasoning_text", "summary_text")
_WAITING = {
    "mcp_approval_request": "mcp_approval_response",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}
"""Items that somebody must answer -> the item that answers them."""


def items_of(response: Object) -> Iterator[Object]:
    """Give the items of a response's output."""
    output = response.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, Mapping):
            yield item


def is_message(item: Object) -> bool:
    """Tell whether an item is a message; some leave its type away, or write it as `...`."""
    kind = item.get("type")
    return not isinstance(kind, str) or kind in ("message", "...", "", *BARE)


def lends_no_number(item: Object) -> bool:
    """Tell whether text that names an item is its own, though it is no message: a tool's."""
    return item.get("type") not in ("reasoning", "function_call")


def parts_of(item: Object) -> Iterator[tuple[bool, str]]:
    """Give a message's parts: whether it is a refusal, and its text."""
    if item.get("type") in BARE and isinstance(item.get("text"), str):
        yield False, item["text"]
    for part in _parts(item):
        kind = part.get("type")
        text = part.get("refusal") if kind == "refusal" else part.get("text")
        if kind in (*BARE, "refusal") and isinstance(text, str):
            yield kind == "refusal", text


def _parts(item: Object) -> Iterator[Object]:
    content = item.get("content")
    if isinstance(content, str):
        yield {"type": "output_text", "text": content}
    for part in content if isinstance(content, list) else []:
        if isinstance(part, Mapping):
            yield part


def has_text(items: Iterable[Object]) -> bool:
    """Tell whether any item holds text of a message."""
    return any(text for item in items if is_message(item) for _, text in parts_of(item))


def reasoning_texts(items: Iterable[Object]) -> Iterator[str]:
    """Give the texts of reasoning, and their summaries."""
    for item in items:
        summary = item.get("summary")
        parts = [*_parts(item), *(summary if isinstance(summary, list) else [])]
        for part in parts:
            if isinstance(part, Mapping) and part.get("type") in _REASONING_PARTS:
                yield text_of(part.get("text")) or ""


def function_calls(items: Iterable[Object]) -> Iterator[ToolCallDelta]:
    """Give the function calls."""
    for position, item in enumerate(items):
        if item.get("type") == "function_call":
            yield ToolCallDelta(
                f"item {position}",
                call_id=text_of(item.get("call_id")) or text_of(item.get("id")),
                name=text_of(item.get("name")),
                arguments=arguments_of(item.get("arguments")),
                is_whole=True,
                is_first=True,
            )


def is_kept(item: Object) -> bool:
    """Tell whether a next request must repeat an item as the server sent it."""
    is_phased = item.get("type") == "message" and item.get("phase") not in (None, "")
    return item.get("type") in ("reasoning", "compaction") or is_phased


def is_server_call(item: Object) -> bool:
    """Tell whether an item is the service's own work: a search, a call of its, what they gave."""
    kind = item.get("type")
    if not isinstance(kind, str) or kind == "function_call":
        return False
    return kind.endswith(("_call", "_call_output", "_list_tools")) or kind in _SERVER_WORK


_SERVER_WORK = ("compaction", "search_results", "mcp_approval_request", "mcp_approval_response")
"""Further kinds of such items; what waits for somebody is pending, and not among them."""


def server_calls(items: Iterable[Object]) -> list[Object]:
    """Give the service's own work that waits for nobody, functions that it answered itself too."""
    items = list(items)
    waiting, answered = {id(item) for item in pending(items)}, answered_calls(items)
    return [
        item
        for item in items
        if (is_server_call(item) and id(item) not in waiting)
        or (item.get("type") == "function_call" and text_of(item.get("call_id")) in answered)
    ]


def answered_calls(items: Iterable[Object]) -> frozenset[str]:
    """Give the ids of function calls that the service answered in the same reply."""
    outputs = (item for item in items if item.get("type") == "function_call_output")
    return frozenset(found for item in outputs if (found := text_of(item.get("call_id"))))


def has_annotations(items: Iterable[Object]) -> bool:
    """Tell whether any part of a message cites something."""
    return any(one.get("annotations") for item in items for one in (item, *_parts(item)))


def pending(items: Iterable[Object]) -> list[Object]:
    """Give the items that wait: for an answer of somebody's, or for their own end."""
    items = list(items)
    answered = {
        (item.get("type"), _identity(item))
        for item in items
        if item.get("type") in tuple(_WAITING.values())
    }
    return [item for item in items if _waits(item, answered)]


def _waits(item: Object, answered: set[tuple[Json, str]]) -> bool:
    kind = item.get("type")
    if isinstance(kind, str) and kind in _WAITING:
        return (_WAITING[kind], _identity(item)) not in answered
    is_ours = kind == "function_call" or (
        kind == "message" and item.get("role") in (None, "", "assistant")
    )
    return is_ours and item.get("status") in ("incomplete", "in_progress")


def _identity(item: Object) -> str:
    for name in ("approval_request_id", "call_id", "id"):
        if found := text_of(item.get(name)):
            return found
    return ""


def call_words(item: Object) -> str:
    """Give what an item asks to be done, for people: `custom_tool_call` is a custom tool call."""
    kind = item.get("type")
    return f"a {kind.replace('_', ' ')}" if isinstance(kind, str) and kind in _WAITING else "a call"


def chat_item(message: Object) -> Object:
    """Give a chat-like message as an item of an output."""
    content = message.get("content")
    parts: list[Json] = [{"type": "output_text", "text": text} for text in [content_text(content)]]
    if annotations := message.get("annotations"):
        parts[0]["annotations"] = annotations
    if refusal := content_text(message.get("refusal")):
        parts.append({"type": "refusal", "refusal": refusal})
    return {
        "type": "message",
        "role": text_of(message.get("role")) or "assistant",
        "content": [part for part in parts if part.get("text") != ""],
    }


def chat_calls(message: Object) -> Iterator[ToolCallDelta]:
    """Give the entries of a chat-like `tool_calls`."""
    calls = message.get("tool_calls")
    calls = calls if isinstance(calls, list) else []
    for position, call in enumerate(calls):
        if isinstance(call, Mapping):
            yield _chat_call(call, f"{NAMELESS}{position}" if len(calls) > 1 else NAMELESS)


def _chat_call(call: Object, otherwise: str) -> ToolCallDelta:
    """Decode one entry of `tool_calls`; told apart by index, else by id, else `otherwise`."""
    function = call.get("function")
    function = function if isinstance(function, Mapping) else {}
    index, call_id = call.get("index"), text_of(call.get("id"))
    return ToolCallDelta(
        f"index {index}" if isinstance(index, int) else call_id or otherwise,
        call_id=call_id,
        name=text_of(function.get("name")),
        arguments=arguments_of(function.get("arguments")),
        is_first=True,
    )


def content_text(content: Json) -> str:
    """Give the text of a chat-like `content`: a string, or a list of parts."""
    if isinstance(content, list):
        parts = (text_of(part.get("text")) for part in _parts({"content": content}))
        return "".join(part or "" for part in parts)
    return text_of(content) or ""


def arguments_of(arguments: Json) -> str:
    """Give a call's arguments as JSON; some servers send the object itself."""
    return dumps(arguments) if isinstance(arguments, Mapping) else text_of(arguments) or ""


def text_of(value: Json) -> str | None:
    """Give a text that is one, and not empty."""
    return value if isinstance(value, str) and value else None
