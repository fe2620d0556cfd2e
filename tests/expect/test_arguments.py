"""A call's arguments: what a program may be given, and what never comes to it."""

import pytest

from gradient_cli.expect.arguments import complaint, is_sound, read_arguments

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OPEN_API = {**CITY, "nullable": True, "example": {"city": "Bonn"}}
"""A dialect that the service reads: words of it that are no JSON Schema say nothing."""
DEEP: dict = {}
for _ in range(300):
    DEEP = {"properties": {"a": DEEP}}
NONE = [7, "x", [], {"type": "strin"}, {"$ref": "http://127.0.0.1:1/x"}, {"const": b"x"}, DEEP]
"""What is no schema, or none that could be followed."""


@pytest.mark.parametrize(
    ("definitions", "arguments", "text"),
    [
        ([CITY], ' {"city":\n"Köln"} ', '{"city":"Köln"}'),
        ([OPEN_API, CITY], '{"city": "a"}', '{"city":"a"}'),
        ([None], "", "{}"),
        ([None], "{}", "{}"),
        ([{"type": "object"}], " ", "{}"),
        ([], '{"a": 1.10}', '{"a":1.1}'),
    ],
)
def test_what_fits_is_written_anew(definitions, arguments, text):
    """One line, whatever the model made of it."""
    found = read_arguments(definitions, arguments)

    assert (found.complaint, found.text) == (None, text)


@pytest.mark.parametrize(
    ("definitions", "arguments", "words"),
    [
        ([CITY], "{", "they are no JSON: "),
        ([CITY], "[]", "they are no JSON object"),
        ([CITY], "{}", '"city" is a required property'),
        ([CITY], '{"city": 7}', "city: 7 is not of type"),
        ([None], '{"a": 1}', "the function takes none"),
        ([CITY, None], '{"city": "a"}', "the function takes none"),
        ([None, CITY], "{}", '"city" is a required property'),
        ([{"type": "object"}, CITY], "{}", '"city" is a required property'),
        ([{**CITY, "additionalProperties": False}], '{"city": "a", "b": 1}', "Additional"),
        *[([one], "{}", "the parameters of the function are no JSON Schema") for one in NONE],
    ],
)
def test_what_does_not_fit_comes_to_no_program(definitions, arguments, words):
    """And what cannot be checked does not fit."""
    found = read_arguments(definitions, arguments)

    assert found.text == ""
    assert words.lower() in found.complaint.lower()
    assert "the answer" not in found.complaint


def test_parameters_that_are_sound_are_told_from_others():
    """A function may have none; anything else must be a schema."""
    assert all(is_sound(one) for one in (None, {}, CITY, OPEN_API))
    assert not any(is_sound(one) for one in NONE)


def test_a_call_is_held_against_what_was_offered():
    """Parameters that prove nothing say nothing: it is the service that reads them."""
    assert complaint(CITY, '{"city": "a"}') is None
    assert complaint(CITY, "") == '"city" is a required property'
    assert "is not JSON" in str(complaint(CITY, "["))
    for one in NONE:
        assert complaint(one, '{"city": 7}') is None
