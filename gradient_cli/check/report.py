"""
What a run of suites found, as frozen values. Every report is made from them alone.

    Report ── Tally, one a test with a data set
           ── Result, one a test or a row, in the order of the suites
                ── Attempt, `repeat` of them unless the run was stopped
                     ── Finding, one an expectation

    a test   passed     `require` of its attempts passed
             failed     it cannot pass any more, and every attempt that did not pass has
                        a complete answer that is not what was expected (1), or is unsure
             unsure     it did not pass, and would have if the unsure attempts (9) had
             error      it cannot pass any more, and an attempt could not be judged (2 to 8)
             not run    the run was stopped before it was decided
             skipped    its suite says that it is not asked, and why
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from gradient_cli.check.attempt import Attempt
from gradient_cli.check.case import Row
from gradient_cli.check.stop import Stop
from gradient_cli.exits import ExitStatus, in_words, worst
from gradient_cli.expect.interval import Interval, wilson
from gradient_cli.values import record
from gradient_cli.wire.events import total_tokens
from gradient_cli.wire.json import Json

if TYPE_CHECKING:
    from gradient_cli.check.comparison import Comparison

PASSED, FAILED, ERROR, NOT_RUN = "passed", "failed", "error", "not run"
SKIPPED, UNSURE = "skipped", "unsure"
VERDICTS = (PASSED, FAILED, UNSURE, ERROR, NOT_RUN, SKIPPED)
BAD_FIRST = (ERROR, FAILED, UNSURE)
"""What did not pass, the worst first."""


NOWHERE = 0
"""The line of what stands in no suite: a key that is missing, a flag that is none."""


@record
class Result:
    """One test, or one row of a data set, and what came of it."""

    suite: str
    """The suite's file as the user named it."""
    line: int
    """Where the test stands in it, from 1; NOWHERE: what is wrong is no test's."""
    name: str
    repeat: int
    require: int
    request: Json
    """The body that was sent, without a header."""
    expectations: tuple[tuple[str, str], ...]
    """(key, what was expected) as the suite says it."""
    rerun: str
    """The command that runs this test alone, quoted for a shell."""
    attempts: tuple[Attempt, ...] = ()
    skip: str | None = None
    """Why it was not asked."""
    model: str | None = None
    """The model that was asked for, or that answered."""
    row: Row | None = None
    """The row of a data set that it was asked with."""
    of_model: str | None = None
    """The model that was asked, where several stand side by side."""
    rerun_all: str = ""
    """The command that runs all rows of the test."""

    @property
    def title(self) -> str:
        """Give the name, and the model where several stand side by side."""
        return f"{self.name} ({self.of_model})" if self.of_model else self.name

    @property
    def place(self) -> tuple[str, int]:
        """Give file and line of the row, or of the test."""
        return (self.row.file, self.row.line) if self.row else (self.suite, self.line)

    @property
    def key(self) -> tuple[str, str]:
        """Give what tells it from every other test of the run."""
        return self.suite, self.title

    @property
    def passes(self) -> int:
        """Count the attempts that passed."""
        return sum(1 for attempt in self.attempts if attempt.status is ExitStatus.OK)

    @property
    def interval(self) -> Interval | None:
        """Give the observed rate's 95 % interval (Wilson), each end 0 to 1; None if not run."""
        return wilson(self.passes, len(self.attempts)) if self.attempts else None

    @property
    def is_finished(self) -> bool:
        """Tell whether every attempt was made."""
        return len(self.attempts) == self.repeat

    @property
    def is_decided(self) -> bool:
        """Tell whether further attempts could not change the verdict."""
        left = self.repeat - len(self.attempts)
        return self.passes >= self.require or self.passes + left < self.require

    @property
    def status(self) -> ExitStatus:
        """Give 0 for a pass; 9 if unsure attempts could make it one; else the worst of them."""
        return _summed(self.passes, self.require, [attempt.status for attempt in self.attempts])

    @property
    def verdict(self) -> str:
        """Give passed, failed, unsure, error, not run or skipped."""
        if self.skip is not None:
            return SKIPPED
        if not self.is_decided:
            return NOT_RUN
        return verdict_of(self.status)

    @property
    def seconds(self) -> float:
        """Add up the time of the attempts, waits and judges included."""
        return sum(attempt.total_ms + attempt.judged_ms for attempt in self.attempts) / 1000

    @property
    def tokens(self) -> int:
        """Add up the tokens that the server reported."""
        return sum(total_tokens(attempt.usage) for attempt in self.attempts)

    @property
    def problem(self) -> Attempt | None:
        """Give the attempt that tells best why the test did not pass: the worst, then the first."""
        if self.verdict == PASSED:
            return None
        return next((a for a in self.attempts if a.status == self.status and a.status), None)


