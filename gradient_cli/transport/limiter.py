"""
Before a request: whether it may be sent now; one Limiter for all workers of a run.

    enter ─► Turn ─► observe (a reply's head)
     │         └───► leave   (no reply came)
     └── Share of requests, Share of tokens, Pace: see pace.py

An account's limit is shared by runs that know nothing of each other. A refusal (429) says to
slow down: once for all requests that were on their way when it was first heard.
"""

import threading
import time
from collections.abc import Callable, Mapping

from gradient_cli.errors import RateLimited
from gradient_cli.transport.pace import Pace, Share
from gradient_cli.transport.reply import Reply
from gradient_cli.transport.retry import (
    FIRST_BACKOFF_S,
    LONGEST_WAIT_S,
    asked_wait,
    in_words,
    jitter,
    number_of,
)

FIRST_AT_ONCE = 16
"""Requests that are sent before any reply has told what the limit is."""
PATIENCE_S = 300.0
"""A service that has answered nobody for so long is not waited for."""
LISTEN_S = 0.01
WORTH_TELLING_S = 2.0
SHORTEST_WAIT_S = 0.001


class Turn:
    """Leave to send one request; ends by `observe` or by `leave`."""

    __slots__ = ("_limiter", "number")

    def __init__(self, limiter: "Limiter", number: int) -> None:
        self._limiter = limiter
        self.number = number

    def reply_to(self, send: Callable[[], Reply]) -> Reply:
        """Send, and take note of what came back, or that nothing did."""
        try:
            reply = send()
        except BaseException:
            self.leave()
            raise
        self.observe(reply.status, reply.headers)
        return reply

    def observe(self, http_status: int, headers: Mapping[str, str]) -> None:
        """Take note of the reply's head."""
        self._limiter.observe(self.number, http_status, headers)

    def leave(self) -> None:
        """Take note that no reply came."""
        self._limiter.leave()


class Waiting:
    """One request that waits for its turn."""

    __slots__ = ("ends_at",)

    def __init__(self) -> None:
        self.ends_at: float | None = None
        """Until when what we reckon ourselves may hold it back."""


