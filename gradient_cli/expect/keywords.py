"""
The validator of draft 2020-12, with the keywords that need care of our own.

    pattern, patternProperties, additionalProperties, unevaluatedProperties
                    match with a time limit: Python's `re` may backtrack without end
    uniqueItems     in linear time
    multipleOf      by decimal digits: 19.99 is a multiple of 0.01
    dependencies    asserted, though the draft only remembers it: an old schema must not
                    accept everything
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from gradient_cli.expect import patterns
from gradient_cli.expect.formats import format_checker
from gradient_cli.wire.json import Json

Errors = Iterator[Any]
"""jsonschema's ValidationErrors."""


def make_validator(definition: Json) -> Any:
    """Give a validator for a schema; references lead into it, and nowhere else."""
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry

    keywords: dict[str, Callable[..., Errors]] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "unevaluatedProperties": _unevaluated_properties,
        "uniqueItems": _unique_items,
        "multipleOf": _multiple_of,
        "dependencies": _dependencies,
    }
    extend: Any = validators.extend
    kind = extend(Draft202012Validator, keywords)
    registry: Any = Registry()
    return kind(definition, registry=registry, format_checker=format_checker())


def _error(message: str) -> Any:
    from jsonschema import ValidationError

    return ValidationError(message)


def _pattern(validator: Any, pattern: str, value: Json, schema: Json) -> Errors:
    if isinstance(value, str) and not patterns.is_found(pattern, value):
        yield _error(f"{value!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, table: Mapping[str, Json], value: Json, schema: Json
) -> Errors:
    if not isinstance(value, dict):
        return
    for pattern, inner in table.items():
        for name in value:
            if patterns.is_found(pattern, name):
                yield from validator.descend(value[name], inner, path=name, schema_path=pattern)


def _additional_properties(validator: Any, inner: Json, value: Json, schema: Json) -> Errors:
    if not isinstance(value, dict):
        return
    named = schema.get("properties", {})
    table = schema.get("patternProperties", {})
    others = [
        name
        for name in value
        if name not in named and not any(patterns.is_found(p, name) for p in table)
    ]
    if inner is False and others:
        yield _error(f"no such property is allowed: {', '.join(map(repr, sorted(others)))}")
        return
    for name in others:
        yield from validator.descend(value[name], inner, path=name)


def _unevaluated_properties(validator: Any, inner: Json, value: Json, schema: Json) -> Errors:
    if not isinstance(value, dict):
        return
    seen = _evaluated(validator, value, {**schema, "unevaluatedProperties": None})
    others = [name for name in value if name not in seen]
    if inner is False and others:
        yield _error(f"no such property is allowed: {', '.join(map(repr, sorted(others)))}")
        return
    for name in others:
        yield from validator.descend(value[name], inner, path=name)


def _evaluated(validator: Any, value: Mapping[str, Json], schema: Json) -> set[str]:
    """Give the properties that a schema, and those it applies in place, have looked at."""
    if not isinstance(schema, Mapping):
        return set()
    if any(schema.get(name) is not None for name in _LOOKS_AT_ALL):
        return set(value)
    seen = set(value) & set(schema.get("properties", ()))
    for pattern in schema.get("patternProperties", ()):
        seen.update(name for name in value if patterns.is_found(pattern, name))
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            found = validator._resolver.lookup(schema[keyword])
            inside = validator.evolve(schema=found.contents, _resolver=found.resolver)
            seen |= _evaluated(inside, value, found.contents)
    for inner in _applied(validator, value, schema):
        seen |= _evaluated(validator, value, inner)
    return seen


_LOOKS_AT_ALL = ("additionalProperties", "unevaluatedProperties")


def _applied(validator: Any, value: Json, schema: Mapping[str, Json]) -> Iterator[Json]:
    """Give the schemas that a schema applies to the same value, and that accept it."""

    def accepts(inner: Json) -> bool:
        return next(iter(validator.descend(value, inner)), None) is None

    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from (inner for inner in schema.get(keyword, ()) if accepts(inner))
    for keyword in ("dependentSchemas", "dependencies"):
        for name, inner in schema.get(keyword, {}).items():
            if name in value and not isinstance(inner, list):
                yield inner
    if "if" in schema:
        holds = accepts(schema["if"])
        if holds:
            yield schema["if"]
        branch = "then" if holds else "else"
        if branch in schema:
            yield schema[branch]


def _unique_items(validator: Any, is_wanted: bool, value: Json, schema: Json) -> Errors:
    if not is_wanted or not isinstance(value, list):
        return
    seen: dict[Hashable, int] = {}
    for number, item in enumerate(value):
        first = seen.setdefault(_identity(item), number)
        if first != number:
            yield _error(f"items {first} and {number} are the same")
            return


def _identity(value: Json) -> Hashable:
    """Give something that is equal for equal JSON values: 1 and 1.0, but not 1 and true."""
    match value:
        case dict():
            return "object", frozenset((name, _identity(inner)) for name, inner in value.items())
        case list():
            return "array", tuple(_identity(inner) for inner in value)
        case bool():
            return "boolean", value
        case _:
            scalar: str | float | None = value
            return scalar


def _multiple_of(validator: Any, step: Json, value: Json, schema: Json) -> Errors:
    if not validator.is_type(value, "number"):
        return
    # A float's repr has the digits that were written; its bits are only near them.
    if Fraction(repr(value)) % Fraction(repr(step)):
        yield _error(f"{value!r} is not a multiple of {step!r}")


def _dependencies(validator: Any, table: Mapping[str, Json], value: Json, schema: Json) -> Errors:
    if not isinstance(value, dict):
        return
    for name, inner in table.items():
        if name not in value:
            continue
        if isinstance(inner, list):
            missing = [other for other in inner if other not in value]
            if missing:
                yield _error(f"{name!r} needs {', '.join(map(repr, missing))}")
        else:
            yield from validator.descend(value, inner, schema_path=name)
