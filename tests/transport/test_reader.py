"""Whatever comes from outside has an end: by the clock, and by its size."""

import gzip
import itertools
import random
import socket
import threading
import time
import zlib

import pytest

from gradient_cli.errors import BrokenReply, ConnectionFailed, GradientError, TimedOut
from gradient_cli.transport.body import body_frames
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.limits import Budget
from gradient_cli.transport.reader import LONGEST_HEAD, Reader, decoded
from gradient_cli.wire.request import Request
from tests.fakes import FakeReply, asking_once, client_of, sse

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Flood:
    """Says the same for ever, as fast as it can, or a byte at a time."""

    def __init__(self, first: bytes, again: bytes, pause_s: float = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._first, self._again, self._pause_s = first, again, pause_s
        self._over = threading.Event()

    def __enter__(self) -> "Flood":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # A blocked accept() keeps a descriptor; a shutdown wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        try:
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()
        except OSError:
            return

    def _talk(self, connection: socket.socket) -> None:
        again = self._again if self._pause_s else self._again * (65536 // len(self._again) + 1)
        try:
            with connection:
                connection.recv(65536)
                connection.sendall(self._first)
                while not self._over.wait(self._pause_s) if self._pause_s else True:
                    connection.sendall(again)
        except OSError:
            return


def ask(url: str, *, deadline_s: float | None = None, most: int = 100_000_000):
    transport = HttpTransport(
        Network(base_url=url, timeout_s=3, max_answer_bytes=most),
        {},
        deadline=Deadline.after(deadline_s),
    )
    client = asking_once(transport, transport.setting)
    client._max_answer_bytes = most
    start = time.monotonic()
    outcome = client.ask(Request(model="m", input="hi", stream=True))
    transport.close()
    return outcome, time.monotonic() - start


DELTA = sse({"type": "response.output_text.delta", "delta": "x "})
ENDLESS = {
    "events": (OK, DELTA),
    "comments": (OK, b": ping\n\n"),
    "comments in one block": (OK, b":\n"),
    "one line": (OK + b"data: ", b"x"),
    "one event": (OK, b"data: x\n"),
    "ids": (OK, b"id: 1\n\n"),
    "blank lines": (OK, b"\n"),
    "a plain body": (OK, b'{"a": '),
    "blanks": (OK.replace(b"text/event-stream", b"application/json"), b" "),
    "interim heads": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"),
    "chunks of one byte": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1\r\n:\r\n1\r\n\n\r\n",
    ),
    "chunk extensions": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1;" + b"e" * 5000 + b"\r\n:\r\n",
    ),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata:x\r\n0\r\n",
        b"X: x\r\n",
    ),
    "an error's body": (b"HTTP/1.1 500 no\r\nConnection: close\r\n\r\n", b"x"),
    "a redirect's body": (b"HTTP/1.1 302 no\r\nConnection: close\r\n\r\n", b"x"),
}
STATUSES = {"a redirect's body": (4,), "trailers": (8,)}
"""A redirect is refused whatever follows; trailers come behind the answer, and cut it."""
QUICK = {"events", "comments", "one line", "a plain body"}
KINDS = [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.real) for kind in ENDLESS]


@pytest.mark.sampled
@pytest.mark.parametrize("kind", KINDS)
def test_the_deadline_comes(kind):
    """However much there would be to read."""
    with Flood(*ENDLESS[kind]) as flood:
        outcome, took_s = ask(flood.url, deadline_s=0.15, most=10**12)

    assert isinstance(outcome.error, GradientError)
    assert outcome.status in STATUSES.get(kind, (5, 7))
    assert took_s < 5  # at once, but for a busy machine


@pytest.mark.sampled
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_deadline_the_size_ends_it(kind):
    """`max_answer_bytes`, and the limits of heads; the status is 5."""
    with Flood(*ENDLESS[kind]) as flood:
        outcome, took_s = ask(flood.url, most=100_000)

    assert outcome.status in STATUSES.get(kind, (5,))
    assert took_s < 60  # It ends; a busy machine may take its time.


@pytest.mark.sampled
@pytest.mark.parametrize("again", [DELTA, b": ping\n\n", b"x", b"\n"])
def test_a_trickle_ends_at_the_deadline(again):
    """A byte now and then keeps no run alive beyond --max-time."""
    with Flood(OK, again, pause_s=0.02) as flood:
        outcome, took_s = ask(flood.url, deadline_s=0.3)

    assert (outcome.status, isinstance(outcome.error, TimedOut)) == (7, True)
    assert "--max-time" in outcome.error.message
    assert took_s < 5  # at once, but for a busy machine


