"""
The live region: the last lines on a terminal, which are drawn anew until they are final.

Lines above it are never touched again. It is at most a screen less one row high; of a taller
block the upper rows scroll away and count as printed (above.py), but of a table only the tail
is shown until it ends. Only what differs is written: mostly the few characters by which the
last line grew.

A line of code may be wider than the screen: the terminal wraps it, and it takes several rows
(screen_rows.py). Where nobody can be sure how many, or not all are on the screen any more, it
stays as it is, and what is still missing of it follows.
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import takewhile

from rich.cells import cell_len

from gradient_cli.render.above import STYLE, Above
from gradient_cli.render.screen_rows import count_rows, first_that_fits, is_certain, plain, width

Write = Callable[[str], None]

BEGIN_UPDATE, END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output: terminals that know it show a redraw at once, others ignore it."""
RESET = "\x1b[0m"
NEWLINE = "\r\n"
TAIL_SHARE, TAIL_ROWS = 3, 8
"""A tail is a third of the screen and so many rows at most: so low may the window become."""


class Growth(Enum):
    """What happens to open lines for which the screen has no room."""

    SCROLLS = "they go up for good"
    """Text: its rows stay as they are, but for odd cases."""
    WAITS = "only their tail is shown until they are final"
    """A table: each new row may change all of them."""
    TAIL = "they are a tail already"
    WHOLE = "they go up, but the last one is shown anew if something comes between"
    """A line of code: in one piece, or it could not be copied."""


