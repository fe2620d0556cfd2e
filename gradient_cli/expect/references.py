"""
The references of a schema, followed before it is used.

    $ref, $dynamicRef    leads to a schema in this file (or to the draft's own), or is refused
        ├── keywords     what stands there is known to be a schema only now: looked through, too
        └── in place     never back to itself, and no value is judged more than MOST_TIMES:
                         ten definitions that each name the next one twice are a thousand
"""

from collections.abc import Mapping
from typing import Any

from gradient_cli.errors import UsageError
from gradient_cli.expect.excerpt import one_line
from gradient_cli.expect.vocabulary import check_keywords, subschemas
from gradient_cli.wire.json import Json

MOST_TIMES = 20_000
"""Schemas that may be held against one and the same value."""

_BASE = "https://schema.invalid/"
"""Where a schema without an `$id` is said to stand; the name leads nowhere (RFC 2606)."""
_DRAFTS = "https://json-schema.org/"
_NOWHERE = {"x-nowhere": "nothing is fetched"}
_IN_PLACE = {
    "allOf", "anyOf", "dependencies", "dependentSchemas", "else", "if", "not", "oneOf", "then",
}  # fmt: skip
"""Their schemas judge the same value, so that a circle of them has no end."""


def check_references(definition: Json, source: str) -> None:
    """
    Follow every reference now: a broken one must not wait for an answer.

    Raises:
        UsageError: a reference leads nowhere or to no schema, around in a circle, or to too
            many others; or a word where it leads is unknown.

    """
    if isinstance(definition, Mapping):
        try:
            _Tour(definition, source).run()
        except RecursionError:
            raise UsageError(f"{source}: the schema is nested too deeply") from None


class _Tour:
    """Goes through the schemas; each value in `_times` counts what is held against one value."""

    def __init__(self, definition: Json, source: str) -> None:
        self._source = source
        self._definition = definition
        self._times: dict[object, int | None] = {}
        """Key of a schema -> how many judge its value, itself among them; None: not done yet."""
        self._targets: dict[tuple[str, str], tuple[Json, Any]] = {}
        """Base and reference -> what stands there, which lives on, so that its id stays its own."""
        self._waiting: list[tuple[str, Json, Any]] = []

    def run(self) -> None:
        from jsonschema_rs import Registry

        # What the registry cannot find it asks for: by this, of nobody.
        try:
            registry = Registry([(_BASE, self._definition)], retriever=lambda _: _NOWHERE)
        except ValueError as error:
            raise UsageError(f"{self._source}: {one_line(str(error)[:200])}") from None
        self._waiting = [("#", self._definition, registry.resolver(_BASE))]
        while self._waiting:
            place, schema, resolver = self._waiting.pop()
            self._count(id(schema), place, schema, resolver)

    def _count(self, key: object, place: str, schema: Json, resolver: Any) -> int:
        """Give how many schemas judge the value of this one, and leave its children waiting."""
        if not isinstance(schema, Mapping):
            return 1
        if key in self._times:
            return self._known(key, place)
        self._times[key] = None
        resolver = _inside(schema, resolver)
        times = 1
        for keyword, step, inner in subschemas(schema):
            where = f"{place}/{step}"
            if keyword in _IN_PLACE:
                times += self._count(id(inner), where, inner, resolver)
            else:
                self._waiting.append((where, inner, resolver))
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in schema:
                times += self._count_target(str(schema[keyword]), place, resolver)
        if times > MOST_TIMES:
            raise UsageError(
                f"{self._source}: {place} holds one value against more than {MOST_TIMES:,} schemas",
                hint="name each definition once",
            )
        self._times[key] = times
        return times

    def _known(self, key: object, place: str) -> int:
        times = self._times[key]
        if times is None:
            raise UsageError(
                f"{self._source}: {place} leads back to itself for the same value",
                hint="put the reference below `properties` or `items`",
            )
        return times

    def _count_target(self, reference: str, place: str, resolver: Any) -> int:
        if reference.startswith(_DRAFTS):
            return 1
        # The root is the one schema that is met by its place and by a reference as the same.
        key = (resolver.base_uri, reference)
        is_known = key in self._targets
        if not is_known:
            self._targets[key] = self._followed(reference, place, resolver)
        target, there = self._targets[key]
        if not is_known:
            check_keywords(target, f"{self._source}: {reference}")
        return self._count(key, place if is_known else reference, target, there)

    def _followed(self, reference: str, place: str, resolver: Any) -> tuple[Json, Any]:
        from jsonschema_rs import ReferencingError

        where = f"{self._source}: {place}"
        try:
            found = resolver.lookup(reference)
        except ReferencingError:
            found = None
        if found is None or found.contents == _NOWHERE:
            raise UsageError(
                f'{where}: "{reference}" leads nowhere',
                hint="references lead within the schema; nothing is fetched",
            )
        if not isinstance(found.contents, Mapping | bool):
            raise UsageError(f'{where}: "{reference}" leads to no schema')
        return found.contents, found.resolver


def _inside(schema: Mapping[str, Json], resolver: Any) -> Any:
    """Give the resolver for what stands within a schema that may have a name of its own."""
    from jsonschema_rs import ReferencingError

    name = schema.get("$id")
    if not isinstance(name, str):
        return resolver
    try:
        return resolver.lookup(name).resolver
    except ReferencingError:
        return resolver
