"""
Text: each line that is not blank is an item; its id is the number of the line in the file.

Lines end at a newline and nowhere else: U+2028 and the like are text.
"""

from collections.abc import Iterator
from typing import BinaryIO

from gradient_cli.batch.items.item import Bad, Item, numbered
from gradient_cli.errors import UsageError
from gradient_cli.terminal.tables import decoded


class Lines:
    """Lines of text."""

    has_own_ids = False

    def read(self, stream: BinaryIO, name: str, bad: Bad, prefix: str = "") -> Iterator[Item]:
        """Give each line that is not blank."""
        for number, raw in enumerate(stream, 1):
            where = f"{name}:{number}"
            try:
                text = decoded(raw, where, is_first=number == 1)
            except UsageError as error:
                bad(error)
                continue
            if text and not text.isspace():
                yield Item(numbered(prefix, number), where, text=text, is_named=False)
