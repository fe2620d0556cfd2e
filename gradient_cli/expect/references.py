"""
A schema looked through before it is used: what it says, and where its references lead.

    every schema in it   by its place, or because a reference leads there
        ├── keywords     known to the draft, or beginning with x-
        ├── format       no misspelt one
        ├── $ref         leads to a schema in this file (or to the draft's own)
        └── in place     never back to itself: {"$ref": "#"} would be asked without end
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Any

from gradient_cli.errors import UsageError
from gradient_cli.expect.formats import UNCHECKED, checks
from gradient_cli.wire.json import Json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
OLDER = re.compile(r"https?://json-schema\.org/(draft-0[67]|draft/2019-09)/schema")
"""
Drafts whose words mean the same in 2020-12, or are refused by it.

Of what changed since, a list in `items` is no schema of 2020-12, and `additionalItems` and
`$recursiveRef` are unknown to it. What stands beside a `$ref` counts, which draft 7 ignores.
"""

_ONE = {
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip
_LIST = {"allOf", "anyOf", "oneOf", "prefixItems"}
_TABLE = {
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
}  # fmt: skip
_PLAIN = {
    "$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema",
    "$vocabulary", "const", "contentEncoding", "contentMediaType", "default",
    "dependentRequired", "deprecated", "description", "enum", "examples", "exclusiveMaximum",
    "exclusiveMinimum", "format", "maxContains", "maxItems", "maxLength", "maxProperties",
    "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
    "pattern", "readOnly", "required", "title", "type", "uniqueItems", "writeOnly",
}  # fmt: skip
KEYWORDS = _ONE | _LIST | _TABLE | _PLAIN
_IN_PLACE = {
    "allOf", "anyOf", "dependencies", "dependentSchemas", "else", "if", "not", "oneOf", "then",
}  # fmt: skip
"""Their schemas judge the same value, so that a circle of them has no end."""


_SAYING = {"$ref", "anyOf", "const", "enum", "type"}
"""One of them stands in each schema that says what a value is."""


@dataclass(slots=True)
class _Found:
    """The schemas seen so far."""

    places: dict[int, str] = field(default_factory=dict)
    """id of a schema -> its place."""
    in_place: dict[int, list[int]] = field(default_factory=dict)
    """id of a schema -> ids of those that it applies to the same value."""
    led_to: list[tuple[str, Json]] = field(default_factory=list)
    """Schemas that stand where none is looked for, but a reference leads to them."""


def check_keywords(definition: Json, source: str) -> None:
    """
    Look at every schema by its place; needs no library.

    Raises:
        UsageError: a keyword that nobody knows, a misspelt format, another draft.

    """
    waiting = [("#", definition)]
    while waiting:
        place, schema = waiting.pop()
        if not isinstance(schema, Mapping):
            continue
        _check_words(schema, place, source)
        waiting.extend((f"{place}/{step}", inner) for _, step, inner in subschemas(schema))


def _check_words(schema: Mapping[str, Json], place: str, source: str) -> None:
    for keyword in schema:
        if keyword in KEYWORDS or keyword.startswith("x-"):
            continue
        raise UsageError(
            f"{source}: unknown keyword `{keyword}` at {place}{_advice(keyword, KEYWORDS, 0.6)}",
            hint="only draft 2020-12's keywords, and names that begin with x-",
        )
    wanted = schema.get("format")
    # Formats of other vocabularies (int64) say nothing here; a near miss is a misspelling.
    is_known = not isinstance(wanted, str) or wanted in checks() or wanted in UNCHECKED
    if not is_known and (advice := _advice(wanted, checks(), 0.8)):
        raise UsageError(f"{source}: unknown format `{wanted}` at {place}{advice}")
    draft = str(schema.get("$schema", DRAFT)).rstrip("#")
    if draft != DRAFT and not OLDER.fullmatch(draft):
        raise UsageError(
            f'{source}: "$schema" names an unknown draft: {draft}',
            hint=f"read as {DRAFT}; drafts 6, 7 and 2019-09 are taken where they agree with it",
        )


def _advice(word: Json, known: Iterable[str], likeness: float) -> str:
    near = get_close_matches(word, known, 1, likeness)
    return f"; did you mean `{near[0]}`?" if near else ""


def subschemas(schema: Mapping[str, Json]) -> Iterator[tuple[str, str, Json]]:
    """Give the schemas directly within a schema: keyword, steps from here, schema."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield keyword, keyword, value
        elif keyword in _LIST and isinstance(value, list):
            yield from ((keyword, f"{keyword}/{n}", inner) for n, inner in enumerate(value))
        elif keyword in _TABLE and isinstance(value, Mapping):
            yield from ((keyword, f"{keyword}/{name}", inner) for name, inner in value.items())


