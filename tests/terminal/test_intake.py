"""Text that comes in: UTF-8, whole, never silently dropped."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from gradient_cli.errors import StdinError, UsageError
from gradient_cli.terminal import intake
from gradient_cli.terminal.intake import decode, has_stdin, read_file, read_stdin
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.request import LongText


def read(terminal: Terminal, timeout_s: float | None = 5, max_bytes: int = 1000) -> object:
    return read_stdin(terminal, timeout_s=timeout_s, max_bytes=max_bytes, note=terminal.note)


def piped(data: bytes) -> Terminal:
    """Give a terminal whose stdin is a real pipe that has ended."""
    reader, writer = os.pipe()
    terminal = Terminal.recording()
    terminal.stdin = os.fdopen(reader, "rb")
    os.write(writer, data)
    os.close(writer)
    return terminal


def test_a_pipe_is_read_to_its_end():
    """Everything that came, as text; the BOM is no text."""
    terminal = piped("\ufeffna\u00efve \U0001f30d\n".encode())

    assert read(terminal) == "na\u00efve \U0001f30d\n"
    terminal.stdin.close()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xef\xbb\xbfabc\xff", "stdin is not UTF-8: byte 0xff at offset 6"),
        (b"abc\xff", "stdin is not UTF-8: byte 0xff at offset 3"),
        (b"ab\xe4\xbd", "stdin ends in the middle of a character: byte 0xe4 at offset 2"),
        (b"a\0b", "stdin is binary: a NUL byte at offset 1"),
        (b"x" * 1001, "stdin is larger than 1,000 bytes"),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(data, words):
    """Nothing is replaced and nothing is cut."""
    terminal = piped(data)

    with pytest.raises(StdinError) as error:
        read(terminal)

    assert error.value.message == words
    terminal.stdin.close()


def test_a_character_cut_over_two_pieces_is_whole():
    """The offset of a bad byte counts from the beginning all the same."""
    euro = "\u20ac".encode()

    assert decode("x", [euro[:1], euro[1:], b"a"], 100) == "\u20aca"
    with pytest.raises(UsageError, match="offset 4"):
        decode("x", [euro + b"a", b"\xff"], 100)


def test_a_bom_in_two_pieces_is_no_text():
    """Nor is a second one dropped: only the first marks the encoding."""
    assert decode("x", [b"\xef", b"\xbb\xbfa"], 100) == "a"
    assert decode("x", [b"\xef\xbb\xbf", b"\xef\xbb\xbfa"], 100) == "\ufeffa"


@pytest.mark.real
def test_a_long_text_is_kept_encoded():
    """From 8 MiB a text costs its own size once."""
    pieces = [b"a" * 1024 * 1024] * 9

    assert isinstance(decode("x", pieces, 10**9), LongText)


def test_silence_ends_with_advice():
    """A pipe that nobody closes is neither waited for without end nor taken for empty."""
    reader, writer = os.pipe()
    terminal = Terminal.recording()
    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb"):
        terminal.stdin = stdin
        with pytest.raises(StdinError) as error:
            read(terminal, timeout_s=0.02)

    assert "nothing came on stdin for 0.02 s" in error.value.message
    assert "--no-stdin" in error.value.hint


def test_a_pause_in_the_middle_is_told_from_silence():
    """Whoever pipes a slow build in is not told that nothing came."""
    reader, writer = os.pipe()
    terminal = Terminal.recording()
    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb"):
        terminal.stdin = stdin
        os.write(writer, b"x")
        with pytest.raises(StdinError) as error:
            read(terminal, timeout_s=0.02)

    assert "began and then stood still for 0.02 s" in error.value.message
    assert "--no-stdin" not in error.value.hint


def test_terminals_null_and_closed_are_no_stdin():
    """They are not read, so nothing can hang on them."""
    terminal = Terminal.recording(b"")
    assert has_stdin(terminal)

    terminal.stdin_is_tty = True
    assert not has_stdin(terminal)

    terminal.stdin_is_tty = False
    with open(os.devnull, "rb") as null:
        terminal.stdin = null
        assert not has_stdin(terminal)

    terminal.stdin = None
    assert not has_stdin(terminal)


def test_a_missing_file_is_named(tmp_path):
    """The name and the system's word for it."""
    path = tmp_path / "no.txt"

    with pytest.raises(UsageError) as error:
        read_file(str(path))

    assert error.value.message == f'cannot read "{path}": no such file or directory'


def test_a_pipe_that_does_not_block_is_waited_for():
    """`-` waits as long as it takes, whatever the parent process made of the pipe."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    terminal = Terminal.recording()
    with os.fdopen(reader, "rb") as stdin, ThreadPoolExecutor() as pool:
        terminal.stdin = stdin
        found = pool.submit(read, terminal, None)
        os.write(writer, b"text")
        os.close(writer)

        assert found.result(5) == "text"


def test_a_stdin_that_cannot_be_read_is_an_error_of_usage(tmp_path):
    """Such as one that was opened for writing, or a socket that was reset."""
    terminal = Terminal.recording()
    with open(tmp_path / "out", "wb") as stdin:
        terminal.stdin = stdin
        with pytest.raises(StdinError) as error:
            read(terminal, timeout_s=None)

    assert error.value.message == "cannot read stdin: bad file descriptor"


def test_a_pipe_whose_words_somebody_else_took_is_not_at_its_end(monkeypatch):
    """Two readers of one pipe that does not block: what comes later is read all the same."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    comes = [b"", b"later", None]

    def wait(source):
        piece = comes.pop(0)
        if piece is None:
            os.close(writer)
        else:
            os.write(writer, piece)

    monkeypatch.setattr(intake._Source, "_wait", wait)

    assert list(intake._Source(reader, "stdin", 5, print).pieces()) == [b"later"]
    os.close(reader)
