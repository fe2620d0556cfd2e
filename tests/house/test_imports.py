"""
What each kind of run may load. Start-up time is a promise; imports are how it gets broken.

The lists name packages, not milliseconds: a new import is seen here on any machine.
"""

import json
import subprocess
import sys

import pytest

from tests.captures import KEY, capture
from tests.replay_server import Framing, Play, framed

DUMP = """
import os, sys
before = set(sys.modules)

def tell(status=0):
    names = [name for name, module in sys.modules.items() if module and name not in before]
    os.write(2, ("\\n" + " ".join(names)).encode())
    leave(status)

leave, os._exit = os._exit, tell
sys.argv[0] = "gradient"
from gradient_cli.__main__ import main
main()
tell()
"""
"""Runs the program and says, when it leaves, what it has loaded: in one line on stderr."""

LIBRARIES = {"typer", "httpx", "httpx_sse", "httpcore"}
BENEATH = {
    *("annotated_doc", "shellingham", "anyio", "certifi", "h11", "idna", "typing_extensions"),
    "socksio",  # where it is installed: httpcore asks for it
}
"""What those libraries load themselves."""

HEAVY = {
    "argparse",
    "asyncio",
    "concurrent.futures",
    "http.server",
    "importlib.metadata",
    "multiprocessing",
    "sqlite3",
    "tomllib",
    "unittest",
    "xml",
}
"""Of the standard library, what no plain run has any use for."""


STANDARD = sys.stdlib_module_names | {"_missing_stdlib_info"}
"""With what 3.15 writes when it is built, and does not list."""

HELLO = capture("vllm", "ok-hello-stream").response


def of_json(value: object) -> bytes:
    """Give a whole reply that holds a value."""
    return framed(json.dumps(value).encode(), Framing.LENGTH, content_type="application/json")


