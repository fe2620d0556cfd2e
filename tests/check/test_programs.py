"""What a program says of an answer: yes, no, or that it could not tell; and what it may be told."""

import errno

import pytest

from gradient_cli.check import program_checks
from gradient_cli.check.program_checks import Programs
from gradient_cli.errors import TimedOut, UsageError
from gradient_cli.programs import running
from gradient_cli.programs.command import Command
from gradient_cli.programs.running import Done

COMMANDS = {name: Command(name, (f"/bin/{name}", "-x")) for name in ("one", "two")}


@pytest.fixture
def ran(monkeypatch):
    """Give what stands for programs: what they end with, in turn; and how they were started."""
    started: list[tuple] = []
    ends: list[Done | Exception] = []

    def run_program(words, environ, longest_s, most, *, stdin):
        started.append((words, longest_s, stdin))
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setattr(running, "run_program", run_program)
    monkeypatch.setattr(program_checks, "_TRIES_S", (0.0, 0.0))

    def judge(*given, names=("one",), answer: str = "y", **more):
        ends[:] = given
        started.clear()
        return Programs(COMMANDS, **more).judge(names, answer)

    judge.started = started
    return judge


def done(status: int = 0, stdout: bytes = b"", stderr: bytes = b"", **more) -> Done:
    return Done(status, stdout, stderr, **more)


def test_a_program_that_finds_nothing_wrong_passes(ran):
    """It gets the answer as a pipe would have it, with a line's end; of an empty one nothing."""
    ruling = ran(done())

    [finding] = ruling.findings
    assert (finding.expectation, finding.is_met, finding.excerpt, ruling.fault) == (
        "checks", True, "", None,
    )  # fmt: skip
    assert ran.started == [(("/bin/one", "-x"), 30.0, b"y\n")]
    for answer, stdin in (("", b""), ("a\n", b"a\n"), ("\ud800", b"?\n")):
        ran(done(), answer=answer)
        assert ran.started[0][2] == stdin


def test_a_program_that_says_no_is_a_failure_with_its_words(ran):
    """What it printed, its last words on stderr, and that more was printed."""
    [silent] = ran(done(1)).findings
    [loud] = ran(done(1, b" no\n", b"why\n")).findings
    [long] = ran(done(1, b"no", is_truncated=True)).findings

    assert (silent.is_met, silent.message, silent.excerpt) == (False, "one says no", "y")
    assert loud.message == "one says no: no\nwhy"
    assert long.message == "one says no: no\n(more was printed)"
    [last] = ran(done(1, b"", b"a" * program_checks.MOST_PRINTED + b"last words")).findings
    assert last.message.endswith("last words")
    assert len(last.message) == len("one says no: ") + program_checks.MOST_PRINTED


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (done(2), "the check one ended with status 2"),
        (done(2, b"", b"usage"), "the check one ended with status 2: usage"),
        (done(126), "the check one ended with status 126, it cannot be executed"),
        (done(127), "the check one ended with status 127, it is not there"),
        (done(-9), "the check one ended with signal 9"),
        (PermissionError(13, "Permission denied"), 'cannot run "/bin/one": permission denied'),
        (ValueError("Embedded null byte"), 'cannot run "/bin/one": embedded null byte'),
        (OSError("odd"), 'cannot run "/bin/one": odd'),
    ],
)
def test_a_program_that_cannot_tell_is_no_verdict(ran, end, words):
    """The answer may well be right."""
    ruling = ran(end)

    assert isinstance(ruling.fault, UsageError)
    assert words in ruling.fault.message
    assert ruling.findings == ()


def test_a_program_that_takes_too_long_is_ended(ran):
    """By its own limit, or by the end of the run."""
    own = ran(done(timed_out=True)).fault
    assert (type(own), own.message) == (TimedOut, "the check one took longer than 30 s")
    runs = ran(done(timed_out=True), remaining_s=lambda: 5.0).fault
    assert ran.started[0][1] == 5.0
    assert runs.message != own.message
    late = ran(remaining_s=lambda: 0.0)
    assert (late.fault.message, ran.started) == (runs.message, [])
    assert ran(done(), remaining_s=lambda: 99.0).fault is None
    assert ran.started[0][1] == 30.0


def test_what_passes_by_itself_is_tried_again(ran):
    """A machine out of processes has some in a moment; anything else has not."""
    busy = OSError(errno.EAGAIN, "Resource temporarily unavailable")

    assert ran(busy, busy, done()).fault is None
    assert len(ran.started) == 3
    assert "temporarily" in ran(busy, busy, busy).fault.message
    ran(PermissionError(errno.EACCES, "no"), done())
    assert len(ran.started) == 1


def test_the_first_that_cannot_judge_ends_it(ran):
    """Those that said no before stand; those behind it are not started."""
    ruling = ran(done(1), done(2), names=("one", "two"))
    assert ([one.is_met for one in ruling.findings], ruling.fault is not None) == ([False], True)
    ruling = ran(done(3), done(), names=("two", "one"))
    assert len(ran.started) == 1
    ruling = ran(done(), done(1), names=("one", "two"))
    assert [one.is_met for one in ruling.findings] == [True, False]


def test_the_key_is_in_nothing_that_is_told(ran):
    """A program may print its environment; a key that is hardly one is no secret."""
    [told] = ran(done(1, b"sk-0123456789abcdef"), key="sk-0123456789abcdef").findings
    [short] = ran(done(1, b"it is"), key="it").findings

    assert "0123456789" not in told.message
    assert short.message == "one says no: it is"


def test_names_and_programs_belong_together():
    """A check without a program, a program without a check."""
    programs = Programs(COMMANDS)
    programs.check_names(["one", "two"])
    programs.refuse_unused({"one", "two", "more"})

    with pytest.raises(UsageError) as caught:
        programs.check_names(["one", "twoo"])
    assert caught.value.message == 'checks: no --run-check has the name "twoo"; did you mean `two`?'
    with pytest.raises(UsageError, match=r'no --run-check has the name "zzz"$'):
        programs.check_names(["zzz"])
    with pytest.raises(UsageError, match="--run-check two: no test names it"):
        programs.refuse_unused({"one"})
