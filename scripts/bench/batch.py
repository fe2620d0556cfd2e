"""
What `gradient batch` needs for much: time, processor and memory, beside its peers.

    .venv/bin/python scripts/bench/batch.py [--quick] [--many] [--limit] [--json FILE]

The endpoint answers after 35 ms; the ideal is that time, rows over workers. Prints Markdown
tables; status 1 if a bound is broken. `--quick` takes a tenth of the rows, `--many` leaves the
peers out: 1,000,000 rows, and 100,000 of them against `gradient mock`. `--limit` takes
140 s for one thing alone: 400 rows at a service that allows 120 a minute.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from runs import HERE, PROGRAM, Cost, environment, measure

from gradient_cli.batch.items.item import raise_it

LATENCY_MS = 35
NAIVE = """
import asyncio, json, sys, httpx
async def main(url, path, out, jobs):
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
        gate = asyncio.Semaphore(jobs)
        async def ask(line):
            async with gate:
                reply = await client.post(url + "/v1/responses", json={"input": line})
                return reply.json()["output"][0]["content"][0]["text"]
        lines = open(path).read().splitlines()
        answers = await asyncio.gather(*map(ask, lines))
    open(out, "w").write("".join(json.dumps({"text": text}) + "\\n" for text in answers))
asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
"""
CURL = (
    'xargs -P "$4" -I{} curl -s -H "content-type: application/json" '
    '-d \'{"input":"{}"}\' "$1/v1/responses" < "$2" > "$3"'
)


@contextmanager
def endpoint():
    """Run the endpoint of latency.py and give its address."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "latency.py"), str(LATENCY_MS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.communicate()


