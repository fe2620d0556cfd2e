"""
What tests share: a world of their own to run the program in, and a server to run it against.

The real home, the real settings and the real key of whoever runs the tests are out of reach.
"""

import gc
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gradient_cli.mock import demo
from tests.captures import KEY
from tests.home import Home
from tests.replay_server import Play, ReplayServer, framed

ROOT = Path(__file__).parent.parent

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


REAL_MODULE = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.real\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no module of which the quick suite runs nothing."""
    is_quick = config.option.markexpr == "not real" and collection_path.suffix == ".py"
    return (is_quick and bool(REAL_MODULE.search(collection_path.read_text()))) or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the first case of a test that is `sampled` in the quick suite, and no other."""
    seen = set()
    for item in items:
        if item.get_closest_marker("sampled") is None:
            continue
        test = item.nodeid.partition("[")[0]
        if test in seen:
            item.add_marker("real")
        seen.add(test)


def pytest_collection_finish() -> None:
    """Spare what was imported and collected each later search for garbage, and search less."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def hurried_demo() -> None:
    """Let the profile `demo`, where it runs in this process, speak without pauses."""
    demo.TOKEN_DELAY_S = 0.0


@pytest.fixture
def world(tmp_path: Path) -> dict[str, str]:
    """Give the environment for a program: an empty home, no key, no proxy, this source."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    }


@pytest.fixture
def run_gradient(world: dict[str, str], tmp_path: Path) -> Run:
    """Give a function that runs the real program: `run("respond", "hi", url=..., stdin=b"")`."""

    def run(
        *arguments: str,
        url: str | None = None,
        key: str | None = KEY,
        stdin: bytes = b"",
        environ: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> "subprocess.CompletedProcess[bytes]":
        extra = dict(environ or {})
        if url is not None:
            extra["GRADIENT_INFERENCE_ENDPOINT"] = url
        if key is not None:
            extra["GRADIENT_MODEL_ACCESS_KEY"] = key
        return subprocess.run(
            [sys.executable, "-m", "gradient_cli", *arguments],
            input=stdin,
            capture_output=True,
            env={**world, **extra},
            cwd=tmp_path,
            timeout=timeout_s,
            check=False,
        )

    return run


@pytest.fixture
def replay_server() -> Iterator[ReplayServer]:
    """Give a server whose replies the test sets with `then(Play(...), ...)`."""
    nothing = framed(b"", status="500 nothing to play")
    with ReplayServer(Play(nothing)) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give a user with a settings folder of their own and no variables."""
    return Home(tmp_path)
