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

from gradient_cli.ask.client import Asker, Outcome
from gradient_cli.ask.workers import room_for, start
from gradient_cli.check.attempt import Attempt
from gradient_cli.check.program_checks import DESCRIPTORS
from gradient_cli.check.report import Report, Result, Tally, Test, is_lost
from gradient_cli.check.stop import Stop, stopped_by
from gradient_cli.check.trial import Prepared, attempt_of, body_of
from gradient_cli.errors import MachineExhausted, run_timed_out
from gradient_cli.exits import ExitStatus
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.events import total_tokens

LISTEN_S = 0.2
"""How often the main thread looks up: a signal is heard at the latest then."""


@mutable_record
class Limits:
    """When to stop early."""

    fail_fast: bool = False
    max_total_tokens: int | None = None
    is_late: Callable[[], bool] = lambda: False
    """Tells that --max-time is over, and that a worker which is still busy hangs."""
    is_lost: Callable[[Test], bool] = is_lost
    """Tells what --fail-fast stops at."""


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
        has_programs = any(test.case.wants.checks for test in self._tests)
        workers = room_for(workers, tell, more=DESCRIPTORS if has_programs else 0)
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
        most = self._limits.max_total_tokens
        if most is not None and self._is_complete():
            most = None
        is_uncounted = attempt.sends and attempt.error is None and not total_tokens(attempt.usage)
        if most is not None and is_uncounted:
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
            if self._limits.is_lost(test):
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
            self._watch.asking(test, number)
            return attempt_of(
                test, number, clients[key], lambda outcome: self._watch.came(test, number, outcome)
            )
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
            request={} if test.given is not None else body_of(test.request),
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
