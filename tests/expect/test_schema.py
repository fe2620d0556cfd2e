"""Schemas: read strictly, checked themselves, held against answers; and the short form."""

import json
import time

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.expect.load import load_schema
from gradient_cli.expect.schema import make_schema
from gradient_cli.expect.short_form import from_short_form
from gradient_cli.expect.vocabulary import FORMATS as KNOWN_FORMATS
from gradient_cli.terminal.opener import Opener
from gradient_cli.wire.json import dumps

OLD = {"$schema": "http://json-schema.org/draft-07/schema#"}
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
        ('{"name": 1}', 'name: 1 is not of type "string"'),
        ("{}", 'the answer: "name" is a required property'),
        ("[" * 100_000, "nested too deeply"),
        ('{"name": 1e400}', "1e400 is too large a number"),
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
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "unknown draft"),
        (OLD | {"items": [{}]}, "#/items"),
        (OLD | {"additionalItems": {}}, "`additionalItems` at #"),
        ([], "a schema is an object"),
        ({"$ref": "#/title", "title": "x"}, '"#/title" leads to no schema'),
        ({"$id": "http://a/b", "items": {"$ref": "c.json"}}, '#/items: "c.json" leads nowhere'),
        ({"$ref": "#/x-a", "x-a": {"typ": 1}}, "#/x-a: unknown keyword `typ`"),
        ({"$ref": "#/x-a", "x-a": {"type": "strin"}}, "#/x-a/type"),
        ({"dependencies": {"a": {"typ": 1}}}, "at #/dependencies/a"),
        ({"format": "emial"}, "unknown format `emial` at #; did you mean `email`?"),
        ({"pattern": "("}, "#/pattern"),
        ({"patternProperties": {"(": True}}, "#/patternProperties"),
        ({"$ref": "#"}, "# leads back to itself"),
        ({"items": {"anyOf": [{"$ref": "#/items"}, True]}}, "#/items/anyOf/0 leads back to itself"),
        (
            {"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}}},
            "leads back to itself",
        ),
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


def test_a_schema_may_lead_into_itself_one_level_down():
    """A tree is no circle: each step looks at a smaller value."""
    tree = {"type": "array", "items": {"$ref": "#"}}

    assert accepts(tree, [[], [[]]])
    assert not accepts(tree, [[], [1]])
    deep = make_schema(tree, "s").judge("[" * 500 + "]" * 500).complaint
    assert deep is None or "nested too deeply" in deep


@pytest.mark.sampled
@pytest.mark.parametrize("pattern", [r"^(a|aa)+$", r"^(a+)+$", r"^(a|aa)+(?!x)\1$", r"(?=a*b)c"])
def test_a_schemas_pattern_cannot_hang_the_run(pattern):
    """In whichever keyword it stands; Python's `re` needs centuries or minutes for these."""
    schemas = [
        {"pattern": pattern},
        {"not": {"not": {"pattern": pattern}}},
        {"patternProperties": {pattern: True}, "additionalProperties": False},
        {"patternProperties": {pattern: True}, "unevaluatedProperties": False},
        {"propertyNames": {"pattern": pattern}},
    ]
    begun = time.process_time()

    for schema in schemas:
        for text in ("a" * 60 + "!", "a" * 10_000 + "!"):
            answer = text if "pattern" in schema or "not" in schema else {text: 1}
            assert not accepts(schema, answer)
    assert time.process_time() - begun < 5


def test_a_name_that_the_model_chose_begins_no_line():
    """A workflow command in a property's name stays in its line."""
    schema = make_schema({"additionalProperties": {"type": "integer"}}, "s")

    complaint = schema.judge('{"a\\n::error::b\\u001b[31m": "1"}').complaint

    assert complaint == 'a\\n::error::b\\x1b[31m: "1" is not of type "integer"'
    assert len(schema.judge(json.dumps({"n" * 9999: "1"})).complaint) < 200


def test_what_is_printed_is_one_line_of_json():
    """Line ends that only some readers know, and halves of characters, are escaped."""
    reading = make_schema(True, "s").judge('["\u2028", "\\ud800", "Zoë"]')

    assert reading.canonical == '["\\u2028", "\\ud800", "Zoë"]'


def accepts(schema, value) -> bool:
    return make_schema(schema, "s").judge(json.dumps(value)).complaint is None


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"pattern": "^a"}, ["ab", 1], ["ba"]),
        ({"pattern": r"^\p{Lu}"}, ["Élan"], ["élan"]),
        ({"multipleOf": 0.01}, [19.99, 0.07, 1e308, 5, True], [19.999]),
        ({"multipleOf": 3}, [0, -9, 10**400 * 3], [10**400]),
        ({"uniqueItems": True}, [[1, True], [0, False], ["1", 1], {"a": 1}], [[1, 1.0]]),
        (
            {"uniqueItems": True},
            [[{"a": 1}, {"a": True}], [[1], [2]]],
            [[{"a": [1], "b": 2}, {"b": 2, "a": [1.0]}], [[1], [1]]],
        ),
        ({"dependencies": {"a": ["b"]}}, [{"a": 1, "b": 1}, {"b": 1}, 1], [{"a": 1}]),
        ({"dependencies": {"a": {"required": ["b"]}}}, [{"a": 1, "b": 1}, {}], [{"a": 1}]),
        ({"patternProperties": {"^x": {"type": "null"}}}, [{"x": None, "y": 1}], [{"xy": 1}]),
        (
            {
                "properties": {"a": True},
                "patternProperties": {"^x": True},
                "additionalProperties": False,
            },
            [{"a": 1, "xa": 1}, []],
            [{"b": 1}],
        ),
        ({"additionalProperties": {"type": "null"}}, [{"a": None}], [{"a": 1}]),
        (
            {"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False},
            [{"a": 1}, 1],
            [{"b": 1}],
        ),
        (
            {
                "if": {"required": ["a"], "properties": {"a": True}},
                "then": {"properties": {"b": True}},
                "else": {"patternProperties": {"^c": True}},
                "unevaluatedProperties": False,
            },
            [{"a": 1, "b": 1}, {"cc": 1}],
            [{"b": 1}, {"a": 1, "c": 1}],
        ),
        (
            {
                "$defs": {"base": {"properties": {"a": True}}},
                "$ref": "#/$defs/base",
                "dependentSchemas": {"a": {"properties": {"d": True}}},
                "anyOf": [{"properties": {"e": {"const": 1}}}, {"required": ["zz"]}],
                "unevaluatedProperties": {"type": "null"},
            },
            [{"a": 1, "d": 1}, {"e": 1}, {"f": None}],
            [{"d": 1}, {"f": 1}],
        ),
    ],
)
def test_the_keywords_that_are_our_own(schema, good, bad):
    """They say what the draft says, and `dependencies` what it once said."""
    assert [value for value in good if not accepts(schema, value)] == []
    assert [value for value in bad if accepts(schema, value)] == []


