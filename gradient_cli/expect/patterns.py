"""
Regular expressions of users, which may not hang the run.

The `regex` package understands Python's `re`, and takes a time limit.
"""

from functools import cache
from typing import TYPE_CHECKING

from gradient_cli.errors import ExpectationFailed, UsageError

if TYPE_CHECKING:
    import regex

TIME_LIMIT_S = 1.0


def compile_pattern(pattern: str, flag: str) -> "regex.Pattern[str]":
    """
    Compile a pattern; it is searched for anywhere, `^` and `$` are the text's ends.

    Raises:
        UsageError: it is empty, or none.

    """
    import regex

    if not pattern:
        raise UsageError(f"{flag} is empty: every answer would match")
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise UsageError(f'{flag} "{pattern}" is no regular expression: {error}') from None
    except RecursionError:
        raise UsageError(f"{flag} is nested too deeply: {len(pattern)} characters") from None
    except MemoryError:
        raise UsageError(f'{flag} "{pattern}" needs more memory than there is') from None


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


def is_pattern(text: str) -> bool:
    """Tell whether a schema's pattern is one; an empty one is, and is found everywhere."""
    try:
        return not text or bool(_compiled(text))
    except UsageError:
        return False


def is_found(pattern: str, text: str) -> bool:
    """
    Tell whether a schema's pattern, known to be sound, is found in a text.

    Raises:
        ExpectationFailed: as `search`.

    """
    return not pattern or search(_compiled(pattern), text) is not None


@cache
def _compiled(pattern: str) -> "regex.Pattern[str]":
    return compile_pattern(pattern, "pattern")
