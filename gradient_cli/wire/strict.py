"""
JSON read strictly: what users wrote, and what a model was asked to write.

`json.loads` of this package forgives what servers write; a gate may not. What is refused here
could not be written again as it was, or would hide a part of itself.
"""

import json
import math

from gradient_cli.wire.json import Json, line


def parse(text: str) -> Json:
    """
    Give a JSON value, read strictly.

    Refused, because they would not survive being written again: NaN and infinities, numbers
    that are too large for a float, integers of more than 4,300 digits, repeated names.

    Raises:
        ValueError: what is wrong with it, in one line.

    """
    try:
        return json.loads(
            text,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_integer,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        words = f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at")
        raise ValueError(f"{words} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is too large a number")
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
