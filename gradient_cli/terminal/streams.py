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
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

from gradient_cli.errors import OutputClosed, TimedOut, WriteFailed
from gradient_cli.terminal.writing import write_whole

if TYPE_CHECKING:
    from gradient_cli.terminal.writing import RemainingS


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
    remaining_s: "RemainingS | None" = None
    """Seconds that the run may still take: so long a full pipe is waited for."""

    @classmethod
    def system(cls) -> "Terminal":
        """Give the streams of this process; nothing is read or written."""
        null = io.BytesIO()
        return cls(
            stdin=sys.stdin.buffer if sys.stdin else None,
            stdout=_raw(sys.stdout.buffer) if sys.stdout else _Closed(),
            stderr=_raw(sys.stderr.buffer) if sys.stderr else null,
            stdin_is_tty=_is_tty(sys.stdin),
            stdout_is_tty=_is_tty(sys.stdout),
            stderr_is_tty=_is_tty(sys.stderr),
        )

    @classmethod
    def recording(
        cls, stdin: bytes | None = None, *, is_tty: bool = False, size: tuple[int, int] = (80, 24)
    ) -> "Terminal":
        """Give streams in memory; `stdin` None is none. Read `.stdout_text`, `.stderr_text`."""
        source = None if stdin is None else io.BytesIO(stdin)
        return cls(source, io.BytesIO(), io.BytesIO(), is_tty, is_tty, is_tty, fixed_size=size)

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
        Write all of the bytes to stdout, at once.

        Raises:
            OutputClosed: the reader has gone.
            WriteFailed: it cannot be written to; a disk is full.
            TimedOut: nobody read until the end of the run.

        """
        try:
            write_whole(self.stdout, data, self.remaining_s)
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            lost = len(data) - getattr(error, "written", 0)
            raise WriteFailed(
                f"cannot write to stdout: {words}; the answer is lost from there on, "
                f"{lost:,} byte{'' if lost == 1 else 's'} and what follows"
            ) from error

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
        """Write text to stderr as it is; one that is closed, or that nobody reads, is ignored."""
        with suppress(OSError, TimedOut):
            write_whole(self.stderr, encode(text), self.remaining_s)

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


def _raw(stream: BinaryIO) -> BinaryIO:
    """
    Give the stream below Python's buffer, which says how many bytes it took.

    With PYTHONUNBUFFERED there is no buffer, and who does not ask loses what was not taken.
    """
    return cast("BinaryIO", getattr(stream, "raw", stream))


def _is_tty(stream: object) -> bool:
    try:
        return bool(stream and stream.isatty())  # type: ignore[attr-defined]  # duck: any stream
    except ValueError:  # closed
        return False