class Bench:
    """A folder with items, and the runs over them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.environ = environment(folder, url)
        self.out = folder / "out.jsonl"

    def items(self, count: int) -> Path:
        """Give a file of that many lines."""
        path = self.folder / f"items-{count}.txt"
        if not path.exists():
            # Line by line: a child's peak is never below what we held.
            with path.open("w") as file:
                file.writelines(f"review number {n}\n" for n in range(count))
        return path

    def gradient(self, count: int, jobs: int) -> Cost:
        """Run `gradient batch` from nothing."""
        self.out.unlink(missing_ok=True)
        return self.again(count, jobs)

    def again(self, count: int, jobs: int = 8, *flags: str) -> Cost:
        """Run it with what OUT holds."""
        target = [] if "--dry-run" in flags else ["-o", self.out]
        argv = [PROGRAM, "batch", "run", "sentiment", "-i", self.items(count), *target]
        return measure([*argv, "-j", str(jobs), "-q", *flags], self.environ)

    def naive(self, count: int, jobs: int) -> Cost:
        """Run one shared httpx.AsyncClient, as scripts commonly do."""
        argv = [sys.executable, "-c", NAIVE, self.url, self.items(count), self.out, str(jobs)]
        return measure(argv, self.environ)

    def curl(self, count: int, jobs: int) -> Cost:
        """Run xargs with a curl for each row."""
        argv = ["/bin/sh", "-c", CURL, "sh", self.url, self.items(count), self.out, str(jobs)]
        return measure(argv, self.environ)

    def finish(self, count: int, path: Path | None = None) -> None:
        """Make the OUT of a run that is finished, with the keys of the bodies."""
        from gradient_cli.batch.items.lines import Lines
        from gradient_cli.batch.provenance import provenance
        from gradient_cli.batch.request_maker import RequestMaker
        from gradient_cli.wire.request import Request

        maker = RequestMaker(Request(), "sentiment")
        run = provenance(maker, "", self.url).run
        path = path or self.items(count)
        rest = b'"exit_code":0,"text":"positive","total_ms":36,"error":null}\n'
        with path.open("rb") as lines, self.out.open("wb") as out:
            for item in Lines().read(lines, path.name, raise_it):
                key = maker.key(item)
                at = f"2026-01-01T00:00:00.{item.id % 1_000_000:06d}Z"
                head = f'{{"id":{item.id},"key":"{key}","ok":true,"at":"{at}","run":"{run}",'
                out.write(head.encode() + rest)

    def finished(self, count: int) -> Cost:
        """Resume a run that is finished."""
        self.finish(count)
        return self.again(count)

    def shifted(self, count: int) -> Cost:
        """Resume it after all but the first line have moved up: each answer changes its id."""
        self.finish(count)
        with self.items(count).open("rb") as whole, (self.folder / "tail.txt").open("wb") as tail:
            next(whole)
            shutil.copyfileobj(whole, tail)
        argv = [PROGRAM, "batch", "run", "sentiment", "-i", self.folder / "tail.txt", "-q"]
        return measure([*argv, "-o", self.out], self.environ)

    def table(self, count: int) -> Cost:
        """Print items and answers as a table."""
        self.finish(count)
        argv = [PROGRAM, "batch", "table", "-q", "-i", self.items(count), "-o", self.out]
        return measure(argv, self.environ)

    def summary(self) -> Cost:
        """Count what OUT holds."""
        return measure([PROGRAM, "batch", "summary", self.out], self.environ)

    def mocked(self, count: int) -> Cost:
        """Run `gradient batch` against `gradient mock`, which answers at once."""
        server = subprocess.Popen(
            [PROGRAM, "mock", "--port", "0", "--quiet", "--reply", "positive"],
            stdout=subprocess.PIPE,
            text=True,
        )
        before = self.environ
        try:
            self.environ = environment(self.folder, server.stdout.readline().strip())
            return self.gradient(count, 64)
        finally:
            self.environ = before
            server.kill()
            server.communicate()

    def scan_rate(self) -> float:
        """Give the rows of OUT that are read in a second."""
        code = (
            "import sys,time\nfrom gradient_cli.batch.results import FileResults\n"
            "from gradient_cli.batch.ledger import Ledger\n"
            "t=time.perf_counter()\nknown=Ledger(FileResults(sys.argv[1]))\n"
            "print(len(known._fates)/(time.perf_counter()-t))"
        )
        argv = [sys.executable, "-c", code, self.out]
        return float(subprocess.run(argv, capture_output=True, check=True, text=True).stdout)


def row(title: str, count: int, jobs: int, cost: Cost) -> str:
    """Give a line of the table."""
    ideal_ms = LATENCY_MS * count / jobs
    return (
        f"| {title} | {count:,} | {jobs} | {cost.wall_ms / 1000:.1f} | "
        f"{cost.wall_ms / ideal_ms:.2f} | {1000 * count / cost.wall_ms:,.0f} | "
        f"{cost.cpu_ms / count:.2f} | {cost.peak_mb:.0f} |"
    )


def timed(bench: Bench, rows: int) -> tuple[list[str], dict[str, Cost]]:
    """Run ourselves and the peers against the endpoint."""
    costs: dict[str, Cost] = {}
    lines = []
    for jobs in (8, 64, 256):
        costs[f"{jobs}"] = bench.gradient(rows, jobs)
        lines.append(row("gradient batch", rows, jobs, costs[f"{jobs}"]))
    costs["small"] = bench.gradient(rows // 10, 8)
    lines.append(row("gradient batch", rows // 10, 8, costs["small"]))
    for jobs in (8, 64):
        lines.append(row("shared httpx.AsyncClient", rows, jobs, bench.naive(rows, jobs)))
        if shutil.which("curl"):
            lines.append(row("xargs -P, curl", rows // 10, jobs, bench.curl(rows // 10, jobs)))
    return lines, costs


def limited() -> int:
    """Run 400 rows at 120 a minute, and count at the server what it had to refuse."""
    from gradient_cli.mock.script import Behaviour, Script
    from gradient_cli.mock.server import MockServer

    rows, a_minute = 400, 120
    slow = Behaviour(delay=LATENCY_MS / 1000, times=0)
    script = Script(behaviours=(slow,), limit_per_minute=a_minute)
    with tempfile.TemporaryDirectory() as name, MockServer(script) as server:
        cost = Bench(Path(name), server.url).gradient(rows, 8)
        refused = sum(record.status == 429 for record in server.requests)
    # The first minute's worth is there at once; what is above it comes at the rate.
    ideal_s = (rows - a_minute) * 60 / a_minute
    took_s = cost.wall_ms / 1000
    print(f"{rows} rows at {a_minute} a minute: {took_s:.1f} s, ideal {ideal_s:.1f} s")
    print(f"{took_s / ideal_s:.3f} times the ideal, at most 1.1; {refused} refused, at most 8")
    return 1 if took_s > 1.1 * ideal_s or refused > 0.02 * rows else 0


def many_rows(bench: Bench, many: int) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Run what needs no answers over many rows, and a tenth of them against the mock."""
    few = many // 10
    dry = {n: bench.again(n, 8, "--dry-run") for n in (few, many)}
    resumed = {n: bench.finished(n) for n in (few, many)}
    scan = bench.scan_rate()
    summaries = {many: bench.summary(), few: bench.finished(few) and bench.summary()}
    shifted = bench.shifted(many)
    tables = {n: bench.table(n) for n in (few, many)}
    asked = {n: bench.mocked(n) for n in (few // 10, few)}
    bounds = {
        f"dry run of {many:,}: peak MB": (dry[many].peak_mb, 60),
        # Its reading and writing buffers fill up, and that is all.
        f"dry run, {many:,} rows: MB above a tenth": (above(dry), 6),
        # SQLite's caches and the marks of two tables: nothing of them grows with the rows.
        f"resume of {many:,}: MB above a tenth": (above(resumed), 15),
        f"resume of {many:,}: microseconds a row": (1000 * resumed[many].wall_ms / many, 20),
        "resume: microseconds a row of OUT": (1e6 / scan, 20),
        f"a line less on top of {many:,}: microseconds a row": (1000 * shifted.wall_ms / many, 60),
        f"table of {many:,}: microseconds a row": (1000 * tables[many].wall_ms / many, 40),
        f"table of {many:,}: MB above a tenth": (above(tables), 15),
        f"summary of {many:,}: microseconds a row": (1000 * summaries[many].wall_ms / many, 40),
        f"summary of {many:,}: MB above a tenth": (above(summaries), 15),
        f"run of {few:,}: MB above a tenth": (above(asked), 6),
    }
    lines = [
        "| many rows | rows | wall s | rows/s | cpu us/row | peak MB | of a tenth |",
        "|---|" + "---:|" * 6,
    ]
    for name, costs in (
        ("dry run", dry),
        ("resumed, nothing to do", resumed),
        ("resumed, a line less on top", {many: shifted}),
        ("`batch table`", tables),
        ("`batch summary`", summaries),
        ("a run on `gradient mock`, 64 workers", asked),
    ):
        n = max(costs)
        wall_s, tenth = costs[n].wall_ms / 1000, costs.get(n // 10)
        lines.append(
            f"| {name} | {n:,} | {wall_s:.1f} | {n / wall_s:,.0f} | "
            f"{1000 * costs[n].cpu_ms / n:.0f} | {costs[n].peak_mb:.0f} | "
            + (f"{tenth.peak_mb:.0f} |" if tenth else "|")
        )
    return bounds, lines


def above(costs: dict[int, Cost]) -> float:
    """Give the megabytes of the most rows above those of the fewest."""
    return costs[max(costs)].peak_mb - costs[min(costs)].peak_mb


def workers(bench: Bench, rows: int) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Run rows against the endpoint, beside the peers."""
    lines, costs = timed(bench, rows)
    each = {jobs: costs[jobs].cpu_ms / rows for jobs in ("8", "64", "256")}
    ideal_ms = LATENCY_MS * rows
    bounds = {
        "8 workers: times the ideal": (costs["8"].wall_ms / (ideal_ms / 8), 1.08),
        "64 workers: times the ideal": (costs["64"].wall_ms / (ideal_ms / 64), 1.25),
        "processor a row, 256 workers to 8": (each["256"] / each["8"], 1.4),
        "memory, all rows to a tenth": (costs["8"].peak_mb / costs["small"].peak_mb, 1.1),
        "peak MB": (costs["8"].peak_mb, 60),
    }
    head = "| | rows | workers | wall s | x ideal | rows/s | cpu ms/row | peak MB |"
    return bounds, [head, "|---|---:|---:|---:|---:|---:|---:|---:|", *lines]


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--many", action="store_true", help="many rows alone, without the peers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--limit", action="store_true", help="the rate limit alone (140 s)")
    options = parser.parse_args()
    if options.limit:
        return limited()
    rows, many = (1_000, 100_000) if options.quick else (10_000, 1_000_000)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    bounds: dict[str, tuple[float, float]] = {}  # name -> (measured, the most it may be)
    with tempfile.TemporaryDirectory() as name, endpoint() as url:
        bench = Bench(Path(name), url)
        for part in (many_rows,) if options.many else (workers, many_rows):
            found, lines = part(bench, many if part is many_rows else rows)
            bounds |= found
            print(*lines, "", sep="\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps({name: pair[0] for name, pair in bounds.items()}))
    broken = [name for name, (value, most) in bounds.items() if value > most]
    for name, (value, most) in bounds.items():
        print(f"{'BROKEN' if name in broken else 'ok'}: {name}: {value:.2f}, at most {most:.2f}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
