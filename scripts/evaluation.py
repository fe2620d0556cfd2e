"""
What `gradient check` costs and sees, against the mock: figures for docs/performance.md.

    python scripts/evaluation.py load  [--cases 1000] [--models 3] [--jobs 32] [--delay 0.25]
    python scripts/evaluation.py coins [--rounds 1000] [--cases 50] [--seed 1] [--alpha 0.05]
                                       [--processes 2]

load   rows by models: wall time against the ideal (answers x delay / jobs), peak memory against
       that of a tenth of the rows, size of the page, and how long Chromium takes to show it
coins  a model that is right with p = 0.8 held against itself, and against one that is right 10
       points less often: how often `--baseline` calls it worse, beside what it announces
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gradient_cli.__main__ import run  # noqa: E402  # after the path
from gradient_cli.ask.invocation import Invocation  # noqa: E402
from gradient_cli.check.statistics import power  # noqa: E402
from gradient_cli.mock.script import Behaviour, Script  # noqa: E402
from gradient_cli.mock.server import MockServer  # noqa: E402
from gradient_cli.terminal.streams import Terminal  # noqa: E402

RATE, DROP = 0.8, 0.1
SUITE = """[[test]]
name = "tone"
prompt = "Is it good? {{ review }}"
equals = "{{ expected }}"
cases = "rows.csv"
"""


def lay(folder: Path, cases: int) -> None:
    """Write a suite of so many rows."""
    rows = "".join(f"r{n},review number {n},yes\n" for n in range(cases))
    (folder / "rows.csv").write_text(f"id,review,expected\n{rows}")
    (folder / "s.toml").write_text(SUITE)
    (folder / "config.toml").touch()


# Load -----------------------------------------------------------------------------------------


def served(delay: float) -> tuple["subprocess.Popen[str]", str]:
    """Start the mock in a process of its own; give it and its address."""
    command = [sys.executable, "-m", "gradient_cli", "mock", "--port", "0", "--reply", "yes"]
    said = Path("mock.log")  # A pipe that nobody reads would stop it.
    with said.open("w") as log:
        server = subprocess.Popen(
            [*command, "--delay", str(delay)],
            stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    for _ in range(100):
        time.sleep(0.1)
        if found := re.search(r"http://[\d.:]+", said.read_text()):
            return server, found[0]
    server.terminate()
    raise SystemExit("the mock did not start")


def measured(url: str, models: int, jobs: int) -> tuple[float, float, float]:
    """Run the suite; give seconds, those of a processor, and peak megabytes."""
    words = [word for n in range(models) for word in ("-m", f"model-{n}")]
    began = time.monotonic()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "gradient_cli", "check", "s.toml", "--base-url", url, "-q",
         "-j", str(jobs), "--html", "report.html", "--junit", "report.xml", "--save", "run.json",
         *words],
        {**os.environ, "GRADIENT_CONFIG": "config.toml", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"the run ended with {os.waitstatus_to_exitcode(status)}")
    cpu = usage.ru_utime + usage.ru_stime
    return time.monotonic() - began, cpu, usage.ru_maxrss / 1024


def shown(page: Path) -> float | None:
    """Give how many seconds Chromium takes to show a page, above an empty one and once warm."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return None
    empty = page.with_name("empty.html")
    empty.write_text("<!doctype html><title>nothing</title>")
    times = []
    for one in (empty, empty, page):
        began = time.monotonic()
        subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--screenshot=shot.png",
             one.resolve().as_uri()],
            cwd=page.parent, check=True, capture_output=True,
        )  # fmt: skip
        times.append(time.monotonic() - began)
    return times[2] - times[1]


