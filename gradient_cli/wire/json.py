"""JSON as this program reads and writes it: UTF-8, nothing escaped that need not be."""

import json
import math
from typing import Any

Json = Any
"""A decoded JSON value. The only Any in the house; its shape is checked where it is read."""


def loads(text: str) -> Json:
    """
    Decode JSON as servers write it.

    NaN, Infinity and numbers too large for a float become null: Python servers write them
    among log probabilities, and nobody else could read them from our own output.

    Raises:
        ValueError: it is no JSON, nested too deep, or has a number of thousands of digits.

    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=lambda _: None)


def dumps(value: Json, comma: str = ",", colon: str = ":") -> str:
    """
    Give compact one-line JSON; letters stay letters, non-finite numbers are refused.

    A Decimal is written with all its digits.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(comma, colon), allow_nan=False)
    except TypeError:
        # The library's fast way has no place for a Decimal, and no hook for a bare number.
        return _dumps_slowly(value, comma, colon)


def _dumps_slowly(value: Json, comma: str, colon: str) -> str:
    match value:
        case dict():
            pairs = (
                dumps(name) + colon + _dumps_slowly(inner, comma, colon)
                for name, inner in value.items()
            )
            return "{" + comma.join(pairs) + "}"
        case list() | tuple():
            return "[" + comma.join(_dumps_slowly(inner, comma, colon) for inner in value) + "]"
        case None | bool() | int() | float() | str():
            return dumps(value)
    from decimal import Decimal

    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def line(value: Json) -> str:
    """
    Give one JSON line without its newline.

    U+0085, U+2028 and U+2029 are escaped, because `str.splitlines` and many readers of
    JSON lines take them for line ends; so are lone surrogates, which UTF-8 cannot carry.
    """
    return escaped(dumps(value))


def escaped(text: str) -> str:
    """Give JSON text with U+0085, U+2028, U+2029 and lone surrogates as escapes."""
    if text.isascii():
        return text
    return "".join(_escaped(character) for character in text) if _is_unsafe(text) else text


def _is_unsafe(text: str) -> bool:
    return any(c in text for c in "\x85\u2028\u2029") or any(
        "\ud800" <= c <= "\udfff" for c in text
    )


def _escaped(character: str) -> str:
    unsafe = character in "\x85\u2028\u2029" or "\ud800" <= character <= "\udfff"
    return f"\\u{ord(character):04x}" if unsafe else character


def canonical(value: Json) -> str:
    """Give the one spelling of a JSON value: keys sorted, compact. For hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
