"""
Real servers for the tests: llama.cpp's with a tiny model, and one whose faults are scripted.

Each runs in a process that ends with its stdin, so none survives the tests. A server that
does not start fails the tests that need it; it never skips them.
"""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from tests.captures import DATA

HERE = Path(__file__).parent
READY_S = 60.0


class Server:
    """A server in a process of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str) -> None:
        self.process = process
        self.url = url

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait()


class FaultServer(Server):
    """llmock, and its control interface."""

    def script(self, *behaviors: dict[str, Any]) -> None:
        """Say what the next requests meet; forget the earlier ones."""
        self._control("POST", "reset")
        if behaviors:
            self._control("POST", "scenario", {"behaviors": list(behaviors)})

    def requests(self) -> list[Any]:
        """Give the requests since `script`, oldest first."""
        return list(self._control("GET", "requests")["requests"])

    def _control(self, method: str, name: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/_llmock/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


@contextmanager
def running(script: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server's script until the end of the block."""
    # A file: a pipe that nobody reads is full after some hundred lines of a server's log.
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        process.log = log
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def refuse(process: "subprocess.Popen[bytes]", what: str) -> None:
    """Fail with the words of a server that did not start."""
    process.kill()
    process.communicate()
    process.log.seek(0)
    words = process.log.read()
    pytest.fail(
        f"{what} did not start; is requirements-test.txt installed?\n{words.decode()[-2000:]}"
    )


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until_open(process: "subprocess.Popen[bytes]", port: int, what: str) -> None:
    """Return as soon as somebody listens on the port."""
    waited_s = 0.0
    while waited_s < READY_S and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                waited_s += 0.05
        else:
            return
    refuse(process, what)


@contextmanager
def llama_server() -> Iterator[Server]:
    """Give llama.cpp's server with the tiny model."""
    with running("llama_server.py", str(DATA / "model" / "tiny-qwen3.gguf")) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        if not url.startswith("http://"):
            refuse(process, "the llama.cpp server")
        yield Server(process, url)


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    """Give llmock."""
    port = free_port()
    with running("fault_server.py", str(port)) as process:
        wait_until_open(process, port, "llmock")
        yield FaultServer(process, f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def llama() -> Iterator[Server]:
    """Give llama.cpp's server, shared by all tests of a run."""
    with llama_server() as server:
        yield server


@pytest.fixture(scope="session")
def faults() -> Iterator[FaultServer]:
    """Give the fault server, shared by all tests of a run; each scripts it anew."""
    with fault_server() as server:
        yield server


@pytest.fixture
def own_faults() -> Iterator[FaultServer]:
    """Give a fault server that a test may kill."""
    with fault_server() as server:
        yield server
