"""
What real servers sent, through the real client, over a real socket.

    capture ──► ReplayServer ──► HttpTransport ──► Client ──► Outcome == what the table says

Two things are held against each outcome, which know nothing of each other:
the table of tests/expected.py (what was asked, and of whom), and a plain reading of the body.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from gradient_cli.ask.client import Outcome
from gradient_cli.exits import ExitStatus
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.wire.request import Request
from tests.captures import KEY, Capture, captures
from tests.expected import ENDS, TEXTS, expected_status, known_text, payloads, plain_text
from tests.fakes import asking_once
from tests.replay_server import Play, ReplayServer

ASKED = [one for one in captures() if one.name != "ok-models"]
LISTED = [one for one in captures() if one.name == "ok-models"]
ANSWERED = [one for one in ASKED if one.status == 200]
CALLED = [one for one in ANSWERED if fnmatchcase(one.name, "ok-tool*") and "result" not in one.name]


@pytest.fixture(scope="module")
def server():
    with ReplayServer(Play(b"")) as server:
        yield server


@pytest.fixture(scope="module")
def transport(server):
    transport = HttpTransport(Network(base_url=server.url, secret=KEY, key_source="a test"), {})
    yield transport
    transport.close()


def ask(
    transport: HttpTransport, server: ReplayServer, capture: Capture, piece_bytes: int = 0
) -> Outcome:
    """Ask as a new client does; what one capture said of rate limits is nothing to the next."""
    server.then(Play(capture.response, piece_bytes))
    prompt = capture.prompt or "hi"
    return asking_once(transport, transport.setting).ask(
        Request(model="tiny-qwen3", input=prompt, stream=capture.is_stream)
    )


def once_each(capture: Capture) -> Any:
    """Leave what is much like another server's to the longer run."""
    is_like_others = capture.server == "vllm-0.28" or fnmatchcase(str(capture), "llmock/[eo]*")
    return pytest.param(capture, marks=pytest.mark.real) if is_like_others else capture


@pytest.mark.sampled
@pytest.mark.parametrize("capture", [once_each(one) for one in ASKED], ids=str)
def test_every_reply_has_its_status_and_text(capture, transport, server):
    """A failure has words and no key in them; a text is what the model was made to say."""
    outcome = ask(transport, server, capture)

    assert outcome.status == expected_status(capture)
    assert outcome.attempts == 1
    if outcome.error:
        assert outcome.error.message
        assert KEY not in f"{outcome.error.message} {outcome.error.hint}"
        assert outcome.error.http_status in {None, capture.status}
    if capture.status == 200:
        known = known_text(capture)
        assert known is None or outcome.response.text == known
        assert outcome.response.text == plain_text(capture)
        assert not outcome.response.has_lost_pieces


def test_the_table_has_no_dead_rows():
    """A row that matches nothing would be a promise that nobody keeps."""
    dead = [
        case
        for case in [*ENDS, *TEXTS]
        if not any(fnmatchcase(str(capture), case) for capture in ANSWERED)
    ]

    assert dead == []


@pytest.mark.sampled
@pytest.mark.parametrize("capture", CALLED, ids=str)
def test_every_tool_call_is_whole(capture, transport, server):
    """A function call arrives with its name, its arguments as JSON, and an id."""
    (call,) = ask(transport, server, capture).response.tool_calls

    assert call.name == "get_weather"
    assert call.call_id
    assert capture.server == "llmock" or json.loads(call.arguments) == {"city": "Paris"}


def test_arguments_are_kept_as_the_model_wrote_them(transport, server):
    """Broken arguments are the model's fault, and shown as they are."""
    capture = next(one for one in ASKED if one.name == "fault-tool-bad-arguments-stream")

    (call,) = ask(transport, server, capture).response.tool_calls

    ends = [one for one in payloads(capture) if one["type"].endswith("arguments.done")]
    assert call.arguments == ends[0]["arguments"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(call.arguments)


@pytest.mark.parametrize("name", ["ok-think", "ok-think-stream"])
def test_thinking_is_no_answer(name, transport, server):
    """What a server's reasoning parser sets apart is kept apart."""
    capture = next(one for one in ASKED if str(one) == f"vllm-reasoning/{name}")

    response = ask(transport, server, capture).response

    assert response.reasoning == "\nTwo and two make four.\n"
    assert response.text == "\n\n4"


@pytest.mark.parametrize("capture", LISTED, ids=str)
def test_models_are_listed(capture, transport, server):
    """The list of models is read from every server that gave one."""
    server.then(Play(capture.response))

    listed = asking_once(transport, transport.setting).models()

    assert [model["id"] for model in listed] == [
        model["id"] for model in json.loads(capture.body)["data"]
    ]


@pytest.mark.real
@pytest.mark.parametrize("piece_bytes", [1, 2, 3])
@pytest.mark.parametrize("capture", ASKED, ids=str)
def test_pieces_change_nothing(capture, piece_bytes, transport, server):
    """A reply that comes byte by byte means what the whole reply means."""
    whole = ask(transport, server, capture)

    pieces = ask(transport, server, capture, piece_bytes)

    assert pieces.response == whole.response
    assert pieces.status == whole.status == ExitStatus(expected_status(capture))
    assert str(pieces.error) == str(whole.error)