@pytest.mark.real
def test_many_items_are_told_apart_in_linear_time():
    """A long answer cannot keep a run busy."""
    schema = make_schema({"uniqueItems": True}, "s")
    answer = json.dumps([{"a": n} for n in range(10_000)])
    begun = time.process_time()

    assert schema.judge(answer).complaint is None
    assert time.process_time() - begun < 1


ECMA = {
    r"^[a-z-]+$": (["fix-login"], ["fix-login\n", "a\nb", ""]),
    r"^\d+$": (["12"], ["١٢", "१"]),
    r"^\w+$": (["a_1"], ["é", "ж"]),
    r"^\W$": (["é"], ["a"]),
    r"^\s$": (["\u00a0", "\ufeff", "\u2028"], ["\u200b"]),
    r"^.$": (["😀", "\x85"], ["\n", "\r", "\u2028", "\u2029"]),
    r"^[^\d]$": (["٣"], ["3"]),
    r"^\cJ$": (["\n"], ["J"]),
    r"^(?<year>\d{4})-\d\d$": (["2026-11"], ["26-11"]),
    r"^(?=.*\d)(?=.*[a-z]).{4,}$": (["abc1"], ["abcd", "ab1"]),
    r"(?<!a)b$": (["cb"], ["ab"]),
    r"^(a|b)\1$": (["aa"], ["ab"]),
    r"^\p{Script=Greek}+$": (["αβ"], ["ab"]),
    r"^\u{1F600}$": (["😀"], ["u"]),
    r"^[a&&b[]$": (["&", "["], ["c"]),
    r"^[\p{L} ]{1,500}$": (["é" * 500], ["é" * 501]),
}


@pytest.mark.parametrize("pattern", ECMA)
def test_patterns_are_those_of_ecma_262(pattern):
    """`$` is the text's end, digits and letters are ASCII's, and the names of properties, too."""
    good, bad = ECMA[pattern]
    names = {"patternProperties": {pattern: True}, "additionalProperties": False}

    assert [text for text in good if not accepts({"pattern": pattern}, text)] == []
    assert [text for text in bad if accepts({"pattern": pattern}, text)] == []
    assert [text for text in good if not accepts(names, {text: 1})] == []
    assert [text for text in bad if accepts(names, {text: 1})] == []


@pytest.mark.parametrize("pattern", [r"a\Z", "(?P=a)", "a{99999999}", "(?#x)", "(" * 9999, "[z-a]"])
def test_what_is_no_pattern_of_ecma_262_is_refused(pattern):
    """Python's own words among them, and what would not fit into memory."""
    with pytest.raises(UsageError, match="#/pattern"):
        make_schema({"type": "string", "pattern": pattern}, "s")


