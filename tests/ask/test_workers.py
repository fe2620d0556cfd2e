"""As many workers as this machine gives, known before anything is sent."""

import gc
import os
import resource
import threading
from contextlib import contextmanager, suppress

import pytest

from gradient_cli.ask import workers
from gradient_cli.batch.tasks import Done, Runner, Task
from gradient_cli.errors import MachineExhausted, WriteFailed
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.request import Request


@contextmanager
def descriptors(left):
    """Leave the process so many descriptors, and no way to more."""
    gc.collect()  # What another test has left open must not be closed meanwhile.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/dev/fd"))) + 1, hard))
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        resource.setrlimit(resource.RLIMIT_NOFILE, (now + left, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in held:
            os.close(fd)


@pytest.mark.parametrize(
    ("left", "jobs", "room"),
    [(3, 8, 1), (6, 8, 1), (12, 8, 3), (20, 8, 5), (32, 8, 8), (32, 64, 8), (200, 64, 64)],
)
def test_jobs_are_lowered_to_what_there_are_descriptors_for(monkeypatch, left, jobs, room):
    """And a note says so."""
    said = []
    monkeypatch.setattr(workers, "raise_limit", lambda missing: None)

    with descriptors(left):
        found = workers.room_for(jobs, said.append)

    assert found == room
    assert said == (
        [f"note: this machine gives only {left} more open files: -j {room} instead of {jobs}"]
        if room < jobs
        else []
    )


def test_too_few_for_one_answer_is_an_error_before_it_is_paid_for(monkeypatch):
    """Status 2, and how to allow more."""
    monkeypatch.setattr(workers, "raise_limit", lambda missing: None)

    with descriptors(2), pytest.raises(MachineExhausted, match="not enough for one answer"):
        workers.room_for(1, print)


def test_a_soft_limit_is_raised():
    """A Mac's is 256, and its hard one has no end."""
    with descriptors(4):
        assert workers.room_for(16, pytest.fail) == 16


@pytest.mark.parametrize("given", [0, 1, 3, 8])
def test_threads_that_cannot_be_had_are_done_without(monkeypatch, given):
    """The work is done by fewer, or by whoever asked."""
    started, real, said, done = [], threading.Thread.start, [], []

    def starts(self):
        if len(started) == given:
            raise RuntimeError("can't start new thread")
        started.append(self)
        real(self)

    monkeypatch.setattr(threading.Thread, "start", starts)

    for worker in workers.start(lambda: done.append(threading.current_thread()), 8, said.append):
        worker.join()

    assert len(done) == max(1, given)
    assert bool(said) == (given < 8)


class Full:
    """An OUT on a disk that takes so many lines."""

    def __init__(self, room):
        self.room, self.lines = room, []

    def write(self, line):
        if len(self.lines) == self.room:
            raise WriteFailed('cannot write "out": no space left on device')
        self.lines.append(line)


class Client:
    def close(self):
        pass


@pytest.mark.parametrize("room", [0, 1, 5, 19])
@pytest.mark.parametrize("is_ordered", [False, True])
def test_a_row_that_out_does_not_take_is_not_lost(room, is_ordered):
    """It was paid for: it goes where the user sees it, and the run ends with status 2."""
    results, spilled, asked = Full(room), [], []
    barrier = threading.Barrier(4)

    def work(task, client):
        if task.row < 4:  # All four are under way before the first is done.
            barrier.wait(10)
        asked.append(task.row)
        return Done(ExitStatus.OK, b"%d\n" % task.row)

    tasks = [Task(number, Request(input="x")) for number in range(20)]
    runner = Runner(work, Client, results, jobs=4, is_ordered=is_ordered, spill=spilled.append)

    with pytest.raises(WriteFailed, match="no space left") as fault:
        runner.run(tasks)

    assert sorted(results.lines + spilled) == sorted(b"%d\n" % number for number in asked)
    assert len(asked) < 20 or room == 19
    assert "are on stdout" in fault.value.hint
