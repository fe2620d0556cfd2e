"""
How many rows of the screen a line takes: more than one where the terminal has to wrap it.
"""

import re
from collections.abc import Sequence

from rich.cells import cell_len

from gradient_cli.render.above import STYLE

_VAGUE = re.compile(
    "[\u0300-\u036f\u0590-\u08ff\u0900-\u0dff\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e01ef]"
)
"""Joined and combined characters, emoji: terminals differ in the columns that they give them."""


def plain(line: str) -> str:
    """Give a line without its colours."""
    return STYLE.sub("", line)


def width(line: str) -> int:
    """Give the columns of a line."""
    return cell_len(plain(line))


def count_rows(line: str, columns: int) -> int:
    """Give the rows that a line takes, at least one."""
    text = plain(line)
    if text.isascii():
        return max(1, -(-len(text) // columns))
    if cell_len(text) <= columns:
        return 1
    rows, used = 1, 0
    for character in text:
        cells = cell_len(character)
        if used + cells > columns:
            # A wide character goes to the next row whole.
            rows, used = rows + 1, 0
        used += cells
    return rows


def is_certain(line: str, columns: int) -> bool:
    """Tell whether every terminal would take as many rows for a line as we count."""
    return width(line) <= columns or _VAGUE.search(line) is None


def first_that_fits(lines: Sequence[str], columns: int, room: int) -> int:
    """Give the place of the first line from which on all fit into so many rows; the last does."""
    place, left = len(lines), max(1, room)
    while place:
        left -= count_rows(lines[place - 1], columns)
        if left < 0 and place < len(lines):
            break
        place -= 1
        if left <= 0:
            break
    return place
