"""What a run of suites says while it goes on, and what a kill leaves."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.progress import IN_SIGHT, SILENT_S, Progress
from gradient_cli.check.report import Result
from gradient_cli.errors import OutputClosed, WriteFailed
from gradient_cli.exits import ExitStatus, in_words
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.render.ticker import Ticker
from gradient_cli.terminal.door import page
from gradient_cli.terminal.streams import Terminal
from tests.home import Home


def suite_of(*names: str, expect: str = "demo") -> str:
    return "".join(
        f'[[test]]\nname = "{name}"\nprompt = "{name}"\nexpect = "{expect}"\n' for name in names
    )


def result_of(name: str, status: int = 0, repeat: int = 1, made: int = 1) -> Result:
    findings = () if not status else (Finding("expect", False, "it is not there"),)
    attempts = tuple(Attempt(n + 1, ExitStatus(status), findings=findings) for n in range(made))
    return Result("s.toml", 1, name, repeat, repeat, {}, (), "rerun", attempts)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a user in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


class Told:
    """A run that is told of, line by line."""

    def __init__(self, total: int = 3) -> None:
        self.lines: list[str] = []
        self.kept: list[str] = []
        self.terminal = Terminal.recording()
        ticker = Ticker(self.terminal, may_move=False, is_quiet=False)
        self.progress = Progress(ticker, total, moves=False, say=self.say)
        self.watch = self.progress.watch(lambda result: self.kept.append(result.name))

    def say(self, lines) -> None:
        self.lines += page(lines, in_log=False).splitlines()

    def ends(self, result: Result) -> None:
        self.watch.on_attempt(result, result.attempts[-1])


def test_a_test_is_told_of_when_its_last_attempt_has_ended():
    """In the order of finishing; why it failed stands below it at once."""
    told = Told()

    told.ends(result_of("b", repeat=2, made=1))
    told.ends(result_of("a", status=1))
    told.ends(result_of("b", repeat=2, made=2))

    assert [line.split("  ")[1] for line in told.lines if line[0] != " "] == ["a", "b"]
    assert told.lines[1] == "      expect: it is not there"
    assert told.kept == ["a", "b"]


@pytest.mark.parametrize(("later", "is_told_again"), [(3, False), (IN_SIGHT, True)])
def test_what_failed_far_above_is_said_again_at_the_end(later, is_told_again):
    """A log is read from its end."""
    told = Told()

    told.ends(result_of("bad", status=1))
    for n in range(later):
        told.ends(result_of(f"good {n}"))

    assert (("s.toml", "bad") not in told.progress.told()) == is_told_again
    assert ("s.toml", "good 0") in told.progress.told()


@pytest.mark.parametrize("fault", [OutputClosed(), WriteFailed("cannot write")])
def test_a_stdout_that_takes_no_more_stops_no_run(fault):
    """The answers that are still to come are kept; what happened is known at the end."""
    told = Told()

    def fail(lines):
        raise fault

    told.progress._say = fail
    told.ends(result_of("a"))
    told.ends(result_of("b"))

    assert (told.kept, told.progress.fault) == (["a", "b"], fault)


def test_where_nothing_finishes_for_long_a_line_says_so():
    """A runner that ends silent jobs must not end this one."""
    told = Told()

    told.watch.on_idle()
    told.progress._last -= SILENT_S
    told.watch.on_idle()

    assert told.terminal.stderr_text == "0 of 3 answers are there; waiting for more\n"


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "passed (0)"), (1, "expectation (1)"), (5, "service (5)"), (6, "rate limit (6)"),
     (130, "interrupted (130)")],
)  # fmt: skip
def test_a_status_has_a_name(status, words):
    """Not its number alone."""
    assert in_words(status) == words


@pytest.mark.real
def test_quiet_is_one_line_for_two_hundred_that_pass(home, tmp_path):
    """Nothing else on either stream."""
    (tmp_path / "s.toml").write_text(suite_of(*(f"t{n}" for n in range(200))))

    # The demo speaks slowly, for people.
    with MockServer(Script(behaviours=(Behaviour(text="a demo"),))) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url)
        status, out, err = home.runs("check", "s.toml", "-q", "-j", "8")

    assert (status, err) == (0, "")
    assert out.startswith("200 tests: 200 passed in ")
    assert out.count("\n") == 1


def test_json_has_stdout_alone_and_the_tests_are_told_on_stderr(home, tmp_path):
    """One object, whatever is told."""
    (tmp_path / "s.toml").write_text(suite_of("a", "b"))

    status, out, err = home.runs("check", "s.toml", "--json", "-p", "demo", "-j", "1")

    assert (status, json.loads(out)["counts"]["passed"]) == (0, 2)
    assert [line.split("  ")[1] for line in err.splitlines()] == ["a", "b"]


def test_verbose_says_what_is_sent_and_what_came(home, tmp_path):
    """A line before, and one after."""
    (tmp_path / "s.toml").write_text(suite_of("a") + "temperature = 0.5\nrepeat = 2\n")

    _, _, err = home.runs("check", "s.toml", "-v", "-p", "demo", "-j", "1")

    asked = [line for line in err.splitlines() if line.startswith("asking ")]
    came = [line for line in err.splitlines() if line.startswith("came ")]
    assert [line.split(":")[0] for line in asked] == ['asking "a" 1/2', 'asking "a" 2/2']
    assert '"temperature":0.5' in asked[0]
    assert came[1].startswith('came "a" 2/2: status completed, model ')


def test_json_lines_have_each_test_and_the_end(home, tmp_path):
    """The last line is that of the run; its folder is made."""
    (tmp_path / "s.toml").write_text(suite_of("a", "b"))

    home.runs("check", "s.toml", "--json-lines", "out/r.jsonl", "-p", "demo", "-j", "1")
    lines = [json.loads(line) for line in (tmp_path / "out/r.jsonl").read_text().splitlines()]

    assert [line["type"] for line in lines] == ["gradient.test"] * 2 + ["gradient.report"]
    assert [line.get("name") for line in lines] == ["a", "b", None]
    assert (lines[0]["verdict"], lines[2]["exit_code"]) == ("passed", 0)


def test_json_lines_are_never_older_than_their_run(home, tmp_path):
    """A refused run replaces them, too."""
    (tmp_path / "s.toml").write_text(suite_of("a"))
    home.runs("check", "s.toml", "--json-lines", "r.jsonl", "-p", "demo")
    (tmp_path / "s.toml").write_text(suite_of("a").replace("expect", "expct"))

    status, _, _ = home.runs("check", "s.toml", "--json-lines", "r.jsonl", "-p", "demo")
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]

    assert status == 2
    assert lines[0]["attempts"][0]["error"].startswith("s.toml:4: unknown key `expct`")
    assert lines[-1]["exit_code"] == 2


@pytest.mark.parametrize("name", ["s.toml", "s.jsonl", "rows.jsonl"])
def test_json_lines_never_take_the_place_of_something_else(home, tmp_path, name):
    """FILE was forgotten, or is a file of rows."""
    (tmp_path / "a.toml").write_text(suite_of("a"))
    path = tmp_path / name
    path.write_text('{"name": "a", "prompt": "p"}\n')

    status, _, err = home.runs("check", "--json-lines", name, "a.toml", "-p", "demo")

    assert (status, path.read_text()) == (2, '{"name": "a", "prompt": "p"}\n')
    assert "--json-lines" in err


@pytest.mark.real
def test_a_killed_run_leaves_in_log_and_file_what_was_done(tmp_path, world):
    """SIGKILL: out of memory, or a runner that had enough."""
    (tmp_path / "s.toml").write_text(suite_of("a", "b", "c", expect="yes"))
    served = Script(behaviours=(Behaviour(text="yes", times=2), Behaviour(text="yes", delay=60)))
    log = tmp_path / "log"
    with MockServer(served) as server, log.open("w") as out:
        environ = {**world, "GRADIENT_INFERENCE_ENDPOINT": server.url, "GRADIENT_MODEL": "m"}
        process = subprocess.Popen(
            [sys.executable, "-m", "gradient_cli", "check", "s.toml", "-j", "1",
             "--json-lines", "r.jsonl"],
            cwd=tmp_path, env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 30
        while log.read_text().count("pass ") < 2 and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]

    assert log.read_text().count("pass ") == 2
    assert [line["name"] for line in lines] == ["a", "b"]
