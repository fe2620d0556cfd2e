"""`respond --one-of --sure`, by tokens and by votes: pass, fail, or not sure enough."""

import json
import math

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from tests.replay_server import Framing, Play, framed


def answer(text, p=None):
    """Give a whole reply; `p` is the probability of its one token."""
    logprobs = [] if p is None else [{"token": text, "logprob": math.log(p)}]
    part = {"type": "output_text", "text": text, "logprobs": logprobs}
    message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    body = {"id": "r", "object": "response", "status": "completed", "output": [message]}
    return Play(framed(json.dumps(body).encode(), Framing.LENGTH, content_type="application/json"))


@pytest.fixture
def asks(home, replay_server):
    """Give a function that asks with labels against scripted replies."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT=replay_server.url)

    def run(play, *flags):
        replay_server.then(play)
        return home.runs("respond", "-m", "m", "is it?", "--one-of", "yes,no", "--json", *flags)

    run.server = replay_server
    return run


@pytest.mark.parametrize(
    ("p", "flags", "status"),
    [
        (0.95, (), 0),
        (0.9, (), 0),
        (0.89, (), 9),
        (0.95, ("--expect", "no"), 1),
        (0.6, ("--expect", "no"), 9),
        (None, (), 9),
    ],
)
def test_the_label_must_be_as_probable_as_asked(asks, p, flags, status):
    """Less is neither a pass nor a fail; no probability is not one either."""
    found = json.loads(asks(answer("Yes", p), "--sure", "0.9", *flags)[1])

    assert found["exit_code"] == status
    if p is not None:
        assert found["probability"] == {"value": pytest.approx(p), "from": "tokens"}


def test_token_probabilities_are_asked_for(asks):
    """By the wire's word, beside what else is included."""
    asks(answer("yes", 0.95), "--sure", "0.9", "--param", 'include=["x"]')

    sent = json.loads(asks.server.received[0].body)
    assert sent["include"] == ["x", "message.output_text.logprobs"]


def test_without_probabilities_the_other_way_is_named(asks):
    """Votes need nothing of the server."""
    err = asks(answer("yes"), "--sure", "0.9")[2]

    assert "sent no token probabilities" in err
    assert "--votes 5" in err


def test_an_answer_that_is_no_label_fails_as_ever(asks):
    """Status 1, not 9: it was judged."""
    assert asks(answer("perhaps", 0.99), "--sure", "0.9")[0] == 1


@pytest.fixture
def votes(home):
    """Give a function that asks a mock which gives these answers in turn."""

    def run(*texts, flags=()):
        replies = tuple(
            text if isinstance(text, Behaviour) else Behaviour(text=text) for text in texts
        )
        with MockServer(Script(behaviours=replies)) as server:
            home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url)
            count = str(len(texts))
            done = home.runs(
                *("respond", "-m", "m", "is it?", "--one-of", "yes,no", "--json"),
                *("--votes", count, *flags),
            )
            asked = len(server.requests)
        return json.loads(done[1]), asked

    return run


def test_the_most_frequent_label_is_the_answer(votes):
    """Its share is the probability, with the interval of so many votes."""
    found, asked = votes("yes", "no", "Yes.", "yes", "yes")

    assert (found["exit_code"], found["text"], asked) == (0, "yes", 5)
    assert found["probability"]["value"] == 0.8
    assert found["probability"]["from"] == "votes"
    assert found["probability"]["votes"] == {"yes": 4, "no": 1}
    assert found["probability"]["low"] == pytest.approx(0.3755, abs=1e-3)
    assert found["attempts"] == 5


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("texts", "flags", "status"),
    [
        (("yes", "yes", "yes", "no"), ("--sure", "0.7"), 0),
        (("yes", "yes", "yes", "no"), ("--sure", "0.8"), 9),
        (("yes", "no"), (), 9),
        (("no", "no", "yes"), ("--expect", "yes"), 1),
        (("perhaps", "perhaps", "yes"), (), 1),
    ],
)
def test_votes_decide_the_status(votes, texts, flags, status):
    """A tie decides nothing; most answers without a label are a wrong answer."""
    assert votes(*texts, flags=flags)[0]["exit_code"] == status


def test_an_answer_that_is_not_complete_is_no_vote(votes):
    """Fewer than N complete answers are not a vote."""
    found, _ = votes("yes", "yes", Behaviour(text="yes", end="close", after=1), "yes")

    assert found["exit_code"] == 8


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--sure", "0.9"), "--sure needs --one-of"),
        (("--votes", "3"), "--votes needs --one-of"),
        (("--one-of", "a,b", "--sure", "0.3"), "0.5 to 1"),
        (("--one-of", "a,b", "--votes", "1"), "2 and above"),
    ],
)
def test_what_cannot_be_sure_is_refused(home, flags, words):
    """Before anything is sent."""
    status, _, err = home.runs("respond", "-m", "m", "hi", *flags)

    assert status == 2
    assert words in err
