"""
How much of an account's limit is this run's, while other runs use it too; pure.

    Share    what the x-ratelimit headers leave for this run
    Pace     what refusals alone teach, where no header can be believed

What the service says remains is what all runs left: it falls by more than this one has sent,
and by how much more tells how much of the limit is this run's. So each run takes its share of
what remains and of what comes in; where one ends, the others see more remain and take it over.
The figures below were found by scripts/limits.py.
"""

import math
from collections.abc import Callable

from gradient_cli.transport.retry import LONGEST_WAIT_S

REMEMBERED = 0.95
"""What a request leaves of all that was known before of our share: some twenty count."""
ALONE = 0.9
"""A share from which on nobody else is thought to be there."""
RESERVE = 4.0
"""Requests that many runs leave in the account, so that chance does not make them collide."""
MORE, MORE_OF_KNOWN = 2.0, 0.25
"""Requests by which a share is thought to be larger than it was seen to be; the second where
the number of runs is known, and twice an equal share for each would be twice the limit."""
PRIOR = 8.0
"""Requests for which it counts that the runs that are known have equal shares."""
LEAST_FAIR = 0.6
"""Of an equal share: a run that came late to what was there at once is not held to less."""
LEAST_PART, MOST_PART = 0.7, 3.0
"""Of the share, where nothing remains, and where much does."""
AFTER_REFUSAL, AFTER_MORE = 0.7, 0.5
"""What a refusal leaves of a pace: the first, and each that follows without an answer."""
WARNED, LEAST_CAUTION, RECOVERY = 0.85, 0.3, 1.1
"""What a refusal leaves of a share, down to which, and what an answer gives back."""
FIRST_PER_SECOND, LEAST_PER_SECOND, MOST_PER_SECOND = 0.5, 1 / 15, 1000.0
LEAST_IN_ALL = 0.5
"""Of all runs that are known to share a limit: each alone would wait for minutes."""
OUT_OF_REACH = 4
"""So many refusals in a row say that all was used up, not what the limit is."""
SEARCH = 1.5
GROWTH = 0.02
"""What an answer adds to a pace of one a second; in simulation some 5 % is then refused."""
CATCHING_UP = 0.1
SURE_AFTER = 1.0
"""Growth without a refusal after which there must be more room than before."""


class Share:
    """What this run may still spend of one kind; fills evenly over a minute."""

    def __init__(self, clock: Callable[[], float], runs: int = 1) -> None:
        self._clock = clock
        self._left = self._at = 0.0
        self._per_second = 0.0
        """Of the whole limit, not of our share."""
        self._limit = self._remaining = self._seen_at = 0.0
        self._runs = runs
        self._mine = self._all = 0.0
        """What was spent by us, and by everybody; what is long past counts less."""
        self._share = 1 / runs
        self._least = LEAST_FAIR / runs if runs > 1 else 0.0
        self._cost = self._free_at_first = 0.0
        self._caution = 1.0

    @property
    def is_known(self) -> bool:
        """Tell whether the service has said a limit."""
        return self._per_second > 0

    def learn(
        self, limit: float, remaining: float, *, count: int, served: int, later: int, cost: float
    ) -> None:
        """
        Take in what a reply says.

        Of our requests, `count` were sent since the one whose reply was learned from last, this
        one included, `served` were answered, and `later` were sent after it; each takes `cost`.
        """
        now, is_first = self._clock(), not self.is_known
        held = self._filled()
        if is_first:
            self._suppose(cost)
            self._free_at_first = remaining + 0.5 if cost == 0 else 0.0
        else:
            self._compare(remaining, now, served * cost, count, cost)
        self._limit, self._per_second = limit, limit / 60
        self._remaining, self._seen_at, self._cost = remaining, now, cost
        # Rounded down by the one who says it; and what was sent after it is not counted yet.
        free = remaining + 0.5
        if is_first:
            free = min(free, self._free_for_second(cost))
        left = self._part() * free - later * cost
        if is_first or left < held:
            held = left
        elif self._share < 1:
            held = max(held, left - self._reserve() * self._share)
        self._left, self._at = held, now

    def _compare(self, remaining: float, now: float, mine: float, count: int, cost: float) -> None:
        """Estimate our share by what everybody spent since the last reply."""
        came_in = min((now - self._seen_at) * self._per_second, self._limit - self._remaining)
        everybody = max(max(0.0, came_in) + self._remaining - remaining, mine)
        kept = REMEMBERED**count
        self._mine, self._all = self._mine * kept + mine, self._all * kept + everybody
        # More of ours than was seen: nobody's share is nothing, and the smaller ones catch up.
        more = (MORE if self._runs == 1 else MORE_OF_KNOWN) * cost
        share = (self._mine + more) / (self._all + more) if cost > 0 else self._share
        self._share = 1.0 if share > ALONE else max(share, self._least)

    def _suppose(self, cost: float) -> None:
        """Begin with equal shares of the runs that are known."""
        self._mine, self._all = (self._runs > 1) * PRIOR * cost, PRIOR * self._runs * cost

    def _free_for_second(self, cost: float) -> float:
        """Give what all have together, once the others' first requests have come, too."""
        return max(self._limit - self._runs * cost, 0.0) if self._runs > 1 else math.inf

    def _part(self) -> float:
        return self._share * self._caution

    def _rates(self) -> tuple[float, float]:
        """Give what comes in a second by what was seen last, and once that is long past."""
        usual = self._per_second * self._share
        if self._share == 1:
            return usual * self._caution, usual * self._caution
        # The estimates of many sum up to somewhat more than 1; and to less when one has ended.
        part = LEAST_PART + (1 - LEAST_PART) * max(self._remaining, 0) / self._reserve()
        return usual * self._caution * min(part, MOST_PART), usual

    def _reserve(self) -> float:
        return RESERVE * max(self._cost, 1)

    def _counts_until(self) -> float:
        """Give until when it matters what remained: so long it takes to save up the reserve."""
        return self._seen_at + self._reserve() / (1 - LEAST_PART) / self._per_second

    def _filled(self) -> float:
        if not self.is_known:
            return self._left
        now, (seen, usual) = self._clock(), self._rates()
        turn = min(max(self._counts_until(), self._at), now)
        return self._left + (turn - self._at) * seen + (now - turn) * usual

    def wait_s(self, cost: float) -> float:
        """Give the seconds until this much may be spent; 0 for now."""
        if not self.is_known or (lacking := cost - self._filled()) <= 0:
            return 0.0
        seen, usual = self._rates()
        until_turn = max(0.0, self._counts_until() - self._clock())
        slow = min(until_turn, lacking / seen)
        return slow + (lacking - slow * seen) / usual

    def spend(self, cost: float) -> None:
        """Take it out; may go below zero, and then fills from there."""
        if self.is_known:
            self._left, self._at = self._filled() - cost, self._clock()

    def empty(self, apart: float) -> None:
        """
        Take in that the service refused: nothing is left, and `apart` less than that.

        One of several runs has the refused request back: it was nobody's.
        """
        back = max(self._cost, 1) if self._share < 1 else 0.0
        self._left, self._at = min(0.0, self._left) + back - apart, self._clock()
        if self._share < 1:
            self._caution = max(LEAST_CAUTION, self._caution * WARNED)

    def price(self, cost: float) -> None:
        """Take in what a request costs, which nobody knew when the first reply came."""
        if self.is_known and self._free_at_first:
            fewer = min(self._free_for_second(cost) - self._free_at_first, 0.0)
            self._left, self._at = self._filled() + self._share * fewer, self._clock()
            self._suppose(cost)
            self._cost, self._free_at_first = cost, 0.0

    def recover(self) -> None:
        """Take in that the service answered."""
        if self._caution < 1:
            self._left, self._at = self._filled(), self._clock()
            self._caution = min(1.0, self._caution * RECOVERY)