def test_numbers_keep_their_digits():
    """What a double cannot hold is judged, printed and parsed as it was written."""
    schema = {"type": "object", "additionalProperties": {"type": "number", "multipleOf": 0.01}}
    answer = (
        '{"amount": 12345678901234567.89, "tax": 1.10, "n": 1e2, "id": 10000000000000000000001}'
    )

    reading = make_schema(schema, "s").judge(answer)

    assert reading.canonical == answer.replace("1e2", "1E+2")
    assert dumps(reading.value) == reading.canonical.replace(": ", ":").replace(", ", ",")
    assert accepts({"maximum": 1}, 0.9)
    assert make_schema({"maximum": 12345678901234567}, "s").judge("12345678901234567.5").complaint
    assert make_schema({"const": 0.3}, "s").judge("0.30000000000000000001").complaint
    assert make_schema({"type": "integer"}, "s").judge("1.0").complaint is None
    assert "too small a number" in make_schema(True, "s").judge("1e-999999999").complaint


def test_halves_of_characters_are_told_apart():
    """Python's strings may hold them, the library's may not."""
    schema = make_schema({"uniqueItems": True, "items": {"maxLength": 1}}, "s")

    assert schema.judge(r'["\ud800", "\ud801", "\udc00"]').complaint is None
    assert schema.judge(r'["\ud800", "\ud800"]').complaint
    assert accepts({"properties": {"\udc00": False}}, {"\udc01": 1})
    assert not accepts({"properties": {"\udc00": False}}, {"\udc00": 1})


@pytest.mark.real
def test_work_is_bounded_by_the_answer():
    """Errors, names, choices and depths of a megabyte take no more than a second or two."""
    names = {f"n{n}": "v" * 90 for n in range(10_000)}
    wide = {"required": [f"m{n}" for n in range(2000)]}
    choice = {"anyOf": [{"type": "string"}, {"items": {"type": "string"}}]}
    rows = [[1] * 500] * 1000
    begun = time.process_time()

    assert (
        'n0" is'
        in make_schema({"required": ["n0"], "properties": {"n0": False}}, "s")
        .judge('{"a": 1}')
        .complaint
    )
    assert not accepts(wide, names)
    assert not accepts({"items": choice}, rows)
    assert accepts({"uniqueItems": True}, [{"a": [n]} for n in range(50_000)])
    assert not accepts({"type": "array", "items": {"type": "null"}}, ["x"] * 200_000)
    assert time.process_time() - begun < 4


@pytest.mark.sampled
@pytest.mark.parametrize(
    "definition",
    [
        {"$ref": "#/$defs/a0", "$defs": {
            **{f"a{n}": {"anyOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)},
            "a40": True}},
        {"$ref": "#/$defs/a0", "$defs": {
            **{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}]} for n in range(5000)},
            "a5000": True}},
        {"const": json.loads("[" * 400 + "]" * 400)},
    ],
    ids=["many", "long", "deep"],
)  # fmt: skip
def test_a_schema_that_would_keep_the_run_busy_is_refused(definition):
    """References that double, chains without end, depths that take the stack."""
    with pytest.raises(UsageError, match=r"more than 20,000 schemas|nested too deeply"):
        make_schema(definition, "s")


def test_nothing_is_fetched():
    """Not even from this machine."""
    for reference in ("http://127.0.0.1:1/x", "file:///etc/hostname", "//x/y", "urn:a:b"):
        with pytest.raises(UsageError, match="leads nowhere"):
            make_schema({"items": {"$ref": reference}}, "s")
    assert not accepts({"$ref": "https://json-schema.org/draft/2020-12/schema"}, {"type": 1})


