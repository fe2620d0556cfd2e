"""`--format events`: each server event verbatim as one JSON line, flushed at once."""

from gradient_cli.render.text import Write
from gradient_cli.wire.json import Json, line, loads

_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def event_line(data: str) -> str:
    """
    Give a frame's JSON as one line, its own spelling kept.

    Only line ends are touched: within JSON, the three Unicode ones can stand in strings
    alone, where their escapes mean the same; others can stand between tokens alone.
    """
    if "\n" in data or "\r" in data:
        return line(loads(data))
    for character, escape in _LINE_ENDS.items():
        data = data.replace(character, escape)
    return data


class EventLines:
    """Writes event lines and, at the end, the result."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def frame(self, data: str) -> None:
        """Write one server event."""
        self._write(event_line(data) + "\n")

    def close(self, document: Json) -> None:
        """Write the last line."""
        self._write(line(document) + "\n")
