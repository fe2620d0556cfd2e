"""The runner of rows: who takes which, when it ends, and that no answer is lost on the way."""

import threading

import pytest

from gradient_cli.batch import tasks
from gradient_cli.batch.entries import Row
from gradient_cli.batch.tasks import Done, Runner, Tally, Task
from gradient_cli.errors import OutputClosed, TimedOut, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.request import Request

OK, FAILED = ExitStatus.OK, ExitStatus.EXPECTATION


class Lines:
    """OUT in memory; `fails` says of which lines it cannot be written."""

    def __init__(self, fault: BaseException | None = None, after: int = 0) -> None:
        self.lines: list[bytes] = []
        self._fault, self._after = fault, after

    def write(self, line: bytes) -> None:
        if self._fault and len(self.lines) >= self._after:
            raise self._fault
        self.lines.append(line)


class Client:
    """Knows that it was closed."""

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def row(number: int) -> Task:
    return Task(Row(number, "a" * 64), Request())


def done(task: Task, client: object = None, **more) -> Done:
    return Done(more.pop("status", OK), b"%d\n" % task.row.id, **more)


def run(work=done, count: int = 5, *, jobs: int = 1, out: Lines | None = None, **flags):
    """Run some rows; give tally and lines."""
    out = out or Lines()
    runner = Runner(work, Client, out, jobs=jobs, **flags)
    return runner.run(row(n) for n in range(count)), out.lines


def numbers(lines: list[bytes]) -> list[int]:
    return [int(line) for line in lines]


def test_all_are_done_and_nothing_is_left():
    """By as many workers as there are; each client is closed."""
    clients: list[Client] = []

    def opened() -> Client:
        clients.append(Client())
        return clients[-1]

    out = Lines()
    tally = Runner(done, opened, out, jobs=3).run(row(n) for n in range(20))

    assert sorted(numbers(out.lines)) == list(range(20))
    assert (tally.done, tally.failed, tally.stopped_by) == (20, 0, None)
    assert 1 <= len(clients) <= 3
    assert all(client.is_closed for client in clients)


def test_a_worker_without_a_row_opens_no_connection():
    """Nothing is asked: nothing is opened."""
    opened: list[int] = []
    Runner(done, lambda: opened.append(1), Lines(), jobs=2).run([])

    assert opened == []


def test_a_budget_ends_the_run_where_it_is_used_up():
    """Not where nothing is left to do."""
    tally, lines = run(lambda task, client: done(task, tokens=10), max_tokens=20)
    assert (tally.stopped_by, numbers(lines), tally.tokens) == ("tokens", [0, 1], 20)

    tally, lines = run(lambda task, client: done(task, tokens=10), 2, max_tokens=20)
    assert (tally.stopped_by, numbers(lines)) == (None, [0, 1])


def test_a_budget_that_nobody_counts_is_none():
    """An answer without a count ends the run; a failure without one does not."""
    tally, lines = run(max_tokens=20)
    assert (tally.stopped_by, numbers(lines)) == ("uncounted", [0])

    tally, _ = run(lambda task, client: done(task, status=FAILED), max_tokens=20)
    assert (tally.stopped_by, tally.failed) == (None, 5)


def test_the_time_ends_the_run():
    """After what is under way."""
    left = iter([True, True, False])

    tally, lines = run(has_time=lambda: next(left))

    assert (tally.stopped_by, numbers(lines)) == ("time", [0, 1])


def test_a_key_that_is_refused_ends_the_run():
    """All others would be refused, too."""
    tally, lines = run(lambda task, client: done(task, status=FAILED, is_final=True))

    assert (tally.stopped_by, numbers(lines)) == ("refused", [0])


def test_faults_in_a_row_end_the_run_and_an_answer_begins_anew():
    """How many is the user's; 0 is any number."""

    def work(task: Task, client: object) -> Done:
        return done(task, fault=None if task.row.id == 1 else f"down {task.row.id}")

    tally, lines = run(work, 9, max_faults=3)
    assert (tally.stopped_by, numbers(lines)) == ("failures", [0, 1, 2, 3, 4])
    assert (tally.faults_in_a_row, tally.last_fault) == (3, "down 4")

    tally, lines = run(work, 9)
    assert (tally.stopped_by, len(lines), tally.faults_in_a_row) == (None, 9, 7)


