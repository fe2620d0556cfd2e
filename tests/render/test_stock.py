"""
What is shown against rich's own Markdown of the whole text, document by document.

Where the two differ it is on purpose, and listed here; a document that becomes equal has to
leave the list.
"""

import io
from itertools import pairwise
from typing import ClassVar

import pytest
from rich.console import Console
from rich.markdown import CodeBlock, HorizontalRule, Markdown
from rich.rule import Rule
from rich.syntax import Syntax

from tests.render.screen import at_once, cut, documents, streamed

CORPUS = documents()
NUMBERS = "rich makes the column of all numbers wider when a tenth item comes; ours is fixed"
HTML = "rich shows no HTML: `vector<int>` would lose a word; it is shown as it was written"
IMAGES = "rich shows images before their paragraph, and without their address"
DIFFERS = {
    "ordered list from seven": NUMBERS,
    "numbers that look like lists": NUMBERS,
    "long list": NUMBERS,
    "task-like list": "rich shows the brackets of a task; they are a box",
    "links": IMAGES,
    "images in their place": IMAGES,
    "html": HTML,
    "comment over blank lines": HTML,
}
CRASHES = {"tags that are text": "a lone </kbd> is an IndexError in rich"}


class _Code(CodeBlock):
    """Code without rich's margin before it."""

    def __rich_console__(self, console, options):
        code = str(self.text).rstrip()
        yield Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True, padding=(1, 0))


class _Rule(HorizontalRule):
    """A rule that is a block like others, of the line that rich draws elsewhere."""

    new_line = True

    def __rich_console__(self, console, options):
        yield Rule()


class _Stock(Markdown):
    """rich's own class, but for two things."""

    elements: ClassVar = {**Markdown.elements, "fence": _Code, "code_block": _Code, "hr": _Rule}


def squeezed(lines: list[str]) -> list[str]:
    """Give lines without those that rich leaves blank: above all, and more than one at a time."""
    return [line for line, above in zip(lines, ["", *lines], strict=False) if line or above]


def stock(text: str, columns: int) -> list[str]:
    """Give the lines of rich's Markdown; links with their address, as rich's own option has it."""
    console = Console(file=io.StringIO(), width=columns, height=1000, legacy_windows=False)
    options = console.options.update(height=None)
    rows = console.render_lines(_Stock(text, hyperlinks=False), options, pad=False)
    lines = ["".join(part.text for part in row if not part.control).rstrip() for row in rows]
    while lines and not lines[-1]:
        lines.pop()
    return lines


@pytest.mark.sampled
@pytest.mark.parametrize("columns", [80, pytest.param(40, marks=pytest.mark.real)])
@pytest.mark.parametrize("name", sorted(set(CORPUS) - set(DIFFERS) - set(CRASHES)))
def test_a_document_is_shown_as_rich_shows_it(name, columns):
    """The streamed answer against the stock class of rich, on a wide screen and a small one."""
    text = CORPUS[name]

    assert squeezed(streamed(cut(text, 17), columns, 24).lines()) == squeezed(stock(text, columns))


@pytest.mark.parametrize("name", DIFFERS)
def test_a_document_that_differs_does_so_on_purpose(name):
    """The list stays exact."""
    assert squeezed(at_once(CORPUS[name], 80, 24)) != squeezed(stock(CORPUS[name], 80))


@pytest.mark.parametrize("name", CRASHES)
def test_what_rich_cannot_show_is_shown(name):
    """As long as rich fails, there is nothing to compare with."""
    with pytest.raises(IndexError):
        stock(CORPUS[name], 80)

    assert at_once(CORPUS[name], 80, 24)


BLANKS = [
    "# T\n\n\ntext\n\n\n- a\n\n\n1. b\n\n> q\n\n---\n\n| a |\n| - |\n| b |\n\n```\nc\n```\n\n    d\n\n***\nend",
    "```\na\n```\n```\nb\n```\n| a |\n| - |\n| b |\n\ntext\n***\n***\n- x",
]


@pytest.mark.sampled
@pytest.mark.parametrize("text", BLANKS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_one_blank_line_stands_between_two_blocks(text, size):
    """Whatever they are, and none above the first."""
    lines = streamed(cut(text, size), 60, 40).lines()

    assert lines[0] != ""
    assert "" in lines
    assert ("", "") not in list(pairwise(lines))
    assert lines == at_once(text, 60, 40)


def test_tasks_have_boxes_and_rules_are_lines():
    """What is no task stays as it was written."""
    text = "- [ ] open\n- [x] *done*\n- [X] Done\n- [x]\n- [link]\n\n1. [ ] first\n\n[x] no item\n\n---\n"

    assert streamed(cut(text, 3), 20, 24).lines() == [
        " • ☐ open", " • ☑ done", " • ☑ Done", " • [x]", " • [link]", "",
        " 1 ☐ first", "", "[x] no item", "", "─" * 20,
    ]  # fmt: skip
