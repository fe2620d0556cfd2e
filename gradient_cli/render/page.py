"""
Markdown by rich, block by block, as lines of text with their colours.

One class of rich's Markdown is used for everything, so that what is printed block by block
while an answer arrives is what the whole text would have given at once. It differs from
rich's own in four things: a list's numbers have a column of two digits (rich's depends on
how many items will come; up to nine look the same), links show their address as text (an
escape sequence that a model wrote is no link of ours), code has the terminal's own
background, and HTML, images and autolinks are shown as they were written (literal.py).
tests/render/test_stock.py compares the two.
"""

from collections.abc import Sequence
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments.token import (
    Comment,
    Error,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
)
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import ListElement, Markdown, MarkdownElement
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme
from rich.text import Text
from rich.theme import Theme

from gradient_cli.render.literal import show_literally

CODE_THEME = ANSISyntaxTheme(
    {
        Comment: Style(dim=True),
        Keyword: Style(color="magenta"),
        Operator.Word: Style(color="magenta"),
        Name.Decorator: Style(color="magenta"),
        Name.Function: Style(bold=True),
        Name.Class: Style(bold=True),
        Name.Tag: Style(color="magenta"),
        Name.Attribute: Style(color="cyan"),
        String: Style(color="green"),
        Number: Style(color="cyan"),
        Generic.Deleted: Style(color="red"),
        Generic.Inserted: Style(color="green"),
        Generic.Heading: Style(bold=True),
        Generic.Subheading: Style(color="magenta", bold=True),
        Error: Style(color="red"),
    }
)
"""The terminal's own colours, and of those what reads on white as well as on black."""
_THEME = Theme({"markdown.code": "bold cyan", "markdown.code_block": "cyan"})

SILENT = Token("html_block", "", 0, content="")
"""Shows nothing; after it, rich puts a blank line before what follows."""


class NumberedList(ListElement):
    """A list whose number column has room for two digits, whatever is to come."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give each item with its bullet or number."""
        if self.list_type == "bullet_list_open":
            yield from super().__rich_console__(console, options)
            return
        for number, item in enumerate(
            self.items, 1 if self.list_start is None else self.list_start
        ):
            # rich leaves one column more than the last number needs: it is our second digit.
            yield from item.render_number(console, options, number, max(1, number // 10))


class Page(Markdown):
    """Markdown as this program shows it."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "bullet_list_open": NumberedList,
        "ordered_list_open": NumberedList,
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
        """Give the lines of whole top-level blocks; `after_block`: something stands above."""
        page = Page([SILENT, *tokens] if after_block else tokens)
        return self._lines(page, self._options)

    def code_lines(self, line: Text) -> list[str]:
        """Give the rows of one line of code, as rich's Syntax with padding 1 lays it out."""
        options = self._options.update(width=max(1, self.columns - 2), justify="left")
        return [f" {row}" for row in self._lines(line, options)]

    def _lines(self, renderable: Page | Text, options: ConsoleOptions) -> list[str]:
        rows = self._console.render_lines(renderable, options, pad=False)
        return [self._coloured(row).rstrip(" ") for row in rows]

    def _coloured(self, row: list[Segment]) -> str:
        # rich fills the rows of a quote: blanks to copy, to send, and to wrap when it gets narrow.
        while row and row[-1].text.isspace() and not _marks_blanks(row[-1].style):
            row.pop()
        system = self._console._color_system
        return "".join(
            segment.style.render(segment.text, color_system=system)
            if segment.style
            else segment.text
            for segment in row
            if not segment.control
        )


def _marks_blanks(style: Style | None) -> bool:
    """Tell whether a style shows where there is no letter."""
    return style is not None and bool(style.bgcolor or style.underline or style.reverse)


def parser() -> MarkdownIt:
    """Give the parser that rich uses, with a rule of ours at its end."""
    markdown = MarkdownIt().enable("strikethrough").enable("table")
    markdown.core.ruler.push("show_literally", show_literally)
    return markdown
