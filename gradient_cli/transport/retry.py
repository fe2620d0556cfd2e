"""
Waiting: which faults are worth another try, and after how long.

    Schedule     after a fault: Wait(seconds), or GiveUp; pure, the clock is handed in

Whether a request may be sent at all, limiter.py decides.
"""

from collections.abc import Callable, Mapping

from gradient_cli.values import record

RETRIED = frozenset({408, 409, 424, 425, 429})
"""424: a decision model's provider failed, a 5xx in effect."""
LONGEST_BACKOFF_S = 60.0
FIRST_BACKOFF_S = 0.5
LONGEST_WAIT_S = 120.0


def in_words(seconds: float) -> str:
    """Give a duration as a person says it: 0.5 s, 40 s, 9 min, 28 h."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def jitter() -> float:
    """Give a random number from 0 to 1."""
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
    random: Callable[[], float] = jitter

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
    headers: Mapping[str, str], now_epoch: float, random: Callable[[], float]
) -> float | None:
    """
    Give the seconds that the server asks for, or None.

    `retry-after-ms`, `Retry-After` (seconds or a date), else the provider's rule: the soonest
    reset that is not 0, at least 1 s from now, plus 250 to 500 ms.
    """
    if (milliseconds := number_of(headers.get("retry-after-ms"))) is not None:
        return max(0.0, milliseconds / 1000)
    if after := headers.get("retry-after"):
        if (seconds := number_of(after)) is not None:
            return max(0.0, seconds)
        if (moment := _moment(after)) is not None:
            return max(0.0, moment - now_epoch)
    resets = [
        reset
        for name, value in headers.items()
        if (name.startswith("x-ratelimit-reset-") or name == "ratelimit-reset")
        and (reset := number_of(value)) is not None
        and reset > 0
    ]
    if not resets:
        return None
    return max(min(resets) - now_epoch, 1.0) + 0.25 + 0.25 * random()


def _moment(date: str) -> float | None:
    """Give the moment of an HTTP date; one without a zone is UTC (RFC 9110, 5.6.7)."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def number_of(text: str | None) -> float | None:
    """Give the number that a header says, or None."""
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and number == number and abs(number) < 1e15 else None
