"""How much of an answer is read: text is counted as text, and nothing goes on for ever."""

import gzip
import itertools
import json
import random
import time

import pytest

from gradient_cli.errors import BrokenReply
from gradient_cli.transport.limits import most_of_wire
from gradient_cli.transport.sse import LONG, frames
from gradient_cli.wire.request import Request
from tests.fakes import FakeReply, client_of, sse

MOST = 100_000
STREAM = {"content-type": "text/event-stream"}


def typed(text: str, piece: int, *, ascii_json: bool = True) -> bytes:
    """Say a text in all the places in which a typed stream has it."""
    message = {
        "type": "message",
        "id": "m",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    events = [
        {"type": "response.created", "response": {"id": "r", "output": []}},
        {"type": "response.output_item.added", "item": {**message, "content": []}, **place},
        *(
            {"type": "response.output_text.delta", "delta": text[at : at + piece], **place}
            for at in range(0, len(text), piece)
        ),
        {"type": "response.output_text.done", "text": text, **place},
        {"type": "response.content_part.done", "part": message["content"][0], **place},
        {"type": "response.output_item.done", "item": message, **place},
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [message]},
        },
    ]
    return stream(events, ascii_json=ascii_json)


def stream(events: list, *, ascii_json: bool = True) -> bytes:
    lines = (json.dumps(event, ensure_ascii=ascii_json) for event in events)
    return b"".join(b"data: %b\n\n" % line.encode() for line in lines)


def chunk(delta: dict, finish: str | None = None) -> dict:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def chunks(text: str, piece: int, field: str = "content") -> bytes:
    said = [chunk({field: text[at : at + piece]}) for at in range(0, len(text), piece)]
    return stream([*said, chunk({"content": "."}, "stop")])


def called(arguments: str, piece: int) -> bytes:
    """Say a function call whose arguments are long."""
    call = {"type": "function_call", "id": "f", "call_id": "f", "name": "save"}
    whole = {**call, "arguments": arguments, "status": "completed"}
    events = [
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**call, "arguments": ""},
        },
        *(
            {
                "type": "response.function_call_arguments.delta",
                "output_index": 0,
                "delta": arguments[at : at + piece],
            }
            for at in range(0, len(arguments), piece)
        ),
        {
            "type": "response.function_call_arguments.done",
            "output_index": 0,
            "arguments": arguments,
        },
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [whole]},
        },
    ]
    return stream(events)


def ask(body: bytes, most: int = MOST, piece: int = 10_000, headers: dict | None = None):
    parts = [body[at : at + piece] for at in range(0, len(body), piece)]
    client = client_of(FakeReply(200, headers or STREAM, parts))
    client._max_answer_bytes = most
    return client.ask(Request(model="m", input="hi", stream=True))


WORDS = ("All work and no play\n" * 5000)[: int(0.9 * MOST)]
HONEST = {
    "typed, pieces of 1000": (typed(WORDS, 1000), WORDS),
    "typed, pieces of 20": (typed(WORDS, 20), WORDS),
    "typed, quotation marks": (typed('"\n' * 10_000, 100), '"\n' * 10_000),
    "typed, Cyrillic, not escaped": (
        typed("дом " * 12_000, 100, ascii_json=False),
        "дом " * 12_000,
    ),
    "chunks, pieces of 1000": (chunks(WORDS, 1000), WORDS + "."),
    "chunks, pieces of 20": (chunks(WORDS, 20), WORDS + "."),
    "chunks, Cyrillic, escaped": (chunks("дом " * 12_000, 500), "дом " * 12_000 + "."),
    "chunks, emoji, escaped": (chunks("🙂" * 20_000, 100), "🙂" * 20_000 + "."),
    "chunks, reasoning": (chunks(WORDS, 1000, "reasoning_content"), "."),
}


@pytest.mark.sampled
@pytest.mark.parametrize("piece", [10_000, 10**7, 1777])
@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_answer_below_the_limit_is_an_answer(kind, piece):
    """However often, in whatever escapes and pieces its stream says it."""
    body, text = HONEST[kind]
    assert len(body) > MOST

    outcome = ask(body, piece=piece)

    assert (outcome.error, outcome.response.text) == (None, text)


