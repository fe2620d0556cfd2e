"""
Ctrl-Z and `fg` in the midst of an answer, in a real shell on a real pseudo-terminal.

    a server's reply ─► gradient respond ─► bash -i ─► pty ─► what a terminal shows
"""

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import sys
import termios
import time
from subprocess import Popen

import pytest

from tests.captures import KEY
from tests.fakes import sse
from tests.render.screen import Terminal, cut
from tests.replay_server import Play, framed

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("bash") is None, reason="no bash to stop jobs"),
]
COLUMNS, ROWS = 60, 16
WORDS = [f"word{n:02}x" for n in range(60)]
BLOCKS = {
    "paragraph": " ".join(WORDS),
    "list": "".join(f"- {word} of it\n" for word in WORDS[:30]),
    "long item": f"1. {' '.join(WORDS)}\n",
    "quote": f"> {' '.join(WORDS)}\n",
    "code": "```python\n" + "".join(f"{word} = 'a'  # {'b' * 50}\n" for word in WORDS[:24]) + "```\n",
    "one line of code": f"```\n{' '.join(WORDS)}\n```\n",
    "table": "| a | b |\n|---|---|\n" + "".join(f"| {word} | some more text |\n" for word in WORDS[:9]),
    "tall table": "| a | b |\n|---|---|\n" + "".join(f"| {word} | b |\n" for word in WORDS[:30]),
    "blocks as a list": "| a | b |\n|---|---|\n"
    + "".join(f"| {word} | {'c' * 58} |\n" for word in WORDS[:9]),
}  # fmt: skip


class Shell:
    """An interactive bash, and the screen it writes to."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.terminal = Terminal(COLUMNS, ROWS)
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

        def own() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            stdin=side, stdout=side, stderr=side, preexec_fn=own, env={**environ, "PS1": "$ "},
        )  # fmt: skip
        os.close(side)
        os.set_blocking(self._main, False)

    def types(self, text: str) -> None:
        os.write(self._main, text.encode())

    def reads(self) -> str:
        """Take in what came; give all lines."""
        try:
            while piece := os.read(self._main, 65536):
                self.terminal.write(piece.decode("utf-8", "replace"))
        except OSError:
            pass
        return "\n".join(self.terminal.lines())

    def waits(self, pattern: str) -> None:
        """Wait until the screen shows something."""
        until = time.monotonic() + 20
        while not re.search(pattern, self.reads(), re.MULTILINE):
            assert time.monotonic() < until, self.reads()
            time.sleep(0.02)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._main)


@pytest.fixture
def shell(world):
    opened = Shell({**world, "TERM": "xterm-256color", "PATH": os.environ["PATH"]})
    opened.waits(r"^\$")
    yield opened
    opened.close()


def play(text: str) -> Play:
    """Give the reply, a token each few hundredths of a second."""
    pieces = [
        sse({"type": "response.output_text.delta", "delta": piece})
        for piece in cut(f"Begin.\n\n{text}\n\nThe end.\n", 5)
    ]
    done = {"id": "r", "object": "response", "model": "m", "status": "completed", "output": []}
    body = b"".join([*pieces, sse({"type": "response.completed", "response": done})])
    return Play(framed(body), piece_bytes=140, pause_s=0.03)


def begin(shell: Shell, replay_server, text: str) -> str:
    """Start the program and give the shell's command to find it by."""
    replay_server.then(play(text))
    shell.types(
        f"export GRADIENT_INFERENCE_ENDPOINT={replay_server.url} GRADIENT_MODEL_ACCESS_KEY={KEY}\r"
    )
    shell.types(f"clear; {sys.executable} -m gradient_cli respond -m m hi; echo status=$?\r")
    return "gradient_cli"


def letters(lines: str) -> list[str]:
    return re.findall(r"word\d\dx", re.sub(r"[^\w]", "", lines))


@pytest.mark.parametrize("pause_s", [0.1, 0.3])
@pytest.mark.parametrize("name", BLOCKS)
def test_what_the_shell_wrote_stays_and_nothing_is_doubled(name, pause_s, shell, replay_server):
    """Ctrl-Z in any block, other output, fg."""
    begin(shell, replay_server, BLOCKS[name])
    shell.waits("Begin")
    time.sleep(pause_s)
    shell.types("\x1a")
    shell.waits("Stopped")
    shell.types("echo SHELL-A; echo SHELL-B\r")
    shell.waits("^SHELL-B$")
    shell.types("fg\r")
    shell.waits(r"^The end\.$")
    lines = shell.reads()

    assert letters(lines) == letters(BLOCKS[name]), lines
    assert "\nSHELL-A\nSHELL-B\n" in lines
    assert lines.count("Begin") == 1, lines


@pytest.mark.parametrize("name", ["paragraph", "code", "table"])
def test_a_job_in_the_background_moves_no_cursor(name, shell, replay_server):
    """After `bg` what becomes final is printed, and what others typed stays."""
    begin(shell, replay_server, BLOCKS[name])
    shell.waits("Begin")
    time.sleep(0.1)
    shell.types("\x1a")
    shell.waits("Stopped")
    shell.types("bg; echo SHELL-A\r")
    shell.waits("^SHELL-A$")
    shell.waits(r"^The end\.$")
    lines = shell.reads()

    assert letters(lines) == letters(BLOCKS[name]), lines
    assert "\nSHELL-A\n" in lines


@pytest.mark.parametrize("name", ["paragraph", "code", "list"])
def test_a_stop_that_nobody_can_catch(name, shell, replay_server):
    """SIGSTOP leaves no time to tidy up: the shell's lines stay all the same."""
    begin(shell, replay_server, BLOCKS[name])
    shell.waits("Begin")
    time.sleep(0.3)
    children = f"/proc/{shell.process.pid}/task/{shell.process.pid}/children"
    if not os.path.exists(children):
        pytest.skip("no /proc to find the job by")
    with open(children) as file:
        os.kill(int(file.read().split()[0]), signal.SIGSTOP)
    shell.waits("Stopped")
    shell.types("echo SHELL-A\r")
    shell.waits("^SHELL-A$")
    shell.types("fg\r")
    shell.waits(r"^The end\.$")
    lines = shell.reads()

    assert "\nSHELL-A\n" in lines
    assert set(letters(BLOCKS[name])) <= set(letters(lines))
