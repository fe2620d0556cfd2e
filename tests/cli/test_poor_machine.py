"""A machine with few resources, and an installation that is broken: a status and a line, never 1."""

import os
import resource
import subprocess
import sys

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.errors import MachineExhausted
from gradient_cli.terminal.streams import Terminal
from tests.captures import capture
from tests.replay_server import Play

pytestmark = pytest.mark.real

START = """
import sys
sys.argv[0] = "gradient"
{before}
from gradient_cli.__main__ import main
main()
"""
NO_THREADS = """
import _thread, threading

def refuse(*arguments, **options):
    raise RuntimeError("can't start new thread")

_thread.start_new_thread = threading._start_new_thread = refuse
"""


def gradient(world, *arguments, before="", environ=(), **options):
    """Run the program behind a piece of Python that takes something away from it."""
    return subprocess.run(
        [sys.executable, "-c", START.format(before=before), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**world, **dict(environ)},
        timeout=60,
        **options,
    )


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("module", "content"),
    [
        ("hashlib", "KEY = 1"),
        ("select", "poll = None"),
        ("json", "raise ValueError('mine')"),
        ("dataclasses", "def broken(:"),
        ("socket", "import no_such_module"),
    ],
)
def test_a_module_in_the_place_of_pythons_own_is_named(world, tmp_path, module, content):
    """PYTHONPATH of another project leaks in: that is no finding about a model, and no bug."""
    if module in sys.builtin_module_names:
        pytest.skip(f"{module} is built into this Python: nothing can stand in its place")
    if module == "hashlib" and hasattr(sys, "set_lazy_imports"):
        pytest.skip("nobody looks at it where imports wait for their use")
    intruder = tmp_path / "src" / f"{module}.py"
    intruder.parent.mkdir()
    intruder.write_text(content)
    path = f"{intruder.parent}{os.pathsep}{world['PYTHONPATH']}"

    done = gradient(
        world, "respond", "-p", "demo", "hi", "--one-of", "a,b", environ={"PYTHONPATH": path}
    )

    assert done.returncode == 70
    assert "gradient: a broken installation: " in done.stderr
    assert f'"{intruder}" from PYTHONPATH stands in the place of `{module}`' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_part_of_the_installation_that_is_gone_is_70(world):
    """Half an upgrade: a library cannot be imported."""
    hides = "sys.modules['httpx'] = None"

    done = gradient(
        world, "respond", "-m", "m", "hi", "--base-url", "http://127.0.0.1:9", before=hides
    )

    assert done.returncode == 70
    assert (
        "gradient: a broken installation: ModuleNotFoundError: import of httpx halted"
        in done.stderr
    )
    assert done.stderr.splitlines()[-1] == "hint: install gradient-cli anew"


@pytest.mark.sampled
@pytest.mark.parametrize("extra", [(), ("--one-of", "x,y"), ("--json",)])
def test_no_thread_is_no_hindrance(world, replay_server, extra):
    """The early connection, the resolver and the sign of life all do without."""
    replay_server.then(Play(capture("vllm", "ok-hello-stream").response))
    where = {"GRADIENT_INFERENCE_ENDPOINT": replay_server.url, "GRADIENT_MODEL_ACCESS_KEY": "k"}

    done = gradient(world, "respond", "-m", "m", "hi", *extra, before=NO_THREADS, environ=where)

    assert done.returncode == (1 if "--one-of" in extra else 0), done.stderr
    assert done.stdout or "--one-of" in extra
    assert "Traceback" not in done.stderr


@pytest.mark.real
def test_what_needs_a_thread_says_so(world):
    """The demo is a server inside: without threads there is none."""
    done = gradient(world, "respond", "-p", "demo", "hi", before=NO_THREADS)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gradient: this machine gives no more threads\nhint: ")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OSError(24, "Too many open files"), "open files"),
        (OSError(23, "Too many open files in system"), "open files"),
        (MemoryError(), "memory"),
        (OSError(28, "No space left on device"), "room on the disk"),
        (RuntimeError("can't start new thread"), "threads"),
    ],
)
def test_the_end_of_a_resource_is_known_behind_other_errors(error, what):
    """Libraries wrap it."""
    try:
        try:
            raise error
        except Exception as cause:
            raise ValueError("a library's own words") from cause
    except ValueError as wrapped:
        found = MachineExhausted.behind(wrapped)

    assert found is not None
    assert found.message == f"this machine gives no more {what}"
    assert MachineExhausted.behind(ValueError("another")) is None


def test_a_bug_is_still_a_bug(monkeypatch):
    """Its traceback is what we want to read."""
    terminal = Terminal.recording()

    def dispatch(argv, invocation):
        raise KeyError("oh")

    monkeypatch.setattr("gradient_cli.cli.app.dispatch", dispatch)
    status = run(["models"], Invocation(terminal, {}))

    assert status == 70
    assert "KeyError: 'oh'" in terminal.stderr_text
    assert "gradient: a bug in gradient" in terminal.stderr_text


@pytest.mark.sampled
@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("respond", "-p", "demo", "hi")]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_never_a_success(world, arguments, unbuffered):
    """Not for one line either."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gradient_cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**world, "PYTHONUNBUFFERED": unbuffered},
            timeout=60,
        )

    assert done.returncode == 2
    assert b"cannot write to stdout: no space left on device" in done.stderr


@pytest.mark.real
@pytest.mark.parametrize("files", [5, 6, 7, 8, 9, 10, 12, 16, 24])
def test_few_descriptors_are_enough_or_named(world, replay_server, files):
    """Never 1, "the model is wrong", and never a traceback."""
    replay_server.then(Play(capture("vllm", "ok-hello-stream").response))
    where = {"GRADIENT_INFERENCE_ENDPOINT": replay_server.url, "GRADIENT_MODEL_ACCESS_KEY": "k"}

    done = gradient(
        world,
        *("respond", "-m", "m", "hi"),
        environ=where,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )

    assert done.returncode in ({0, 2} if files < 10 else {0}), done.stderr
    assert done.returncode == 0 or "this machine gives no more open files" in done.stderr