def test_a_long_call_below_the_limit_is_one():
    """Its arguments are text like any other, and are repeated like any other."""
    arguments = json.dumps({"text": WORDS[: MOST // 3]})

    outcome = ask(called(arguments, 500))

    assert outcome.error is None
    assert [call.arguments for call in outcome.response.tool_calls] == [arguments]


def test_many_short_messages_are_repeated_too():
    """Each is said four times more, however short it is."""
    place = [{"item_id": f"m{n}", "output_index": n} for n in range(30)]
    messages = [
        {
            "type": "message",
            "id": f"m{n}",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "x" * 1000}],
        }
        for n in range(30)
    ]
    events = []
    for at, message in zip(place, messages, strict=True):
        events += [
            {"type": "response.output_item.added", "item": {**message, "content": []}, **at},
            {"type": "response.output_text.delta", "delta": "x" * 1000, **at},
            {"type": "response.output_text.done", "text": "x" * 1000, **at},
            {"type": "response.content_part.done", "part": message["content"][0], **at},
            {"type": "response.output_item.done", "item": message, **at},
        ]
    final = {"id": "r", "status": "completed", "output": messages}

    outcome = ask(stream([*events, {"type": "response.completed", "response": final}]))

    assert outcome.error is None


@pytest.mark.parametrize("dialect", ["output", "choices"])
def test_a_whole_reply_below_the_limit_is_an_answer(dialect):
    """Its text is counted, not what JSON makes of it, as far as a quarter more."""
    message = {"role": "assistant", "content": WORDS}
    body = (
        {"id": "r", "status": "completed", "output": [{"type": "message", **message}]}
        if dialect == "output"
        else {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    )

    outcome = ask(
        json.dumps(body | {"pad": "x" * (MOST // 4)}).encode()[:-1] + b"}",
        headers={"content-type": "application/json"},
        most=MOST + 1000,
    )

    assert (outcome.error, outcome.response.text) == (None, WORDS)


def test_text_above_the_limit_ends_it():
    """One letter more is too much, and what came before it is kept."""
    over = "x" * 1000 * (MOST // 1000 + 1)

    outcome = ask(chunks(over, 1000))

    assert outcome.status == 5
    assert "100,000 bytes" in outcome.error.message
    assert len(outcome.response.text) == MOST


ENDLESS = {
    "comments": b": ping\n\n",
    "pings": b"event: ping\ndata: {}\n\n",
    "unknown events": sse({"type": "response.mood.delta", "mood": "x" * 50}),
    "empty pieces": sse({"type": "response.output_text.delta", "delta": ""}),
    "empty chunks": sse(chunk({"content": ""})),
    "a letter and much else": sse(
        {"type": "response.output_text.delta", "delta": "x", "obfuscation": "y" * 20_000}
    ),
    "ends of parts": sse({"type": "response.output_text.done", "text": "x" * 500}),
    "ends of items": sse(
        {
            "type": "response.output_item.done",
            "item": {"type": "message", "content": [{"type": "output_text", "text": "x" * 500}]},
        }
    ),
    "whole calls": sse(
        {
            "type": "response.output_item.done",
            "item": {"type": "function_call", "call_id": "c", "name": "f", "arguments": "x" * 500},
        }
    ),
    "beginnings": sse({"type": "response.created", "response": {"id": "r", "model": "m" * 99}}),
    "usage": sse({**chunk({}), "usage": {"total_tokens": 3}}),
}


class Endless:
    """Says the same for ever, and counts what was taken of it."""

    def __init__(self, again: bytes) -> None:
        self.status, self.headers, self.taken = 200, STREAM, 0
        self._again = again * (1 + 5000 // len(again))

    def chunks(self):
        while True:
            self.taken += len(self._again)
            yield self._again

    def close(self) -> None:
        pass


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_brings_no_text_ends_at_the_number_itself(kind):
    """Nobody waits for twenty times as much of it."""
    reply = Endless(ENDLESS[kind])
    client = client_of(reply)
    client._max_answer_bytes = MOST

    outcome = client.ask(Request(model="m", input="hi", stream=True))

    assert outcome.status == 5
    assert reply.taken < 2 * MOST


@pytest.mark.parametrize(
    "again",
    [
        sse({"type": "response.output_text.delta", "delta": "x"}),
        sse(chunk({"content": "x"})),
        sse(chunk({"reasoning": "x"}), chunk({"content": "x"})),
        sse({"type": "response.output_text.delta", "delta": "x", "logprobs": ["y" * 3000]}),
        sse(
            {"type": "response.output_text.delta", "delta": "x"},
            {"type": "response.output_text.done", "text": "x" * 50},
        ),
    ],
)
def test_text_drop_by_drop_ends_at_the_wire(again):
    """A letter in hundreds of bytes is what models send; but not for ever."""
    reply = Endless(again)
    client = client_of(reply)
    client._max_answer_bytes = MOST

    outcome = client.ask(Request(model="m", input="hi", stream=True))

    assert outcome.status == 5
    assert reply.taken < most_of_wire(MOST) + MOST


# Lines that go around the parser ------------------------------------------------------------


def data_of(body: bytes, piece: int) -> list[tuple[str, str, bool]]:
    parts = (body[at : at + piece] for at in range(0, len(body), piece))
    return [(frame.event, frame.data, frame.is_whole) for frame in frames(parts)]


@pytest.mark.sampled
@pytest.mark.parametrize("piece", [10_000, 999, 10**7, 65_536])
def test_a_long_line_is_as_a_short_one(piece):
    """With its event's name, other lines of data, what is no UTF-8, and without its end."""
    long = "é\u2028x" * LONG
    body = (
        f"event: a\ndata: {long}\nid: 7\n\ndata:{long}\r\n\r\ndata: 1\rdata:  {long}\rdata: 2\r\r"
        f": {long}\n\ndata: {long}"
    ).encode()
    broken = b"data: \xff" + b"x" * 2 * LONG + b"\xc3\n\n"

    assert data_of(body, piece) == [
        ("a", long, True),
        ("message", long, True),
        ("message", f"1\n {long}\n2", True),
        ("message", long, False),
    ]
    assert data_of(broken, piece) == [("message", "\ufffd" + "x" * 2 * LONG + "\ufffd", True)]


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(20))
def test_lines_of_any_length_are_read_alike(seed, monkeypatch):
    """Whatever is long: the same events as if nothing were."""
    chance = random.Random(seed)
    fields = ["data: x", "data:y", "data", "event: e", ": c", "id: 1", "", "data: ", "retry: 5"]
    lines = [chance.choice(fields) + "z" * chance.choice([0, 0, 5, 40, 90]) for _ in range(30)]
    body = chance.choice(["\n", "\r\n", "\r"]).join(lines).encode()
    piece = chance.randint(1, 50)
    expected = data_of(body, piece)
    monkeypatch.setattr("gradient_cli.transport.sse.LONG", 30)

    assert data_of(body, piece) == expected


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["one line", "one event", "long comments", "zipped"])
def test_an_event_without_an_end_ends(kind):
    """No line, and no event, is held beyond a quarter more than the number."""
    again = {"one line": b"x" * 5000, "one event": b"data: x\n" * 600}.get(kind, b": x\n" * 1000)
    first = b"data: " if kind == "one line" else b""
    parts = itertools.chain([first] if first else [], itertools.repeat(again))
    if kind == "zipped":
        parts = iter([gzip.decompress(gzip.compress(b"data: " + bytes(10 * MOST)))])
    client = client_of(FakeReply(200, STREAM, parts))  # type: ignore[arg-type]
    client._max_answer_bytes = MOST

    assert client.ask(Request(model="m", input="hi", stream=True)).status == 5


def test_a_guess_at_the_word_for_a_long_line_is_data():
    """What looks like one is what the server said."""
    body = b"data: " + b"0" * 32 + b"-0\n\ndata: " + b"x" * 2 * LONG + b"\n\n"

    assert [data for _, data, _ in data_of(body, 10_000)] == ["0" * 32 + "-0", "x" * 2 * LONG]


@pytest.mark.real
def test_90_mb_pass_by_default():
    """In the longest form that a server has for them, and in a minute."""
    text = ("All work and no play makes Jack a dull boy.\n" * 2_100_000)[:90_000_000]
    start = time.monotonic()

    outcome = ask(typed(text, 1000), most=100_000_000, piece=65_536)

    assert outcome.error is None
    assert outcome.response.text == text
    assert time.monotonic() - start < 60


def test_the_hint_names_the_setting():
    """One line says what to do."""
    with pytest.raises(BrokenReply) as caught:
        list(frames(itertools.repeat(b": " + b"x" * 1_000_000)))

    assert "max_answer_bytes" in (caught.value.hint or "")


def test_the_wire_has_an_end_that_small_pieces_do_not_meet():
    """A small limit is for small answers, whose pieces are mostly framing; 2 GB are nobody's."""
    assert most_of_wire(6_000) == 120_000
    assert most_of_wire(20_000_000) == 200_000_000
    assert most_of_wire(100_000_000) == 600_000_000
