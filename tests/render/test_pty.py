"""
The real program on a real pseudo-terminal: what a model writes does nothing to it.

    a server's reply ─► gradient respond ─► pty ─► what a terminal would have been told
"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from subprocess import DEVNULL, Popen

import pyte
import pytest

from tests.captures import KEY
from tests.fakes import sse
from tests.hostile import HOSTILE
from tests.replay_server import Play, framed

COLUMNS, ROWS = 100, 30
OURS = re.compile(r"\r+\n|\r?\x1b\[K|\x1b\[(?:[0-9;]*m|\?2026[hl]|A|\d+D)")
"""All that the program itself says to a terminal: colour, redraws, lines."""
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class Witness(pyte.Screen):
    """A terminal that remembers what it was made to do, besides showing text."""

    SILENT = ("set_title", "set_icon_name", "report_device_status", "report_device_attributes",
              "write_process_input", "bell", "define_charset", "shift_in", "shift_out",
              "alignment_display", "cursor_position", "erase_in_display", "set_margins",
              "save_cursor", "restore_cursor", "reverse_index", "cursor_to_line")  # fmt: skip

    def __init__(self) -> None:
        super().__init__(COLUMNS, ROWS)
        self.done: list[str] = []
        for name in self.SILENT:
            setattr(self, name, self._noting(name))

    def _noting(self, name: str):
        return lambda *_, **__: self.done.append(name)


def told(output: str) -> tuple[list[str], list[str], Witness]:
    """Give the control characters that are not ours, what they did, and the screen after it."""
    screen = Witness()
    pyte.Stream(screen).feed(output)
    screen.dirty.clear()
    return CONTROL.findall(OURS.sub("", output)), screen.done, screen


def answer() -> tuple[bytes, int]:
    """Give a reply with each text cut at each of its characters, and how many these are."""
    pieces = []
    for text in HOSTILE:
        for place in range(len(text) + 1):
            pieces += [f"\n\nsafe {text[:place]}", f"{text[place:]} end"]
    events = [
        sse({"type": "response.output_text.delta", "delta": piece}) for piece in pieces if piece
    ]
    done = {"id": "r", "object": "response", "model": "m", "status": "completed", "output": []}
    return b"".join([*events, sse({"type": "response.completed", "response": done})]), len(
        pieces
    ) // 2


def shown_by(program: list[str], environ: dict[str, str]) -> tuple[int, str]:
    """Give the status of a program, and all that it wrote to its terminal."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with Popen(program, stdin=DEVNULL, stdout=side, stderr=side, env=environ) as process:
        os.close(side)
        written = b""
        try:
            while more := os.read(main, 65536):
                written += more
        except OSError:  # Linux: nobody has the other side any more
            pass
    os.close(main)
    return process.returncode, written.decode()


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_terminal_is_told_nothing_by_a_model(form, world, replay_server):
    """Title, clipboard and cursor are untouched, and nothing makes the terminal answer."""
    reply, count = answer()
    # 61 bytes at a time: sequences and UTF-8 are cut anywhere on their way, too.
    replay_server.then(Play(framed(reply), piece_bytes=61))
    where = {"GRADIENT_INFERENCE_ENDPOINT": replay_server.url, "GRADIENT_MODEL_ACCESS_KEY": KEY}
    program = [
        sys.executable,
        "-m",
        "gradient_cli",
        "respond",
        "hi",
        "-m",
        "m",
        "-q",
        "--format",
        form,
    ]

    status, output = shown_by(program, {**world, **where, "TERM": "xterm-256color"})
    strange, done, screen = told(output)

    assert status == 0
    assert strange == []
    assert done == []
    assert screen.title == screen.icon_name == ""
    assert screen.cursor.x == 0
    assert not screen.cursor.hidden
    assert len(re.findall(r"safe .*? end", OURS.sub("", output))) >= count
    assert [line for line in screen.display if line.strip()][-1].startswith("safe ")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_witness_would_have_seen_it(text):
    """Written as it is, each of the texts is noticed, but for those that hold no control."""
    strange, done, _ = told(f"safe {text} end")

    assert bool(strange or done) is (CONTROL.search(text) is not None)
