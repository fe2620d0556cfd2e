"""
An answer in Markdown while it arrives: which lines are final, and which are still open.

    feed(text) ─► advance() ─► Step(final lines, open lines)

All top-level blocks but the last are final; they are given once and forgotten. Of the last,

    a fence     gives each line as soon as it is whole
    a list      gives each item as soon as the next one begins
    the rest    stays open until something follows

so that the work for a piece of text does not depend on how long the answer is. Of a block that
is open for long only the tail is laid out until it ends: tail.py.

What counts as "before the last" while a line is still arriving is a story of its own: bounds.py.
"""

import re
from dataclasses import field

from markdown_it.token import Token

from gradient_cli.render.above import STYLE
from gradient_cli.render.addresses import Addresses
from gradient_cli.render.bounds import Block, first_line, is_apart, top_level
from gradient_cli.render.fence import OpenFence
from gradient_cli.render.literal import literal_paragraph
from gradient_cli.render.live import Growth
from gradient_cli.render.page import Printer, parser
from gradient_cli.render.tail import Tail
from gradient_cli.values import mutable_record

LISTS = {"bullet_list_open", "ordered_list_open"}
TEXTS = LISTS | {"paragraph_open", "blockquote_open"}
_MARK = re.compile(rf"^((?:{STYLE.pattern}| )*)(•|\d+)")
"""A bullet or a number at the beginning of a row."""


@mutable_record
class Step:
    """What one advance gives."""

    final: list[str] = field(default_factory=list)
    """Lines that will never change, since the last advance."""
    open: list[str] = field(default_factory=list)
    """Lines of what is still open."""
    growth: Growth = Growth.SCROLLS
    """What to do with open lines for which there is no room."""


@mutable_record
class _OpenList:
    """A list of which some items were given already."""

    kind: str
    markup: str
    next_number: int


