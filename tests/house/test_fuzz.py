"""A share of the fuzzer: servers, suites, recordings, jobs and settings that mean harm."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    "flags",
    [
        ("--seed", "suite", "--runs", "300"),
        ("--seed", "suite", "--runs", "160", "--files"),
        ("--seed", "suite", "--runs", "30", "--program"),
        ("--seed", "suite", "--runs", "10", "--program", "--files"),
    ],
)
def test_nothing_that_means_harm_does_any(flags):
    """No 70, no run beyond --max-time, no memory above 300 MB, nothing raw on a terminal or log."""
    done = subprocess.run(
        [sys.executable, "scripts/fuzz.py", *flags], cwd=ROOT, capture_output=True, timeout=600
    )

    assert done.stdout.decode().splitlines()[:-1] == []
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("run", "word"),
    [
        ({"status": 70}, "status 70"),
        ({"err": "Traceback (most recent call last)"}, "status 0"),
        ({"took_s": 2.1}, "too late"),
        ({"err": "a\x1b]0;x\x07"}, "control character"),
        ({"out": "\u202e", "is_tty": True}, "control character"),
        ({"err": "::error::PWNED", "is_ci": True}, "a command"),
        ({"err": "x ##[error]", "is_ci": True}, "a command"),
        ({}, None),
        ({"out": "\x1b]0;x\x07"}, None),
    ],
)
def test_the_judge_complains(monkeypatch, run, word):
    """One that never does would hold nothing."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from fuzzing import judge

    usual = {"status": 0, "out": "", "err": "", "took_s": 1, "limit_s": 1, "is_tty": False}
    found = judge.complaints(["respond"], **{**usual, "is_ci": False, **run})

    assert [word] == [word for one in found if word and word in one] if word else found == []
