"""
The three streams of the process, each with its own answer to "is this a terminal?".

stdout carries the answer and nothing else; a closed stdout becomes `OutputClosed`.
stderr carries everything for people; a closed stderr is nobody's problem.

    note, say, redraw, ask     lines for people: through the door (door.py), always
    write_json, write_request  JSON: escaped on a terminal, where it means the same
    write_text, write_data     an answer, data of rows: made harmless on a terminal
    write, write_bytes         as it is, for those that have made it harmless themselves

Tests use `Terminal.recording()`, which keeps what was written.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO, cast

from gradient_cli.errors import OutputClosed, TimedOut, WriteFailed
from gradient_cli.terminal.writing import write_whole
from gradient_cli.values import mutable_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradient_cli.terminal.door import Lines
    from gradient_cli.terminal.writing import RemainingS


LOGS = ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables of the runners that obey what is written into their logs."""


def is_obeyed(environ: "Mapping[str, str]") -> bool:
    """Tell whether what is written goes into the log of a runner that looks for commands."""
    return any(environ.get(name, "").lower() not in {"", "0", "false"} for name in LOGS)


class _Closed(io.BytesIO):
    """Stands for a stdout that was closed at the start."""

    def write(self, data: object) -> int:
        raise OSError(errno.EBADF, "it is closed")


@mutable_record
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
    in_log: bool = False
    """What is written goes into a build's log, whose runner obeys lines that look like commands."""
    has_error_color: bool = False
    """What is said on stderr is told apart from the answer by colour."""
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

    def write_text(self, text: str) -> None:
        """
        Write a piece of an answer; on a terminal it is made harmless, elsewhere it is as it is.

        Raises:
            OutputClosed: the reader has gone.

        """
        if self.stdout_is_tty:
            from gradient_cli.terminal.sanitize import visible

            text = visible(text)
        self.write(text)

    def write_data(self, data: bytes) -> None:
        """
        Write lines of data for programs; on a terminal they are made harmless.

        Raises:
            OutputClosed: the reader has gone.

        """
        if self.stdout_is_tty:
            self.write_text(data.decode("utf-8", "replace"))
        else:
            self.write_bytes(data)

    def write_request(self, data: bytes) -> None:
        """
        Write JSON that is meant to be exact; on a terminal escaped, which means the same.

        Raises:
            OutputClosed: the reader has gone.

        """
        if self.stdout_is_tty:
            self.write_json(data.decode("utf-8", "surrogatepass"))
        else:
            self.write_bytes(data)

    def say(self, lines: "Lines") -> None:
        """
        Write lines for people to stdout; no word in them can do more than be read.

        Raises:
            OutputClosed: the reader has gone.

        """
        self.write(self._page(lines))

    def note(self, lines: "Lines") -> None:
        """Write lines for people to stderr; no word in them can do more than be read."""
        self.write_stderr(self._said(lines))

    def ask(self, question: str) -> None:
        """Write the beginning of a line to stderr; what is typed comes behind it."""
        self.write_stderr(self._page(question).removesuffix("\n"))

    def redraw(self, text: str) -> None:
        """Write one line over the one that the cursor is in on stderr; "" takes it away."""
        if is_in_front(self.stderr):
            from gradient_cli.terminal.door import fitting

            line = self._page(text).removesuffix("\n")
            self.write_stderr(f"\r{fitting(line, self.size()[0] - 1)}\x1b[K")

    def note_above(self, text: str) -> None:
        """Write a line over the one that `redraw` has drawn."""
        self.write_stderr(f"\r\x1b[K{self._said(text)}")

    def _said(self, lines: "Lines") -> str:
        """Give lines for stderr: on a terminal excerpts are cut to its width, errors stand out."""
        if not self.stderr_is_tty:
            return self._page(lines)
        from gradient_cli.terminal.door import told_apart

        return self._page(told_apart(lines, self.size()[0], has_color=self.has_error_color))

    def _page(self, lines: "Lines") -> str:
        from gradient_cli.terminal.door import page

        return page(lines, in_log=self.in_log)

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


def is_in_front(terminal: BinaryIO | int) -> bool:
    """
    Tell whether a terminal, or its descriptor, is ours now; True where nobody knows.

    A shell that sent us behind it draws on it itself.
    """
    if sys.platform == "win32":  # It has no jobs.
        return True
    try:
        fd = terminal if isinstance(terminal, int) else terminal.fileno()
        return os.tcgetpgrp(fd) == os.getpgrp()
    except (OSError, ValueError):  # no terminal of ours
        return True


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
