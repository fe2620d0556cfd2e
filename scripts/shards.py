"""
Let shards share an account's limit over sockets: `gradient mock`, and a process for each shard.

    .venv/bin/python scripts/shards.py [--shards 8] [--rows 900] [--per-minute 600] [--kill]

Every row must be answered and every process end with 0, at most 8 % be refused, and the time
be at most 1.25 of the ideal, from the first request on: what the limit lets through at once,
then so many a minute. `--kill` ends one shard in the midst, and starts it again.
Prints the figures; status 1 if a bound is broken.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / ".venv" / "bin" / "gradient"
MOST_REFUSED, MOST_TIMES = 0.08, 1.25
DELAY_S = 0.05
OURS = {"GRADIENT_MODEL": "any", "GRADIENT_API_KEY": "key"}


class Trial:
    """A folder, a mock, and the shards' processes."""

    def __init__(self, folder: Path, shards: int, rows: int, per_minute: int) -> None:
        self.folder, self.shards, self.rows = folder, shards, rows
        self.ideal_s = max(0, rows - per_minute) * 60 / per_minute
        (folder / "rows.txt").write_text("".join(f"row {n}\n" for n in range(rows)))
        self.log = folder / "mock.log"
        limited = ["--limit-per-minute", str(per_minute), "--delay", str(DELAY_S)]
        self._mock = subprocess.Popen(
            [PROGRAM, "mock", "--port", "0", *limited],
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            text=True,
        )
        url = self._mock.stdout.readline().strip()
        where = {"HOME": str(folder), "GRADIENT_INFERENCE_ENDPOINT": url}
        self.environ = {**os.environ, **OURS, **where}

    def start(self, number: int) -> subprocess.Popen:
        """Begin a shard's run, or go on with it."""
        argv = [PROGRAM, "batch", "run", "Say ok", "-i", "rows.txt", "-o", f"out.{number}.jsonl"]
        return subprocess.Popen(
            [*argv, "--shard", f"{number}/{self.shards}", "-q"],
            cwd=self.folder,
            env=self.environ,
            stderr=(self.folder / f"err.{number}").open("ab"),
        )

    def run(self, *, kill: bool) -> tuple[list[int], float]:
        """Run all shards; give their statuses and the seconds since the first request."""
        processes = {number: self.start(number) for number in range(1, self.shards + 1)}
        out = self.folder / "out.1.jsonl"
        while not self.log.stat().st_size:
            time.sleep(0.02)
        begun = time.monotonic()
        if kill:
            while not out.exists() or out.read_bytes().count(b"\n") < self.rows // self.shards // 2:
                time.sleep(0.02)
            processes[1].kill()
            processes[1].wait()
            processes[1] = self.start(1)
        statuses = [process.wait() for process in processes.values()]
        return statuses, time.monotonic() - begun

    def end(self) -> tuple[int, int, int]:
        """End the mock; give the rows that are answered, the lines, and how many were refused."""
        self._mock.terminate()
        self._mock.communicate()
        lines = [
            json.loads(line)
            for number in range(1, self.shards + 1)
            for line in (self.folder / f"out.{number}.jsonl").read_text().splitlines()
        ]
        refused = self.log.read_text().count("/v1/responses 429 ")
        return len({line["id"] for line in lines if line["ok"]}), len(lines), refused


def main() -> int:
    """Try it once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--shards", type=int, default=8, metavar="N")
    parser.add_argument("--rows", type=int, default=900, metavar="N")
    parser.add_argument("--per-minute", type=int, default=600, metavar="N")
    parser.add_argument("--most-times", type=float, default=MOST_TIMES, metavar="X")
    parser.add_argument("--kill", action="store_true", help="one shard, and start it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(Path(name), options.shards, options.rows, options.per_minute)
        statuses, took_s = trial.run(kill=options.kill)
        answered, lines, refused = trial.end()
    part = refused / (refused + options.rows)
    times = took_s / trial.ideal_s if trial.ideal_s else 0.0
    is_whole = answered == lines == options.rows and not any(statuses)
    print(f"{options.shards} shards: {answered} rows answered in {lines} lines, statuses "
          f"{sorted(set(statuses))}; {refused} refused ({part:.1%}); {took_s:.1f} s, "
          f"ideal {trial.ideal_s:.1f} s: {times:.2f} times")  # fmt: skip
    return 0 if is_whole and part <= MOST_REFUSED and times <= options.most_times else 1


if __name__ == "__main__":
    sys.exit(main())
