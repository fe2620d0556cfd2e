"""
How far probabilities can be trusted: decisions held against what was right.

    Sample(probability, is_right) ─┬─► cuts       at each threshold: how much is decided, how
                                   │              much of it is right
                                   ├─► brier, Calibrated (ECE, by bins; what chance would make)
                                   └─► recommend  the threshold for a wished precision, or why none
    Agreement                          yes and no against labels: precision, recall, kappa

Pure. Sources: G. W. Brier, Monthly Weather Review 78 (1950); M. P. Naeini et al., AAAI (2015),
expected calibration error; A. de Moivre's mean deviation of a binomial count; J. Cohen,
Educational and Psychological Measurement 20 (1960), kappa; B. L. Wiens, Pharmaceutical
Statistics 2 (2003), the fallback procedure for hypotheses that are tested in a fixed order.
"""

import math
from collections.abc import Sequence

from gradient_cli.check.statistics import at_least, exactly
from gradient_cli.expect.interval import Z_95, Interval, wilson
from gradient_cli.values import record

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
BINS = 10
ALPHA = 0.01
"""
How often a recommendation may be wrong.

Small enough that the precision holds on as many fresh rows, too, which have a chance of their own.
"""
TIE = 1e-9
Z_ONE_SIDED = 1.6448536269514722
"""95 % of a normal distribution lie below it."""
HALF_NORMAL_SKEW = math.sqrt(2 / math.pi) * (4 / math.pi - 1)
"""The third central moment of how far a normal variable is from its mean."""


@record
class Sample:
    """One decision: how probable it was said to be, and whether it was right."""

    probability: float
    is_right: bool


@record
class Cut:
    """What a threshold leaves."""

    sure: float
    rows: int
    """All rows, those without a decision too."""
    decided: int
    """Of them, as probable as the threshold or more."""
    right: int
    """Of the decided."""

    @property
    def coverage(self) -> float:
        """Give the share of all rows that is decided."""
        return self.decided / self.rows if self.rows else 0.0

    @property
    def precision(self) -> float | None:
        """Give the share of the decided that is right; None where nothing is decided."""
        return self.right / self.decided if self.decided else None

    @property
    def interval(self) -> Interval:
        """Give the precision's 95 % interval."""
        return wilson(self.right, self.decided)


def cuts(
    samples: Sequence[Sample], rows: int, thresholds: Sequence[float] = THRESHOLDS
) -> list[Cut]:
    """Give what each threshold leaves of so many rows."""
    found = []
    for sure in thresholds:
        kept = [sample for sample in samples if sample.probability >= sure - TIE]
        found.append(Cut(sure, rows, len(kept), sum(sample.is_right for sample in kept)))
    return found


def brier(samples: Sequence[Sample]) -> float | None:
    """Give the mean square of what the probabilities were off by: 0 the best, 1 the worst."""
    if not samples:
        return None
    off = ((sample.probability - sample.is_right) ** 2 for sample in samples)
    return math.fsum(off) / len(samples)


@record
class Bin:
    """The samples whose probability is within one tenth."""

    low: float
    high: float
    rows: int
    right: int
    mean: float
    """Of their probabilities."""

    @property
    def rate(self) -> float:
        """Give the share that is right."""
        return self.right / self.rows

    @property
    def interval(self) -> Interval:
        """Give the rate's 95 % interval."""
        return wilson(self.right, self.rows)


def bins(samples: Sequence[Sample]) -> list[Bin]:
    """Give the tenths that have samples, from the least probable on; 1 belongs to the last."""
    by_tenth: dict[int, list[Sample]] = {}
    for sample in samples:
        tenth = min(BINS - 1, math.floor(sample.probability * BINS + TIE))
        by_tenth.setdefault(tenth, []).append(sample)
    return [
        Bin(
            tenth / BINS,
            (tenth + 1) / BINS,
            len(inside),
            sum(sample.is_right for sample in inside),
            math.fsum(sample.probability for sample in inside) / len(inside),
        )
        for tenth, inside in sorted(by_tenth.items())
    ]


OVER, UNDER = "overconfident", "underconfident"


@record
class Calibrated:
    """How far the probabilities are from the rates that they promise."""

    ece: float
    """Expected calibration error: the mean distance of a bin's rate from its probabilities."""
    by_chance: float
    """What it stays below in 95 of 100 such samples whose probabilities are exactly right."""
    mean: float
    """Of all probabilities."""
    rate: float
    """The share that is right."""
    lean: str | None
    """Overconfident or underconfident, where the difference of the two is not chance."""

    @property
    def is_calibrated(self) -> bool:
        """Tell whether chance alone could have made the error, and nothing leans."""
        return self.lean is None and self.ece <= self.by_chance


def calibrated(samples: Sequence[Sample]) -> Calibrated | None:
    """Give how calibrated the samples are; None for none."""
    if not samples:
        return None
    rows, found = len(samples), bins(samples)
    ece = math.fsum(one.rows * abs(one.rate - one.mean) for one in found) / rows
    usual, spread, skew = 0.0, 0.0, 0.0
    for one in found:
        variance = one.rows * one.mean * (1 - one.mean)
        deviation = _mean_deviation(one.rows, one.mean)
        usual += deviation
        spread += max(0.0, variance - deviation**2)
        skew += HALF_NORMAL_SKEW * variance**1.5
    mean = math.fsum(sample.probability for sample in samples) / rows
    rate = sum(sample.is_right for sample in samples) / rows
    whole = math.fsum(s.probability * (1 - s.probability) for s in samples)
    lean = None
    if abs(mean - rate) * rows > Z_95 * math.sqrt(whole) + TIE:
        lean = OVER if mean > rate else UNDER
    limit = usual
    if spread:  # A few half normal distributions lean to the right (Cornish and Fisher's term).
        normal = Z_ONE_SIDED + (Z_ONE_SIDED**2 - 1) / 6 * skew / spread**1.5
        limit += normal * math.sqrt(spread)
    return Calibrated(ece, limit / rows, mean, rate, lean)


