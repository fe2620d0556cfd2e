"""What a decision model answered: exactly one decision for each question, or none at all."""

import json
import random

import pytest

from gradient_cli.ask.decision import words_of
from gradient_cli.errors import BrokenReply
from gradient_cli.wire.decision import (
    Decision,
    OneOf,
    Scale,
    YesNo,
    decision_body,
    read_decisions,
)

YES_NO = YesNo(instructions="Is it polite?")
ONE_OF = OneOf(instructions="What is it?", options={"bug": "broken", "wish": None})
SCALE = Scale(instructions="How angry?", levels=("calm", "annoyed", "angry"))

NOUL = {"type": "noul", "noul": 0.97}
CHOICE = {
    "type": "choice",
    "choice": "bug",
    "probabilities": {"bug": 0.8, "wish": 0.2},
    "confidence": 0.6,
}
SCORE = {
    "type": "score",
    "score": 0.7,
    "legend": {"0": "calm", "1": "annoyed", "2": "angry"},
    "probabilities": {"0": 0.45, "1": 0.4, "2": 0.15},
    "confidence": 0.3,
}


def read(question, answer, **around):
    """Read a reply that holds one answer."""
    reply = {"model": "m", "answers": {"q": answer}, "usage": None, **around}
    return read_decisions(json.dumps(reply), {"q": question}).answers["q"]


def test_a_request_carries_each_question_by_its_name():
    """Kinds and criteria by the wire's own words; what was not said is not sent."""
    body = decision_body("m", "the state", {"a": YES_NO, "b": ONE_OF, "c": SCALE})

    assert body == {
        "model": "m",
        "state": "the state",
        "questions": {
            "a": {"type": "noul", "instructions": "Is it polite?"},
            "b": {
                "type": "choice",
                "instructions": "What is it?",
                "criteria": {"bug": "broken", "wish": None},
            },
            "c": {
                "type": "score",
                "instructions": "How angry?",
                "criteria": ["calm", "annoyed", "angry"],
            },
        },
    }


def test_what_yes_and_no_mean_is_sent_as_criteria():
    """Only what was said of the two."""
    question = YesNo(instructions="x", yes_means="it is", no_means=None)

    assert question.json()["criteria"] == {"true": "it is"}


@pytest.mark.parametrize(
    ("yes", "word", "probability"), [(0.97, "yes", 0.97), (0.03, "no", 0.97), (0, "no", 1)]
)
def test_yes_or_no_by_the_greater_probability(yes, word, probability):
    """The probability is that of the word."""
    decision = read(YES_NO, {"type": "noul", "noul": yes})

    assert (decision.word, decision.probability) == (word, pytest.approx(probability))


def test_a_choice_has_the_probability_of_its_option():
    """And keeps what the model says of its confidence apart."""
    assert read(ONE_OF, CHOICE) == Decision(
        word="bug", probability=0.8, probabilities={"bug": 0.8, "wish": 0.2}, confidence=0.6
    )


@pytest.mark.parametrize(
    ("probabilities", "word"),
    [
        ({"0": 0.45, "1": 0.4, "2": 0.15}, "annoyed"),
        ({"0": 0.6, "1": 0.1, "2": 0.3}, "calm"),
        ({"0": 0.2, "1": 0.2, "2": 0.6}, "angry"),
    ],
)
def test_a_level_is_the_one_that_half_of_the_probability_reaches(probabilities, word):
    """So that `--at-least` the level that is printed always passes."""
    decision = read(SCALE, {**SCORE, "probabilities": probabilities})

    assert decision.word == word
    assert decision.score == 0.7


def test_usage_is_read_where_it_is_usable():
    """Counts that are none do not spoil a decision."""
    reply = {"model": "m", "answers": {"q": NOUL}, "usage": {"input_tokens": 9, "output_tokens": 1}}

    whole = read_decisions(json.dumps(reply), {"q": YES_NO})
    odd = read_decisions(json.dumps({**reply, "usage": {"input_tokens": "9"}}), {"q": YES_NO})

    assert (whole.usage.input_tokens, whole.usage.total_tokens) == (9, 10)
    assert odd.usage is None


def without(answer, name):
    return {key: value for key, value in answer.items() if key != name}


