"""
Whether a run got worse, or the coin fell badly: exact tests, and what they could have seen.

    mcnemar     the same cases, asked once in each run: only cases that changed tell anything
    fisher      one test, asked several times in each run
    power       how often a drop of a size would be noticed; least_drop turns it around
                (power_of_repeats, least_drop_of_repeats: by fisher)

All are one-sided: a rise is no alarm. Pure, and exact but for rounding: sums of binomial terms.
Sources: Q. McNemar, Psychometrika 12 (1947); R. A. Fisher, Statistical Methods for Research
Workers (1934), 21.02.
"""

import math
from collections.abc import Callable
from functools import cache

USUAL_POWER = 0.8
"""The share of real drops that a comparison should notice, by convention."""
MOST_EXACT = 200
"""Attempts of both runs together up to which a forecast is made of whole numbers."""
WIDTH = 7.0
"""Standard deviations of a binomial count that are added up; beyond, less than 1e-11 is left."""


def mcnemar(worse: int, better: int) -> float:
    """
    Give the chance of at least so many cases that fell among those that changed.

    `worse` passed before and fail now, `better` the other way. 1 where nothing changed.
    """
    return at_least(worse, worse + better, 0.5)


def fisher(passed_before: int, asked_before: int, passed_now: int, asked_now: int) -> float:
    """Give the chance of so few passes now, or fewer, if both runs had one rate."""
    passed, asked = passed_before + passed_now, asked_before + asked_now
    least = max(0, passed - asked_before)
    ways = sum(
        math.comb(asked_now, now) * math.comb(asked_before, passed - now)
        for now in range(least, passed_now + 1)
    )
    # Whole numbers divided: their quotient is right where they are far too large for a float.
    return ways / math.comb(asked, passed)


def power(cases: int, rate: float, drop: float, alpha: float) -> float:
    """
    Give how often `mcnemar` would call a drop a regression, 0 to 1.

    `rate` is the share of cases that passed before, `drop` how much less pass now; each case
    is taken to fall as it likes in both runs, which is the hardest that it can be.
    """
    drop = min(drop, rate)
    fell, rose = rate * (1 - rate + drop), (1 - rate) * (rate - drop)
    changed = fell + rose
    if not changed:
        return 0.0
    share = fell / changed
    total = 0.0
    for count in _likely(cases, changed):
        needed = _needed(count, alpha)
        if needed is not None:
            total += exactly(count, cases, changed) * at_least(needed, count, share)
    return min(total, 1.0)


def least_drop(cases: int, rate: float, alpha: float, wanted: float = USUAL_POWER) -> float | None:
    """
    Give the smallest drop that would be noticed with the wanted power, in whole points.

    None where not even the largest would be: there are too few cases to tell.
    """
    return _least(rate, wanted, lambda drop: power(cases, rate, drop, alpha))


def power_of_repeats(before: int, now: int, rate: float, drop: float, alpha: float) -> float:
    """Give how often `fisher` would call a drop a regression, for so many repeats in each run."""
    drop = min(drop, rate)
    alarms = _alarms(before, now, alpha)
    total = 0.0
    for passed in _likely(before, rate):
        least = now - alarms[passed]  # failures that are needed
        if alarms[passed] >= 0:
            total += exactly(passed, before, rate) * at_least(least, now, 1 - rate + drop)
    return min(total, 1.0)


def least_drop_of_repeats(
    before: int, now: int, rate: float, alpha: float, wanted: float = USUAL_POWER
) -> float | None:
    """Give the smallest drop, as `least_drop`, for a test that was asked so often in each run."""
    return _least(rate, wanted, lambda drop: power_of_repeats(before, now, rate, drop, alpha))


def _least(rate: float, wanted: float, noticed: Callable[[float], float]) -> float | None:
    """Search the whole points up to the rate for the first drop that is noticed often enough."""
    most = math.floor(rate * 100 + 1e-9)
    low, high = 1, most
    if most < 1 or noticed(most / 100) < wanted:
        return None
    while low < high:
        middle = (low + high) // 2
        if noticed(middle / 100) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low / 100


@cache
def _alarms(before: int, now: int, alpha: float) -> tuple[int, ...]:
    """Give, for each count of passes before, the most passes now that are an alarm; -1: none."""
    found, most = [], -1
    for passed in range(before + 1):
        # More passes before make no count now less alarming.
        while most < now and _chance_of(passed, before, most + 1, now) <= alpha:
            most += 1
        found.append(most)
    return tuple(found)


def _chance_of(passed_before: int, asked_before: int, passed_now: int, asked_now: int) -> float:
    """Give `fisher`; for many attempts by logarithms, which is as good for a forecast."""
    if asked_before + asked_now <= MOST_EXACT:
        return fisher(passed_before, asked_before, passed_now, asked_now)
    passed, asked = passed_before + passed_now, asked_before + asked_now
    all_ways = _ways(asked, passed)
    total = 0.0
    for now in range(passed_now, max(0, passed - asked_before) - 1, -1):
        term = math.exp(_ways(asked_now, now) + _ways(asked_before, passed - now) - all_ways)
        total += term
        if term < total * 1e-15:
            break
    return total


def _ways(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


@cache
def _needed(changed: int, alpha: float) -> int | None:
    """Give how many of the changed cases must have fallen for an alarm; None: all are too few."""
    tail, needed = 0.0, None
    for fell in range(changed, changed // 2 - 1, -1):
        tail += exactly(fell, changed, 0.5)
        if tail > alpha:
            break
        needed = fell
    return needed


def _likely(count: int, chance: float) -> range:
    spread = WIDTH * math.sqrt(count * chance * (1 - chance)) + 1
    middle = count * chance
    return range(max(0, math.floor(middle - spread)), min(count, math.ceil(middle + spread)) + 1)


def at_least(least: int, count: int, chance: float) -> float:
    """Give the chance of `least` or more of `count`."""
    if least <= 0:
        return 1.0
    return min(1.0, math.fsum(exactly(k, count, chance) for k in range(least, count + 1)))


def exactly(hits: int, count: int, chance: float) -> float:
    """Give the binomial chance of just so many."""
    if chance in {0.0, 1.0}:
        return float(hits == count * int(chance))
    return math.exp(
        math.lgamma(count + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(count - hits + 1)
        + hits * math.log(chance)
        + (count - hits) * math.log1p(-chance)
    )
