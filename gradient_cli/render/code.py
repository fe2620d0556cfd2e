"""
Blocks of code: what a terminal shows of them can be copied as the model wrote it.

No margin stands before a line, and a line that is too long is not cut: the terminal wraps it,
and knows that it is one line. An empty row above and one below set the block apart.
"""

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
from rich.markdown import CodeBlock
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme

from gradient_cli.render.lexers import Colours

TAB_COLUMNS = 4

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


BLANKS = Style(meta={"is_code": True})
"""Of blanks at the end of a line: nobody may strip them, a patch needs them."""


def coloured(colours: Colours, line: str) -> list[Segment]:
    """Give one line of code in its colours."""
    line = line.expandtabs(TAB_COLUMNS)
    code = line.rstrip(" ")
    segments = [
        Segment(piece, None if kind is None else CODE_THEME.get_style_for_token(kind))
        for kind, piece in colours.tokens(code)
    ]
    return [*segments, Segment(line[len(code) :], BLANKS)] if code != line else segments


class Code(CodeBlock):
    """A whole block of code."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give its lines, however long."""
        colours = Colours(self.lexer_name)
        yield Segment.line()
        for line in str(self.text).rstrip().split("\n"):
            yield from coloured(colours, line)
            yield Segment.line()
        yield Segment.line()
