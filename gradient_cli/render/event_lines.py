"""`--format events`: each server event verbatim as one JSON line, flushed at once."""

from collections.abc import Mapping

from gradient_cli.render.plain_text import Write
from gradient_cli.wire.json import Json, line, loads

PLAIN = "gradient.data"
"""The `type` of what has no other name."""
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def event_line(data: str, name: str = "") -> str:
    """
    Give a frame's JSON as one line, its own spelling kept; `name` is that of its SSE event.

    Only line ends are touched: within JSON, the three Unicode ones can stand in strings
    alone, where their escapes mean the same; others can stand between tokens alone.
    And an object without a `type`, as the chunk dialect sends them, gets one in front.
    """
    value = loads(data)
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict):
        return line({"type": PLAIN, "data": value})
    if not (isinstance(kind, str) and kind) and "type" in value:
        return line({**value, "type": _type(value, name)})
    if "\n" in data or "\r" in data:
        return line(value if kind else {"type": _type(value, name), **value})
    if not kind:
        rest = data.lstrip().removeprefix("{")
        data = f'{{"type":{line(_type(value, name))}{"," if value else ""}{rest}'
    for character, escape in _LINE_ENDS.items():
        data = data.replace(character, escape)
    return data


def _type(value: Mapping[str, Json], name: str) -> str:
    """Name a payload that does not: by its SSE event, or by what it says it is."""
    if name and name != "message":
        return name
    if value.get("error"):
        return "error"
    kind = value.get("object")
    return kind if isinstance(kind, str) and kind else PLAIN


class EventLines:
    """Writes event lines and, at the end, the result."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def frame(self, name: str, data: str) -> None:
        """Write one server event."""
        self._write(event_line(data, name) + "\n")

    def close(self, document: Json) -> None:
        """Write the last line."""
        self._write(line(document) + "\n")
