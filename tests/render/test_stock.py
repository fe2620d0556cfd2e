"""
What is shown against rich's own Markdown of the whole text, document by document.

Where the two differ it is on purpose, and listed here; a document that becomes equal has to
leave the list.
"""

import io
from typing import ClassVar

import pytest
from rich.console import Console
from rich.markdown import CodeBlock, Markdown
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


class _Stock(Markdown):
    """rich's own class, but for one thing."""

    elements: ClassVar = {**Markdown.elements, "fence": _Code, "code_block": _Code}


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

    assert streamed(cut(text, 17), columns, 24).lines() == stock(text, columns)


@pytest.mark.parametrize("name", DIFFERS)
def test_a_document_that_differs_does_so_on_purpose(name):
    """The list stays exact."""
    assert at_once(CORPUS[name], 80, 24) != stock(CORPUS[name], 80)


@pytest.mark.parametrize("name", CRASHES)
def test_what_rich_cannot_show_is_shown(name):
    """As long as rich fails, there is nothing to compare with."""
    with pytest.raises(IndexError):
        stock(CORPUS[name], 80)

    assert at_once(CORPUS[name], 80, 24)
