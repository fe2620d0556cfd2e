"""
The command that runs one test again: with every flag that decides what comes of it.

It is pasted from logs, so it must come through them as it is: nothing in it that a CI runner
would obey, and no character that a log spells out. The name of the test is given as reports
show it, by which `-k` finds it, too.
"""

import shlex
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from gradient_cli.check.case import Case
from gradient_cli.check.shown_name import logged
from gradient_cli.terminal.door import disarmed

NOT_KEPT = frozenset(
    (
        *("jobs", "patterns", "models", "tools", "fail_fast", "max_total_tokens"),
        *("record", "strict_replay"),
    )
)
"""Flags that say which tests are asked, how quickly, and what is kept; and what has its own way."""


def rerun_line(case: Case, name: str, how: Sequence[Any], more: Sequence[str] = ()) -> str:
    """
    Give the command for a test or a row by its name, quoted for a shell.

    `how`: groups of options as they were given; `more`: further words.
    """
    words = ["gradient", "check", _path(case.suite), "-k", logged(name)]
    if case.model:
        words += ["-m", case.model]
    # Of the rows, not of one of them.
    left_out = {"require"} if case.row and name == case.name else set()
    for options in how:
        words += given_flags(options, NOT_KEPT | left_out)
    return shell_line([*words, *more])


def given_flags(options: Any, left_out: frozenset[str]) -> list[str]:
    """Give the words of a group's flags that are not as they are by default; none with a secret."""
    hints = _hints(type(options))  # type: ignore[arg-type]  # a class has a hash
    words: list[str] = []
    for one in fields(options):
        value = getattr(options, one.name)
        if one.name in left_out or value == one.default or _is_private(one.name, value):
            continue
        (flag,) = hints[one.name].__metadata__
        name = flag.names[-1].partition("/")[0]
        if value is True:
            words.append(name)
            continue
        for text in value if isinstance(value, list) else [value]:
            words += [name, f"{text:g}" if isinstance(text, float) else str(text)]
    return words


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Give the annotations of a group: once, and not for each of ten thousand rows."""
    return get_type_hints(kind, include_extras=True)


def _is_private(name: str, value: object) -> bool:
    """Tell what has no place in a report: a password in a URL, a key that came on stdin."""
    if name == "key_file":
        return value == "-"
    return name in {"proxy", "base_url"} and "@" in str(value)


def shell_line(words: Sequence[str]) -> str:
    """Give words as a line for a shell; what a CI runner would obey is split by empty quotes."""
    return " ".join(disarmed(shlex.quote(word), "''") for word in words)


def _path(suite: str) -> str:
    return f"./{suite}" if suite.startswith("-") else suite