class Pace:
    """
    Requests a second, found by refusals alone.

    None at first. After the first refusal it begins low and grows by half with each answer,
    until it is refused again; then it falls by a factor and grows little by little, so that
    one request in some twenty finds out whether there is room.
    """

    def __init__(
        self, clock: Callable[[], float], random: Callable[[], float], runs: int = 1
    ) -> None:
        self._clock = clock
        self._random = random
        self._least = max(1 / LONGEST_WAIT_S, min(LEAST_PER_SECOND, LEAST_IN_ALL / runs))
        self._per_second: float | None = None
        self._next = 0.0
        self._is_searching = True
        self._is_held = False
        """Somebody had to wait for it since the last answer: it is no idle figure."""
        self._in_a_row = self._answers = 0
        """Refusals since the last answer; answers since the last refusal."""

    def wait_s(self) -> float:
        """Give the seconds until the next request may be sent."""
        return 0.0 if self._per_second is None else max(0.0, self._next - self._clock())

    def spend(self) -> None:
        """Take note of a request."""
        if self._per_second is not None:
            # Never behind the clock: what nobody sent is not made up for.
            self._next = max(self._next, self._clock() - 1 / self._per_second)
            self._next += (0.8 + 0.4 * self._random()) / self._per_second

    def hold(self) -> None:
        """Take note that somebody waits for it."""
        self._is_held = True

    def slow_down(self, opens_at: float) -> None:
        """Take in a refusal; nothing is sent before `opens_at`."""
        self._in_a_row, self._answers = self._in_a_row + 1, 0
        if self._per_second is None:
            self._per_second = FIRST_PER_SECOND
        else:
            self._is_searching = False
            factor = AFTER_REFUSAL if self._in_a_row == 1 else AFTER_MORE
            self._per_second = max(self._least, self._per_second * factor)
        self._next = opens_at + self._random() / self._per_second

    def speed_up(self) -> None:
        """Take in an answer."""
        self._is_searching = self._is_searching or self._in_a_row >= OUT_OF_REACH
        self._in_a_row = 0
        if self._per_second is None or not self._is_held:
            return
        self._is_held = False
        before = self._per_second
        self._answers += 1
        # The slower, the more: of two who are refused alike, the slower one catches up.
        growth = GROWTH / self._per_second**0.5
        is_behind = self._answers * growth > SURE_AFTER
        factor = SEARCH if self._is_searching else 1 + max(growth, CATCHING_UP * is_behind)
        self._per_second = min(MOST_PER_SECOND, self._per_second * factor)
        if self._next > (now := self._clock()):
            self._next = now + (self._next - now) * before / self._per_second
