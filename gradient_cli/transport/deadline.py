"""When the whole run must have ended: --max-time."""

import time

from gradient_cli.values import mutable_record


@mutable_record
class Deadline:
    """The moment at which the whole run ends; None is never. Shared by all of a run's clients."""

    at: float | None = None
    """Monotonic seconds."""

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        """Give the deadline `seconds` from now."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def remaining_s(self) -> float | None:
        """Give the seconds left, 0 at the least; None where there is no end."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())

    def shorten(self, timeout_s: float | None) -> float | None:
        """Give a timeout that does not outlast the deadline."""
        left = self.remaining_s()
        if left is None or (timeout_s is not None and timeout_s < left):
            return timeout_s
        # 0 would mean "do not block" to a socket.
        return max(left, 0.001)

    def has_passed(self) -> bool:
        """Tell whether the time is up."""
        return self.at is not None and time.monotonic() >= self.at
