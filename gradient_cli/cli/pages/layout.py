"""
Plain text in columns, for help pages: no colour, no boxes, nothing but the stdlib.

    TERM    description, wrapped and
            indented under its own first line
"""

import textwrap
from collections.abc import Iterable

WIDTH = 80
"""Columns of a help page in a pipe, and the most on a terminal: longer lines read badly."""

INDENT = 2
"""Columns before a term."""

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


def column(terms: Iterable[str], width: int = WIDTH) -> int:
    """Give the column where descriptions begin, counted from 0, so that most terms fit."""
    fitting = [len(term) for term in terms if len(term) <= TERM_COLUMNS]
    return min(INDENT + max(fitting, default=8) + 2, width // 2)


def columns(rows: Iterable[tuple[str, str]], width: int = WIDTH, start: int = 0) -> str:
    """
    Give terms with their descriptions beside them, or below a term that is too long.

    start: the column of the descriptions, from `column()`; 0 takes the best for these rows.
    """
    rows = list(rows)
    start = start or column([term for term, _ in rows], width)
    return "\n".join(_row(term, description, width, start) for term, description in rows)


def _row(term: str, description: str, width: int, start: int) -> str:
    pad = " " * INDENT
    if not description:
        return pad + term
    body = paragraph(description, width, start)
    if INDENT + len(term) + 2 > start:
        return f"{pad}{term}\n{body}"
    return pad + term + body[INDENT + len(term) :]
