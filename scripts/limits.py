"""
Let 1 to 64 runs share an account's limit, in simulated time, and see what is refused.

    .venv/bin/python scripts/limits.py [--seeds 3] [--per-minute 60,600,6000] [--runs 1,8,32,64]

Limits of requests and of tokens, that fill evenly or at each minute's turn, with headers that
are honest, absent or lie. A line each: the time in terms of the ideal, what part was refused,
rows that failed, and the first run's end beside the last's. Status 1 if a bound is broken:
no row fails; with honest headers and an even limit at most 8 % is refused and the time at most
1.25 of the ideal: that of runs which have each its equal share, and rows that are whole. Where
headers are absent or lie, refusals alone teach, and it takes up to three times as long.
"""

import argparse
import sys
from itertools import product
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.transport.account import TELLS, Account, Bucket, Service

LATENCY_S, WORKERS = 0.3, 8
MINUTES = 2.5
"""What all rows together take, the first minute's worth at once included."""
LEAST_ROWS = 2
"""Of each run."""


def play(
    runs: int, per_minute: int, kind: str, tells: str, seed: int, *, told: bool = True
) -> tuple[float, ...]:
    """Give times the ideal, the part refused, rows failed, first end by last end."""
    is_window = kind == "window"
    bucket = Bucket(per_minute, per_minute, is_window=is_window)
    tokens = Bucket(500 * per_minute, 500 * per_minute)
    service = (
        Service(None, tokens, tells=tells) if kind == "tokens" else Service(bucket, tells=tells)
    )
    account, random = Account(service, seed), Random(seed)
    rows = max(int(MINUTES * per_minute), LEAST_ROWS * runs)
    for number in range(runs):
        account.start(
            len(range(number, rows, runs)), at=2 * random.random(), told=runs if told else 1
        )
    account.play()
    ideal_s = 60 * ((rows - 1) // per_minute) if is_window else (rows / per_minute - 1) * 60
    # Of 64 runs each may send one a minute: whoever has three rows has two minutes to wait.
    share = per_minute / runs
    if not is_window:
        ideal_s = max(ideal_s, (-(-rows // runs) - share) * 60 / share)
    ideal_s = max(ideal_s, rows * LATENCY_S / (runs * WORKERS))
    ends = [run.ended_at for run in account.runs]
    refused = service.refused / (service.refused + service.answered)
    return (
        max(ends) / ideal_s,
        refused,
        sum(run.failed for run in account.runs),
        min(ends) / max(ends),
    )


def main() -> int:
    """Play them all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--per-minute", default="60,600,6000", metavar="N,…")
    parser.add_argument("--runs", default="1,4,8,32,64", metavar="N,…")
    parser.add_argument("--kinds", default="requests,tokens,window", metavar="KIND,…")
    parser.add_argument("--tells", default=",".join(TELLS), metavar="TELLS,…")
    parser.add_argument("--untold", action="store_true", help="no run knows that there are others")
    options = parser.parse_args()
    numbers = [[int(n) for n in text.split(",")] for text in (options.per_minute, options.runs)]
    broken = 0
    print(f"{'kind':9}{'headers':12}{'a minute':>9}{'runs':>5}{'x ideal':>9}{'refused':>9}"
          f"{'failed':>7}{'first end':>10}")  # fmt: skip
    for kind, tells, per_minute, runs in product(
        options.kinds.split(","), options.tells.split(","), *numbers
    ):
        played = [
            play(runs, per_minute, kind, tells, seed, told=not options.untold)
            for seed in range(options.seeds)
        ]
        longest, refused, failed = (max(figures) for figures in list(zip(*played, strict=True))[:3])
        is_fair = failed == 0 and (
            tells != "honest" or kind == "window" or (longest <= 1.25 and refused <= 0.08)
        )
        broken += not is_fair
        first_end, verdict = min(figures[3] for figures in played), "" if is_fair else "  BROKEN"
        print(
            f"{kind:9}{tells:12}{per_minute:9}{runs:5}{longest:9.2f}{refused:9.1%}{failed:7}"
            f"{first_end:10.2f}{verdict}",
            flush=True,
        )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