class LiveRegion:
    """Draws final lines and open lines; the cursor rests at the end of the last open line."""

    def __init__(self, write: Write, columns: int) -> None:
        self._write = write
        self._columns = columns
        self._shown: list[str] = []
        self._above = Above()
        self._is_tail = False
        """Not all that is open and not above is shown: rows that change are left out."""
        self._rows = 0
        self._growth = Growth.SCROLLS
        """Of what is shown."""

    def draw(
        self,
        final: Sequence[str],
        open_lines: Sequence[str],
        rows: int,
        growth: Growth = Growth.SCROLLS,
    ) -> None:
        """Replace what is open by final lines and what is open now; `rows` is the screen's."""
        if growth is Growth.TAIL:
            final, open_lines = self._above.without(final, [])[0], list(open_lines)
        else:
            final, open_lines = self._above.without(final, open_lines)
        self._growth, self._rows = growth, rows
        first = first_that_fits(open_lines, self._columns, rows - 1)
        self._is_tail = growth is Growth.TAIL or (growth is Growth.WAITS and first > 0)
        if self._is_tail:
            room = min(rows // TAIL_SHARE, TAIL_ROWS)
            open_lines = open_lines[first_that_fits(open_lines, self._columns, room) :]
        elif first:
            self._above.add(open_lines[:first])
            final, open_lines = [*final, *open_lines[:first]], open_lines[first:]
        self._show(final, open_lines, rows)

    def _show(self, final: list[str], open_lines: list[str], rows: int) -> None:
        wanted = [*final, *open_lines]
        shown = self._shown
        same = _common(shown, wanted)
        if same == len(shown) == len(wanted) and not final:
            return
        is_shorter = same == len(wanted) < len(shown)
        if is_shorter and open_lines:
            # The cursor belongs at the end of the last line: that line is written again.
            same -= 1
        if stuck := self._count_stuck(same, wanted, rows):
            grown = _rest([plain(line) for line in shown[same:]], [plain(x) for x in wanted[same:]])
            if grown is None or same < len(shown) - 1:
                self._let_go(stuck)
                self._show(*self._above.without(final, open_lines), rows)
                return
            # Only its colours are new, and what it grew by.
            wanted[same] = shown[same] + grown
        text = self._difference(shown, wanted, same)
        # What is final ends with its newline, and what is open does not; below the lines that
        # went away the cursor is on a new line already.
        if final and not open_lines and not is_shorter:
            text += NEWLINE
        self._shown = wanted[len(final) :]
        if text:
            self._write(text)

    def _count_stuck(self, same: int, wanted: list[str], rows: int) -> int:
        """Give how many of the lines shown cannot be drawn anew: the last of them, and above."""
        shown = self._shown
        if same >= len(shown) - 1 and _rest(shown[same:], wanted[same:]) is not None:
            return 0
        on_screen = len(shown) - first_that_fits(shown, self._columns, rows)
        for number in range(len(shown), same, -1):
            is_away = len(shown) - number >= on_screen
            taken = count_rows(shown[number - 1], self._columns)
            if is_away or taken > rows or not is_certain(shown[number - 1], self._columns):
                return number
        return 0

    def _let_go(self, count: int) -> None:
        """Leave the first of the lines shown as they are."""
        if not self._is_tail:
            self._above.add(self._shown[:count])
        if count == len(self._shown):
            self._write(NEWLINE)
        self._shown = self._shown[count:]

    def _difference(self, shown: list[str], wanted: list[str], same: int) -> str:
        rest = wanted[same:]
        if same == len(shown):
            lead = NEWLINE if shown and rest else ""
            return lead + NEWLINE.join(rest)
        if same == len(shown) - 1 and (grown := _rest(shown[same:], rest)) is not None:
            return NEWLINE.join([grown, *rest[1:]])
        taken = sum(count_rows(line, self._columns) for line in shown[same:])
        return f"{BEGIN_UPDATE}{_erased(taken)}{NEWLINE.join(rest)}{END_UPDATE}"

    def resize(self, columns: int, rows: int) -> None:
        """
        Find what is left to draw upon after the window took another size.

        A lower window: every terminal keeps the row of the cursor and moves the top rows to
        its scrollback. A narrower one: some wrap a long line anew, some cut it off, and none
        says which. So rows that were moved, and all down to the last one that is too long,
        stay as they are; the shorter ones below have their places.
        """
        shown, narrow = self._shown, min(columns, self._columns)
        kept = len(shown) - first_that_fits(shown, self._columns, rows)
        if columns != self._columns:
            short = takewhile(lambda line: width(line) <= narrow, reversed(shown))
            kept = min(sum(1 for _ in short), rows)
        self._columns = columns
        if kept == len(shown):
            return
        self._shown = shown[len(shown) - kept :]
        gone = shown[: len(shown) - kept]
        if not kept:
            gone[-1] = self._end_row(gone[-1], columns)
        # What was moved of a tail is printed again: the rows before it have to come first.
        if not self._is_tail:
            self._above.add(gone)

    def _end_row(self, row: str, columns: int) -> str:
        """Go to a new line from a row that is too long; give it without the word it broke off."""
        text = plain(row)
        word = re.findall(r"\S*\Z", text)[0]
        is_below = 0 < cell_len(word) < cell_len(text) % columns
        # Where the row was cut off instead, this erases the end of what was cut anyway.
        self._write((f"\x1b[{cell_len(word)}D\x1b[K" if is_below else "") + NEWLINE)
        return text[: len(text) - len(word)] if is_below else text

    def pause(self) -> None:
        """
        Leave the cursor on a line of its own: others will write below, and we go on below that.

        Text stays; the word that it ends with may have more letters to come, and goes with them.
        What would have to be printed anew, a table and a line of code, is taken away till then.
        """
        if not self._shown:
            return
        shown, self._shown = self._shown, []
        first = {Growth.SCROLLS: len(shown), Growth.WHOLE: len(shown) - 1}.get(self._growth, 0)
        if first == len(shown):
            begun = _without_last_word(shown[-1])
            # Written again: what was typed, ^Z, stands in it.
            self._write(f"\r\x1b[K{begun}{RESET}{NEWLINE}" if plain(begun) else "\r\x1b[K")
            self._above.add([*shown[:-1], *([begun] if plain(begun) else [])])
            return
        self._above.add(shown[:first])
        taken = sum(count_rows(line, self._columns) for line in shown[first:])
        self._write(BEGIN_UPDATE + _erased(taken) + END_UPDATE)

    def forget(self) -> None:
        """Go on below what others have written since; what was shown stays where it is."""
        shown, self._shown = self._shown, []
        if shown and self._growth is Growth.SCROLLS:
            # The word that was broken off comes again, whole.
            self._above.add([*shown[:-1], _without_last_word(shown[-1])])
        elif self._growth is Growth.WHOLE:
            self._above.add(shown[:-1])

    def withdraw(self, source: str) -> int:
        """Take away what is open; give how much of its source stands above and stays."""
        shown, self._shown = self._shown, []
        rows = sum(count_rows(line, self._columns) for line in shown)
        if rows and rows < self._rows and all(is_certain(line, self._columns) for line in shown):
            self._write(RESET + BEGIN_UPDATE + _erased(rows) + END_UPDATE)
        elif shown:
            self._write(RESET + NEWLINE)
            self._above.add([] if self._is_tail else shown)
        return self._above.place_in(source)

    def leave(self) -> None:
        """Leave what is shown as it is: a whole line, no colour, no update left open."""
        self._write(END_UPDATE + RESET + (NEWLINE if self._shown else ""))
        self._shown = []


def _erased(rows: int) -> str:
    """
    Give what erases so many rows, the cursor's and those above, and leaves it on the first.

    Row by row: tmux keeps in its scrollback what "erase below" clears from the top of a screen.
    """
    return "\x1b[A".join(["\r\x1b[K"] * rows)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Give how many lines are the same from the top on."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _without_last_word(row: str) -> str:
    """Give a row without the word at its end, of which more letters may come."""
    words = list(re.finditer(rf"(?:{STYLE.pattern}|\S)+", row))
    return row[: words[-1].start()] if words and words[-1].end() == len(row) else row


def _rest(shown: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Give what is to be written behind the line shown to make it the one wanted; None: nothing."""
    if not shown or not wanted or not wanted[0].startswith(shown[0]):
        return None
    return wanted[0][len(shown[0]) :]
