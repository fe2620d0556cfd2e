"""
CSV and TSV as items: the header names the variables, an `id` column the row.
"""

from collections.abc import Iterator
from typing import BinaryIO

from gradient_cli.batch.items.item import Bad, Item, numbered
from gradient_cli.errors import UsageError
from gradient_cli.terminal.tables import Head, Text, read_head, rows_of, uneven


class Table:
    """A table with a header."""

    has_own_ids = True

    def __init__(self, delimiter: str | None = None) -> None:
        """`delimiter`: None is a comma, or what the header shows in its place."""
        self.delimiter = delimiter

    def read(self, stream: BinaryIO, name: str, bad: Bad, prefix: str = "") -> Iterator[Item]:
        """Give each row; without an `id` column its id is its number, the header not counted."""
        text = Text(stream, name)
        head = read_head(text, name, self.delimiter)
        width = len(head.names)
        for number, (line, cells) in enumerate(rows_of(text, head, name), 1):
            where = f"{name}:{line}"
            if len(cells) != width:
                bad(uneven(where, cells, head))
            elif head.id_at is not None and not cells[head.id_at]:
                bad(UsageError(f"{where}: the cell in column id is empty"))
            else:
                yield _item(cells, head, where, numbered(prefix, number))


def _item(cells: list[str], head: Head, where: str, number: str | int) -> Item:
    variables = dict(zip(head.names, cells, strict=True))
    if head.variables != head.names:
        variables |= zip(head.variables, cells, strict=True)
        variables.pop("", None)
    return Item(
        number if head.id_at is None else cells[head.id_at],
        where,
        variables=variables,
        is_named=head.id_at is not None,
        columns=head.variables,
        source=cells,
    )
