"""Checks that only a program can make: safe, bounded, and named by the command line alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

SUITE = '[[test]]\nname = "a"\nprompt = "x"\nchecks = ["c"]\n'
KEY = "sk-do-0123456789"


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Give a function that runs `gradient check` on a suite; gives (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()

    def run_suite(suite: str, *flags: str, answer: str = "y", text: str = "s.toml"):
        Path(text).write_text(suite)
        terminal = Terminal.recording()
        environ = {
            "GRADIENT_CONFIG": "config.toml",
            "PATH": os.environ["PATH"],
            "MODEL_ACCESS_KEY": KEY,
            "OPENAI_API_KEY": KEY,
            **{name: os.environ[name] for name in ("COPY_OF_IT",) if name in os.environ},
        }
        with MockServer(Script(behaviours=(Behaviour(text=answer, times=0),))) as server:
            argv = ["check", text, "--base-url", server.url, "--retries", "0", *flags]
            status = run(argv, Invocation(terminal, environ))
            return status, terminal.stdout_text, terminal.stderr_text, list(server.requests)

    return run_suite


def script(line: str) -> str:
    """Give the flag's value for a line of a shell."""
    Path("check.sh").write_text(line)
    return "c=sh check.sh"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("exit 0", 0, ["pass  a"]),
        ("exit 1", 1, ["FAIL  a", "checks: c says no\n"]),
        ("echo no such table; exit 1", 1, ["checks: c says no: no such table"]),
        ("echo one; echo two >&2; exit 1", 1, ["checks: c says no: one\n", "| two"]),
        ("exit 2", 2, ["ERROR a", "usage (2): the check c ended with status 2"]),
        ("echo why >&2; exit 3", 2, ["the check c ended with status 3: why"]),
        ("exit 127", 2, ["ended with status 127, it is not there"]),
        ("kill -SEGV $$", 2, ["the check c ended with signal 11"]),
        ("sleep 9", 7, ["ERROR a", "timeout (7): the check c took longer than 0.3 s"]),
        ("trap '' TERM; while :; do sleep 9; done", 7, ["took longer than 0.3 s"]),
        ("sleep 9 & exit 1", 1, ["c says no"]),
        ("exec yes", 2, ["ended with signal 13"]),
    ],
)
def test_a_status_is_a_verdict(checked, line, status, words):
    """0 passes, 1 fails with what was printed, and everything else could not judge."""
    long = "5" if "yes" in line or "&" in line else "0.3"
    found, out, _, _ = checked(SUITE, "--run-check", script(line), "--check-timeout", long)

    assert found == status
    assert [word for word in words if word not in out] == []


@pytest.mark.real
@pytest.mark.parametrize(
    ("answer", "keys", "stdin"),
    [
        ("y", "", "y\n"),
        ("two\nlines\n", "", "two\nlines\n"),
        ("a\n```sql\nSELECT 1\n```\nb", "extract = true\n", "SELECT 1\n"),
        ("caf\u00e9 \U0001f600", "", "caf\u00e9 \U0001f600\n"),
        ("x" * 300_000, "", "x" * 300_000 + "\n"),
    ],
    ids=["a word", "lines", "a block", "letters", "much"],
)
def test_the_answer_is_on_stdin(checked, answer, keys, stdin):
    """As `respond` would print it: what was judged is what is looked at."""
    status, out, _, _ = checked(SUITE + keys, "--run-check", script("cat > seen"), answer=answer)

    assert (status, Path("seen").read_text()) == (0, stdin), out


def test_nothing_of_the_answer_becomes_a_word(checked):
    """No shell is there to read it."""
    status, _, _, _ = checked(SUITE, "--run-check", "c=cat", answer="$(touch here); touch there")

    assert status == 0
    assert not Path("here").exists()
    assert not Path("there").exists()


@pytest.mark.real
def test_the_environment_has_no_key(checked):
    """By no name at all."""
    checked(SUITE, "--run-check", script("env > seen"))

    assert "PATH=" in Path("seen").read_text()
    assert KEY not in Path("seen").read_text()


@pytest.mark.parametrize("line", ["env", "cat key", "rev key | rev", "cat key >&2"])
def test_the_key_of_the_settings_is_not_told(checked, line):
    """One from a key file is in no variable by its name, and in no report."""
    own = "sk-own-9876543210"
    Path("key").write_text(f"{own}\n")
    Path("key").chmod(0o600)
    os.environ["COPY_OF_IT"] = own
    try:
        flags = ["--run-check", script(f"{line}; exit 1"), "--key-file", "key", "--json"]
        status, out, err, _ = checked(SUITE, *flags)
    finally:
        del os.environ["COPY_OF_IT"]

    assert status == 1
    assert own not in out + err
    assert "c says no" in out


