"""
A small instance of a JSON Schema: what the mock says where a request wants JSON.

Knows const, enum, default, examples, type, the limits of numbers, lengths and lists, local `$ref`
and the first of anyOf, oneOf and allOf. `pattern`, `format` and `not` are beyond it.
"""

from collections.abc import Mapping

from gradient_cli.wire.json import Json, dumps

_MOST_VALUES = 10_000
"""Values in an instance: a schema that refers to itself is given up there."""
_LONGEST = 10_000
"""Characters and list items, whatever `minLength` and `minItems` want."""
_LARGEST = 1e15
"""Limits beyond it are ignored: steps of 1 would be lost in them."""
_DEEPEST_OPTIONAL = 3
"""Levels to which properties are given that are not required."""


def instance_text(request: Mapping[str, Json]) -> str | None:
    """Give JSON for the request's `text.format`, or None if it asks for none."""
    text = request.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    nested = wanted.get("json_schema")
    schema = wanted.get("schema", nested.get("schema") if isinstance(nested, dict) else None)
    return dumps(instance(schema))


def instance(schema: Json) -> Json:
    """Give a small instance of a schema."""
    return _Maker(schema).value(schema, 0)


class _Maker:
    """Makes the values of one instance."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._left = _MOST_VALUES

    def value(self, schema: Json, depth: int) -> Json:
        self._left -= 1
        if not isinstance(schema, dict) or self._left < 0 or depth > 100:
            return None
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        for name in ("enum", "examples"):
            if isinstance(schema.get(name), list) and schema[name]:
                return schema[name][0]
        if isinstance(schema.get("$ref"), str):
            return self.value(self._referred(schema["$ref"]), depth + 1)
        for name in ("anyOf", "oneOf", "allOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                return self.value(schema[name][0], depth + 1)
        return self._typed(schema, depth)

    def _typed(self, schema: Mapping[str, Json], depth: int) -> Json:
        kind = schema.get("type")
        match kind[0] if isinstance(kind, list) and kind else kind:
            case "string":
                return "mock".ljust(_size(schema, "minLength", 0), ".")[
                    : _size(schema, "maxLength", _LONGEST)
                ]
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case "array":
                count = min(_size(schema, "minItems", 1) or 1, _size(schema, "maxItems", _LONGEST))
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]
            case "null":
                return None
        return self._object(schema, depth)

    def _object(self, schema: Mapping[str, Json], depth: int) -> Json:
        properties, required = schema.get("properties"), schema.get("required")
        if not isinstance(properties, dict):
            return {}
        needed = required if isinstance(required, list) else []
        return {
            name: self.value(inner, depth + 1)
            for name, inner in properties.items()
            if name in needed or depth < _DEEPEST_OPTIONAL
        }

    def _referred(self, reference: str) -> Json:
        """Give what a local reference such as `#/$defs/name` points at."""
        place = self._root
        for name in filter(None, reference.removeprefix("#").split("/")):
            place = place.get(name) if isinstance(place, dict) else None
        return place


def _number(schema: Mapping[str, Json]) -> Json:
    """Give the number nearest to one step (`multipleOf`, else 1) that lies within the limits."""
    step = abs(_count(schema, "multipleOf") or 1)
    low, above = _count(schema, "minimum"), _count(schema, "exclusiveMinimum")
    high, below = _count(schema, "maximum"), _count(schema, "exclusiveMaximum")
    value: float = step
    if high is not None and value > high:
        value = high // step * step
    if below is not None and value >= below:
        value = -(-below // step) * step - step
    if low is not None and value < low:
        value = -(-low // step) * step
    if above is not None and value <= above:
        value = above // step * step + step
    is_over = (high is not None and value > high) or (below is not None and value >= below)
    floor, ceiling = (low if above is None else above), (high if below is None else below)
    if is_over and floor is not None and ceiling is not None:
        # No whole step lies between the limits; for numbers that are not whole, the middle does.
        return (floor + ceiling) / 2
    return value


def _count(schema: Mapping[str, Json], name: str) -> float | None:
    value = schema.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if abs(value) < _LARGEST else None


def _size(schema: Mapping[str, Json], name: str, silent: int) -> int:
    value = _count(schema, name)
    return silent if value is None else max(0, min(int(value), _LONGEST))
