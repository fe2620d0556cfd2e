"""Expectations: what is met, what is not, and what a failure shows."""

import time

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.expect.excerpt import LONGEST, around, excerpt
from gradient_cli.expect.expectations import Expectations, Limits
from gradient_cli.expect.interval import wilson
from gradient_cli.expect.labels import match_label, parse_labels
from gradient_cli.expect.patterns import TIME_LIMIT_S, compile_pattern, places_of
from gradient_cli.expect.repair import complaint, is_repairable, repaired
from gradient_cli.expect.schema import make_schema
from gradient_cli.wire.events import Usage
from gradient_cli.wire.request import LongText, Request
from gradient_cli.wire.response import Response


def judge(text: str, seconds: float = 0.0, usage: Usage | None = None, **expected: object):
    return Expectations.build(**expected).judge(Response(text=text, usage=usage), seconds)


@pytest.mark.parametrize(
    ("text", "expected", "ok"),
    [
        ("NONE", {"expect": ["NONE"]}, True),
        ("none", {"expect": ["NONE"]}, False),
        ("a b", {"expect": ["a", "b"]}, True),
        ("a", {"expect": ["a", "b"]}, False),
        ("30 days", {"expect_re": [r"^\d+"]}, True),
        ("about 30", {"expect_re": [r"^\d+$"]}, False),
        ("one\n30", {"expect_re": [r"(?m)^\d+$"]}, True),
        ("fine", {"reject": ["TODO"]}, True),
        ("TODO", {"reject": ["TODO"]}, False),
        ("x9", {"reject_re": [r"\d"]}, False),
        ("x", {"reject_re": [r"\d"]}, True),
        ("yes\n", {"equals": "yes"}, True),
        ("yes!", {"equals": "yes"}, False),
        ("", {"expect": ["x"]}, False),
    ],
)
def test_what_is_met(text, expected, ok):
    """Contains and does not, matches and does not, equals but for a last newline."""
    assert judge(text, **expected).ok == ok


@pytest.mark.parametrize(
    "expected",
    [
        {"expect": [""]},
        {"reject": [""]},
        {"expect_re": [""]},
        {"expect_re": ["("]},
        {"reject_re": ["[z-a]"]},
    ],
)
def test_what_would_say_nothing_is_refused(expected):
    """An empty expectation is met by everything; a broken pattern by nothing."""
    (field,) = expected
    with pytest.raises(UsageError) as error:
        Expectations.build(**expected)

    assert error.value.message.startswith(f"--{field.replace('_', '-')}")


@pytest.mark.real
def test_a_pattern_that_backtracks_without_end_is_stopped():
    """It fails the expectation and says why; the run goes on."""
    import time

    begun = time.monotonic()
    judgement = judge("a" * 5000 + "!", expect_re=[r"^(a|aa)+$"])

    assert not judgement.ok
    assert time.monotonic() - begun < TIME_LIMIT_S + 3


def test_a_failure_names_expectation_and_place():
    """Around the place for a rejected text, both ends for a missing one."""
    found = judge("x" * 300 + "SECRET" + "y" * 300, reject=["SECRET"]).failed[0]
    missing = judge("begin " + "x" * 300 + " end", expect=["NONE"]).failed[0]

    assert found.expectation == 'reject "SECRET"'
    assert "»SECRET«" in found.excerpt
    assert missing.excerpt.startswith("begin ")
    assert missing.excerpt.endswith(" end")


def test_an_excerpt_is_one_safe_line():
    """No newline, no escape, no bidi: a report's line cannot be broken out of."""
    shown = excerpt("a\n::error::b\x1b[31m\u202e\u2028")

    assert shown == "a\\n::error::b\\x1b[31m\\u202e\\u2028"
    assert len(around("x" * 9999, 10, 9000)) < 2 * LONGEST


def test_several_failures_are_counted():
    """The first one is the error's."""
    error = judge("x", expect=["a", "b"], reject=["x"]).error()

    assert error.message == 'expect "a": the answer does not contain it (and 2 more)'


def test_measures_use_what_the_server_counted():
    """Tokens that nobody counted are no proof."""
    assert judge("x", usage=Usage(output_tokens=5), max_output_tokens_used=5).ok
    assert not judge("x", usage=Usage(output_tokens=6), max_output_tokens_used=5).ok
    assert not judge("x", max_output_tokens_used=5).ok
    assert judge("x", seconds=1.0, max_seconds=1.0).ok
    assert not judge("x", seconds=1.1, max_seconds=1.0).ok


