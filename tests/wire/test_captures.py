"""
What real servers sent, through the real client, over a real socket.

    capture ──► ReplayServer ──► HttpTransport ──► Client ──► Outcome == what the table says

Two things are held against each outcome, which know nothing of each other:
the table below (what was asked, and of whom), and a plain reading of the captured body.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from gradient_cli.client import Outcome
from gradient_cli.exits import ExitStatus
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.wire.request import Request
from tests.captures import KEY, Capture, answers, captures
from tests.fakes import asking_once
from tests.replay_server import Play, ReplayServer

ASKED = [one for one in captures() if one.name != "ok-models"]
LISTED = [one for one in captures() if one.name == "ok-models"]
ANSWERED = [one for one in ASKED if one.status == 200]
CALLED = [one for one in ANSWERED if fnmatchcase(one.name, "ok-tool*") and "result" not in one.name]
SING = "30 green bottles hanging on the wall"

STATUSES = {401: 3, 403: 3, 429: 6}
"""HTTP status -> exit status; the rest are 5 from 500 on, and 4 below."""

ENDS = {
    "*/fault-disconnect-*": 8,  # the connection breaks
    "*/fault-truncate-*": 8,  # the stream ends in good order, but early
    "*/fault-malformed-*": 5,  # half a JSON object in a whole frame
    "*/fault-kill-worker-*": 8,
    "*/fault-sigterm-*": 8,
    # llama.cpp calls an answer completed that the limit has cut, and nothing in it tells.
    "llamacpp/ok-maxtokens*": 0,
    "llmock/ok-maxtokens*": 0,  # knows no limits
    "*/ok-maxtokens*": 8,
    # The tiny model runs into the end of its context here.
    "vllm*/ok-jsonschema*": 8,
    "vllm*/ok-unicode-prompt*": 8,
    "vllm*/err-empty-input*": 8,
}
"""Case -> exit status of a 200, first match; the rest are 0."""

TEXTS = {
    "*/fault-*-after3-*": "",
    "*/fault-*-after8-*": "The quick brown fox ",
    "*/fault-kill-worker-*": "30 green bottles hanging",
    "*/fault-sigterm-*": "",  # it was still thinking
    "*/fault-reply-empty*": "",
    "*/fault-reply-odd-*": "one\u2028two\u2029three\x85four\vfive\fsix\r\nseven\reight\x1b[31m\a",
    "*/fault-tool-*": "",
    "llmock/*": None,  # makes up its own answers
    "prism-do-spec/ok-hello": "",  # the example in the interface's description is all reasoning
    "vllm-reasoning/ok-think*": "\n\n4",
    "vllm-reasoning/ok-only-think*": "\n\n",
    "*/ok-toolresult*": None,  # the model was never taught what to do with one
    "*/ok-tool*": "",
    "vllm-reasoning/*": "",  # without <think> its parser takes everything for thinking
    "llamacpp/ok-gradient-max_tokens*": SING,
    "*/ok-maxtokens1*": "3",
    "*/ok-maxtokens8*": SING,
    "*/ok-stop*": SING.removesuffix("wall"),
    "*/ok-items*": "Hello, world!",
    "*/ok-turns*": "pong",
    "vllm*/ok-jsonschema*": None,  # the schema drives the model off what it knows
    "*/ok-unicode-prompt*": None,  # a prompt that it has never seen
    "*/err-*": None,
}
"""Case -> text of a 200, first match; None: not known beforehand. The rest: answers.json."""


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


def first_match(table: dict[str, Any], capture: Capture, otherwise: Any) -> Any:
    found = (value for case, value in table.items() if fnmatchcase(str(capture), case))
    return next(found, otherwise)


def expected_status(capture: Capture) -> int:
    if capture.status >= 400:
        return STATUSES.get(capture.status, 5 if capture.status >= 500 else 4)
    return first_match(ENDS, capture, 0)


def payloads(capture: Capture) -> list[Any]:
    """Read a captured body in the plainest way, as far as it is JSON."""
    lines = [capture.body]
    if capture.is_stream:
        lines = [line[5:] for line in capture.body.split(b"\n") if line.startswith(b"data:")]
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def plain_text(capture: Capture) -> str:
    """Give the answer's text by a plain reading: the deltas, else the final object."""
    bodies = payloads(capture)
    deltas = [one["delta"] for one in bodies if one.get("type") == "response.output_text.delta"]
    final = bodies[-1].get("response", bodies[-1])
    items = [item for item in final.get("output", ()) if item["type"] == "message"]
    return "".join(deltas or (part["text"] for item in items for part in item["content"]))


def once_each(capture: Capture) -> Any:
    """Leave what is much like another server's to the longer run."""
    is_like_others = capture.server == "vllm-0.28" or fnmatchcase(str(capture), "llmock/[eo]*")
    return pytest.param(capture, marks=pytest.mark.real) if is_like_others else capture


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
        known = first_match(TEXTS, capture, answers().get(capture.prompt))
        assert known is None or outcome.response.text == known
        assert outcome.response.text == plain_text(capture)
        assert not outcome.response.streamed_text_differs


def test_the_table_has_no_dead_rows():
    """A row that matches nothing would be a promise that nobody keeps."""
    dead = [
        case
        for case in [*ENDS, *TEXTS]
        if not any(fnmatchcase(str(capture), case) for capture in ANSWERED)
    ]

    assert dead == []


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
@pytest.mark.parametrize("piece_bytes", [1, 3])
@pytest.mark.parametrize("capture", ASKED, ids=str)
def test_pieces_change_nothing(capture, piece_bytes, transport, server):
    """A reply that comes byte by byte means what the whole reply means."""
    whole = ask(transport, server, capture)

    pieces = ask(transport, server, capture, piece_bytes)

    assert pieces.response == whole.response
    assert pieces.status == whole.status == ExitStatus(expected_status(capture))
    assert str(pieces.error) == str(whole.error)
