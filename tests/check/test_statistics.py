"""Exact tests against published values, and what they promise to see against simulated runs."""

import math
import random
from itertools import pairwise

import pytest

from gradient_cli.check.statistics import (
    _chance_of,
    _likely,
    _needed,
    at_least,
    exactly,
    fisher,
    least_drop,
    least_drop_of_repeats,
    mcnemar,
    power,
    power_of_repeats,
)


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


@pytest.mark.real
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


@pytest.mark.real
def test_many_repeats_are_reckoned_with_logarithms_and_no_less_right():
    """150 against 150 are beyond the whole numbers, 100 against 100 are not."""
    assert power_of_repeats(100, 100, 0.8, 0.17, 0.05) == pytest.approx(0.8, abs=0.05)
    assert least_drop_of_repeats(150, 150, 0.8, 0.05) < least_drop_of_repeats(100, 100, 0.8, 0.05)


def test_repeats_that_are_too_few_have_no_least_drop():
    assert least_drop_of_repeats(2, 2, 1.0, 0.05) is None
    assert least_drop_of_repeats(1, 1, 1.0, 0.05) is None


@pytest.mark.parametrize(
    ("hits", "count", "chance", "just", "or_more"),
    [
        (8, 10, 0.5, 0.0439, 0.0547), (3, 10, 0.3, 0.2668, 0.6172), (5, 5, 0.9, 0.5905, 0.5905),
        (0, 20, 0.05, 0.3585, 1.0), (2, 20, 0.05, 0.1887, 0.2642), (15, 20, 0.7, 0.1789, 0.4164),
    ],
)  # fmt: skip
def test_the_terms_are_those_of_the_binomial_tables(hits, count, chance, just, or_more):
    """To the four places that they have."""
    assert exactly(hits, count, chance) == pytest.approx(just, abs=5e-5)
    assert at_least(hits, count, chance) == pytest.approx(or_more, abs=5e-5)


def test_what_is_certain_is_certain():
    """A rate of nothing and one of all have no spread."""
    assert [exactly(hits, 3, 0.0) for hits in range(4)] == [1, 0, 0, 0]
    assert [exactly(hits, 3, 1.0) for hits in range(4)] == [0, 0, 0, 1]
    assert (at_least(0, 3, 0.5), at_least(-1, 3, 0.5), at_least(4, 3, 0.5)) == (1, 1, 0)
    assert (at_least(1, 3, 0.0), at_least(3, 3, 1.0)) == (0, 1)


SIGN_TEST = {
    4: None, 5: 5, 6: 6, 7: 7, 8: 7, 9: 8, 10: 9, 11: 9, 12: 10, 15: 12, 20: 15, 25: 18, 30: 20,
}  # fmt: skip
"""Changed cases -> how many must have fallen, one-sided at 5 %, as the tables of the sign test."""


@pytest.mark.parametrize(("changed", "needed"), SIGN_TEST.items())
def test_so_many_must_fall_for_an_alarm_as_the_tables_say(changed, needed):
    assert _needed(changed, 0.05) == needed
    if needed:
        assert mcnemar(needed, changed - needed) <= 0.05 < mcnemar(needed - 1, changed - needed + 1)


def test_a_tail_beyond_the_whole_numbers_is_the_same():
    """By logarithms, up to the last term, and down to where nothing can be missing."""
    for then, now in (((140, 150), (120, 150)), ((90, 150), (60, 150)), ((5, 150), (0, 150))):
        assert _chance_of(*then, *now) == pytest.approx(fisher(*then, *now), rel=1e-9)
    assert _chance_of(150, 150, 100, 100) == pytest.approx(1)
    assert _chance_of(150, 150, 90, 100) == pytest.approx(fisher(150, 150, 90, 100), rel=1e-9)


@pytest.mark.parametrize(
    ("cases", "rate", "drop", "seen"),
    [(100, 0.0, 0.5, 0), (100, 1.0, 0.0, 0), (4, 0.8, 0.8, 0), (5, 1.0, 1.0, 1), (5, 1.0, 2.0, 1)],
)
def test_what_cannot_be_seen_has_no_power_and_what_must_be_has_all(cases, rate, drop, seen):
    """A drop is no larger than the rate; four cases are too few whatever becomes of them."""
    assert power(cases, rate, drop, 0.05) == pytest.approx(seen)


def test_the_power_is_the_sum_over_all_that_may_change():
    """By the terms themselves, without leaving any out."""
    rate, drop, cases = 0.7, 0.3, 12
    fell, rose = rate * (1 - rate + drop), (1 - rate) * (rate - drop)
    expected = sum(
        math.comb(cases, worse) * math.comb(cases - worse, better)
        * fell**worse * rose**better * (1 - fell - rose) ** (cases - worse - better)
        for worse in range(cases + 1)
        for better in range(cases + 1 - worse)
        if mcnemar(worse, better) <= 0.05
    )  # fmt: skip

    assert power(cases, rate, drop, 0.05) == pytest.approx(expected)


def test_counts_that_are_left_out_have_no_weight():
    """Seven standard deviations away."""
    kept = _likely(10_000, 0.3)

    assert math.fsum(exactly(k, 10_000, 0.3) for k in kept) == pytest.approx(1, abs=1e-10)
    assert len(kept) < 700
    assert (_likely(5, 0.5), _likely(5, 0.0), _likely(5, 1.0)) == (
        range(6), range(2), range(4, 6),
    )  # fmt: skip
