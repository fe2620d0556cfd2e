"""
Which items are asked about, as the flags say it; nothing is opened before all flags are known.
"""

import os
from collections.abc import Callable, Sequence

from gradient_cli.batch.items.folder import matching
from gradient_cli.batch.items.reading import Items
from gradient_cli.batch.items.source import Source, open_source, stdin_source
from gradient_cli.batch.items.table import Table
from gradient_cli.errors import UsageError
from gradient_cli.terminal.streams import Terminal
from gradient_cli.terminal.tables import Text, read_head
from gradient_cli.values import record


@record
class Choice:
    """Files, patterns, or stdin where neither is named."""

    paths: Sequence[str] | None = None
    patterns: Sequence[str] | None = None
    form: str | None = None
    """What the files hold, where the user says it."""

    @property
    def takes_stdin(self) -> bool:
        """Tell whether stdin is read."""
        return self.patterns is None if self.paths is None else "-" in self.paths

    def open(
        self,
        terminal: Terminal,
        tell: Callable[[str], None],
        timeout_s: float | None = None,
        out: str | None = None,
    ) -> Items:
        """
        Find the items, and keep what cannot be read twice.

        `timeout_s` is for a stdin that nobody named.

        Raises:
            UsageError: there are none, or OUT is one of them.

        """
        if self.patterns is not None:
            for path in () if out is None else matching(self.patterns):
                refuse_out(path, str(out), "an item")
            return Items(patterns=self.patterns)
        if self.paths is None:
            items = Items([stdin_source(terminal, tell, self.form, timeout_s)])
        else:
            items = Items(open_source(path, terminal, tell, self.form) for path in self.paths)
        for source in items.sources:
            if isinstance(source.form, Table) and (name := _nearly_id(source)):
                tell(f'{source.name}: rows have their numbers as ids: column "{name}" is not "id"')
        return items


def _nearly_id(source: Source) -> str | None:
    """Give the column that somebody may take for the one that names the rows, though it is not."""
    try:
        with source.open() as stream:
            assert isinstance(source.form, Table)
            head = read_head(Text(stream, source.name), source.name, source.form.delimiter)
    except UsageError:
        return None  # Whoever reads the rows says what is wrong.
    is_named = head.id_at is not None
    return None if is_named else next((n for n in head.names if n.lower() == "id"), None)


def refuse_out(path: str, out: str, what: str) -> None:
    """
    Refuse an OUT that is read as something else.

    Raises:
        UsageError: it would be written over, or read as what it is not.

    """
    try:
        is_same = path != "-" and os.path.isfile(path) and os.path.samefile(path, out)  # noqa: PTH121
    except OSError:
        return
    if is_same:
        raise UsageError(f'"{path}" is both {what} and OUT', hint="-o names another file")
