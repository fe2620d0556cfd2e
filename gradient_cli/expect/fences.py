"""
Fenced code blocks: by CommonMark's rules for them, and where models are careless with those.

    up to three spaces, three or more ` or ~, an info string   opens
    up to three spaces, as many or more of the same            closes
    the end of the text, of the list item or of the quote      ends it unclosed

A block may stand in list items and quotes, as models like to put them:

    1. Stop the service:          line  ─► what its open containers take away ─► the rest
       ```sh                                                                      │
       systemctl stop api         code, a fence, a new container, or text  ◄──────┘
       ```

Carelessness is read as it was meant, but only where a line closes the block thereby:

    Here you go: ```py                 an opening behind text
    1. Run:⏎   ```sh⏎make⏎```          less indentation than the list item has
    1. Run:⏎         ```sh             more than its item allows
    ```markdown … ```sh … ``` … ```    a document ends behind the tagged blocks within it

Blocks of HTML are not known: a fence within a comment counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from gradient_cli.expect.fence_marks import Marks, mark_of, tail_of
from gradient_cli.values import mutable_record, record

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)", re.DOTALL)
_FAR_OPENING = re.compile(r"( *)(`{3,}|~{3,})([^\s`~]+)[ \t]*")
_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"( {0,3})([-+*]|(\d{1,9})[.)])( +|$)", re.ASCII)
_RULE = re.compile(r" {0,3}([-_*])[ \t]*(?:\1[ \t]*){2,}", re.ASCII)
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_CODE_INDENT = 4
_DEEPEST = 100
"""Containers within containers; more are nobody's text, and would take long."""
_DOCUMENTS = {"markdown", "md", "mdx", "rmd", "qmd", "mdc"}
"""Languages whose documents hold fenced blocks themselves."""


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
    holds_opening: bool = False
    """A line within it would open a tagged block: one of the two may end elsewhere."""


@record
class _Container:
    """A quote or a list item that is open."""

    indent: int = 0
    """Columns that an item asks for; 0 for a quote."""
    kind: str = ""
    """The mark's last character."""


@mutable_record
class _Open:
    """A block that has begun."""

    indent: int
    mark: str
    info: str
    nested_end: int | None = None
    """The number of the line that alone closes it, if tagged blocks within it count."""
    holds_opening: bool = False
    is_ragged: bool = False
    """A line had less indentation than its list item: the code's own is what all share."""
    lines: list[str] = field(default_factory=list)
    wholes: list[str] = field(default_factory=list)
    """The same lines, with what belongs to the containers."""

    def is_closed_by(self, line: str, number: int) -> bool:
        if self.nested_end is not None and number != self.nested_end:
            return False
        bare = line.strip(" \t")
        is_mark = len(bare) >= len(self.mark) and not bare.strip(self.mark[0])
        limit = _CODE_INDENT + (self.indent if self.indent >= _CODE_INDENT else 0)
        return is_mark and _indent(line.expandtabs(4)) < limit

    def add(self, line: str, whole: str, ending: str) -> None:
        self.wholes.append(whole + ending)
        line = _with_spaces(line, self.indent)
        mark = mark_of(line)
        if mark and mark.is_tagged and mark.run.startswith(self.mark):
            self.holds_opening = True
        self.lines.append(line[min(_indent(line), self.indent) :] + ending)

    def fence(self, *, is_closed: bool, is_alone: bool) -> Fence:
        code = _dedented(self.wholes) if self.is_ragged else self.lines
        return Fence(self.info, "".join(code), is_closed, is_alone, self.holds_opening)


