"""
The tail of a long open block: what of its source must be laid out to show its end.

A block may be open for thousands of words, and none of its lines is final until
it ends: a line of `=` makes it a heading, a long cell changes every column. Laying it all out
for each frame would cost the square of its length. So the beginning is put aside:

    paragraph   cut where a row begins; the rows before are kept as they are
    list item   the same for its last paragraph, below a mark that is not shown again
    quote       the same, below a mark
    table       its first two lines and its last rows are laid out, when a row is whole

When the block ends, `whole` gives everything back, to be laid out once more and printed.
"""

import re
from collections.abc import Callable

from gradient_cli.render.above import STYLE

MOST_ROWS = 14
"""A paragraph of more rows than this is cut."""
LIVE_ROWS = 4
"""So many of its last rows are laid out again."""
TRIES = 4
TABLE_FRAME = 4
"""Lines above the first row of a table."""
TABLE_SLACK = 8
"""A table's columns may jump when rows are put aside: not at each row."""
QUOTE = "▌"
"""What rich puts before each row of a quote."""
_MARKER = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])[ \t]+(?=\S)")

Layout = Callable[[str], list[str]]
"""Markdown source to lines."""


class Tail:
    """What was put aside of the block that is open; empty for a block that is not long."""

    def __init__(self) -> None:
        self.kind = ""
        """The type of the block's first token; empty if nothing was put aside."""
        self.heading = ""
        """What stands before the rest of the source to lay it out."""
        self.kept: list[str] = []
        """Lines above those that are laid out."""
        self.shown: list[str] = []
        """What was shown of it last."""
        self.aside: list[str] = []
        """The source that was put aside."""
        self._next_try = MOST_ROWS
        self._seen_rows = 0

    def is_unchanged(self, rest: str) -> bool:
        """Tell whether the source has nothing new to show: a table has not before a whole row."""
        unfinished = rest[rest.rfind("\n") + 1 :].lstrip()
        if self.kind != "table_open" or not unfinished.startswith("|"):
            return False
        seen, self._seen_rows = self._seen_rows, rest.count("\n")
        return seen == self._seen_rows

    def whole(self, rest: str) -> str:
        """Give the whole source again and forget what was put aside."""
        source = "".join(self.aside) + rest
        self.__init__()  # type: ignore[misc]  # back to the beginning, field by field
        return source

    def shorten_text(self, kind: str, source: str, rows: list[str], layout: Layout) -> str:
        """Give what of the source of a paragraph, a quote or a list's item is still laid out."""
        if len(rows) < self._next_try:
            return source
        heading = self.heading or _heading(kind, source)
        for number in range(len(rows) - LIVE_ROWS, len(rows) - LIVE_ROWS - TRIES, -1):
            at = _begin_of(rows[number], source)
            # Laid out alone, the rest must look as it did: then no emphasis and no word was cut.
            if at and layout(heading + source[at:]) == rows[number:]:
                self._put_aside(kind, source[:at])
                self.heading = heading
                self.kept += rows[:number]
                self._next_try = MOST_ROWS
                return source[at:]
        self._next_try = len(rows) + LIVE_ROWS
        return source

    def shorten_table(self, source: str, most: int) -> str:
        """Give what of a table's source is still laid out: `most` lines, and a few rows more."""
        lines = source.split("\n")
        most = max(1, most - TABLE_FRAME)
        if len(lines) <= most + TABLE_SLACK:
            return source
        self.heading = self.heading or "\n".join([*lines[:2], ""])
        self._put_aside("table_open", "\n".join([*lines[:-most], ""]))
        return "\n".join(lines[-most:])

    def _put_aside(self, kind: str, source: str) -> None:
        self.kind = kind
        self.aside.append(source)


def _heading(kind: str, source: str) -> str:
    """Give the mark that makes a text the kind of block that the source begins."""
    if kind == "blockquote_open":
        return "> "
    marker = _MARKER.match(source)
    return marker[0] if marker else ""


def _begin_of(row: str, source: str) -> int | None:
    """Give where a row begins in the source, if that is certain and nothing is open there."""
    words = STYLE.sub("", row).replace(QUOTE, "").split()[:4]
    if not words or not words[0][0].isalpha():
        return None
    places = list(re.finditer(r"\s+".join(map(re.escape, words)), source))
    if len(places) != 1:
        return None
    before = source[: places[0].start()]
    if before.count("`") % 2 or before.count("[") != before.count("]"):
        return None
    return places[0].start()