def load(cases: int, models: int, jobs: int, delay: float) -> None:
    """Print the figures of a large run."""
    ideal = cases * models * delay / jobs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        server, url = served(delay)
        try:
            lay(folder, cases // 10)
            _, _, small = measured(url, models, jobs)
            lay(folder, cases)
            wall, cpu, peak = measured(url, models, jobs)
        finally:
            server.terminate()
            server.wait()
        page = folder / "report.html"
        took = shown(page)
        size = page.stat().st_size / 1e6
        print(f"{cases} cases x {models} models, -j {jobs}, {delay} s each")
        print(f"wall    {wall:.1f} s, {wall / ideal:.2f} x the ideal of {ideal:.1f} s")
        print(f"CPU     {cpu:.1f} s")
        print(f"memory  {peak:.0f} MB at the most; {small:.0f} MB for a tenth of the cases")
        print(f"page    {size:.1f} MB" + (f", Chromium {took:.2f} s" if took else ""))
        os.chdir(ROOT)


# Coins ----------------------------------------------------------------------------------------


def answers(generator: random.Random, rounds: int, cases: int) -> list[Behaviour]:
    """Give what the model says in every round: once for the baseline, as good, and worse."""
    texts = [Behaviour(text="yes"), Behaviour(text="no")]
    return [
        texts[generator.random() >= rate]
        for _ in range(rounds)
        for rate in (RATE, RATE, RATE - DROP)
        for _ in range(cases)
    ]


def coins(
    rounds: int, cases: int, seed: int, alpha: float, processes: int = 1
) -> tuple[float, float, float]:
    """Give how often the same was called worse, how often the worse was, and what is announced."""
    shares = [len(range(n, rounds, processes)) for n in range(processes)]
    draws = [(share, cases, f"{seed}.{n}", alpha) for n, share in enumerate(shares)]
    if processes == 1:
        counts = [tossed(*draws[0])]
    else:
        with ProcessPoolExecutor(processes) as pool:
            counts = list(pool.map(tossed, *zip(*draws, strict=True)))
    alarms, found = (sum(column) for column in zip(*counts, strict=True))
    return alarms / rounds, found / rounds, power(cases, RATE, DROP, alpha)


def tossed(rounds: int, cases: int, seed: str, alpha: float) -> tuple[int, int]:
    """Play rounds; give how often the same was called worse, and how often the worse was."""
    told = tuple(answers(random.Random(seed), rounds, cases))
    script = Script(behaviours=told)
    alarms, found = 0, 0
    with tempfile.TemporaryDirectory() as name, MockServer(script, keep=0) as server:
        folder = Path(name)
        lay(folder, cases)
        os.chdir(folder)
        words = ["check", "s.toml", "--base-url", server.url, "-q", "-j", "1", "--json"]
        against = ["--baseline", "run.json", "--alpha", str(alpha)]
        for _ in range(rounds):
            _checked(folder, [*words, "--save", "run.json"])
            alarms += _checked(folder, [*words, *against])
            found += _checked(folder, [*words, *against])
        os.chdir(ROOT)
    return alarms, found


def _checked(folder: Path, argv: list[str]) -> bool:
    """Run in this process; tell whether the run was called worse."""
    terminal = Terminal.recording()
    status = run(argv, Invocation(terminal, {"GRADIENT_CONFIG": str(folder / "config.toml")}))
    baseline = json.loads(terminal.stdout_text)["baseline"]
    is_worse = bool(baseline and baseline["counts"]["worse"])
    if baseline and is_worse != (status == 1):
        raise SystemExit(f"status {status} for {baseline}")
    return is_worse


def main() -> None:
    """Read the command line and print figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", choices=("load", "coins"))
    parser.add_argument("--cases", type=int)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=32)
    parser.add_argument("--delay", type=float, default=0.25)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alpha", type=float, default=0.05)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if given.what == "load":
        load(given.cases or 1000, given.models, given.jobs, given.delay)
        return
    cases = given.cases or 50
    drawn = (given.rounds, cases, given.seed, given.alpha)
    alarms, found, announced = coins(*drawn, processes=given.processes)
    print(f"{given.rounds} rounds of {cases} cases, seed {given.seed}, alpha {given.alpha}")
    print(f"the same called worse     {alarms:.1%}")
    print(f"10 points less, found     {found:.1%}, announced {announced:.1%}")


if __name__ == "__main__":
    main()
