"""
What a schema leaves open although it reads as if it did not.

    {"required": ["id"]}                       null passes: `required` speaks of objects alone
    {"type": "object", "properties": {
        "tags": {"items": {"type": "text"}}}}  null passes as `tags`
    {}, true                                   anything passes
    false                                      nothing does

A schema that names `null` (`"type": ["object", "null"]`) means it.
"""

from collections.abc import Iterator, Mapping

from gradient_cli.expect.schema import Schema
from gradient_cli.expect.vocabulary import subschemas
from gradient_cli.wire.json import Json

_BOUND = {
    "object": {
        "additionalProperties", "dependencies", "dependentRequired", "dependentSchemas",
        "maxProperties", "minProperties", "patternProperties", "properties", "propertyNames",
        "required", "unevaluatedProperties",
    },
    "array": {
        "contains", "items", "maxContains", "maxItems", "minContains", "minItems", "prefixItems",
        "unevaluatedItems", "uniqueItems",
    },
    "string": {"format", "maxLength", "minLength", "pattern"},
    "number": {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"},
}  # fmt: skip
"""Kind -> the keywords that say nothing of any other."""

_HELD_BY = {
    "additionalProperties", "contains", "items", "patternProperties", "prefixItems", "properties",
    "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip
"""Their schemas judge what is within a value."""


def weakness(schema: Schema) -> str | None:
    """Give what a schema leaves open, in one line; None if it is as strong as it reads."""
    definition = schema.definition
    if definition is False:
        return "no answer can fit it"
    if not isinstance(definition, Mapping):
        return "every answer fits it"
    for place, inner in _open(definition):
        if (words := _words(place, inner)) and schema.takes_null(place):
            return words
    if not _says_kind(definition, definition, set()) and schema.accepts(None):
        return "nothing in it says what kind of value the answer is, and null fits it"
    return None


def _words(place: str, schema: Mapping[str, Json]) -> str | None:
    for kind, keywords in _BOUND.items():
        found = next((keyword for keyword in schema if keyword in keywords), None)
        if found:
            return f'null passes at {place}: `{found}` stands without "type": "{kind}"'
    return None


def _says_kind(schema: Json, root: Json, seen: set[str]) -> bool:
    """Tell whether a schema, or one that it applies in place, says what kind a value is of."""
    if not isinstance(schema, Mapping):
        return schema is False
    if schema.keys() & {"type", "enum", "const"}:
        return True
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        target = _at(root, reference)
        # What is named in another way may say it.
        if target is None or _says_kind(target, root, {*seen, reference}):
            return True
    if any(_says_kind(inner, root, seen) for inner in schema.get("allOf", ())):
        return True
    unions = [schema[name] for name in ("anyOf", "oneOf") if schema.get(name)]
    return any(all(_says_kind(inner, root, seen) for inner in union) for union in unions)


def _at(root: Json, reference: str) -> Json:
    """Give what a plain pointer leads to; None for any other reference."""
    from urllib.parse import unquote

    if reference != "#" and not reference.startswith("#/"):
        return None
    found = root
    for step in unquote(reference).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(name)] if isinstance(found, list) else found[name]
        except (LookupError, TypeError, ValueError):
            return None
    return found


def _open(definition: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """
    Give the schemas, with their places, that judge a value of which nothing says the kind.

    What stands below `allOf`, `if` or `not` may refine what is said elsewhere; it is left alone.
    """
    waiting: list[tuple[str, Json, bool]] = [("#", definition, True)]
    seen: set[tuple[str, bool]] = set()
    while waiting:
        place, schema, is_open = waiting.pop()
        if not isinstance(schema, Mapping) or (place, is_open) in seen:
            continue
        seen.add((place, is_open))
        is_open = is_open and not _says_kind(schema, definition, set())
        if is_open:
            yield place, schema
        if isinstance(reference := schema.get("$ref"), str):
            waiting.append((reference, _at(definition, reference), is_open))
        for keyword, step, inner in subschemas(schema):
            name = step.partition("/")[2].replace("~", "~0").replace("/", "~1")
            where = f"{place}/{keyword}/{name}" if name else f"{place}/{keyword}"
            if keyword in _HELD_BY:
                waiting.append((where, inner, True))
            elif keyword in {"anyOf", "oneOf"}:
                waiting.append((where, inner, is_open))
