"""
What a run of suites found, as frozen values. Every report is made from them alone.

    Report ── Result, one a test, in the order of the suites
                ── Attempt, `repeat` of them unless the run was stopped
                     ── Finding, one an expectation

    a test   passed     `require` of its attempts passed
             failed     it cannot pass any more, and every attempt that did not pass has
                        a complete answer that is not what was expected (1)
             error      it cannot pass any more, and an attempt could not be judged (2 to 8)
             not run    the run was stopped before it was decided
             skipped    its suite says that it is not asked, and why
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby

from gradient_cli.exits import ExitStatus, in_words, worst
from gradient_cli.expect.interval import Interval, wilson
from gradient_cli.values import record
from gradient_cli.wire.events import Usage, total_tokens
from gradient_cli.wire.json import Json

PASSED, FAILED, ERROR, NOT_RUN = "passed", "failed", "error", "not run"
SKIPPED = "skipped"
VERDICTS = (PASSED, FAILED, ERROR, NOT_RUN, SKIPPED)


@record
class Finding:
    """What one expectation made of one answer."""

    expectation: str
    """The suite's own key: expect, expect_re, schema, judge."""
    is_met: bool
    message: str = ""
    """What was wanted and what came; lower case, no full stop. "" if it was met."""
    excerpt: str = ""
    """The place in the answer that shows it; model text, to be made harmless by reporters."""


@record
class Attempt:
    """One answer to a test's request, judged; or why there is none."""

    number: int
    """From 1."""
    status: ExitStatus
    """0 passed, 1 failed, the rest could not be judged."""
    text: str = ""
    """The answer, as far as it came."""
    commentary: str = ""
    """What the model said on the way to it."""
    refusal: str = ""
    """The words by which it refused."""
    pending: tuple[Json, ...] = ()
    """Items that wait for somebody, as the server sent them."""
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    """Why it could not be judged; lower case, no full stop."""
    hint: str | None = None
    request_id: str | None = None
    model: str | None = None
    usage: Usage | None = None
    """Of the answer and its judges together."""
    sends: int = 0
    """Requests sent, retries included, judges not."""
    first_token_ms: int | None = None
    total_ms: int = 0
    judged_ms: int = 0
    """How long its judges took."""
    warning: str = ""
    """What a reader should know of an answer that was judged; lower case, no full stop."""

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Give the findings that were not met."""
        return tuple(finding for finding in self.findings if not finding.is_met)


@record
class Result:
    """One test and what came of it."""

    suite: str
    """The suite's file as the user named it."""
    line: int
    """Where the test stands in it, from 1."""
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

    @property
    def key(self) -> tuple[str, str]:
        """Give what tells it from every other test of the run."""
        return self.suite, self.name

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
        """Give 0 for a pass; else the worst of its attempts."""
        if self.passes >= self.require:
            return ExitStatus.OK
        return worst(attempt.status for attempt in self.attempts)

    @property
    def verdict(self) -> str:
        """Give passed, failed, error, not run or skipped."""
        if self.skip is not None:
            return SKIPPED
        if not self.is_decided:
            return NOT_RUN
        match self.status:
            case ExitStatus.OK:
                return PASSED
            case ExitStatus.EXPECTATION:
                return FAILED
            case _:
                return ERROR

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
class Stop:
    """Why a run ended before its end, or is not right as a whole."""

    reason: str
    """Lower case, no full stop."""
    hint: str | None = None
    status: ExitStatus = ExitStatus.OK
    """What it alone would end with; OK where what stopped it is a result already."""
    signal_status: int | None = None
    """130 or 143 where a signal ends the process, whatever was found until then."""
    is_early: bool = True
    """False: every test was asked, and something else is wrong."""

    @property
    def words(self) -> str:
        """The reason, after what became of the run."""
        return f"{'stopped' if self.is_early else 'not right'}: {self.reason}"


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

    @property
    def status(self) -> ExitStatus:
        """Give the worst of all tests, and of what stopped the run."""
        return worst([*(r.status for r in self.results), self.stop.status if self.stop else 0])

    @property
    def exit_code(self) -> int:
        """Give what a shell sees: the status, or that of the signal that ended the run."""
        return (self.stop and self.stop.signal_status) or int(self.status)

    @property
    def counts(self) -> dict[str, int]:
        """Give verdict -> number of tests; every verdict is there."""
        found = Counter(result.verdict for result in self.results)
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
        tests = "1 test" if len(self.results) == 1 else f"{len(self.results)} tests"
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


def rate(result: Result) -> str:
    """Give the observed rate and its interval for people: 2/3, 95 % interval 0.21-0.94."""
    if not (interval := result.interval):
        return "0/0"
    text = f"{result.passes}/{len(result.attempts)}"
    if result.repeat == 1:
        return text
    return f"{text}, 95 % interval {interval.low:.2f}-{interval.high:.2f}"
