"""
JSON read strictly: what users wrote, and what a model was asked to write.

`json.loads` of this package forgives what servers write; a gate may not. What is refused here
could not be written again as it was, or would hide a part of itself.
"""

import json
import math
from collections.abc import Callable
from functools import cache

from gradient_cli.wire.json import Json, decode, line

MOST_DIGITS = 767
"""Significant digits of the longest number that a double holds exactly."""


class Number(float):
    """A number with a point or an exponent that was not spelled as Python spells it."""

    __slots__ = ("digits",)

    digits: str
    """As it was written: `1.10` for 1.1."""


def parse(text: str, *, is_exact: bool = False) -> Json:
    """
    Give a JSON value, read strictly; a number keeps its value or is refused.

    With `is_exact` a number with a point or an exponent is a Decimal, of any digits.

    Refused, because they would not survive being written again: NaN and infinities, numbers
    that a double cannot hold in all their digits, integers of more than 4,300 digits, repeated
    names.

    Raises:
        ValueError: what is wrong with it, in one line.

    """
    try:
        return decode(text, _exact_decoder() if is_exact else _DECODER)
    except json.JSONDecodeError as error:
        words = f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at")
        raise ValueError(f"{words} at line {error.lineno}, column {error.colno}") from None


def spelled(value: float) -> str:
    """Give a number as it was written, as far as that is known."""
    return value.digits if isinstance(value, Number) else json.dumps(value)


def exact(value: Json) -> Json:
    """Give a value that is written again with its numbers as they were spelled."""
    if isinstance(value, Number):
        from decimal import Decimal

        return Decimal(value.digits)
    if isinstance(value, dict):
        return {name: exact(inner) for name, inner in value.items()}
    return [exact(inner) for inner in value] if isinstance(value, list) else value


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _number(digits: str) -> float:
    """Give a number whose digits a double holds; no digit but the last may be a rounded one."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    if repr(number) == digits:
        return number
    if not _is_held(number, digits):
        raise ValueError(f"{digits[:40]} has digits that are lost: it would become {number!r}")
    kept = Number(number)
    kept.digits = digits
    return kept


def _is_held(number: float, digits: str) -> bool:
    """Tell whether a number, rounded to as many figures as were written, is what was written."""
    mantissa, _, exponent = digits.lower().lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    figures = (whole + fraction).lstrip("0")
    zeros = len(whole + fraction) - len(figures)
    figures = figures.rstrip("0")
    if not figures or number == 0 or len(figures) > MOST_DIGITS:
        return not figures
    found, _, power = f"{abs(number):.{len(figures) - 1}e}".partition("e")
    written = len(whole) - 1 - zeros + int(exponent or 0)
    return found.replace(".", "") == figures and int(power) == written


def _decimal(digits: str) -> Json:
    """Give a number of the size of a double in all its digits."""
    from decimal import Decimal

    number = Decimal(digits)
    if math.isinf(float(digits)) or len(digits) > MOST_DIGITS:
        raise ValueError(f"{digits[:40]} is too large a number")
    if number and not float(digits):
        raise ValueError(f"{digits[:40]} is too small a number")
    return number


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError(f"an integer of {len(digits)} digits is too large a number") from None


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise ValueError(f"the name {line(name[:80])} stands there twice")
        seen.add(name)
    return found


def _decoder(number: Callable[[str], Json]) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_constant=_no_number,
        parse_float=number,
        parse_int=_integer,
        object_pairs_hook=_unique,
    )


_DECODER = _decoder(_number)


@cache
def _exact_decoder() -> json.JSONDecoder:
    return _decoder(_decimal)