@pytest.fixture
def loaded(world, replay_server, tmp_path):
    """Give a function that runs the program and gives the names of all it loaded."""

    def run(*arguments: str, reply: bytes = HELLO) -> set[str]:
        replay_server.then(Play(reply))
        done = subprocess.run(
            [sys.executable, "-c", DUMP, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={
                **world,
                "GRADIENT_INFERENCE_ENDPOINT": replay_server.url,
                "GRADIENT_MODEL_ACCESS_KEY": KEY,
            },
            cwd=tmp_path,
            check=True,
        )
        return set(done.stderr.decode().splitlines()[-1].split())

    return run


def packages(names: set[str]) -> set[str]:
    """Give the packages that are not of the standard library."""
    return {name.split(".")[0] for name in names} - STANDARD


def test_the_version_loads_nothing(loaded):
    """`--version` costs what Python costs."""
    names = loaded("--version")

    assert packages(names) == {"gradient_cli"}
    assert not names & {"dataclasses", "enum", "re", "signal", "typing"}


def test_help_loads_no_library(loaded):
    """`--help` is text that is there already."""
    names = loaded("--help")

    assert packages(names) == {"gradient_cli"}
    assert not names & (HEAVY | {"dataclasses", "ssl", "socket", "subprocess", "typing"})


def test_an_answer_loads_what_it_needs(loaded):
    """`respond` to a pipe loads httpx: no parser, no rich, no settings library, no validator."""
    names = loaded("respond", "-m", "any", "hi")

    assert packages(names) - {"gradient_cli"} - BENEATH == LIBRARIES - {"typer"}
    assert not names & HEAVY
    assert not names & {"httpx._main", "typer.rich_utils"}


MOST_MODULES = 95
"""Of ours, that `respond` may load: each costs 0.2 ms."""
MOST_DATACLASSES = 30
"""That may be worked on meanwhile, those of h11 among them: each costs 0.1 ms (values.py)."""
COUNT = """
import dataclasses, os
made, work = [], dataclasses._process_class

def count(cls, *more, **named):
    made.append(cls.__module__ + "." + cls.__name__)
    return work(cls, *more, **named)

dataclasses._process_class = count
dump = os.environ.pop("DUMP")
exec(dump.replace('" ".join(names)', '" ".join(["=".join(["made", *made]), *names])'))
"""
"""What DUMP does, with the dataclasses that were worked on as its first word."""


def test_an_answer_costs_no_more_than_it_did(world, replay_server, tmp_path):
    """In modules of ours and in classes made for it: numbers that hold on any machine."""
    replay_server.then(Play(HELLO))
    done = subprocess.run(
        [sys.executable, "-c", COUNT, "respond", "-m", "any", "hi"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={
            **world,
            "DUMP": DUMP,
            "GRADIENT_INFERENCE_ENDPOINT": replay_server.url,
            "GRADIENT_MODEL_ACCESS_KEY": KEY,
        },
        cwd=tmp_path,
        check=True,
    )
    first, *names = done.stderr.decode().splitlines()[-1].split()
    made = first.split("=")[1:]

    assert len(made) <= MOST_DATACLASSES, made
    assert len([name for name in names if name.startswith("gradient_cli")]) <= MOST_MODULES


@pytest.mark.skipif(not hasattr(sys, "set_lazy_imports"), reason="Python 3.15 is the first")
def test_what_libraries_import_for_others_waits_for_its_use(loaded):
    """Mail, time zones, temporary files, names in other scripts: named by httpx, used by nobody."""
    names = loaded("respond", "-m", "any", "hi")

    assert not names & {
        *("calendar", "datetime", "email.parser", "idna", "random", "shutil", "tempfile"),
        *("asyncio", "subprocess", "traceback"),
    }


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="dataclasses ask more of inspect there")
def test_what_waits_for_its_use_is_not_used(loaded):
    """Nor is what only that would load: whoever begins to use it makes every start longer."""
    names = loaded("respond", "-m", "any", "hi")

    assert "inspect" in names  # it waits
    assert not names & {
        *("ast", "dis", "tokenize", "textwrap", "bz2", "lzma", "idna.core", "socksio.socks5"),
        *("importlib.resources", "certifi.core"),
    }


def test_no_import_waits_where_names_are_changed_as_they_come():
    """httpcore sets `__module__` on what it imports; what waits for its use has none."""
    from gradient_cli.__main__ import _may_wait

    assert not _may_wait("httpcore", "httpcore._api", ("request",))
    assert not _may_wait("httpx", "httpx._client", ("*",))
    assert _may_wait("httpx._models", "http.cookiejar", ("CookieJar",))


@pytest.mark.real
def test_the_help_of_a_command_needs_no_network(loaded):
    """`respond --help` loads typer alone."""
    names = loaded("respond", "--help")

    assert packages(names) - {"gradient_cli"} - BENEATH == {"typer"}
    assert not names & (HEAVY | {"ssl"})


SUITE = """
[[test]]
name = "hello"
prompt = "hi"
expect = ["Hello"]
"""
YES = of_json({"model": "m", "answers": {"decision": {"type": "noul", "noul": 0.9}}})
MODELS = of_json({"object": "list", "data": [{"id": "m", "object": "model"}]})


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "reply", "libraries", "heavy"),
    [
        (("decide", "Done?", "-m", "m", "-f", "ITEMS"), YES, LIBRARIES - {"typer"}, set()),
        (("models",), MODELS, LIBRARIES, set()),
        (("batch", "run", "-m", "m", "-i", "ITEMS", "-o", "OUT", "-q"), HELLO, LIBRARIES, set()),
        (("check", "SUITE", "-m", "m"), HELLO, LIBRARIES - {"typer"}, {"tomllib"}),
        (("doctor",), MODELS, LIBRARIES, {"importlib.metadata"}),
        (("config", "show"), HELLO, {"typer"}, set()),
    ],
    ids=["decide", "models", "batch", "check", "doctor", "config"],
)
def test_a_command_loads_what_it_needs(loaded, tmp_path, argv, reply, libraries, heavy):
    """Each its own libraries: rich only for a terminal, a validator only for a schema."""
    (tmp_path / "SUITE").write_text(SUITE)
    (tmp_path / "ITEMS").write_text("hi\n")

    names = loaded(*argv, reply=reply)

    assert packages(names) - {"gradient_cli"} - BENEATH == libraries
    assert names & HEAVY == heavy
