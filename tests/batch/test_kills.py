"""A run may be killed at any instant; the same command goes on, and pays nothing twice but a few."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving

ROWS, KILLS, JOBS = 2000, 20, 8


def command(batch: Batch, items: str) -> list[str]:
    flags = ["-i", items, "-o", str(batch.out), "-j", str(JOBS), "-q"]
    return [sys.executable, "-m", "gradient_cli", "batch", "run", *flags]


@pytest.mark.real
@pytest.mark.parametrize("refused", [0, 700], ids="{} refused at first".format)
def test_kill_9_at_any_instant_loses_only_what_is_under_way(tmp_path, world, refused):
    """Every row is answered once in OUT; at most -j requests a kill are sent twice."""
    refusing = (Behaviour(status=400, times=refused),) if refused else ()
    answers = (*refusing, Behaviour(delay=0.005, times=0))
    with serving(behaviours=answers) as server:
        batch = Batch(tmp_path, server)
        items = batch.items(*(f"row {n}" for n in range(ROWS)))
        environ = {
            **world,
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
            "GRADIENT_MODEL_ACCESS_KEY": "sk-test",
        }
        chance = random.Random(614)
        kills = 0
        for _ in range(KILLS):
            process = subprocess.Popen(command(batch, items), env=environ)
            lines = count(batch)
            wanted = lines + chance.randrange(ROWS // KILLS)
            while count(batch) < wanted and process.poll() is None:
                time.sleep(chance.random() / 200)
            process.kill()
            kills += process.wait() == -signal.SIGKILL

        status = subprocess.run(command(batch, items), env=environ, check=False).returncode

        assert status == 0
        assert kills == KILLS
        assert sorted(row["id"] for row in batch.results()) == list(range(1, ROWS + 1))
        asked = batch.asked()
        assert len(asked) == ROWS
        assert 0 <= sum(asked.values()) - ROWS - refused <= KILLS * JOBS
        assert max(asked.values()) <= 1 + KILLS


def count(batch: Batch) -> int:
    return batch.out.read_bytes().count(b"\n") if batch.out.exists() else 0


@pytest.mark.real
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.real)]
)
def test_a_signal_leaves_no_answer_that_waits_for_its_turn(tmp_path, world, number):
    """The first row is slow, and --ordered holds the others back: they are paid for."""
    answers = (Behaviour(match="^slow$", delay=30), Behaviour(times=0))
    with serving(behaviours=answers) as server:
        batch = Batch(tmp_path, server)
        items = batch.items("slow", *(f"row {n}" for n in range(40)))
        environ = {
            **world,
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
            "GRADIENT_MODEL_ACCESS_KEY": "sk-test",
        }
        process = subprocess.Popen([*command(batch, items), "--ordered"], env=environ)
        deadline = time.monotonic() + 20
        while len(server.requests) < 4 * JOBS and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)  # The last of them is answered and taken in.
        process.send_signal(number)

        assert process.wait() == -number
        assert len(batch.results()) == 4 * JOBS - 1


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_by_that_signal(tmp_path, world, number):
    """OUT is whole, the shell sees the signal, and the next run goes on."""
    answers = (Behaviour(delay=0.02, times=0),)
    with serving(behaviours=answers) as server:
        batch = Batch(tmp_path, server)
        items = batch.items(*(f"row {n}" for n in range(500)))
        environ = {
            **world,
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
            "GRADIENT_MODEL_ACCESS_KEY": "sk-test",
        }
        process = subprocess.Popen(command(batch, items), env=environ)
        while count(batch) < 20:
            time.sleep(0.005)

        os.kill(process.pid, number)

        assert process.wait(5) == -number
        assert all(json.loads(line)["ok"] for line in batch.out.read_bytes().splitlines())
        assert 20 <= count(batch) < 500


@pytest.mark.real
def test_a_rate_limit_is_kept_and_not_run_into(tmp_path):
    """1,200 requests a minute, no Retry-After: 2 in 100 refused at the most, time near the ideal."""
    with serving(limit_per_minute=1200) as server:
        batch = Batch(tmp_path, server)
        items = batch.items(*(f"row {n}" for n in range(1600)))
        started = time.monotonic()

        status, _, _ = batch.run("-i", items, "-q")
        took = time.monotonic() - started

        refused = sum(record.status == 429 for record in server.requests)
        # The bucket is full at first; what is above it comes at the rate.
        assert status == 0
        assert refused <= 0.02 * 1600
        assert took < 1.1 * (1600 - 1200) / 20