@record
class Tally:
    """
    A test with a data set: its rows together, for one model.

    A row passes if all of its attempts do. The test passes if enough rows do, fails if
    that cannot be any more and every row that did not pass has a complete answer; it is
    unsure if it would pass with the rows that are.
    """

    results: tuple[Result, ...]
    """One a row; at least one."""
    verdicts: tuple[str, ...] = field(init=False, default=(), compare=False, repr=False)
    """That of each row: asked for many times, and worked out once."""

    def __post_init__(self) -> None:
        """Work out what every report asks for."""
        object.__setattr__(self, "verdicts", tuple(result.verdict for result in self.results))

    @property
    def _row(self) -> Row:
        row = self.results[0].row
        assert row
        return row

    @property
    def suite(self) -> str:
        """Give the suite's file."""
        return self.results[0].suite

    @property
    def line(self) -> int:
        """Give where the test stands in it."""
        return self.results[0].line

    @property
    def place(self) -> tuple[str, int]:
        """Give file and line of the test."""
        return self.suite, self.line

    @property
    def key(self) -> tuple[str, str]:
        """Give what tells it from every other test of the run."""
        return self.suite, self.title

    @property
    def name(self) -> str:
        """Give the name of the test."""
        return self._row.test

    @property
    def of_model(self) -> str | None:
        """Give the model that was asked, where several stand side by side."""
        return self.results[0].of_model

    @property
    def title(self) -> str:
        """Give the name, and the model where several stand side by side."""
        return f"{self.name} ({self.of_model})" if self.of_model else self.name

    @property
    def required(self) -> int:
        """Give how many rows must pass."""
        return self._row.required

    @property
    def rerun(self) -> str:
        """Give the command that runs the test alone, with all of its rows."""
        return self.results[0].rerun_all

    @property
    def passes(self) -> int:
        """Count the rows that passed."""
        return self.verdicts.count(PASSED)

    @property
    def asked(self) -> int:
        """Count the rows that were asked to their end."""
        return len(self.verdicts) - self.verdicts.count(NOT_RUN)

    @property
    def interval(self) -> Interval | None:
        """Give the 95 % interval of the rate; None if nothing was asked."""
        return wilson(self.passes, self.asked) if self.asked else None

    @property
    def is_finished(self) -> bool:
        """Tell whether every attempt of every row was made."""
        return all(result.is_finished for result in self.results)

    @property
    def is_decided(self) -> bool:
        """Tell whether further rows could not change the verdict."""
        left = len(self.results) - self.asked
        return self.passes >= self.required or self.passes + left < self.required

    @property
    def status(self) -> ExitStatus:
        """Give 0 for a pass; 9 if unsure rows could make it one; else the worst of them."""
        return _summed(self.passes, self.required, [result.status for result in self.results])

    @property
    def verdict(self) -> str:
        """Give passed, failed, unsure, error or not run."""
        return verdict_of(self.status) if self.is_decided else NOT_RUN

    @property
    def seconds(self) -> float:
        """Add up the time of the rows."""
        return sum(result.seconds for result in self.results)

    @property
    def tokens(self) -> int:
        """Add up the tokens that the server reported."""
        return sum(result.tokens for result in self.results)

    @property
    def missed(self) -> list[Result]:
        """Give the rows that were asked and did not pass, the worst first."""
        bad = [result for result in self.results if result.verdict in BAD_FIRST]
        return sorted(bad, key=lambda result: BAD_FIRST.index(result.verdict))

    def groups(self) -> dict[str, tuple[int, int]]:
        """Give group -> (rows passed, rows asked), in order; nothing without `group`."""
        found: dict[str, tuple[int, int]] = {}
        for result in self.results:
            if result.row and result.row.group is not None and result.verdict != NOT_RUN:
                passed, asked = found.get(result.row.group, (0, 0))
                found[result.row.group] = passed + (result.verdict == PASSED), asked + 1
        return found


def is_lost(test: "Result | Tally") -> bool:
    """Tell whether a test cannot pass any more; what is unsure has not failed."""
    return test.is_decided and test.status not in {ExitStatus.OK, ExitStatus.UNSURE}


