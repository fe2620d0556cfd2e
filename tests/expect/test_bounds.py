"""What a pattern or a schema could do to the run: its stack, its memory, its time."""

import pytest
import regex

from gradient_cli.errors import ExpectationFailed, UsageError
from gradient_cli.expect import patterns, schema
from gradient_cli.expect.expectations import Expectations
from gradient_cli.expect.patterns import compile_pattern
from gradient_cli.expect.schema import make_schema
from gradient_cli.expect.weakness import weakness
from gradient_cli.wire.response import Response


def test_a_pattern_that_is_nested_too_deeply_is_refused():
    """It would run the program out of its stack."""
    with pytest.raises(UsageError, match="--expect-re is nested too deeply: 10001 characters"):
        compile_pattern("(" * 5000 + "a" + ")" * 5000, "--expect-re")


def test_a_pattern_that_takes_all_memory_is_refused(monkeypatch):
    """What no count has foreseen."""

    def compiled(pattern: str, flags: int) -> None:
        raise MemoryError

    monkeypatch.setattr(regex, "compile", compiled)

    with pytest.raises(UsageError, match='--reject-re "a" needs more memory than there is'):
        compile_pattern("a", "--reject-re")


@pytest.fixture
def impatient(monkeypatch):
    """Let no pattern take any time."""
    monkeypatch.setattr(patterns, "TIME_LIMIT_S", 0.005)


ENDLESS = r"^(a|aa)+$"


def test_a_pattern_that_backtracks_without_end_fails_what_rests_on_it(impatient):
    """What nobody has seen to be there, or not to be there, is no pass."""
    response = Response(text="a" * 5000 + "!", status="completed")

    for flag in ("expect_re", "reject_re"):
        judgement = Expectations.build(**{flag: [ENDLESS]}).judge(response)
        [verdict] = judgement.verdicts
        assert not verdict.ok
        assert "took longer than 0.005 s" in verdict.message
        assert verdict.excerpt.startswith("aaa")


def test_the_remedy_of_a_slow_pattern_is_told(impatient):
    """Which pattern, and what makes it slow."""
    with pytest.raises(ExpectationFailed, match="took longer") as caught:
        patterns.search(regex.compile(ENDLESS), "a" * 5000 + "!")

    assert "(a+)+" in caught.value.hint


@pytest.fixture
def few_steps(monkeypatch):
    """Let the patterns of schemas take few steps back."""
    monkeypatch.setattr(schema, "_LEAST_STEPS", 10)
    monkeypatch.setattr(schema, "_STEPS", 10)


def test_a_pattern_of_a_schema_that_looks_back_too_often_is_no_pass(few_steps):
    """The words say so: the answer may well be right."""
    reading = make_schema({"pattern": r"(?=a*b)c"}, "s").judge(f'"{"a" * 100}"')

    assert "took too many steps" in reading.complaint


def test_a_schema_that_is_no_json_is_refused():
    """A suite in TOML may hold a date, and a number that is none."""
    import datetime

    for value in (datetime.date(2026, 1, 1), float("nan")):
        with pytest.raises(UsageError, match="s is not JSON"):
            make_schema({"const": value}, "s")


def test_a_long_answer_is_told_its_first_fault_alone(monkeypatch):
    """All faults of a megabyte take minutes."""
    definition = {"type": "array", "items": {"type": "null"}}
    assert make_schema(definition, "s").judge("[1, 2, 3, 4, 5]").complaint.endswith("; and 2 more")
    assert make_schema(definition, "s").judge("[1, 2, 3]").complaint.count(";") == 2

    monkeypatch.setattr(schema, "LISTED", 5)

    assert make_schema(definition, "s").judge("[1, 2]").complaint == '[0]: 1 is not of type "null"'


def test_what_a_model_chose_is_cut():
    """A name or a value of a megabyte is no message."""
    definition = {"additionalProperties": {"type": "null"}}

    complaint = make_schema(definition, "s").judge(f'{{"{"n" * 500}": "{"v" * 500}"}}').complaint

    place, message = complaint.split(": ", 1)
    assert (len(place), len(message)) == (80, 160)
    assert (place[-1], message[-1]) == ("…", "…")


@pytest.mark.parametrize(("depth", "is_judged"), [(250, True), (251, False), (5000, False)])
def test_how_deep_an_answer_may_be(depth, is_judged):
    """Further down there is no stack."""
    complaint = make_schema(True, "s").judge("[" * depth + "]" * depth).complaint

    assert (complaint is None) is is_judged


def test_many_brackets_side_by_side_are_not_deep():
    """Nor are those in texts."""
    flat = "[" + ", ".join(['{"a": ["[[[[{{{{"]}'] * 200) + "]"

    assert make_schema({"type": "array"}, "s").judge(flat).complaint is None


@pytest.mark.parametrize(
    "definition",
    [
        # Its reference is of its own name: what it leads to may say the kind.
        {"type": "object", "properties": {"a": {"$ref": "b"}}, "$defs": {
            "x": {"$id": "b", "$ref": "#/$defs/y", "$defs": {"y": {"required": ["k"]}}}}},
        {"anyOf": [{"type": "string"}, False]},
        {"oneOf": [{"allOf": [{"minLength": 1}, {"type": "string"}]}, {"const": 1}]},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}},
        {"$ref": "#/x-list/1", "x-list": [{}, {"type": "string"}]},
    ],
)  # fmt: skip
def test_a_schema_that_says_its_kind_in_another_way_means_it(definition):
    """No false alarm, and no crash."""
    assert weakness(make_schema(definition, "s")) is None
