"""The mock's decision endpoint: refuses what the original refuses, and answers with given odds."""

import json

import httpx
import pytest

from gradient_cli.errors import UsageError
from gradient_cli.mock.decisions import answers, faults
from gradient_cli.mock.script_file import load_script
from gradient_cli.mock.server import MockServer
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


def test_every_fault_of_a_request_is_told_at_once():
    """As the original does: place, words and kind of each."""
    body = {"state": 7, "questions": {
        "a": {"type": "noul"}, "b": 7, "c": {"type": "odd", "instructions": "i"},
        "d": {"type": "choice", "instructions": "i", "criteria": {"x": None}},
        "e": {"type": "score", "instructions": "i", "criteria": ["x", 7]},
    }}  # fmt: skip

    assert [(fault["loc"][1:], fault["msg"], fault["type"]) for fault in faults(body)] == [
        (["model"], "Field required", "missing"),
        (["state"], "Input should be a valid string", "string_type"),
        (["questions", "a", "instructions"], "Input should be a valid string", "string_type"),
        (["questions", "b"], "Input should be a valid dictionary", "dict_type"),
        (["questions", "c", "type"], "Input should be noul, choice or score", "literal_error"),
        (["questions", "d", "criteria"], "2 to 255 options are needed", "value_error"),
        (["questions", "e", "criteria"], "Levels are words, not numbers", "value_error"),
    ]  # fmt: skip
    assert faults([])[0]["msg"] == "Input should be a valid dictionary"


def asked(odds: dict, state: str = "a state", **questions) -> dict:
    """Give the answers to some questions of the wire."""
    return answers({"model": "jev", "state": state, "questions": questions}, odds)


def test_what_odds_leave_is_shared_by_words_they_do_not_name():
    """Together they are 1, whatever was given; without odds the usual holds."""
    noul, choice = (
        {"type": "noul"},
        {"type": "choice", "criteria": {"a": None, "b": None, "c": None}},
    )

    def shares(**odds: float) -> dict:
        return asked(odds, q=choice)["answers"]["q"]["probabilities"]

    assert asked({"yes": 0.2}, q=noul)["answers"]["q"] == {"type": "noul", "noul": 0.2}
    assert asked({"no": 0.2}, q=noul)["answers"]["q"]["noul"] == pytest.approx(0.8)
    assert shares(a=0.5) == {"a": 0.5, "b": 0.25, "c": 0.25}
    assert shares(b=0.9, a=0.3)["c"] == 0
    assert shares(a=0.2, b=0.2, c=0.4) == {"a": 0.25, "b": 0.25, "c": 0.5}
    assert shares(a=0, b=0, c=0) == {"a": 0, "b": 0, "c": 0}
    assert max(shares(), key=shares().get) == "a"
    said = asked({"b": 0.6}, q=choice)["answers"]["q"]
    assert (said["choice"], said["confidence"]) == ("b", 0.6)


def test_a_score_is_the_mean_of_its_levels():
    """With a legend, and how sure of the most probable one."""
    score = {"type": "score", "criteria": ["calm", "cross", "mad"]}

    said = asked({"calm": 0.2, "mad": 0.5}, q=score)["answers"]["q"]

    assert said["score"] == pytest.approx(0.3 + 1.0)
    assert said["legend"] == {"0": "calm", "1": "cross", "2": "mad"}
    assert said["probabilities"] == {"0": 0.2, "1": pytest.approx(0.3), "2": 0.5}
    assert said["confidence"] == 0.5


def test_usage_counts_the_state_and_the_answers():
    """Four characters are a token, one at least; an answer is one."""
    noul = {"type": "noul"}

    assert asked({}, "x" * 43, a=noul, b=noul)["usage"] == {"input_tokens": 10, "output_tokens": 2}
    assert asked({}, "", a=noul)["usage"] == {"input_tokens": 1, "output_tokens": 1}
    assert asked({}, a=noul)["model"] == "jev"


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


@pytest.fixture
def decided(home, tmp_path):
    """Give a function that runs `decide` against a mock with a script."""

    def run(script, *argv, stdin=b"a state"):
        file = tmp_path / "script.toml"
        file.write_text(script)
        with MockServer(load_script(file)) as server:
            home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url)
            done = home.runs("decide", "-m", "jev", *argv, stdin=stdin)
        return done, list(server.requests)

    return run


def test_a_script_says_the_odds(decided):
    """In turn, over a socket; what is for some states comes first."""
    script = """
    [[decision]]
    odds = { yes = 0.2 }
    [[decision]]
    match = "secret"
    odds = { yes = 0.99 }
    """
    assert decided(script, "It leaks")[0][:2] == (1, "no\n")
    assert decided(script, "It leaks", stdin=b"a secret")[0][:2] == (0, "yes\n")


def test_a_script_says_how_deciding_fails(decided):
    """First the provider's failure, then the answer: what a client must survive."""
    script = """
    [[decision]]
    status = 424
    headers = { Retry-After = "0" }
    [[decision]]
    odds = { yes = 0.9 }
    """
    done, requests = decided(script, "It leaks")

    assert done[:2] == (0, "yes\n")
    assert [request.status for request in requests] == [424, 200]


def test_a_wrong_key_of_a_decision_is_named_with_its_line(tmp_path):
    """As in a reply."""
    file = tmp_path / "script.toml"
    file.write_text("[[reply]]\ntext = 'x'\n[[decision]]\nodds = { yes = 2 }\n")

    with pytest.raises(UsageError, match=r"script.toml:4: `odds` has 2 for yes"):
        load_script(file)


@pytest.mark.real
def test_an_unsound_request_is_422_with_its_place(home):
    """The body of the original, which our errors read."""
    with MockServer() as server:
        reply = httpx.post(f"{server.url}/v1/systemone", json={"model": "m"})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "state"]
