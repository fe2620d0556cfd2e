"""
When an answer is complete, and when it is not: every ending, in every framing.

The one thing that must never happen is that a cut answer passes for a whole one.
"""

import gzip
import json
from typing import NamedTuple

import pytest

from gradient_cli.ask.client import Outcome
from gradient_cli.errors import ConnectionFailed
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.wire.request import Request
from tests.captures import Capture, capture, streams
from tests.fakes import FakeReply, FakeTransport, asking_once
from tests.replay_server import End, Framing, Play, ReplayServer, framed

HI = Request(model="any", input="hi", stream=True)


class Told(NamedTuple):
    """What a written stream means."""

    status: int
    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()


STREAMS = {
    "gradient_chunks": Told(0, "Once upon a time, a unicorn named Sparkle..."),
    "gradient_chunks_tool": Told(0, "", (("get_weather", '{"location": "San Francisco"}'),)),
    "openai_error_flat": Told(5),
    "openai_error_nested": Told(6),
    "openai_failed": Told(5),
    "openai_incomplete": Told(8, "Once upon a time, a uni"),
    "vllm_incomplete": Told(8, "Once upon a time, a uni"),
    "vllm_text": Told(0, "The capital of France is **Paris**."),
    "vllm_tool": Told(0, "", (("get_weather", '{"city": "Paris"}'),)),
    "vllm_truncated_midstream_error": Told(8),
}
TYPES = [
    "text/event-stream",
    "text/event-stream; charset=utf-8",
    "Text/Event-Stream;charset=iso-8859-1",
    "application/json",
    "application/octet-stream",
    None,
]
WRAPPINGS = [
    *((Framing.CHUNKED, content_type) for content_type in TYPES),
    (Framing.LENGTH, "text/event-stream"),
    (Framing.CLOSE, "text/event-stream"),
    (Framing.CLOSE, "application/json"),
]


def told(outcome: Outcome) -> Told:
    calls = tuple((call.name, call.arguments) for call in outcome.response.tool_calls)
    return Told(int(outcome.status), outcome.response.text, calls)


def ask_given(
    body: bytes, error: ConnectionFailed | None = None, content_type: str = "text/event-stream"
) -> Outcome:
    chunks = [body] if error is None else [body, error]
    reply = FakeReply(headers={"content-type": content_type}, body=chunks)
    return asking_once(FakeTransport([reply]), Setting("https://test.example")).ask(HI)


@pytest.fixture(scope="module")
def server():
    with ReplayServer(Play(b"")) as server:
        yield server


@pytest.fixture(scope="module")
def transport(server):
    transport = HttpTransport(Network(base_url=server.url), {})
    yield transport
    transport.close()


def test_the_table_is_whole():
    """Every written stream is in the table."""
    assert STREAMS.keys() == streams().keys()


@pytest.mark.sampled
@pytest.mark.parametrize(("framing", "content_type"), WRAPPINGS)
@pytest.mark.parametrize("name", STREAMS)
def test_framing_and_type_do_not_matter(name, framing, content_type, transport, server):
    """A stream means the same however HTTP wraps it and whatever its header claims."""
    server.then(Play(framed(streams()[name], framing, content_type=content_type)))

    assert told(asking_once(transport, transport.setting).ask(HI)) == STREAMS[name]


@pytest.mark.sampled
@pytest.mark.parametrize("framing", [Framing.CHUNKED_CUT, Framing.LENGTH_CUT])
@pytest.mark.parametrize("name", STREAMS)
def test_a_fault_after_the_end_changes_nothing(name, framing, transport, server):
    """Once the server has said how it ended, a sloppy end of the connection is nobody's loss."""
    server.then(Play(framed(streams()[name], framing)))

    assert told(asking_once(transport, transport.setting).ask(HI)) == STREAMS[name]


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET])
@pytest.mark.parametrize("framing", [Framing.CHUNKED, Framing.CHUNKED_CUT, Framing.LENGTH_CUT])
def test_a_stream_without_its_end_is_cut(framing, end, transport, server):
    """Whether the connection closes politely or not: no terminal event, no answer."""
    body = streams()["vllm_text"]
    part = body[: body.rindex(b"event: response.completed")]
    server.then(Play(framed(part, framing), end=end))

    assert told(asking_once(transport, transport.setting).ask(HI)) == Told(
        8, "The capital of France is **Paris**."
    )


@pytest.mark.parametrize("end", list(End)[:2])
def test_a_server_that_says_nothing_has_failed(end, transport, server):
    """A connection that closes before a reply is a fault of the service."""
    server.then(Play(b"", end=end))

    assert told(asking_once(transport, transport.setting).ask(HI)) == Told(5)


def complete_from(body: bytes) -> int:
    """Give the length from which a stream's first terminal signal is whole."""
    place = 0
    for line in body.splitlines(keepends=True):
        place += len(line)
        if line.startswith(b"data: {"):
            payload = json.loads(line[6:])
            choices = payload.get("choices") or [{}]
            if payload.get("type") == "response.completed" or choices[0].get("finish_reason"):
                return place - 1
    raise AssertionError("this stream has no end")


CUT = [
    *(pytest.param(streams()[name], id=name) for name in ("gradient_chunks", "vllm_text")),
    *(
        pytest.param(one.body, id=str(one))
        for one in (capture("llamacpp", "ok-hello-stream"), capture("llmock", "ok-hello-stream"))
    ),
]


