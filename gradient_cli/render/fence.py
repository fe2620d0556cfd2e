"""
A fenced code block line by line: each is printed as soon as it is whole, and never again.

The lexer goes on where the last line left it (lexers.py), so that a string over several lines
keeps its colour and the work does not grow with the block.
"""

import re

from gradient_cli.render.code import TAB_COLUMNS, coloured
from gradient_cli.render.lexers import Colours
from gradient_cli.render.page import Printer

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*([^\n]*)")


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
        self._colours = Colours(name)
        self.blank: list[str] = []
        """Empty lines that are shown only if more code follows: rich drops them at the end."""
        self.has_begun = False

    def is_end(self, line: str) -> bool:
        """Tell whether a line closes the fence."""
        return self._closing.fullmatch(line) is not None

    def rows(self, line: str) -> list[str]:
        """Give the rows of one whole line of code; none while it may be the last of all."""
        line = self._unindented(line)
        if not line.strip():
            self.blank.append(line)
            return []
        self.has_begun = True
        rows = [self._row(code) for code in (*self.blank, line)]
        self.blank.clear()
        return rows

    def open_rows(self, line: str) -> list[str]:
        """Give the rows of a line that is not whole yet; nothing is remembered of it."""
        if not line or self._may_end.fullmatch(line):
            return []
        return [self._unindented(line).expandtabs(TAB_COLUMNS)]

    def _unindented(self, line: str) -> str:
        """Take away the fence's own indent; a tab may go only in part."""
        column = place = 0
        while column < self._indent and line[place : place + 1] in {" ", "\t"}:
            column += 1 if line[place] == " " else TAB_COLUMNS - column % TAB_COLUMNS
            place += 1
        return " " * max(0, column - self._indent) + line[place:]

    def _row(self, line: str) -> str:
        return self.printer.coloured(coloured(self._colours, line))
