"""
Running tests: workers that each hold their own client, results in the order of the suites.

    Prepared, `repeat` times each ─► workers ─► Attempt ─► Report

Threads, because a client of its own for each is the fastest way there is (transport/http.py);
daemons, because a run that is stopped does not wait for a model.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field

from gradient_cli.ask.client import Asker, Outcome
from gradient_cli.ask.flaws import Allowed
from gradient_cli.ask.verdict import verdict_on
from gradient_cli.ask.workers import room_for, start
from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.case import Case
from gradient_cli.check.judge import Bench, Ruling, judge
from gradient_cli.check.report import Report, Result, Stop, Tally, Test
from gradient_cli.errors import (
    ExpectationFailed,
    GradientError,
    IncompleteAnswer,
    MachineExhausted,
    NoAnswer,
    Terminated,
    run_timed_out,
)
from gradient_cli.exits import ExitStatus
from gradient_cli.expect.expectations import Expectations, Judgement
from gradient_cli.transport.tape import ASKED_FOR
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.events import add_usage, total_tokens
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request

LISTEN_S = 0.2
"""How often the main thread looks up: a signal is heard at the latest then."""


@record
class Prepared:
    """A test with everything it needs to be asked."""

    case: Case
    request: Request
    open_client: Callable[[], Asker]
    """Opens a client for the test's profile."""
    rerun: str
    """The command that runs this test alone."""
    allowed: Allowed = Allowed()
    """What is taken for an answer besides."""
    expectations: Expectations = field(default_factory=Expectations)
    bench: Bench = field(default_factory=Bench)
    rerun_all: str = ""
    """The command that runs all rows of the test, if it has any."""


@mutable_record
class Limits:
    """When to stop early."""

    fail_fast: bool = False
    max_total_tokens: int | None = None
    is_late: Callable[[], bool] = lambda: False
    """Tells that --max-time is over, and that a worker which is still busy hangs."""


@record
class Watch:
    """Who hears of a run as it goes on; `asking` and `came` in workers, the rest in `run`."""

    on_attempt: Callable[[Result, Attempt], None] = lambda result, attempt: None
    """An attempt has ended; the test as far as it is known by then."""
    on_idle: Callable[[], None] = lambda: None
    """Nothing has ended for a while: called every LISTEN_S."""
    asking: Callable[[Prepared, int], None] = lambda test, number: None
    """An attempt begins."""
    came: Callable[[Prepared, int, Outcome], None] = lambda test, number, outcome: None
    """Its answer came, or did not."""


NOBODY = Watch()


