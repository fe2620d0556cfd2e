"""
Fenced code blocks, by CommonMark's rules for them.

    up to three spaces, three or more ` or ~, an info string   opens
    up to three spaces, as many or more of the same            closes
    the end of the text closes, too
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})([^\n]*)")


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced code block."""

    info: str
    """Such as `sql`; may be empty."""
    code: str
    """What is in it; ends with a newline unless it is empty."""
    is_closed: bool
    is_alone: bool
    """Nothing but blank space stands outside of it."""


def fences(text: str) -> Iterator[Fence]:
    """Give the fenced code blocks of a Markdown text."""
    lines = text.replace("\r\n", "\n").split("\n")
    position = 0
    while position < len(lines):
        opening = _OPENING.fullmatch(lines[position])
        # An info string after backticks holds none itself: `` ```a``` `` is inline code.
        if opening is None or (opening[2][0] == "`" and "`" in opening[3]):
            position += 1
            continue
        end = _closing(lines, position + 1, opening[2])
        outside = lines[:position] + lines[end + 1 :]
        yield Fence(
            opening[3].strip(),
            "".join(
                f"{_unindented(line, len(opening[1]))}\n" for line in lines[position + 1 : end]
            ),
            is_closed=end < len(lines),
            is_alone=not any(line.strip() for line in outside),
        )
        position = end + 1


def _closing(lines: list[str], start: int, opening: str) -> int:
    """Give the number of the line that closes a fence; the number of lines if none does."""
    mark = re.escape(opening[0])
    closing = re.compile(rf" {{0,3}}{mark}{{{len(opening)},}}[ \t]*")
    for number in range(start, len(lines)):
        if closing.fullmatch(lines[number]):
            return number
    # The text's last newline is no empty line of code.
    return len(lines)


def _unindented(line: str, columns: int) -> str:
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(spaces, columns) :]


def first_block(text: str) -> str | None:
    """Give the code of the first fenced block, or None."""
    found = next(fences(text), None)
    if found is None:
        return None
    return found.code if found.is_closed else found.code.removesuffix("\n")


def unwrap(text: str) -> str:
    """Give what is in the fence, if the whole text is one; else the text."""
    found = next(fences(text), None)
    return found.code if found and found.is_alone and found.is_closed else text
