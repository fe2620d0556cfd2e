"""What real servers sent, through the whole program: stdout, stderr and the exit status."""

import json
from fnmatch import fnmatchcase

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.terminal.streams import Terminal
from tests.captures import KEY, Capture, capture, captures
from tests.expected import expected_status, plain_text
from tests.replay_server import Play, ReplayServer

CHOSEN = [
    one
    for one in captures()
    if one.name != "ok-models"
    and any(
        fnmatchcase(str(one), pattern)
        for pattern in ("vllm/*", "vllm-reasoning/*", "prism-*", "llmock/fault-*")
    )
]


SHORT = [
    one
    if one.is_stream or one.server == "prism-do-spec"
    else pytest.param(one, marks=pytest.mark.real)
    for one in CHOSEN
]
"""The streams alone; the rest is for the longer run."""


@pytest.fixture(scope="module")
def server():
    with ReplayServer(Play(b"")) as server:
        yield server


@pytest.fixture
def respond(server, tmp_path):
    """Give a function that runs `gradient respond` in this process, against one capture."""

    def respond(capture: Capture, *flags: str) -> tuple[int, str, str]:
        server.then(Play(capture.response))
        terminal = Terminal.recording()
        environ = {
            "HOME": str(tmp_path),
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
            "GRADIENT_MODEL_ACCESS_KEY": KEY,
        }
        way = "--stream" if capture.is_stream else "--no-stream"
        argv = ["respond", "-m", "any", way, "--retries", "0", *offered(capture), *flags, "hi"]
        status = run(argv, Invocation(terminal, environ))
        return status, terminal.stdout_text, terminal.stderr_text

    return respond


def offered(capture: Capture) -> list[str]:
    """Give the flags that offer the functions of the captured request."""
    tools = capture.sent.get("tools") if isinstance(capture.sent, dict) else None
    return (
        ["--tool", json.dumps(tools)] if isinstance(tools, list) and capture.status == 200 else []
    )


def run_status(capture: Capture) -> int:
    """Give the status of the whole program: a complete reply may yet be no answer."""
    status = expected_status(capture)
    if status or capture.status != 200:
        return status
    is_broken_call = "bad-arguments" in capture.name
    has_calls = any(name in capture.name for name in ("ok-tool", "fault-tool"))
    is_empty = not plain_text(capture).strip() and (not has_calls or "result" in capture.name)
    return int(is_broken_call or is_empty)


def calls_of(printed: str) -> list[str]:
    return [json.loads(line)["name"] for line in printed.splitlines() if line.startswith("{")]


@pytest.mark.sampled
@pytest.mark.parametrize("capture", SHORT, ids=str)
def test_stdout_is_the_answer_and_stderr_the_rest(capture, respond):
    """The text and nothing else; a failure is told, in words without the key."""
    status, out, err = respond(capture)

    assert status == run_status(capture)
    text = plain_text(capture) if capture.status == 200 else ""
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    assert out.startswith(ended)
    assert out == ended or calls_of(out.removeprefix(ended)) in (["get_weather"], ["f"])
    assert KEY not in err
    assert "Traceback" not in err
    if status:
        assert any(line.startswith("gradient: ") for line in err.splitlines()[-3:])
    else:
        assert err == ""


@pytest.mark.real
@pytest.mark.parametrize("capture", CHOSEN, ids=str)
def test_the_document_is_one_object_whatever_happens(capture, respond):
    """--json: one object on success and on failure, with the same status and text."""
    status, out, _ = respond(capture, "--json")

    document = json.loads(out)
    assert out.count("\n") == 1
    assert document["exit_code"] == status == run_status(capture)
    assert document["ok"] is (status == 0)
    assert (document["error"] is None) is (status == 0)
    assert (document["text"] or "") == (plain_text(capture) if capture.status == 200 else "")
    assert KEY not in out


@pytest.mark.real
@pytest.mark.parametrize("capture", CHOSEN, ids=str)
def test_events_are_lines_for_every_reader(capture, respond):
    """--format events: each line is JSON, also for readers that split at U+2028; ours is last."""
    status, out, _ = respond(capture, "--format", "events")

    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["type"] == "gradient.result"
    assert lines[-1]["exit_code"] == status == run_status(capture)
    if capture.is_stream and "think" not in capture.name:
        deltas = [one["delta"] for one in lines if one["type"] == "response.output_text.delta"]
        assert "".join(deltas) == plain_text(capture)


REAL_RUNS = [
    ("vllm", "ok-oddlines-stream"),
    ("vllm", "ok-terminal"),
    ("llamacpp", "ok-sse-inside-stream"),
    ("llamacpp", "ok-tool-stream"),
    ("vllm", "ok-maxtokens8-stream"),
    ("vllm", "fault-kill-worker-midstream"),
    ("vllm", "err-wrong-key-stream"),
    ("vllm-0.28", "err-unknown-model"),
    ("llmock", "fault-malformed-after8-stream"),
    ("prism-do-spec", "err-http-429"),
]


@pytest.mark.real
@pytest.mark.parametrize(("server_name", "name"), REAL_RUNS)
def test_the_real_program_says_the_same(server_name, name, respond, run_gradient, server):
    """A process of its own gives what the same run in this process gives."""
    chosen = capture(server_name, name)
    status, out, err = respond(chosen)

    way = "--stream" if chosen.is_stream else "--no-stream"
    flags = ["-m", "any", way, "--no-stdin", "--retries", "0", *offered(chosen)]
    done = run_gradient("respond", *flags, "hi", url=server.url)

    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (status, out, err)
