"""
Waiting: which faults are worth another try, and after how long.

    Schedule     after a fault: Wait(seconds), or GiveUp; pure, the clock is handed in
    Limiter      before a request: one for all workers of a run

The Limiter learns from what the service says. On 429 everybody waits, by the same rule as the
one who was refused. And it keeps count: with `x-ratelimit-limit-requests: 120` and its
`remaining`, requests are sent as fast as the bucket fills, so that a long run settles at the
limit instead of running into it; tokens a minute likewise, by what a request costs on average.
"""

import threading
import time
from collections.abc import Callable, Mapping

from gradient_cli.errors import RateLimited
from gradient_cli.values import record

RETRIED = frozenset({408, 409, 424, 425, 429})
"""424: a decision model's provider failed, a 5xx in effect."""
LONGEST_BACKOFF_S = 60.0
FIRST_BACKOFF_S = 0.5
LONGEST_WAIT_S = 120.0
FIRST_AT_ONCE = 16
"""Requests that are sent before any reply has told what the limit is."""
LISTEN_S = 0.01
WORTH_TELLING_S = 2.0
SHORTEST_WAIT_S = 0.001


def in_words(seconds: float) -> str:
    """Give a duration as a person says it: 0.5 s, 40 s, 9 min, 28 h."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _random() -> float:
    import random  # 5 ms that only a fault pays

    return random.random()  # noqa: S311  # jitter is no secret


@record
class Wait:
    """Try again after this many seconds."""

    seconds: float


@record
class GiveUp:
    """Do not try again; `seconds` is the wait that was too long, if that is why."""

    seconds: float | None = None


@record
class Schedule:
    """How often and when to try again."""

    retries: int = 3
    longest_wait_s: float = LONGEST_WAIT_S
    random: Callable[[], float] = _random

    def wait(
        self, attempt: int, http_status: int | None, headers: Mapping[str, str], *, now_epoch: float
    ) -> Wait | GiveUp:
        """
        Decide after attempt number `attempt` (0 is the first).

        `http_status` None is a connection fault; the names of `headers` are in lower case.
        """
        if attempt >= self.retries or not _is_retried(http_status, headers):
            return GiveUp()
        seconds = asked_wait(headers, now_epoch, self.random)
        if seconds is None:
            backoff = min(FIRST_BACKOFF_S * 2**attempt, LONGEST_BACKOFF_S)
            seconds = backoff * (0.75 + 0.5 * self.random())
        return GiveUp(seconds) if seconds > self.longest_wait_s else Wait(seconds)


def _is_retried(status: int | None, headers: Mapping[str, str]) -> bool:
    if headers.get("x-should-retry", "").lower() == "false":
        return False
    return status is None or status in RETRIED or (status >= 500 and status != 501)


def asked_wait(
    headers: Mapping[str, str], now_epoch: float, jitter: Callable[[], float]
) -> float | None:
    """
    Give the seconds that the server asks for, or None.

    `retry-after-ms`, `Retry-After` (seconds or a date), else the provider's rule: the soonest
    reset that is not 0, at least 1 s from now, plus 250 to 500 ms.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return max(0.0, milliseconds / 1000)
    if after := headers.get("retry-after"):
        if (seconds := _number(after)) is not None:
            return max(0.0, seconds)
        if (moment := _moment(after)) is not None:
            return max(0.0, moment - now_epoch)
    resets = [
        reset
        for name, value in headers.items()
        if (name.startswith("x-ratelimit-reset-") or name == "ratelimit-reset")
        and (reset := _number(value)) is not None
        and reset > 0
    ]
    if not resets:
        return None
    return max(min(resets) - now_epoch, 1.0) + 0.25 + 0.25 * jitter()


def _moment(date: str) -> float | None:
    """Give the moment of an HTTP date; one without a zone is UTC (RFC 9110, 5.6.7)."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and number == number and abs(number) < 1e15 else None


class _Bucket:
    """What may still be spent of one kind; fills evenly over a minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = 0.0
        self._at = 0.0
        self._per_second = 0.0

    @property
    def is_known(self) -> bool:
        """Tell whether the service has said a limit."""
        return self._per_second > 0

    def learn(self, limit: float, remaining: float) -> None:
        """Take in what a reply says; what we know to be less stays."""
        left = self._filled() if self.is_known else remaining
        self._per_second = limit / 60
        self._left, self._at = min(left, remaining), self._clock()

    def _filled(self) -> float:
        return self._left + (self._clock() - self._at) * self._per_second

    def wait_s(self, cost: float) -> float:
        """Give the seconds until this much may be spent; 0 for now."""
        return max(0.0, (cost - self._filled()) / self._per_second) if self.is_known else 0.0

    def spend(self, cost: float) -> None:
        """Take it out; may go below zero, and then fills from there."""
        if self.is_known:
            self._left, self._at = self._filled() - cost, self._clock()

    def empty(self) -> None:
        """The service said no: nothing is left."""
        self._left, self._at = min(0.0, self._left), self._clock()


