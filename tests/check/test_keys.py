"""The keys of suites: their reference, their schema, and what they judge."""

import json
import re
import tomllib

import jsonschema_rs
import pytest

from gradient_cli.check.keys import EXPECTATIONS, KEYS
from gradient_cli.check.suite import load_suite
from gradient_cli.check.suite_schema import suite_schema
from gradient_cli.cli.pages import suite_reference
from gradient_cli.errors import UsageError
from gradient_cli.expect.expectations import Expectations, Limits
from gradient_cli.wire.response import Response
from tests.home import Home


def suite_with(name: str) -> str:
    """Give a suite with the example of a key, and with what a test needs besides."""
    lines = [KEYS[name].example]
    others = [] if name == "name" else ['name = "n"']
    others += [] if name in {"prompt", "prompt_file", "answer"} else ['prompt = "p"']
    others += ['one_of = ["yes", "no"]'] if name in {"sure", "votes"} else []
    is_form = name in {"one_of", "schema", "extract", "extract_last", "extract_lang"}
    others += ["max_seconds = 9"] if is_form else []
    others += [] if name == "expect" or is_form else ['expect = "x"']
    others += ["repeat = 3"] if name == "require" else []
    others += ['cases = "rows.csv"'] if name in {"group", "label"} else []
    keys = {line.split(" ")[0] for line in lines}
    return "\n".join(["[[test]]", *lines, *(o for o in others if o.split(" ")[0] not in keys)])


@pytest.mark.sampled
@pytest.mark.parametrize("name", KEYS)
def test_every_example_is_read_and_is_what_the_schema_takes(name, tmp_path):
    """The reference says nothing that the reader would refuse."""
    text = suite_with(name)
    (tmp_path / "s.toml").write_text(text)

    (case,) = load_suite(str(tmp_path / "s.toml"))

    assert KEYS[name].example.split(" ")[0] == name
    assert case.places
    assert list(jsonschema_rs.validator_for(suite_schema()).iter_errors(tomllib.loads(text))) == []


WRONG = {"a text": 1, "true or false": 1, "a table of texts": {"a": 1}}


@pytest.mark.sampled
@pytest.mark.parametrize("name", KEYS)
def test_reader_and_schema_refuse_the_same(name, tmp_path):
    """A value of another kind."""
    value = WRONG.get(KEYS[name].kind.words, True)
    shown = {"a": "{ a = 1 }"}.get(next(iter(value)), "") if isinstance(value, dict) else ""
    text = f"[[test]]\n{name} = {shown or json.dumps(value)}\n"
    (tmp_path / "s.toml").write_text(text)

    with pytest.raises(UsageError) as caught:
        load_suite(str(tmp_path / "s.toml"))

    assert f"s.toml:2: `{name}` must be {KEYS[name].kind.words}" in caught.value.message
    assert not jsonschema_rs.validator_for(suite_schema()).is_valid(tomllib.loads(text))


VALUES = {
    "name": (["a", ""], [1, True, ["a"]]),
    "tags": (["a", ["a", "b"]], [1, [1], {}]),
    "temperature": ([0, 2, 0.5], [-0.1, 2.1, True, "1"]),
    "top_p": ([0, 1, 0.5], [-0.1, 1.1, True]),
    "stop": (["a", ["a"] * 4], [["a"] * 5, 1, [1]]),
    "metadata": ([{}, {"a": "b"}], [{"a": 1}, [], "a"]),
    "params": ([{}, {"a": [1]}], [[], "a"]),
    "vars": ([{}, {"a": "b"}], [{"a": 1}, [], "a"]),
    "case": ([[{"a": 1}]], [[1], {}, "a"]),
    "repeat": ([1, 5], [0, -1, True, "1", 1.5]),
    "require": ([1, "50%"], [0, True, 1.5, "x"]),
    "max_seconds": ([0.1, 9], [0, -1, True, "1"]),
    "stream": ([True, False], [0, 1, "true"]),
    "sure": ([0.5, 1, 0.9], [0.49, 1.01, True, "1"]),
    "votes": ([2, 9], [1, 0, True, "2", 2.5]),
    "decide": (["a", ["a", {"question": "b"}], {"question": "a"}], [1, [1]]),
    "calls": (["f", {"name": "f"}, ["f", {"name": "f", "arguments": {}}]], [1, [1]]),
    "tools": (["f", {"name": "f"}, ["f", {"a": 1}]], [1, [1], True]),
}


@pytest.mark.parametrize("name", VALUES)
def test_reader_and_schema_take_the_same_values(name):
    """Up to the very ends of what may be."""
    good, bad = VALUES[name]
    schema = jsonschema_rs.validator_for(suite_schema())

    def is_taken(value: object) -> tuple[bool, bool]:
        return KEYS[name].kind.accepts(value), schema.is_valid({"test": [{name: value}]})

    assert [is_taken(value) for value in good] == [(True, True)] * len(good)
    assert [is_taken(value) for value in bad] == [(False, False)] * len(bad)


