"""
The words of a schema: which keywords there are, and which of them hold schemas.

A keyword that the draft does not know, and that does not begin with `x-`, is an error: a
misspelt keyword would accept everything.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
OLDER = re.compile(r"https?://json-schema\.org/(draft-0[67]|draft/2019-09)/schema")
"""
Drafts whose words mean the same in 2020-12, or are refused by it.

Of what changed since, a list in `items` is no schema of 2020-12, and `additionalItems` and
`$recursiveRef` are unknown to it. What stands beside a `$ref` counts, which draft 7 ignores.
"""

FORMATS = {
    "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4",
    "ipv6", "iri", "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time",
    "uri", "uri-reference", "uri-template", "uuid",
}  # fmt: skip
"""The formats of the draft, all of them asserted; others (int64) say nothing."""

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
_SAYING = {"$ref", "anyOf", "const", "enum", "type"}
"""One of them stands in each schema that says what a value is."""


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
    if (
        isinstance(wanted, str)
        and wanted not in FORMATS
        and (near := _advice(wanted, FORMATS, 0.8))
    ):
        raise UsageError(f"{source}: unknown format `{wanted}` at {place}{near}")
    draft = str(schema.get("$schema", DRAFT)).rstrip("#")
    if draft != DRAFT and not OLDER.fullmatch(draft):
        raise UsageError(
            f'{source}: "$schema" names an unknown draft: {draft}',
            hint=f"read as {DRAFT}; drafts 6, 7 and 2019-09 are taken where they agree with it",
        )


def _advice(word: str, known: Iterable[str], likeness: float) -> str:
    from difflib import get_close_matches

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
