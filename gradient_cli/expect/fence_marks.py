"""
The lines of a text that may open or close a code block, looked at from the end.

    ```sh    tagged     opens, or stands within a block
    ```      bare       closes the block that is open, or opens one

A careless opening is believed only where it makes sense of what follows; this says whether.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

from gradient_cli.values import record

_MARK = re.compile(r"[\s>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})(.*)", re.ASCII | re.DOTALL)
_TAIL = re.compile(r"(.*[^\s`~])(?:[ \t]+|(?<=:))(`{3,}|~{3,})([\w+#.-]*)[ \t]*")


@record
class Mark:
    """A run of backticks or tildes that begins a line, behind the marks of its containers."""

    run: str
    is_tagged: bool


class Marks:
    """The marks of a text's lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        found = [(number, mark) for number, line in enumerate(lines) if (mark := mark_of(line))]
        self._numbers = [number for number, _ in found]
        self._marks = [mark for _, mark in found]
        self._ends_closed = _ends(self._marks)
        self._partners = _partners(self._marks)

    def _next(self, number: int) -> int:
        """Give the place of the first mark behind a line."""
        return bisect_right(self._numbers, number)

    def is_closed_next(self, number: int, run: str) -> bool:
        """Tell whether the first mark behind a line is a bare one that closes this run."""
        place = self._next(number)
        if place == len(self._marks):
            return False
        mark = self._marks[place]
        return not mark.is_tagged and mark.run.startswith(run)

    def needs_opening(self, number: int) -> bool:
        """Tell whether the blocks behind a line pair up only if one is open after it."""
        if_open, if_closed = self._ends_closed[self._next(number)]
        return if_open and not if_closed

    def nested_end(self, number: int) -> int | None:
        """
        Give the line that closes the block of a tagged line, tagged blocks within it counted.

        None where there is no such line, or none within.
        """
        place = self._next(number - 1)
        if place == len(self._marks) or self._numbers[place] != number:
            return None
        partner = self._partners.get(place)
        if partner is None or partner == place + 1:
            return None
        return self._numbers[partner]


def mark_of(line: str) -> Mark | None:
    """Give the mark that a line begins with; backticks behind the first run make it text."""
    if "```" not in line and "~~~" not in line:
        return None
    found = _MARK.fullmatch(line)
    if found is None or (found[1][0] == "`" and "`" in found[2]):
        return None
    return Mark(found[1], bool(found[2].strip()))


def tail_of(line: str) -> tuple[str, str] | None:
    """Give (run, info) of an opening behind text on its line."""
    if "```" not in line and "~~~" not in line:
        return None
    found = _TAIL.fullmatch(line)
    if found is None or "```" in found[1] or "~~~" in found[1]:
        return None
    return found[2], found[3]


def _ends(marks: Sequence[Mark]) -> list[tuple[bool, bool]]:
    """Give for each place whether all is closed at the end: if open there, and if closed."""
    ends = [(False, True)]
    for mark in reversed(marks):
        if_open, if_closed = ends[-1]
        ends.append((if_open if mark.is_tagged else if_closed, if_open))
    return ends[::-1]


def _partners(marks: Sequence[Mark]) -> dict[int, int]:
    """Give the place of the mark that closes each tagged one, as brackets are paired."""
    partners: dict[int, int] = {}
    waiting: list[int] = []
    for place, mark in enumerate(marks):
        if mark.run != "```":
            continue
        if mark.is_tagged:
            waiting.append(place)
        elif waiting:
            partners[waiting.pop()] = place
    return partners
