"""The JSON Schema of a suite, for editors; made of the table that reads suites."""

from gradient_cli.check.inquiry import TEXT_KEYS
from gradient_cli.check.keys import KEYS, Key
from gradient_cli.wire.json import Json

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 2}]}
_SURE: Json = {"type": "number", "minimum": 0.5, "maximum": 1}
_POINT: Json = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "properties": {
                **dict.fromkeys(TEXT_KEYS, _TEXT),
                "one_of": {
                    "anyOf": [*_TEXTS["anyOf"], {"type": "object", "additionalProperties": _TEXT}]
                },
                "scale": _TEXTS,
                "sure": _SURE,
            },
            "required": ["question"],
            "additionalProperties": False,
        },
    ]
}
_CALL: Json = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "properties": {"name": _TEXT, "arguments": {"type": "object"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    ]
}
_SCHEMAS: dict[str, Json] = {
    "a name, a file, JSON, a table, or a list of them": {
        "anyOf": [
            _TEXT,
            {"type": "object"},
            {
                "type": "array",
                "items": {"anyOf": [_TEXT, {"type": "object"}]},
                "minItems": 1,
            },
        ]
    },
    "a name, a table, or a list of them": {
        "anyOf": [*_CALL["anyOf"], {"type": "array", "items": _CALL, "minItems": 1}]
    },
    "a text": _TEXT,
    "a text or a list of texts": {
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]
    },
    "a text, or a list of up to 4 texts": {
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 4}]
    },
    "a whole number, 1 or more": {"type": "integer", "minimum": 1},
    'a whole number, 1 or more, or a share: "90%"': {
        "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "%$"}]
    },
    "a list of tables: [[test.case]]": {"type": "array", "items": {"type": "object"}},
    "a number above 0": {"type": "number", "exclusiveMinimum": 0},
    "a number from 0 to 1": {"type": "number", "minimum": 0, "maximum": 1},
    "a number from 0 to 2": {"type": "number", "minimum": 0, "maximum": 2},
    "true or false": {"type": "boolean"},
    "a text, a table, or a list of them": {
        "anyOf": [_POINT, {"type": "array", "items": _POINT, "minItems": 1}]
    },
    "a number from 0.5 to 1": _SURE,
    "a whole number, 2 or more": {"type": "integer", "minimum": 2},
    "a table of texts": {"type": "object", "additionalProperties": _TEXT},
    "a table of JSON values": {"type": "object"},
}
"""The words of a kind -> its schema."""


def suite_schema() -> dict[str, Json]:
    """Give the schema of a TOML suite."""
    defaults = {name: _schema(key) for name, key in KEYS.items() if key.in_defaults}
    tests = {name: _schema(key) for name, key in KEYS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a suite of gradient check",
        "type": "object",
        "properties": {
            "defaults": {
                "description": "for every test of the file",
                "type": "object",
                "properties": defaults,
                "additionalProperties": False,
            },
            "test": {
                "description": "the tests",
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "properties": tests, "additionalProperties": False},
            },
        },
        "required": ["test"],
        "additionalProperties": False,
    }


def _schema(key: Key) -> dict[str, Json]:
    return {"description": f"{key.meaning}. Example: {key.example}", **_SCHEMAS[key.kind.words]}