# Labels


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("yes", "yes"),
        ("Yes.", "yes"),
        (' "YES" \n', "yes"),
        ("**yes**", "yes"),
        ("`no`", "no"),
        ("“No.”", "no"),
        ("no!", "no"),
        ("ｙｅｓ", "yes"),
        ("yes, but", None),
        ("The answer is yes", None),
        ("yesno", None),
        ("", None),
        ("10", None),
    ],
)
def test_a_label_is_the_whole_answer(answer, label):
    """Case, quotes, emphasis and a final mark are folded; nothing else is."""
    assert match_label(answer, ("yes", "no", "1")) == label


@pytest.mark.parametrize("text", ["", "a", "a,", "a,A", "a,'a'", ",", "a,b,b."])
def test_labels_that_cannot_be_told_apart_are_refused(text):
    """One, an empty one, or two that are the same."""
    with pytest.raises(UsageError):
        parse_labels(text)


def test_the_label_is_printed_as_the_user_wrote_it():
    """Not as the model did."""
    assert judge("POS.", one_of=("pos", "neg")).text == "pos"


def test_with_expect_the_label_must_be_that_one():
    """And an expected label must be one."""
    assert judge("No.", one_of=("yes", "no"), expect=["no"]).ok
    failed = judge("Yes", one_of=("yes", "no"), expect=["no"])
    assert failed.error().message == 'expect "no": the answer is "yes"'
    with pytest.raises(UsageError, match="is none of the labels"):
        Expectations.build(one_of=("yes", "no"), expect=["maybe"])


@pytest.mark.parametrize(
    ("text", "wanted", "character", "shown"),
    [
        ("yes!", "yes", 4, "yes»!«"), ("yes", "yes!", 4, "yes»«"), ("abX", "abc", 3, "ab»X«"), ("abz", "abc", 3, "ab»z«"),
        ("a" + "x" * 60, "ab", 2, f"a»{'x' * 40}«{'x' * 20}"),
        ("Xbc", "abc", 1, "»Xbc«"), ("yes\n\n", "yes", 4, "yes»\\n\\n«"),
    ],
)  # fmt: skip
def test_where_an_answer_differs_is_shown(text, wanted, character, shown):
    """The first character that is another, counted from 1, and what stands there."""
    [verdict] = judge(text, equals=wanted).failed

    assert verdict.message == f"the answer differs from character {character} on"
    assert verdict.excerpt == shown


def test_how_long_an_answer_may_be_is_told_with_what_it_has():
    """In what people count; an answer that is short enough has no words about it."""
    long, short = judge("one two\n", limits=Limits(characters=6, words=2)).verdicts

    assert (long.expectation, long.message, long.excerpt) == (
        "max_characters 6", "the answer has 7", "one two\\n",
    )  # fmt: skip
    assert (short.expectation, short.ok, short.message, short.excerpt) == (
        "max_words 2",
        True,
        "",
        "",
    )
    assert judge("a b c", limits=Limits(words=2)).failed[0].message == "the answer has 3"


def test_tokens_and_seconds_are_told_with_what_they_were():
    """What the server counted, and how long it took."""
    usage = Usage(output_tokens=9)

    tokens, seconds = judge("x", 1.5, usage, max_output_tokens_used=8, max_seconds=1).failed
    assert (tokens.expectation, tokens.message) == (
        "max_output_tokens_used 8",
        "9 tokens were used",
    )
    assert (seconds.expectation, seconds.message) == ("max_seconds 1", "it took 1.50 s")
    assert judge("x", 1, usage, max_output_tokens_used=9, max_seconds=1).ok
    assert judge("x", max_output_tokens_used=9).failed[0].message == "the server counted no tokens"


def test_what_is_printed_is_whole_where_it_was_proved():
    """A label, a value, a block, or exactly what was wanted: a cut answer is none of them."""
    assert judge("Yes.", one_of=("yes", "no")).is_proof
    assert judge("yes\n", equals="yes").is_proof
    assert judge("YES", equals="yes", ignores_case=True).is_proof
    assert not judge("YES", equals="yes").is_proof
    assert not judge("yes", expect=["yes"]).is_proof
    assert not judge("", equals="").is_proof


# Repair


def test_repair_shows_the_model_what_was_wrong():
    """The prompt, the answer, the complaint."""
    schema = make_schema({"type": "object"}, "--schema")
    judgement = judge("nope", schema=schema)

    request = Request(input="give JSON", model="m")

    items = repaired(request, "nope", judgement).input

    assert [item["role"] for item in items] == ["user", "assistant", "user"]
    assert "not JSON" in items[2]["content"]
    assert is_repairable(request, judgement)
    assert not is_repairable(request, judge("x", expect=["y"]))
    assert not is_repairable(Request(input=LongText(["long"])), judgement)


