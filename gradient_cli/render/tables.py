"""
Listings: what `models` and `config show` print on a terminal and in a pipe.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from gradient_cli.terminal.door import one_line
from gradient_cli.wire.json import Json

GAP = "  "


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Give rows of plain text as lines with their columns aligned; the last one is ragged."""
    table = [tuple(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def models_table(models: Sequence[Json], width: int, *, has_color: bool) -> str:
    """Give models as a table for a terminal: id, owner, and since when there is one."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    # An id is there to be copied: it is never cut.
    table.add_column("model", overflow="fold", style="cyan")
    table.add_column("owner", overflow="fold")
    table.add_column("since", no_wrap=True, style="dim")
    for model in models:
        owner = model.get("owned_by")
        cells = (model["id"], owner if isinstance(owner, str) else "", _day(model))
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=has_color,
        color_system="standard" if has_color else None,
        no_color=not has_color,
        legacy_windows=False,
        _environ={},
    )
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _day(model: Json) -> str:
    """Give the day on which a model was made, or nothing where that is not known."""
    created = model.get("created")
    if not isinstance(created, int | float) or isinstance(created, bool) or created <= 0:
        return ""
    try:
        return datetime.fromtimestamp(created, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""
