"""SOCKS 5: the name goes to the proxy, what the proxy does is told as its doing."""

import socket
import struct
import threading

import pytest

from gradient_cli.errors import ConnectionFailed, GradientError, TimedOut
from gradient_cli.transport.http import HttpTransport, Network
from tests.replay_server import Framing, Play, ReplayServer, framed

BODY = b'{"status": "completed"}'


class Socks:
    """A proxy for one connection: NO AUTH or a password, CONNECT by name, then bytes as they come."""

    def __init__(self, target: int, *, reply: int = 0, greets: bool = True) -> None:
        self.asked: list[tuple[str, int]] = []
        self.passwords: list[bytes] = []
        self._target = target
        self._reply = reply
        self._greets = greets
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            if self._has_agreed(client):
                with socket.create_connection(("127.0.0.1", self._target)) as server:
                    back = threading.Thread(target=_pump, args=(client, server), daemon=True)
                    back.start()
                    _pump(server, client)
                    back.join()

    def _has_agreed(self, client: socket.socket) -> bool:
        _, count = client.recv(2)
        methods = client.recv(count)
        if not self._greets:
            client.recv(1)
            return False
        client.sendall(b"\x05" + methods[:1])
        if methods[0] == 2:
            client.recv(1)
            self.passwords = [client.recv(client.recv(1)[0]) for _ in range(2)]
            client.sendall(b"\x01\x00")
        client.recv(4)
        name = client.recv(client.recv(1)[0]).decode()
        self.asked.append((name, struct.unpack(">H", client.recv(2))[0]))
        client.sendall(b"\x05" + bytes([self._reply]) + b"\x00\x01\x00\x00\x00\x00\x00\x00")
        return not self._reply

    def close(self) -> None:
        self._thread.join(10)
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(4096):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def send(proxy: str, timeout_s: float = 5) -> bytes:
    network = Network(base_url="http://api.test:8000", proxy=proxy, timeout_s=timeout_s, secret="")
    transport = HttpTransport(network, {})
    try:
        return b"".join(transport.send("POST", "/v1/responses", [b"{}"]).chunks())
    finally:
        transport.close()


@pytest.mark.parametrize("user", ["", "me:sesame@"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_the_proxy_is_asked_by_name(scheme, user):
    """Nothing of the name is looked up here: it may be known behind the proxy alone."""
    with ReplayServer(
        Play(framed(BODY, Framing.LENGTH, content_type="application/json"))
    ) as server:
        proxy = Socks(int(server.url.rsplit(":", 1)[1]))
        got = send(f"{scheme}://{user}127.0.0.1:{proxy.port}")
        proxy.close()

    assert got == BODY
    assert proxy.asked == [("api.test", 8000)]
    assert proxy.passwords == ([b"me", b"sesame"] if user else [])


def test_what_it_refuses_is_told_as_its_doing():
    """With its name and without its password."""
    proxy = Socks(1, reply=5)

    with pytest.raises(ConnectionFailed) as caught:
        send(f"socks5://me:sesame@127.0.0.1:{proxy.port}")
    proxy.close()

    assert f'the proxy "socks5://127.0.0.1:{proxy.port}" refused' in caught.value.message


@pytest.mark.real
def test_one_that_says_nothing_ends_with_the_timeout():
    """What is said before the request has no time of its own in the library below."""
    proxy = Socks(1, greets=False)

    with pytest.raises(TimedOut) as caught:
        send(f"socks5://127.0.0.1:{proxy.port}", timeout_s=0.3)
    proxy.close()

    assert "proxy" in caught.value.message


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\xff", b"\x05", b""])
def test_what_speaks_something_else_is_no_bug(words):
    """An HTTP proxy behind a SOCKS address, one that wants a password, one that hangs up."""

    def answer() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(100)
            client.sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(ConnectionFailed) as caught:
            send(f"socks5://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(10)

    assert "the proxy" in caught.value.message


def test_one_that_is_not_there():
    """The proxy is named, not the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(GradientError) as caught:
        send(f"socks5://127.0.0.1:{port}")

    assert f'cannot connect to the proxy "socks5://127.0.0.1:{port}"' in caught.value.message
