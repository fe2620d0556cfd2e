"""Decisions with others: a foreign server for our client, the official client for our mock."""

import json

import pytest
from typesafe_sdk import Choice, Noul, RetryPolicy, Score, TypeSafeClient
from typesafe_sdk import TypeSafeError as OfficialError

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from tests.real.conftest import Server, free_port, running, wait_until_open

pytestmark = pytest.mark.real

QUESTIONS = {
    "bill": Noul(instructions="Is it about a bill?"),
    "kind": Choice(instructions="What is it?", criteria={"bug": None, "wish": "asks for more"}),
    "mood": Score(instructions="How angry?", criteria=["calm", "cross", "mad"]),
}


@pytest.fixture(scope="module")
def laya():
    """laya-serve, whose stand-in finds everything equally probable."""
    port = free_port()
    with running("laya_server.py", str(port)) as process:
        wait_until_open(process, port, "laya-serve")
        yield Server(process, f"http://127.0.0.1:{port}")


def official(url, retries=0):
    """Give the official client."""
    policy = RetryPolicy(max_retries=retries)
    return TypeSafeClient(api_key="k", base_url=url, model="jev", retry=policy)


@pytest.mark.parametrize(
    ("flags", "status", "words"),
    [
        ((), 9, {"yes"}),
        (("--one-of", "calm,angry"), 0, {"calm", "angry"}),
        (("--one-of", "calm,angry", "--sure", "0.6"), 9, {"calm", "angry"}),
        (("--scale", "calm,cross,mad"), 0, {"calm", "cross", "mad"}),
        (("--scale", "calm,cross,mad", "--at-most", "mad"), 0, {"calm", "cross", "mad"}),
    ],
)
def test_a_foreign_server_decides(run_gradient, laya, flags, status, words):
    """Every kind of question over a real socket; its stand-in is not sure of anything."""
    done = run_gradient(
        "decide", "-m", "laya-english", "Is it?", *flags, url=laya.url, stdin=b"charged twice"
    )

    assert done.returncode == status, done.stderr
    assert done.stdout.decode().strip() in words


def test_several_questions_are_one_request(run_gradient, laya):
    """One object by their names."""
    done = run_gradient(
        *("decide", "-m", "laya-english", "--ask", "a=Is it?", "--ask", "b=Was it?"),
        url=laya.url,
        stdin=b"charged twice",
    )

    assert set(json.loads(done.stdout)) == {"a", "b"}


def test_a_foreign_servers_refusal_is_told_in_its_words(run_gradient, laya):
    """An unknown model is status 4."""
    done = run_gradient("decide", "-m", "nobody", "Is it?", url=laya.url, stdin=b"x")

    assert done.returncode == 4
    assert b"unknown model" in done.stderr


def test_the_official_client_reads_every_kind_of_answer():
    """With the odds that were scripted."""
    odds = {"yes": 0.97, "wish": 0.7, "mad": 0.6}
    script = Script(decisions=(Behaviour(odds=odds, times=0),))
    with MockServer(script) as server, official(server.url) as client:
        answers = client.system_one(state="a state", questions=QUESTIONS).answers

    assert answers["bill"].noul == 0.97
    assert (answers["kind"].choice, answers["kind"].probabilities["wish"]) == ("wish", 0.7)
    assert answers["mood"].legend[2] == "mad"
    assert answers["mood"].probabilities[2] == 0.6


def test_the_official_client_retries_what_the_mock_refuses():
    """424, 529 and 429 with Retry-After, then an answer."""
    refusals = tuple(
        Behaviour(status=status, headers={"Retry-After": "0"}) for status in (529, 429)
    )
    script = Script(decisions=(*refusals, Behaviour(odds={"yes": 0.9}, times=0)))
    with MockServer(script) as server, official(server.url, retries=3) as client:
        answers = client.system_one(state="s", questions={"q": QUESTIONS["bill"]}).answers
        asked = [request.status for request in server.requests]

    assert answers["q"].noul == 0.9
    assert asked == [529, 429, 200]


@pytest.mark.parametrize("status", [400, 401, 403, 422, 424, 500])
def test_the_official_client_knows_the_mocks_errors(status):
    """Each is raised, none is taken for an answer."""
    script = Script(decisions=(Behaviour(status=status, times=0),))
    with (
        MockServer(script) as server,
        official(server.url) as client,
        pytest.raises(OfficialError),
    ):
        client.system_one(state="s", questions={"q": QUESTIONS["bill"]})
