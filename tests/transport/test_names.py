"""Looking up names: bounded, and nobody's last word where a name has more than one address."""

import socket
import threading

import pytest

from gradient_cli.errors import ConnectionFailed, TimedOut
from gradient_cli.mock.server import MockServer
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.names import look_up


def transport(url: str, deadline: Deadline | None = None, timeout_s: float = 5) -> HttpTransport:
    return HttpTransport(Network(base_url=url, timeout_s=timeout_s), {}, deadline=deadline)


@pytest.fixture
def silent_resolver(monkeypatch):
    """A resolver that does not answer before the test is over."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kinds: over.wait(30) and [])
    yield
    over.set()


def test_an_address_is_itself():
    """Nobody has to be asked."""
    assert look_up("127.0.0.1", 80, 5) == [(socket.AF_INET, ("127.0.0.1", 80))]


def test_a_silent_resolver_is_a_timeout(silent_resolver):
    """The words say how long it took, and where to look."""
    with pytest.raises(TimedOut, match=r"no connection to http://any\.test within 0\.05 s"):
        transport("http://any.test", timeout_s=0.05).send("GET", "/v1/models")


@pytest.mark.real
def test_the_run_ends_in_the_midst_of_a_look_up(silent_resolver):
    """`--max-time` is for the whole run."""
    with pytest.raises(TimedOut, match="--max-time"):
        transport("http://any.test", Deadline.after(0.05)).send("GET", "/v1/models")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (UnicodeError("label empty or too long"), "label empty or too long"),
    ],
)
def test_a_name_that_is_not_known_is_no_connection(monkeypatch, error, words):
    """The resolver's own words are told."""

    def fail(*args: object, **kinds: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(ConnectionFailed, match=words):
        transport("http://any.test").send("GET", "/v1/models")


def test_the_next_address_is_tried(monkeypatch):
    """A host with an address that nobody listens at is still reached by the other."""
    with MockServer() as server:
        port = int(server.url.rpartition(":")[2])
        places = [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        asked = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *args, **kinds: (
                places if host in ("two.test", b"two.test") else asked(host, *args, **kinds)
            ),
        )

        reaching = transport(f"http://two.test:{port}")
        reply = reaching.send("GET", "/v1/models")
        reaching.close()

        assert reply.status == 200
