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