class _Scanner:
    """Goes through the lines; `marks` is None where CommonMark's rules alone count."""

    def __init__(self, marks: Marks | None) -> None:
        self._marks = marks
        self._number = -1
        self.containers: list[_Container] = []
        self.fence: _Open | None = None
        self.is_paragraph = False
        self.is_empty_item = False
        """The last line was nothing but the mark of a list item."""
        self.has_text = False
        """Something stands outside of the blocks."""

    def feed(self, line: str, ending: str) -> tuple[_Open, bool] | None:
        """Take a line; gives a block that ended, and whether a line of its own closed it."""
        self._number += 1
        was_empty, self.is_empty_item = self.is_empty_item, False
        if was_empty and not line.strip(" \t>"):
            self.containers.pop()  # An item begins with one blank line at most.
        depth, rest = self._inside(line)
        if depth < len(self.containers) and not self._goes_on(depth, rest):
            return self._leave(depth, rest)
        if self.fence is None:
            self._outside(rest)
        elif self.fence.is_closed_by(rest, self._number):
            ended, self.fence = self.fence, None
            return ended, True
        else:
            self.fence.is_ragged |= depth < len(self.containers)
            self.fence.add(rest, line, ending)
        return None

    def _leave(self, depth: int, rest: str) -> tuple[_Open, bool] | None:
        """Take a line that does not belong to the innermost container."""
        was_in_list = any(container.indent for container in self.containers)
        far = self._far_opening(rest) if was_in_list else None
        if self.is_paragraph and not far and not _begins_block(rest):
            return None  # A paragraph goes on, without the marks of its containers.
        ended, self.fence = self.fence, None
        del self.containers[depth:]
        self.is_paragraph = False
        if far:
            self.fence = far
        else:
            self._outside(rest)
        return (ended, False) if ended else None

    def _goes_on(self, depth: int, line: str) -> bool:
        """Tell whether a block of a list item goes on in a line with too little indentation."""
        item = self.containers[depth]
        if self.fence is None or self._marks is None or not (item.indent and line.strip()):
            return False
        if not all(container.indent for container in self.containers):
            return False  # Within a quote its marks say where the block ends.
        following = _ITEM.match(line)
        if following and following[2][-1] == item.kind:
            return False
        mark = mark_of(line)
        if mark is None:
            return self._marks.is_closed_next(self._number, self.fence.mark)
        return not mark.is_tagged and mark.run.startswith(self.fence.mark)

    def _inside(self, line: str) -> tuple[int, str]:
        """Take away what the open containers ask for; gives how many are still open."""
        for depth, container in enumerate(self.containers):
            if indent := container.indent:
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
        self.fence = self._opened(line)
        if self.fence is not None:
            self.is_paragraph = False
            return
        is_code = not self.is_paragraph and _indent(line) >= _CODE_INDENT
        no_text = not line.strip() or _HEADING.match(line) or _RULE.fullmatch(line)
        self.is_paragraph = not (is_code or no_text)
        self.has_text = self.has_text or bool(line.strip())
        if not is_code:
            self.fence = self._tail_opening(line)
            self.is_paragraph = self.is_paragraph and self.fence is None

    def _opened(self, line: str) -> _Open | None:
        """Give the block that a line begins."""
        opening = _opening(line)
        if opening is None:
            in_list = any(container.indent for container in self.containers)
            return self._far_opening(line) if in_list else None
        info = opening[3].strip()
        is_document = opening[2] == "```" and bool(info) and info.split()[0].lower() in _DOCUMENTS
        end = self._marks.nested_end(self._number) if self._marks and is_document else None
        return _Open(len(opening[1]), opening[2], info, end)

    def _far_opening(self, line: str) -> _Open | None:
        """Give the block of a tagged opening that CommonMark takes for indented code or text."""
        found = _FAR_OPENING.fullmatch(line)
        if not (self._marks and found and self._marks.is_closed_next(self._number, found[2])):
            return None
        return _Open(len(found[1]), found[2], found[3])

    def _tail_opening(self, line: str) -> _Open | None:
        """Give the block that is opened behind text on its line."""
        tail = tail_of(line) if self._marks else None
        if not (tail and self._marks and self._marks.is_closed_next(self._number, tail[0])):
            return None
        # Without an info string it may as well be talk of fences.
        is_meant = bool(tail[1]) or self._marks.needs_opening(self._number)
        return _Open(0, *tail) if is_meant else None

    def _container(self, line: str) -> tuple[str] | None:
        """Open the container that a line begins; gives the rest of the line."""
        if found := _QUOTE.match(line):
            self.containers.append(_Container())
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
        self.containers.append(_Container(indent, item[2][-1]))
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


def _dedented(lines: Sequence[str]) -> Iterator[str]:
    """Give lines without the indentation that all of them have."""
    shared = min((_indent(line) for line in lines if line.strip()), default=0)
    return (line[min(shared, _indent(line)) :] for line in lines)


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


def fences(text: str, *, is_strict: bool = False) -> Iterator[Fence]:
    """
    Give the fenced code blocks of a Markdown text, each line of code with its own line end.

    `is_strict`: only what CommonMark takes for one.
    """
    lines = text.split("\n")
    scanner = _Scanner(None if is_strict else Marks(lines))
    for number, whole in enumerate(lines):
        line = whole.removesuffix("\r")
        ending = whole[len(line) :] + ("\n" if number + 1 < len(lines) else "")
        # Of a line of code only the containers' columns; of others nothing is kept.
        columns = sum(container.indent or 2 for container in scanner.containers)
        is_code = scanner.fence is not None
        shown = _with_spaces(line, columns) if is_code else line.expandtabs(4)
        if ended := scanner.feed(shown, ending):
            block, is_closed = ended
            is_alone = not scanner.has_text and not any(
                rest.strip() for rest in lines[number + 1 :]
            )
            yield block.fence(is_closed=is_closed, is_alone=is_alone)
            scanner.has_text = True
    if scanner.fence:
        yield scanner.fence.fence(is_closed=False, is_alone=not scanner.has_text)