def test_what_was_under_way_at_the_stop_changes_nothing_of_its_reason():
    """A row that came late is counted, and no cause."""
    tally = Tally(stopped_by="failures", faults_in_a_row=3, last_fault="down")

    tally.add(Done(ExitStatus.UNSURE, b"", tokens=5))
    tally.add(Done(ExitStatus.SERVICE, b"", fault="other"))

    assert (tally.faults_in_a_row, tally.last_fault) == (3, "down")
    assert (tally.done, tally.unsure, tally.failed, tally.tokens) == (2, 1, 1, 5)


def test_a_bug_in_a_worker_is_raised_where_it_is_seen():
    """And ends the others."""

    def work(task: Task, client: object) -> Done:
        if task.row.id == 2:
            raise ZeroDivisionError
        return done(task)

    out = Lines()
    with pytest.raises(ZeroDivisionError):
        run(work, 1000, out=out, jobs=2)
    assert len(out.lines) < 1000


def test_an_out_that_cannot_be_written_ends_the_run():
    """Nothing more is paid for; the answer that came is given to whoever takes it."""
    fault = UsageError('cannot write "o": no space left on device')
    with pytest.raises(UsageError, match="no space left"):
        run(out=Lines(fault, after=2))

    spilled: list[bytes] = []
    with pytest.raises(UsageError, match="no space left") as caught:
        run(out=Lines(fault, after=2), spill=spilled.append)
    assert spilled == [b"2\n"]
    assert "append them to OUT" in caught.value.hint


def test_a_reader_that_has_gone_ends_the_run_at_once(monkeypatch):
    """Nobody waits for a worker whose answer nobody takes."""
    monkeypatch.setattr(tasks, "HEARING_S", 0.01)
    going = threading.Event()

    def work(task: Task, client: object) -> Done:
        if task.row.id == 1:
            going.wait(5)
        return done(task)

    with pytest.raises(OutputClosed):
        run(work, 2, jobs=2, out=Lines(OutputClosed()))
    going.set()


def test_a_worker_that_hangs_is_not_waited_for(monkeypatch):
    """The time is long over; what was done is written, in its order or not."""
    monkeypatch.setattr(tasks, "HEARING_S", 0.01)
    going, two = threading.Event(), threading.Event()

    def work(task: Task, client: object) -> Done:
        if task.row.id == 0:
            going.wait(5)
        two.set()
        return done(task)

    out = Lines()
    with pytest.raises(TimedOut):
        run(work, 2, jobs=2, out=out, is_ordered=True, is_late=two.is_set)
    going.set()
    assert numbers(out.lines)[:1] == [1]


def test_ordered_lines_wait_for_their_turn_and_not_more_than_a_window():
    """The first one is the slowest; nobody runs far ahead."""
    first = threading.Event()
    begun: list[int] = []

    def work(task: Task, client: object) -> Done:
        begun.append(task.row.id)
        if task.row.id == 0:
            first.wait(0.1)
        return done(task)

    tally, lines = run(work, 40, jobs=2, is_ordered=True)

    assert numbers(lines) == list(range(40))
    assert tally.done == 40


def test_a_window_has_room_again_when_the_first_has_come():
    """Four for each worker."""
    order = tasks._Order(2)

    assert [order.has_room() for _ in range(3)] == [True, True, False]
    assert order.release(1, b"b") == []
    assert not order.has_room()
    assert order.release(0, b"a") == [b"a", b"b"]
    assert [order.has_room() for _ in range(3)] == [True, True, False]
    assert order.release(3, b"d") == []
    assert order.rest() == [b"d"]
    assert order.rest() == []


def test_whoever_watches_sees_each_result():
    """Under the lock, after its line is written."""
    seen: list[bytes] = []

    run(watch=lambda result: seen.append(result.line))

    assert numbers(seen) == [0, 1, 2, 3, 4]
