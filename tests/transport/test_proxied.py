"""What a proxy does, or does not do, is told as the proxy's doing, with its name."""

import socket

import pytest

from gradient_cli.errors import ConnectionFailed, GradientError, RequestRejected, TimedOut
from gradient_cli.transport.faults import from_reply
from gradient_cli.transport.http import HttpTransport, Network
from tests.replay_server import End, Play, ReplayServer

TARGETS = ["http://api.test", "https://api.test"]


def fails(proxy: str, url: str = "https://api.test", timeout_s: float = 5) -> GradientError:
    network = Network(base_url=url, proxy=proxy, timeout_s=timeout_s, secret="sk-secret-key")
    transport = HttpTransport(network, {})
    with pytest.raises(GradientError) as caught:
        transport.send("POST", "/v1/responses", [b"{}"])
    transport.close()
    return caught.value


@pytest.mark.parametrize("url", TARGETS)
def test_a_dead_proxy(url):
    """Nobody should look for the fault at the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = fails(f"http://me:sesame@127.0.0.1:{port}", url)

    assert isinstance(error, ConnectionFailed)
    assert (
        error.message
        == f'cannot connect to the proxy "http://127.0.0.1:{port}": Connection refused'
    )
    assert "NO_PROXY" in error.hint


@pytest.mark.parametrize("url", TARGETS)
def test_an_unknown_proxy(url):
    """Its name is the one that nobody knows."""
    error = fails("http://proxy.invalid:3128", url)

    assert error.message.startswith('cannot connect to the proxy "http://proxy.invalid:3128": ')
    assert "NO_PROXY" in error.hint


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "refused: 403 Forbidden"),
        (b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", "refused: 407 Who are you"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "refused: 502 Bad Gateway"),
        (b"", "broke the connection"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "broke the connection"),
    ],
)
def test_a_proxy_that_refuses_the_tunnel(reply, words):
    """By a status, by silence, or by speaking something else."""
    with ReplayServer(Play(reply)) as server:
        error = fails(server.url)

    assert isinstance(error, ConnectionFailed)
    assert f'the proxy "{server.url}" {words}' in error.message


@pytest.mark.real
def test_a_silent_proxy():
    """`--timeout` is the proxy's too."""
    with ReplayServer(Play(b"", end=End.STALL)) as server:
        error = fails(server.url, timeout_s=0.2)

    assert isinstance(error, TimedOut)
    assert error.message == f'no sign of life from the proxy "{server.url}" for 0.2 s'


def test_what_fails_behind_the_tunnel_is_the_servers():
    """The proxy has done its part: TLS is the server's."""
    tunnel = b"HTTP/1.1 200 Connection established\r\n\r\n"
    with ReplayServer(Play(tunnel + b"this is no TLS")) as server:
        error = fails(server.url)

    assert error.message.startswith("cannot connect to https://api.test: ")


def test_a_forwarding_proxy_is_named_beside_the_server():
    """Without a tunnel nobody can tell which of the two broke off."""
    with ReplayServer(Play(b"")) as server:
        error = fails(server.url, "http://api.test")

    assert f'http://api.test (by the proxy "{server.url}") broke' in error.message


def test_407_is_the_proxys():
    """No server asks for a user of its proxy."""
    from gradient_cli.transport.faults import Setting

    error = from_reply(407, {}, b"", Setting("http://api.test", proxy="http://p:3128"))

    assert isinstance(error, RequestRejected)
    assert 'the proxy "http://p:3128" wants a user name' in error.message
