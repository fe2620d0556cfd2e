"""The mock's decision endpoint: refuses what the original refuses, and answers with given odds."""

import json

import pytest

from gradient_cli.mock.decisions import answers, faults
from gradient_cli.wire.decision import OneOf, Scale, YesNo, decision_body, read_decisions

QUESTIONS = {
    "leak": YesNo(instructions="It leaks"),
    "kind": OneOf(instructions="What is it?", options={"bug": None, "wish": "asks for more"}),
    "mood": Scale(instructions="How angry?", levels=("calm", "cross", "mad")),
}
BODY = decision_body("jev", "a state", QUESTIONS)


def test_a_sound_request_has_no_faults():
    """What our own client sends."""
    assert faults(BODY) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (None, ["body"]),
        ({**BODY, "model": 1}, ["body", "model"]),
        ({"model": "m", "questions": BODY["questions"]}, ["body", "state"]),
        ({**BODY, "state": {"a": 1}}, ["body", "state"]),
        ({**BODY, "questions": {}}, ["body", "questions"]),
        ({**BODY, "questions": {"q": 1}}, ["body", "questions", "q"]),
        (
            {**BODY, "questions": {"q": {"type": "noul"}}},
            ["body", "questions", "q", "instructions"],
        ),
    ],
)
def test_what_is_missing_or_of_another_kind_is_named(body, where):
    """By its place, as the original does."""
    assert faults(body)[0]["loc"] == where


@pytest.mark.parametrize(
    "question",
    [
        {"type": "noul", "criteria": {"maybe": "x"}},
        {"type": "choice"},
        {"type": "choice", "criteria": {"a": None}},
        {"type": "choice", "criteria": ["a", "b"]},
        {"type": "score", "criteria": ["a"]},
        {"type": "score", "criteria": ["1", "2"]},
        {"type": "score", "criteria": ["x"] * 11},
        {"type": "predicate"},
    ],
)
def test_criteria_that_cannot_be_judged_are_refused(question):
    """Too few, too many, numbers in place of words, kinds that nobody knows."""
    asked = {**BODY, "questions": {"q": {"instructions": "i", **question}}}

    assert len(faults(asked)) == 1


def test_its_answers_are_decisions():
    """Our own reader takes them; odds go to the question that has the word."""
    reply = answers(BODY, {"yes": 0.2, "wish": 0.7, "mad": 0.6})

    found = read_decisions(json.dumps(reply), QUESTIONS).answers

    assert (found["leak"].word, found["leak"].probability) == ("no", pytest.approx(0.8))
    assert (found["kind"].word, found["kind"].probability) == ("wish", pytest.approx(0.7))
    assert (found["mood"].word, found["mood"].probability) == ("mad", pytest.approx(0.6))
    assert found["mood"].score == pytest.approx(0.2 + 1.2)


def test_without_odds_it_says_yes_and_the_first():
    """The same each time."""
    found = read_decisions(json.dumps(answers(BODY, {})), QUESTIONS).answers

    assert [found[name].word for name in QUESTIONS] == ["yes", "bug", "calm"]
