"""Bytes go out whole, or the run says so: short writes, full pipes, full disks, at any moment."""

import errno
import fcntl
import io
import os
import random
import threading
import time

import pytest

from gradient_cli.errors import OutputClosed, TimedOut, WriteFailed
from gradient_cli.terminal.streams import Terminal
from gradient_cli.terminal.writing import write_whole

TEXT = bytes(range(256)) * 40


class Faulty(io.RawIOBase):
    """A stream that takes what it likes, sometimes nothing, and may fail for good."""

    def __init__(self, seed, fails_at=None, error=errno.ENOSPC):
        self.random = random.Random(seed)
        self.got = b""
        self.fails_at = fails_at
        self.error = error

    def writable(self):
        return True

    def write(self, data):
        if self.fails_at is not None and len(self.got) >= self.fails_at:
            raise OSError(self.error, os.strerror(self.error))
        match self.random.randrange(4):
            case 0:
                return None if self.random.randrange(8) == 0 else self.take(data, 1)
            case 1:
                return self.take(data, self.random.randrange(1, 4000))
            case _:
                return self.take(data, len(data))

    def take(self, data, most):
        room = len(data) if self.fails_at is None else self.fails_at - len(self.got)
        piece = bytes(data[: min(most, room)])
        self.got += piece
        return len(piece)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_stream_takes_at_a_time_it_gets_everything(seed):
    """Short writes and "not now" are no errors."""
    stream = Faulty(seed)

    write_whole(stream, TEXT)

    assert stream.got == TEXT


@pytest.mark.parametrize("seed", range(20))
def test_what_did_not_go_out_is_never_a_success(seed):
    """A disk fills up at any byte: the error says how much is lost."""
    at = random.Random(seed).randrange(len(TEXT))
    terminal = Terminal.recording()
    terminal.stdout = Faulty(seed, at)

    with pytest.raises(WriteFailed, match=f"no space left on device; .* {len(TEXT) - at:,} byte"):
        terminal.write_bytes(TEXT)

    assert terminal.stdout.got == TEXT[:at]


def test_a_reader_who_has_gone_is_no_full_disk():
    """It ends the process by SIGPIPE, as it does for every filter."""
    terminal = Terminal.recording()
    terminal.stdout = Faulty(1, 0, errno.EPIPE)

    with pytest.raises(OutputClosed):
        terminal.write("x")


def test_a_stream_that_takes_nothing_for_ever_is_an_error():
    """It gives no reason: there must be an end all the same."""

    class Empty(io.RawIOBase):
        def write(self, data):
            return 0

    with pytest.raises(OSError, match="takes no more"):
        write_whole(Empty(), b"x")


@pytest.mark.real
def test_a_full_pipe_that_does_not_block_is_waited_for():
    """Its other end may be another program's, which reads slowly."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    got = []

    def read():
        time.sleep(0.1)
        while piece := os.read(read_end, 1 << 16):
            got.append(piece)

    reader = threading.Thread(target=read)
    reader.start()

    write_whole(write_end, TEXT * 20)

    os.close(write_end)
    reader.join()
    os.close(read_end)
    assert b"".join(got) == TEXT * 20


@pytest.mark.sampled
@pytest.mark.parametrize("is_blocking", [True, False])
def test_a_pipe_that_nobody_reads_is_given_up_at_the_deadline(is_blocking):
    """Also one whose write() would wait for ever."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, is_blocking)
    until = time.monotonic() + 0.2

    with pytest.raises(TimedOut, match="nobody reads"):
        write_whole(write_end, TEXT * 20, lambda: until - time.monotonic())

    assert time.monotonic() < until + 1
    os.close(read_end)
    os.close(write_end)


def test_with_a_deadline_a_pipe_still_gets_everything():
    """In small pieces, because a large one could outlast it."""
    read_end, write_end = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 1 << 20)

    write_whole(write_end, TEXT * 20, lambda: 60.0)

    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        assert file.read() == TEXT * 20


def test_notes_that_nobody_can_take_stop_nothing():
    """stderr is for people; the answer is not there."""
    terminal = Terminal.recording()
    terminal.stderr = Faulty(3, 0)

    terminal.note("a warning")

    assert terminal.stderr.got == b""


@pytest.mark.parametrize(
    ("told", "size"),
    [((100, 30), (100, 30)), ((0, 0), (80, 24)), ((100, 0), (80, 24)), ((0, 30), (80, 24))],
)
def test_a_terminal_that_does_not_know_its_size_is_80_by_24(monkeypatch, told, size):
    """Serial lines and fresh pseudo-terminals say 0."""
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size(told))

    assert Terminal.system().size() == size
