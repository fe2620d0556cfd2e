"""Waiting by the rule."""

import time
from email.utils import formatdate

import pytest

from gradient_cli.transport.retry import (
    GiveUp,
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