FINISHED = sse(
    {"choices": [{"index": 0, "delta": {"content": "done"}}], "object": "chat.completion.chunk"},
    {
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        "object": "chat.completion.chunk",
    },
)


@pytest.mark.sampled
@pytest.mark.parametrize("again", [b": ping\n\n", b":\n", b"event: ping\ndata: {}\n\n", b"\n"])
@pytest.mark.parametrize("pause_s", [0, 0.1])
def test_a_finished_answer_is_not_kept_open_by_pings(again, pause_s, monkeypatch):
    """Its end is known: what may follow is waited for once, not after each ping."""
    monkeypatch.setattr("gradient_cli.ask.exchange.AFTER_END_S", 0.3)
    with Flood(OK + FINISHED, again, pause_s) as flood:
        outcome, took_s = ask(flood.url)

    assert (outcome.error, outcome.response.text) == (None, "done")
    assert took_s < 1.5


@pytest.mark.real
def test_a_server_that_does_not_read_is_left():
    """A long prompt into a full pipe ends with the run, too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        transport = HttpTransport(Network(base_url=url), {}, deadline=Deadline.after(0.3))
        start = time.monotonic()
        with pytest.raises(TimedOut, match="--max-time"):
            transport.send("POST", "/v1/responses", [b"x" * 30_000_000])
        transport.close()

    assert time.monotonic() - start < 1.3


# Compression --------------------------------------------------------------------------------


def packed(data: bytes, kind: str) -> bytes:
    window = {"gzip": 31, "x-gzip": 31, "deflate": 15, "raw": -15}[kind]
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return packer.compress(data) + packer.flush()


@pytest.mark.sampled
@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
@pytest.mark.parametrize("kind", ["gzip", "x-gzip", "deflate", "raw", "none"])
def test_what_was_compressed_all_the_same_is_read(kind, size):
    """Cut anywhere; `deflate` in both of its meanings."""
    data = random.Random(7).randbytes(20_000) + b"a" * 50_000
    raw = data if kind == "none" else packed(data, kind)
    name = {"raw": "Deflate", "none": "identity"}.get(kind, kind)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]

    assert b"".join(decoded(pieces, name)) == data


def test_two_members_and_two_layers():
    """gzip may be joined, and a proxy may have packed what was packed."""
    twice = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0"

    assert b"".join(decoded([twice], "gzip")) == b"one two"
    assert b"".join(decoded([gzip.compress(packed(b"x", "deflate"))], "deflate, gzip")) == b"x"


def test_an_event_of_a_compressed_stream_is_not_held_back():
    """Each piece that the sender has flushed is given at once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    stream = decoded(iter([first, packer.compress(b"data: 2\n\n") + packer.flush()]), "gzip")

    assert next(iter(stream)) == b"data: 1\n\n"


@pytest.mark.parametrize(
    "name", ["br", "zstd", "compress", "gzip, br", "aes128gcm", "gzip,gzip,gzip"]
)
def test_what_nobody_asked_for_is_refused(name):
    """With its name, and at once."""
    with pytest.raises(BrokenReply, match="compressed"):
        list(decoded([b"x"], name))


@pytest.mark.parametrize(
    "raw", [b"no gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\0xxxxxxxx", b"\x1f\x8b\x08\xff"]
)
def test_broken_compression_is_an_error(raw):
    """Of the reply, and no bug."""
    with pytest.raises((BrokenReply, ConnectionFailed)):
        list(decoded([raw], "gzip"))


def test_compression_that_is_cut_is_a_cut_reply():
    """What came is given, and then the fault."""
    raw = gzip.compress(random.Random(1).randbytes(5000))
    stream = decoded([raw[:-20]], "gzip")

    with pytest.raises(ConnectionFailed, match="broke off"):
        list(stream)


BOMBS = {
    "gzip": lambda: packed(bytes(50_000_000), "gzip"),
    "deflate": lambda: packed(bytes(50_000_000), "deflate"),
    "gzip, gzip": lambda: gzip.compress(packed(bytes(50_000_000), "gzip")),
    "events": lambda: packed(DELTA * 600_000, "gzip"),
    "one line": lambda: packed(b"data: " + b"x" * 50_000_000, "gzip"),
    "members": lambda: gzip.compress(bytes(60_000)) * 900,
}


@pytest.mark.sampled
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_goes_off_outside(kind):
    """50 MB in 50 kB: no more than the limit is ever unpacked."""
    reader = Reader(Deadline(), 1_000_000)
    unpacked = 0
    name = kind if kind in {"gzip", "deflate", "gzip, gzip"} else "gzip"
    stream = reader.body(iter([BOMBS[kind]()]), {"content-encoding": name})

    def unpack() -> None:
        nonlocal unpacked
        for piece in stream:
            assert len(piece) <= 65536
            unpacked += len(piece)

    with pytest.raises(BrokenReply, match="1,000,000"):
        unpack()

    assert unpacked <= 20_000_000


