"""JSON as this program reads and writes it: UTF-8, nothing escaped that need not be."""

import json
import math
from typing import Any

Json = Any
"""A decoded JSON value. The only Any in the house; its shape is checked where it is read."""


MOST_LEVELS = 300
"""Of lists and objects within each other. Pythons differ in where they give up, from 900 to
100,000; whoever walks a value here may go three calls deep for a level, and has 1,000."""


MOST_WEIGHT = 200_000_000
"""Bytes that a decoded document may need, about: `[[],[],…]` needs thirty times its own."""
_JUMPS = 1_000
"""Texts of a document that are jumped over one by one."""
_BEGINNING = 1 << 24
_SLASHES = 4096
"""Backslashes in a row that are counted before a quote."""
LIGHT = 1 << 20
"""Characters below which a document is not weighed: it cannot need much."""
_COSTS = {",": 60, "[": 80, "{": 200}
"""Bytes of what stands behind a sign: a value, a list, an object with its table."""


class TooManyValues(ValueError):
    """JSON that would need many times its own length in memory."""


class NestedTooDeeply(ValueError):
    """JSON whose lists and objects are nested deeper than anybody here walks."""


def loads(text: str) -> Json:
    """
    Decode JSON as servers write it.

    NaN, Infinity and numbers too large for a float become null: Python servers write them
    among log probabilities, and nobody else could read them from our own output.

    Raises:
        ValueError: it is no JSON, nested too deep, or has a number of thousands of digits.

    """
    return decode(text, _DECODER)


def decode(text: str, decoder: json.JSONDecoder) -> Json:
    """
    Decode JSON, nested no deeper than MOST_LEVELS on any Python.

    Raises:
        NestedTooDeeply: it is deeper.
        TooManyValues: it would need more than MOST_WEIGHT bytes.
        ValueError: it is no JSON.

    """
    if len(text) > LIGHT and _is_heavy(text):
        raise TooManyValues("it has too many values")
    try:
        value = decoder.decode(text)
    except RecursionError:
        raise NestedTooDeeply("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        if _levels_before(text, error.pos) > MOST_LEVELS:
            raise NestedTooDeeply("it is nested too deeply") from None
        raise
    if len(text) > 2 * MOST_LEVELS and _may_be_deep(text) and _is_too_deep(value):
        raise NestedTooDeeply("it is nested too deeply")
    return value


def _is_heavy(text: str) -> bool:
    """Tell whether a long document is made of many values; signs within texts count nothing."""
    most = MOST_WEIGHT - len(text)
    begun, cost, is_text = 0, 0, False
    for _ in range(_JUMPS):
        # From quote to quote: of a long answer most is one text, which nobody looks at.
        place = text.find('"', begun)
        if not is_text:
            cost += _cost(text[begun:] if place < 0 else text[begun:place])
        if place < 0 or cost > most:
            return cost > most
        before = text[max(begun, place - _SLASHES) : place]
        slashes = len(before) - len(before.rstrip("\\"))
        if slashes == _SLASHES:
            break
        is_text = not is_text or slashes % 2 == 1
        begun = place + 1
    return cost + _cost(text[begun:]) > most and _is_heavy_outside(text, most)


def _is_heavy_outside(text: str, most: int) -> bool:
    import re  # for a document of many texts alone

    texts = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
    # Most that is heavy is so from its beginning.
    return any(_cost(texts.sub("", part)) > most for part in (text[:_BEGINNING], text))


def _cost(text: str) -> int:
    return sum(cost * text.count(sign) for sign, cost in _COSTS.items())


def weight(value: Json) -> int:
    """Give about how many bytes a decoded value needs."""
    total, left = 0, [value]
    while left:
        match left.pop():
            case str() as text:
                total += _COSTS[","] + len(text)
            case dict() as found:
                total += _COSTS["{"] + _COSTS[","] * len(found)
                left.extend(found.values())
            case list() as found:
                total += _COSTS["["]
                left.extend(found)
            case _:
                total += _COSTS[","]
    return total


def _may_be_deep(text: str) -> bool:
    """Tell whether a document has so many lists and objects; a long one is walked at once."""
    return len(text) > LIGHT or text.count("[") + text.count("{") > MOST_LEVELS


def _is_too_deep(value: Json) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_LEVELS):
        if not level:
            return False
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if inner and isinstance(inner, (dict, list))
        ]
    return bool(level)


def _levels_before(text: str, end: int) -> int:
    """Give how many lists and objects are open at a place, as far as it could be read."""
    import re  # for an error alone

    text_or_bracket = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
    found = (match[0] for match in text_or_bracket.finditer(text, 0, end))
    return sum(1 if one in "[{" else -1 if one in "]}" else 0 for one in found)


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
