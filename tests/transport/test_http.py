"""The transport over real sockets: deadlines, silence, redirects, and what it never does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from httpcore._backends.sync import SyncStream

from gradient_cli.errors import ConnectionFailed, RequestRejected, TimedOut
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.preconnect import EarlyConnection
from gradient_cli.transport.sockets import LONGEST_JOINED

Talk = Callable[[socket.socket], None]


@contextmanager
def server(*talks: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection for each talk; gives the URL and the heads that came."""
    listener = socket.create_server(("127.0.0.1", 0))
    heads: list[bytes] = []

    def serve() -> None:
        for talk in talks:
            connection, _ = listener.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    head += piece
                heads.append(head)
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", heads
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def says(reply: bytes, then_s: float = 0) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(reply)
        time.sleep(then_s)

    return talk


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def ask(url: str, **settings: object) -> bytes:
    early = settings.pop("early", None)
    deadline = settings.pop("deadline", None)
    transport = HttpTransport(Network(base_url=url, **settings), {}, deadline=deadline, early=early)
    try:
        reply = transport.send("POST", "/v1/responses", [b"{", b"}"])
        return b"".join(reply.chunks())
    finally:
        transport.close()


def test_a_body_in_pieces_has_its_length():
    """No chunked request: not every server takes one."""
    with server(says(OK)) as (url, heads):
        assert ask(url) == b"{}"

    assert b"content-length: 2" in heads[0].lower()
    assert b"transfer-encoding" not in heads[0].lower()


@pytest.mark.parametrize(
    ("method", "body", "sizes"),
    [
        ("GET", [], [0]),
        ("POST", [b"{}"], [2]),
        ("POST", [b"{", b"1\r\n\r\n", b"}"], [1, 6]),
        ("POST", [b"x" * LONGEST_JOINED, b"y"], [LONGEST_JOINED, 1]),
        ("POST", [b"x" * (LONGEST_JOINED + 1)], [0, LONGEST_JOINED + 1]),
    ],
)
def test_a_short_request_goes_out_at_once(monkeypatch, method, body, sizes):
    """The head waits for the body, so that the server wakes up once; a long one is not copied."""
    sent: list[bytes] = []
    write = SyncStream.write

    def watched(stream, buffer, timeout=None):
        sent.extend([buffer] if buffer else [])
        write(stream, buffer, timeout)

    monkeypatch.setattr(SyncStream, "write", watched)
    with server(says(OK)) as (url, _):
        transport = HttpTransport(Network(base_url=url), {})
        assert b"".join(transport.send(method, "/v1/x", body).chunks()) == b"{}"
        transport.close()

    head, _, rest = sent[0].partition(b"\r\n\r\n")
    assert head.startswith(method.encode())
    assert b"".join([rest, *sent[1:]]) == b"".join(body)
    assert [len(rest), *map(len, sent[1:])] == sizes


def test_the_key_goes_into_one_header():
    """And the user agent names nobody else."""
    with server(says(OK)) as (url, heads):
        ask(url, secret="sk-1")

    assert b"Authorization: Bearer sk-1\r\n" in heads[0]
    assert b"User-Agent: gradient-cli/" in heads[0]
    assert b"httpx" not in heads[0]


def test_without_a_key_there_is_no_header():
    """A local server is asked without one."""
    with server(says(OK)) as (url, heads):
        ask(url)

    assert b"authorization" not in heads[0].lower()


@pytest.mark.real
def test_silence_is_a_timeout():
    """Named with its host and length."""
    with server(says(b"", then_s=0.3)) as (url, _), pytest.raises(TimedOut) as error:
        ask(url, timeout_s=0.05)

    assert error.value.message == f"no sign of life from {url} for 0.05 s"


@pytest.mark.real
def test_the_deadline_ends_a_read():
    """--max-time wins over --timeout, also within a reply that keeps talking."""
    slow = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    with server(says(slow, then_s=0.4)) as (url, _), pytest.raises(TimedOut) as error:
        ask(url, deadline=Deadline.after(0.1))

    assert "--max-time" in error.value.message


def test_a_refused_connection_says_where():
    """The endpoint and the system's words."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(ConnectionFailed) as error:
        ask(url)

    assert error.value.message == f"cannot connect to {url}: Connection refused"


def test_an_unknown_host_is_a_connection_fault():
    """DNS has its own hint."""
    with pytest.raises(ConnectionFailed) as error:
        ask("http://nowhere.invalid")

    assert error.value.message.startswith("cannot connect to http://nowhere.invalid: ")
    assert "host name" in error.value.hint


def test_a_name_that_no_codec_takes_is_no_usable_address():
    """`xn--` announces an international name; not every end of it is one."""
    with pytest.raises(RequestRejected, match='"http://xn--" is no usable address'):
        ask("http://xn--")


def test_a_redirect_is_not_followed():
    """The key never travels to where a reply points."""
    reply = b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with server(says(reply)) as (url, heads):
        transport = HttpTransport(Network(base_url=url, secret="sk-1"), {})
        assert transport.send("POST", "/v1/responses", [b"{}"]).status == 307
        transport.close()

    assert len(heads) == 1


def test_the_early_connection_is_the_one_that_is_used():
    """One connection in all: the server would wait for a second one."""
    with server(says(OK)) as (url, heads):
        early = EarlyConnection(url, {})
        assert ask(url, early=early) == b"{}"

    assert len(heads) == 1


def test_an_early_connection_that_failed_changes_nothing():
    """The usual way connects, or says why not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    early = EarlyConnection(f"http://127.0.0.1:{port}", {})

    with pytest.raises(ConnectionFailed, match="Connection refused"):
        ask(f"http://127.0.0.1:{port}", early=early)


def test_an_early_connection_to_another_host_is_left():
    """A wrong guess costs a socket and nothing else."""
    with server(says(OK)) as (url, _):
        early = EarlyConnection("http://127.0.0.1:9", {})
        assert ask(url, early=early) == b"{}"
