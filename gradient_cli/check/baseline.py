"""
A run held against a former one: which test is which, and whether a drop is chance.

    SavedRun + cases ─► matched ─► Baseline ─► change(test) ─► Change

A test is known by its suite, its name and its model; a row by its `name` or `id`, else by what
stands in it, so that a row put in above it changes nothing. What expects something else than it
did is new. A drop is no chance by McNemar's test over the rows, by Fisher's over the repeats of
a test; and where all passed and none does, however few they are: for what is asked once that is
all that can be seen.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradient_cli.check.comparison import (
    BETTER,
    FLAKY,
    NEW,
    SAME,
    UNJUDGED,
    UNSURE_NOW,
    WORSE,
    Change,
    Comparison,
    Count,
    Fall,
)
from gradient_cli.check.report import (
    FAILED,
    NOT_RUN,
    PASSED,
    SKIPPED,
    UNSURE,
    Report,
    Result,
    Tally,
    Test,
    verdict_of,
)
from gradient_cli.check.saved_run import JUDGED, SavedRun, SavedTest, expects_of
from gradient_cli.check.statistics import (
    fisher,
    least_drop,
    least_drop_of_repeats,
    mcnemar,
)
from gradient_cli.values import record

Key = tuple[str, str]
ALPHA = 0.05


@record(kw_only=True)
class Baseline:
    """A former run, its tests found among those of this one."""

    run: SavedRun
    then: Mapping[Key, SavedTest]
    """key of a test or a row of this run -> what it was."""
    changed: Mapping[Key, str]
    """key -> why it cannot be held against what it was."""
    alpha: float = ALPHA
    left_out: int = 0
    notes: tuple[str, ...] = ()

    def compare(self, report: Report) -> Comparison:
        """Give what became of every test."""
        changes = {
            test.key: change
            for test in report.tests
            if test.verdict not in {SKIPPED, NOT_RUN} and (change := self.change(test))
        }
        return Comparison(
            path=self.run.path,
            started=self.run.started,
            asked=self.run.asked,
            answered=self.run.answered,
            alpha=self.alpha,
            changes=changes,
            left_out=self.left_out,
            notes=(*self.notes, *_by_chance(changes, self.alpha)),
        )

    def change(self, test: Test) -> Change:
        """Give what became of one test."""
        if isinstance(test, Tally):
            return self._of_rows(test)
        then, why = self._then(test)
        if test.verdict == UNSURE and (was := self._outcome(test)):
            before = Count(then.passes, then.judged) if then else None
            return _unsure(f"{was} in the baseline", before, test)
        if then is None:
            return Change(state=NEW, now=_count(test), why=why)
        now = _count(test)
        before = Count(then.passes, then.judged)
        unjudged = len(test.attempts) - now.judged
        found = Change(
            state=_state(before, now, self.alpha),
            then=before,
            now=now,
            chance=_chance(before, now, self.alpha),
            why=self._models(test, then),
            sight=_sight_of_repeats(before, now, self.alpha),
            fell=(_fall(then, test),) if now.passes < now.judged and before.passes else (),
        )
        if test.verdict == PASSED:
            return found
        worst = Count(now.passes, now.judged + unjudged)
        return _judged(found, is_open=unjudged > 0 and _is_drop(before, worst, self.alpha))

    def _then(self, result: Result) -> tuple[SavedTest | None, str]:
        """Give what it was; or nothing, and why."""
        if why := self.changed.get(result.key):
            return None, why
        then = self.then.get(result.key)
        if then is None:
            return None, ""
        if then.expects != expects_of(result.expectations):
            return None, "it expects something else than then"
        if not then.judged:
            return None, f"{then.outcome} in the baseline"
        return then, ""

    def _outcome(self, result: Result) -> str:
        """Give what it was, be it unsure; "" where that says nothing of it now."""
        then = self.then.get(result.key)
        if then is None or result.key in self.changed:
            return ""
        is_same = then.expects == expects_of(result.expectations)
        return then.outcome if is_same and then.outcome in {*JUDGED, UNSURE} else ""

    def _models(self, result: Result, then: SavedTest) -> str:
        asked = result.request.get("model")
        return f"of {then.asked} then" if then.asked and asked and then.asked != asked else ""

    # Data sets ----------------------------------------------------------------------------

    def _of_rows(self, tally: Tally) -> Change:
        rows = _Rows()
        for result in tally.results:
            then, why = self._then(result)
            if result.verdict == UNSURE and (was := self._outcome(result)):
                rows.unsure[was] += 1
            elif then is None:
                rows.new.append(result)
                rows.whys[why] += 1
            elif then.outcome in JUDGED and result.verdict in {PASSED, FAILED}:
                rows.pairs.append((then, result))
            elif then.outcome == PASSED and result.verdict != NOT_RUN:
                rows.open.append(result)
        if not (rows.pairs or rows.open or rows.unsure):
            why = next((why for why in rows.whys if why), "")
            return Change(state=NEW, now=Count(tally.passes, tally.asked), why=why)
        found = self._of_pairs(rows)
        if tally.verdict == PASSED:
            return found
        if tally.verdict == UNSURE and rows.unsure and found.state != WORSE:
            now = ", ".join(f"{n} {was} then" for was, n in rows.unsure.most_common())
            return _unsure(f"of its unsure cases {now}", found.then, tally)
        found = _judged(found, is_open=bool(rows.open) and self._could_be_worse(rows))
        if found.is_forgiven and (short := _short_of(tally, rows.new)):
            found = replace(found, is_forgiven=False, why=short)
        return replace(found, spared=_spared(found, rows, tally))

    def _of_pairs(self, rows: "_Rows") -> Change:
        before = Count(sum(1 for t, _ in rows.pairs if t.outcome == PASSED), len(rows.pairs))
        now = Count(sum(1 for _, r in rows.pairs if r.verdict == PASSED), len(rows.pairs))
        fell, rose = rows.fell, rows.rose
        state = SAME
        if _is_collapse(before, now) or mcnemar(len(fell), len(rose)) <= self.alpha:
            state = WORSE
        elif _is_collapse(now, before) or mcnemar(len(rose), len(fell)) <= self.alpha:
            state = BETTER
        return Change(
            state=state,
            then=before,
            now=now,
            chance=mcnemar(*_sizes(rose, fell) if state == BETTER else _sizes(fell, rose)),
            why=f"{len(rows.new)} of its cases are new" if rows.new else "",
            sight=_sight_of_rows(before, self.alpha),
            fell=tuple(_fall(then, result) for then, result in fell),
            rose=tuple(_row_name(result) for result in rose),
        )

    def _could_be_worse(self, rows: "_Rows") -> bool:
        """Tell whether it were worse if every row that could not be judged had failed."""
        fell = len(rows.fell) + len(rows.open)
        return not rows.pairs or mcnemar(fell, len(rows.rose)) <= self.alpha


class _Rows:
    """The rows of a test, by what can be told of them."""

    def __init__(self) -> None:
        self.pairs: list[tuple[SavedTest, Result]] = []
        """Judged in both runs."""
        self.open: list[Result] = []
        """Passed then, and could not be judged now."""
        self.unsure: Counter[str] = Counter()
        """What rows were that are unsure now: neither fallen nor risen."""
        self.new: list[Result] = []
        self.whys: Counter[str] = Counter()

    @property
    def fell(self) -> list[tuple[SavedTest, Result]]:
        """Those that passed then and do not now."""
        return [(t, r) for t, r in self.pairs if t.outcome == PASSED and r.verdict != PASSED]

    @property
    def rose(self) -> list[Result]:
        """Those that pass now and did not then."""
        return [r for t, r in self.pairs if t.outcome != PASSED and r.verdict == PASSED]


def _judged(found: Change, *, is_open: bool) -> Change:
    """Say what follows for a test that does not pass."""
    if found.state == WORSE:
        return replace(found, is_regression=True)
    if is_open or (found.now and not found.now.judged):
        return replace(found, state=UNJUDGED, why="what could not be judged decides")
    return replace(found, is_forgiven=True)


def _unsure(why: str, then: Count | None, test: Test) -> Change:
    """Tell of what is unsure: it has not got worse for sure."""
    now = Count(test.passes, test.asked if isinstance(test, Tally) else len(test.attempts))
    spared = tuple(result.key for result in test.missed) if isinstance(test, Tally) else ()
    return Change(state=UNSURE_NOW, then=then, now=now, is_forgiven=True, why=why, spared=spared)


def _short_of(tally: Tally, new: Sequence[Result]) -> str:
    """Say that new rows fall short of the share that their test requires of all; or nothing."""
    if not new:
        return ""
    passed = sum(1 for result in new if result.verdict == PASSED)
    required = math.ceil(len(new) * tally.required / len(tally.results))
    return f"{passed}/{len(new)} of its new cases pass, {required} required" * (passed < required)


def _spared(found: Change, rows: _Rows, tally: Tally) -> tuple[Key, ...]:
    """Give the rows that are not what made it fail: all, or those that failed then as well."""
    if found.is_forgiven:
        return tuple(result.key for result in tally.missed)
    if not found.is_regression:
        return ()
    return tuple(r.key for t, r in rows.pairs if t.outcome != PASSED and r.verdict == FAILED)


def _sizes(one: Sequence[object], other: Sequence[object]) -> tuple[int, int]:
    return len(one), len(other)


def _fall(then: SavedTest, result: Result) -> Fall:
    """Give an answer that passed then, and one that fails now."""
    passed = next((one for one in then.attempts if one.outcome == PASSED), None)
    failed = result.problem or next((one for one in result.attempts if one.status), None)
    before = f"{passed.text}{' …' * passed.is_cut}" if passed else ""
    return Fall(result.key, _row_name(result), before, failed.text if failed else "")


def _row_name(result: Result) -> str:
    return result.row.name if result.row else result.name


def _count(result: Result) -> Count:
    judged = sum(1 for attempt in result.attempts if verdict_of(attempt.status) in JUDGED)
    return Count(result.passes, judged)


def _state(then: Count, now: Count, alpha: float) -> str:
    """Give the state of a test that was asked so often."""
    if _is_drop(then, now, alpha):
        return WORSE
    if _is_drop(now, then, alpha):
        return BETTER
    if 0 < then.passes < then.judged and 0 < now.passes < now.judged:
        return FLAKY
    return SAME


def _is_drop(then: Count, now: Count, alpha: float) -> bool:
    if not (then.judged and now.judged):
        return False
    return _is_collapse(then, now) or _fisher(then, now) <= alpha


def _chance(then: Count, now: Count, alpha: float) -> float:
    """Give how likely the change were by chance: the rise, where it is one."""
    return _fisher(now, then) if _is_drop(now, then, alpha) else _fisher(then, now)


def _fisher(then: Count, now: Count) -> float:
    return fisher(then.passes, then.judged, now.passes, now.judged)


def _is_collapse(then: Count, now: Count) -> bool:
    """Tell whether all passed and none does."""
    return then.judged > 0 and now.judged > 0 and then.passes == then.judged and not now.passes


# What could have been seen ------------------------------------------------------------------


def _sight_of_rows(then: Count, alpha: float) -> str:
    cases = f"{then.judged} cases" if then.judged > 1 else "1 case"
    if not then.passes:
        return f"{cases}, of which none passed: nothing could get worse"
    return _sight(cases, then, least_drop(then.judged, _usual(then), alpha))


def _sight_of_repeats(then: Count, now: Count, alpha: float) -> str:
    if not then.passes:
        return ""
    if then.judged == now.judged == 1:
        return "asked once: one that passed and fails counts as worse, chance or not"
    attempts = f"{then.judged} attempts, then {now.judged}"
    least = least_drop_of_repeats(then.judged, max(1, now.judged), _usual(then), alpha)
    return _sight(attempts, then, least)


def _usual(then: Count) -> float:
    """Give the rate to reckon with; of all that passed a few would fail another time (Laplace)."""
    return (then.passes + 1) / (then.judged + 2)


def _sight(asked: str, then: Count, drop: float | None) -> str:
    if drop is not None:
        points = round(drop * 100)
        unit = "point" if points == 1 else "points"
        return f"{asked}: a drop of {points} {unit} would have been noticed with 80 %"
    if then.passes == then.judged:
        return f"{asked} are too few to tell: only if all failed would it be noticed for sure"
    return f"{asked} are too few to tell a drop from chance"


def _by_chance(changes: Mapping[Key, Change], alpha: float) -> tuple[str, ...]:
    """Say how many alarms chance alone gives, where there are many comparisons."""
    compared = sum(1 for change in changes.values() if change.then and change.then.judged > 1)
    if compared * alpha < 1:
        return ()
    return (
        f"{compared} comparisons at --alpha {alpha:g}: by chance alone up to "
        f"{compared * alpha:.0f} would be called worse",
    )