@pytest.mark.real
def test_a_slow_bomb_ends_at_the_deadline():
    """One piece of the wire can be minutes of work."""
    reader = Reader(Deadline.after(-1), 10**12)

    with pytest.raises(TimedOut):
        list(itertools.islice(reader.body([BOMBS["gzip"]()], {"content-encoding": "gzip"}), 5))


# What counts --------------------------------------------------------------------------------


def frames_of(body: bytes, most: int, piece: int = 1000) -> int:
    pieces = (body[at : at + piece] for at in range(0, len(body), piece))
    return sum(1 for _ in body_frames(pieces, "text/event-stream", Budget(most)))


def test_what_nobody_settles_counts():
    """Whatever it is called: a list of models has no way around the limit."""
    done = sse({"type": "response.output_text.done", "text": "x" * 100_000})

    with pytest.raises(BrokenReply):
        frames_of(done * 8, 150_000)


def test_a_text_counts_and_not_the_events_that_carry_it():
    """Token by token the wire has fifty times the answer."""
    pieces = [{"type": "response.output_text.delta", "delta": "abcd "}] * 1_000
    final = {"output": [{"type": "message", "content": [TEXT | {"text": "abcd " * 1_000}]}]}
    end = {"type": "response.completed", "response": final | {"status": "completed"}}
    client = client_of(FakeReply(200, {"content-type": "text/event-stream"}, [sse(*pieces, end)]))
    client._max_answer_bytes = 6_000

    outcome = client.ask(Request(model="m", input="hi", stream=True))

    assert (outcome.error, len(outcome.response.text)) == (None, 5_000)


TEXT = {"type": "output_text", "text": "a text"}
KEPT = {
    "text": {"type": "response.output_text.delta", "delta": "x" * 500},
    "reasoning": {"type": "response.reasoning_text.delta", "delta": "x" * 500},
    "a refusal": {"type": "response.refusal.delta", "delta": "x" * 500},
    "ends of a text that never came": {"type": "response.output_text.done", "text": "x" * 500},
    "messages": {"type": "response.output_item.added", "item": {"type": "message"}},
    "work": {"type": "response.output_item.done", "item": {"type": "web_search_call", "x": [[]]}},
    "sources": {"type": "response.output_text.annotation.added", "annotation": {"x": [[], {}]}},
    "calls": {"type": "response.output_item.added", "item": {"type": "function_call", "name": "f"}},
    "arguments": {"type": "response.function_call_arguments.delta", "delta": "x" * 500},
    "tokens": {
        "type": "response.output_text.delta",
        "delta": "",
        "logprobs": [{"token": "x", "logprob": -1.0}] * 9,
    },
}


@pytest.mark.parametrize("kind", KEPT)
def test_whatever_is_kept_of_an_answer_counts(kind):
    """Each small, and without an end."""
    places = itertools.count()
    events = (sse(KEPT[kind] | {"output_index": n, "item_id": f"i{n}"}) for n in places)
    client = client_of(FakeReply(200, {"content-type": "text/event-stream"}, events))
    client._max_answer_bytes = 100_000

    outcome = client.ask(Request(model="m", input="hi", stream=True))

    assert (outcome.status, outcome.error.message) == (5, "the answer is larger than 100,000 bytes")
    assert next(places) < 5_000


def test_a_document_of_values_is_not_unpacked():
    """`[[],[],...]` needs thirty times its own length."""
    values = (
        b'{"object": "response", "status": "completed", "output": [' + b"[]," * 1_600_000 + b"[]]}"
    )
    client = client_of(FakeReply(200, {}, [values]))

    outcome = client.ask(Request(model="m", input="hi"))

    assert (outcome.status, "more values" in outcome.error.message) == (5, True)


def test_a_head_has_a_limit_and_a_body_another():
    """The head's is counted over all interim heads."""
    reader = Reader(Deadline())
    reader.begin()
    reader.read(lambda: bytes(LONGEST_HEAD))
    with pytest.raises(BrokenReply, match="head"):
        reader.read(lambda: b"x")
    reader.begin()
    reader.begin_body()

    assert len(reader.read(lambda: bytes(LONGEST_HEAD + 1))) == LONGEST_HEAD + 1


def test_what_is_not_asked_of_the_wire_is_bounded_too():
    """The list of models passes the same limit."""
    client = client_of(FakeReply(200, {}, [b"x" * 1000] * 20))
    client._max_answer_bytes = 10_000

    with pytest.raises(BrokenReply, match="10,000"):
        client.models()
