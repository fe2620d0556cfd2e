"""Waiting by the rule, and settling at a limit instead of running into it."""

import heapq
import time
from email.utils import formatdate

import pytest

from gradient_cli.errors import RateLimited
from gradient_cli.transport.retry import (
    FIRST_AT_ONCE,
    LONGEST_WAIT_S,
    GiveUp,
    Limiter,
    Schedule,
    Wait,
    asked_wait,
)

NOW = 1_800_000_000.0


def decide(status: int | None, headers: dict[str, str] | None = None, attempt: int = 0) -> object:
    return Schedule(random=lambda: 0.5).wait(attempt, status, headers or {}, now_epoch=NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "4"}, 4),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "4"}, 0.25),
        ({"retry-after": formatdate(NOW + 7, usegmt=True)}, 7),
        ({"retry-after": formatdate(NOW - 7, usegmt=True)}, 0),
        ({"x-ratelimit-reset-requests": str(NOW + 5)}, 5.375),
        ({"x-ratelimit-reset-requests": str(NOW - 1)}, 1.375),
        (
            {"x-ratelimit-reset-requests": "0", "x-ratelimit-reset-tokens-per-day": str(NOW + 3)},
            3.375,
        ),
        ({"ratelimit-reset": str(NOW + 2)}, 2.375),
        ({"x-ratelimit-reset-requests": "0"}, 0.5),
        ({"retry-after": "soon"}, 0.5),
        ({"retry-after": "nan"}, 0.5),
        ({"retry-after": "Mon, 01 Jan 99999999999999 00:00:00 GMT"}, 0.5),
        ({"retry-after": "Mon, 01 Jan 2026 00:00:00 +99999999999999999999"}, 0.5),
        ({}, 0.5),
    ],
)
def test_the_wait_is_what_the_server_asks_for(headers, seconds):
    """Seconds, milliseconds, a date, a reset; else the back-off."""
    assert decide(429, headers) == Wait(pytest.approx(seconds))


def test_the_back_off_doubles_up_to_a_minute():
    """0.5 s, 1 s, 2 s … and never more than 60 s."""
    schedule = Schedule(retries=20, random=lambda: 0.5)

    waits = [schedule.wait(n, 503, {}, now_epoch=NOW).seconds for n in range(10)]

    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
def test_what_does_not_pass_is_not_tried_again(status):
    """A bad request stays one."""
    assert decide(status) == GiveUp()


def test_the_server_may_forbid_another_try():
    """x-should-retry: false wins over the status."""
    assert decide(503, {"x-should-retry": "false"}) == GiveUp()


def test_too_long_a_wait_is_told_instead():
    """More than two minutes is for the user to decide."""
    assert decide(429, {"retry-after": "121"}) == GiveUp(121)


def test_retries_end():
    """After the last one there is no wait."""
    assert decide(503, attempt=3) == GiveUp()


class Service:
    """A bucket of requests that fills evenly; counts what it refuses."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self.per_minute, self.burst = per_minute, burst
        self.left, self.at, self.refused = float(burst), 0.0, 0

    def answer(self, now: float) -> tuple[int, dict[str, str]]:
        self.left = min(self.burst, self.left + (now - self.at) * self.per_minute / 60)
        self.at = now
        is_ok = self.left >= 1
        self.left -= is_ok
        self.refused += not is_ok
        return 200 if is_ok else 429, {
            "x-ratelimit-limit-requests": str(self.per_minute),
            "x-ratelimit-remaining-requests": str(int(self.left)),
            "x-ratelimit-reset-requests": "0",
        }


class NotYet(Exception):
    """Raised instead of sleeping."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def not_yet(seconds: float) -> None:
    raise NotYet(seconds)


