"""A name with several addresses: the next one starts 250 ms after the last, the first wins."""

import socket
import sys
import time
from contextlib import contextmanager

import pytest

from gradient_cli.errors import ConnectionFailed, TimedOut
from gradient_cli.mock.server import MockServer
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.preconnect import EarlyConnection
from gradient_cli.transport.reach import places, reach
from tests.transport.holes import hole

linux = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 and full queues are Linux's")
V4, V6 = socket.AF_INET, socket.AF_INET6


def free_port(host: str = "127.0.0.1") -> int:
    with socket.create_server((host, 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def took():
    times = []
    start = time.monotonic()
    yield times
    times.append(time.monotonic() - start)


@pytest.mark.real
@linux
def test_the_second_address_starts_after_a_quarter_of_a_second():
    """curl needs 0.25 s for a host whose first address is dead; so do we."""
    with hole("127.0.0.2") as port, socket.create_server(("127.0.0.1", port)), took() as times:
        sock = reach([(V4, ("127.0.0.2", port)), (V4, ("127.0.0.1", port))], None)
        assert sock.getpeername()[0] == "127.0.0.1"
        sock.close()

    assert 0.2 < times[0] < 2


@linux
def test_a_refusal_is_not_waited_for():
    """Who says no at once makes room for the next at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener, took() as times:
        port = listener.getsockname()[1]
        addresses = [(V4, (f"127.0.0.{n}", port)) for n in (2, 3, 4, 5, 1)]
        with reach(addresses, None) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"

    assert times[0] < 0.5


@pytest.mark.real
@linux
def test_a_slow_first_address_is_not_given_up():
    """A later start is no better address: the first that answers wins, whichever it is."""
    with hole("127.0.0.2") as port, socket.create_server(("127.0.0.1", port)):
        addresses = [(V4, (host, port)) for host in ("127.0.0.2", "127.0.0.3", "127.0.0.1")]
        with reach(addresses, time.monotonic() + 5) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"


@pytest.mark.real
@linux
def test_nobody_answers():
    """The moment is kept, however many addresses there are."""
    with hole("127.0.0.2") as port, took() as times, pytest.raises(TimeoutError):
        reach([(V4, ("127.0.0.2", port))] * 3, time.monotonic() + 0.4)

    assert 0.35 < times[0] < 1.5


def test_all_refuse():
    """The words of the last one are told; no address at all is an error too."""
    port = free_port()

    with pytest.raises(ConnectionRefusedError):
        reach([(V4, ("127.0.0.1", port))] * 3, None)
    with pytest.raises(OSError, match="no address"):
        reach([], None)


def test_a_family_that_this_machine_lacks_is_passed_over():
    """A kernel without IPv6 refuses the socket itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        addresses = [(-7, ("x", 1)), (V4, listener.getsockname())]
        with reach(addresses, None) as sock:
            assert sock.getpeername() == listener.getsockname()


def test_the_kinds_take_turns(monkeypatch):
    """Four dead IPv6 addresses cost 250 ms, not a second; each address stands once."""
    six = [(V6, (f"::{n}", 1, 0, 0)) for n in range(1, 5)]
    four = [(V4, (f"192.0.2.{n}", 1)) for n in range(1, 3)]
    found = [(family, 1, 6, "", place) for family, place in (*six, six[0], *four)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kinds: found)

    assert places("any.test", 1) == [six[0], four[0], six[1], four[1], six[2], six[3]]


@pytest.mark.sampled
@linux
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_timeout_is_waited_for_once(scheme):
    """By the early connection and the transport together."""
    with hole() as port, took() as times:
        url = f"{scheme}://127.0.0.1:{port}"
        early = EarlyConnection(url, {})
        transport = HttpTransport(Network(base_url=url, timeout_s=0.6), {}, early=early)
        with pytest.raises(TimedOut, match=r"no connection to .* within 0\.6 s"):
            transport.send("GET", "/v1/models")
        transport.close()

    assert times[0] < 1.1


@pytest.mark.real
def test_a_handshake_that_never_ends_is_waited_for_once():
    """TLS is a part of connecting: TCP answers, and then nothing more comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener, took() as times:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        early = EarlyConnection(url, {})
        transport = HttpTransport(Network(base_url=url, timeout_s=0.6), {}, early=early)
        with pytest.raises(TimedOut, match=r"within 0\.6 s"):
            transport.send("GET", "/v1/models")
        transport.close()

    assert times[0] < 1.1


def test_a_failed_early_connection_leaves_time(monkeypatch):
    """A refusal costs nothing: the transport says it in its own words."""
    url = f"http://127.0.0.1:{free_port()}"
    transport = HttpTransport(Network(base_url=url), {}, early=EarlyConnection(url, {}))

    with pytest.raises(ConnectionFailed, match="Connection refused"):
        transport.send("GET", "/v1/models")


def test_an_early_connection_that_idled_is_not_used(monkeypatch):
    """A prompt may come slowly on stdin, and servers close what says nothing."""
    monkeypatch.setattr("gradient_cli.transport.preconnect.LONGEST_IDLE_S", 0.0)
    with MockServer() as server:
        early = EarlyConnection(server.url, {})
        early._is_done.acquire(timeout=5)
        early._is_done.release()

        assert early.take(None) is None
