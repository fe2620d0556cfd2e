"""
Play random histories of ITEMS and OUT, and look for what was lost, mixed or paid for twice.

    .venv/bin/python scripts/histories.py [--seeds 1000] [--first 0]

Rows are inserted, removed, swapped, edited, renamed and doubled, prompts changed and changed
back; runs fail, stop, are killed between two calls of the system, and come in shards.
Prints the seed and the story of the first history that goes wrong; status 1 then.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.batch.histories import History


def main() -> int:
    """Play them all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=1000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    options = parser.parse_args()
    begun, asked = time.perf_counter(), 0
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as name:
            history = History(seed, Path(name))
            try:
                history.play()
            except AssertionError as error:
                print(f"seed {seed}: {error}")
                return 1
            asked += history.asked
    print(
        f"{options.seeds:,} histories, {asked:,} answers, {time.perf_counter() - begun:.0f} s: "
        "nothing lost, nothing mixed, nothing paid for twice"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
