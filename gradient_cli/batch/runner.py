"""
The run: one reader, one queue, N workers with a client each, one writer.

    tasks ─► queue (bounded) ─► worker: ask, judge ─► Results.write
                                  × N                └─► Progress

The main thread reads and fills the queue, so that it hears signals and reads no more than is
needed: memory does not grow with the number of items.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Full, Queue

from gradient_cli.batch.results import Results
from gradient_cli.client import Asker, OpenClient
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.request import Request

HEARING_S = 0.2
"""How long the main thread waits at a time."""


@dataclass(frozen=True, slots=True)
class Task:
    """One request to send, and what its result is known by."""

    id: str | int
    key: str
    request: Request


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a task."""

    status: ExitStatus
    line: bytes
    """Its line in OUT, newline included."""
    tokens: int = 0
    is_final: bool = False
    """No other task can do better: the key is not accepted."""


Work = Callable[[Task, Asker], Done]
"""Does a task with the worker's client; in the worker's thread."""


@dataclass(slots=True)
class Tally:
    """What a run has come to."""

    statuses: dict[ExitStatus, int] = field(default_factory=dict)
    tokens: int = 0
    stopped_by: str | None = None
    """Why tasks were left: "tokens", "time", "refused"; None if none were."""

    def add(self, done: Done) -> None:
        """Take in one result."""
        self.statuses[done.status] = self.statuses.get(done.status, 0) + 1
        self.tokens += done.tokens

    @property
    def done(self) -> int:
        """Give the number of results."""
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """Give the number of results that are none."""
        return self.done - self.statuses.get(ExitStatus.OK, 0)


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
        has_time: Callable[[], bool] = lambda: True,
        watch: Callable[[Done], None] = lambda done: None,
    ) -> None:
        self.tally = Tally()
        self._work = work
        self._open_client = open_client
        self._results = results
        self._jobs = jobs
        self._max_tokens = max_tokens
        self._has_time = has_time
        self._watch = watch
        # Called under the lock: it may count without one of its own.
        self._queue: Queue[tuple[int, Task] | None] = Queue(maxsize=2 * jobs)
        self._lock = threading.Lock()
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
        workers = _Workers(self._serve)
        numbered = enumerate(tasks)
        is_whole = False
        try:
            for number, task in numbered:
                workers.grow_to(min(number + 1, self._jobs))
                if not self._hand_out(number, task):
                    break
            is_whole = True
        finally:
            # A signal ends the process, with what is under way; an item that is not usable
            # waits for the others.
            if is_whole or not _is_death():
                self._drain(workers)
            else:
                self._stop.set()
        if self._fault is not None:
            raise self._fault
        return self.tally

    def _hand_out(self, number: int, task: Task) -> bool:
        """Put a task into the queue when there is room; False if the run has ended."""
        while not self._is_over():
            if self._order and not self._order.has_room(number):
                self._order.wait(HEARING_S)
                continue
            try:
                self._queue.put((number, task), timeout=HEARING_S)
                return True
            except Full:
                continue
        return False

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

    def _drain(self, workers: "_Workers") -> None:
        """Let the workers end, and hear signals meanwhile."""
        for _ in range(workers.count):
            while True:
                try:
                    self._queue.put(None, timeout=HEARING_S)
                    break
                except Full:
                    if self._fault is not None:
                        return
        while workers.are_alive(HEARING_S) and self._fault is None:
            pass
        for line in self._order.rest() if self._order else ():
            self._results.write(line)

    # In a worker's thread -----------------------------------------------------------------

    def _serve(self) -> None:
        try:
            client = self._open_client()
            try:
                for number, task in self._tasks():
                    self._finish(number, self._work(task, client))
            finally:
                client.close()
        except BaseException as fault:
            # The main thread raises it; here it would end one worker and nobody would know.
            with self._lock:
                self._fault = self._fault or fault
            self._stop.set()

    def _tasks(self) -> Iterator[tuple[int, Task]]:
        """Give tasks until there are no more; after a stop, those in the queue are left."""
        while (entry := self._queue.get()) is not None:
            if not self._is_over():
                yield entry

    def _finish(self, number: int, done: Done) -> None:
        with self._lock:
            self.tally.add(done)
            if done.is_final:
                self._end("refused")
            lines = self._order.release(number, done.line) if self._order else [done.line]
            for line in lines:
                self._results.write(line)
            self._watch(done)


class _Workers:
    """Daemon threads: a process that dies by a signal does not wait for them."""

    def __init__(self, serve: Callable[[], None]) -> None:
        self._serve = serve
        self._threads: list[threading.Thread] = []

    @property
    def count(self) -> int:
        return len(self._threads)

    def grow_to(self, count: int) -> None:
        """Start more, up to this many: a run of three items needs no more than three."""
        while len(self._threads) < count:
            thread = threading.Thread(target=self._serve, daemon=True)
            thread.start()
            self._threads.append(thread)

    def are_alive(self, wait_s: float) -> bool:
        """Tell whether one is still at work, after waiting for the first of those."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if self._threads:
            self._threads[0].join(wait_s)
        return bool(self._threads)


class _Order:
    """Holds results back until all before them are written; never more than its window."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._next = 0
        self._held: dict[int, bytes] = {}
        self._room = threading.Event()

    def has_room(self, number: int) -> bool:
        """Tell whether a task so far ahead may begin."""
        self._room.clear()
        return number - self._next < self._window

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
        """Give what is still held, after a stop left gaps: an answer is never thrown away."""
        return [self._held[number] for number in sorted(self._held)]


def _is_death() -> bool:
    """Tell whether what unwinds the stack is a signal."""
    import sys

    from gradient_cli.errors import Terminated

    return isinstance(sys.exception(), KeyboardInterrupt | Terminated)
