"""A limit of requests a minute, as the provider tells of it: x-ratelimit headers alone."""

import time
from collections.abc import Callable, Mapping
from threading import Lock


class Limit:
    """
    A bucket that fills evenly and holds a minute's requests; for many threads.

    `per_minute` None is no limit, and says nothing in headers.
    """

    def __init__(
        self,
        per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute or 0)
        self._clock = clock
        self._now = now
        self._at = clock()
        self._lock = Lock()

    def take(self) -> tuple[bool, Mapping[str, str]]:
        """Take one request from the bucket; give whether there was one, and the headers."""
        if self._per_minute is None:
            return True, {}
        with self._lock:
            now = self._clock()
            filled = self._left + (now - self._at) * self._per_minute / 60
            self._left, self._at = min(filled, float(self._per_minute)), now
            has_room = self._left >= 1
            if has_room:
                self._left -= 1
            left = self._left
        wait_s = max(0.0, 1 - left) * 60 / self._per_minute
        return has_room, {
            "x-ratelimit-limit-requests": str(self._per_minute),
            "x-ratelimit-remaining-requests": str(int(left)),
            # Seconds since the epoch, rounded down: the provider's are often past already.
            "x-ratelimit-reset-requests": str(int(self._now() + wait_s)) if wait_s else "0",
        }