class Runner:
    """One run; `run` may be interrupted, `report` tells what came of it."""

    def __init__(
        self,
        tests: Sequence[Prepared],
        limits: Limits,
        watch: Watch,
        started: str,
    ) -> None:
        self._tests = tests
        self._limits = limits
        self._watch = watch
        self._attempts: list[dict[int, Attempt]] = [{} for _ in tests]
        self._work = iter(
            [(n, k) for n, t in enumerate(tests) for k in range(1, t.case.repeat + 1)]
        )
        self._lock = threading.Lock()
        self._done: queue.Queue[tuple[Result, Attempt] | BaseException | None] = queue.Queue()
        self._stop: Stop | None = None
        self._tokens = 0
        self._started = started
        self._began = time.monotonic()

    def run(self, jobs: int, tell: Callable[[str], None] = lambda line: None) -> None:
        """
        Ask everything, so many at a time; `tell` hears of it where they are fewer.

        Raises:
            GradientError: a client could not be opened.
            KeyboardInterrupt: Ctrl-C; `report` has what finished.

        """
        workers = max(1, min(jobs, sum(test.case.repeat for test in self._tests)))
        workers = room_for(workers, tell)
        workers = max(1, len(start(self._worker, workers, tell)))
        while workers:
            try:
                done = self._done.get(timeout=LISTEN_S)
            except queue.Empty:
                if self._limits.is_late():
                    raise run_timed_out() from None
                self._watch.on_idle()
                continue
            if isinstance(done, BaseException):
                raise done
            if done is None:
                workers -= 1
            else:
                result, attempt = done
                self._watch.on_attempt(result, attempt)

    def interrupt(self, error: BaseException) -> None:
        """Note what stopped the run from outside, and begin nothing more."""
        self._halt(stopped_by(error))

    def _halt(self, stop: Stop) -> None:
        with self._lock:
            self._stop = self._stop or stop

    def _keep(self, number: int, attempt: Attempt) -> Result:
        """Keep an attempt, stop the run if it was the last that may be made; give the test."""
        with self._lock:
            self._attempts[number][attempt.number] = attempt
            self._tokens += total_tokens(attempt.usage)
            self._stop = self._stop or self._reason_to_stop(number, attempt)
            return self._result(number)

    def _reason_to_stop(self, number: int, attempt: Attempt) -> Stop | None:
        most = None if self._is_complete() else self._limits.max_total_tokens
        if most is not None and attempt.error is None and not total_tokens(attempt.usage):
            return Stop(
                "the service does not say how many tokens it took",
                "--max-total-tokens cannot be kept; `stream = false` in the suite may help",
                ExitStatus.INCOMPLETE,
            )
        if most is not None and self._tokens >= most:
            return Stop(
                f"{self._tokens} tokens were used, of {most} allowed",
                "raise --max-total-tokens",
                ExitStatus.INCOMPLETE,
            )
        if self._limits.fail_fast:
            test = self._whole(number)
            if test.is_decided and test.status:
                return Stop(f'"{test.title}" did not pass, and --fail-fast was given')
        return None

    def _whole(self, number: int) -> Test:
        """Give the test; with all of its rows, which stand next to each other, if it has any."""
        row = self._tests[number].case.row
        if row is None:
            return self._result(number)
        case = self._tests[number].case
        found = [
            self._result(n)
            for n in range(max(0, number - row.of), min(len(self._tests), number + row.of))
            if (other := self._tests[n].case).row is not None
            and (other.suite, other.line, other.model) == (case.suite, case.line, case.model)
            and other.row.test == row.test
        ]
        return Tally(tuple(found))

    def _is_complete(self) -> bool:
        wanted = sum(test.case.repeat for test in self._tests)
        return sum(map(len, self._attempts)) == wanted

    # Workers ------------------------------------------------------------------------------

    def _worker(self) -> None:
        clients: dict[int, Asker] = {}
        try:
            while (work := self._next()) is not None:
                number, attempt = work
                found = self._attempt(self._tests[number], attempt, clients)
                self._done.put((self._keep(number, found), found))
            for client in clients.values():
                client.close()
        except BaseException as error:
            # Not swallowed: the main thread raises it.
            self._done.put(error)
        else:
            self._done.put(None)

    def _attempt(self, test: Prepared, number: int, clients: dict[int, Asker]) -> Attempt:
        """Ask with the worker's client; the end of a resource of this machine fails one test."""
        key = id(test.open_client)
        try:
            if key not in clients:
                clients[key] = test.open_client()
            return attempt_of(test, number, clients[key], self._watch)
        except (OSError, RuntimeError, MemoryError, ImportError) as error:
            exhausted = MachineExhausted.behind(error)
            if exhausted is None:
                raise
            return Attempt(number, exhausted.status, error=exhausted.message, hint=exhausted.hint)

    def _next(self) -> tuple[int, int] | None:
        with self._lock:
            return None if self._stop else next(self._work, None)

    # The report -----------------------------------------------------------------------------

    def _result(self, number: int) -> Result:
        test = self._tests[number]
        attempts = self._attempts[number]
        return Result(
            suite=test.case.suite,
            line=test.case.line,
            name=test.case.name,
            repeat=test.case.repeat,
            require=test.case.require,
            request=body_of(test.request),
            expectations=test.case.expected,
            rerun=test.rerun,
            rerun_all=test.rerun_all,
            attempts=tuple(attempts[n] for n in sorted(attempts)),
            model=test.request.model or next((a.model for a in attempts.values() if a.model), None),
            row=test.case.row,
            of_model=test.case.model if test.case.models else None,
        )

    def report(self, notes: Iterable[str] = ()) -> Report:
        """Give what is known now."""
        return Report(
            results=tuple(self._result(n) for n in range(len(self._tests))),
            started=self._started,
            seconds=time.monotonic() - self._began,
            stop=self._stop,
            notes=tuple(notes),
        )


