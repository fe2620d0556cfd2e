"""A bucket of a minute's requests: it empties at once and fills evenly."""

from gradient_cli.mock.limit import Limit


class Clock:
    """Seconds, as the test wants them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_bucket_fills_evenly():
    """120 a minute are two a second, after a first rush of 120."""
    clock = Clock()
    limit = Limit(120, clock, clock)

    rush = [limit.take()[0] for _ in range(121)]
    clock.now += 1
    later = [limit.take()[0] for _ in range(3)]

    assert rush == [True] * 120 + [False]
    assert later == [True, True, False]


def test_the_headers_tell_the_state():
    """How many are left; when the next is there, in whole seconds since the epoch."""
    clock = Clock()
    limit = Limit(2, clock, clock)

    states = [limit.take()[1] for _ in range(3)]

    assert [s["x-ratelimit-remaining-requests"] for s in states] == ["1", "0", "0"]
    assert [s["x-ratelimit-reset-requests"] for s in states] == ["0", "1030", "1030"]
    assert {s["x-ratelimit-limit-requests"] for s in states} == {"2"}


def test_no_limit_says_nothing():
    """No headers, never used up."""
    limit = Limit(None)

    assert [limit.take() for _ in range(1000)] == [(True, {})] * 1000
