"""
Waiting: which faults are worth another try, and after how long.

    Schedule     after a fault: a Wait, or why not (GiveUp); pure, the clock is handed in
    Limiter      before a request: one for all workers; on 429 everyone waits
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

RETRIED = frozenset({408, 409, 425, 429})
LONGEST_BACKOFF_S = 60.0
FIRST_BACKOFF_S = 0.5


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again; `seconds` is the wait that was too long, if that is why."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often and when to try again."""

    retries: int = 3
    longest_wait_s: float = 120.0
    random: Callable[[], float] = random.random

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
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - now_epoch)
        except ValueError:
            pass
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


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


class Limiter:
    """Holds back every worker while the service says that it is too much."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def enter(self, sleep: Callable[[float], None]) -> None:
        """Return as soon as a request may be sent."""
        while (left := self._closed_until - self._clock()) > 0:
            sleep(left)

    def observe(self, http_status: int, headers: Mapping[str, str]) -> None:
        """Take note of a reply's head."""
        if http_status != 429:
            return
        seconds = asked_wait(headers, time.time(), random.random)
        if seconds is not None:
            with self._lock:
                self._closed_until = max(self._closed_until, self._clock() + min(seconds, 120.0))
