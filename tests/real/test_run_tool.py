"""`--run-tool` among processes: whatever ends a run, no program is left and the thread is whole."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from tests.captures import KEY

pytestmark = pytest.mark.real

TOOL = json.dumps({"name": "f", "parameters": {"type": "object"}})
CALL = {"name": "f", "arguments": '{"city": "Oslo"}'}
SCRIPT = (
    Behaviour(text="It is {{ tool f }}.", sees="", times=0),
    Behaviour(text="", calls=(CALL,), times=0),
)
ECHOLESS = (Behaviour(text="Done.", sees="", times=0), SCRIPT[1])
HISTORY = '{"role":"user","content":"hi"}\n{"role":"assistant","content":"hello"}\n'


class Stage:
    """A folder with a thread, a mock whose model calls, and programs that bear a mark."""

    def __init__(self, folder: Path, url: str, world: dict[str, str]) -> None:
        self.folder = folder
        self.mark = f"mark-{uuid.uuid4().hex}"
        """In the arguments of each program, so that it can be found again."""
        self.thread = folder / "t.jsonl"
        self.thread.write_text(HISTORY)
        self.environ = {
            **world,
            "GRADIENT_INFERENCE_ENDPOINT": url,
            "GRADIENT_MODEL_ACCESS_KEY": KEY,
        }

    def argv(self, command: str, *flags: str) -> list[str]:
        """Give the command line of a run with a thread."""
        asked = ["respond", "-m", "m", "--no-stdin", "--thread", str(self.thread), "--tool", TOOL]
        run_tool = ["--run-tool", f"f={command} {self.mark}"]
        return [sys.executable, "-m", "gradient_cli", *asked, *run_tool, *flags, "sun?"]

    def starts(self, command: str, *flags: str) -> "subprocess.Popen[bytes]":
        """Begin a run."""
        return subprocess.Popen(
            self.argv(command, *flags),
            env=self.environ,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def runs(self, command: str, *flags: str) -> "subprocess.CompletedProcess[bytes]":
        """Do a run to its end."""
        return subprocess.run(
            self.argv(command, *flags),
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def sh(self, lines: str) -> str:
        """Give the command of a shell script of these lines."""
        path = self.folder / "f.sh"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return str(path)

    def alive(self) -> list[int]:
        """Give the processes that bear the mark, the run itself apart."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if self.mark.encode() in line and b"gradient_cli" not in line:
                found.append(int(entry.name))
        return found

    def awaits(self, count: int, seconds: float = 20.0) -> list[int]:
        """Wait until so many of its programs are there."""
        until = time.monotonic() + seconds
        while len(self.alive()) != count and time.monotonic() < until:
            time.sleep(0.02)
        return self.alive()


@pytest.fixture
def stage(tmp_path, world) -> Iterator[Stage]:
    """Give a stage; what a failed test leaves is ended."""
    with MockServer(Script(behaviours=SCRIPT)) as server:
        found = Stage(tmp_path, server.url, world)
        yield found
        for pid in found.alive():
            os.kill(pid, signal.SIGKILL)


STUCK = [
    "sleep 300",
    "trap '' TERM INT; sleep 300",
    "trap '' TERM INT; sh -c 'sleep 300; :' $1 & sh -c 'sleep 300; :' $1 & wait; sleep 300",
    "exec >&- 2>&- <&-; sleep 300",
    "yes",
]


@pytest.mark.parametrize("lines", STUCK)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_program_outlives_the_run(stage, lines, number):
    """However it is ended: Ctrl-C, SIGTERM, or -9, which nobody can hear."""
    run = stage.starts(stage.sh(lines))
    count = 3 if "&" in lines and "wait" in lines else 1
    assert len(stage.awaits(count)) == count

    run.send_signal(number)
    run.communicate(timeout=10)

    assert run.returncode == -number
    assert stage.awaits(0, 3) == []
    assert stage.thread.read_text() == HISTORY


@pytest.mark.parametrize("lines", STUCK)
def test_a_stuck_program_is_ended_for_its_time(tmp_path, world, lines):
    """With all that it has started; the model is told, and the turn is kept."""
    with MockServer(Script(behaviours=ECHOLESS)) as server:
        stage = Stage(tmp_path, server.url, world)
        began = time.monotonic()
        done = stage.runs(stage.sh(lines), "--tool-timeout", "1")

    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 10
    assert stage.awaits(0, 1) == []
    assert len(stage.thread.read_text().splitlines()) == 6


