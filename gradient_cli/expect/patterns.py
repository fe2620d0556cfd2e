"""
Regular expressions of users, which may not hang the run.

The `regex` package understands Python's `re`, and takes a time limit. What it takes to compile
one is not limited: it writes repeats out, so that `a{99999999}` fills the memory.
"""

import re
from typing import TYPE_CHECKING

from gradient_cli.errors import ExpectationFailed, UsageError

if TYPE_CHECKING:
    import regex

TIME_LIMIT_S = 1.0
MOST_PLACES = 100_000
"""What a pattern may come to with its repeats written out: a tenth of a second, 30 MB."""

_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<least>\d*)(?:,\d*)?\}|.",
    re.DOTALL | re.ASCII,
)


def compile_pattern(pattern: str, flag: str, *, ignores_case: bool = False) -> "regex.Pattern[str]":
    """
    Compile a pattern; it is searched for anywhere, `^` and `$` are the text's ends.

    Raises:
        UsageError: it is empty, none, or too large.

    """
    import regex

    if not pattern:
        raise UsageError(f"{flag} is empty: every answer would match")
    if places_of(pattern) > MOST_PLACES:
        raise UsageError(
            f'{flag} "{pattern[:80]}" is too large with its repeats written out',
            hint=f"at most {MOST_PLACES:,} places; (.{{999}}){{999}} is a million",
        )
    try:
        return regex.compile(pattern, regex.IGNORECASE if ignores_case else 0)
    except (regex.error, ValueError, OverflowError) as error:
        raise UsageError(f'{flag} "{pattern}" is no regular expression: {error}') from None
    except RecursionError:
        raise UsageError(f"{flag} is nested too deeply: {len(pattern)} characters") from None
    except MemoryError:
        raise UsageError(f'{flag} "{pattern}" needs more memory than there is') from None


def places_of(pattern: str) -> int:
    """Give how many characters a pattern stands for at least, about: `(ab){3}` for six."""
    groups = [0]
    last = 0
    """What the piece before a repeat comes to; it stands in groups[-1] already."""
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            groups.append(0)
            last = 0
        elif piece["close"] and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif piece["least"]:
            # Of a number of 20 digits it is enough to know that it is too large.
            times = int(piece["least"]) if len(piece["least"]) < 20 else MOST_PLACES + 1
            groups[-1] += last * (times - 1) if times else 0
            last *= max(times, 1)
        else:
            last = 1
            groups[-1] += 1
    return sum(groups)


def search(pattern: "regex.Pattern[str]", text: str) -> tuple[int, int] | None:
    """
    Give (start, end) of the first match, or None.

    Raises:
        ExpectationFailed: it took too long: the pattern backtracks without end on this text.

    """
    try:
        found = pattern.search(text, timeout=TIME_LIMIT_S)
    except TimeoutError:
        raise ExpectationFailed(
            f'"{pattern.pattern}" took longer than {TIME_LIMIT_S:g} s on this answer',
            hint="nested repeats such as (a+)+ do that; write a+",
        ) from None
    return found.span() if found else None
