"""
Plain text in columns, for help pages: no colour, no boxes, nothing but the stdlib.

    TERM    description, wrapped and
            indented under its own first line
"""

import textwrap
from collections.abc import Iterable

WIDTH = 80
"""Columns of a help page in a pipe, and the most on a terminal: longer lines read badly."""

TERM_COLUMNS = 28
"""A longer term stands on a line of its own."""


def paragraph(text: str, width: int = WIDTH, indent: int = 0) -> str:
    """Give one paragraph wrapped to the width; words are never cut."""
    pad = " " * indent
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=pad,
        subsequent_indent=pad,
        break_long_words=False,
        break_on_hyphens=False,
    )


def columns(rows: Iterable[tuple[str, str]], width: int = WIDTH, indent: int = 2) -> str:
    """Give a list of terms with their descriptions beside them, or below a long term."""
    rows = list(rows)
    fitting = [len(term) for term, _ in rows if len(term) <= TERM_COLUMNS]
    start = min(indent + max(fitting, default=8) + 2, width // 2)
    return "\n".join(_row(term, description, width, indent, start) for term, description in rows)


def _row(term: str, description: str, width: int, indent: int, start: int) -> str:
    if not description:
        return " " * indent + term
    body = paragraph(description, width, start)
    if indent + len(term) + 2 > start:
        return f"{' ' * indent}{term}\n{body}"
    return " " * indent + term + body[indent + len(term) :]
