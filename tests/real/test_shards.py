"""Shards that share an account's limit, over sockets; scripts/shards.py has the whole of it."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "shards.py"


@pytest.mark.real
@pytest.mark.parametrize("flags", [(), ("--kill",)])
def test_shards_share_a_limit(flags):
    """Each row is answered once and each process ends with 0; 8 % is refused at most."""
    # Processes take seconds to start where much else is going on: the time is not what is tried.
    small = ["--shards", "4", "--rows", "140", "--per-minute", "120", "--most-times", "6"]

    trial = subprocess.run(
        [sys.executable, SCRIPT, *small, *flags], capture_output=True, text=True, check=False
    )

    assert trial.returncode == 0, trial.stdout + trial.stderr
