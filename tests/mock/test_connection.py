"""What travels: HTTP as real servers speak it, and each fault as the network would show it."""

import json
import socket
import ssl
import time
from dataclasses import replace
from queue import SimpleQueue

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

BODY = b'{"input": "hi", "stream": true}'
WORDS = Behaviour(text="a b c d", times=0)


def talk(
    script: Script | None = None,
    *,
    first: str = "POST /v1/responses HTTP/1.1",
    headers: str = "Connection: close\r\n",
    body: bytes = BODY,
    times: int = 1,
) -> bytes:
    """Send a request by hand, and give all bytes until the server closes."""
    head = f"{first}\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    with (
        MockServer(script or Script(behaviours=(WORDS,))) as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        sock.sendall((head.encode() + body) * times)
        pieces = []
        while piece := sock.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def chunks(reply: bytes) -> list[bytes]:
    """Give the chunks of a body, as far as they are whole."""
    rest, found = reply.partition(b"\r\n\r\n")[2], []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return found


def status_of(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


def test_a_chunk_is_an_event():
    """As vLLM sends them, so that a reader sees each at once."""
    *events, last = chunks(talk())

    assert last == b""
    assert all(event.startswith(b"event: response.") for event in events)
    assert all(event.endswith(b"}\n\n") and event.count(b"\n\n") == 1 for event in events)


def test_events_are_numbered_without_a_gap():
    """From 0."""
    events = [json.loads(chunk.partition(b"data: ")[2]) for chunk in chunks(talk())[:-1]]

    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_chunks_of_the_other_dialect_have_no_names_and_end_with_done():
    """And usage where it was asked for."""
    body = b'{"input": "hi", "stream": true, "stream_options": {"include_usage": true}}'

    *events, done, last = chunks(talk(Script(behaviours=(WORDS,), dialect="chunk"), body=body))

    assert (done, last) == (b"data: [DONE]\n\n", b"")
    payloads = [json.loads(event.removeprefix(b"data: ")) for event in events]
    assert {payload["object"] for payload in payloads} == {"response.chunk"}
    assert payloads[-1]["choices"] == []
    assert payloads[-1]["usage"]["output_tokens"] == 4
    assert payloads[-2]["choices"][0]["finish_reason"] == "stop"


def test_a_connection_serves_many_requests():
    """Until the other side wants it closed."""
    with (
        MockServer() as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
        sock.makefile("rwb") as stream,
    ):
        for _ in range(3):
            stream.write(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
            stream.flush()
            length = 0
            while (line := stream.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert len(json.loads(stream.read(length))["data"]) == 2


def test_requests_that_come_at_once_are_answered_in_turn():
    """Pipelining: what is read early is not lost."""
    head = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    reply = talk(first=head.decode() + "GET /nowhere HTTP/1.1", body=b"")

    assert (reply.count(b"HTTP/1.1 200 OK"), reply.count(b"HTTP/1.1 404 Not Found")) == (1, 1)


def test_a_model_gets_what_was_written_for_it():
    """By its name; a model that is none is any."""
    own = Behaviour(text="mine", model="m", times=0)
    script = Script(behaviours=(own, Behaviour(text="others", times=0)))

    for model, text in (('"m"', b"mine"), ('"n"', b"others"), ("7", b"others")):
        reply = talk(script, body=b'{"input": "hi", "model": %s}' % model.encode())
        assert b'"text":"%s"' % text in reply


def test_a_client_without_chunks_gets_none():
    """HTTP/1.0: the end of the connection is the end."""
    reply = talk(first="POST /v1/responses HTTP/1.0", headers="")

    assert b"transfer-encoding" not in reply.lower()
    assert reply.partition(b"\r\n\r\n")[2].startswith(b"event: response.created\n")
    assert reply.endswith(b"}\n\n")


def test_a_chunked_request_is_read():
    """As a client sends a body whose length it does not know."""
    chunked = b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n"
    with (
        MockServer() as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        head = b"POST /v1/responses HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
        sock.sendall(head + chunked)
        reply = b"".join(iter(lambda: sock.recv(65536), b""))

        assert status_of(reply) == 200
        assert server.requests[0].body == json.loads(BODY)


@pytest.mark.parametrize(
    ("first", "body", "status", "words"),
    [
        ("GET /v1/chat HTTP/1.1", b"", 404, "no such path: /v1/chat"),
        ("GET /v1/responses HTTP/1.1", b"", 405, "/v1/responses takes POST"),
        ("POST /v1/models HTTP/1.1", b"", 405, "/v1/models takes GET"),
        ("POST /v1/responses HTTP/1.1", b"{", 400, "the body is not a JSON object"),
        ("POST /v1/responses HTTP/1.1", b"[1]", 400, "the body is not a JSON object"),
        ("POST /v1/responses HTTP/1.1", b"[" * 200_000, 400, "the body is not a JSON object"),
        ("POST /v1/responses HTTP/1.1", b"{}", 400, "`input` must be a text or a list"),
        ("POST /v1/responses HTTP/1.1", b'{"input": []}', 400, "`input` must be"),
        ("POST /v1/responses HTTP/1.1", b'{"input": ""}', 200, ""),
        ("POST /v1/responses?x=1 HTTP/1.1", b'{"input": "hi"}', 200, ""),
    ],
)
def test_what_the_service_would_refuse_is_refused(first, body, status, words):
    """In the provider's form of an error, with the request's id in header and body."""
    reply = talk(first=first, body=body)

    head, _, rest = reply.partition(b"\r\n\r\n")
    assert status_of(reply) == status
    if status != 200:
        error = json.loads(rest)
        assert words in error["message"]
        assert f"X-Request-Id: {error['request_id']}".encode() in head


@pytest.mark.parametrize("headers", ["", "Authorization: Bearer sk-wrong\r\n", "api-key: sk\r\n"])
def test_another_key_is_refused(headers):
    """So is none; the models are not listed either."""
    for first in ("POST /v1/responses HTTP/1.1", "GET /v1/models HTTP/1.1"):
        reply = talk(Script(key="sk"), first=first, headers=headers + "Connection: close\r\n")

        assert status_of(reply) == 401


def ended(end: str, *, stream: bool = True) -> tuple[bytes, bool]:
    """Give what comes of a scripted end, and whether the connection broke."""
    body = BODY if stream else b'{"input": "hi"}'
    script = Script(behaviours=(replace(WORDS, end=end, after=2),))
    head = b"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    pieces, is_broken = [], False
    with (
        MockServer(script) as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        sock.sendall(head + body)
        try:
            while piece := sock.recv(65536):
                pieces.append(piece)
                if b"".join(pieces).endswith(b"\r\n0\r\n\r\n"):
                    break
        except ConnectionResetError:
            is_broken = True
    return b"".join(pieces), is_broken


def test_a_cut_stream_lacks_its_last_chunk():
    """The connection ends as if the server had died; what was sent is whole."""
    reply, is_broken = ended("cut")

    assert (is_broken, chunks(reply)[-1].startswith(b"event: response.output_text.delta")) == (
        False,
        True,
    )


def test_a_reset_breaks_the_connection():
    """As a network does."""
    assert ended("reset")[1]


def test_a_closed_stream_ends_as_http_wants():
    """Only the terminal event is missing, and nothing says `[DONE]`."""
    reply, is_broken = ended("close")

    assert not is_broken
    assert reply.endswith(b"\r\n0\r\n\r\n")
    assert not {b"response.completed", b"output_text.done", b"[DONE]"} & set(reply.split())


@pytest.mark.parametrize(("end", "is_short"), [("cut", True), ("malformed", False)])
def test_a_whole_answer_is_short_or_no_json(end, is_short):
    """`cut` breaks the promise of Content-Length; `malformed` keeps it."""
    script = Script(behaviours=(replace(WORDS, end=end),))

    head, _, body = talk(script, body=b'{"input": "hi"}').partition(b"\r\n\r\n")

    promised = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert (len(body) < promised) is is_short
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_headers_of_a_script_replace_the_own():
    """Whatever their case; a line break in one cannot begin another."""
    headers = {"content-type": "text/plain", "Retry-After": "2\r\nSet-Cookie: x"}
    script = Script(behaviours=(Behaviour(status=429, headers=headers),))

    head = talk(script).partition(b"\r\n\r\n")[0].lower().split(b"\r\n")

    assert [line for line in head if line.startswith(b"content-type")] == [
        b"content-type: text/plain"
    ]
    assert b"retry-after: 2  set-cookie: x" in head


def test_a_status_without_a_body_has_none():
    """204 and 304."""
    assert talk(Script(behaviours=(Behaviour(status=204),))).endswith(b"\r\n\r\n")


def test_no_secret_is_kept():
    """Whichever header carries it."""
    with MockServer() as server, socket.create_connection(server._listener.getsockname()) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\nAuthorization: Bearer sk-1\r\nX-Api-Key: sk-1\r\n\r\n")
        sock.recv(65536)

        assert "sk-1" not in str(server.requests)


def test_what_is_no_http_is_told_so():
    """Without a trace on stderr."""
    reply = talk(first="hello", body=b"")

    assert status_of(reply) == 400
    assert b"this is no HTTP" in reply


def test_a_tls_handshake_ends_at_once():
    """A client that was told https by mistake does not wait for its time limit."""
    begun = time.monotonic()
    with (
        MockServer() as server,
        socket.create_connection(server._listener.getsockname(), 30) as sock,
        pytest.raises(OSError, match=r"(?i)ssl|eof|reset|closed"),
    ):
        ssl._create_unverified_context().wrap_socket(sock)

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("first", ["HEAD /v1/models HTTP/1.1", "HEAD /v1/nowhere HTTP/1.1"])
def test_no_body_comes_after_head(first):
    """And the next request on the connection is answered as its own."""
    get = "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    script = Script(behaviours=(WORDS,))
    with (
        MockServer(script) as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        sock.sendall(f"{first}\r\nHost: x\r\n\r\n{get}".encode())
        reply = b"".join(iter(lambda: sock.recv(65536), b""))

    head, _, rest = reply.partition(b"\r\n\r\n")
    assert b"content-length" in head.lower()
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("end", ["", "X-Sum: 1\r\nX-More: 2\r\n"])
def test_chunks_with_trailers_and_extensions_are_read(end):
    """What stands behind the last chunk is no part of the next request."""
    chunked = f"5;q=1\r\n{BODY[:5].decode()}\r\n{len(BODY) - 5:X}\r\n{BODY[5:].decode()}\r\n0\r\n{end}\r\n"
    head = "POST /v1/responses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    get = "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with (
        MockServer() as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        sock.sendall((head + chunked + get).encode())
        reply = b"".join(iter(lambda: sock.recv(65536), b""))

        assert server.requests[0].body == json.loads(BODY)
    assert reply.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "target",
    ["http://localhost:1/v1/models", "HTTP://a/v1/models?x=http://b/", "/v1/models?limit=1"],
)
def test_an_absolute_target_is_a_path(target):
    """As a proxy's client sends it."""
    assert status_of(talk(first=f"GET {target} HTTP/1.1", body=b"")) == 200


def test_a_client_that_asks_first_is_told_to_go_on():
    """curl does before a large body."""
    with (
        MockServer() as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        head = f"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n"
        sock.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        first = sock.recv(65536)
        sock.sendall(BODY)

        assert first.startswith(b"HTTP/1.1 100 ")
        assert status_of(sock.recv(65536)) == 200


@pytest.mark.parametrize("stream", [b"true", b"false"])
@pytest.mark.parametrize("dialect", ["typed", "chunk"])
def test_half_an_emoji_is_given_back_as_an_escape(stream, dialect, capfd):
    """JSON can say it, UTF-8 cannot."""
    echo = Script(behaviours=(Behaviour(text="got {{ prompt }}", times=0),), dialect=dialect)
    body = b'{"input": "a\\ud83d b", "instructions": "\\ud83d", "stream": ' + stream + b"}"

    reply = talk(echo, body=body)

    assert status_of(reply) == 200
    assert b"a\\ud83d" in reply
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": "5"}, {"Transfer-Encoding": "gzip"}, {"X Y": "1"}, {"X-Odd": "a\x00b"}],
    ids=str,
)
def test_headers_that_no_library_sends_go_past_it(headers):
    """A script may say what is wrong; the connection ends then."""
    script = Script(behaviours=(Behaviour(status=503, headers=headers, times=0),))

    reply = talk(script, headers="", times=2)

    assert reply.count(b"HTTP/1.1 503") == 1
    [(name, text)] = headers.items()
    assert f"{name}: {text}".encode() in reply


def test_a_stopped_server_ends_its_connections():
    """Also one that waits for its next request; nothing is left to a timeout."""
    server = MockServer()
    server.start()
    with socket.create_connection(server._listener.getsockname(), 5) as sock:
        sock.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.recv(65536)

        server.stop()

        assert sock.recv(1) == b""


def test_a_client_that_leaves_is_noticed():
    """The log tells a script's author that their timeout worked."""
    seen: SimpleQueue = SimpleQueue()
    script = Script(behaviours=(Behaviour(delay=60),))
    with MockServer(script, log=lambda record, _: seen.put(record.end)) as server:
        with socket.create_connection(server._listener.getsockname(), 5) as sock:
            sock.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n")
            sock.sendall(b'{"input": "hi"}')

        assert seen.get(timeout=5) == "left"


@pytest.mark.parametrize(
    ("sent", "is_told"),
    [(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, False), (b"hello\r\n\r\n", True)],
    ids=["TLS", "text"],
)
def test_only_who_speaks_text_is_told_that_it_is_no_http(sent, is_told):
    """A handshake of TLS would take the words for a broken record."""
    with (
        MockServer(Script(behaviours=(WORDS,))) as server,
        socket.create_connection(server._listener.getsockname(), 5) as sock,
    ):
        sock.sendall(sent)
        reply = sock.recv(65536)

    assert reply.startswith(b"HTTP/1.1 400 ") is is_told
    assert is_told or reply == b""
