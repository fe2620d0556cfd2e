"""
Text that comes in: stdin by the rule, and files.

    a terminal, /dev/null, closed     not read
    a pipe or a file                  read to its end

While nothing comes, one line says so after 2 s; after `--timeout` without a byte it is an
error that says what to do. Never silent, never endless, and nothing that came is dropped.

Bytes are UTF-8. A BOM is dropped; a bad byte, a binary file and too much are errors that name
the place. Nothing is ever truncated. From 8 MiB a text is kept as a LongText.
"""

import codecs
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from gradient_cli.errors import StdinError, UsageError
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.request import LONG_TEXT, LongText

PIECE = 256 * 1024
NOTICE_AFTER_S = 2.0
DEFAULT_MAX_BYTES = 100 * 1024 * 1024

Text = str | LongText


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
    return not (stat.S_ISCHR(kind.st_mode) and kind.st_rdev == _null_device())


def _null_device() -> int:
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
    is_first = True
    while True:
        try:
            _wait(fd, timeout_s, note if is_first else None)
            piece = os.read(fd, PIECE)
        except BlockingIOError:
            continue  # Non-blocking, and somebody else read what there was.
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            raise StdinError(
                f"cannot read stdin: {words}", hint="--no-stdin leaves it alone"
            ) from None
        if not piece:
            return
        is_first = False
        yield piece


def _wait(fd: int, timeout_s: float | None, note: Callable[[str], None] | None) -> None:
    """Wait until there is something to read, or the end; also where read() would not wait."""
    if os.name != "posix":
        return  # select() knows only sockets there; the read itself waits
    import select

    if timeout_s is None:
        select.select([fd], [], [])
        return
    first = min(NOTICE_AFTER_S, timeout_s) if note else timeout_s
    if select.select([fd], [], [], first)[0]:
        return
    if note and timeout_s > first:
        note("waiting for stdin; use </dev/null or --no-stdin")
        if select.select([fd], [], [], timeout_s - first)[0]:
            return
    if note is None:
        raise StdinError(
            f"stdin began and then stood still for {timeout_s:g} s",
            hint="--timeout SECONDS allows longer pauses; PROMPT `-` or -f - waits without end",
        )
    raise StdinError(
        f"nothing came on stdin for {timeout_s:g} s",
        hint="use </dev/null or --no-stdin if there is nothing to read; `-` waits without end",
    )


def read_file(path: str, max_bytes: int = DEFAULT_MAX_BYTES) -> Text:
    """
    Give all of a file.

    Raises:
        UsageError: missing, unreadable, no UTF-8, binary, or too large.

    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a path as the user wrote it
            return decode(f'"{path}"', iter(lambda: file.read(PIECE), b""), max_bytes, UsageError)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot read "{path}": {words}') from None


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


def decode(
    name: str, pieces: Iterable[bytes], max_bytes: int, kind: type[UsageError] = UsageError
) -> Text:
    """
    Give the text of some bytes.

    Raises:
        UsageError: of the given kind; names the source and the offset.

    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    texts: list[str] = []
    long: LongText | None = None
    size = 0
    has_begun = False
    for piece in pieces:
        if b"\0" in piece:
            raise kind(f"{name} is binary: a NUL byte at offset {size + piece.index(0)}")
        text = _decode_piece(decoder, piece, name, size, kind)
        if text and not has_begun:
            # Not from the bytes: the BOM may come in pieces, and offsets count it.
            text, has_begun = text.removeprefix("\ufeff"), True
        size += len(piece)
        if size > max_bytes:
            raise kind(
                f"{name} is larger than {max_bytes:,} bytes",
                hint="`gradient config set max_input_bytes N` raises the limit",
            )
        if long is not None:
            long.append(text)
            continue
        texts.append(text)
        if size > LONG_TEXT:
            long = LongText(texts)
            texts.clear()
    _decode_piece(decoder, b"", name, size, kind, is_last=True)
    return long if long is not None else "".join(texts)


def _decode_piece(
    decoder: codecs.IncrementalDecoder,
    piece: bytes,
    name: str,
    offset: int,
    kind: type[UsageError],
    *,
    is_last: bool = False,
) -> str:
    pending = len(decoder.getstate()[0])
    try:
        return decoder.decode(piece, is_last)
    except UnicodeDecodeError as error:
        place = offset - pending + error.start
        what = "ends in the middle of a character" if is_last else "is not UTF-8"
        raise kind(
            f"{name} {what}: byte 0x{error.object[error.start]:02x} at offset {place}",
            hint="convert it first, for example with iconv",
        ) from None