def test_what_a_program_leaves_behind_is_ended(stage):
    """A child in the background that holds no stream of ours is not waited for, and not left."""
    done = stage.runs(stage.sh("sh -c 'sleep 300; :' $1 >/dev/null 2>&1 </dev/null & echo warm"))

    assert (done.returncode, done.stdout) == (0, b"It is warm.\n")
    assert stage.awaits(0, 1) == []


def test_a_child_that_holds_stdout_is_not_waited_for(stage):
    """For longer than a moment."""
    began = time.monotonic()
    done = stage.runs(stage.sh("sh -c 'sleep 300; :' $1 & echo warm"))

    assert (done.returncode, done.stdout) == (0, b"It is warm.\n")
    assert time.monotonic() - began < 8
    assert stage.awaits(0, 1) == []


def test_a_flood_is_cut(stage):
    """It takes neither the memory nor the time of the run."""
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = stage.runs(stage.sh("cat /dev/zero"), "--json")

    (step,) = json.loads(done.stdout)["steps"]
    assert done.returncode == 0
    assert step["output"].count("\0") == 1_000_000
    assert "cut after 1,000,000 bytes" in step["output"]
    assert time.monotonic() - began < 20
    # The peak of all children so far: it tells something unless an earlier one was larger.
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after == before or after < 300_000


def test_a_long_argument_that_is_not_read_hangs_nobody(tmp_path, world):
    """A megabyte on stdin of a program that does not read it."""
    call = {"name": "f", "arguments": json.dumps({"text": "x" * 1_000_000})}
    script = (SCRIPT[0], Behaviour(text="", calls=(call,), times=0))
    with MockServer(Script(behaviours=script)) as server:
        stage = Stage(tmp_path, server.url, world)
        done = stage.runs(stage.sh("echo warm"))

    assert (done.returncode, done.stdout) == (0, b"It is warm.\n")


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace here")
def test_nothing_but_the_program_is_started(stage):
    """Seen by the system itself: the run, the program, and no shell."""
    true = shutil.which("true")
    trace = stage.folder / "trace"
    watched = ["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", str(trace)]
    done = subprocess.run(
        [*watched, *stage.argv("true '$(touch owned)' '; touch owned'")],
        env=stage.environ,
        cwd=stage.folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    if not trace.exists() or "execve" not in trace.read_text():
        pytest.skip("strace may not trace here")

    started = re.findall(r'execve(?:at)?\((?:\w+, )?"([^"]+)"', trace.read_text())
    assert done.returncode == 0, done.stderr
    assert started == [sys.executable, true]
    assert not (stage.folder / "owned").exists()


def may_unshare() -> bool:
    """Tell whether this system gives an empty network."""
    try:
        done = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="no network namespaces here")
def test_a_recorded_run_is_replayed_without_a_network(stage):
    """The same output; the program is gone and is not missed."""
    program = stage.sh(f"echo x >> {stage.folder}/count; echo warm")
    recorded = stage.runs(program, "--record", "tape")
    stage.thread.write_text(HISTORY)
    Path(program).unlink()

    replayed = subprocess.run(
        ["unshare", "-rn", *stage.argv(program, "--replay", "tape", "--strict-replay")],
        env={**stage.environ, "GRADIENT_MODEL_ACCESS_KEY": ""},
        cwd=stage.folder,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (recorded.returncode, recorded.stdout) == (0, b"It is warm.\n")
    assert (replayed.returncode, replayed.stdout) == (0, recorded.stdout), replayed.stderr
    assert (stage.folder / "count").read_text() == "x\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_program_of_a_row_outlives_the_batch(stage, number):
    """Several at once, each in a worker's thread."""
    (stage.folder / "items.txt").write_text("".join(f"{n}\n" for n in range(9)))
    argv = [sys.executable, "-m", "gradient_cli", "batch", "run", "-m", "m", "-i", "items.txt"]
    program = stage.sh("trap '' TERM INT; sleep 300")
    run_tool = ["--tool", TOOL, "--run-tool", f"f={program} {stage.mark}", "-j", "3"]
    run = subprocess.Popen(
        [*argv, *run_tool, "-o", "out.jsonl"],
        env=stage.environ,
        cwd=stage.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert len(stage.awaits(3)) == 3

    run.send_signal(number)
    run.communicate(timeout=10)

    assert run.returncode == -number
    assert stage.awaits(0, 3) == []
