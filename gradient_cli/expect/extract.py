"""
Fenced code blocks, by CommonMark's rules for them.

    up to three spaces, three or more ` or ~, an info string   opens
    up to three spaces, as many or more of the same            closes
    the end of the text, of the list item or of the quote      closes, too

A block may stand in list items and quotes, as models like to put them:

    1. Stop the service:          line  ─► what its open containers take away ─► the rest
       ```sh                                                                      │
       systemctl stop api         code, a fence, a new container, or text  ◄──────┘
       ```

Blocks of HTML are not known: a fence within a comment counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradient_cli.values import record

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)", re.DOTALL)
_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"( {0,3})([-+*]|(\d{1,9})[.)])( +|$)", re.ASCII)
_RULE = re.compile(r" {0,3}([-_*])[ \t]*(?:\1[ \t]*){2,}", re.ASCII)
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_CODE_INDENT = 4
_DEEPEST = 100
"""Containers within containers; more are nobody's text, and would take long."""


@record
class Fence:
    """One fenced code block."""

    info: str
    """Such as `sql`; may be empty."""
    code: str
    """What is in it; ends with a newline, unless it is empty or the text ends before."""
    is_closed: bool
    """It has a closing line."""
    is_alone: bool
    """Nothing but blank space stands outside of it."""


@dataclass(slots=True)
class _Open:
    """A block that has begun."""

    indent: int
    mark: str
    info: str
    lines: list[str] = field(default_factory=list)

    def is_closed_by(self, line: str) -> bool:
        bare = line.strip(" \t")
        is_mark = len(bare) >= len(self.mark) and not bare.strip(self.mark[0])
        return is_mark and _indent(line.expandtabs(4)) < _CODE_INDENT

    def add(self, line: str) -> None:
        line = _with_spaces(line, self.indent)
        self.lines.append(line[min(_indent(line), self.indent) :])


class _Scanner:
    """Goes through the lines; `containers` holds what is open: quotes (0), items (their indent)."""

    def __init__(self) -> None:
        self.containers: list[int] = []
        self.fence: _Open | None = None
        self.is_paragraph = False
        self.is_empty_item = False
        """The last line was nothing but the mark of a list item."""
        self.has_text = False
        """Something stands outside of the blocks."""

    def feed(self, line: str) -> tuple[_Open, bool] | None:
        """Take a line; gives a block that ended, and whether a line of its own closed it."""
        was_empty, self.is_empty_item = self.is_empty_item, False
        if was_empty and not line.strip(" \t>"):
            self.containers.pop()  # An item begins with one blank line at most.
        depth, rest = self._inside(line)
        if depth < len(self.containers):
            if self.is_paragraph and not _begins_block(rest):
                return None  # A paragraph goes on, without the marks of its containers.
            ended, self.fence = self.fence, None
            del self.containers[depth:]
            self.is_paragraph = False
            self._outside(rest)
            return (ended, False) if ended else None
        if self.fence is None:
            self._outside(rest)
        elif self.fence.is_closed_by(rest):
            ended, self.fence = self.fence, None
            return ended, True
        else:
            self.fence.add(rest)
        return None

    def _inside(self, line: str) -> tuple[int, str]:
        """Take away what the open containers ask for; gives how many are still open."""
        for depth, indent in enumerate(self.containers):
            if indent:
                if _indent(line) < indent and line.strip():
                    return depth, line
                line = line[indent:]
            elif found := _QUOTE.match(line):
                line = line[found.end() :]
            else:
                return depth, line
        return len(self.containers), line

    def _outside(self, line: str) -> None:
        """Take a line outside of a block: it may open containers, or a block."""
        if self.is_paragraph and _UNDERLINE.fullmatch(line):
            self.is_paragraph = False
            return
        while len(self.containers) < _DEEPEST and (opened := self._container(line)):
            line = opened[0]
            self.is_paragraph = False
            self.has_text = True
        opening = _opening(line)
        if opening is not None:
            self.fence = _Open(len(opening[1]), opening[2], opening[3].strip())
            self.is_paragraph = False
            return
        is_code = not self.is_paragraph and _indent(line) >= _CODE_INDENT
        no_text = not line.strip() or _HEADING.match(line) or _RULE.fullmatch(line)
        self.is_paragraph = not (is_code or no_text)
        self.has_text = self.has_text or bool(line.strip())

    def _container(self, line: str) -> tuple[str] | None:
        """Open the container that a line begins; gives the rest of the line."""
        if found := _QUOTE.match(line):
            self.containers.append(0)
            self.is_empty_item = False
            return (line[found.end() :],)
        item = _item(line, interrupts=self.is_paragraph)
        if item is None:
            return None
        spaces = len(item[4])
        # Five spaces and more begin a block of indented code, one space behind the mark.
        width = spaces if 0 < spaces <= _CODE_INDENT and line[item.end() :] else 1
        indent = item.end(2) + width
        self.is_empty_item = not line[item.end() :].strip()
        self.containers.append(indent)
        return (line[indent:],)


def _opening(line: str) -> re.Match[str] | None:
    """Give the opening of a block: an info string after backticks holds none itself."""
    found = _OPENING.fullmatch(line)
    return None if found and found[2][0] == "`" and "`" in found[3] else found


def _item(line: str, *, interrupts: bool) -> re.Match[str] | None:
    """Give the mark of a list item; only an item with words, the first one, ends a paragraph."""
    if _RULE.fullmatch(line):
        return None
    found = _ITEM.match(line)
    if found and interrupts and (found[3] not in {None, "1"} or not line[found.end() :].strip()):
        return None
    return found


def _begins_block(line: str) -> bool:
    """Tell whether a line ends a paragraph that it does not belong to."""
    return bool(
        not line.strip()
        or _opening(line)
        or _QUOTE.match(line)
        or _item(line, interrupts=False)
        or _HEADING.match(line)
        or _RULE.fullmatch(line)
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _with_spaces(line: str, columns: int) -> str:
    """Give a line whose indentation, in these first columns, is of spaces: tabs are four wide."""
    if "\t" not in line[:columns]:
        return line
    shown = 0
    for number, char in enumerate(line):
        if shown >= columns or char not in " \t>":
            return line[:number].expandtabs(4) + line[number:]
        shown += 4 - shown % 4 if char == "\t" else 1
    return line.expandtabs(4)


def fences(text: str) -> Iterator[Fence]:
    """Give the fenced code blocks of a Markdown text."""
    lines = text.replace("\r\n", "\n").split("\n")
    scanner = _Scanner()
    for number, line in enumerate(lines):
        # Of a line of code only the containers' columns; of others nothing is kept.
        columns = sum(indent or 2 for indent in scanner.containers)
        is_code = scanner.fence is not None
        if ended := scanner.feed(_with_spaces(line, columns) if is_code else line.expandtabs(4)):
            block, is_closed = ended
            is_alone = not scanner.has_text and not any(
                rest.strip() for rest in lines[number + 1 :]
            )
            yield Fence(block.info, "".join(f"{row}\n" for row in block.lines), is_closed, is_alone)
            scanner.has_text = True
    if scanner.fence:
        rows = scanner.fence.lines
        yield Fence(scanner.fence.info, "\n".join(rows), False, not scanner.has_text)


def first_block(text: str) -> str | None:
    """Give the code of the first fenced block, or None."""
    found = next(fences(text), None)
    return found.code if found else None


def unwrap(text: str) -> str:
    """Give what is in the fence, if the whole text is one; else the text."""
    found = next(fences(text), None)
    return found.code if found and found.is_alone and found.is_closed else text
