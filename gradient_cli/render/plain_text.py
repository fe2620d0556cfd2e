"""The answer as plain text: each piece as it arrives, byte for byte unless it is a terminal."""

from collections.abc import Callable

from gradient_cli.wire.response import Response

Write = Callable[[str], None]


class TextRenderer:
    """Writes pieces at once; at the end one newline, unless the answer has its own."""

    def __init__(self, write: Write, rest: Callable[[], str] = str) -> None:
        self._write = write
        self._rest = rest
        """Gives what `write` has held back until it knew what would follow."""
        self._last = ""

    def show(self, text: str) -> None:
        """Write one piece of the answer."""
        if text:
            # Before writing: a signal may come between the two, and must find a begun line.
            self._last = text[-1]
            self._write(text)

    def close(self, response: Response) -> None:
        """End the line, and write calls and what waits, one JSON object a line."""
        self.abort()
        for line in response.lines():
            self._write(line)

    def abort(self) -> None:
        """End the line that an interrupted answer has begun."""
        if rest := self._rest():
            self._last = rest[-1]
            self._write(rest)
        if self._last not in {"", "\n"}:
            self._write("\n")
        self._last = ""


def answer_text(text: str | None, response: Response) -> str:
    """Give all that stdout would have got, for a file."""
    written: list[str] = []
    renderer = TextRenderer(written.append)
    renderer.show(response.text if text is None else text)
    renderer.close(response)
    return "".join(written)
