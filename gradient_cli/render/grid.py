"""
Tables: a grid where the terminal is wide enough, else each row as a block of `name: value`.

No cell is ever cut. Wide enough means that each column has room for its longest word: the
words of a cell are wrapped, but none is broken, as a broken one cannot be copied or read.

    room      widths of the columns
    plenty    their longest lines
    less      the widest columns give way first, none below its longest word
    none      blocks
"""

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import TableDataElement, TableElement
from rich.table import Table
from rich.text import Text

Row = Sequence[Text]


class Grid(TableElement):
    """A table of Markdown."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the grid, or the blocks."""
        names = [cell.content.copy() for cell in self._names()]
        for name in names:
            name.stylize("markdown.table.header")
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body else []
        table = _table()
        for name in names:
            table.add_column(name, width=1)
        frame = console.measure(table, options=options.update(width=10_000)).maximum - len(names)
        widths = fitted([names, *rows], options.max_width - frame)
        if widths is None:
            yield from _blocks(names, rows)
            return
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for row in rows:
            table.add_row(*row)
        yield table

    def _names(self) -> Sequence[TableDataElement]:
        row = self.header.row if self.header else None
        return row.cells if row else ()


def _table() -> Table:
    return Table(
        box=box.SIMPLE,
        pad_edge=False,
        style="markdown.table.border",
        show_edge=True,
        collapse_padding=True,
    )


def fitted(rows: Sequence[Row], room: int) -> list[int] | None:
    """Give the columns' widths within so much room; None where a word would be broken."""
    columns = list(zip(*rows, strict=True))
    least = [max(_longest(cell.plain.split()) for cell in column) for column in columns]
    most = [max(_longest(cell.plain.split("\n")) for cell in column) for column in columns]
    if sum(least) > room:
        return None
    widths = most
    if sum(most) > room:
        # The greatest width that no column passes unless it must.
        low, high = 0, max(most)
        while low < high:
            limit = (low + high + 1) // 2
            if sum(_limited(least, most, limit)) <= room:
                low = limit
            else:
                high = limit - 1
        widths = _limited(least, most, low)
    return [max(1, width) for width in widths]


def _limited(least: Sequence[int], most: Sequence[int], limit: int) -> list[int]:
    return [max(a, min(b, limit)) for a, b in zip(least, most, strict=True)]


def _longest(words: Sequence[str]) -> int:
    return max(map(cell_len, words), default=0)


def _blocks(names: Row, rows: Sequence[Row]) -> RenderResult:
    """Give each row as lines of `name: value`, an empty line between two rows."""
    for number, row in enumerate(rows or [[Text() for _ in names]]):
        if number:
            yield Text()
        for name, value in zip(names, row, strict=True):
            yield _named(name, value)


def _named(name: Text, value: Text) -> Text:
    colon = ":" if name.plain else ""
    gap = " " if colon and value.plain else ""
    text = Text.assemble(name, colon, gap, value, overflow="fold")
    text.justify = "left"
    return text
