"""
A program of the user's, run for what it says: without a shell, with an end, and not for long.

    words, stdin ─► started in a group of its own ─► fed and heard at once ─► Done
                                                          │
             the time is up, a signal came, a child of it holds the streams:
             SIGTERM to the group, PATIENCE_S later SIGKILL

Nobody waits for more than that: not for a program that reads no stdin or never stops talking,
nor for what it leaves running. Of what it says a bounded piece is kept; the rest is read away,
so that it does not wait for us.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import IO

from gradient_cli.errors import Terminated
from gradient_cli.programs.watchman import Watchman
from gradient_cli.values import record

PIECE = 64 * 1024
MOST_READ = 64 * 1024 * 1024
"""Bytes of a stream after which it is closed: a program that never stops talking gets SIGPIPE."""
MOST_ERRORS = 16 * 1024
"""Bytes of stderr that are kept, the last ones."""
PATIENCE_S = 0.2
"""Between SIGTERM and SIGKILL; the alarm of --max-time leaves no more (terminal/alarm.py)."""
AFTERMATH_S = 1.0
"""How long a program that has ended is heard on, where a child of it still holds its streams."""
TICK_S = 0.05
"""How often an open stream is left to see whether the program is still there."""


@record
class Done:
    """What came of it."""

    status: int
    """Its exit status; negative: the signal that ended it."""
    stdout: bytes
    """The beginning of it."""
    stderr: bytes
    """The end of it."""
    is_truncated: bool = False
    """There was more on stdout than is kept."""
    timed_out: bool = False
    """It did not end in time, and was ended."""


class _Running:
    """The programs of this process that have not ended, so that none outlives it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.programs: dict[int, tuple[subprocess.Popen[bytes], bool]] = {}
        """Process number -> the program, and whether it leads a group."""
        self.is_over = False
        self.watchman = Watchman()


_RUNNING = _Running()


def run_program(
    words: Sequence[str],
    environ: Mapping[str, str],
    longest_s: float,
    most: int,
    *,
    stdin: bytes = b"",
    shares_terminal: bool = False,
) -> Done:
    """
    Run a program to its end and give the first `most` bytes of what it prints.

    `shares_terminal`: it may ask something there, and Ctrl-C reaches it as it reaches us; what
    it starts is then not ended with it.

    Raises:
        OSError, ValueError: it cannot be run.

    """
    if sys.platform == "win32":
        return run_simply(words, environ, longest_s, most, stdin=stdin)
    until = time.monotonic() + longest_s
    process = _start(words, environ, bool(stdin), shares_terminal)
    talk = _Talk(process, stdin, most, until)
    is_clean = False
    try:
        is_clean = talk.listen() and talk.ended()
    finally:
        # Also where a signal or the alarm came in between, and where it left something behind.
        if not is_clean or not shares_terminal:
            _end([(process, not shares_terminal)])
        talk.close()
        with _RUNNING.lock:
            _RUNNING.programs.pop(process.pid, None)
            _RUNNING.watchman.note("-", process.pid)
    status = process.returncode
    return Done(
        -signal.SIGKILL if status is None else status,
        bytes(talk.stdout),
        bytes(talk.stderr[-MOST_ERRORS:]),
        talk.is_truncated,
        talk.timed_out,
    )


