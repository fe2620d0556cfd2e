"""What the service does while nothing is written yet, in a few words for the sign of life."""

from collections.abc import Mapping

from gradient_cli.wire.events import Event, Item, Unknown
from gradient_cli.wire.json import Json

_WORDS = {
    "web_search_call": "searching the web",
    "web_fetch_call": "fetching a page",
    "file_search_call": "searching files",
    "knowledge_base_retrieval_call": "searching the knowledge base",
    "code_interpreter_call": "running code",
    "image_generation_call": "drawing an image",
    "mcp_list_tools": "asking for tools",
    "mcp_call": "calling a tool",
    "custom_tool_call": "calling a tool",
    "computer_call": "using a computer",
    "tool_search_call": "looking for tools",
    "compaction": "compacting the conversation",
}
"""Kinds of items -> what is done."""
_OVER = (".completed", ".failed", ".done")


def doing(event: Event, before: str = "") -> str:
    """Give what is done now, "" for nothing; `before`: what was, and stays where nothing is new."""
    match event:
        case Item(fields, _, is_done):
            return "" if is_done else _item_words(fields)
        case Unknown(kind):
            words = _event_words(kind)
            # The item itself has told more than its events do.
            return before if words is None or (words and before) else words
    return before


def _item_words(item: Mapping[str, Json]) -> str:
    words = _kind_words(str(item.get("type")))
    name, label, action = item.get("name"), item.get("server_label"), item.get("action")
    if isinstance(name, str) and name:
        words = f"calling {name}"
    if isinstance(label, str) and label:
        words += f" at {label}"
    queries = item.get("queries")
    said = [
        *(action.get(one) for one in ("query", "url") if isinstance(action, Mapping)),
        *(queries if isinstance(queries, list) else []),
        item.get("query"),
    ]
    about = next((text for text in said if isinstance(text, str) and text), "")
    return f"{words}: {about}" if about else words


def _event_words(kind: str) -> str | None:
    """Give the words of `response.web_search_call.searching` and its like."""
    name = kind.removeprefix("response.").partition(".")[0]
    if name not in _WORDS and not name.endswith("_call"):
        return None
    return "" if kind.endswith(_OVER) else _kind_words(name)


def _kind_words(kind: str) -> str:
    name = kind.removesuffix("_call").replace("_", " ")
    return _WORDS.get(kind, f"using {name}")
