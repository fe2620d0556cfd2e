"""
A shell on a pseudo terminal whose screen is kept at every moment that it changed.

    Session.type(line)   types a command, waits for the next prompt, keeps (seconds, screen)
"""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass

import pyte

PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Cell:
    """One character with its look; a wide one is followed by a cell of no text."""

    text: str
    color: str
    background: str
    is_bold: bool
    is_italic: bool
    is_underlined: bool
    is_reversed: bool


Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The screen at a moment, in seconds since the recording began."""

    seconds: float
    rows: Rows


class Screen(pyte.Screen):
    """pyte's screen, which forgets faint text (SGR 2): here it is grey."""

    def select_graphic_rendition(self, *attrs: int, **settings: bool) -> None:
        """Set the look of what follows."""
        super().select_graphic_rendition(*attrs, **settings)
        if not {38, 48} & set(attrs):  # where 2 means a colour in red, green and blue
            if 2 in attrs:
                super().select_graphic_rendition(90)
            elif 22 in attrs:
                super().select_graphic_rendition(39)


class Session:
    """An interactive bash with a bare prompt, in an environment of its own."""

    def __init__(self, environ: dict[str, str], columns: int, rows: int) -> None:
        self.screen = Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.frames: list[Frame] = []
        self._prompts = 0
        self._begun = time.monotonic()
        # The title tells when a prompt is there, without a trace on the screen.
        environ = environ | {
            "PS1": PROMPT,
            "PROMPT_COMMAND": 'printf "\\033]0;prompt $((++PROMPTS))\\007"',
            "TERM": "xterm-256color",
        }
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environ)
        self._wait_for_prompt(10)

    def type(self, line: str, seconds: float = 30.0) -> None:
        """Type a command and wait until it has ended."""
        os.write(self.fd, line.encode() + b"\n")
        self._wait_for_prompt(seconds)

    def clear(self) -> None:
        """Empty the screen and forget the frames so far."""
        self.type("clear")
        self.frames.clear()
        self._begun = time.monotonic()

    def close(self) -> None:
        """End the shell."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def _wait_for_prompt(self, seconds: float) -> None:
        self._prompts += 1
        awaited = f"prompt {self._prompts}"
        end = time.monotonic() + seconds
        is_settled = False
        while not is_settled:
            left = end - time.monotonic()
            if left <= 0:
                shown = "\n".join(self.screen.display)
                raise TimeoutError(f"no prompt; the screen:\n{shown}")
            if select.select([self.fd], [], [], 0.05)[0]:
                self.stream.feed(os.read(self.fd, 65536))
                self._keep()
            else:
                is_settled = self.screen.title == awaited

    def _keep(self) -> None:
        rows = tuple(self._row(number) for number in range(self.screen.lines))
        if not self.frames or self.frames[-1].rows != rows:
            self.frames.append(Frame(time.monotonic() - self._begun, rows))

    def _row(self, number: int) -> tuple[Cell, ...]:
        line = self.screen.buffer[number]
        return tuple(
            Cell(c.data, c.fg, c.bg, c.bold, c.italics, c.underscore, c.reverse)
            for c in (line[column] for column in range(self.screen.columns))
        )


def text(rows: Rows) -> str:
    """Give what a screen says, without its colours."""
    lines = ["".join(cell.text for cell in row).rstrip() for row in rows]
    return "\n".join(lines).rstrip()