class Limiter:
    """Holds back every worker while the service says, or would say, that it is too much."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._quota_ends = 0.0
        """Until then nobody asks, and nobody waits either."""
        self._told_until = 0.0
        self._requests = _Bucket(clock)
        self._tokens = _Bucket(clock)
        self._tokens_each = 0.0
        self._under_way = 0
        self._has_heard = False

    def enter(self, sleep: Callable[[float], None]) -> None:
        """
        Return as soon as a request may be sent; `sleep` is interrupted by Ctrl-C.

        Raises:
            RateLimited: the service has asked to wait too long.

        """
        patience_ends: float | None = None
        while True:
            with self._lock:
                self._check_quota()
                reckoned = self._reckoned_s()
                if patience_ends is None and reckoned > LONGEST_WAIT_S:
                    # What we reckon ourselves may be wrong: the service is asked after all.
                    patience_ends = self._clock() + LONGEST_WAIT_S
                if patience_ends is not None:
                    reckoned = min(reckoned, patience_ends - self._clock())
                seconds = max(self._closed_until - self._clock(), reckoned)
                if not self._has_heard and self._under_way >= FIRST_AT_ONCE:
                    # What the limit is, only a first reply tells.
                    seconds = max(seconds, LISTEN_S)
                if seconds < SHORTEST_WAIT_S:
                    self._requests.spend(1)
                    self._tokens.spend(self._tokens_each)
                    self._under_way += 1
                    return
            sleep(seconds)

    def wait_s(self) -> float:
        """Give the seconds for which nobody may send; for the progress bar, too."""
        return max(self._closed_until - self._clock(), self._reckoned_s())

    def is_news(self, seconds: float) -> bool:
        """Tell whether a wait of so many seconds is worth a line, once for all workers."""
        with self._lock:
            now = self._clock()
            if seconds < WORTH_TELLING_S or now < self._told_until:
                return False
            self._told_until = now + seconds
            return True

    def _reckoned_s(self) -> float:
        return max(self._requests.wait_s(1), self._tokens.wait_s(self._tokens_each))

    def _check_quota(self) -> None:
        seconds = self._quota_ends - self._clock()
        if seconds > LONGEST_WAIT_S:
            raise RateLimited(
                f"the service asks to wait {in_words(seconds)}", hint="that is too long to wait for"
            )

    def observe(self, http_status: int, headers: Mapping[str, str]) -> None:
        """Take note of a reply's head; every `enter` is followed by one, or by `leave`."""
        with self._lock:
            self._under_way -= 1
            self._has_heard = True
            self._learn(self._requests, headers, "requests", self._under_way)
            self._learn(
                self._tokens,
                headers,
                "tokens-per-minute",
                self._under_way * self._tokens_each,
            )
            if http_status == 429:
                self._requests.empty()
                seconds = asked_wait(headers, time.time(), _random)
                wait = FIRST_BACKOFF_S if seconds is None else seconds
                if wait > LONGEST_WAIT_S:
                    self._quota_ends = self._clock() + wait
                else:
                    self._closed_until = max(self._closed_until, self._clock() + wait)

    def leave(self) -> None:
        """Take note that no reply came."""
        with self._lock:
            self._under_way -= 1
            self._has_heard = True

    def spent(self, tokens: int) -> None:
        """Take note of what an answer cost; the average is what the next one will."""
        with self._lock:
            before = self._tokens_each or tokens
            self._tokens_each = 0.9 * before + 0.1 * tokens

    @staticmethod
    def _learn(bucket: _Bucket, headers: Mapping[str, str], name: str, under_way: float) -> None:
        limit = _number(headers.get(f"x-ratelimit-limit-{name}"))
        remaining = _number(headers.get(f"x-ratelimit-remaining-{name}"))
        if limit and limit > 0 and remaining is not None:
            # What is on its way is not counted yet by the one who says what remains, and who
            # rounds it down.
            bucket.learn(limit, remaining + 0.5 - under_way)


class Unlimited(Limiter):
    """Holds nobody back: the limits that a recording speaks of were another day's."""

    def enter(self, sleep: Callable[[float], None]) -> None:
        """Return at once."""

    def wait_s(self) -> float:
        """Give 0."""
        return 0.0
