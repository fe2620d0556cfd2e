"""
`gradient batch table`: ITEMS again, each row with its answer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from gradient_cli.ask.invocation import Invocation
from gradient_cli.batch.answer_table import (
    Answers,
    Cells,
    Cellular,
    JsonLines,
    Writer,
    flat,
    table,
    whole,
)
from gradient_cli.batch.item_options import TableOptions
from gradient_cli.batch.items.choice import Choice
from gradient_cli.batch.items.item import Item
from gradient_cli.batch.items.lines import Lines
from gradient_cli.batch.items.reading import Items
from gradient_cli.batch.items.table import Table
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.terminal.tables import Head, Text, read_head
from gradient_cli.wire.json import Json

PIECE = 1 << 16


def run(invocation: Invocation, options: TableOptions, outs: Sequence[str]) -> int:
    """
    Print the table.

    Raises:
        UsageError: a file cannot be read, or holds something else.

    """
    paths = [*(options.output or []), *outs]
    if not paths:
        raise UsageError("there are no results", hint="-o OUT.jsonl")
    forms = [name for name in ("csv", "tsv", "jsonl") if getattr(options, name)]
    if len(forms) > 1:
        raise UsageError(f"--{forms[0]} and --{forms[1]} exclude each other")
    choice = Choice(options.items, options.each_file, options.items_form)
    items = choice.open(invocation.terminal, invocation.terminal.note)
    answers = Answers(paths)
    counts = _Counts()
    try:
        head = _head(items)
        writer = _writer(forms[0] if forms else None, items, head)
        header = _header(items, head)
        shown = None if head is None else head.names
        pieces = table(items.read, answers, writer, _own(writer, head), counts.add, header, shown)
        _write(invocation, pieces)
    finally:
        answers.close()
        items.close()
    if not options.quiet and (words := counts.words(answers.stale)):
        invocation.terminal.note(words)
    return ExitStatus.OK


def _head(items: Items) -> Head | None:
    """
    Give the header, where all items stand in tables.

    Raises:
        UsageError: two tables have different ones.

    """
    found: Head | None = None
    for source in items.sources:
        if not isinstance(source.form, Table):
            return None
        with source.open() as stream:
            head = read_head(Text(stream, source.name), source.name, source.form.delimiter)
        if found is not None and found.names != head.names:
            raise UsageError(
                f"{source.name} has other columns than {items.sources[0].name}",
                hint="a table for each",
            )
        found = found or head
    return found


def _header(items: Items, head: Head | None) -> list[str] | None:
    """Give the names of all rows' own cells, None where only the rows themselves tell."""
    if head is not None:
        return _names(head)
    return ["id", "item"] if all(isinstance(one.form, Lines) for one in items.sources) else None


def _names(head: Head) -> list[str]:
    """Give the columns by names that are all different: a nameless one has its number."""
    return [name or f"column_{number}" for number, name in enumerate(head.names, 1)]


def _writer(form: str | None, items: Items, head: Head | None) -> Writer:
    """Give the form that the user named, or that of the items."""
    if form == "jsonl" or (form is None and head is None and _is_rows(items)):
        return JsonLines()
    if form == "tsv":
        return Cellular("\t")
    if head is None or (form == "csv" and head.delimiter == "\t"):
        return Cellular()
    return Cellular(head.delimiter, head.has_bom)


def _is_rows(items: Items) -> bool:
    return any(source.form.has_own_ids for source in items.sources)


def _own(writer: Writer, head: Head | None) -> Callable[[Item], Cells]:
    """Give what makes cells of an item."""
    if head is None:
        return whole if isinstance(writer, JsonLines) else flat
    names = _names(head)
    return lambda item: dict(zip(names, item.source, strict=True))


class _Counts:
    """How many rows have what."""

    def __init__(self) -> None:
        self.rows = self.failed = self.missing = 0

    def add(self, row: Mapping[str, Json] | None) -> None:
        """Count a row's line."""
        self.rows += 1
        self.missing += row is None
        self.failed += row is not None and row.get("ok") is not True

    def words(self, stale: int) -> str:
        """Say what is not as it should be; "" if all is."""
        parts = [f"{self.missing:,} have no answer yet"] if self.missing else []
        parts += [f"{self.failed:,} failed"] if self.failed else []
        found = f"{self.rows:,} rows: {', '.join(parts)}" if parts else ""
        if stale:
            found += f"{'; ' if found else ''}{stale:,} lines that were set aside are left out"
        return found


def _write(invocation: Invocation, pieces: Iterator[bytes]) -> None:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= PIECE:
            invocation.terminal.write_data(bytes(held))
            held.clear()
    invocation.terminal.write_data(bytes(held))
