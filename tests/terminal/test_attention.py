"""Waiting for a reply and listening to the terminal meanwhile, where the streams are odd."""

import os
import subprocess
import sys

import pytest

WAIT = """
import os, sys
{before}
from gradient_cli.terminal.attention import open_attention
from gradient_cli.errors import OutputClosed
attention = open_attention()
reading, writing = os.pipe()
if {has_reply}:
    os.write(writing, b"x")
try:
    found = str(attention.wait(reading, 0.05))
except OutputClosed:
    found = "closed"
os.write(2, found.encode())
"""


def waited(before="", *, has_reply=True, stdout=subprocess.DEVNULL):
    """Give what came of waiting in a process of its own, whose stdout is what it is."""
    script = WAIT.format(before=before, has_reply=has_reply)
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=stdout, stderr=subprocess.PIPE, check=False
    )
    return done.stderr.decode()


@pytest.mark.sampled
@pytest.mark.skipif(os.name != "posix", reason="there is no poll()")
@pytest.mark.parametrize("has_reply", [True, False])
@pytest.mark.parametrize("before", ["", "os.close(1)", "os.close(1); os.open('/dev/null', 1)"])
def test_a_reply_is_waited_for_whatever_stdout_is(before, has_reply):
    """Even where stdout is closed, and no file of ours has its number."""
    assert waited(before, has_reply=has_reply) == str(has_reply)


@pytest.mark.skipif(os.name != "posix", reason="there is no poll()")
@pytest.mark.parametrize("has_reply", [True, False])
def test_a_reader_who_has_gone_ends_the_wait(has_reply):
    """Nobody would read the answer: it is not waited for."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert waited(has_reply=has_reply, stdout=writing) == "closed"
    finally:
        os.close(writing)


@pytest.mark.skipif(os.name != "posix", reason="there is no poll()")
def test_a_reader_who_is_slow_ends_nothing():
    """A pipe that somebody holds is no pipe that is closed."""
    reading, writing = os.pipe()
    try:
        assert waited(stdout=writing) == "True"
    finally:
        os.close(reading)
        os.close(writing)
