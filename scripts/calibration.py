"""
Whether calibrations can be believed: a model whose probabilities are known, many times over.

    python scripts/calibration.py --seed 1 --runs 200

Three models: one that is right as often as it says, one that says too much, one that says too
little. Of each run: is the expected calibration error within what chance makes, is the lean
seen, and does the precision at the recommended threshold hold on fresh rows?
"""

import argparse
import random
import sys
from collections.abc import Callable

from gradient_cli.check.calibration import OVER, UNDER, Sample, calibrated, recommend
from gradient_cli.values import record

Truth = Callable[[float], float]
"""From what is said to how often it is right."""

MODELS: dict[str, Truth] = {
    "calibrated": lambda said: said,
    OVER: lambda said: 0.5 + 0.7 * (said - 0.5),
    UNDER: lambda said: min(1.0, 0.5 + 1.3 * (said - 0.5)),
}
FRESH = 20_000
"""Rows on which a recommendation is held against what it promised."""


@record(kw_only=True)
class Figures:
    """What came of many runs with one model."""

    runs: int
    within_chance: int
    """Runs whose calibration error chance could have made."""
    leans: dict[str | None, int]
    recommended: int
    held: int
    """Recommendations whose precision held on fresh rows."""
    few: int
    """Runs of which it was said that there are too few rows."""


def draw(source: random.Random, rows: int, truth: Truth) -> list[Sample]:
    """Give decisions of yes or no, most of them quite sure, as of real models."""
    found = []
    for _ in range(rows):
        said = 1 - 0.5 * source.random() ** 2
        found.append(Sample(said, source.random() < truth(said)))
    return found


def simulate(
    seed: int, runs: int, rows: int, wish: float, truth: Truth, fresh: int = FRESH
) -> Figures:
    """Calibrate a model so often, and try each recommendation on fresh rows."""
    source = random.Random(seed)
    within = recommended = held = few = 0
    leans: dict[str | None, int] = {}
    for _ in range(runs):
        samples = draw(source, rows, truth)
        found = calibrated(samples)
        assert found
        within += found.ece <= found.by_chance
        leans[found.lean] = leans.get(found.lean, 0) + 1
        advice = recommend(samples, rows, wish)
        few += not advice.has_enough
        if advice.sure is not None:
            recommended += 1
            held += _precision(draw(source, fresh, truth), advice.sure) >= wish
    return Figures(
        runs=runs, within_chance=within, leans=leans, recommended=recommended, held=held, few=few
    )


def _precision(samples: list[Sample], sure: float) -> float:
    kept = [sample.is_right for sample in samples if sample.probability >= sure]
    return sum(kept) / len(kept)


def main() -> int:
    """Print the figures of each model; 1 where a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--precision", type=float, default=0.9)
    given = parser.parse_args()
    is_right = True
    for name, truth in MODELS.items():
        found = simulate(given.seed, given.runs, given.rows, given.precision, truth)
        print(f"{name}: {found}")
        is_right &= found.held >= 0.95 * found.recommended
        if name == "calibrated":
            is_right &= found.within_chance >= 0.9 * found.runs
        else:
            is_right &= found.leans.get(name, 0) >= 0.95 * found.runs
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
