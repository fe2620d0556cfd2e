"""Shards that share an account's limit, over sockets; scripts/shards.py has the whole of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "shards.py"
ARRAYS = SCRIPT.with_name("parallel.sh")


pytestmark = pytest.mark.real


@pytest.mark.parametrize("flags", [(), ("--kill",)])
def test_shards_share_a_limit(flags):
    """Each row is answered once and each process ends with 0; 8 % is refused at most."""
    # Processes take seconds to start where much else is going on: the time is not what is tried.
    small = ["--shards", "4", "--rows", "140", "--per-minute", "120", "--most-times", "6"]

    trial = subprocess.run(
        [sys.executable, SCRIPT, *small, *flags], capture_output=True, text=True, check=False
    )

    assert trial.returncode == 0, trial.stdout + trial.stderr


def test_the_lines_of_the_page_for_job_arrays_run_as_they_stand():
    """As indexed jobs, and by GNU parallel where it is installed; Slurm takes longer to begin."""
    ways = ["indexed", *(["parallel"] if shutil.which("parallel") else [])]

    program = Path(sys.executable).with_name("gradient")

    done = subprocess.run(
        ["bash", ARRAYS, "--rows", "64", "--per-minute", "6000", *ways],
        capture_output=True, text=True, check=False,
        env={**os.environ, "GRADIENT": str(program)},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok: ") == len(ways)