class Limiter:
    """Holds back every worker while the service says, or would say, that it is too much."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now_epoch: Callable[[], float] = time.time,
        random: Callable[[], float] = jitter,
        runs: int | None = None,
    ) -> None:
        """
        `runs`: how many are known to share the limit, this one included; there may be more.

        None for few requests, where each waits by its own schedule alone.
        """
        self._is_shared, runs = runs is not None, runs or 1
        self._first_at_once = max(1, FIRST_AT_ONCE // runs)
        self._clock = clock
        self._now_epoch = now_epoch
        self._random = random
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._quota_ends = 0.0
        """Until then nobody asks, and nobody waits either."""
        self._told_until = 0.0
        self._requests = Share(clock, runs)
        self._tokens = Share(clock, runs)
        self._pace = Pace(clock, random, runs)
        self._tokens_each = 0.0
        self._under_way = 0
        self._has_heard = False
        self._sent = 0
        self._learned = 0
        """The number of the latest request whose reply was learned from."""
        self._served = 0
        """Requests that were not refused, since a reply was last learned from."""
        self._slowed_at = 0
        """The number of the latest request when we last slowed down."""
        self._answered_at = clock()
        """When anybody was answered last; the run's beginning counts."""

    def enter(self, sleep: Callable[[float], None]) -> Turn:
        """
        Return as soon as a request may be sent; `sleep` is interrupted by Ctrl-C.

        Raises:
            RateLimited: the service has asked to wait too long.

        """
        waiting = Waiting()
        while not isinstance(step := self.attempt(waiting), Turn):
            sleep(step)
        return step

    def attempt(self, waiting: Waiting) -> Turn | float:
        """
        Give leave to send, or the seconds after which to ask again for the same request.

        Raises:
            RateLimited: the service has asked to wait too long.

        """
        with self._lock:
            self._check_quota()
            reckoned = self._reckoned_s()
            if waiting.ends_at is None and reckoned > LONGEST_WAIT_S:
                # What we reckon ourselves may be wrong: the service is asked after all.
                waiting.ends_at = self._clock() + LONGEST_WAIT_S
            if waiting.ends_at is not None:
                reckoned = min(reckoned, waiting.ends_at - self._clock())
            seconds = max(self._closed_until - self._clock(), reckoned)
            if not self._has_heard and self._under_way >= self._first_at_once:
                # What the limit is, only a first reply tells.
                seconds = max(seconds, LISTEN_S)
            if seconds < SHORTEST_WAIT_S:
                return self._send()
            self._pace.hold()
        # What another worker hears meanwhile may shorten the wait.
        return min(seconds, max(1.0, seconds / 4)) if self._is_shared else seconds

    def _send(self) -> Turn:
        self._requests.spend(1)
        self._tokens.spend(self._tokens_each)
        self._pace.spend()
        self._under_way += 1
        self._sent += 1
        return Turn(self, self._sent)

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

    def answers_anybody(self) -> bool:
        """Tell whether the service has answered somebody of this run, not long ago."""
        return self._clock() - self._answered_at < PATIENCE_S

    def _reckoned_s(self) -> float:
        return max(
            self._requests.wait_s(1), self._tokens.wait_s(self._tokens_each), self._pace.wait_s()
        )

    def _check_quota(self) -> None:
        seconds = self._quota_ends - self._clock()
        if seconds > LONGEST_WAIT_S:
            raise RateLimited(
                f"the service asks to wait {in_words(seconds)}", hint="that is too long to wait for"
            )

    def observe(self, number: int, http_status: int, headers: Mapping[str, str]) -> None:
        """Take note of a reply's head."""
        with self._lock:
            self._under_way -= 1
            self._has_heard = True
            is_refused = http_status == 429
            self._served += not is_refused
            if number > self._learned:  # Else what an older reply says is counted already.
                self._learn(self._requests, headers, "requests", number, 1)
                self._learn(self._tokens, headers, "tokens-per-minute", number, self._tokens_each)
                self._learned, self._served = number, 0
            if is_refused:
                self._refuse(number, headers)
            elif http_status < 500:
                self._answered_at = self._clock()
                self._requests.recover()
                self._tokens.recover()
                self._pace.speed_up()

    def _refuse(self, number: int, headers: Mapping[str, str]) -> None:
        now = self._clock()
        seconds = asked_wait(headers, self._now_epoch(), self._random)
        wait = FIRST_BACKOFF_S if seconds is None else seconds
        if wait > LONGEST_WAIT_S:
            self._quota_ends = now + wait
            return
        self._closed_until = max(self._closed_until, now + wait)
        if number <= self._slowed_at:
            return  # Sent before we slowed down.
        self._slowed_at = self._sent
        # Of those who are told to wait for the same time, not all come back in it.
        apart = self._random() if self._is_shared else 0.0
        requests = number_of(headers.get("x-ratelimit-remaining-requests"))
        tokens = number_of(headers.get("x-ratelimit-remaining-tokens-per-minute"))
        if requests is not None and requests < 1:
            self._requests.empty(apart)
        elif tokens is not None and tokens < max(1, 4 * self._tokens_each):
            # A request that costs more than what remains is refused, too.
            self._tokens.empty(apart * self._tokens_each)
        elif self._is_shared:
            # There are no headers, or they do not show what was used up.
            self._pace.slow_down(self._closed_until)

    def leave(self) -> None:
        """Take note that no reply came."""
        with self._lock:
            self._under_way -= 1
            self._has_heard = True

    def spent(self, tokens: int) -> None:
        """Take note of what an answer cost; the average is what the next one will."""
        with self._lock:
            if not self._tokens_each:
                self._tokens.price(tokens)
            before = self._tokens_each or tokens
            self._tokens_each = 0.9 * before + 0.1 * tokens

    def _learn(
        self, share: Share, headers: Mapping[str, str], name: str, number: int, cost: float
    ) -> None:
        limit = number_of(headers.get(f"x-ratelimit-limit-{name}"))
        remaining = number_of(headers.get(f"x-ratelimit-remaining-{name}"))
        if limit and limit > 0 and remaining is not None:
            share.learn(
                limit,
                remaining,
                count=number - self._learned,
                served=self._served,
                later=self._sent - number,
                cost=cost,
            )


class Unlimited(Limiter):
    """Holds nobody back: the limits that a recording speaks of were another day's."""

    def enter(self, sleep: Callable[[float], None]) -> Turn:
        """Return at once."""
        return Turn(self, 0)

    def wait_s(self) -> float:
        """Give 0."""
        return 0.0
