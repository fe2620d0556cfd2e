"""
JSON Schema, draft 2020-12: checked itself, and held against an answer.

A schema of draft 6, 7 or 2019-09 is read as one of 2020-12, and refused where they differ.

A keyword that the draft does not know, and that does not begin with `x-`, is an error: a
misspelt keyword would accept everything. References lead within the schema only; nothing is
fetched. `format` is asserted for the formats that `formats.py` lists.
"""

import json
from collections.abc import Mapping
from typing import Any

from gradient_cli.errors import ExpectationFailed, UsageError
from gradient_cli.expect.excerpt import one_line
from gradient_cli.expect.extract import unwrap
from gradient_cli.expect.references import check_keywords, check_references, says_all
from gradient_cli.values import record
from gradient_cli.wire.json import Json, escaped
from gradient_cli.wire.strict import parse

MOST_ERRORS = 3
LONGEST_PLACE = 80
"""Characters of a place; a model chooses the names in it."""


@record
class Schema:
    """A schema that is itself sound."""

    definition: Json
    source: str
    """Where it came from, for errors: a file, or the flag."""
    validator: Any
    """jsonschema's validator for it."""

    def text_format(self) -> dict[str, Json]:
        """Give what `text.format` carries, for servers that can obey a schema."""
        form = {"type": "json_schema", "name": "answer", "schema": self.definition}
        return {**form, "strict": True} if says_all(self.definition) else form

    def judge(self, answer: str) -> "Reading":
        """
        Hold an answer against the schema.

        If the whole answer is one fenced block, what is in it counts.
        """
        try:
            value = parse(unwrap(answer))
        except ValueError as error:
            return Reading(None, None, f"the answer is not JSON: {error}")
        try:
            complaint = self._complaint(value)
        except RecursionError:
            complaint = "the answer is nested too deeply to be held against the schema"
        except ExpectationFailed as error:
            complaint = one_line(error.message)
        if complaint:
            return Reading(value, None, complaint)
        return Reading(value, escaped(json.dumps(value, ensure_ascii=False)), None)

    def _complaint(self, value: Json) -> str | None:
        errors = sorted(self.validator.iter_errors(value), key=lambda e: list(map(str, e.path)))
        shown = "; ".join(_words(error) for error in errors[:MOST_ERRORS])
        more = f"; and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
        return f"{shown}{more}" or None


@record
class Reading:
    """What an answer is by a schema."""

    value: Json
    """The parsed answer; None too where it is no JSON."""
    canonical: str | None
    """The answer as one line of JSON; None if it does not fit."""
    complaint: str | None
    """What is wrong, in one line; None if nothing is."""


def make_schema(definition: Json, source: str) -> Schema:
    """
    Check a schema and give it.

    Raises:
        UsageError: it is no schema of the draft, has a keyword that nobody knows, or a
            reference that leads nowhere.

    """
    if not isinstance(definition, Mapping | bool):
        raise UsageError(f"{source}: a schema is an object, or true or false")
    check_keywords(definition, source)
    from gradient_cli.expect.keywords import make_validator

    try:
        _check_sound(definition, "#", source)
        for place, hidden in check_references(definition, source):
            check_keywords(hidden, f"{source}: {place}")
            _check_sound(hidden, place, source)
    except RecursionError:
        raise UsageError(f"{source}: the schema is nested too deeply") from None
    return Schema(definition, source, make_validator(definition))


def _check_sound(definition: Json, place: str, source: str) -> None:
    """Hold a schema against the draft's own schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    from gradient_cli.expect.formats import format_checker
    from gradient_cli.expect.patterns import is_pattern

    checker = format_checker(regex=is_pattern)
    try:
        Draft202012Validator.check_schema(definition, format_checker=checker)
    except SchemaError as error:
        steps = "/".join([place, *map(str, error.path)])
        raise UsageError(f"{source}: {steps}: {one_line(error.message[:200])}") from None


def _words(error: Any) -> str:
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path).lstrip(".")
    place = place if len(place) <= LONGEST_PLACE else f"{place[: LONGEST_PLACE - 1]}…"
    message = error.message if len(error.message) <= 160 else f"{error.message[:159]}…"
    return one_line(f"{place or 'the answer'}: {message}")