def run_simply(
    words: Sequence[str], environ: Mapping[str, str], longest_s: float, most: int, *, stdin: bytes
) -> Done:
    """Do the same where pipes cannot be waited for (Windows); its own children go on."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
    )
    timed_out = False
    try:
        stdout, stderr = process.communicate(stdin or None, longest_s)
    except subprocess.TimeoutExpired:
        timed_out = True
        process.kill()
        stdout, stderr = process.communicate()
    is_truncated = len(stdout) > most
    return Done(process.returncode, stdout[:most], stderr[-MOST_ERRORS:], is_truncated, timed_out)


def end_all() -> None:
    """End every program that still runs, and start no more: the process is about to leave."""
    with _RUNNING.lock:
        _RUNNING.is_over = True
        programs = list(_RUNNING.programs.values())
    _end(programs)
    _RUNNING.watchman.end()


def prepare() -> None:
    """Get ready to start programs, best before there are threads: see `watchman`."""
    with _RUNNING.lock:
        _RUNNING.watchman.begin()


def _start(
    words: Sequence[str], environ: Mapping[str, str], is_fed: bool, shares_terminal: bool
) -> subprocess.Popen[bytes]:
    with _RUNNING.lock:
        if _RUNNING.is_over:
            raise Terminated
        if not shares_terminal:
            _RUNNING.watchman.begin()
        process = subprocess.Popen(
            words,
            bufsize=0,
            stdin=subprocess.PIPE if is_fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            # A session of its own: no terminal to wait for, and a group to be ended as one.
            start_new_session=not shares_terminal,
        )
        _RUNNING.programs[process.pid] = process, not shares_terminal
        if not shares_terminal:
            _RUNNING.watchman.note("+", process.pid)
    return process


class _Talk:
    """Feeds a program and hears both its streams at once, in the thread that waits for it."""

    def __init__(
        self, process: subprocess.Popen[bytes], stdin: bytes, most: int, until: float
    ) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.is_truncated = False
        self.timed_out = False
        self._process = process
        self._left = memoryview(stdin)
        self._most = most
        self._until = until
        self._read = {process.stdout: 0, process.stderr: 0}

    def listen(self) -> bool:
        """Go on until the streams end; False where somebody still holds one of them."""
        over_at: float | None = None
        with selectors.DefaultSelector() as streams:
            self._register(streams)
            while streams.get_map():
                now = time.monotonic()
                if now >= self._until:
                    self.timed_out = True
                    return False
                if over_at is None and self._process.poll() is not None:
                    over_at = now + AFTERMATH_S
                if over_at is not None and now >= over_at:
                    return False
                for key, _ in streams.select(min(TICK_S, self._until - now)):
                    self._serve(streams, key.fileobj)  # type: ignore[arg-type]  # as registered
        return True

    def ended(self) -> bool:
        """Wait for the program itself, which may have closed its streams before; False: in vain."""
        try:
            self._process.wait(max(0.0, self._until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.timed_out = True
            return False
        return True

    def close(self) -> None:
        """Close our ends."""
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def _register(self, streams: selectors.BaseSelector) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            streams.register(stream, selectors.EVENT_READ)
        if self._process.stdin:
            os.set_blocking(self._process.stdin.fileno(), False)
            streams.register(self._process.stdin, selectors.EVENT_WRITE)

    def _serve(self, streams: selectors.BaseSelector, stream: IO[bytes]) -> None:
        goes_on = self._feed(stream) if stream is self._process.stdin else self._hear(stream)
        if not goes_on:
            streams.unregister(stream)
            stream.close()

    def _feed(self, stream: IO[bytes]) -> bool:
        try:
            self._left = self._left[os.write(stream.fileno(), self._left[:PIECE]) :]
        except BlockingIOError:
            return True
        except OSError:  # It does not read, or not to the end: that is its own affair.
            return False
        return bool(self._left)

    def _hear(self, stream: IO[bytes]) -> bool:
        piece = os.read(stream.fileno(), PIECE)
        self._read[stream] += len(piece)
        if stream is self._process.stdout:
            room = self._most - len(self.stdout)
            self.stdout += piece[:room]
            self.is_truncated |= len(piece) > room
        else:
            self.stderr += piece
            del self.stderr[: -2 * MOST_ERRORS]
        return bool(piece) and self._read[stream] < MOST_READ


def _end(programs: Sequence[tuple[subprocess.Popen[bytes], bool]]) -> None:
    """Ask programs, with all that they started, to end; see to it that they do."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        left = [one for one in programs if _send(signal.SIGTERM, *one)]
        until = time.monotonic() + PATIENCE_S
        while left and time.monotonic() < until:
            time.sleep(0.005)
            left = [one for one in left if _is_there(*one)]
    finally:
        for process, leads in programs:
            _send(signal.SIGKILL, process, leads)
            with suppress(subprocess.TimeoutExpired):  # in the kernel's hands, such as a dead disk
                process.wait(PATIENCE_S)


def _is_there(process: subprocess.Popen[bytes], leads: bool) -> bool:
    """Tell whether a program runs, or anything of its group."""
    process.poll()
    return _send(0, process, leads)


def _send(number: int, process: subprocess.Popen[bytes], leads: bool) -> bool:
    """Send a signal to a program, or to its group, which outlives it; False: nobody is there."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        if leads:
            os.killpg(process.pid, number)
        elif process.poll() is None:
            os.kill(process.pid, number)
        else:
            return False
    except ProcessLookupError:
        return False
    except PermissionError:  # It has become another user's, or (macOS) is but a memory.
        return False
    return True
