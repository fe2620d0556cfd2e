"""
A fenced code block line by line: each is printed as soon as it is whole, and never again.

Pygments reads a line at a time with the states it was in kept between lines, so that a string
over several lines keeps its colour and the work does not grow with the block.
"""

import re
from typing import Any

from pygments.lexer import ExtendedRegexLexer, Lexer, LexerContext, RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from rich.text import Text

from gradient_cli.render.page import CODE_THEME, Printer

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*([^\n]*)")
TAB_COLUMNS = 4


class OpenFence:
    """A fence whose end has not come."""

    def __init__(self, opening: str, printer: Printer) -> None:
        found = _OPENING.match(opening)
        assert found, "not a fence"
        self._indent = len(found[1])
        mark = re.escape(found[2][0])
        self._closing = re.compile(rf" {{0,3}}{mark}{{{len(found[2])},}}[ \t]*")
        self._may_end = re.compile(rf" {{0,3}}{mark}+[ \t]*")
        """A line that may become the end: it would flash as code."""
        self.printer = printer
        name = found[3].partition(" ")[0] or "text"
        self._lexer = _StatefulLexer(name)
        self._theme = CODE_THEME
        self._blank: list[str] = []
        """Empty lines that are shown only if more code follows: rich drops them at the end."""
        self.has_begun = False

    def is_end(self, line: str) -> bool:
        """Tell whether a line closes the fence."""
        return self._closing.fullmatch(line) is not None

    def rows(self, line: str) -> list[str]:
        """Give the rows of one whole line of code; none while it may be the last of all."""
        line = self._unindented(line)
        if not line.strip():
            self._blank.append(line)
            return []
        rows = [] if self.has_begun else [""]
        self.has_begun = True
        for blank in self._blank:
            rows += self._rows(blank)
        self._blank.clear()
        return rows + self._rows(line)

    def open_rows(self, line: str) -> list[str]:
        """Give the rows of a line that is not whole yet; nothing is remembered of it."""
        if not line or self._may_end.fullmatch(line):
            return []
        text = Text(self._unindented(line).expandtabs(TAB_COLUMNS), no_wrap=False)
        return ([] if self.has_begun else [""]) + self.printer.code_lines(text)

    def end_rows(self) -> list[str]:
        """Give what stands below the code."""
        return [""]

    def _unindented(self, line: str) -> str:
        """Take away the fence's own indent; a tab may go only in part."""
        column = place = 0
        while column < self._indent and line[place : place + 1] in {" ", "\t"}:
            column += 1 if line[place] == " " else TAB_COLUMNS - column % TAB_COLUMNS
            place += 1
        return " " * max(0, column - self._indent) + line[place:]

    def _rows(self, line: str) -> list[str]:
        text = Text()
        for kind, piece in self._lexer.tokens(line.expandtabs(TAB_COLUMNS)):
            text.append(piece, None if kind is None else self._theme.get_style_for_token(kind))
        return self.printer.code_lines(text)


class _StatefulLexer:
    """A lexer of Pygments, fed line by line."""

    def __init__(self, name: str) -> None:
        self._lexer = _lexer(name)
        self._context = LexerContext("", 0, ["root"])

    def tokens(self, line: str) -> list[tuple[Any, str]]:
        """Give (token type or None, text) for one line without its newline."""
        if self._lexer is None:
            return [(None, line)]
        text = line + "\n"
        self._context.text, self._context.pos, self._context.end = text, 0, len(text)
        try:
            # The context is what keeps the states; only this class of lexer has one, but its
            # loop runs every lexer that is made of regular expressions.
            steps = ExtendedRegexLexer.get_tokens_unprocessed(
                self._lexer,  # type: ignore[arg-type]  # a sibling with the same tables
                context=self._context,
            )
            found = [(kind, piece.rstrip("\n")) for _, kind, piece in steps]
        except TypeError:
            # A callback of this lexer takes no context: from here on without colours.
            self._lexer = None
            return [(None, line)]
        return found


def _lexer(name: str) -> Lexer | None:
    try:
        lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return lexer if isinstance(lexer, RegexLexer) else None
