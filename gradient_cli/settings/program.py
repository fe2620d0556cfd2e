"""
A program of the user's, run for what it says: without a shell, with an end, and not for long.

It is ended when the time is up; of what it says no more than a bounded
piece is kept, and the rest is read away, so that it does not wait for us.
"""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import IO

from gradient_cli.values import record

PIECE = 64 * 1024
MOST_READ = 64 * 1024 * 1024
"""Bytes after which a program that never stops talking is ended."""


@record
class Done:
    """What came of it."""

    status: int
    """Its exit status; negative: the signal that ended it."""
    stdout: bytes
    stderr: bytes


class StillRunning(Exception):
    """It did not end in time, and was ended."""


def run_program(
    words: Sequence[str], environ: Mapping[str, str], longest_s: float, most: int
) -> Done:
    """
    Run a program to its end and give the first `most` bytes of each of its streams.

    It gets no stdin, which may be the prompt; a tool that asks does so on the terminal itself.

    Raises:
        StillRunning: it took longer than `longest_s` seconds.
        OSError, ValueError: it cannot be run.

    """
    until = time.monotonic() + longest_s
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
    )
    assert process.stdout
    assert process.stderr
    ears = [_Ear(process.stdout, most), _Ear(process.stderr, most)]
    try:
        for ear in ears:
            ear.join(max(0.0, until - time.monotonic()))
        if any(ear.is_alive() for ear in ears):
            raise StillRunning
        status = process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise StillRunning from None
    finally:
        # Also where a signal or the alarm came in between.
        if process.poll() is None:
            process.kill()
            process.wait()
    return Done(status, bytes(ears[0].heard), bytes(ears[1].heard))


class _Ear(Thread):
    """Reads a stream to its end and keeps the beginning."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        super().__init__(daemon=True)
        self.heard = bytearray()
        self._stream = stream
        self._most = most
        self.start()

    def run(self) -> None:
        read = 0
        with suppress(OSError, ValueError):
            while read < MOST_READ and (piece := os.read(self._stream.fileno(), PIECE)):
                read += len(piece)
                self.heard += piece[: self._most - len(self.heard)]
        self._stream.close()
