"""What Windows lacks is asked for before it is called: the platform is a fake, the calls are real."""

import io
import os
import sys
import types

import pytest

from gradient_cli.ask import workers
from gradient_cli.errors import UsageError
from gradient_cli.programs.running import run_program
from gradient_cli.settings import file_change, paths, privacy
from gradient_cli.terminal import (
    alarm,
    attention,
    files,
    intake,
    job_control,
    locks,
    opener,
    places,
    streams,
    ways,
    writing,
)
from gradient_cli.terminal.streams import Terminal

POSIX_ONLY = (
    *("fchmod", "fchown", "geteuid", "getegid", "getuid", "getpgrp", "tcgetpgrp"),
    *("set_blocking", "killpg", "O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_DIRECTORY"),
)


@pytest.fixture
def windows(monkeypatch):
    """A process that lacks what Windows lacks: what asks too late falls over."""
    monkeypatch.setattr(sys, "platform", "win32")
    for name in POSIX_ONLY:
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.delattr("select.poll")
    # subprocess (3.15) has decided at its import that it may poll.
    monkeypatch.setattr("subprocess._CAN_USE_PIDFD_OPEN", False, raising=False)
    for name in ("fcntl", "resource", "pwd"):
        monkeypatch.setitem(sys.modules, name, None)


def test_the_platform_lacks_what_it_should(windows):
    """The fake is one: none of these is there."""
    assert not any(hasattr(os, name) for name in POSIX_ONLY)
    with pytest.raises(ImportError):
        import fcntl  # noqa: F401


def test_a_file_is_read_replaced_and_changed(windows, tmp_path):
    """The ways of files need nothing of POSIX."""
    path = tmp_path / "a.txt"
    files.open_target(str(path)).write("one")
    files.open_target(str(path)).write("two")

    assert path.read_text() == "two"
    assert intake.read_file(str(path)) == "two"
    with file_change._locked(tmp_path):
        pass
    with os.fdopen(opener._descend(tmp_path, ["a.txt"])) as file:
        assert file.read() == "two"
    ways._take_after(0, path, None)
    places._check_owner(str(path), "file", path.stat(), str(tmp_path))
    assert not privacy._is_open(tmp_path.stat())


def test_descriptors_have_no_names_there(windows):
    """/dev/fd/3 is refused in words."""
    with pytest.raises(UsageError, match="no such names"):
        files._descriptor("/dev/fd/3", 3, None)


def test_nobody_waits_for_what_cannot_be_waited_for(windows):
    """Pipes are read, jobs and limits do not exist."""
    assert streams.is_in_front(io.BytesIO())
    assert workers.raise_limit(10) is None
    assert paths._home_of_user() == "/"
    source = intake._Source(0, "stdin", 1.0, lambda line: None)
    assert source._comes_within(0.0)
    writing._wait(io.BytesIO(), lambda: 1.0)


def test_stdin_of_nul_is_none(windows, tmp_path):
    """A character device that is no terminal is NUL."""
    with open(os.devnull, "rb") as file:
        terminal = Terminal.recording(None)
        terminal.stdin = file
        assert not intake.has_stdin(terminal)


@pytest.mark.parametrize(
    "open_it", [attention.open_attention, lambda: job_control.open_job_control(1)]
)
def test_what_listens_to_signals_is_not_opened(monkeypatch, open_it):
    """None is what their users know."""
    monkeypatch.setattr(os, "name", "nt")

    assert open_it() is None


def test_there_is_no_alarm_without_a_timer(monkeypatch):
    """--max-time is then looked at between reads alone."""
    monkeypatch.delattr("signal.setitimer")

    assert alarm.open_alarm() is None


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_lock_covers_no_byte_that_anybody_reads(windows, monkeypatch, tmp_path, is_taken):
    """A lock keeps others from the bytes below it, so it lies behind any end."""
    seen = []

    def locking(fd, mode, count):
        seen.append((os.lseek(fd, 0, os.SEEK_CUR), mode, count))
        if is_taken:
            raise PermissionError

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    with (tmp_path / "a").open("wb") as file:
        file.write(b"abc")
        file.flush()
        assert locks.has_locked(file.fileno()) is not is_taken
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 3
    assert seen == [(locks._FAR, 2, 1)]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("line", "longest_s", "status", "stdout", "is_truncated", "timed_out"),
    [
        ("import sys; print(sys.stdin.read())", 30, 0, b"hel", True, False),
        ("import sys; sys.exit(3)", 30, 3, b"", False, False),
        ("import time; time.sleep(60)", 0.2, -9, b"", False, True),
    ],
)
def test_a_program_is_run(windows, line, longest_s, status, stdout, is_truncated, timed_out):
    """Fed, heard and ended, without a poll of its pipes."""
    environ = dict(os.environ)

    done = run_program([sys.executable, "-c", line], environ, longest_s, 3, stdin=b"hello")

    assert (done.status, done.stdout) == (status, stdout)
    assert (done.is_truncated, done.timed_out) == (is_truncated, timed_out)
