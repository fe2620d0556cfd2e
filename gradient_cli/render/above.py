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
from collections import deque
from collections.abc import Sequence
from functools import lru_cache

STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PIECE = re.compile(rf"{STYLE.pattern}|.", re.DOTALL)


class Above:
    """Counts rows that went up, and leaves them out of what is still to be printed."""

    def __init__(self) -> None:
        self._rows = 0
        self._letters: deque[str] = deque()
        """Row by row."""
        self._count = 0

    def add(self, lines: Sequence[str]) -> None:
        """Take in rows that went up: the first of all that were still to be printed."""
        self._rows += len(lines)
        self._letters.extend(map(_letters, lines))
        self._count += sum(map(_count, lines))

    def without(
        self, final: Sequence[str], open_lines: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Give both without what went up; with the final lines go their counts."""
        if not self._rows:
            return list(final), list(open_lines)
        lines = [*final, *open_lines]
        rows, rest = self._rows, ""
        if sum(map(_count, lines[:rows])) != self._count:
            rows, rest = _skip(lines, self._count)
        begun = [rest] if rest else []
        if final and rows <= len(final):
            self.__init__()  # type: ignore[misc]  # back to the beginning
            return [*begun, *final[rows:]], list(open_lines)
        self._rows = max(1, self._rows - len(final))
        self._drop(sum(map(_count, final)))
        return [], [*begun, *open_lines[rows - len(final) :]]

    def place_in(self, source: str) -> int:
        """Give where the source goes on behind what went up; 0 where that is not in it so."""
        place = 0
        for letter in "".join(self._letters):
            place = source.find(letter, place) + 1
            if not place:
                return 0
        return place

    def _drop(self, count: int) -> None:
        self._count = max(0, self._count - count)
        while count and self._letters:
            row = self._letters.popleft()
            if len(row) > count:
                self._letters.appendleft(row[count:])
            count = max(0, count - len(row))


def _skip(lines: Sequence[str], letters: int) -> tuple[int, str]:
    """Give how many lines hold so many letters, and what is left of the last of these."""
    for number, line in enumerate(lines, 1):
        if not letters:
            return number - 1, ""
        if _count(line) > letters:
            return number, _cut(line, letters)
        letters -= _count(line)
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


def _letters(line: str) -> str:
    return "".join(filter(str.isalnum, STYLE.sub("", line)))


@lru_cache(maxsize=4096)
def _count(line: str) -> int:
    return len(_letters(line))
