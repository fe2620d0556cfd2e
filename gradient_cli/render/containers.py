"""
Lists and quotes: what stands in them, behind bullets, numbers and bars.

rich cuts off what is wider than the room it gives; here a row may be wider than the terminal,
which wraps it: a line of code in an item is whole. The room never shrinks below a few columns,
however deep something stands.
"""

from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import BlockQuote, HorizontalRule, ListElement, ListItem
from rich.segment import Segment
from rich.style import Style

LEAST_COLUMNS = 8


def uncut(
    console: Console,
    renderable: RenderableType,
    options: ConsoleOptions,
    style: Style | None = None,
) -> Iterable[list[Segment]]:
    """Give the rows of something, none filled up or cut off."""
    found = console.render(renderable, options)
    return Segment.split_lines(Segment.apply_style(found, style))


def _behind(first: Segment, others: Segment, rows: Iterable[list[Segment]]) -> Iterator[Segment]:
    lead = first
    for row in rows:
        yield lead
        yield from row
        yield Segment.line()
        lead = others


def _narrowed(options: ConsoleOptions, columns: int) -> ConsoleOptions:
    return options.update(width=max(LEAST_COLUMNS, options.max_width - columns))


class Items(ListElement):
    """A list whose number column has room for two digits, whatever is to come."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give each item with its bullet or number."""
        first = 1 if self.list_start is None else self.list_start
        for number, item in enumerate(self.items, first):
            if self.list_type == "bullet_list_open":
                yield from item.render_bullet(console, options)
            else:
                yield from item.render_number(console, options, number, number)


class Item(ListItem):
    """One item."""

    def render_bullet(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give it behind a bullet."""
        return self._render(console, options, " • ", "markdown.item.bullet")

    def render_number(
        self, console: Console, options: ConsoleOptions, number: int, last_number: int
    ) -> RenderResult:
        """Give it behind its number."""
        return self._render(console, options, f"{number:2} ", "markdown.item.number")

    def _render(
        self, console: Console, options: ConsoleOptions, mark: str, style_name: str
    ) -> RenderResult:
        style = console.get_style(style_name, default="none")
        rows = uncut(console, self.elements, _narrowed(options, len(mark)), self.style)
        return _behind(Segment(mark, style), Segment(" " * len(mark), style), rows)


class Line(HorizontalRule):
    """A rule, drawn like the lines of tables."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give it over the whole width."""
        yield Segment("─" * options.max_width, console.get_style("markdown.hr", default="none"))
        yield Segment.line()


class Quote(BlockQuote):
    """A block quote."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give it behind a bar; two columns of the room stay free, as rich has it."""
        bar = Segment("▌ ", self.style)
        return _behind(bar, bar, uncut(console, self.elements, _narrowed(options, 4), self.style))
