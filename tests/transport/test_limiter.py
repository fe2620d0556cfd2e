"""Settling at a limit instead of running into it, alone and beside other runs."""

from random import Random

import pytest

from gradient_cli.errors import RateLimited
from gradient_cli.transport.limiter import FIRST_AT_ONCE, PATIENCE_S, Limiter, Turn, Waiting
from gradient_cli.transport.retry import LONGEST_WAIT_S
from tests.transport.account import TELLS, Account, Bucket, NotYet, Service, not_yet


def test_nobody_sends_while_the_service_says_no():
    """A 429 for one worker holds back all of them."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    turn = limiter.enter(lambda s: None)

    turn.observe(429, {"retry-after": "3"})

    assert limiter.wait_s() == pytest.approx(3)


def test_a_quota_is_not_waited_for():
    """Hours are reported, to whoever would ask next as well."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    turn = limiter.enter(pytest.fail)

    turn.observe(429, {"retry-after": "99999"})

    with pytest.raises(RateLimited, match="asks to wait 28 h"):
        limiter.enter(pytest.fail)
    now = 99_999.0
    limiter.enter(pytest.fail)


@pytest.mark.parametrize("remaining", ["0", "-100000"])
def test_what_we_reckon_is_not_believed_for_long(remaining):
    """A service that says a limit of next to nothing is asked again after two minutes."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    turn = limiter.enter(pytest.fail)
    limit = {"x-ratelimit-limit-requests": "0.001", "x-ratelimit-remaining-requests": remaining}
    turn.observe(200, limit)

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    limiter.enter(sleep)

    assert now == pytest.approx(LONGEST_WAIT_S)


def test_a_wait_is_told_once_for_all_workers():
    """And not at all if nobody would notice it."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)

    assert [limiter.is_news(seconds) for seconds in (1.0, 30.0, 30.0, 40.0)] == [
        False, True, False, False,
    ]  # fmt: skip
    now = 31.0
    assert limiter.is_news(5.0)


def test_the_first_requests_are_few():
    """Until a reply has come, nobody knows the limit."""
    limiter = Limiter(clock=lambda: 0.0)
    for _ in range(FIRST_AT_ONCE):
        turn = limiter.enter(pytest.fail)

    with pytest.raises(NotYet):
        limiter.enter(not_yet)
    turn.observe(200, {})
    limiter.enter(pytest.fail)


def test_tokens_a_minute_are_counted_by_what_a_request_costs():
    """The average answer decides how many fit."""
    limiter = Limiter(clock=lambda: 0.0)
    turn = limiter.enter(pytest.fail)
    limiter.spent(600)

    turn.observe(
        200,
        {
            "x-ratelimit-limit-tokens-per-minute": "6000",
            "x-ratelimit-remaining-tokens-per-minute": "300",
        },
    )

    assert limiter.wait_s() == pytest.approx(3, rel=0.01)


# Alone


@pytest.mark.sampled
@pytest.mark.parametrize("burst", [10, 120])
@pytest.mark.parametrize("workers", [8, 64])
def test_a_long_run_settles_at_the_limit(burst, workers):
    """120 a minute and no Retry-After: within 1.1 of the ideal time, 2 % refused at most."""
    account = Account(Service(Bucket(120, burst)), seed=1, latency_s=0.5)
    account.start(400, workers)

    account.play()

    assert account.now <= 1.1 * (400 - burst) / 2
    assert account.service.refused <= 0.02 * 400


def test_a_run_alone_is_refused_nothing():
    """As fast as the service says, and never faster."""
    account = Account(Service(Bucket(120, 120)), seed=2)
    account.start(400)

    account.play()

    assert account.service.refused == 0


def test_nobody_waits_where_there_is_no_limit():
    """No header and no refusal: a request is sent as soon as a worker is free."""
    limiter = Limiter(clock=lambda: 0.0, runs=8)
    limiter.enter(pytest.fail).observe(200, {})

    for _ in range(500):
        limiter.enter(pytest.fail)


# Beside others


def ends(account: Account) -> list[tuple[int, int]]:
    return [(run.done, run.failed) for run in account.runs]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("runs", "per_minute", "is_told"),
    [(1, 600, True), (4, 60, True), (8, 600, True), (8, 600, False), (32, 600, True),
     (64, 1200, True)],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["requests", "tokens"])
