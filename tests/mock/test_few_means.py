"""The mock on a machine that gives no more threads, or no more descriptors for a while."""

import errno
import socket
import threading
import urllib.request

import pytest

from gradient_cli.mock.script import Script
from gradient_cli.mock.server import MockServer


def models_of(url):
    """Ask the mock for its models; give the status."""
    with urllib.request.urlopen(f"{url}/v1/models", timeout=10) as reply:
        return reply.status


def test_without_a_further_thread_it_answers_one_after_the_other(monkeypatch):
    """Slower, and as right."""
    server = MockServer(Script())
    server.start()
    real = threading.Thread.start

    def refuse(self):
        if "_serve" in repr(self._target):
            raise RuntimeError("can't start new thread")
        real(self)

    monkeypatch.setattr(threading.Thread, "start", refuse)

    try:
        assert [models_of(server.url) for _ in range(3)] == [200, 200, 200]
    finally:
        server.stop()


@pytest.mark.real
def test_a_connection_that_cannot_be_taken_now_is_taken_later(monkeypatch):
    """EMFILE is no end of serving."""
    server = MockServer(Script())
    faults = [OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENFILE, "Too many")]
    real = socket.socket.accept

    def accept(self):
        if faults:
            raise faults.pop()
        return real(self)

    monkeypatch.setattr(socket.socket, "accept", accept)
    server.start()

    try:
        assert models_of(server.url) == 200
    finally:
        server.stop()
    assert faults == []
