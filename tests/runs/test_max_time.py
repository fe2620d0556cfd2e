"""`--max-time` ends the run within a second, whatever is going on."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.replay_server import End, Play, ReplayServer
from tests.transport.test_reader import DELTA, FINISHED, OK, Flood

pytestmark = pytest.mark.real

LIMIT_S = 2.0
TOLERANCE_S = 4.0
"""A second is promised; the rest is a busy machine, on which the program takes long to start."""


@pytest.fixture
def timed(world, tmp_path):
    """Run the program for LIMIT_S with a stdin that stays open; give (status, out, err)."""

    def run(*argv: str, url: str = "http://127.0.0.1:9", stdout: int = subprocess.PIPE, **environ):
        environ = {"GRADIENT_INFERENCE_ENDPOINT": url, "GRADIENT_MODEL": "m"} | environ
        environ = {name: value for name, value in environ.items() if value}
        quiet, held = os.pipe()
        start = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "gradient_cli", *argv, "--max-time", str(LIMIT_S)],
                stdin=quiet,
                stdout=stdout,
                stderr=subprocess.PIPE,
                env={**world, **environ},
                cwd=tmp_path,
                timeout=20,
                check=False,
            )
        finally:
            os.close(quiet)
            os.close(held)
        assert time.monotonic() - start < LIMIT_S + TOLERANCE_S
        return done.returncode, done.stdout, done.stderr.decode()

    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "s.toml").write_text('[[test]]\nname = "a"\nprompt = "x"\nexpect = "x"\n')
    return run


@pytest.mark.parametrize(
    "argv",
    [
        ("respond", "hi"),
        ("respond", "-"),
        ("respond", "-f", "-", "hi"),
        ("respond", "--body", "-"),
        ("respond", "-f", "fifo", "hi", "--no-stdin"),
        ("respond", "--prompt-file", "fifo", "--no-stdin"),
        ("respond", "--var", "a=@fifo", "{{ a }}", "--no-stdin"),
        ("respond", "-s", "@fifo", "hi", "--no-stdin"),
        ("respond", "--key-file", "fifo", "hi", "--no-stdin"),
        ("respond", "--key-file", "-", "hi"),
        ("respond", "-o", "fifo", "hi", "--no-stdin"),
        ("batch", "run", "{{ line }}", "-i", "-", "-o", "out.jsonl"),
        ("check", "fifo"),
    ],
)
def test_what_never_comes_is_not_waited_for(timed, argv):
    """stdin that stays open, and FIFOs without another side."""
    status, _, err = timed(*argv)

    assert (status, "--max-time" in err) == (7, True)


@pytest.mark.parametrize(
    "argv",
    [
        ("respond", "hi", "--no-stdin"),
        ("respond", "hi", "--no-stdin", "--json"),
        ("models",),
        ("check", "s.toml", "--junit", "j.xml"),
        ("batch", "run", "x", "--each-file", "s.toml", "-o", "out.jsonl"),
    ],
)
@pytest.mark.parametrize("command", ["sleep 19", "sh -c 'sleep 19 & sleep 19'", "sh -c 'yes >&2'"])
def test_a_key_command_ends_with_the_run(timed, tmp_path, argv, command):
    """And the object of --json is there all the same."""
    (tmp_path / "c.toml").write_text(
        f'key_command = "{command}"\nbase_url = "http://127.0.0.1:9"\n'
    )

    status, out, _ = timed(*argv, url="", GRADIENT_CONFIG=str(tmp_path / "c.toml"))

    assert status == 7 or (status == 3 and "yes" in command)
    if "--json" in argv:
        assert json.loads(out)["exit_code"] == status


@pytest.mark.parametrize("again", [DELTA, b": ping\n\n", b"x"])
@pytest.mark.parametrize(
    "argv",
    [
        ("respond", "hi", "--no-stdin"),
        ("respond", "hi", "--no-stdin", "--one-of", "a,b", "--repair", "5"),
        ("check", "s.toml", "--junit", "j.xml"),
        ("batch", "run", "x", "--each-file", "s.toml", "-o", "out.jsonl"),
        ("models",),
    ],
)
def test_a_server_that_always_has_something_to_say(timed, tmp_path, argv, again):
    """And the report is written."""
    with Flood(OK, again) as flood:
        status, _, _ = timed(*argv, url=flood.url)

    assert status in (7, 5)
    if "--junit" in argv:
        assert b"<error" in (tmp_path / "j.xml").read_bytes()


def test_retries_end_too(timed):
    """A wait that is longer than the run is not begun."""
    refusal = b"HTTP/1.1 429 no\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
    with Flood(refusal, b"x", 9) as flood:
        status, _, err = timed("respond", "hi", "--no-stdin", url=flood.url)

    assert (status, "--max-time" in err) == (6, True)


def test_a_judge_ends_too(timed, tmp_path):
    """Its call is a call of the run."""
    (tmp_path / "s.toml").write_text(
        '[[test]]\nname = "a"\nprompt = "x"\nexpect = "done"\njudge = "good"\n'
    )
    never = Play(OK, end=End.REPEAT, again=b": ping\n\n")
    with ReplayServer(Play(OK + FINISHED), never) as server:
        status, _, _ = timed("check", "s.toml", url=server.url)

    assert len(server.received) == 2
    assert status == 7


def test_a_stdout_that_nobody_reads(timed):
    """A full pipe does not keep the run."""
    reading, writing = os.pipe()
    try:
        with Flood(OK, DELTA) as flood:
            status, _, err = timed("respond", "hi", "--no-stdin", url=flood.url, stdout=writing)
    finally:
        os.close(reading)
        os.close(writing)

    assert (status, "--max-time" in err) == (7, True)


def test_a_finished_answer_followed_by_pings_is_an_answer(timed):
    """It ends soon after its end, and long before --timeout."""
    with Flood(OK + FINISHED, b": ping\n\n", 0.1) as flood:
        status, out, _ = timed("respond", "hi", "--no-stdin", url=flood.url)

    assert (status, out) == (0, b"done\n")
