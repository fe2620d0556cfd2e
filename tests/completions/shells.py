"""
A shell on a pseudo terminal, typed into like a person would, seen through an emulator.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

COLUMNS, ROWS = 100, 40


class Shell:
    """One interactive shell; close it when done."""

    def __init__(self, argv: list[str], environ: dict[str, str]) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        sized = {**environ, "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(argv[0], argv, sized)

    def type(self, text: str) -> None:
        """Send keys."""
        os.write(self.fd, text.encode())

    def wait_for(self, text: str, seconds: float = 10.0) -> str:
        """Read until the screen shows a text; give the screen, or fail with what it showed."""
        end = time.monotonic() + seconds
        while text not in (shown := "\n".join(self.screen.display)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"{text!r} never came; the screen:\n{shown.rstrip()}")
            self.stream.feed(os.read(self.fd, 65536))
        return shown

    def close(self) -> None:
        """End the shell."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
