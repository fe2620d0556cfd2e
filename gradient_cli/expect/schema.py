"""
JSON Schema, draft 2020-12: read, checked itself, and held against an answer.

A keyword that the draft does not know, and that does not begin with `x-`, is an error: a
misspelt keyword would accept everything. References lead within the schema only; nothing is
fetched. `format` is asserted where the validator knows the format without further packages.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from gradient_cli.errors import UsageError
from gradient_cli.expect.extract import unwrap
from gradient_cli.wire.json import Json, escaped
from gradient_cli.wire.strict import parse

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MOST_ERRORS = 3

_ONE = {
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip
_LIST = {"allOf", "anyOf", "oneOf", "prefixItems"}
_TABLE = {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
_PLAIN = {
    "$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema",
    "$vocabulary", "const", "contentEncoding", "contentMediaType", "default", "dependencies",
    "dependentRequired", "deprecated", "description", "enum", "examples", "exclusiveMaximum",
    "exclusiveMinimum", "format", "maxContains", "maxItems", "maxLength", "maxProperties",
    "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
    "pattern", "readOnly", "required", "title", "type", "uniqueItems", "writeOnly",
}  # fmt: skip
KEYWORDS = _ONE | _LIST | _TABLE | _PLAIN


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that is itself sound."""

    definition: Json
    source: str
    """Where it came from, for errors: a file, or the flag."""
    validator: Any
    """jsonschema's validator for it."""

    def text_format(self) -> dict[str, Json]:
        """Give what `text.format` carries, for servers that can obey a schema."""
        return {
            "type": "json_schema",
            "name": "answer",
            "schema": self.definition,
            "strict": True,
        }

    def judge(self, answer: str) -> "Reading":
        """
        Hold an answer against the schema.

        If the whole answer is one fenced block, what is in it counts.
        """
        try:
            value = parse(unwrap(answer))
        except ValueError as error:
            return Reading(None, None, f"the answer is not JSON: {error}")
        errors = sorted(self.validator.iter_errors(value), key=lambda e: list(map(str, e.path)))
        if not errors:
            return Reading(value, escaped(json.dumps(value, ensure_ascii=False)), None)
        shown = "; ".join(_words(error) for error in errors[:MOST_ERRORS])
        more = f"; and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
        return Reading(value, None, f"{shown}{more}")


@dataclass(frozen=True, slots=True)
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
        UsageError: it is no schema of the draft, or has a keyword that nobody knows.

    """
    for place, keyword in _unknown_keywords(definition, "#"):
        near = get_close_matches(keyword, KEYWORDS, 1)
        advice = f"; did you mean `{near[0]}`?" if near else ""
        raise UsageError(
            f"{source}: unknown keyword `{keyword}` at {place}{advice}",
            hint="only draft 2020-12's keywords, and names that begin with x-",
        )
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    _check_draft(definition, source)
    try:
        Draft202012Validator.check_schema(definition)
    except SchemaError as error:
        place = "/".join(["#", *map(str, error.path)])
        raise UsageError(f"{source}: {place}: {error.message[:200]}") from None
    registry: Any = Registry()
    validator = Draft202012Validator(
        definition, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    _check_references(definition, validator, source)
    return Schema(definition, source, validator)


def _check_draft(definition: Json, source: str) -> None:
    if not isinstance(definition, Mapping | bool):
        raise UsageError(f"{source}: a schema is an object, or true or false")
    draft = definition.get("$schema", DRAFT) if isinstance(definition, Mapping) else DRAFT
    if str(draft).rstrip("#") != DRAFT:
        raise UsageError(
            f'{source}: "$schema" names another draft: {draft}', hint=f"only {DRAFT} is understood"
        )


def _check_references(definition: Json, validator: Any, source: str) -> None:
    """Resolve every reference now: a broken one must not wait for an answer."""
    from referencing.exceptions import Unresolvable

    for place, schema in _subschemas(definition, "#"):
        for keyword in ("$ref", "$dynamicRef"):
            reference = schema.get(keyword)
            if not isinstance(reference, str):
                continue
            try:
                validator._resolver.lookup(reference)
            except Unresolvable:
                if any("$id" in inner for _, inner in _subschemas(definition, "#")):
                    continue  # Relative to an inner $id; only validating finds it.
                raise UsageError(
                    f'{source}: {place}: "{reference}" leads nowhere',
                    hint="references lead within the schema; nothing is fetched",
                ) from None


def _subschemas(schema: Json, place: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Give every schema within a schema, with its place."""
    if not isinstance(schema, Mapping):
        return
    yield place, schema
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield from _subschemas(value, f"{place}/{keyword}")
        elif keyword in _LIST and isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _subschemas(inner, f"{place}/{keyword}/{number}")
        elif keyword in _TABLE and isinstance(value, Mapping):
            for name, inner in value.items():
                yield from _subschemas(inner, f"{place}/{keyword}/{name}")


def _unknown_keywords(schema: Json, place: str) -> Iterator[tuple[str, str]]:
    for where, inner in _subschemas(schema, place):
        for keyword in inner:
            if keyword not in KEYWORDS and not keyword.startswith("x-"):
                yield where, keyword


def _words(error: Any) -> str:
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)
    message = error.message if len(error.message) <= 160 else f"{error.message[:159]}…"
    return f"{place.lstrip('.') or 'the answer'}: {message}"
