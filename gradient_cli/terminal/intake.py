"""
Text that comes in: stdin by the rule, and files.

    a terminal, /dev/null, closed     not read
    a pipe or a file                  read to its end

While nothing comes, one line says so after 2 s; after `--timeout` without a byte it is an
error that says what to do. Never silent, never endless, and nothing that came is dropped.
A named pipe that nobody writes to is waited for in the same way.

What the bytes must be stands in `terminal.decoding`.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator

from gradient_cli.errors import StdinError, UsageError
from gradient_cli.terminal.decoding import Text, decode
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.encodings import is_binary
from gradient_cli.wire.request import LONG_TEXT, LongText

__all__ = [
    "Text",
    "decode",
    "has_stdin",
    "read_file",
    "read_found",
    "read_short_file",
    "read_stdin",
]

PIECE = 256 * 1024
NOTICE_AFTER_S = 2.0
DEFAULT_TIMEOUT_S = 120.0
DEFAULT_MAX_BYTES = 100 * 1024 * 1024


def has_stdin(terminal: Terminal) -> bool:
    """Tell whether there is a stdin worth reading: no terminal, not /dev/null, not closed."""
    if terminal.stdin is None or terminal.stdin_is_tty:
        return False
    try:
        kind = os.fstat(terminal.stdin.fileno())
    except (OSError, ValueError):
        # In memory (tests), or closed.
        return not terminal.stdin.closed and not hasattr(terminal.stdin, "raw")
    if stat.S_ISDIR(kind.st_mode):
        return False
    return not (stat.S_ISCHR(kind.st_mode) and _device(kind) == _null_device())


def _device(kind: os.stat_result) -> int:
    """Give the number of a device; Windows has one that is no terminal: NUL."""
    if sys.platform == "win32":
        return 0
    return kind.st_rdev


def _null_device() -> int:
    if sys.platform == "win32":
        return 0
    try:
        return os.stat(os.devnull).st_rdev  # noqa: PTH116  # pathlib has no st_rdev of its own
    except OSError:
        return -1


def read_stdin(
    terminal: Terminal,
    *,
    timeout_s: float | None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    note: Callable[[str], None],
) -> Text:
    """
    Give all of stdin.

    `timeout_s` bounds each silence; None waits for as long as it takes, and says nothing.

    Raises:
        StdinError: silence, no UTF-8, binary, or more than `max_bytes`.

    """
    assert terminal.stdin is not None
    return decode("stdin", _pieces(terminal, timeout_s, note), max_bytes, StdinError)


def _pieces(
    terminal: Terminal, timeout_s: float | None, note: Callable[[str], None]
) -> Iterator[bytes]:
    stream = terminal.stdin
    assert stream is not None
    try:
        fd = stream.fileno()
    except (OSError, ValueError):
        yield stream.read()
        return
    try:
        yield from _Source(fd, "stdin", timeout_s, note).pieces()
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise StdinError(f"cannot read stdin: {words}", hint="--no-stdin leaves it alone") from None


class _Source:
    """A descriptor from which something is awaited: stdin, or a named pipe."""

    def __init__(
        self, fd: int, name: str, timeout_s: float | None, note: Callable[[str], None]
    ) -> None:
        self._fd = fd
        self._name = name
        self._timeout_s = timeout_s
        self._note = note
        self._has_begun = False

    def pieces(self) -> Iterator[bytes]:
        """Give what comes, to its end."""
        while True:
            try:
                self._wait()
                piece = os.read(self._fd, PIECE)
            except BlockingIOError:
                continue  # Non-blocking, and somebody else read what there was.
            if not piece:
                return
            self._has_begun = True
            yield piece

    def _wait(self) -> None:
        """Wait until there is something to read, or the end; also where read() would not wait."""
        if os.name != "posix":
            return  # select() knows only sockets there; the read itself waits
        timeout_s = self._timeout_s
        if timeout_s is None:
            self._comes_within(None)
            return
        first = timeout_s if self._has_begun else min(NOTICE_AFTER_S, timeout_s)
        if self._comes_within(first):
            return
        if not self._has_begun and timeout_s > first:
            self._note(f"waiting for {self._name}; {self._remedy()}")
            if self._comes_within(timeout_s - first):
                return
        raise self._silence(timeout_s)

    def _comes_within(self, seconds: float | None) -> bool:
        if sys.platform == "win32":  # A pipe there cannot be waited for: reading it does.
            return True
        import select

        # Not select(), which takes no descriptor above 1023.
        waiting = select.poll()
        waiting.register(self._fd, select.POLLIN)
        return bool(waiting.poll(None if seconds is None else seconds * 1000))

    def _remedy(self) -> str:
        return "use </dev/null or --no-stdin" if self._name == "stdin" else "nobody writes to it"

    def _silence(self, seconds: float) -> StdinError:
        longer = "--timeout SECONDS allows longer pauses"
        if self._name != "stdin":
            what = "began and then stood still" if self._has_begun else "is a pipe: nothing came"
            return StdinError(f"{self._name} {what} for {seconds:g} s", hint=longer)
        if self._has_begun:
            return StdinError(
                f"stdin began and then stood still for {seconds:g} s",
                hint=f"{longer}; PROMPT `-` or -f - waits without end",
            )
        return StdinError(
            f"nothing came on stdin for {seconds:g} s",
            hint="use </dev/null or --no-stdin if there is nothing to read; `-` waits without end",
        )


def _say(line: str) -> None:
    """Say on stderr what a flag's file is waited for, where nobody else was asked to."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")


def read_file(
    path: str,
    max_bytes: int = DEFAULT_MAX_BYTES,
    *,
    used_bytes: int = 0,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    note: Callable[[str], None] = _say,
) -> Text:
    """
    Give all of a file, or of a named pipe; `used_bytes` of the limit are taken by others.

    Raises:
        UsageError: missing, unreadable, no UTF-8, binary, or too large; or a pipe's silence.

    """
    name = f'"{path}"'
    try:
        if sys.platform != "win32" and stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116  # a path as the user wrote it
            # Without O_NONBLOCK the opening itself would wait for a writer, without a word.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                pieces = _Source(fd, name, timeout_s, note).pieces()
                return decode(name, pieces, max_bytes, UsageError, used_bytes)
            finally:
                os.close(fd)
        with open(path, "rb") as file:  # noqa: PTH123  # as said
            pieces = iter(lambda: file.read(PIECE), b"")
            return decode(name, pieces, max_bytes, UsageError, used_bytes)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot read "{path}": {words}') from None


def read_found(path: str, max_bytes: int, used_bytes: int) -> Text | None:
    """
    Give all of a file that nobody named, or None for a binary one.

    Raises:
        UsageError: unreadable, too large, or a text that is not UTF-8.

    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a path that begins as the user wrote it
            data = file.read(max_bytes + 1)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot read "{path}": {words}') from None
    if is_binary(data):
        return None
    return decode(f'"{path}"', [data], max_bytes, UsageError, used_bytes)


def read_short_file(path: str) -> str:
    """
    Give a file that is meant to be short: instructions, a variable, a schema.

    Raises:
        UsageError: as `read_file`, or it is longer than 8 MiB.

    """
    return short(path, read_file(path))


def short(path: str, text: Text) -> str:
    """
    Give a text that must be short; `path` is where it came from.

    Raises:
        UsageError: it is longer than 8 MiB.

    """
    if isinstance(text, LongText):
        raise UsageError(f'"{path}" is longer than {LONG_TEXT // 1024 // 1024} MiB')
    return text
