"""
What a parser would take for something that nobody means.

    -model x           -m with the value "odel"
    --model --json     the model "--json"
    -m "$MODEL"        no model, where the variable is not set: another one would be asked

Each is refused before anything is opened. Texts (`--expect --json`) may be anything.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gradient_cli.cli.retyped import takes_value
from gradient_cli.errors import UsageError

_NAME = re.compile(r"(ID|NAME|FILE|DIR|PATH|OUT|LABELS|SUITE|GLOB)(?![\w=])")
"""How the metavar of a flag begins that names something: a model, a profile, a file."""

_MAY_BE_EMPTY = frozenset({"-p", "--profile", "--thread"})
"""No name is no profile and no conversation, whatever the settings say."""


def check(ctx: Any, argv: Sequence[str]) -> None:
    """
    Look at a command's arguments before the parser does.

    Raises:
        UsageError: a flag is written with one dash, has a flag for its value, or an empty one.

    """
    with_value, switches = spelled(ctx)
    flags = {*with_value, *switches}
    names = set(_names(ctx))
    rest = iter(argv)
    for word in rest:
        if word == "--":
            return
        takes = takes_value(word, with_value, switches)
        bare = word.partition("=")[0]
        if word[:1] == "-" != word[1:2] and len(bare) > 2 and f"-{bare}" in flags:
            raise UsageError(f'unknown flag "{bare}"; did you mean -{bare}?')
        if not takes:
            continue
        flag, value = _value(word, takes, rest, with_value)
        if flag not in names or value is None:
            continue
        if takes == "next" and value.partition("=")[0] in flags:
            raise UsageError(f"{flag} needs a value; {value.partition('=')[0]} is a flag")
        if not value.strip() and flag not in _MAY_BE_EMPTY:
            longest = next(max(n, key=len) for n in _all_names(ctx) if flag in n)
            raise UsageError(f"{longest} is empty", hint="is its variable set? leave it out if not")


def _value(
    word: str, takes: str, rest: Iterator[str], with_value: set[str]
) -> tuple[str, str | None]:
    """Give a flag's name and its value; None if it has none, or is several letters' word."""
    name, equals, value = word.partition("=")
    if takes == "next":
        return (word if word.startswith("--") else f"-{word[-1]}"), next(rest, None)
    return name, value if equals and name in with_value else None


def spelled(ctx: Any) -> tuple[set[str], set[str]]:
    """Give a command's flags: those that take a value, and the switches."""
    with_value: set[str] = set()
    switches: set[str] = set()
    for option in _options(ctx):
        names = {*option.opts, *option.secondary_opts}
        (switches if option.is_flag or option.count else with_value).update(names)
    return with_value, switches


def _names(ctx: Any) -> Iterator[str]:
    for option in _options(ctx):
        if _NAME.match(option.metavar or ""):
            yield from option.opts


def _all_names(ctx: Any) -> list[list[str]]:
    return [list(option.opts) for option in _options(ctx)]


def _options(ctx: Any) -> list[Any]:
    return [p for p in ctx.command.get_params(ctx) if p.param_type_name == "option"]
