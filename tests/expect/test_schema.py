"""Schemas: read strictly, checked themselves, held against answers; and the short form."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.expect.extract import first_block, unwrap
from gradient_cli.expect.load import load_schema
from gradient_cli.expect.schema import make_schema
from gradient_cli.expect.short_form import from_short_form

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def test_an_answer_that_fits_is_given_canonically():
    """One line of JSON, letters as letters."""
    reading = make_schema(PERSON, "s").judge('```json\n{ "name":\n "Zoë" }\n```')

    assert reading.value == {"name": "Zoë"}
    assert reading.canonical == '{"name": "Zoë"}'


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("no", "the answer is not JSON: expecting value at line 1, column 1"),
        ("", "the answer is not JSON"),
        ('Here: {"name": "x"}', "the answer is not JSON"),
        ('{"name": NaN}', "NaN is no JSON"),
        ('{"name": "a", "name": "b"}', 'the name "name" stands there twice'),
        ('{"name": 1}', "name: 1 is not of type 'string'"),
        ("{}", "the answer: 'name' is a required property"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_an_answer_that_does_not_fit_says_why(answer, words):
    """The place and the reason in one line."""
    reading = make_schema(PERSON, "s").judge(answer)

    assert reading.canonical is None
    assert words in reading.complaint


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"typ": "object"}, "unknown keyword `typ` at #; did you mean `type`?"),
        ({"properties": {"a": {"requird": []}}}, "unknown keyword `requird` at #/properties/a"),
        ({"items": [{"tpe": 1}]}, "#"),
        ({"allOf": [{"mimimum": 1}]}, "at #/allOf/0; did you mean `minimum`?"),
        ({"type": "strin"}, "#/type"),
        ({"minimum": "1"}, "#/minimum"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$ref": "http://example.com/x.json"}, "leads nowhere"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "another draft"),
        ([], "a schema is an object"),
    ],
)
def test_a_schema_that_is_none_is_refused(definition, words):
    """Before anything is sent, with its place."""
    with pytest.raises(UsageError) as error:
        make_schema(definition, "s.json")

    assert words in error.value.message


def test_extensions_and_properties_of_any_name_are_allowed():
    """Only keywords are checked, not the names of properties."""
    make_schema({"x-order": 1, "properties": {"typ": {"type": "string"}}}, "s")
    make_schema({"$defs": {"a": {"type": "null"}}, "$ref": "#/$defs/a"}, "s")
    make_schema(True, "s")


def test_formats_are_asserted():
    """Where the validator knows them without further packages."""
    assert make_schema({"format": "ipv4"}, "s").judge('"1.2.3.4"').complaint is None
    assert make_schema({"format": "ipv4"}, "s").judge('"nope"').complaint


def test_text_format_is_what_servers_take():
    """The schema goes along with the request."""
    assert make_schema(PERSON, "s").text_format() == {
        "type": "json_schema",
        "name": "answer",
        "schema": PERSON,
        "strict": True,
    }


@pytest.mark.parametrize(
    ("text", "properties", "required"),
    [
        ("name", {"name": {"type": "string"}}, ["name"]),
        (
            "name, age int",
            {"name": {"type": "string"}, "age": {"type": "integer"}},
            ["name", "age"],
        ),
        (
            "score float, ok bool",
            {"score": {"type": "number"}, "ok": {"type": "boolean"}},
            ["score", "ok"],
        ),
        ("tags list", {"tags": {"type": "array", "items": {"type": "string"}}}, ["tags"]),
        ("n int list", {"n": {"type": "array", "items": {"type": "integer"}}}, ["n"]),
        ("note? text", {"note": {"type": "string"}}, []),
        ("age int: in years", {"age": {"type": "integer", "description": "in years"}}, ["age"]),
        ("name: full name", {"name": {"type": "string", "description": "full name"}}, ["name"]),
        ("risk low|high", {"risk": {"enum": ["low", "high"]}}, ["risk"]),
    ],
)
def test_the_short_form(text, properties, required):
    """Fields, kinds, optional ones, descriptions, choices."""
    assert from_short_form(text) == {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name, ", '"" is no field'),
        ("1name", '"1name" is no field'),
        ("age integr", '"integr" is no kind for the field "age"'),
        ("a, a", 'the field "a" stands there twice'),
    ],
)
def test_a_short_form_that_is_none_names_the_field(text, words):
    """And a kind that exists."""
    with pytest.raises(UsageError) as error:
        from_short_form(text)

    assert words in error.value.message


def test_a_schema_comes_from_a_file_from_json_or_short(tmp_path):
    """A missing file is named as one."""
    path = tmp_path / "s.json"
    path.write_text('{"type": "null"}')

    assert load_schema(str(path)).definition == {"type": "null"}
    assert load_schema("s.json", folder=tmp_path).definition == {"type": "null"}
    assert load_schema('{"type": "null"}').definition == {"type": "null"}
    assert load_schema("name").definition["required"] == ["name"]
    with pytest.raises(UsageError, match="no such file"):
        load_schema("missing.json")
    with pytest.raises(UsageError, match="not JSON"):
        load_schema("{")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```\na\n```", "a\n"),
        ("x\n\n```sql\nselect 1;\n```\ny\n```\nb\n```", "select 1;\n"),
        ("~~~\n```\n~~~", "```\n"),
        ("````\n```\n````", "```\n"),
        ("  ```\n  a\n    b\n  ```", "a\n  b\n"),
        ("```\r\na\r\n```\r\n", "a\n"),
        ("```\nnever closed", "never closed"),
        ("``` a`b\nx\n```", ""),
        ("    ```\n    a\n", None),
        ("no code", None),
        ("`inline`", None),
        ("```\n```", ""),
    ],
)
def test_the_first_block_is_extracted(text, code):
    """By CommonMark's rules for fences."""
    assert first_block(text) == code


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("```json\n{}\n```\n", "{}\n"),
        ("\n ```\n{}\n ```\n\n", "{}\n"),
        ("Here:\n```json\n{}\n```", "Here:\n```json\n{}\n```"),
        ("```\n{}", "```\n{}"),
        ("{}", "{}"),
    ],
)
def test_only_an_answer_that_is_one_fence_is_unwrapped(text, inner):
    """Prose around it means that the model did not obey."""
    assert unwrap(text) == inner
