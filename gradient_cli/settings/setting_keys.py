"""
What can be set in config.toml: every key, the kind of its value, and the words for that kind.

The same table reads the file, checks `config set`, and names the known keys in errors.
"""

import math
from collections.abc import Callable, Mapping

from gradient_cli.errors import GradientError
from gradient_cli.values import record
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse


@record
class Kind:
    """A kind of value: what it is called, what it accepts, how it is read from an argument."""

    words: str
    """Completes "it must be …"."""
    accepts: Callable[[Json], bool]
    parse: Callable[[str], Json] = str
    """From the text of an argument. Raises ValueError where the text is none of the kind."""
    is_list: bool = False
    is_table: bool = False


def _number(low: float, high: float, words: str) -> Kind:
    return Kind(words, lambda value: _is_number(value) and low <= value <= high, _to_number)


def _is_number(value: Json) -> bool:
    # Not isfinite(), which makes a float of it: a whole number can be too large for that.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -math.inf < value < math.inf


def _to_number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _whole(low: int) -> Kind:
    def accepts(value: Json) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= low

    return Kind(f"a whole number, {low} or more", accepts, int)


def _seconds() -> Kind:
    return Kind("a number of seconds above 0", lambda v: _is_number(v) and v > 0, _to_number)


def _choice(*choices: str) -> Kind:
    return Kind(f"one of {', '.join(choices)}", lambda value: value in choices)


def _texts(most: int) -> Kind:
    def accepts(value: Json) -> bool:
        texts = value if isinstance(value, list) else [value]
        return 1 <= len(texts) <= most and all(isinstance(text, str) and text for text in texts)

    return Kind(f"a text, or a list of up to {most} texts", accepts, is_list=True)


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError
    return text.lower() == "true"


def _is_address(value: Json) -> bool:
    from gradient_cli.wire.address import normalised

    try:
        return isinstance(value, str) and bool(normalised(value, "base_url"))
    except GradientError:
        return False


def _is_plain(value: Json) -> bool:
    """Tell whether JSON can carry a value of TOML, which also has dates, nan and inf."""
    match value:
        case dict():
            return all(map(_is_plain, value.values()))
        case list():
            return all(map(_is_plain, value))
        case float():
            return math.isfinite(value)
        case _:
            return isinstance(value, str | int | bool)


_TEXT = Kind("a text", lambda value: isinstance(value, str) and bool(value))
_TEXT_OR_EMPTY = Kind("a text", lambda value: isinstance(value, str))
_PATH = Kind("a path", lambda v: isinstance(v, str) and bool(v) and "\0" not in v)
_TRUTH = Kind("true or false", lambda value: isinstance(value, bool), _truth)
_ADDRESS = Kind("a URL such as http://127.0.0.1:8000", _is_address)
_PAIRS = Kind(
    "a table of texts",
    lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
    is_table=True,
)
_TABLE = Kind(
    "a table of JSON values",
    lambda value: isinstance(value, dict) and _is_plain(value),
    parse,
    is_table=True,
)

REQUEST_KEYS: Mapping[str, Kind] = {
    "model": _TEXT,
    "instructions": _TEXT_OR_EMPTY,
    "max_output_tokens": _whole(1),
    "temperature": _number(0, 2, "a number from 0 to 2"),
    "top_p": _number(0, 1, "a number from 0 to 1"),
    "stop": _texts(4),
    "metadata": _PAIRS,
    "user": _TEXT,
    "modalities": _texts(4),
    "parallel_tool_calls": _TRUTH,
    "tool_choice": _TEXT,
    "reasoning_effort": _TEXT,
    "stream": _TRUTH,
    "params": _TABLE,
}
"""Fields of the request, by the wire's names; `params` is any other field."""

REQUEST_FIELDS = (*REQUEST_KEYS, "previous_response_id")
"""What may be asked for; an answer to go on from is no default, so it is a flag alone."""

OTHER_KEYS: Mapping[str, Kind] = {
    "base_url": _ADDRESS,
    "timeout": _seconds(),
    "max_time": _seconds(),
    "retries": _whole(0),
    "proxy": _TEXT_OR_EMPTY,
    "ca_bundle": _PATH,
    "allow_http": _TRUTH,
    "max_input_bytes": _whole(1),
    "max_answer_bytes": _whole(1),
    "format": _choice("auto", "text", "markdown", "json", "events"),
    "color": _choice("auto", "always", "never"),
    "show_reasoning": _TRUTH,
    "usage": _TRUTH,
    "think_tags": _choice("split", "keep"),
    "decide_model": _TEXT,
    "thread": _PATH,
    "key_command": _TEXT,
    "key_file": _PATH,
    "profile": _TEXT,
}

KEYS: Mapping[str, Kind] = {**REQUEST_KEYS, **OTHER_KEYS}
"""Every key of config.toml but `profiles`."""

ONLY_AT_TOP = frozenset({"profile"})
ONLY_IN_PROFILE = frozenset({"allow_http"})
"""Plain HTTP with a key is a promise about one server, never about all."""

PATHS = frozenset({"ca_bundle", "key_file", "thread"})
"""Paths: in a settings file they are relative to that file."""


def nearest(word: str, known: Mapping[str, object] | list[str]) -> str | None:
    """Give the known word that is most like this one, or None if none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1, 0.6)), None)
