"""
The whole program in a build's log: names, messages, ids, answers and diffs of somebody who means
harm, and no line that the runner would obey.
"""

import json
import re

import pytest

from tests.captures import KEY
from tests.replay_server import Framing, Play, framed

RUNNERS = {
    "GITHUB_ACTIONS": "true",
    "GITLAB_CI": "true",
    "TF_BUILD": "True",
    "TEAMCITY_VERSION": "2026.1",
}
BAD = "a ##[error]pwned\n::error::pwned\r::set-output name=a::b\x1b]0;t\x07 ##vso[x]y ##teamcity[z] section_start:1:x\r\x1b[0K \u202e\x9b"
OURS = re.compile(r"::(?:error (?:file=|title=gradient check%3A )|group::|endgroup::)")
OBEYED = re.compile(r"##\[|##vso|##teamcity|section_start:|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


def obeyed(shown: str) -> list[str]:
    """Give the lines that a runner or a terminal would obey."""
    return [
        line
        for line in re.split(r"[\r\n]", shown)
        if OBEYED.search(line) or (line.strip().startswith("::") and not OURS.match(line))
    ]


def whole(text: str) -> Play:
    """Give a whole answer."""
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text}],
    }
    body = {
        "id": BAD,
        "object": "response",
        "model": BAD,
        "status": "completed",
        "output": [message],
    }
    return Play(framed(json.dumps(body).encode(), Framing.LENGTH, content_type="application/json"))


def failure(status: str, headers=()) -> Play:
    """Give an error of the service with a message and an id."""
    body = {"error": {"message": BAD, "code": BAD, "type": BAD}}
    return Play(
        framed(
            json.dumps(body).encode(), Framing.LENGTH, content_type="application/json", status=status,
            headers=headers,
        )
    )  # fmt: skip


@pytest.fixture(params=RUNNERS)
def log(request, world, replay_server, run_gradient):
    """Give a function that runs the program in some runner's log and gives all it wrote."""
    world[request.param] = RUNNERS[request.param]
    world["GRADIENT_INFERENCE_ENDPOINT"] = replay_server.url
    world["GRADIENT_MODEL_ACCESS_KEY"] = KEY

    def run(*argv: str, plays=()):
        for play in plays:
            replay_server.then(play)
        done = run_gradient(*argv)
        return done.returncode, done.stdout, done.stderr

    return run


def text_of(output) -> str:
    return output if isinstance(output, str) else output.decode("utf-8", "replace")


@pytest.mark.real
def test_a_suite_of_a_stranger(log, tmp_path, world):
    """Names of tests and of files, the answer, the reason of --fail-fast."""
    suite = tmp_path / "s ##[error]x\r::error::y.toml"
    suite.write_text(f'[[test]]\nname = {json.dumps(BAD)}\nprompt = "x"\nexpect = "nothing"\n')
    status, out, err = log("check", str(suite), "--fail-fast", "-m", "m", plays=[whole(BAD)])

    assert status == 1
    assert obeyed(text_of(out) + "\n" + text_of(err)) == []


@pytest.mark.real
@pytest.mark.parametrize("status", ["500 no", "400 no", "404 no", "401 no", "429 no"])
def test_a_message_of_the_service(log, status):
    """Words, code and id of an error."""
    headers = ["x-request-id: a##[error]b ::error::c section_start:1:x"]
    got, out, err = log(
        "respond",
        "--no-stream",
        "--retries",
        "0",
        "-m",
        "m",
        "hi",
        plays=[failure(status, headers)],
    )

    assert got in {3, 4, 5, 6}
    assert obeyed(text_of(out) + "\n" + text_of(err)) == []
    assert "pwned" in text_of(err) or got == 3


@pytest.mark.real
@pytest.mark.parametrize(
    "argv",
    [
        ["respond", "-m", "m", "-f", BAD.replace("\x00", ""), "x"],
        ["respond", "-m", "m", "--one-of", f"{BAD},b", "--expect", BAD + "c", "x"],
        ["respond", "-m", "m", "--schema", BAD, "x"],
        ["check", BAD],
        ["respond", BAD, BAD],
        ["respond", f"--{BAD}"],
        ["-p", BAD, "respond", "x"],
        ["config", "set", BAD, "x"],
        ["batch", "summary", BAD],
        ["batch", "run", "x", "-i", BAD, "-o", "out.jsonl"],
    ],
)
def test_words_of_a_command_line(log, argv):
    """File names, labels, flags: as a script may have got them from anywhere."""
    got, out, err = log(*argv)

    assert got == 2
    assert obeyed(text_of(out) + "\n" + text_of(err)) == []


@pytest.mark.real
def test_the_diff_of_a_replay_miss(log, tmp_path):
    """Lines of a prompt that is not the recorded one."""
    tapes = str(tmp_path / "tapes")
    log("respond", "--no-stream", "-m", "m", "--record", tapes, f"one\n{BAD}", plays=[whole("ok")])
    got, out, err = log(
        "respond", "--no-stream", "-m", "m", "--replay", tapes, f"two\n::error::x\n{BAD}"
    )

    assert got == 2
    assert "+++ asked" in text_of(err)
    assert obeyed(text_of(out) + "\n" + text_of(err)) == []


@pytest.mark.real
def test_reasoning_of_a_model(log):
    """Streamed to stderr, its lines kept."""
    from tests.fakes import sse

    pieces = [BAD[n : n + 3] for n in range(0, len(BAD), 3)]
    events = [sse({"type": "response.reasoning_text.delta", "delta": piece}) for piece in pieces]
    done = {"id": "r", "object": "response", "model": "m", "status": "completed", "output": []}
    events.append(sse({"type": "response.output_text.delta", "delta": "fine"}))
    events.append(sse({"type": "response.completed", "response": done}))
    got, _, err = log(
        "respond", "-m", "m", "--show-reasoning", "hi", plays=[Play(framed(b"".join(events)))]
    )

    assert got == 0
    assert "pwned" in text_of(err)
    assert obeyed(text_of(err)) == []
