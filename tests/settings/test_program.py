"""A program of the user's: an end, and no more than a bounded piece of what it says."""

import os
import sys
import time

import pytest

from gradient_cli.settings.program import StillRunning, run_program

PYTHON = sys.executable


def test_what_it_says_and_how_it_ended():
    """Both streams and the status."""
    done = run_program(["sh", "-c", "echo out; echo err >&2; exit 3"], os.environ, 5, 100)

    assert (done.status, done.stdout, done.stderr) == (3, b"out\n", b"err\n")


def test_the_rest_is_read_away():
    """A program that says much is not stopped by a full pipe, and does not fill the memory."""
    done = run_program(["sh", "-c", "head -c 1000000 /dev/zero; echo end >&2"], os.environ, 5, 10)

    assert (done.status, done.stdout, done.stderr) == (0, bytes(10), b"end\n")


@pytest.mark.parametrize(
    "line", ["sleep 9", "sleep 9 & sleep 9", "exec >&- 2>&-; sleep 9", "sleep 9 &"]
)
def test_the_time_is_kept(line):
    """By its children, too, and where it has closed its streams."""
    start = time.monotonic()
    with pytest.raises(StillRunning):
        run_program(["sh", "-c", line], os.environ, 0.2, 10)

    assert time.monotonic() - start < 1


def test_it_gets_no_stdin():
    """Which may be the prompt."""
    assert run_program(["cat"], os.environ, 5, 10).stdout == b""


def test_what_is_not_there_is_an_error():
    """Of the system, for the caller to name."""
    with pytest.raises(OSError, match="No such file"):
        run_program(["/nowhere/program"], os.environ, 1, 10)