def _mean_deviation(count: int, chance: float) -> float:
    """Give how far a binomial count is from its mean, on average."""
    if not 0 < chance < 1:
        return 0.0
    above = (
        math.floor(count * chance) + 1
    )  # At most the count: a chance below 1 takes it no further.
    return 2 * above * (1 - chance) * exactly(above, count, chance)


@record
class Advice:
    """A threshold for a wished precision, or why there is none."""

    wish: float
    sure: float | None
    """None: no threshold can be recommended."""
    why: str
    """What it rests on; lower case, no full stop."""
    has_enough: bool = True
    """False: with more rows there might be one."""


def recommend(samples: Sequence[Sample], rows: int, wish: float) -> Advice:
    """
    Give the lowest threshold whose precision is the wished one or more, as far as rows can tell.

    Of all data sets of which a threshold is recommended, it is wrong for one in a hundred at most:
    the thresholds are tested from the highest on, each at a part of ALPHA and what those that
    held above it have left.
    """
    least = rows_needed(wish)
    whole = cuts(samples, rows)
    found = _distinct([cut for cut in whole if cut.decided >= least])
    share, left, best = ALPHA / max(1, len(found)), 0.0, None
    for cut in reversed(found):
        level = share + left
        holds = at_least(cut.right, cut.decided, wish) <= level
        left = level if holds else 0.0
        best = cut if holds else best
    if best:
        why = f"{best.right} of {best.decided} were right, {best.coverage:.0%} of all rows"
        return Advice(wish, best.sure, why)
    return _no_advice(wish, whole, least)


def _no_advice(wish: float, whole: Sequence[Cut], least: int) -> Advice:
    """Say whether more rows could help."""
    open_ones = [cut for cut in whole if cut.decided and cut.interval.high >= wish]
    if not open_ones:
        top = max(whole, key=lambda cut: cut.precision or 0)
        seen = f"at {top.sure:g} {top.right} of {top.decided} were right"
        return Advice(wish, None, f"no threshold reaches it: {seen}")
    top = max(open_ones, key=lambda cut: (cut.precision or 0, cut.decided))
    seen = f"at {top.sure:g} {top.right} of {top.decided} were right, which may be chance"
    more = f"; {least} without a mistake are the least that prove it"
    return Advice(wish, None, f"too few rows to say: {seen}{more}", has_enough=False)


def rows_needed(wish: float) -> int:
    """Give how many decisions without a mistake can prove a precision; it is below 1."""
    return max(1, math.ceil(math.log(ALPHA) / math.log(wish) - TIE))


def _distinct(found: Sequence[Cut]) -> list[Cut]:
    """Leave out thresholds that leave the same as a higher one."""
    return [cut for n, cut in enumerate(found) if n == len(found) - 1 or
            cut.decided != found[n + 1].decided]  # fmt: skip


@record
class Agreement:
    """Yes and no against labels: a table of four."""

    true_yes: int
    """Said yes, and it was."""
    false_yes: int
    false_no: int
    true_no: int

    @property
    def rows(self) -> int:
        """Give how many there are."""
        return self.true_yes + self.false_yes + self.false_no + self.true_no

    @property
    def precision(self) -> float | None:
        """Give how many of those called yes were; None where nothing was."""
        return _share(self.true_yes, self.true_yes + self.false_yes)

    @property
    def recall(self) -> float | None:
        """Give how many of those that were yes were called so; None where there are none."""
        return _share(self.true_yes, self.true_yes + self.false_no)

    @property
    def accuracy(self) -> float | None:
        """Give how many were called what they were."""
        return _share(self.true_yes + self.true_no, self.rows)

    @property
    def kappa(self) -> float | None:
        """Give Cohen's kappa: 1 agrees always, 0 as two coins would; None where it has no sense."""
        agreed, chance = self.accuracy, self._chance
        if agreed is None or chance >= 1:
            return None
        return (agreed - chance) / (1 - chance)

    @property
    def kappa_interval(self) -> Interval | None:
        """Give kappa's 95 % interval, by Cohen's large-sample error."""
        kappa, agreed = self.kappa, self.accuracy
        if kappa is None or agreed is None:
            return None
        error = math.sqrt(agreed * (1 - agreed) / self.rows) / (1 - self._chance)
        return Interval(max(-1.0, kappa - Z_95 * error), min(1.0, kappa + Z_95 * error))

    @property
    def _chance(self) -> float:
        """Give the share that would agree by chance."""
        if not self.rows:
            return 1.0
        said, was = self.true_yes + self.false_yes, self.true_yes + self.false_no
        both = said * was + (self.rows - said) * (self.rows - was)
        return both / self.rows**2


def agreement(said: Sequence[bool], was: Sequence[bool]) -> Agreement:
    """Count yes and no, said and right, row by row."""
    pairs = list(zip(said, was, strict=True))
    return Agreement(
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
