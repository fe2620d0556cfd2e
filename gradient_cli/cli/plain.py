"""
A plain command line of `respond`, `decide` or `check`, read without the parser.

    gradient respond -m openai-gpt-oss-20b --temperature 0 "hi"
    gradient decide -f notes.txt "Is it done?"

Typer and what it imports are a sixth of the start of an answer, and most lines are words and
flags written out, each with its value. Those are read here, by the same descriptions
(`ask.flag`). Whatever is odd in any way is left to Typer, whose words, errors and help pages
are the only ones: an unknown flag, two letters behind one dash, `--`, a value that begins with
a dash, a number out of its range, the same flag twice. A test holds both to the same values.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

from gradient_cli.ask.flag import Flag
from gradient_cli.ask.invocation import Invocation
from gradient_cli.values import record

_MOST_DIGITS = 15
_Kinds = Mapping[str, Any]


class _Odd(Exception):  # no error: the parser will read the line
    """A line, or a value, that is none of the plain ones."""


@record
class _Option:
    """A flag as it may be written: where its value goes, and what it may be."""

    group: str
    field: str
    flag: Flag
    kind: str
    """bool, int, float, str or list."""
    turns_on: bool
    """Of a switch: False for the second name of `--stream/--no-stream`."""


def run_plain(argv: Sequence[str], invocation: Invocation) -> int | None:
    """
    Run a command, if its line is plain, and give its status; None if it is not.

    Raises:
        GradientError: whatever the command raises.

    """
    command: Any
    if argv[:1] == ["respond"]:
        from gradient_cli.runs import respond as command
    elif argv[:1] == ["decide"]:
        from gradient_cli.runs import decide as command
    elif argv[:1] == ["check"]:
        from gradient_cli.runs import check as command
    else:
        return None
    flags = plain_flags(argv[1:], command.Flags)
    return None if flags is None else int(command.run(flags, invocation))


def plain_flags(words: Sequence[str], whole: Callable[..., Any]) -> Any:
    """
    Give what a command's words say; None if they are not plain.

    `whole` is the record of its argument, which comes first, and its groups of flags. An argument
    that is a text may be left out; one that is several may not.
    """
    kinds: _Kinds = whole.__annotations__
    argument, *groups = kinds
    options = dict(_options(kinds))
    given: dict[str, dict[str, Any]] = {name: {} for name in groups}
    arguments: list[str] = []
    rest = iter(words)
    try:
        for word in rest:
            if word == "-" or not word.startswith("-"):
                arguments.append(word)
            else:
                name, value = _split(word, options)
                _take(options[name], value, rest, given)
    except (_Odd, KeyError):
        return None
    is_one = kinds[argument] == str | None
    if "" in arguments or (len(arguments) > 1 if is_one else not arguments):
        return None
    said: Any = arguments
    if is_one:
        said = arguments[0] if arguments else None
    return whole(said, **{name: kinds[name](**fields) for name, fields in given.items()})


def _options(kinds: _Kinds) -> Iterator[tuple[str, _Option]]:
    """Give each name under which a flag may be written."""
    for group, kind in list(kinds.items())[1:]:
        for field, hint in kind.__annotations__.items():
            (flag,) = hint.__metadata__
            value = _kind(hint.__origin__)
            for names in flag.names:
                first, _, second = names.partition("/")
                yield first, _Option(group, field, flag, value, turns_on=True)
                if second:
                    yield second, _Option(group, field, flag, value, turns_on=False)


def _kind(hint: Any) -> str:
    """Give the name of a field's kind: `list` for `list[str] | None`."""
    (kind, *_) = (one for one in get_args(hint) or (hint,) if one is not type(None))
    return str(getattr(kind, "__origin__", kind).__name__)


def _split(word: str, options: Mapping[str, _Option]) -> tuple[str, str | None]:
    """Give a flag's name, and the value that is written behind its `=`."""
    name, sign, value = word.partition("=")
    is_long = name.startswith("--")
    if (len(name) > 2 and not is_long) or (sign and not (is_long and options[name].kind != "bool")):
        raise _Odd
    return name, value if sign else None


def _take(
    option: _Option, value: str | None, rest: Iterator[str], given: dict[str, dict[str, Any]]
) -> None:
    fields = given[option.group]
    if option.field in fields and option.kind != "list":
        raise _Odd
    if option.kind == "bool":
        fields[option.field] = option.turns_on
        return
    if value is None:
        value = next(rest, "--")
        if value.startswith("-") and value != "-":
            raise _Odd  # None, or one that may be a flag.
    read = _value(option, value)
    if option.kind == "list":
        fields.setdefault(option.field, []).append(read)
    else:
        fields[option.field] = read


def _value(option: _Option, text: str) -> str | int | float:
    flag = option.flag
    if not text.strip():
        raise _Odd  # Empty, as a variable is that nobody set.
    if not text.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in text):
        raise _Odd  # Bytes that are not UTF-8.
    if flag.choices and text not in flag.choices:
        raise _Odd
    if option.kind not in {"int", "float"}:
        return text
    digits = text.replace(".", "", option.kind == "float")
    if not (text.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise _Odd
    number = int(text) if option.kind == "int" else float(text)
    if not (flag.least is None or flag.least <= number):
        raise _Odd
    if not (flag.most is None or number <= flag.most):
        raise _Odd
    return number