def test_runs_share_a_limit_without_talking_to_each_other(runs, per_minute, is_told, kind):
    """Each row is answered, in 1.25 of the ideal time, and 8 % is refused at most."""
    bucket = Bucket(per_minute, per_minute)
    tokens = Bucket(500 * per_minute, 500 * per_minute)
    service = Service(bucket) if kind == "requests" else Service(None, tokens)
    account = Account(service, seed=3)
    for number in range(runs):
        # A second apart, like processes that a machine starts.
        account.start(2 * per_minute // runs, at=number / runs, told=runs if is_told else 1)

    account.play()

    rows = 2 * per_minute // runs
    assert ends(account) == [(rows, 0)] * runs
    assert account.now <= 1.25 * 60 * (rows * runs - per_minute) / per_minute
    assert service.refused <= 0.08 * (service.refused + service.answered)


@pytest.mark.sampled
@pytest.mark.parametrize("tells", TELLS)
@pytest.mark.parametrize("is_window", [False, True])
def test_no_row_fails_whatever_headers_say(tells, is_window):
    """Absent, too much, too little, of something else: slower perhaps, but all is answered."""
    service = Service(Bucket(120, 120, is_window=is_window), tells=tells)
    account = Account(service, seed=4)
    for number in range(8):
        account.start(30, at=number / 8)

    account.play()

    assert ends(account) == [(30, 0)] * 8
    assert service.refused <= 0.4 * (service.refused + service.answered)


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["requests", "tokens"])
@pytest.mark.parametrize(("runs", "rows_each"), [(32, 5), (64, 3), (48, 6), (64, 7)])
def test_runs_with_a_request_a_minute_each(runs, rows_each, kind):
    """
    A limit of 60 for up to 64: about as quick as an equal share for each would let them be.

    Whoever is refused once comes back within its minute, and a few rows have few minutes.
    """
    bucket, tokens = Bucket(60, 60), Bucket(30_000, 30_000)
    service = Service(bucket) if kind == "requests" else Service(None, tokens)
    account = Account(service, seed=7)
    for number in range(runs):
        account.start(rows_each, at=2 * number / runs, told=runs)

    account.play()

    assert ends(account) == [(rows_each, 0)] * runs
    assert account.now <= (1.25 if rows_each > 5 else 1.35) * (rows_each - 60 / runs) * runs
    most = 0.08 if rows_each > 5 else 0.1
    assert service.refused <= most * (service.refused + service.answered)


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["requests", "tokens"])
@pytest.mark.parametrize("tells", [tells for tells in TELLS if tells != "honest"])
def test_no_row_of_a_very_small_share_fails_whatever_headers_say(tells, kind):
    """Nothing but refusals teaches 64 runs their request a minute: slow, and each has its turn."""
    bucket, tokens = Bucket(60, 60), Bucket(30_000, 30_000)
    service = Service(None, tokens, tells=tells)
    service = service if kind == "tokens" else Service(bucket, tells=tells)
    account = Account(service, seed=8)
    for number in range(64):
        account.start(3, at=number / 32, told=64)

    account.play()

    assert ends(account) == [(3, 0)] * 64
    assert account.now <= 4 * (3 - 60 / 64) * 64


def test_a_share_below_nothing_is_no_share():
    """What remains may be said to be less than nothing: asked again after two minutes at most."""
    now = 0.0
    limiter = Limiter(clock=lambda: now, runs=8)
    said = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "-100000"}
    for _ in range(3):
        turn = limiter.attempt(waiting := Waiting())
        while not isinstance(turn, Turn):
            now += turn
            turn = limiter.attempt(waiting)
        turn.observe(200, said)

    assert now <= 2 * LONGEST_WAIT_S + 0.01


@pytest.mark.real
def test_the_share_of_one_that_ends_goes_to_the_others():
    """Seven of eight have little to do: the last is not held to an eighth for long."""
    service = Service(Bucket(600, 600))
    account = Account(service, seed=5)
    for number in range(8):
        account.start(900 if number == 7 else 100, told=8)

    account.play()

    assert account.now <= 1.25 * (1600 - 600) / 10
    assert service.refused <= 0.08 * 1600


@pytest.mark.real
def test_a_run_that_is_killed_and_started_again_finds_its_share():
    """The others have taken it over; they give it back."""
    service = Service(Bucket(600, 600))
    account = Account(service, seed=6)
    runs = [account.start(112, told=8) for _ in range(8)]
    account.kill(runs[0], at=1.0)
    account.start(80, at=3.0, told=8)

    account.play()

    assert ends(account)[1:] == [(112, 0)] * 7 + [(80, 0)]
    assert service.refused <= 0.08 * service.answered


def test_shards_do_not_march_in_step():
    """Told to wait for one and the same time, they do not all come back in it."""
    now = 0.0
    waits = set()
    for seed in range(8):
        random = Random(seed)
        limiter = Limiter(clock=lambda: now, random=random.random, runs=8)
        limiter.enter(pytest.fail).observe(429, {"retry-after": "3"})
        waits.add(round(limiter.wait_s(), 1))

    assert len(waits) >= 6
    assert min(waits) >= 3


def test_a_service_that_answers_nobody_is_not_waited_for():
    """The run's beginning counts as an answer: a shard's first turn may take a while."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    turn = limiter.enter(pytest.fail)
    now = PATIENCE_S - 1
    turn.observe(429, {})
    is_waited_for = limiter.answers_anybody()
    now = PATIENCE_S + 1

    assert (is_waited_for, limiter.answers_anybody()) == (True, False)