def test_what_a_program_prints_acts_on_nothing(checked):
    """Not on a terminal, and not on a CI runner."""
    line = r"printf '::error::x\n\033[31m##[error]\n'; exit 1"
    _, out, _, _ = checked(SUITE, "--run-check", script(line))

    assert "\x1b" not in out
    assert "c says no: ::error::x" in out
    assert not any(row.lstrip().startswith(("::", "##[")) for row in out.splitlines())


def test_much_that_is_printed_is_cut(checked):
    """A report holds no more than a piece."""
    line = "head -c 200000 /dev/zero | tr '\\0' a; exit 1"
    status, out, _, _ = checked(SUITE, "--run-check", script(line), "--json")

    assert status == 1
    assert len(out) < 20_000
    assert "(more was printed)" in out


@pytest.mark.parametrize(
    ("suite", "flags", "words"),
    [
        (SUITE, [], 's.toml:4: checks: no --run-check has the name "c"'),
        (SUITE, ["--run-check", "d=cat"], "--run-check d: no test names it"),
        (SUITE, ["--run-check", "c"], '--run-check "c": it is NAME=COMMAND'),
        (SUITE, ["--run-check", "c=cat", "--run-check", "c=true"], "--run-check: c is there twice"),
        (SUITE, ["--run-check", "c=no-such-program"], 'on the PATH: "no-such-program"'),
        (SUITE.replace('["c"]', "[]"), [], "s.toml:4: checks is empty"),
        (SUITE.replace('["c"]', '["cc"]'), ["--run-check", "cd=cat"], "--run-check cd: no test"),
    ],
)
def test_what_would_not_be_checked_is_refused(checked, suite, flags, words):
    """A check that nobody makes, and a program that nobody asks: status 2, nothing sent."""
    status, _, err, requests = checked(suite, *flags)

    assert (status, requests) == (2, [])
    assert words in err


def test_the_program_of_a_test_left_out_may_be_named(checked):
    """With -k the command line stays as it was."""
    other = '[[test]]\nname = "b"\nprompt = "x"\nexpect = "y"\n'
    status, _, _, _ = checked(SUITE + other, "-k", "b", "--run-check", "c=false")

    assert status == 0


def test_checks_of_defaults_and_of_the_test_add_up(checked):
    """Both must pass."""
    suite = '[defaults]\nchecks = "d"\n' + SUITE
    status, out, _, _ = checked(suite, "--run-check", "c=true", "--run-check", "d=false")

    assert status == 1
    assert "checks: d says no" in out


def test_an_answer_that_failed_is_not_run(checked):
    """What the other expectations refuse never reaches a program, nor a judge what it refuses."""
    suite = SUITE + 'expect = "z"\njudge = "It is good."\n'
    status, _, _, requests = checked(suite, "--run-check", script("touch ran"))

    assert (status, len(requests)) == (1, 1)
    assert not Path("ran").exists()


def test_an_answer_that_a_program_refuses_is_not_judged(checked):
    """That call would cost money."""
    suite = SUITE + 'judge = "It is good."\n'
    status, _, _, requests = checked(suite, "--run-check", "c=false")

    assert (status, len(requests)) == (1, 1)


def test_replays_run_programs_too(checked):
    """What is recorded is the answer, not what was thought of it."""
    checked(SUITE, "--run-check", "c=true", "--record", "tapes")

    status, _, _, requests = checked(SUITE, "--run-check", "c=false", "--replay", "tapes")

    assert (status, requests) == (1, [])


@pytest.mark.real
def test_the_end_of_the_run_counts_for_programs(checked):
    """--max-time is the whole run's."""
    start = time.monotonic()
    status, _, err, _ = checked(SUITE, "--run-check", "c=sleep 20", "--max-time", "0.7")

    assert status == 7, err
    assert time.monotonic() - start < 3


@pytest.mark.real
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, -2), (signal.SIGTERM, -15)])
def test_a_program_ends_with_the_run(number, status, tmp_path, world):
    """Ctrl-C and SIGTERM leave nothing behind, even of a program that does not listen."""
    (tmp_path / "s.toml").write_text(SUITE)
    (tmp_path / "c.sh").write_text("trap '' TERM INT; echo $$ > number; sleep 60 & wait; sleep 60")
    command = [sys.executable, "-m", "gradient_cli", "check", "s.toml", "--run-check", "c=sh c.sh"]
    with MockServer(Script(behaviours=(Behaviour(text="y", times=0),))) as server:
        process = subprocess.Popen(
            [*command, "--base-url", server.url], cwd=tmp_path, env=world,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        for _ in range(400):
            if (tmp_path / "number").exists() and (tmp_path / "number").read_text():
                break
            time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=10)

    group = int((tmp_path / "number").read_text())
    assert process.returncode == status
    found = subprocess.run(
        ["ps", "-o", "stat=", "-s", str(group)], capture_output=True, text=True, check=False
    )
    assert [line for line in found.stdout.split() if not line.startswith("Z")] == []
