"""What a suite may ask a decision model: read, filled, and refused where it says nothing."""

import pytest

from gradient_cli.check.attempt import Finding
from gradient_cli.check.inquiry import Point, is_sure, point_of, posed
from gradient_cli.errors import UsageError
from gradient_cli.wire.decision import MOST_LEVELS, MOST_OPTIONS, OneOf, Scale, YesNo


class Texts:
    """Fills {{ v }} with a word."""

    def expected(self, text: str, key: str) -> str:
        assert key == "decide"
        return text.replace("{{ v }}", "mad")


def asked(value, sure: float | None = None):
    """Give what is posed for a point as a suite says it."""
    return posed(point_of(value), Texts(), sure)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7, "decide must be a text, a table, or a list of them"),
        (["a"], "decide must be a text, a table, or a list of them"),
        ({"question": "a", "sures": 1}, "decide knows no `sures`"),
        ({"question": 7}, "decide: `question` must be a text that is not empty"),
        ({"question": " "}, "decide: `question` must be a text that is not empty"),
        ({"question": "a", "expect": True}, "decide: `expect` must be a text"),
        ({"expect": "yes"}, "decide: there is no `question`"),
        ({"question": "a", "one_of": ["b", "c"], "scale": ["d", "e"]}, "one_of and scale exclude"),
        (
            {"question": "a", "scale": ["d", "e"], "no_means": "n"},
            "scale and yes_means or no_means",
        ),
        *[
            ({"question": "a", "sure": sure}, "decide: `sure` must be a number from 0.5 to 1")
            for sure in (0.49, 1.01, "0.9", True)
        ],
        ({"question": "a", "one_of": {"b": "x", "c": " "}}, "says for each option what it means"),
        ({"question": "a", "one_of": {"b": "x", "c": 7}}, "says for each option what it means"),
        ({"question": "a", "one_of": 7}, "decide: `one_of` must be a list of texts"),
        ({"question": "a", "scale": ["b", 7]}, "decide: `scale` must be a list of texts"),
    ],
)
def test_what_is_no_point_is_refused(value, words):
    """In the words of the key that is wrong."""
    with pytest.raises(UsageError) as caught:
        point_of(value)

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"question": "a", "one_of": ["b"]}, "decide: one_of needs at least two labels"),
        ({"question": "a", "scale": ["b", "B."]}, '"b" and "B." are the same label'),
        ({"question": "a", "one_of": [f"o{n}" for n in range(MOST_OPTIONS + 1)]}, "options, of"),
        ({"question": "a", "scale": [f"l{n}" for n in range(MOST_LEVELS + 1)]}, "levels, of"),
        ({"question": "a", "one_of": ["b", "c"], "expect": "d"}, "decide: "),
        ({"question": "a", "at_least": "yes"}, "decide: at_least "),
        ({"question": "a", "scale": ["b", "c"], "at_least": "d"}, "decide: at_least "),
        ({"question": "a", "one_of": ["b", "c"]}, "decide: every word would do"),
        ({"question": "a", "scale": ["b", "c"]}, "decide: every word would do"),
        ({"question": "a", "scale": ["b", "c"], "at_least": "b"}, "decide: every word would do"),
        ({"question": "a", "scale": ["b", "c"], "at_most": "c"}, "decide: every word would do"),
    ],
)
def test_what_checks_nothing_or_cannot_be_decided_is_refused(value, words):
    """A check that cannot fail is worse than none."""
    with pytest.raises(UsageError) as caught:
        asked(value)

    assert words in caught.value.message


def test_a_question_that_is_empty_when_it_is_filled_is_refused():
    """A variable may be empty."""

    class Nothing:
        def expected(self, text: str, key: str) -> str:
            return " "

    with pytest.raises(UsageError, match="decide is empty"):
        posed(point_of("{{ v }}"), Nothing(), None)


def test_each_kind_of_question_is_posed_as_it_is_written():
    """Filled with variables; words are those of the question whatever their case."""
    plain = asked("Is it {{ v }}?")
    assert plain.question == YesNo(instructions="Is it mad?", yes_means=None, no_means=None)
    assert (plain.text, plain.label, plain.gate.expected) == ("Is it mad?", None, None)

    yes = asked({"question": "a", "yes_means": "{{ v }}", "no_means": "calm", "expect": "No"})
    assert yes.question == YesNo(instructions="a", yes_means="mad", no_means="calm")
    assert yes.gate.expected == "no"

    one = asked(
        {"question": "a", "one_of": {"bug": "broken", "{{ v }}": "{{ v }}"}, "expect": "MAD"}
    )
    assert one.question == OneOf(instructions="a", options={"bug": "broken", "mad": "mad"})
    assert one.gate.expected == "mad"
    assert asked({"question": "a", "one_of": "b, c", "expect": "b"}).question == OneOf(
        instructions="a", options={"b": None, "c": None}
    )

    scale = asked(
        {"question": "a", "scale": "calm,cross,{{ v }}", "at_least": "Cross", "at_most": "mad",
         "label": "right"}
    )  # fmt: skip
    assert scale.question == Scale(instructions="a", levels=("calm", "cross", "mad"))
    assert (scale.gate.at_least, scale.gate.at_most, scale.label) == ("cross", "mad", "right")
    most = asked(
        {"question": "a", "one_of": [f"o{n}" for n in range(MOST_OPTIONS)], "expect": "o1"}
    )
    assert len(most.question.options) == MOST_OPTIONS
    levels = {"question": "a", "scale": [f"l{n}" for n in range(MOST_LEVELS)], "at_most": "l1"}
    assert len(asked(levels).question.levels) == MOST_LEVELS


def test_a_points_own_sureness_wins():
    """The suite's is for those that say none; it makes a check of what would be none."""
    assert asked("a", sure=0.8).gate.sure == 0.8
    assert asked({"question": "a", "sure": 0.9}, sure=0.8).gate.sure == 0.9
    assert asked({"question": "a", "one_of": ["b", "c"]}, sure=0.8).gate.sure == 0.8


def test_a_probability_that_can_be_asked_for():
    """From a half, below which the other word is more probable, to certainty."""
    assert [is_sure(value) for value in (0.5, 1, 0.75)] == [True] * 3
    assert not any(is_sure(value) for value in (0.499, 1.001, True, "1", None))


def test_a_point_is_told_on_one_line():
    """For reports: only what it says."""
    assert Point(question="Is it?").words == "Is it?"
    assert (
        Point(question="Which?", one_of=(("a", "x"), ("b", None)), expect="a", sure=0.9).words
        == "Which? | one of: a, b | expect: a | sure: 0.9"
    )
    assert Point(question="How?", scale=("a", "b"), at_least="a", at_most="b").words == (
        "How? | scale: a, b | at least: a | at most: b"
    )


def test_a_finding_says_how_probable_it_is():
    """And where that comes from; nothing where nobody said."""
    odds = {"value": 0.96789, "from": "model"}

    assert Finding("decide", True).odds == ""
    assert Finding("one_of", True, decision="bug", probability=odds).odds == "bug 0.968 (model)"
    assert Finding("decide", True, question="Is it?", decision="yes", probability=odds).odds == (
        "yes 0.968 (model): Is it?"
    )