def says_all(definition: Json) -> bool:
    """
    Tell whether each object in a schema names all that it holds, and requires it.

    A server that takes `strict` refuses any other schema: OpenAI's models with status 400.
    """
    if not isinstance(definition, Mapping) or definition.get("type") != "object":
        return False
    waiting: list[Json] = [definition]
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, Mapping) or not schema.keys() & _SAYING:
            if isinstance(schema, bool):  # additionalProperties: false
                continue
            return False
        names = schema.get("properties", {})
        if "object" in str(schema.get("type")) or names:
            if schema.get("additionalProperties") is not False:
                return False
            if set(schema.get("required", ())) != set(names):
                return False
        waiting.extend(inner for _, _, inner in subschemas(schema))
    return True


def check_references(definition: Json, source: str) -> list[tuple[str, Json]]:
    """
    Resolve every reference now: a broken one must not wait for an answer.

    Gives the schemas, with their places, that only a reference shows to be schemas.

    Raises:
        UsageError: a reference leads nowhere or to no schema, or around in a circle.

    """
    if not isinstance(definition, Mapping):
        return []
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # has no types
    from referencing.jsonschema import DRAFT202012

    resource = DRAFT202012.create_resource(definition)
    found = _Found()
    waiting: list[tuple[str, Json, Any]] = [
        ("#", definition, REGISTRY.resolver_with_root(resource))
    ]
    while waiting:
        place, schema, resolver = waiting.pop()
        if not isinstance(schema, Mapping) or id(schema) in found.places:
            continue
        found.places[id(schema)] = place
        if place != "#":
            resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
        inner = list(subschemas(schema))
        waiting.extend((f"{place}/{step}", value, resolver) for _, step, value in inner)
        edges = found.in_place.setdefault(id(schema), [])
        edges.extend(id(value) for keyword, _, value in inner if keyword in _IN_PLACE)
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in schema:
                target = _followed(schema[keyword], resolver, f"{source}: {place}")
                edges.append(id(target.contents))
                if not str(schema[keyword]).startswith("https://json-schema.org/"):
                    found.led_to.append((schema[keyword], target.contents))
                    # First what stands in a schema's place; a reference's target may be seen then.
                    waiting.insert(0, (schema[keyword], target.contents, target.resolver))
    _check_circles(found, source)
    by_place = {id(value) for value in _by_place(definition)}
    return [(place, value) for place, value in found.led_to if id(value) not in by_place]


def _by_place(definition: Json) -> Iterator[Json]:
    waiting = [definition]
    while waiting:
        schema = waiting.pop()
        yield schema
        if isinstance(schema, Mapping):
            waiting.extend(inner for _, _, inner in subschemas(schema))


def _followed(reference: Json, resolver: Any, where: str) -> Any:
    from referencing.exceptions import Unresolvable

    try:
        target = resolver.lookup(reference)
    except (Unresolvable, ValueError):  # ValueError: no URI at all
        raise UsageError(
            f'{where}: "{reference}" leads nowhere',
            hint="references lead within the schema; nothing is fetched",
        ) from None
    if not isinstance(target.contents, Mapping | bool):
        raise UsageError(f'{where}: "{reference}" leads to no schema')
    return target


def _check_circles(found: _Found, source: str) -> None:
    try:
        TopologicalSorter(found.in_place).prepare()
    except CycleError as error:
        places = [found.places[node] for node in error.args[1] if node in found.places]
        raise UsageError(
            f"{source}: {min(places, key=len)} leads back to itself for the same value",
            hint="put the reference below `properties` or `items`",
        ) from None
