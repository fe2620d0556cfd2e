"""
Where blocks begin, and which beginnings are sure while the last line is still arriving.

A line that is not whole may still turn out to be something else: "2" becomes "2. item", and
"-" becomes "-b", which goes on with the item above. What stands before such a line is final
only if no end of the line could join the two (`is_apart`).
"""

import re

from markdown_it.token import Token

GOES_ON = {
    "paragraph_open",
    "blockquote_open",
    "table_open",
    "bullet_list_open",
    "ordered_list_open",
}
"""Blocks that a next line may continue, whatever it begins with."""

_MAYBE_ITEM = re.compile(r" {0,3}(?:\d{1,9}[.)]?|[-+*]+)[ \t]*")
_SURE_BEGIN = re.compile(r" {0,3}(?:>|(?:[-+*]|\d{1,9}[.)]|#{1,6})[ \t]+\S)")
_MAYBE_DELIMITERS = re.compile(r" {0,3}[|:-][-|: \t]*")

Block = list[Token]
"""The tokens of one top-level block."""


def top_level(tokens: list[Token]) -> list[Block]:
    """Split tokens into their top-level blocks."""
    found: list[Block] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            found.append([])
        found[-1].append(token)
    return found


def first_line(block: Block) -> int:
    """Give the line of the source in which a block begins."""
    place = block[0].map
    assert place, "a block without a place"
    return place[0]


def is_apart(lines: list[str], block: Block, above: Block) -> bool:
    """Tell whether a block stays apart from what is above, however its last line goes on."""
    unfinished, line = lines[-1], first_line(block)
    if line < len(lines) - 1:
        # The second line of a table must be whole, or its first may belong to the text above.
        return block[0].type != "table_open" or line < len(lines) - 2 or not unfinished
    if block[0].type == "hr":
        # With one more letter "* * *" is an item of a list.
        return False
    if not lines[line - 1].strip():
        return _MAYBE_ITEM.fullmatch(unfinished) is None
    if "|" in lines[line - 1] and _MAYBE_DELIMITERS.fullmatch(unfinished):
        # "# a | b" is the first row of a table, if this becomes its second.
        return False
    return above[0].type not in GOES_ON or _SURE_BEGIN.match(unfinished) is not None
