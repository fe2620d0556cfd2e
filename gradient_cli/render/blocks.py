"""
An answer in Markdown while it arrives: which lines are final, and which are still open.

    feed(text) ─► advance() ─► Step(final lines, open lines)

All top-level blocks but the last are final; they are given once and forgotten. Of the last,

    a fence     gives each line as soon as it is whole
    a list      gives each item as soon as the next one begins
    the rest    stays open until something follows

so that the work for a piece of text does not depend on how long the answer is. A paragraph or
a table that is larger than a screen is open for long: until it ends, only its tail is laid out.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from markdown_it.token import Token

from gradient_cli.render.code import OpenFence
from gradient_cli.render.page import Printer, parser

CONTAINERS = {"bullet_list_open", "ordered_list_open", "blockquote_open", "table_open"}
LISTS = {"bullet_list_open", "ordered_list_open"}


@dataclass(slots=True)
class Step:
    """What one advance gives."""

    final: list[str] = field(default_factory=list)
    """Lines that will never change, since the last advance."""
    open: list[str] = field(default_factory=list)
    """Lines of the block that is still open."""


@dataclass(slots=True)
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
        self._known: dict[str, Any] = {}
        """The link definitions of what is forgotten, as the parser keeps them."""
        self._source = ""
        self._settled = 0
        """Characters of the source in which block ends were looked for already."""
        self._after_block = False
        self._fence: OpenFence | None = None
        self._list: _OpenList | None = None
        self._open_kind = ""

    def resize(self, printer: Printer, rows: int) -> None:
        """Go on at another size; what is final stays as it was."""
        self._printer, self._rows = printer, rows
        if self._fence:
            self._fence._printer = printer

    def feed(self, text: str) -> None:
        """Take in a piece."""
        self._source += text

    def advance(self, *, is_last: bool = False) -> Step:
        """Give what became final, and what is open; with `is_last` nothing stays open."""
        step = Step()
        while self._settle(step, is_last=is_last):
            pass
        if not is_last:
            step.open = self._open_lines()
        return step

    # What is final --------------------------------------------------------------------------

    def _settle(self, step: Step, *, is_last: bool) -> bool:
        """Move what is final out of the source; True if there may be more."""
        if self._fence:
            return self._settle_fence(step, self._fence, is_last=is_last)
        if not self._source.strip("\n"):
            return False
        if not is_last and not self._may_have_ended():
            return False
        self._settled = len(self._source)
        tokens = self._parse(self._source)
        starts = [n for n, t in enumerate(tokens) if t.level == 0 and t.map and t.nesting >= 0]
        if is_last:
            self._give(step, tokens)
            self._source = ""
            return False
        if not starts:
            return False
        if len(starts) > 1:
            first_line = tokens[starts[-1]].map
            assert first_line
            for start, end in pairwise(starts):
                self._give(step, tokens[start:end])
            self._cut(first_line[0])
            return True
        return self._open_block(step, tokens[starts[0] :])

    def _may_have_ended(self) -> bool:
        """
        Tell cheaply whether the open block may have ended: only a whole new line can do that.

        For a paragraph and a table, which can be long, the new lines alone tell.
        """
        if not self._open_kind:
            return True
        end = self._source.rfind("\n") + 1
        if end <= self._settled:
            return False
        new = self._source[self._source.rfind("\n", 0, self._settled) + 1 :]
        if self._open_kind == "paragraph_open":
            probe = f"x\n{new}"
        elif self._open_kind == "table_open":
            head = self._source.split("\n", 2)[:2]
            probe = "\n".join([*head, new])
        else:
            return True
        tokens = self._parse(probe)
        kinds = [t.type for t in tokens if t.level == 0 and t.nesting >= 0]
        if kinds == [self._open_kind] and not new.endswith("\n\n"):
            self._settled = end
            return False
        return True

    def _open_block(self, step: Step, tokens: list[Token]) -> bool:
        """Look at the only block there is; give what of it is final already."""
        first = tokens[0]
        self._open_kind = first.type
        assert first.map
        lines = self._source.split("\n")
        if first.type == "fence" and len(lines) > first.map[0] + 1:
            self._fence = OpenFence(lines[first.map[0]], self._printer)
            if self._after_block:
                step.final.append("")
            self._cut(first.map[0] + 1)
            self._list = None
            return True
        if first.type in LISTS:
            items = [n for n, t in enumerate(tokens) if t.level == 1 and t.type == "list_item_open"]
            if len(items) > 1:
                last = tokens[items[-1]].map
                assert last
                self._give(step, [*tokens[: items[-1]], tokens[-1]], is_whole=False)
                self._cut(last[0])
                return True
        return False

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

    def _end_fence(self, step: Step, fence: OpenFence) -> None:
        step.final += fence.end_rows() if fence.has_begun else self._empty_fence()
        self._fence = None
        self._after_block = True
        self._open_kind, self._settled = "", 0

    def _empty_fence(self) -> list[str]:
        return self._printer.blocks(self._parse("```\n```"), after_block=False)

    def _give(self, step: Step, tokens: list[Token], *, is_whole: bool = True) -> None:
        """Render top-level blocks into the final lines."""
        for block in _top_level(tokens):
            step.final += self._block_lines(block)
            first = block[0]
            self._after_block = first.type != "hr"
            self._list = None if is_whole else self._list_after(block)

    def _block_lines(self, block: list[Token]) -> list[str]:
        """Give a block's lines; the rest of a list goes on where its first items ended."""
        first = block[0]
        is_rest = self._list is not None and (first.type, first.markup) == (
            self._list.kind,
            self._list.markup,
        )
        if is_rest and self._list and first.type == "ordered_list_open":
            first.attrs["start"] = self._list.next_number
        lines = self._printer.blocks(block, after_block=self._after_block)
        # rich puts a blank line above every container; the rest of a list is none.
        return lines[1:] if is_rest and lines[:1] == [""] else lines

    def _list_after(self, block: list[Token]) -> _OpenList:
        first = block[0]
        start = int(first.attrs.get("start", 1))
        items = sum(1 for t in block if t.level == 1 and t.type == "list_item_open")
        return _OpenList(first.type, first.markup, start + items)

    def _cut(self, line: int) -> None:
        """Forget the source before a line, but for the links that it defines."""
        lines = self._source.split("\n")
        gone = "\n".join(lines[:line])
        if "]:" in gone:
            self._parser.parse(gone, self._known)
        self._source = "\n".join(lines[line:])
        self._open_kind, self._settled = "", 0

    def _parse(self, source: str) -> list[Token]:
        # A copy: a definition that is still arriving would be known by half its address.
        return self._parser.parse(source, {"references": dict(self._known.get("references", {}))})

    # What is open ---------------------------------------------------------------------------

    def _open_lines(self) -> list[str]:
        if self._fence:
            return self._fence.open_rows(self._source)
        if not self._source.strip("\n"):
            return []
        tokens = self._parse(self._tail())
        blocks = list(_top_level(tokens))
        return self._block_lines(blocks[0]) if blocks else []

    def _tail(self) -> str:
        """Give as much of the open block as a screen can show of it."""
        source = self._source
        most = self._rows * self._printer.columns
        if len(source) <= 2 * most:
            return source
        if self._open_kind == "paragraph_open":
            # In steps of half a screen, so that lines do not break anew with each word.
            step = max(1, most // 2)
            start = (len(source) - most) // step * step
            return source[source.find(" ", start) + 1 :]
        if self._open_kind == "table_open":
            lines = source.split("\n")
            return "\n".join([*lines[:2], *lines[2:][-self._rows :]])
        return source


def _top_level(tokens: list[Token]) -> list[list[Token]]:
    """Split tokens into their top-level blocks."""
    found: list[list[Token]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            found.append([])
        found[-1].append(token)
    return found