BROKEN = {
    "no answers": (YES_NO, {}),
    "not an object": (YES_NO, 0.97),
    "a null": (YES_NO, None),
    "a list": (YES_NO, [NOUL]),
    "another type": (YES_NO, CHOICE),
    "no type": (YES_NO, {"noul": 0.97}),
    "a yes above 1": (YES_NO, {"type": "noul", "noul": 1.2}),
    "a yes below 0": (YES_NO, {"type": "noul", "noul": -0.1}),
    "a yes in words": (YES_NO, {"type": "noul", "noul": "0.97"}),
    "a yes that is true": (YES_NO, {"type": "noul", "noul": True}),
    "a yes that is null": (YES_NO, {"type": "noul", "noul": None}),
    "no yes": (YES_NO, {"type": "noul"}),
    "no choice": (ONE_OF, without(CHOICE, "choice")),
    "a choice that was not offered": (ONE_OF, {**CHOICE, "choice": "praise"}),
    "a choice that is null": (ONE_OF, {**CHOICE, "choice": None}),
    "a choice that is a list": (ONE_OF, {**CHOICE, "choice": ["bug"]}),
    "a choice that is not the most probable": (ONE_OF, {**CHOICE, "choice": "wish"}),
    "no probabilities": (ONE_OF, without(CHOICE, "probabilities")),
    "probabilities as a list": (ONE_OF, {**CHOICE, "probabilities": [0.8, 0.2]}),
    "an option less": (ONE_OF, {**CHOICE, "probabilities": {"bug": 1.0}}),
    "an option more": (ONE_OF, {**CHOICE, "probabilities": {"bug": 0.8, "wish": 0.2, "x": 0.0}}),
    "a foreign option": (ONE_OF, {**CHOICE, "probabilities": {"bug": 0.8, "Wish": 0.2}}),
    "half a sum": (ONE_OF, {**CHOICE, "probabilities": {"bug": 0.3, "wish": 0.2}}),
    "twice a sum": (ONE_OF, {**CHOICE, "probabilities": {"bug": 1.0, "wish": 1.0}}),
    "percent": (ONE_OF, {**CHOICE, "probabilities": {"bug": 80, "wish": 20}}),
    "a probability in words": (ONE_OF, {**CHOICE, "probabilities": {"bug": "0.8", "wish": 0.2}}),
    "a probability that is null": (ONE_OF, {**CHOICE, "probabilities": {"bug": 1, "wish": None}}),
    "a negative probability": (ONE_OF, {**CHOICE, "probabilities": {"bug": 1, "wish": -0.01}}),
    "a confidence in words": (ONE_OF, {**CHOICE, "confidence": "high"}),
    "a confidence above 1": (ONE_OF, {**CHOICE, "confidence": 60}),
    "a score above the scale": (SCALE, {**SCORE, "score": 2.1}),
    "a score below the scale": (SCALE, {**SCORE, "score": -1}),
    "no score": (SCALE, without(SCORE, "score")),
    "levels by name": (SCALE, {**SCORE, "probabilities": {"calm": 0.5, "annoyed": 0.5}}),
    "a level too many": (SCALE, {**SCORE, "probabilities": {**SCORE["probabilities"], "3": 0}}),
    "another legend": (SCALE, {**SCORE, "legend": {"0": "angry", "1": "annoyed", "2": "calm"}}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_decision_is_refused(name):
    """An unreadable answer is status 5, never a yes."""
    question, answer = BROKEN[name]

    with pytest.raises(BrokenReply, match="the reply is no decision"):
        read(question, answer)


BROKEN_TEXTS = (
    "",
    "<html>busy</html>",
    "[]",
    "null",
    '{"model": "m"}',
    '{"answers": null}',
    '{"answers": {}}',
    '{"answers": {"other": {"type": "noul", "noul": 0.9}}}',
    '{"answers": {"q": {"type": "noul", "noul": 0.9}, "x": {"type": "noul", "noul": 0.9}}}',
    '{"answers": {"q": {"type": "noul", "noul": NaN}}}',
    '{"answers": {"q": {"type": "noul", "noul": 1e999}}}',
    '{"answers": {"q": {"type": "noul", "noul": 0.9}, "q": {"type": "noul", "noul": 0.1}}}',
    '{"answers": {"q": {"type": "noul", "noul": 0.9, "noul": 0.1}}}',
    '{"answers": {"q": {"type": "noul", "noul": 0.9}}, "error": {"message": "no"}}',
    '{"answers": {"q": {"type": "noul", "noul": 0.9}}',
)


@pytest.mark.parametrize("text", BROKEN_TEXTS)
def test_a_reply_that_is_not_one_is_refused(text):
    """Missing, foreign and doubled names, NaN, HTML, an error beside an answer, half of one."""
    with pytest.raises(BrokenReply):
        read_decisions(text, {"q": YES_NO})


ODD = [
    None, True, False, -1, 0, 1, 2, 0.5, 1.02, -0.001, 1e308, "0.9", "bug", "calm", "", [], {},
    [0.5], {"bug": 1}, {"0": 1}, float("nan"), float("inf"),
]  # fmt: skip


def mutated(source, value):
    """Give a copy in which something is another value, is gone, or has company."""
    if isinstance(value, dict) and value and source.random() < 0.8:
        copy, key = dict(value), source.choice(list(value))
        match source.randrange(4):
            case 0:
                del copy[key]
            case 1:
                copy[source.choice(["x", "0", "3", "bug", "choice", "noul"])] = source.choice(ODD)
            case _:
                copy[key] = mutated(source, value[key])
        return copy
    return source.choice(ODD)


@pytest.mark.real
@pytest.mark.parametrize("seed", range(3))
def test_what_is_taken_for_a_decision_is_sound_whatever_came(seed):
    """Replies changed at random: refused, or a distribution over what was asked."""
    source = random.Random(seed)
    questions = {"a": YES_NO, "b": ONE_OF, "c": SCALE}
    sound = {"a": NOUL, "b": CHOICE, "c": SCORE}
    taken = 0
    for _ in range(1500):
        reply = {"model": "m", "answers": mutated(source, sound)}
        try:
            found = read_decisions(json.dumps(reply), questions).answers
        except BrokenReply:
            continue
        taken += 1
        assert set(found) == set(questions)
        for name, decision in found.items():
            values = list(decision.probabilities.values())
            assert list(decision.probabilities) == list(words_of(questions[name]))
            assert all(0 <= value <= 1 for value in values)
            assert abs(sum(values) - 1) <= 0.02 + 1e-9
            assert decision.probability == decision.probabilities[decision.word]
            if name != "c":
                assert decision.probability >= max(values) - 1e-6
    assert 0 < taken < 750
