"""What a terminal emulator shows: scrollback and screen, as lines."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyte
from pyte.screens import StaticDefaultDict

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
    """
    An emulator of some size, with a long scrollback.

    `resize` does what terminals do and pyte alone does not: the row of the cursor stays
    visible. A lower window gives up empty rows below it, then its top rows go to the
    scrollback; a higher one takes rows back. A narrower one cuts long lines off (xterm,
    screen) or, with `has_reflow`, wraps them anew (tmux, VTE, kitty).
    """

    def __init__(self, columns: int, rows: int, *, has_reflow: bool = False) -> None:
        self.screen = _Screen(columns, rows, history=100_000, ratio=0.001)
        self._has_reflow = has_reflow
        self._stream = pyte.Stream(self.screen)
        self.written = 0

    def write(self, text: str) -> None:
        self.written += len(text.encode())
        self._stream.feed(text)

    def size(self) -> tuple[int, int]:
        """Give (columns, rows)."""
        return self.screen.columns, self.screen.lines

    def resize(self, columns: int, rows: int) -> None:
        """Change the window in the midst of an answer."""
        screen, cursor = self.screen, self.screen.cursor
        strip = [*screen.history.top, *(screen.buffer[y] for y in range(cursor.y + 1))]
        on_screen = min(cursor.y + 1 + max(0, rows - screen.lines), rows, len(strip))
        if columns < screen.columns:
            parts = [self._fitted(line, columns) for line in strip]
            cursor.x = min(columns, cursor.x - columns * (len(parts[-1]) - 1))
            # The empty rows below the cursor stay, however many rows the wrapping needs.
            strip = [part for line in parts for part in line]
        screen.history.top.clear()
        screen.history.top.extend(strip[: len(strip) - on_screen])
        screen.buffer.clear()
        screen.buffer.update(enumerate(strip[len(strip) - on_screen :]))
        screen.lines, screen.columns, cursor.y = rows, columns, on_screen - 1
        screen.set_margins()

    def _fitted(self, line: dict[int, Any], columns: int) -> list[dict[int, Any]]:
        """Give the rows that a line takes in so many columns."""
        used = max((x for x, cell in line.items() if cell.data != " "), default=0) + 1
        firsts = range(0, used, columns) if self._has_reflow else range(1)
        rows = []
        for first in firsts:
            rows.append(StaticDefaultDict(self.screen.default_char))
            rows[-1].update({x - first: line[x] for x in range(first, min(used, first + columns))})
        return rows

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
    has_reflow: bool = False,
    watch: Callable[[Terminal], None] = lambda terminal: None,
) -> Terminal:
    """Give the terminal after an answer in pieces, with a frame for `each` so many of them."""
    terminal = Terminal(columns, rows, has_reflow=has_reflow)
    now = 0

    renderer = MarkdownRenderer(
        terminal.write,
        terminal.size,
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