def check_cut(body: bytes, place: int) -> None:
    whole = told(ask_given(body))
    for error in (None, ConnectionFailed("the connection broke")):
        cut = told(ask_given(body[:place], error=error))
        if place < complete_from(body):
            # 5 where not one byte of the answer came: that may be tried again.
            assert cut.status == (8 if place else 5), place
            assert whole.text.startswith(cut.text)
        else:
            assert cut == whole, place


@pytest.mark.sampled
@pytest.mark.parametrize("body", CUT)
def test_a_cut_answer_is_never_an_answer(body):
    """Cut before each line end and after it, with or without an error of the connection."""
    ends = [place for place, byte in enumerate(body) if byte == ord("\n")]

    for place in sorted({0, 1, *ends, *(end + 1 for end in ends), complete_from(body) - 1}):
        check_cut(body, place)


@pytest.mark.real
@pytest.mark.parametrize("body", CUT)
def test_a_cut_at_any_byte_is_never_an_answer(body):
    """Cut at every byte there is."""
    for place in range(len(body) + 1):
        check_cut(body, place)


PLAIN = [("llamacpp", "ok-hello"), ("vllm", "ok-tool"), ("vllm-reasoning", "ok-think")]


@pytest.mark.sampled
@pytest.mark.parametrize("where", PLAIN)
def test_a_cut_body_is_never_an_answer(where):
    """Half a JSON document is no answer, whichever half."""
    whole: Capture = capture(*where)
    body = whole.body

    for place in range(0, len(body), 7):
        for error in (None, ConnectionFailed("the connection broke")):
            outcome = ask_given(body[:place], error, "application/json")

            assert outcome.status in {5, 8}, place
    assert told(ask_given(body)).status == 0


HELLO = capture("vllm", "ok-hello-stream").body
DEEP = b"[" * 100_000
ODD_BUT_SOUND = {
    "gzip": framed(gzip.compress(HELLO), headers=["content-encoding: gzip"]),
    "103 first": b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + framed(HELLO),
    "HTTP/1.0": framed(HELLO, Framing.CLOSE).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "no reason phrase": framed(HELLO).replace(b"200 OK", b"200"),
    "BOM": framed(b"\xef\xbb\xbf" + HELLO),
    "CRLF": framed(HELLO.replace(b"\n", b"\r\n")),
    "CR": framed(HELLO.replace(b"\n", b"\r")),
    "pings": framed(b": ping\n\n" * 50 + HELLO.replace(b"event:", b"event: ping\n\nevent:")),
    "JSON that is no event": framed(b'data: null\n\ndata: 1\n\ndata: "x"\n\ndata: []\n\n' + HELLO),
    "white space before JSON": framed(
        b"\n\n  \n" + capture("vllm", "ok-hello").body, content_type="application/json"
    ),
    "content that is a string": framed(
        b'{"status":"completed","output":[{"type":"message","content":"Hello, world!"}]}'
    ),
}
BROKEN = {
    "gzip that is none": framed(HELLO, headers=["content-encoding: gzip"]),
    "gzip cut": framed(gzip.compress(HELLO)[:100], headers=["content-encoding: gzip"]),
    "a chunk without size": framed(HELLO).replace(b"\r\n\r\n", b"\r\n\r\nzz\r\n", 1),
    "a page": framed(b"<html>Sign in</html>", content_type="text/html"),
    "a page that claims to be a stream": framed(b"<!DOCTYPE html><html></html>"),
    "words": framed(b"OK", content_type="text/plain"),
    "nothing": framed(b""),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "JSON too deep": framed(DEEP, content_type="application/json"),
    "an event too deep": framed(b"data: " + DEEP + b"\n\n"),
    "an error too deep": framed(DEEP, status="400 Bad Request"),
    "a number too long": framed(b'data: {"n":' + b"9" * 5000 + b"}\n\n"),
    "null": framed(b"null", content_type="application/json"),
    "[DONE] alone": framed(b"data: [DONE]\n\n"),
    "an error that says nothing": framed(b'{"error":true}', content_type="application/json"),
}


@pytest.mark.parametrize("name", ODD_BUT_SOUND)
def test_odd_but_sound_is_an_answer(name, transport, server):
    """What servers and proxies do to a reply, and may."""
    server.then(Play(ODD_BUT_SOUND[name]))

    assert told(asking_once(transport, transport.setting).ask(HI)) == Told(0, "Hello, world!")


@pytest.mark.sampled
@pytest.mark.parametrize("name", BROKEN)
def test_broken_is_an_error_with_words(name, transport, server):
    """What is no answer is never one, and never a crash."""
    server.then(Play(BROKEN[name]))

    outcome = asking_once(transport, transport.setting).ask(HI)

    assert outcome.status in {4, 5, 8}
    assert outcome.response.text == ""
    assert outcome.error
    assert len(outcome.error.message) < 500


def test_a_server_that_hangs_after_the_end_is_not_waited_for(transport, server):
    """A typed answer is over with its terminal event, whatever the connection does."""
    server.then(Play(framed(HELLO, Framing.CHUNKED_CUT), end=End.STALL))

    assert told(asking_once(transport, transport.setting).ask(HI)) == Told(0, "Hello, world!")


def test_numbers_that_json_does_not_know_are_null():
    """Python servers write NaN; whoever reads our output could not."""
    body = b'data: {"type":"response.completed","response":{"status":"completed","n":[NaN,-1e999]}}'

    response = ask_given(body + b"\n\n").response

    assert response.status == "completed"
    assert response.body["n"] == [None, None]
