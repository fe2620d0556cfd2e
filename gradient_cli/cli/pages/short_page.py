"""
What `-h` prints: a screen of 24 rows with what people use; `--help` has the rest.

    usage, examples, up to a dozen flags a row each, where the rest is
"""

from collections.abc import Sequence
from typing import Any

from gradient_cli.cli.commands import COMMANDS, SUMMARY
from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.cli.pages.layout import INDENT, columns, paragraph

ROWS = 24
MOST_FLAGS = 12
MOST_EXAMPLES = 4
USED = {
    "respond": (
        "--file",
        "--model",
        "--system",
        "--output",
        "--extract",
        "--schema",
        "--one-of",
        "--expect",
        "--reject",
        "--thread",
        "--json",
        "--max-time",
    ),
    "check": (
        "-k",
        "--jobs",
        "--model",
        "--repeat",
        "--fail-fast",
        "--junit",
        "--html",
        "--json",
        "--record",
        "--replay",
        "--max-total-tokens",
        "--profile",
    ),
    "batch run": (
        "--items",
        "--each-file",
        "--output",
        "--jobs",
        "--model",
        "--system",
        "--one-of",
        "--schema",
        "--shard",
        "--retry-failed",
        "--dry-run",
        "--max-total-tokens",
    ),
    "mock": (
        "--reply",
        "--script",
        "--call",
        "--reasoning",
        "--delay",
        "--token-delay",
        "--status",
        "--header",
        "--end",
        "--after",
        "--port",
        "--limit-per-minute",
    ),
}
"""command path -> the flags that people use most; other commands show their first dozen."""


def overview(width: int) -> str:
    """Give the program's own short page."""
    sections = [
        paragraph(f"gradient: {SUMMARY}", width),
        _examples(""),
        columns(COMMANDS.items(), width),
        "`gradient COMMAND -h` is short, `--help` whole; `gradient help` has topics, too.",
    ]
    return "\n\n".join(sections) + "\n"


def page(path: str, usage: str, rows: Sequence[tuple[Any, str, str]], width: int) -> str:
    """
    Give a command's short page.

    `rows` are all that the whole page lists: (names of a flag, its term with one long name,
    its help); a subcommand has no names.
    """
    used = USED.get(path)
    chosen = [row for row in rows if not row[0] or used is None or set(row[0]) & set(used)]
    shown = [(term, _in_one_row(text, width)) for _, term, text in chosen[:MOST_FLAGS]]
    more = len(rows) - len(shown)
    rest = f"`gradient {path} --help` explains {more} more." if more > 0 else ""
    sections = [f"Usage: {usage}", _examples(path), columns(shown, width), rest]
    return "\n\n".join(section for section in sections if section) + "\n"


def _examples(path: str) -> str:
    return "\n".join(f"{'':{INDENT}}{line}" for line in EXAMPLES.get(path, ())[:MOST_EXAMPLES])


def _in_one_row(text: str, width: int) -> str:
    """Give the first thing that a help says, short enough to stand beside its flag."""
    room = width - 36
    if len(text) <= room:
        return text
    for mark in (";", " (", ",", ":"):
        first = text.partition(mark)[0]
        if len(first) <= room:
            return first
    return text[: room - 1].rpartition(" ")[0] + "…"
