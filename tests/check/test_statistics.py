"""Exact tests against published values, and what they promise to see against simulated runs."""

import math
import random
from itertools import pairwise

import pytest

from gradient_cli.check.statistics import (
    fisher,
    least_drop,
    least_drop_of_repeats,
    mcnemar,
    power,
    power_of_repeats,
)

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("worse", "better", "chance"),
    [(0, 0, 1), (1, 0, 0.5), (5, 0, 1 / 32), (4, 1, 6 / 32), (10, 2, 79 / 4096), (0, 5, 1)],
)
def test_mcnemar_is_the_binomial_tail(worse, better, chance):
    """One-sided: only what fell is held against the run."""
    assert mcnemar(worse, better) == pytest.approx(chance)


@pytest.mark.parametrize(
    ("before", "now", "chance"),
    [
        ((4, 4), (0, 4), 1 / 70),  # Fisher's tea, all right
        ((3, 4), (1, 4), 17 / 70),  # and one cup wrong
        ((8, 10), (2, 10), 0.011507),
        ((3, 3), (3, 3), 1),
        ((0, 5), (0, 5), 1),
    ],
)
def test_fisher_gives_the_published_values(before, now, chance):
    """The lady tasting tea, and a table of ten against ten."""
    assert fisher(*before, *now) == pytest.approx(chance, abs=1e-6)


@pytest.mark.real
def test_thousands_of_asks_are_no_trouble():
    """Whole numbers as long as they need to be."""
    assert 0 < fisher(9_000, 10_000, 8_900, 10_000) < 0.02
    assert 0 < mcnemar(600, 500) < 0.01


@pytest.mark.sampled
@pytest.mark.parametrize(("cases", "drop"), [(40, 0.1), (100, 0.1), (200, 0.1), (60, 0.25)])
def test_a_drop_is_found_as_often_as_announced(cases, drop):
    """Within three points, over two thousand pairs of runs."""
    chance = random.Random(f"{cases} {drop}")
    found = alarms = 0
    for _ in range(2_000):
        before = [chance.random() < 0.8 for _ in range(cases)]
        same = [chance.random() < 0.8 for _ in range(cases)]
        less = [chance.random() < 0.8 - drop for _ in range(cases)]
        found += mcnemar(*changes(before, less)) <= 0.05
        alarms += mcnemar(*changes(before, same)) <= 0.05

    assert found / 2_000 == pytest.approx(power(cases, 0.8, drop, 0.05), abs=0.03)
    assert alarms / 2_000 <= 0.05


def changes(before, now):
    """Give (worse, better)."""
    pairs = list(zip(before, now, strict=True))
    return pairs.count((True, False)), pairs.count((False, True))


def test_more_cases_see_smaller_drops():
    """And too few see none, which is said and not rounded up."""
    seen = [least_drop(cases, 0.8, 0.05) for cases in (40, 100, 400)]

    assert all(larger > smaller for larger, smaller in pairwise(seen))
    assert least_drop(4, 1.0, 0.05) is None
    assert least_drop(100, 0.0, 0.05) is None


def test_the_least_drop_is_the_least():
    """A point less would not be noticed often enough."""
    drop = least_drop(200, 0.8, 0.05)

    assert power(200, 0.8, drop, 0.05) >= 0.8 > power(200, 0.8, drop - 0.01, 0.05)


def binomial(hits: int, count: int, chance: float) -> float:
    return math.comb(count, hits) * chance**hits * (1 - chance) ** (count - hits)


@pytest.mark.parametrize(("before", "now"), [(3, 3), (5, 8), (12, 4)])
@pytest.mark.parametrize(("rate", "drop"), [(1.0, 0.5), (0.8, 0.4), (0.6, 0.0)])
def test_the_power_of_repeats_is_the_sum_over_all_tables(before, now, rate, drop):
    expected = sum(
        binomial(then, before, rate) * binomial(after, now, rate - drop)
        for then in range(before + 1)
        for after in range(now + 1)
        if fisher(then, before, after, now) <= 0.05
    )

    assert power_of_repeats(before, now, rate, drop, 0.05) == pytest.approx(expected)


def test_many_repeats_are_reckoned_with_logarithms_and_no_less_right():
    """150 against 150 are beyond the whole numbers, 100 against 100 are not."""
    assert power_of_repeats(100, 100, 0.8, 0.17, 0.05) == pytest.approx(0.8, abs=0.05)
    assert least_drop_of_repeats(150, 150, 0.8, 0.05) < least_drop_of_repeats(100, 100, 0.8, 0.05)


def test_repeats_that_are_too_few_have_no_least_drop():
    assert least_drop_of_repeats(2, 2, 1.0, 0.05) is None
    assert least_drop_of_repeats(1, 1, 1.0, 0.05) is None