def simulate(service: Service, workers: int, rows: int, latency_s: float) -> float:
    """Give the seconds that so many rows take, in simulated time."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    queue = [(0.0, worker, "enter", ()) for worker in range(workers)]
    waiting, done = rows, 0
    while done < rows:
        now, worker, what, reply = heapq.heappop(queue)
        if what == "enter":
            if waiting == 0:
                continue
            try:
                limiter.enter(not_yet)
            except NotYet as error:
                heapq.heappush(queue, (now + error.seconds, worker, "enter", ()))
                continue
            waiting -= 1
            heapq.heappush(queue, (now + latency_s / 2, worker, "served", ()))
        elif what == "served":
            reply = service.answer(now)
            heapq.heappush(queue, (now + latency_s / 2, worker, "reply", reply))
        else:
            limiter.observe(*reply)
            done += reply[0] == 200
            waiting += reply[0] != 200
            heapq.heappush(queue, (now, worker, "enter", ()))
    return now


@pytest.mark.parametrize("burst", [10, 120])
@pytest.mark.parametrize("workers", [8, 64])
def test_a_long_run_settles_at_the_limit(burst, workers):
    """120 a minute and no Retry-After: within 1.1 of the ideal time, 2 % refused at most."""
    service = Service(per_minute=120, burst=burst)
    ideal_s = (400 - burst) / 2

    seconds = simulate(service, workers, rows=400, latency_s=0.5)

    assert seconds <= 1.1 * ideal_s
    assert service.refused <= 0.02 * 400


def test_nobody_sends_while_the_service_says_no():
    """A 429 for one worker holds back all of them."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    limiter.enter(lambda s: None)

    limiter.observe(429, {"retry-after": "3"})

    assert limiter.wait_s() == pytest.approx(3)


def test_a_quota_is_not_waited_for():
    """Hours are reported, to whoever would ask next as well."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    limiter.enter(pytest.fail)

    limiter.observe(429, {"retry-after": "99999"})

    with pytest.raises(RateLimited, match="asks to wait 28 h"):
        limiter.enter(pytest.fail)
    now = 99_999.0
    limiter.enter(pytest.fail)


@pytest.mark.parametrize("remaining", ["0", "-100000"])
def test_what_we_reckon_is_not_believed_for_long(remaining):
    """A service that says a limit of next to nothing is asked again after two minutes."""
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    limiter.enter(pytest.fail)
    limit = {"x-ratelimit-limit-requests": "0.001", "x-ratelimit-remaining-requests": remaining}
    limiter.observe(200, limit)

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
        limiter.enter(pytest.fail)

    with pytest.raises(NotYet):
        limiter.enter(not_yet)
    limiter.observe(200, {})
    limiter.enter(pytest.fail)


def test_tokens_a_minute_are_counted_by_what_a_request_costs():
    """The average answer decides how many fit."""
    limiter = Limiter(clock=lambda: 0.0)
    limiter.enter(pytest.fail)
    limiter.spent(600)

    limiter.observe(
        200,
        {
            "x-ratelimit-limit-tokens-per-minute": "6000",
            "x-ratelimit-remaining-tokens-per-minute": "300",
        },
    )

    assert limiter.wait_s() == pytest.approx(3, rel=0.01)


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "Wed, 21 Oct 2026 07:28:00",
        "Wed, 21 Oct 2026 07:28:00 -0000",
        "Wednesday, 21-Oct-26 07:28:00 GMT",
        "Wed Oct 21 07:28:00 2026",
        "21 Oct 2026 07:28:00",
        "Wed, 21 Oct 2026 09:28:00 +0200",
    ],
)
def test_a_date_without_a_zone_is_utc(date, monkeypatch):
    """RFC 9110, 5.6.7; whatever the zone of this machine is."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert asked_wait({"retry-after": date}, 1792567650.0, lambda: 0) == 30
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "date", ["x", "Wed,", "99 Foo 2026", "Wed, 21 Oct 99999999999 07:28:00 GMT", ",,,"]
)
def test_a_date_that_is_none_is_not_waited_for(date):
    """The usual wait stands."""
    assert asked_wait({"retry-after": date}, 0.0, lambda: 0) is None
