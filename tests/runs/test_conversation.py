"""`gradient respond --thread`: what is sent, what is kept, what is refused before it is sent."""

import json
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal
from tests.captures import KEY

CALL = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c1"}
ASKED = [{"role": "user", "content": "x"}, CALL]


@pytest.fixture
def talk(tmp_path):
    """Give a function that takes one turn, and gives status, stderr and the thread's items."""
    path = tmp_path / "talk.jsonl"

    def talk(*flags: str, stdin: bytes = b"", history: list | None = None, **behaviour):
        if history is not None:
            path.write_text("".join(json.dumps(item) + "\n" for item in history))
        terminal = Terminal.recording(stdin)
        with MockServer(Script(behaviours=(Behaviour(**behaviour or {"text": "ok"}),))) as server:
            environ = {
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "GRADIENT_MODEL_ACCESS_KEY": KEY,
            }
            argv = ["respond", "-m", "any", "--retries", "0", "--thread", str(path), *flags]
            status = run(argv, Invocation(terminal, environ))
        return status, terminal.stderr_text, items(path)

    return talk


def items(path: Path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_call_and_its_output_are_two_turns(talk):
    """The model calls, the user answers the call, the model speaks."""
    status, _, kept = talk("sun?", text="", calls=({"name": "f", "arguments": "{}"},))
    assert (status, [i.get("type") for i in kept]) == (0, [None, "function_call"])

    status, _, kept = talk("--no-stdin", "--tool-output", f"{kept[1]['call_id']}=sunny")

    assert status == 0
    assert kept[2]["output"] == "sunny"
    assert kept[3]["role"] == "assistant"


@pytest.mark.parametrize(
    ("flags", "stdin"),
    [(["hi", "--no-stdin"], b""), ([], b"hi\n"), (["-"], b"hi\n"), (["-f", "FILE"], b"")],
)
def test_no_prompt_passes_over_an_open_call(talk, tmp_path, flags, stdin):
    """Wherever it comes from: an argument, stdin, or a file."""
    (tmp_path / "f.txt").write_text("hi")
    flags = [str(tmp_path / "f.txt") if flag == "FILE" else flag for flag in flags]

    status, said, kept = talk(*flags, stdin=stdin, history=ASKED)

    assert status == 2
    assert "the model waits for the output of c1" in said
    assert kept == ASKED


def test_a_thread_needs_no_previous_response(talk):
    """The service would have the history twice."""
    status, error, kept = talk("hi", "--previous-response-id", "r1")

    assert (status, kept) == (2, [])
    assert "exclude each other" in error


def test_two_outputs_of_one_call_are_refused(talk):
    """Neither is dropped in silence."""
    flags = ["--no-stdin", "--tool-output", "c1=a", "--tool-output", "c1=b"]

    status, said, kept = talk(*flags, history=ASKED)

    assert status == 2
    assert 'no call "c1" is open' in said
    assert kept == ASKED


@pytest.mark.parametrize(
    ("status", "flags", "behaviour"),
    [
        (1, ["--expect", "z"], {"text": "ok"}),
        (4, [], {"status": 404}),
        (8, [], {"text": "Hello there", "end": "length"}),
    ],
)
def test_a_turn_that_failed_is_not_kept(talk, status, flags, behaviour):
    """The thread holds whole turns that met what was asked."""
    found, _, kept = talk("hi", "--no-stdin", *flags, history=ASKED[:1], **behaviour)

    assert (found, kept) == (status, ASKED[:1])
