"""A request for JSON gets an instance of its schema; a real validator is the judge."""

import json

import pytest
from jsonschema_rs import Draft202012Validator

from gradient_cli.mock.instance import instance_text

SCHEMAS = [
    {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
     "required": ["name", "age"], "additionalProperties": False},
    {"type": "array", "items": {"type": "string", "minLength": 6}, "minItems": 3},
    {"type": "array", "maxItems": 0},
    {"enum": ["low", "high"]},
    {"const": {"a": [1]}},
    {"type": ["string", "null"], "maxLength": 2},
    {"type": "integer", "minimum": 18},
    {"type": "integer", "exclusiveMinimum": 1, "multipleOf": 5},
    {"type": "number", "maximum": 0},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "minimum": 0.2, "maximum": 0.4},
    {"type": "integer", "minimum": -7, "exclusiveMaximum": -3},
    {"type": "number", "exclusiveMaximum": 0},
    {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    {"$ref": "#/$defs/item", "$defs": {"item": {"type": "object", "required": ["id"],
     "properties": {"id": {"type": "integer"}}}}},
    {"$defs": {"tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"},
     "right": {"$ref": "#/$defs/tree"}}}}, "$ref": "#/$defs/tree"},
    {"type": "null"},
    {},
    True,
]  # fmt: skip


def made(schema: object) -> str | None:
    wanted = {"type": "json_schema", "name": "x", "schema": schema}
    return instance_text({"input": "hi", "text": {"format": wanted}})


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_the_instance_is_valid(schema):
    """Objects, lists, limits, choices, references."""
    instance = json.loads(made(schema))

    assert list(Draft202012Validator(schema).iter_errors(instance)) == []


NEAREST = [
    ({"type": "integer", "maximum": -3}, -3),
    ({"type": "integer", "exclusiveMaximum": 1}, 0),
    ({"type": "integer", "exclusiveMaximum": 0.5}, 0),
    ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
    ({"type": "integer", "maximum": 4, "multipleOf": 5}, 0),
    ({"type": "integer", "exclusiveMinimum": 10, "multipleOf": 5}, 15),
    ({"type": "integer", "multipleOf": -4}, 4),
    ({"type": "integer", "minimum": True}, 1),
    ({"type": "integer", "minimum": 1e300}, 1),
    ({"type": "number", "minimum": 0.2, "maximum": 0.4}, pytest.approx(0.3)),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
    ({"type": "string"}, "mock"),
    ({"type": "string", "minLength": 6, "maxLength": 9}, "mock.."),
    ({"type": "string", "maxLength": 2}, "mo"),
    ({"type": "array", "items": {"type": "null"}}, [None]),
    ({"type": "array", "items": {"type": "null"}, "minItems": 3}, [None] * 3),
    ({"type": "array", "minItems": 0}, [{}]),
    ({"type": "array", "maxItems": 0}, []),
    ({"type": "boolean"}, True),
    ({"type": ["integer", "null"]}, 1),
    ({"type": []}, {}),
    ({"const": 7, "default": 8}, 7),
    ({"default": None, "type": "string"}, None),
    ({"enum": [], "type": "string"}, "mock"),
    ({"examples": ["e"], "type": "string"}, "e"),
    ({"enum": ["a", "b"], "examples": ["e"]}, "a"),
    ({"anyOf": [], "type": "string"}, "mock"),
    ({"oneOf": [{"type": "null"}, {"type": "string"}]}, None),
    ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "mock"),
    ({"$ref": "#/a/b", "a": {"b": {"type": "string"}}}, "mock"),
    ({"$ref": "#/a/none", "a": {}}, None),
    ({"$ref": "#/a/b", "a": 7}, None),
    ({"properties": {"a": {"type": "null"}}}, {"a": None}),
    (7, None),
]  # fmt: skip


def test_a_value_is_the_nearest_one_that_fits():
    """So that whoever writes a script knows what will come."""
    assert [(schema, json.loads(made(schema))) for schema, _ in NEAREST] == NEAREST


def test_an_object_that_never_ends_has_what_it_needs_and_no_more():
    """Members that may be left out are left out further down."""
    tree = {"type": "object", "properties": {"up": {"$ref": "#"}, "n": {"type": "integer"}}}

    def depth(value: dict) -> int:
        return 1 + depth(value["up"]) if "up" in value else 0

    made_of = json.loads(made({**tree, "required": ["n"]}))

    assert depth(made_of) == depth(json.loads(made(tree))) > 1
    while "up" in made_of:
        made_of = made_of["up"]
        assert made_of["n"] == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"type": "array", "minItems": 10**12, "items": {"type": "array", "minItems": 10**12}},
        {"type": "string", "minLength": 10**12},
        {"type": "string", "minLength": "x"},
        {"$defs": {"t": {"type": "object", "required": ["a", "b"], "properties": {
            "a": {"$ref": "#/$defs/t"}, "b": {"$ref": "#/$defs/t"}}}}, "$ref": "#/$defs/t"},
        {"properties": 3, "required": 4, "enum": 5, "anyOf": 6, "type": {}},
    ],
)  # fmt: skip
def test_a_schema_that_nothing_small_fits_is_given_up(schema):
    """Without end, without use, or no schema at all: some JSON comes, and soon."""
    assert len(made(schema)) < 1_000_000


@pytest.mark.parametrize(
    "request_body", [{}, {"text": None}, {"text": {"format": {"type": "text"}}}, {"text": "x"}]
)
def test_without_a_schema_there_is_no_instance(request_body):
    """The text stands."""
    assert instance_text(request_body) is None
