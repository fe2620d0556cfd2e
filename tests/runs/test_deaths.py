"""How the process dies: by the signal itself, with what had arrived on stdout."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.captures import KEY
from tests.fakes import sse
from tests.replay_server import End, Play, framed

LA = sse({"type": "response.output_text.delta", "delta": "la "})
SINGING = Play(
    framed([LA])[: -len(b"0\r\n\r\n")], end=End.REPEAT, again=b"%x\r\n%b\r\n" % (len(LA), LA)
)
"""An answer without an end, a word at a time."""
SILENT = replace(SINGING, end=End.STALL)
"""One word, and then nothing more."""
BOTH = pytest.mark.parametrize("play", [SINGING, SILENT], ids=["singing", "silent"])


@pytest.fixture
def asked(world, replay_server):
    """Give a function that starts the program and waits until the server has begun."""

    @contextmanager
    def start(play: Play, *flags: str) -> Iterator["subprocess.Popen[bytes]"]:
        replay_server.then(play)
        process = subprocess.Popen(
            [sys.executable, "-m", "gradient_cli", "respond", "-m", "any", "hi", *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                **world,
                "GRADIENT_INFERENCE_ENDPOINT": replay_server.url,
                "GRADIENT_MODEL_ACCESS_KEY": KEY,
            },
        )
        try:
            assert replay_server.has_played.wait(10)
            yield process
        finally:
            process.kill()
            process.communicate()

    return start


@pytest.mark.sampled
@BOTH
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_as_a_signal(number, play, asked):
    """A shell's loop must see that it was a signal; what had come stays, its line ended."""
    with asked(play) as process:
        first = os.read(process.stdout.fileno(), 1)
        process.send_signal(number)
        rest, words = process.communicate(timeout=10)

    assert process.returncode == -number
    words_sung = (first + rest).count(b"la")
    assert first + rest == b"la " * words_sung + b"\n"
    assert b"Traceback" not in words


@pytest.mark.real
@BOTH
def test_a_closed_pipe_ends_it_in_silence(play, asked):
    """`gradient respond | head -1` says nothing on stderr and dies by SIGPIPE."""
    with asked(play) as process:
        process.stdout.close()
        process.stdout = None
        _, words = process.communicate(timeout=10)

    assert process.returncode == -signal.SIGPIPE
    assert words == b""


@pytest.mark.real
def test_a_signal_leaves_an_old_file_alone(asked, tmp_path):
    """-o replaces a file only with a whole answer; nothing half is left beside it."""
    target = tmp_path / "answer.txt"
    target.write_text("old")

    with asked(SILENT, "-o", str(target)) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)

    assert process.returncode == -signal.SIGTERM
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["answer.txt"]
