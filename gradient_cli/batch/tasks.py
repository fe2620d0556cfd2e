"""
The run: tasks made one by one, N workers with a client each, one writer.

    tasks ─► worker: takes the next, asks, judges ─► Results.write
              × N

The tasks are a generator that the workers share: each is made when somebody is free for it,
so memory does not grow with their number, and nobody waits for a queue to be filled. The
main thread only waits, and so hears signals at once.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from gradient_cli.ask.client import Asker, OpenClient
from gradient_cli.ask.workers import room_for, start
from gradient_cli.batch.entries import Row
from gradient_cli.batch.results import Results
from gradient_cli.batch.spending import NOTHING, Spent
from gradient_cli.errors import (
    MachineExhausted,
    OutputClosed,
    UsageError,
    WriteFailed,
    run_timed_out,
)
from gradient_cli.exits import ExitStatus
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.request import Request

SPILLED = "the answers that came after that are on stdout, a line each: append them to OUT"
HEARING_S = 0.2
"""How long anybody waits at a time before looking whether the run is over."""


@record
class Task:
    """One request to send, and what its result is known by."""

    row: Row
    request: Request
    spent_before: Spent = NOTHING
    """What was paid for the row in vain."""


@record
class Done:
    """What came of a task."""

    status: ExitStatus
    line: bytes
    """Its line in OUT, newline included."""
    tokens: int = 0
    is_final: bool = False
    """No other task can do better: the key is not accepted."""
    fault: str | None = None
    """Why no answer came, if the service or the way to it failed: many others will fail, too."""


Work = Callable[[Task, Asker], Done]
"""Does a task with the worker's client; in the worker's thread."""


@mutable_record
class Tally:
    """What a run has come to."""

    statuses: dict[ExitStatus, int] = field(default_factory=dict)
    tokens: int = 0
    stopped_by: str | None = None
    """Why tasks were left: tokens, uncounted, time, refused, failures; None if none were."""
    faults_in_a_row: int = 0
    """Results since the last that was no fault, up to the end of the run or its stop."""
    last_fault: str | None = None

    def add(self, done: Done) -> None:
        """Take in one result."""
        self.statuses[done.status] = self.statuses.get(done.status, 0) + 1
        self.tokens += done.tokens
        if self.stopped_by is None:  # What was under way then changes nothing of the reason.
            self.faults_in_a_row = self.faults_in_a_row + 1 if done.fault else 0
            self.last_fault = done.fault or self.last_fault

    @property
    def done(self) -> int:
        """Give the number of results."""
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """Give the number of results that are none."""
        return self.done - self.statuses.get(ExitStatus.OK, 0) - self.unsure

    @property
    def unsure(self) -> int:
        """Give the number of decisions that are not sure enough."""
        return self.statuses.get(ExitStatus.UNSURE, 0)


class Runner:
    """Runs tasks, once."""

    def __init__(
        self,
        work: Work,
        open_client: OpenClient,
        results: Results,
        *,
        jobs: int,
        is_ordered: bool = False,
        max_tokens: int | None = None,
        max_faults: int = 0,
        has_time: Callable[[], bool] = lambda: True,
        is_late: Callable[[], bool] = lambda: False,
        watch: Callable[[Done], None] = lambda done: None,
        spill: Callable[[bytes], None] | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """
        Take what is to be done, and when to stop.

        `max_faults`: so many in a row end the run; 0 for any number. `is_late`: the time is
        long over, and a worker that is still busy hangs, as one that reads items from a pipe.
        `spill` takes the lines that OUT does not: they are paid for.
        """
        self.tally = Tally()
        self._work = work
        self._open_client = open_client
        self._results = results
        self._jobs = jobs
        self._max_tokens = max_tokens
        self._max_faults = max_faults
        self._has_time = has_time
        self._is_late = is_late
        # Called under the lock: it may count without one of its own.
        self._watch = watch
        self._spill = spill
        self._tell = tell
        self._tasks: Iterator[tuple[int, Task]] = iter(())
        self._next = threading.Lock()
        """Held by whoever takes the next task."""
        self._lock = threading.Lock()
        """Held by whoever counts and writes."""
        self._stop = threading.Event()
        self._fault: BaseException | None = None
        self._order = _Order(4 * jobs) if is_ordered else None

    def run(self, tasks: Iterable[Task]) -> Tally:
        """
        Run them all; returns when the last is written.

        Raises:
            GradientError: an item is not usable, or OUT cannot be written.
            OutputClosed: the reader of stdout has gone.

        """
        self._tasks = enumerate(tasks)
        try:
            jobs = room_for(self._jobs, self._tell)
            for worker in start(self._serve, jobs, self._tell):
                self._wait_for(worker)
        except BaseException:
            # A signal: what is under way is lost, and nothing new begins.
            self._stop.set()
            self._write_held()
            raise
        self._write_held()
        if self._fault is not None:
            raise self._fault
        return self.tally

    def _write_held(self) -> None:
        """Write what waits for its turn: it is paid for, and its place is of no use any more."""
        if self._order is None:
            return
        has_lock = self._lock.acquire(timeout=HEARING_S)
        try:
            for line in self._order.rest():
                self._write(line)
        finally:
            if has_lock:
                self._lock.release()

    def _wait_for(self, worker: threading.Thread) -> None:
        """Wait for a worker's end; not where nobody is there to take its result."""
        while worker.is_alive():
            worker.join(HEARING_S)
            if self._is_late():
                raise run_timed_out()
            if isinstance(self._fault, OutputClosed):
                return

    def _is_over(self) -> bool:
        """Tell whether no further task is to be begun, and take note of the reason."""
        if self._stop.is_set():
            return True
        if self._max_tokens is not None and self.tally.tokens >= self._max_tokens:
            self._end("tokens")
        elif not self._has_time():
            self._end("time")
        return self._stop.is_set()

    def _end(self, reason: str) -> None:
        self.tally.stopped_by = self.tally.stopped_by or reason
        self._stop.set()

    # In a worker's thread -----------------------------------------------------------------

    def _serve(self) -> None:
        client: Asker | None = None
        try:
            while (entry := self._take()) is not None:
                number, task = entry
                client = client or self._open_client()
                self._finish(number, self._work(task, client))
        except BaseException as fault:
            # The main thread raises it; here it would end one worker and nobody would know.
            with self._lock:
                self._note(MachineExhausted.behind(fault) or fault)
        finally:
            if client is not None:
                client.close()

    def _take(self) -> tuple[int, Task] | None:
        """Give the next task when there is room for its result, or None: the run is over."""
        with self._next:
            while not self._stop.is_set():
                if self._order is None or self._order.has_room():
                    entry = next(self._tasks, None)
                    # Asked last: a run that has nothing left was not stopped.
                    return None if entry is None or self._is_over() else entry
                self._order.wait(HEARING_S)
        return None

    def _finish(self, number: int, done: Done) -> None:
        with self._lock:
            self.tally.add(done)
            if done.is_final:
                self._end("refused")
            if self._max_tokens is not None and done.status is ExitStatus.OK and not done.tokens:
                # A budget that nobody can keep is none.
                self._end("uncounted")
            if self._max_faults and self.tally.faults_in_a_row >= self._max_faults:
                self._end("failures")
            lines = self._order.release(number, done.line) if self._order else [done.line]
            for line in lines:
                self._write(line)
            self._watch(done)

    def _write(self, line: bytes) -> None:
        """Write a line to OUT, or else where it is not lost; under the lock."""
        try:
            self._results.write(line)
        except UsageError as fault:
            if self._spill is None:
                raise
            # Noted by now: the other workers' answers are on their way, and nothing new begins.
            self._note(WriteFailed(fault.message, hint=SPILLED))
            self._spill(line)

    def _note(self, fault: BaseException) -> None:
        """Keep the first fault, for the main thread to raise; begin nothing more."""
        self._fault = self._fault or fault
        self._stop.set()


class _Order:
    """Holds results back until all before them are written; never more than its window."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._next = self._begun = 0
        self._held: dict[int, bytes] = {}
        self._room = threading.Event()

    def has_room(self) -> bool:
        """Tell whether one more may begin, and count it if so."""
        self._room.clear()
        if self._begun - self._next >= self._window:
            return False
        self._begun += 1
        return True

    def wait(self, seconds: float) -> None:
        """Wait until there may be room."""
        self._room.wait(seconds)

    def release(self, number: int, line: bytes) -> list[bytes]:
        """Take a result in and give those whose turn it is."""
        self._held[number] = line
        lines = []
        while self._next in self._held:
            lines.append(self._held.pop(self._next))
            self._next += 1
        self._room.set()
        return lines

    def rest(self) -> list[bytes]:
        """Take what is still held, after a stop left gaps: an answer is never thrown away."""
        held, self._held = self._held, {}
        return [held[number] for number in sorted(held)]