def test_each_key_has_its_place_and_its_way_to_add_up():
    """What stands in [defaults], and what of it holds beside a test's own."""
    alone = {name for name, key in KEYS.items() if not key.in_defaults}
    added = {name for name, key in KEYS.items() if key.adds}

    assert alone == {"name", "skip", "cases", "case", "group"}
    assert added == {
        "tags", "expect", "expect_re", "reject", "reject_re", "calls", "sources", "checks",
        "decide", "judge", "tools",
    }  # fmt: skip


def test_the_schema_holds_points_and_calls_to_what_they_may_say():
    """An editor underlines what the reader would refuse."""
    schema = jsonschema_rs.validator_for(suite_schema())

    def is_sound(**keys: object) -> bool:
        return schema.is_valid({"defaults": {}, "test": [keys]})

    question = {"question": "a"}
    assert is_sound(decide={**question, "one_of": ["a", "b"], "expect": "a", "sure": 0.9})
    assert is_sound(decide={**question, "one_of": {"a": "b"}})
    assert is_sound(decide={**question, "scale": ["a", "b"], "at_least": "a", "label": "c"})
    for wrong in ({}, {**question, "odd": 1}, {**question, "sure": 0.4}, {"question": 1}):
        assert not is_sound(decide=wrong)
        assert not is_sound(decide=[wrong])
    assert not is_sound(decide=[])
    for wrong in ({}, {"name": 1}, {"name": "f", "args": {}}, {"name": "f", "arguments": "x"}):
        assert not is_sound(calls=wrong)
        assert not is_sound(calls=["f", wrong])
    assert not is_sound(calls=[])
    assert not is_sound(expct="x")
    assert not schema.is_valid({"defaults": {"expct": "x"}, "test": [{}]})
    assert not schema.is_valid({"test": [{}], "other": 1})


@pytest.mark.parametrize(
    "text",
    ["", "[defaults]\nname = 'x'\n[[test]]\n", "[[test]]\nexpct = 'x'\n", "tests = []\n"],
)
def test_the_schema_refuses_what_is_no_suite(text):
    """No test, a name for all, an unknown key."""
    assert not jsonschema_rs.validator_for(suite_schema()).is_valid(tomllib.loads(text))


def test_the_help_has_every_key_with_kind_and_example(tmp_path):
    """Made of the table that reads suites."""
    status, out, _ = Home(tmp_path).runs("help", "suite")
    words = re.sub(r"\s+", " ", out)

    assert status == 0
    for name, key in KEYS.items():
        assert f" {name} " in words
        assert key.example in words
        assert key.kind.words in words


def test_the_schema_is_printed(tmp_path):
    """For editors."""
    status, out, _ = Home(tmp_path).runs("help", "suite-schema")

    assert (status, json.loads(out)) == (0, suite_schema())


def test_the_example_of_the_man_page_is_a_suite(tmp_path):
    """As it stands."""
    (tmp_path / "s.toml").write_text("#:schema ./x.json\n" + "\n".join(suite_reference.EXAMPLE))

    assert [case.name for case in load_suite(str(tmp_path / "s.toml"))] == ["refund policy"]
    assert set(EXPECTATIONS) < set(KEYS)


def fails(text: str, **expected) -> list[str]:
    judged = Expectations.build(prefix="", **expected).judge(Response(text=text))
    return [verdict.expectation.split(" ")[0] for verdict in judged.failed]


@pytest.mark.parametrize("ignores_case", [False, True])
@pytest.mark.parametrize(
    "expected",
    [{"expect": ["PARIS"]}, {"expect_re": ["^PARIS$"]}, {"equals": "PARIS"}],
)
def test_case_counts_unless_it_is_said_otherwise(expected, ignores_case):
    """In texts and patterns alike."""
    assert (fails("Paris", ignores_case=ignores_case, **expected) == []) == ignores_case


@pytest.mark.parametrize("expected", [{"reject": ["SORRY"]}, {"reject_re": ["SOR+Y"]}])
def test_a_ban_without_case_finds_more(expected):
    """Never less."""
    assert fails("I'm sorry", **expected) == []
    assert fails("I'm sorry", ignores_case=True, **expected) != []


@pytest.mark.parametrize(
    ("text", "limits", "failed"),
    [
        ("one two", Limits(words=2), []),
        ("one two\nthree", Limits(words=2), ["max_words"]),
        ("äöü\n", Limits(characters=3), []),
        ("äöü!", Limits(characters=3), ["max_characters"]),
        ("a b c", Limits(characters=2, words=2), ["max_characters", "max_words"]),
    ],
)
def test_an_answer_may_have_so_many_words_and_characters(text, limits, failed):
    """What people count, and not tokens."""
    assert fails(text, limits=limits) == failed


def test_case_without_a_text_to_compare_says_nothing(tmp_path):
    """So it is refused."""
    (tmp_path / "s.toml").write_text('[[test]]\nprompt = "p"\nmax_words = 2\nignore_case = true\n')

    with pytest.raises(UsageError, match="`ignore_case` is about equals"):
        load_suite(str(tmp_path / "s.toml"))
