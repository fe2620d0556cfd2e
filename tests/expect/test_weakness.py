"""Schemas that leave more open than they read."""

import pytest

from gradient_cli.expect.schema import make_schema
from gradient_cli.expect.weakness import weakness

TAGS = {"items": {"type": "string"}}
NULLABLE = {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({}, "nothing in it says what kind"),
        ({"title": "x"}, "nothing in it says what kind"),
        (True, "every answer fits it"),
        (False, "no answer can fit it"),
        ({"not": {"type": "string"}}, "nothing in it says what kind"),
        ({"required": ["a"]}, '#: `required` stands without "type": "object"'),
        ({"minItems": 1}, '#: `minItems` stands without "type": "array"'),
        ({"pattern": "^a"}, '#: `pattern` stands without "type": "string"'),
        ({"minimum": 1}, '#: `minimum` stands without "type": "number"'),
        ({"dependentRequired": {"a": ["b"]}}, "`dependentRequired` stands without"),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, "nothing in it says"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"required": ["b"]}}}, "#/$defs/a: `required`"),
        ({"anyOf": [{"required": ["a"]}, {"type": "string"}]}, "#/anyOf/0: `required`"),
        ({"type": "object", "properties": {"tags": TAGS}}, "#/properties/tags: `items`"),
        ({"type": "object", "properties": {"a/b": {"maxLength": 1}}}, "#/properties/a~1b: `max"),
        ({"type": "array", "contains": {"required": ["a"]}}, "#/contains: `required`"),
        (
            {
                "type": "object",
                "properties": {
                    "first": {"minLength": 1},
                    "me": {"$ref": "#"},
                    "other": {"$ref": "#"},
                },
            },
            "#/properties/first: `minLength`",
        ),
        (
            {"type": "array", "items": {"$ref": "#/$defs/t"}, "$defs": {"t": TAGS}},
            "#/$defs/t: `items`",
        ),
    ],
)
def test_a_schema_that_takes_null_by_oversight_is_named(definition, words):
    """Keywords for one kind say nothing of another."""
    assert words in weakness(make_schema(definition, "s"))


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "object", "required": ["a"]},
        {"type": ["object", "null"], "required": ["a"]},
        NULLABLE,
        {"type": "object", "properties": {"a": NULLABLE, "b": {}}},
        {"allOf": [{"type": "object"}, {"required": ["a"]}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "minItems": 1}}},
        {"enum": [None, 1]},
        {"const": None},
        {"not": {"type": "null"}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}},
         "allOf": [{"properties": {"a": {"minLength": 1}}}]},
        {"type": "object", "if": {"properties": {"a": {"minimum": 1}}}, "then": {"required": ["b"]}},
        {"type": "array", "items": {"$anchor": "t", "type": "array", "items": {"$ref": "#t"}}},
        {"type": "object", "properties": {"me": {"$ref": "#"}}},
    ],
)  # fmt: skip
def test_a_schema_that_names_null_or_a_kind_means_it(definition):
    """No false alarm."""
    assert weakness(make_schema(definition, "s")) is None
