"""
What of the open blocks stands above the live region already, and cannot be changed any more.

Rows get there in two ways: the region is full and they scroll away, or the window was made
lower or narrower and the terminal moved them. They must not be printed again when their block
is laid out anew, so they are counted:

    rows       as long as the layout is the same, the first so many rows are left out
    letters    after another width, or where marks became style, the first so many letters

Letters and digits alone: borders, bullets and emphasis come and go with the layout. A row that
changed after it went up stays as it was; no terminal can write into its scrollback.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PIECE = re.compile(rf"{STYLE.pattern}|.", re.DOTALL)


class Above:
    """Counts rows that went up, and leaves them out of what is still to be printed."""

    def __init__(self) -> None:
        self._rows = 0
        self._letters = 0

    def add(self, lines: Sequence[str]) -> None:
        """Take in rows that went up: the first of all that were still to be printed."""
        self._rows += len(lines)
        self._letters += sum(map(_letters, lines))

    def without(
        self, final: Sequence[str], open_lines: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Give both without what went up; with the final lines go their counts."""
        if not self._rows:
            return list(final), list(open_lines)
        lines = [*final, *open_lines]
        rows, rest = self._rows, ""
        if sum(map(_letters, lines[:rows])) != self._letters:
            rows, rest = _skip(lines, self._letters)
        begun = [rest] if rest else []
        if final and rows <= len(final):
            self._rows = self._letters = 0
            return [*begun, *final[rows:]], list(open_lines)
        self._rows = max(1, self._rows - len(final))
        self._letters = max(0, self._letters - sum(map(_letters, final)))
        return [], [*begun, *open_lines[rows - len(final) :]]


def _skip(lines: Sequence[str], letters: int) -> tuple[int, str]:
    """Give how many lines hold so many letters, and what is left of the last of these."""
    for number, line in enumerate(lines, 1):
        if not letters:
            return number - 1, ""
        if _letters(line) > letters:
            return number, _cut(line, letters)
        letters -= _letters(line)
    return len(lines), ""


def _cut(line: str, letters: int) -> str:
    """Give a line without its first letters and the marks on them; its styles stay."""
    styles = ""
    for piece in _PIECE.finditer(line):
        if piece[0][0] == "\x1b":
            styles += piece[0]
        elif not letters and (piece[0].isalnum() or piece[0].isspace()):
            return styles + line[piece.start() :].lstrip()
        else:
            letters -= piece[0].isalnum()
    return ""


@lru_cache(maxsize=4096)
def _letters(line: str) -> int:
    return sum(map(str.isalnum, STYLE.sub("", line)))