def test_repair_does_not_tell_what_is_expected():
    """Else the model gives the word that is looked for, and the gate means nothing."""
    schema = make_schema({"type": "object"}, "--schema")
    judgement = judge("nope", schema=schema, expect=["GRANTED"], reject=["nope"], reject_re=["n"])

    said = complaint(judgement)

    assert len(judgement.failed) == 4
    assert "schema: the answer is not JSON" in said
    assert "GRANTED" not in said
    assert "reject" not in said


@pytest.mark.parametrize(
    ("request_", "items"),
    [
        (Request(base={"input": "give JSON"}), [{"role": "user", "content": "give JSON"}]),
        (Request(base={"input": [{"role": "user", "content": "a"}]}), [{"role": "user", "content": "a"}]),
        (Request(input=({"role": "user", "content": "b"},)), [{"role": "user", "content": "b"}]),
        (Request(), [{"role": "user", "content": ""}]),
    ],
)  # fmt: skip
def test_repair_goes_on_from_whatever_was_asked(request_, items):
    """A body of the user's own may hold the question; and an empty answer is not shown."""
    judgement = judge("", schema=make_schema({"type": "object"}, "--schema"))

    asked = repaired(request_, "", judgement).input

    assert [*asked[:-1]] == items
    assert "not JSON" in asked[-1]["content"]


# Doubts


def test_what_cannot_fail_or_be_met_is_doubted():
    """Each in the words of the flag or the key that says it."""
    expected = Expectations.build(
        expect_re=[".*", "a^", "a"],
        reject_re=["x*", "$b", "a"],
        schema=make_schema({}, "--schema"),
    )

    flags, keys = list(expected.doubts()), list(expected.doubts(""))

    assert flags == [
        '--expect-re ".*" is found in every answer, even an empty one',
        '--expect-re "a^" can be found in no answer',
        '--reject-re "x*" is found in every answer: none can pass',
        '--reject-re "$b" can be found in no answer: it rejects none',
        "--schema: nothing in it says what kind of value the answer is, and null fits it",
    ]
    assert [line.split()[0] for line in keys] == [
        "expect_re", "expect_re", "reject_re", "reject_re", "schema:",
    ]  # fmt: skip
    assert list(Expectations.build(expect_re=["a"], reject_re=["b"]).doubts()) == []


def test_whether_anything_is_expected_is_known():
    """A suite's test that expects nothing is refused by it."""
    assert Expectations.build().is_empty
    assert not Expectations.build(max_seconds=1).is_empty
    assert not Expectations.build().needs_whole
    assert Expectations.build(one_of=("a", "b")).needs_whole


# Rates


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [
        (0, 0, 0, 1),
        (10, 10, 0.722, 1.0),
        (0, 10, 0.0, 0.278),
        (5, 10, 0.237, 0.763),
        (80, 100, 0.711, 0.867),
    ],
)
def test_the_interval_is_wilsons(passed, total, low, high):
    """Known values of the 95 % score interval."""
    interval = wilson(passed, total)

    assert (interval.low, interval.high) == (
        pytest.approx(low, abs=1e-3),
        pytest.approx(high, abs=1e-3),
    )


def test_patterns_are_python_ones():
    """Named groups, look-around, inline flags."""
    assert compile_pattern(r"(?i)(?P<a>x)(?=y)(?<!z)", "--expect-re").search("Xy")


@pytest.mark.parametrize(
    "pattern",
    [
        "a{99999999999999999999}",
        "a{99999999}",
        "((ab){1000}){1000}",
        "(?:a{3}){99999}",
        "(?a)(?u)x",
    ],
)
def test_a_pattern_that_no_machine_can_hold_is_refused(pattern):
    """At once, by what it would come to."""
    begun = time.process_time()

    with pytest.raises(UsageError, match=r"too large|no regular expression"):
        compile_pattern(pattern, "--expect-re")
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        (r"\d{4}-\d{2}", 7),
        ("(ab){3}", 6),
        ("a{0}b", 2),
        ("[a{9}]{3}", 3),
        ("[]}{9]", 1),
        ("a{1,99999999}", 1),
        (")a{5}", 6),
        ("", 0),
    ],
)
def test_repeats_are_written_out(pattern, places):
    """Only what must come at least; a brace in a class is no repeat."""
    assert places_of(pattern) == places
