"""A digest of many counts: a few megabytes, exact where it can be, near where not."""

import random
import sys

import pytest

from gradient_cli.batch.digest import EXACT_BITS, Spread


def spread_of(counts: list[int]) -> dict[str, int | None]:
    spread = Spread()
    for count in counts:
        spread.add(count)
    return spread.quantiles()


def truth(counts: list[int]) -> dict[str, int]:
    ordered = sorted(counts)
    found = {f"p{n}": ordered[int(n / 100 * len(ordered))] for n in (50, 90, 99)}
    return {**found, "max": ordered[-1]}


@pytest.mark.parametrize("many", [1, 2, 3, 10, 99, 100, 1000])
def test_small_counts_are_exact(many):
    """What is below 4,096 is what it is."""
    chance = random.Random(many)
    counts = [chance.randrange(1 << EXACT_BITS) for _ in range(many)]

    assert spread_of(counts) == truth(counts)


def test_large_counts_are_near():
    """At most 1 part in 2,048 too small; the largest is exact."""
    chance = random.Random(5)
    counts = [int(10 ** (chance.random() * 12)) for _ in range(3000)]
    found, true = spread_of(counts), truth(counts)

    assert found["max"] == true["max"]
    for name in ("p50", "p90", "p99"):
        assert true[name] * (1 - 1 / 2048) <= found[name] <= true[name]


def test_nothing_has_no_spread():
    """None, not 0: nobody measured a thing."""
    assert set(spread_of([]).values()) == {None}
    assert not Spread()


@pytest.mark.real
def test_memory_does_not_grow_with_the_counts():
    """A million times more answers within the same range are the same steps."""
    spread = Spread()
    for count in range(0, 200_000, 7):
        spread.add(count)
    before = sys.getsizeof(spread._steps)
    for count in range(200_000):
        spread.add(count)

    assert len(spread._steps) < 20_000
    assert sys.getsizeof(spread._steps) <= 2 * before
    assert spread.sum == sum(range(0, 200_000, 7)) + sum(range(200_000))
