"""What a terminal emulator shows: scrollback and screen, as lines."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.render.page import Printer, parser
from gradient_cli.wire.response import Response

DOCUMENTS = Path(__file__).parents[1] / "data" / "documents.txt"


def documents() -> dict[str, str]:
    """Give the corpus by name."""
    parts = DOCUMENTS.read_text().split("%%%\n")
    return dict(part.split("\n", 1) for part in parts if part)


class _Screen(pyte.HistoryScreen):
    """
    A screen with scrollback that nobody pages through.

    pyte wraps every call, each character's among them, to leave the pages first: half its time.
    """

    __getattribute__ = object.__getattribute__


class Terminal:
    """An emulator of some size, with a long scrollback."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = _Screen(columns, rows, history=100_000, ratio=0.001)
        self._stream = pyte.Stream(self.screen)
        self.written = 0

    def write(self, text: str) -> None:
        self.written += len(text.encode())
        self._stream.feed(text)

    def lines(self) -> list[str]:
        """Give all lines, from the oldest of the scrollback to the last that is not empty."""
        screen = self.screen
        rows = [*screen.history.top, *(screen.buffer[y] for y in range(screen.lines))]
        # The second column of a wide character holds nothing, and one never written is no key.
        lines = [
            "".join(row[x].data if x in row else " " for x in range(screen.columns)).rstrip()
            for row in rows
        ]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def streamed(
    pieces: Sequence[str],
    columns: int,
    rows: int,
    *,
    each: int = 1,
    has_color: bool = False,
    watch: Callable[[Terminal], None] = lambda terminal: None,
) -> Terminal:
    """Give the terminal after an answer in pieces, with a frame for `each` so many of them."""
    terminal = Terminal(columns, rows)
    now = 0

    renderer = MarkdownRenderer(
        terminal.write,
        lambda: (terminal.screen.columns, terminal.screen.lines),
        has_color=has_color,
        may_move=True,
        clock=lambda: float(now),
        has_thread=False,
    )
    for number, piece in enumerate(pieces):
        now += number % each == 0
        renderer.show(piece)
        watch(terminal)
    renderer.close(Response())
    return terminal


def at_once(text: str, columns: int, rows: int) -> list[str]:
    """Give the lines of the whole text, printed by rich in one go."""
    terminal = Terminal(columns, rows)
    lines = Printer(columns, has_color=False).blocks(parser().parse(text), after_block=False)
    terminal.write("".join(f"{line}\r\n" for line in lines))
    return terminal.lines()


def cut(text: str, length: int) -> list[str]:
    """Give pieces of so many characters; 0 is words and blanks, as a model's tokens."""
    if length == 0:
        return re.findall(r" ?\w{1,5}|\s+|[^\w\s]+", text)
    return [text[n : n + length] for n in range(0, len(text), length)]