class Blocks:
    """Takes text in pieces; gives lines."""

    def __init__(self, printer: Printer, rows: int) -> None:
        self._printer = printer
        self._rows = rows
        self._parser = parser()
        self._addresses = Addresses(self._parser)
        self._source = ""
        self._tail = Tail()
        self._after_block = False
        self._fence: OpenFence | None = None
        self._list: _OpenList | None = None

    def resize(self, printer: Printer, rows: int) -> None:
        """Go on at another size; what is final stays as it was."""
        self._printer, self._rows = printer, rows
        self._source = self._tail.whole(self._source)
        if self._fence:
            self._fence.printer = printer

    def feed(self, text: str) -> None:
        """Take in a piece."""
        self._source += text

    def mark(self) -> list[str]:
        """Give the source of what is not final, in pieces."""
        blank = self._fence.blank if self._fence else []
        return [*self._tail.aside, *(f"{line}\n" for line in blank), self._source]

    def advance(self, *, is_last: bool = False) -> Step:
        """Give what became final, and what is open; with `is_last` nothing stays open."""
        step = Step()
        if is_last:
            self._source = self._tail.whole(self._source)
        while self._settle(step, is_last=is_last):
            pass
        return step

    def _settle(self, step: Step, *, is_last: bool) -> bool:
        """Move what is final out of the source, lay out the rest; True if there may be more."""
        if self._fence:
            return self._settle_fence(step, self._fence, is_last=is_last)
        if self._tail.is_unchanged(self._source) and not is_last:
            step.open, step.growth = self._tail.shown, Growth.TAIL
            return False
        blocks = top_level(self._parse(self._tail.heading + self._source))
        if self._tail.kind:
            return self._follow_tail(step, blocks)
        if self._settle_definitions(step, blocks):
            return True
        if is_last:
            self._end(step, blocks)
        if is_last or not blocks:
            return False
        lines = self._source.split("\n")
        open_blocks = 1 if len(blocks) == 1 or is_apart(lines, blocks[-1], blocks[-2]) else 2
        for block in blocks[:-open_blocks]:
            self._give(step, block)
        if len(blocks) > open_blocks:
            self._show_late(step, self._cut(first_line(blocks[-open_blocks])))
            return True
        if open_blocks == 1 and self._begin(step, blocks[0], lines):
            return True
        step.open, step.growth = self._open_lines(blocks), _growth(blocks)
        if open_blocks == 1:
            self._shorten(blocks[0], step.open)
        return False

    # A block that gives lines before it ends ------------------------------------------------

    def _begin(self, step: Step, block: Block, lines: list[str]) -> bool:
        """Give what of an only block is final already."""
        opening = first_line(block)
        if block[0].type == "fence" and len(lines) > opening + 1:
            self._fence = OpenFence(lines[opening], self._printer)
            self._list = None
            if self._after_block:
                step.final.append("")
            self._cut(opening + 1)
            return True
        if block[0].type not in LISTS:
            return False
        items = [n for n, t in enumerate(block) if t.level == 1 and t.type == "list_item_open"]
        if len(items) > 1 and not is_apart(lines, block[items[-1] :], block):
            items.pop()
        if len(items) < 2:
            return False
        self._give(step, [*block[: items[-1]], block[-1]], is_whole=False)
        self._cut(first_line(block[items[-1] :]))
        return True

    def _settle_fence(self, step: Step, fence: OpenFence, *, is_last: bool) -> bool:
        *whole, rest = self._source.split("\n")
        if is_last and rest:
            whole, rest = [*whole, rest], ""
        for number, line in enumerate(whole):
            if fence.is_end(line):
                self._end_fence(step, fence)
                self._source = "\n".join([*whole[number + 1 :], rest])
                return True
            step.final += fence.rows(line)
        self._source = rest
        if is_last:
            self._end_fence(step, fence)
            return False
        step.open, step.growth = fence.open_rows(rest), Growth.WHOLE
        return False

    def _end_fence(self, step: Step, fence: OpenFence) -> None:
        step.final += [] if fence.has_begun else self._empty_fence()
        self._fence = None
        self._after_block = True

    def _empty_fence(self) -> list[str]:
        return self._printer.blocks(self._parse("```\n```"), after_block=False)

    # A block that is long -------------------------------------------------------------------

    def _follow_tail(self, step: Step, blocks: list[Block]) -> bool:
        """Lay out the tail of a long block; if it is no longer one block, take it whole."""
        if [block[0].type for block in blocks] != [self._tail.kind] or _items(blocks[0]) > 1:
            self._source = self._tail.whole(self._source)
            return True
        rows = self._rows_below(blocks[0])
        step.open = self._tail.shown = [*self._tail.kept, *rows]
        step.growth = Growth.TAIL if self._tail.kind == "table_open" else _growth(blocks)
        self._shorten(blocks[0], rows)
        return False

    def _shorten(self, block: Block, rows: list[str]) -> None:
        """Put aside the beginning of a long block."""
        kind = block[0].type
        if kind == "table_open" and first_line(block) == 0:
            self._source = self._tail.shorten_table(self._source, self._rows)
        elif kind in TEXTS:
            self._source = self._tail.shorten_text(kind, self._source, rows, self._alone)

    def _alone(self, source: str) -> list[str]:
        return self._rows_below(self._parse(source))

    def _rows_below(self, tokens: list[Token]) -> list[str]:
        """Lay out the rest of a block: no empty row above it, no bullet before it."""
        rows = self._printer.blocks(tokens, after_block=False)
        kind = tokens[0].type if tokens else ""
        if kind in LISTS:
            return [_MARK.sub(lambda mark: mark[1] + " " * len(mark[2]), rows[0]), *rows[1:]]
        return rows

    # Lines ----------------------------------------------------------------------------------

    def _give(self, step: Step, block: Block, *, is_whole: bool = True) -> None:
        """Lay a block out into the final lines."""
        step.final += self._lines_of(block, after_block=self._after_block)
        self._addresses.note(block)
        self._after_block = True
        self._list = None if is_whole else self._list_after(block)

    def _open_lines(self, blocks: list[Block]) -> list[str]:
        lines = self._lines_of(blocks[0], after_block=self._after_block)
        for block in blocks[1:]:
            lines += self._printer.blocks(block, after_block=True)
        return lines

    def _lines_of(self, block: Block, *, after_block: bool) -> list[str]:
        """Lay out a block; the rest of a list goes on where its first items ended."""
        first, known = block[0], self._list
        if known is None or (first.type, first.markup) != (known.kind, known.markup):
            return self._printer.blocks(block, after_block=after_block)
        if first.type == "ordered_list_open":
            first.attrs["start"] = known.next_number
        return self._printer.blocks(block, after_block=False)

    def _list_after(self, block: Block) -> _OpenList:
        first = block[0]
        start = int(first.attrs.get("start", 1))
        return _OpenList(first.type, first.markup, start + _items(block))

    # Source ---------------------------------------------------------------------------------

    def _settle_definitions(self, step: Step, blocks: list[Block]) -> bool:
        """Forget definitions above the first block; only below a blank line it is no title."""
        first = first_line(blocks[0]) if blocks else 0
        if not first or "]:" not in self._source or self._source.split("\n")[first - 1].strip():
            return False
        self._show_late(step, self._cut(first))
        return True

    def _end(self, step: Step, blocks: list[Block]) -> None:
        for block in blocks:
            self._give(step, block)
        self._show_late(step, self._cut(self._source.count("\n") + 1))

    def _show_late(self, step: Step, late: list[str]) -> None:
        if late:
            self._give(step, literal_paragraph("\n".join(late)))

    def _cut(self, line: int) -> list[str]:
        """Forget the source before a line, but for links; give those that are named above it."""
        lines = self._source.split("\n")
        self._source = "\n".join(lines[line:])
        return self._addresses.learn("\n".join(lines[:line]))

    def _parse(self, source: str) -> list[Token]:
        return self._parser.parse(source, self._addresses.known())


def _items(block: Block) -> int:
    """Give how many items a list has, 0 for another block."""
    return sum(1 for token in block if token.level == 1 and token.type == "list_item_open")


def _growth(blocks: list[Block]) -> Growth:
    """Tell whether rows may go up for good: each new one of a table may change all of them."""
    has_table = any(token.type == "table_open" for block in blocks for token in block)
    return Growth.WAITS if has_table else Growth.SCROLLS
