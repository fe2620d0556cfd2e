"""
The live region: the last lines on a terminal, which are drawn anew until they are final.

Lines above it are never touched again. It is at most a screen less one row high, so that
nothing that may change ever scrolls away, and only what differs is written: mostly the few
characters by which the last line grew.
"""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.text import Text

Write = Callable[[str], None]

BEGIN_UPDATE, END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output: terminals that know it show a redraw at once, others ignore it."""
RESET = "\x1b[0m"
NEWLINE = "\r\n"


class LiveRegion:
    """Draws final lines and open lines; the cursor rests at the end of the last open line."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._shown: list[str] = []

    def draw(self, final: Sequence[str], open_lines: Sequence[str], rows: int) -> None:
        """Replace what is open by final lines and what is open now; `rows` is the screen's."""
        open_lines = list(open_lines)[-max(1, rows - 1) :]
        wanted = [*final, *open_lines]
        shown = self._shown
        same = _common(shown, wanted)
        if same == len(shown) == len(wanted) and not final:
            return
        is_shorter = same == len(wanted) < len(shown)
        if is_shorter and open_lines:
            # The cursor belongs at the end of the last line: that line is written again.
            same -= 1
        self._shown = open_lines
        text = self._difference(shown, wanted, same)
        # What is final ends with its newline, and what is open does not; below the lines that
        # went away the cursor is on a new line already.
        if final and not open_lines and not is_shorter:
            text += NEWLINE
        if text:
            self._write(text)

    def _difference(self, shown: list[str], wanted: list[str], same: int) -> str:
        rest = wanted[same:]
        if same == len(shown):
            lead = NEWLINE if shown and rest else ""
            return lead + NEWLINE.join(rest)
        is_last = same == len(shown) - 1
        if is_last and rest and rest[0].startswith(shown[same]):
            grown = rest[0][len(shown[same]) :]
            return NEWLINE.join([grown, *rest[1:]])
        drawn = _erased(len(shown) - same) + NEWLINE.join(rest)
        return f"{BEGIN_UPDATE}{drawn}{END_UPDATE}"

    def forget(self, columns: int) -> None:
        """Erase what is open after a resize, when the terminal has wrapped it anew."""
        if not self._shown:
            return
        rows = sum(max(1, -(-_width(line) // columns)) for line in self._shown)
        self._write(_erased(rows))
        self._shown = []

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


def _width(line: str) -> int:
    return cell_len(Text.from_ansi(line).plain)