def stopped_by(error: BaseException) -> Stop:
    """Give why a run ended, for what ended it."""
    match error:
        case KeyboardInterrupt():
            return Stop("interrupted", signal_status=130)
        case Terminated():
            return Stop("terminated", signal_status=143)
        case GradientError():
            return Stop(error.message, error.hint, error.status)
        case _:
            return Stop("a bug in gradient", status=ExitStatus.BUG)


def attempt_of(test: Prepared, number: int, client: Asker, watch: Watch = NOBODY) -> Attempt:
    """Ask once and judge; from a recording, each attempt gets its own answers again."""
    watch.asking(test, number)
    # The context is this thread's alone, and the next attempt sets it anew.
    ASKED_FOR.set(f"{test.case.known_as} #{number}")
    outcome = client.ask(test.request, None, test.allowed.reading())
    watch.came(test, number, outcome)
    try:
        found = verdict_on(test.request, outcome, test.expectations, test.allowed)
    except GradientError as error:
        return _failed(number, outcome, error, [])
    judgement, fault = found.judgement, found.error
    if judgement is None or (fault and not isinstance(fault, ExpectationFailed)):
        assert fault
        return _failed(number, outcome, fault, [])
    findings = _findings(judgement)
    if isinstance(fault, NoAnswer):
        findings.insert(0, Finding("answer", False, fault.message))
    ruling = Ruling()
    # An answer that has failed already is not worth another call.
    if test.bench.criteria and fault is None:
        ruling = judge(client, test.bench, outcome.response.printed(judgement.text))
        if ruling.fault:
            return _failed(number, outcome, ruling.fault, ruling.asked, "the judge: ")
        findings += ruling.findings
    status = ExitStatus.OK if all(f.is_met for f in findings) else ExitStatus.EXPECTATION
    return _attempt(
        number,
        status,
        outcome,
        ruling.asked,
        findings=tuple(findings),
        warning=judgement.warning,
    )


def _findings(judgement: Judgement) -> list[Finding]:
    return [
        Finding(verdict.expectation, verdict.ok, verdict.message, verdict.excerpt)
        for verdict in judgement.verdicts
    ]


def _failed(
    number: int, outcome: Outcome, error: GradientError, asked: Sequence[Outcome], who: str = ""
) -> Attempt:
    return _attempt(
        number, error.status, outcome, asked, error=f"{who}{error.message}", hint=_hint(error)
    )


def _hint(error: GradientError) -> str | None:
    """Give the remedy in the words of a suite, which has no flags."""
    if isinstance(error, IncompleteAnswer) and error.hint and "--max-output-tokens" in error.hint:
        return "raise `max_output_tokens` of the test"
    if isinstance(error, IncompleteAnswer) and error.hint and "--allow-incomplete" in error.hint:
        return "try again"
    return error.hint


def _attempt(
    number: int,
    status: ExitStatus,
    outcome: Outcome,
    asked: Sequence[Outcome],
    *,
    findings: tuple[Finding, ...] = (),
    error: str | None = None,
    hint: str | None = None,
    warning: str = "",
) -> Attempt:
    return Attempt(
        number=number,
        status=status,
        text=outcome.response.text,
        commentary=outcome.response.commentary,
        refusal=outcome.response.refusal,
        pending=outcome.response.pending,
        findings=findings,
        error=error,
        hint=hint,
        request_id=outcome.request_id,
        model=outcome.response.model,
        usage=add_usage([o.response.usage for o in (outcome, *asked)]),
        sends=outcome.attempts,
        first_token_ms=outcome.first_token_ms,
        total_ms=outcome.total_ms,
        judged_ms=sum(one.total_ms for one in asked),
        warning=warning,
    )


def body_of(request: Request) -> Json:
    """Give the body for a report; a very long input is named, not repeated."""
    body = request.body()
    if isinstance(body.get("input"), LongText):
        body["input"] = "(a text of more than 8 MiB)"
    return body