Test = Result | Tally
"""What has a verdict of its own, and a part in the status of the run."""


@record
class Report:
    """A whole run."""

    results: tuple[Result, ...]
    started: str
    """UTC, ISO 8601 to the second, without a zone: 2026-11-23T12:00:00."""
    seconds: float
    """Wall time."""
    stop: Stop | None = None
    notes: tuple[str, ...] = ()
    """What a reader should know besides; lower case, no full stop."""
    comparison: "Comparison | None" = None
    """What became of it since a baseline."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """suite -> SHA-256 of its text."""
    is_refusal: bool = False
    """Nothing was asked: its one result is why."""
    _tests: list[Test] = field(init=False, default_factory=list, compare=False, repr=False)
    """`tests`, once they were asked for."""

    @property
    def tests(self) -> list[Test]:
        """Give the tests in order, the rows of a data set together."""
        if not self._tests:
            for results in (tuple(group) for _, group in groupby(self.results, _test_of)):
                self._tests.extend([Tally(results)] if results[0].row else results)
        return self._tests

    @property
    def status(self) -> ExitStatus:
        """Give the worst of all tests that count, and of what stopped the run."""
        forgiven = self.forgiven
        counted = (test.status for test in self.tests if test.key not in forgiven)
        return worst([*counted, self.stop.status if self.stop else 0])

    @property
    def forgiven(self) -> Collection[tuple[str, str]]:
        """Give the keys of tests that do not pass, and did not get worse since the baseline."""
        return self.comparison.forgiven if self.comparison else ()

    @property
    def exit_code(self) -> int:
        """Give what a shell sees: the status, or that of the signal that ended the run."""
        return (self.stop and self.stop.signal_status) or int(self.status)

    @property
    def counts(self) -> dict[str, int]:
        """Give verdict -> number of tests; every verdict is there."""
        found = Counter(test.verdict for test in self.tests)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def tokens(self) -> int:
        """Add up the tokens that the server reported."""
        return sum(result.tokens for result in self.results)

    def by_suite(self) -> list[tuple[str, list[Result]]]:
        """Give (suite, its results), in order."""
        return [(suite, list(group)) for suite, group in groupby(self.results, lambda r: r.suite)]

    @property
    def is_cut(self) -> bool:
        """Tell whether something from outside ended it: then what was not run is an error."""
        return self.stop is not None and bool(self.stop.status or self.stop.signal_status)

    def summary(self) -> str:
        """Give one line: how many of which verdict, time and tokens."""
        counts = [f"{n} {verdict}" for verdict, n in self.counts.items() if n or verdict == PASSED]
        if forgiven := len(self.forgiven):
            counts[-1] += f" ({forgiven} no worse than in the baseline)"
        asked = self.tests
        tests = "1 test" if len(asked) == 1 else f"{len(asked)} tests"
        if rows := sum(1 for result in self.results if result.row):
            tests += f" ({rows} cases)"
        return (
            f"{tests}: {', '.join(counts)} in {self.seconds:.1f} s"
            + (f", {self.tokens} tokens" if self.tokens else "")
            + f"; exit {in_words(self.exit_code)}"
        )


def with_skipped(report: Report, skipped: Mapping[int, Result]) -> Report:
    """Give the report with the tests that were not asked, each at its place in the suites."""
    if not skipped:
        return report
    asked = iter(report.results)
    size = len(report.results) + len(skipped)
    results = tuple(skipped[n] if n in skipped else next(asked) for n in range(size))
    return replace(report, results=results)


def _test_of(result: Result) -> tuple[str, int, str, str | None]:
    name = result.row.test if result.row else result.name
    return result.suite, result.line, name, result.of_model


def _summed(passes: int, required: int, statuses: Sequence[ExitStatus]) -> ExitStatus:
    """Give what attempts or rows come to; what is unsure neither passes nor fails."""
    if passes >= required:
        return ExitStatus.OK
    found = worst(statuses)
    could_pass = passes + statuses.count(ExitStatus.UNSURE) >= required
    return ExitStatus.UNSURE if found is ExitStatus.EXPECTATION and could_pass else found


_VERDICTS = {ExitStatus.OK: PASSED, ExitStatus.EXPECTATION: FAILED, ExitStatus.UNSURE: UNSURE}


def verdict_of(status: ExitStatus) -> str:
    """Give the word for a status: passed, failed, unsure or error."""
    return _VERDICTS.get(status, ERROR)
