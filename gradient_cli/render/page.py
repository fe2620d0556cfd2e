"""
Markdown by rich, block by block, as lines of text with their colours.

One class of rich's Markdown is used for everything, so that what is printed block by block
while an answer arrives is what the whole text would have given at once. It differs from
rich's own in these things: one blank line stands between two blocks, a list's numbers have a
column of two digits (rich's depends on how many items will come; up to nine look the same),
links show their address as text (an escape sequence that a model wrote is no link of ours),
code has the terminal's own background and no margin, and its lines are as long as they are
(code.py), cells are wrapped and never cut (grid.py), nothing else is cut either, however deep
it stands (containers.py), boxes of tasks are boxes, a rule is a line, and HTML, images and
autolinks are shown as they were written (literal.py).
tests/render/test_stock.py compares the two.
"""

from collections.abc import Sequence
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console
from rich.markdown import Markdown, MarkdownElement
from rich.segment import Segment
from rich.theme import Theme

from gradient_cli.render.bounds import top_level
from gradient_cli.render.code import CODE_THEME, Code
from gradient_cli.render.containers import Item, Items, Line, Quote, uncut
from gradient_cli.render.grid import Grid
from gradient_cli.render.literal import show_literally

_THEME = Theme({"markdown.code": "bold cyan", "markdown.code_block": "cyan"})

_MARGIN_ABOVE = {
    **dict.fromkeys(("fence", "code_block"), 1),
    **dict.fromkeys(("bullet_list_open", "ordered_list_open", "blockquote_open"), 1),
    "table_open": 2,
}
_MARGIN_BELOW = frozenset({"table_open", "fence", "code_block"})
"""How many blank rows rich has above and below some kinds of blocks."""


class Page(Markdown):
    """Markdown as this program shows it."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "bullet_list_open": Items,
        "ordered_list_open": Items,
        "list_item_open": Item,
        "blockquote_open": Quote,
        "table_open": Grid,
        "hr": Line,
        "fence": Code,
        "code_block": Code,
    }

    def __init__(self, tokens: Sequence[Token]) -> None:
        # Not super().__init__: it makes a parser for a text, a sixth of a frame's time.
        self.markup = ""
        self.parsed = list(tokens)
        # A string by its annotation; Syntax, to which it goes, takes a theme as well.
        self.code_theme = self.inline_code_theme = CODE_THEME  # type: ignore[assignment]
        self.inline_code_lexer = None
        self.justify = None
        self.style = "none"
        self.hyperlinks = False


class Printer:
    """Turns tokens and code into lines for a terminal of some width."""

    def __init__(self, columns: int, *, has_color: bool) -> None:
        import io

        self.columns = columns
        self._console = Console(
            file=io.StringIO(),
            force_terminal=True,
            width=columns,
            height=1000,
            color_system="256" if has_color else None,
            legacy_windows=False,
            theme=_THEME,
            emoji=False,
            markup=False,
            highlight=False,
        )
        self._options = self._console.options.update(height=None)

    def blocks(self, tokens: Sequence[Token], *, after_block: bool) -> list[str]:
        """
        Give the lines of whole top-level blocks, one blank line between two.

        `after_block`: something stands above, so a blank line comes first.
        """
        lines: list[str] = []
        for number, block in enumerate(top_level(list(tokens))):
            page = Page(block)
            rows = [self.coloured(row) for row in uncut(self._console, page, self._options)]
            lines += [""] if after_block or number else []
            lines += _without_margins(block[0].type, rows)
        return lines

    def coloured(self, row: Sequence[Segment]) -> str:
        """Give one row as a terminal takes it; blanks behind its text stay only in code."""
        parts = [segment for segment in row if not segment.control]
        # rich fills its rows: blanks to copy, to send, and to wrap when the window gets narrower.
        while parts and not _is_kept(parts[-1]):
            text, style, _ = parts.pop()
            if text := text.rstrip(" "):
                parts.append(Segment(text, style))
                break
        system = self._console._color_system
        return "".join(
            part.style.render(part.text, color_system=system) if part.style else part.text
            for part in parts
        )


def _without_margins(kind: str, rows: list[str]) -> list[str]:
    """Take away the blank rows that rich puts around some kinds of blocks."""
    first = 0
    while first < _MARGIN_ABOVE.get(kind, 0) and rows[first : first + 1] == [""]:
        first += 1
    has_margin = kind in _MARGIN_BELOW and len(rows) > first and not rows[-1]
    return rows[first : len(rows) - int(has_margin)]


def _is_kept(part: Segment) -> bool:
    """Tell whether blanks stay at the end of a part: where they are code, or can be seen."""
    style = part.style
    return style is not None and bool(
        style.bgcolor or style.underline or style.reverse or style.meta
    )


def parser() -> MarkdownIt:
    """Give the parser that rich uses, with a rule of ours at its end."""
    markdown = MarkdownIt().enable("strikethrough").enable("table")
    markdown.core.ruler.push("show_literally", show_literally)
    return markdown