FORMATS = {
    "date": (["2024-02-29"], ["2023-02-29", "2024-2-9", "٢٠٢٤-01-01", "20240101"]),
    "time": (
        ["12:00:00Z", "23:59:60Z", "01:29:60.5+01:30"],
        ["12:00:00", "24:00:00Z", "12:00:60Z"],
    ),
    "date-time": (["2024-01-01T00:00:00z"], ["2024-01-01", "2024-01-01 00:00:00Z", "nope"]),
    "duration": (["P1W", "P1Y2M", "PT1H", "P1DT1S"], ["P", "PT", "1D", "P1S", "P1YT"]),
    "email": (["a.b@x.org", '"a b"@x', "a@[1.2.3.4]"], ["a", "a b@x", "a@", ".a@x", "é@x"]),
    "idn-email": (["é@ö.de"], ["é"]),
    "hostname": (["a-b.de", "1.x"], ["-a", "a_b", "a..b", "x" * 64, ""]),
    "ipv4": (["1.2.3.4"], ["1.2.3", "1.2.3.256", "01.2.3.4"]),
    "ipv6": (["::1"], ["1.2.3.4", "fe80::1%eth0"]),
    "uri": (["https://a.b:1/c?d#e", "urn:a:b", "http://[::1]/"], ["a/b", "http://a b", "http://é"]),
    "uri-reference": (["/a", "#x", "a?b"], ["\\\\a", "a b", "%zz"]),
    "iri": (["http://ö/é∂"], ["ö", "http://2001:db8::1"]),
    "iri-reference": (["/é"], ["\\é"]),
    "idn-hostname": (["ö.de"], ["-ö", "〮한국"]),
    "uri-template": (["http://a/{b}", "{"[:0]], ["{", "a b{"]),
    "uuid": (["2EB8AA08-aa98-11ea-b4aa-73b441d16380"], ["2eb8aa08aa9811eab4aa73b441d16380"]),
    "json-pointer": (["", "/a~0b/~1"], ["a", "/~2"]),
    "relative-json-pointer": (["0#", "1/a"], ["/a", "01"]),
    "regex": (["a+", "[[a]"], ["(", "a{2,1}", "(" * 5000]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_asserted(name):
    """The same ones wherever the program is installed, and of texts only."""
    good, bad = FORMATS[name]

    assert [text for text in good if not accepts({"format": name}, text)] == []
    assert [text for text in bad if accepts({"format": name}, text)] == []
    assert accepts({"format": name}, 1)


def test_every_format_of_the_table_has_its_examples():
    """And formats of other vocabularies say nothing."""
    assert set(FORMATS) == KNOWN_FORMATS
    assert accepts({"format": "int64"}, "x")


def test_a_schema_of_an_older_draft_is_held_against_answers():
    """What tools write today: draft 7 with `definitions` and `dependencies`."""
    definition = OLD | {
        "definitions": {"age": {"type": "integer"}},
        "properties": {"age": {"$ref": "#/definitions/age"}},
        "dependencies": {"age": ["name"]},
    }

    assert accepts(definition, {"age": 1, "name": "Ada"})
    assert not accepts(definition, {"age": "1", "name": "Ada"})
    assert not accepts(definition, {"age": 1})


CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("definition", "is_strict"),
    [
        (CLOSED, True),
        (CLOSED | {"properties": {"a": {"type": "array", "items": CLOSED}}}, True),
        (CLOSED | {"properties": {"a": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
        (CLOSED | {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": CLOSED}}, True),
        (PERSON, False),
        (CLOSED | {"required": []}, False),
        (CLOSED | {"additionalProperties": True}, False),
        (CLOSED | {"properties": {"a": {}}}, False),
        (CLOSED | {"properties": {"a": {"type": ["object", "null"]}}}, False),
        (CLOSED | {"properties": {"a": {"type": "array", "items": PERSON}}}, False),
        ({"type": "array", "items": CLOSED}, False),
        (True, False),
    ],
)
def test_text_format_is_what_servers_take(definition, is_strict):
    """`strict` goes along only with a schema that leaves nothing open: others are refused."""
    form = {"type": "json_schema", "name": "answer", "schema": definition}

    given = make_schema(definition, "s").text_format()

    assert given == (form | {"strict": True} if is_strict else form)


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
        ("risk low|high|null", {"risk": {"enum": ["low", "high", None]}}, ["risk"]),
        ("age int|null", {"age": {"type": ["integer", "null"]}}, ["age"]),
        ("age int|integer", {"age": {"type": "integer"}}, ["age"]),
        ("n? float|str: any", {"n": {"type": ["number", "string"], "description": "any"}}, []),
        (
            "tags int list|null",
            {
                "tags": {
                    "anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]
                }
            },
            ["tags"],
        ),
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
        ("risk low|", 'an empty or repeated choice for the field "risk"'),
        ("risk a|a", 'an empty or repeated choice for the field "risk"'),
        ("age int|low", 'words and kinds together for the field "age"'),
        ("age null", 'null alone is no kind for the field "age"'),
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
    assert load_schema("s.json", files=Opener(tmp_path, (tmp_path,))).definition == {"type": "null"}
    assert load_schema('{"type": "null"}').definition == {"type": "null"}
    assert load_schema("name").definition["required"] == ["name"]
    assert len(load_schema(", ".join(f"a{n}" for n in range(1200))).definition["required"]) == 1200
    with pytest.raises(UsageError, match="no such file"):
        load_schema("missing.json")
    with pytest.raises(UsageError, match="a schema is an object"):
        load_schema("[1]")
    with pytest.raises(UsageError, match=r'^schema: "1" is no field'):
        load_schema("1", "schema")
    with pytest.raises(UsageError, match="not JSON"):
        load_schema("{")
