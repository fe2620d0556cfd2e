"""
What a suite costs: 200 tests of 50 ms each, and the same from recordings.

    .venv/bin/python scripts/bench/check.py [--jobs 8 --delay 0.5]

The server is `gradient mock`, in a process of its own, on loopback.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS, DELAY_S, JOBS = 200, 0.05, 16
GRADIENT = [sys.executable, "-m", "gradient_cli"]


def timed(*arguments: str) -> float:
    """Give the seconds that `gradient check` takes; it must pass."""
    begun = time.monotonic()
    subprocess.run([*GRADIENT, "check", *arguments, "-q"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many is told")
    parser.add_argument("--jobs", type=int, default=JOBS, help="tests at a time")
    parser.add_argument("--delay", type=float, default=DELAY_S, help="seconds of an answer")
    options = parser.parse_args()
    rounds, jobs, delay_s = options.rounds, options.jobs, options.delay
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder, "suite.toml")
        suite.write_text(
            "".join(
                f'[[test]]\nname = "test {n}"\nprompt = "prompt {n}"\nexpect = "mock"\n'
                for n in range(TESTS)
            )
        )
        server = subprocess.Popen(
            [*GRADIENT, "mock", "--port", "0", "-q", "--delay", str(delay_s)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout
            url = server.stdout.readline().strip()
            tapes = str(Path(folder, "tapes"))
            live = ["--base-url", url, "-j", str(jobs)]
            timed(str(suite), *live, "--record", tapes)
            asked = sorted(timed(str(suite), *live) for _ in range(rounds))[rounds // 2]
            replayed = sorted(timed(str(suite), "--replay", tapes) for _ in range(rounds))
        finally:
            server.terminate()
    ideal = TESTS * delay_s / jobs
    print("| run | seconds | bound |")
    print("|---|---:|---:|")
    what = f"{TESTS} tests of {1000 * delay_s:.0f} ms, -j {jobs}"
    print(f"| {what} | {asked:.2f} | {1.2 * ideal:.2f} |")
    print(f"| the same, ideal | {ideal:.2f} | |")
    print(f"| the same from recordings | {replayed[rounds // 2]:.2f} | 2 |")


if __name__ == "__main__":
    main()
