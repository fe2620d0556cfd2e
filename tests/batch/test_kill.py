"""A run that is killed at any instant, again and again, and what it costs."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gradient_cli.mock.script import Behaviour
from tests.batch.bench import serving

ROWS = 2000
KILLS = 20
JOBS = 8


def start(world: dict[str, str], url: str, *argv: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "gradient_cli", "batch", "run", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**world, "GRADIENT_INFERENCE_ENDPOINT": url, "GRADIENT_MODEL_ACCESS_KEY": "sk-test"},
    )


def whole_lines(out: Path) -> list[dict]:
    """Give the lines that end; the last may be torn."""
    return [json.loads(line) for line in out.read_bytes().split(b"\n")[:-1]]


def kill_when(process: "subprocess.Popen[bytes]", out: Path, lines: int, after_s: float) -> None:
    """Kill it a moment after OUT has grown beyond a number of lines."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        if out.exists() and out.read_bytes().count(b"\n") > lines:
            break
        time.sleep(0.005)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("refused", [0, 700])
def test_every_row_is_answered_once_whatever_kills_the_run(world, tmp_path, refused):
    """Twenty deaths at random instants: no row lost, none doubled, at most -j paid for twice."""
    random.seed(20261123)
    items, out = tmp_path / "items.txt", tmp_path / "out.jsonl"
    items.write_text("".join(f"row {n}\n" for n in range(1, ROWS + 1)))
    argv = ("-i", str(items), "-o", str(out), "-j", str(JOBS), "-m", "m", "-q")
    refusing = (Behaviour(status=400, times=refused),) if refused else ()
    with serving(behaviours=(*refusing, Behaviour(times=0))) as server:
        killed = 0
        for _ in range(KILLS):
            before = len(whole_lines(out)) if out.exists() else 0
            process = start(world, server.url, *argv)
            kill_when(process, out, before, random.uniform(0, 0.08))
            killed += process.returncode == -signal.SIGKILL
            seen = Counter(row["id"] for row in whole_lines(out) if row["ok"])
            assert not seen or set(seen.values()) == {1}
        last = start(world, server.url, *argv)
        _, notes = last.communicate(timeout=120)

    rows = whole_lines(out)
    asked = Counter(r.body["input"] for r in server.requests if r.method == "POST")
    assert (last.returncode, notes) == (0, b"")
    assert killed == KILLS
    assert sorted(row["id"] for row in rows) == list(range(1, ROWS + 1))
    assert all(row["ok"] for row in rows)
    assert len(asked) == ROWS
    assert asked.total() - ROWS - refused <= KILLS * JOBS
