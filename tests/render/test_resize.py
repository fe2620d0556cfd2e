"""A window that changes in the midst of an answer: no line is lost, and none is there twice."""

import itertools
import re

import pytest

from gradient_cli.render.blocks import Blocks, Step
from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.wire.response import Response
from tests.render.screen import Terminal, at_once, cut, streamed

WORDS = [f"word{n:03}z" for n in range(200)]
"""A part of one, where a terminal cut a line off, is none."""
ANSWERS = {
    "paragraph": " ".join(WORDS),
    "short paragraphs": "\n\n".join(" ".join(WORDS[n : n + 30]) for n in range(0, 200, 30)),
    "list": "".join(f"{n}. item {word}\n" for n, word in enumerate(WORDS[:60], 1)),
    "long item": f"- {' '.join(WORDS)}\n",
    "nested list": "- top\n" + "".join(f"  - inner {word}\n" for word in WORDS[:60]),
    "quote": f"> {' '.join(WORDS)}\n",
    "quote of lines": "".join(f"> {word}\n>\n" for word in WORDS[:60]),
    "code": "```python\n" + "".join(f"{word} = {n}\n" for n, word in enumerate(WORDS[:60])) + "```\n",
    "table": "| a | b |\n|---|---|\n" + "".join(f"| {word} | {n} |\n" for n, word in enumerate(WORDS[:17])),
    "tall table": "| a | b |\n|---|---|\n" + "".join(f"| {word} | {n} |\n" for n, word in enumerate(WORDS[:60])),
}  # fmt: skip
HEIGHTS = {
    "lower": [(80, 10)],
    "much lower": [(80, 4)],
    "lower and higher": [(80, 10), (80, 24)],
    "higher": [(80, 40)],
    "up and down": [(80, 10), (80, 30), (80, 8), (80, 24)],
    "dragged": [(80, rows) for rows in range(23, 7, -1)],
}
WIDTHS = {
    "narrower": [(40, 24)],
    "narrower and lower": [(40, 10)],
    "narrower and lower, then wider": [(40, 10), (100, 24)],
    "dragged": [(columns, 24) for columns in range(79, 39, -1)],
}


MIDDLE = 0.5
"""Where the quick tests change the window; of these answers each tenth piece is drawn."""
QUICK = ("short paragraphs", "long item", "nested list", "code", "tall table")


def quick_and_real(quick: str, paths):
    """Give one path in the middle of some answers; all paths at two places of all as `real`."""
    real = itertools.product(ANSWERS, paths, (0.4, 0.9))
    return [
        *((name, quick, MIDDLE) for name in QUICK),
        *(pytest.param(*case, marks=pytest.mark.real) for case in real),
    ]


def resized(name: str, path, at: float, *, has_reflow: bool = False) -> tuple[Terminal, list[str]]:
    """
    Give the terminal after an answer during which the window took other sizes, one by one.

    And the lines before each of them.
    """
    pieces = cut(ANSWERS[name], 0)
    each = 10 if at == MIDDLE else 1
    sizes = dict(zip(itertools.count(int(len(pieces) * at), each), path, strict=False))
    before: list[str] = []
    seen = 0

    def change(terminal: Terminal) -> None:
        nonlocal seen
        seen += 1
        if seen in sizes:
            before.extend(terminal.lines())
            terminal.resize(*sizes[seen])

    return streamed(pieces, 80, 24, each=each, has_reflow=has_reflow, watch=change), before


def letters(lines: list[str]) -> str:
    """Give what a row's width does not change: no blanks, no borders, no marks of a quote."""
    return re.sub(r"[^\w•=]", "", " ".join(lines)).replace("▌", "")


def words(lines: list[str]) -> list[str]:
    return re.findall(r"word\d+z", " ".join(lines))


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "path", "at"), quick_and_real("up and down", HEIGHTS))
def test_another_height_changes_no_line(name, path, at):
    """Rows that the terminal itself moved to its scrollback are not printed again."""
    got = resized(name, HEIGHTS[path], at)[0].lines()
    whole = at_once(ANSWERS[name], 80, HEIGHTS[path][-1][1])

    if (name, path) == ("tall table", "much lower"):
        # Of a table taller than the screen only a tail is shown, 8 rows; if some are moved
        # away before the table is whole, it comes below them.
        assert letters(got).endswith(letters(whole))
        assert len(got) - len(whole) <= 4
    elif "table" in name:
        # Rows that were moved have the width that their columns had then.
        assert letters(got) == letters(whole)
        assert len(got) == len(whole)
    else:
        assert got == whole


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "path", "at"), quick_and_real("narrower and lower, then wider", WIDTHS)
)
def test_a_narrower_window_that_wraps_anew_repeats_and_loses_nothing(name, path, at):
    """Each letter is there once, whichever rows were wrapped by the terminal."""
    got = resized(name, WIDTHS[path], at, has_reflow=True)[0].lines()

    assert letters(got) == letters(at_once(ANSWERS[name], 80, 24))


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "path", "at"), quick_and_real("narrower and lower, then wider", WIDTHS)
)
def test_a_narrower_window_that_cuts_lines_off_repeats_and_loses_nothing(name, path, at):
    """No word is there twice, and none is missing but those that the terminal cut off."""
    terminal, before = resized(name, WIDTHS[path], at)
    narrow = min(columns for columns, _ in WIDTHS[path])
    cut_off = {
        found[0]
        for line in before
        for found in re.finditer(r"word\d+z", line)
        if found.end() > narrow - len(found[0])
    }

    got = words(terminal.lines())
    whole = words([ANSWERS[name]])

    assert got == [word for word in whole if word in set(got)]
    # A word that was half written when its line was cut off is one more.
    assert len(set(whole) - set(got) - cut_off) <= 1


@pytest.mark.real
def test_a_window_that_changes_while_a_frame_is_laid_out(monkeypatch):
    """Its size is looked at again before anything is drawn."""
    # Each row of this table changes all rows above it.
    text = "| a | b |\n|---|---|\n" + "".join(f"| {word} | {'x' * n} |\n" for n, word in enumerate(WORDS[:16]))  # fmt: skip
    terminal = Terminal(80, 24)
    renderer = MarkdownRenderer(
        terminal.write,
        terminal.size,
        has_color=False,
        may_move=True,
        has_thread=False,
        clock=itertools.count().__next__,
    )
    advance = Blocks.advance

    def advance_slowly(blocks: Blocks, **flags: bool) -> Step:
        step = advance(blocks, **flags)
        if 14 < terminal.screen.cursor.y < len(step.open) - 1:
            terminal.resize(80, 6)
        return step

    monkeypatch.setattr(Blocks, "advance", advance_slowly)
    for piece in cut(text, 3):
        renderer.show(piece)
    renderer.close(Response())

    assert terminal.screen.lines == 6
    assert words(terminal.lines()) == WORDS[:16]
