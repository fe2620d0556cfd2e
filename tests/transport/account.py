"""
An account's limit that several runs share, played in simulated time.

    Service: what may be spent, and what its headers say  ◄── Runs: a Limiter and workers each
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from gradient_cli.errors import RateLimited
from gradient_cli.transport.limiter import Limiter, Turn, Waiting

TELLS = ("honest", "absent", "retry-after", "high", "low", "other")
"""What headers say: the truth; nothing; only when; always plenty; a fifth; another kind."""


class NotYet(Exception):
    """Raised instead of sleeping."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def not_yet(seconds: float) -> None:
    raise NotYet(seconds)


class Bucket:
    """What may be spent of one kind: fills evenly, or (`is_window`) at each minute's turn."""

    def __init__(self, per_minute: float, burst: float, *, is_window: bool = False) -> None:
        self.per_minute, self.burst, self.is_window = per_minute, burst, is_window
        self.left, self.at = burst, 0.0

    def fill(self, now: float) -> None:
        if not self.is_window:
            self.left = min(self.burst, self.left + (now - self.at) * self.per_minute / 60)
        elif now // 60 > self.at // 60:
            self.left = self.per_minute
        self.at = now

    def opens_at(self, cost: float) -> float:
        if self.is_window:
            return (self.at // 60 + 1) * 60
        return self.at + max(0.0, cost - self.left) * 60 / self.per_minute


@dataclass
class Service:
    """An account's limits; counts what it refuses."""

    requests: Bucket | None
    tokens: Bucket | None = None
    tokens_each: int = 500
    tells: str = "honest"
    answered: int = 0
    refused: int = 0

    def answer(self, now: float) -> tuple[int, dict[str, str]]:
        """Give the status and the headers of a reply."""
        kinds = [(self.requests, 1), (self.tokens, self.tokens_each)]
        known = [(bucket, cost) for bucket, cost in kinds if bucket]
        for bucket, _ in known:
            bucket.fill(now)
        is_ok = all(bucket.left >= cost for bucket, cost in known)
        for bucket, cost in known if is_ok else ():
            bucket.left -= cost
        self.answered += is_ok
        self.refused += not is_ok
        opens_at = max(bucket.opens_at(cost) for bucket, cost in known)
        return 200 if is_ok else 429, self._headers(is_ok, now, opens_at)

    def _headers(self, is_ok: bool, now: float, opens_at: float) -> dict[str, str]:
        if self.tells == "absent":
            return {}
        if self.tells == "retry-after":
            return {} if is_ok else {"retry-after": str(max(1, round(opens_at - now)))}
        said = {}
        for bucket, kind in ((self.requests, "requests"), (self.tokens, "tokens-per-minute")):
            if bucket and not (self.tells == "other" and kind == "requests"):
                limit, left = bucket.per_minute, bucket.left
                if self.tells == "high":
                    left = limit
                elif self.tells == "low":
                    limit, left = limit / 5, left / 5
                said[f"x-ratelimit-limit-{kind}"] = str(int(limit))
                said[f"x-ratelimit-remaining-{kind}"] = str(int(left))
                # Rounded down: mostly past already, as the provider's are.
                said[f"x-ratelimit-reset-{kind}"] = "0" if is_ok else str(int(opens_at))
        return said


@dataclass
class Run:
    """One process: its rows, its limiter, its workers."""

    rows: int
    workers: int
    begins_at: float
    limiter: Limiter
    done: int = 0
    failed: int = 0
    ended_at: float = 0.0
    answers: list[float] = field(default_factory=list)


class Account:
    """Runs that share a service."""

    def __init__(self, service: Service, seed: int, latency_s: float = 0.3) -> None:
        self.service = service
        self.now = 0.0
        self.runs: list[Run] = []
        self._random = Random(seed)
        self._latency_s = latency_s
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def start(self, rows: int, workers: int = 8, at: float = 0.0, told: int = 1) -> Run:
        """Begin a run that is told how many there are."""
        clock = lambda: self.now  # noqa: E731
        limiter = Limiter(clock=clock, now_epoch=clock, random=self._random.random, runs=told)
        run = Run(rows, workers, at, limiter)
        self.runs.append(run)
        for _ in range(workers):
            self._at(at, lambda: self._take(run))
        return run

    def kill(self, run: Run, at: float) -> None:
        """End a run in the midst: nothing that is under way is answered to it."""

        def end() -> None:
            run.failed, run.rows = -1, 0

        self._at(at, end)

    def play(self) -> None:
        """Let time pass until all is done."""
        while self._events:
            self.now, _, act = heapq.heappop(self._events)
            act()

    def _at(self, when: float, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, act))

    def _take(self, run: Run) -> None:
        if run.rows > 0:
            run.rows -= 1
            self._enter(run, Waiting())

    def _enter(self, run: Run, waiting: Waiting) -> None:
        if run.failed < 0:
            return
        try:
            turn = run.limiter.attempt(waiting)
        except RateLimited:
            self._end(run, is_ok=False)
            return
        if not isinstance(turn, Turn):
            self._at(self.now + turn + 1e-4, lambda: self._enter(run, waiting))
            return
        travel = self._latency_s * (0.2 + 0.6 * self._random.random()) / 2

        def serve() -> None:
            status, headers = self.service.answer(self.now)
            thinks = travel + (self._latency_s * self._random.random() if status == 200 else 0)
            self._at(self.now + thinks, lambda: hear(status, headers))

        def hear(status: int, headers: dict[str, str]) -> None:
            turn.observe(status, headers)
            if status == 200:
                run.limiter.spent(self.service.tokens_each)
                self._end(run, is_ok=True)
            elif run.limiter.answers_anybody():
                self._enter(run, Waiting())
            else:
                self._end(run, is_ok=False)

        self._at(self.now + travel, serve)

    def _end(self, run: Run, *, is_ok: bool) -> None:
        if run.failed < 0:
            return
        run.done += is_ok
        run.failed += not is_ok
        run.ended_at = self.now
        run.answers.append(self.now)
        self._take(run)
