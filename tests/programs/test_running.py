"""A program of the user's: an end, and no more than a bounded piece of what it says."""

import os
import subprocess
import sys
import time

import pytest

from gradient_cli.programs.running import PATIENCE_S, run_program, run_simply

PYTHON = sys.executable


def shell(line: str, *, longest_s: float = 5, most: int = 100, **named):
    """Run a line of a shell."""
    return run_program(["sh", "-c", line], os.environ, longest_s, most, **named)


def is_there(number: int) -> bool:
    """Tell whether a process runs; one that nobody has buried yet does not."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() != "" and not found.stdout.startswith("Z")


def is_gone(number: int) -> bool:
    """Wait a little for a process to end."""
    for _ in range(50):
        if not is_there(number):
            return True
        time.sleep(0.02)
    return False


def test_what_it_says_and_how_it_ended():
    """Both streams and the status."""
    done = shell("echo out; echo err >&2; exit 3")

    assert (done.status, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert not done.is_truncated
    assert not done.timed_out


def test_the_signal_that_ended_it():
    """Is a negative status, as Python has it."""
    assert shell("kill -SEGV $$").status == -11


def test_the_rest_is_read_away():
    """A program that says much is not stopped by a full pipe, and does not fill the memory."""
    done = shell("head -c 1000000 /dev/zero; echo end >&2", most=10)

    assert (done.status, done.stdout, done.stderr) == (0, bytes(10), b"end\n")
    assert done.is_truncated


def test_what_fits_exactly_is_whole():
    """The limit itself is no cut."""
    done = shell("printf 1234", most=4)

    assert (done.stdout, done.is_truncated) == (b"1234", False)


def test_the_last_words_are_kept():
    """Of a long stderr the end says what went wrong."""
    done = shell("head -c 1000000 /dev/zero >&2; echo 'the reason' >&2")

    assert done.stderr.endswith(b"the reason\n")
    assert len(done.stderr) == 16 * 1024


def test_who_never_stops_talking_is_ended():
    """Long before its time is up."""
    assert shell("exec yes", longest_s=60).status == -13


@pytest.mark.parametrize("size", [1, 65_537, 5_000_000])
def test_it_is_fed_while_it_is_heard(size):
    """More than a pipe holds goes in and comes out, without either waiting for the other."""
    text = b"x" * size

    assert shell("cat", most=size, stdin=text).stdout == text


@pytest.mark.sampled
@pytest.mark.parametrize("line", ["exit 0", "exec <&-; sleep 0.2", "head -c 1 >/dev/null"])
def test_who_reads_no_stdin_is_not_waited_for(line):
    """What it does not read is its own affair, and no fault."""
    done = shell(line, stdin=b"x" * 1_000_000)

    assert (done.status, done.timed_out) == (0, False)


def test_it_gets_no_stdin_of_ours():
    """Which may be the prompt."""
    assert run_program(["cat"], os.environ, 5, 10).stdout == b""


@pytest.mark.sampled
@pytest.mark.parametrize("shares_terminal", [False, True])
@pytest.mark.parametrize("line", ["sleep 9", "sleep 9 & sleep 9", "exec >&- 2>&-; sleep 9"])
def test_the_time_is_kept(line, shares_terminal):
    """By its children, too, and where it has closed its streams."""
    start = time.monotonic()
    done = shell(line, longest_s=0.2, shares_terminal=shares_terminal)

    assert done.timed_out
    assert time.monotonic() - start < 0.2 + 2 * PATIENCE_S + 0.4


@pytest.mark.real
def test_it_may_clean_up():
    """SIGTERM comes first."""
    done = shell("trap 'echo bye; exit 7' TERM; sleep 9 & wait", longest_s=0.3)

    assert (done.status, done.timed_out) == (7, True)


@pytest.mark.real
@pytest.mark.parametrize(
    "line",
    [
        "trap '' TERM; sleep 30 & echo $!; wait",
        "trap '' TERM; echo $$; while :; do sleep 30; done",
        "(trap '' TERM; sleep 30) & echo $!; wait",
    ],
)
def test_who_ignores_the_signal_is_ended_with_its_children(line):
    """SIGKILL comes second, and to all of them."""
    done = shell(line, longest_s=0.3)

    assert done.timed_out
    assert is_gone(int(done.stdout))


@pytest.mark.real
def test_what_it_leaves_behind_holds_nobody_up():
    """A child that keeps the streams open is not the program: its status is known by then."""
    start = time.monotonic()
    done = shell("sleep 30 & echo $!; exit 4", longest_s=20)

    assert (done.status, done.timed_out) == (4, False)
    assert time.monotonic() - start < 3
    assert is_gone(int(done.stdout))


@pytest.mark.real
def test_what_comes_shortly_after_the_end_is_heard():
    """The last words of `> >(tee log)` come when the program has gone."""
    assert shell("(sleep 0.2; echo late) & exit 0").stdout == b"late\n"


def test_no_terminal_is_there_to_wait_for():
    """A program that would ask for a password fails at once."""
    assert shell("exec 2>/dev/null; : </dev/tty && echo asked").stdout == b""


def test_what_is_not_there_is_an_error():
    """Of the system, for the caller to name."""
    with pytest.raises(OSError, match="No such file"):
        run_program(["/nowhere/program"], os.environ, 1, 10)


IN_A_WORKER = """
import os, sys, threading, time
import gradient_cli.__main__ as door
from gradient_cli.programs.running import run_program

line = "trap '' TERM; echo $$ > number; while :; do sleep 30; done"
work = lambda: run_program(["sh", "-c", line], os.environ, 60, 100)
threading.Thread(target=work, daemon=True).start()
while not os.path.exists("number") or not open("number").read():
    time.sleep(0.02)
door._die_by(15) if sys.argv[1] == "signal" else door._exit(7)
"""


@pytest.mark.real
@pytest.mark.parametrize(("way", "status"), [("signal", -15), ("exit", 7)])
def test_no_program_outlives_us(way, status, tmp_path):
    """Whichever way this process leaves, the programs that its workers wait for go with it."""
    done = subprocess.run([PYTHON, "-c", IN_A_WORKER, way], cwd=tmp_path, check=False)

    assert done.returncode == status
    assert is_gone(int((tmp_path / "number").read_text()))


def test_a_program_that_says_goodbye_and_stays_is_out_of_time():
    """Closed streams are no end of it."""
    done = shell("exec <&- >&- 2>&-; sleep 20", longest_s=0.1)

    assert done.timed_out


@pytest.mark.parametrize(
    ("line", "longest_s", "expected"),
    [
        ("cat; echo err >&2; exit 3", 5, (3, b"in", b"err\n", False, False)),
        ("printf 1234567", 5, (0, b"12345", b"", True, False)),
        ("printf 12345", 5, (0, b"12345", b"", False, False)),
        ("printf a; exec sleep 20", 0.2, (-9, b"a", b"", False, True)),
    ],
)
def test_where_pipes_cannot_be_waited_for_the_same_is_known(line, longest_s, expected):
    """Status, streams, cut or not, in time or not."""
    done = run_simply(["sh", "-c", line], os.environ, longest_s, 5, stdin=b"in")

    assert (
        done.status,
        done.stdout,
        done.stderr,
        done.is_truncated,
        done.timed_out,
    ) == expected
