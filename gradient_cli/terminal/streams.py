"""
The three streams of the process, each with its own answer to "is this a terminal?".

stdout carries the answer and nothing else; a closed stdout becomes `OutputClosed`.
stderr carries everything for people; a closed stderr is nobody's problem.
Tests use `Terminal.recording()`, which keeps what was written.
"""

import errno
import io
import os
import sys
from dataclasses import dataclass, field
from typing import BinaryIO

from gradient_cli.errors import OutputClosed, UsageError


class _Closed(io.BytesIO):
    """Stands for a stdout that was closed at the start."""

    def write(self, data: object) -> int:
        raise OSError(errno.EBADF, "it is closed")


@dataclass(slots=True)
class Terminal:
    """stdin, stdout and stderr as bytes, and what is known about them."""

    stdin: BinaryIO | None
    """None where the process was started with a closed stdin."""
    stdout: BinaryIO
    stderr: BinaryIO
    stdin_is_tty: bool = False
    stdout_is_tty: bool = False
    stderr_is_tty: bool = False
    fixed_size: tuple[int, int] | None = field(default=None)
    """(columns, rows) for tests; None asks the terminal at each use."""

    @classmethod
    def system(cls) -> "Terminal":
        """Give the streams of this process; nothing is read or written."""
        null = io.BytesIO()
        return cls(
            stdin=sys.stdin.buffer if sys.stdin else None,
            stdout=sys.stdout.buffer if sys.stdout else _Closed(),
            stderr=sys.stderr.buffer if sys.stderr else null,
            stdin_is_tty=_is_tty(sys.stdin),
            stdout_is_tty=_is_tty(sys.stdout),
            stderr_is_tty=_is_tty(sys.stderr),
        )

    @classmethod
    def recording(
        cls, stdin: bytes = b"", *, is_tty: bool = False, size: tuple[int, int] = (80, 24)
    ) -> "Terminal":
        """Give streams in memory; read them with `.stdout_text` and `.stderr_text`."""
        streams = (io.BytesIO(stdin), io.BytesIO(), io.BytesIO())
        return cls(*streams, is_tty, is_tty, is_tty, fixed_size=size)

    @property
    def stdout_is_closed(self) -> bool:
        """Tell whether the process was started without a stdout: an answer would be lost."""
        return isinstance(self.stdout, _Closed)

    @property
    def stdout_text(self) -> str:
        """What a recording terminal's stdout has received."""
        assert isinstance(self.stdout, io.BytesIO)
        return self.stdout.getvalue().decode()

    @property
    def stderr_text(self) -> str:
        """What a recording terminal's stderr has received."""
        assert isinstance(self.stderr, io.BytesIO)
        return self.stderr.getvalue().decode()

    def write(self, text: str) -> None:
        """
        Write text to stdout and flush it.

        Raises:
            OutputClosed: the reader has gone.

        """
        self.write_bytes(encode(text))

    def write_json(self, text: str) -> None:
        """
        Write a line of JSON, its newline included; on a terminal nothing in it can act on it.

        Raises:
            OutputClosed: the reader has gone.

        """
        if self.stdout_is_tty:
            from gradient_cli.terminal.sanitize import escaped

            text = escaped(text)
        self.write(text)

    def write_bytes(self, data: bytes) -> None:
        """
        Write bytes to stdout and flush them.

        Raises:
            OutputClosed: the reader has gone.
            UsageError: it cannot be written to; a disk is full.

        """
        try:
            self.stdout.write(data)
            self.stdout.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            raise UsageError(f"cannot write to stdout: {(error.strerror or '').lower()}") from error

    def note(self, text: str) -> None:
        """Write one line for people to stderr; on a terminal no word in it can act on it."""
        self.write_stderr(self.harmless_note(text) + "\n")

    def harmless_note(self, text: str) -> str:
        """Give a line for stderr that may hold words of a server, a model or a file's name."""
        if not self.stderr_is_tty:
            return text
        from gradient_cli.terminal.sanitize import visible

        return visible(text)

    def write_stderr(self, text: str) -> None:
        """Write text to stderr as it is; a closed stderr is ignored."""
        try:
            self.stderr.write(encode(text))
            self.stderr.flush()
        except OSError:
            pass

    def size(self) -> tuple[int, int]:
        """Give (columns, rows) of the terminal on stdout, else on stderr, else 80 x 24."""
        if self.fixed_size:
            return self.fixed_size
        for stream in (self.stdout, self.stderr):
            try:
                size = os.get_terminal_size(stream.fileno())
            except (OSError, ValueError):
                continue
            if size.columns > 0 and size.lines > 0:
                return size.columns, size.lines
        return 80, 24


def encode(text: str) -> bytes:
    """Give UTF-8; a lone surrogate, which UTF-8 cannot carry, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _is_tty(stream: object) -> bool:
    try:
        return bool(stream and stream.isatty())  # type: ignore[attr-defined]  # duck: any stream
    except ValueError:  # closed
        return False
