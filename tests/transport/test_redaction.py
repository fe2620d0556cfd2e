"""A key is not written down, in whatever form a reply carries it."""

import json
import time

import pytest

from gradient_cli.transport import redaction
from gradient_cli.transport.redaction import clean, clean_body
from tests.fakes import sse

KEY = "sk-do-v1/4711-very"


def delta(text: str, **more: object) -> dict:
    """Give a text delta of the typed dialect."""
    return {"type": "response.output_text.delta", "output_index": 0, "delta": text, **more}


def chunk(text: str) -> dict:
    """Give a chunk of the other dialect."""
    return {"object": "chat.completion.chunk", "choices": [{"delta": {"content": text}}]}


def escaped(text: str) -> str:
    """Give a text in which every character is an escape of JSON."""
    return "".join(f"\\u{ord(c):04X}" for c in text)


BODIES = {
    "as it is": f'{{"error": "bad key {KEY}"}}'.encode(),
    "escaped": f'{{"error": "bad key {escaped(KEY)}"}}'.encode(),
    "escaped in part": f'data: {{"delta": "{escaped(KEY[:5])}{KEY[5:]}"}}\n\n'.encode(),
    "a slash escaped": json.dumps({"e": KEY}).replace("/", "\\/").encode(),
    "JSON in JSON": json.dumps({"e": f'{{"k": "{escaped(KEY)}"}}'}).encode(),
    "in an address": f"https://x/?key={KEY.replace('-', '%2d').replace('/', '%2F')}".encode(),
    "in HTML": f"<p>{KEY.replace('/', '&#47;').replace('-', '&#x2D;')}".encode(),
    "over two deltas": sse(delta("it is sk-do-"), delta("v1/4711-very, is it")),
    "a character a delta": sse(*map(delta, KEY)),
    "over chunks": sse(*map(chunk, ("sk-", "do-v1", "/4711-", "very")), "[DONE]"),
    "cut and escaped": sse(delta("sk-do-")) + b'data: {"type":"response.output_text.delta",'
    b'"output_index":0,"delta":"v\\u0031/4711-very"}\n\n',
    "two parts by turns": sse(
        delta("sk-do-"), delta("other", output_index=1), delta("v1/4711-very")
    ),
    "text and reasoning by turns": sse(
        delta("sk-do-"), {"type": "response.reasoning.delta", "delta": "x"}, delta("v1/4711-very")
    ),
    "in arguments": sse(
        {"type": "response.function_call_arguments.delta", "delta": '{"k": "sk-do-'},
        {"type": "response.function_call_arguments.delta", "delta": 'v1/4711-very"}'},
    ),
    "tokens with probabilities": json.dumps(
        {"logprobs": [{"token": "sk-do"}, {"token": "-v1/47"}, {"token": "11-very"}]}
    ).encode(),
    "with other line ends": sse(delta("sk-do-"), delta("v1/4711-very")).replace(b"\n", b"\r\n"),
    "with event names": b'event: a\ndata: {"delta": "sk-do-v1"}\n\n'
    b'event: a\nid: 1\ndata: {"delta":\ndata: "/4711-very"}\n\n',
    "twice": sse(delta("sk-do-"), delta("v1/4711-very sk-do-v1"), delta("/4711-very")),
}


def all_text(body: bytes) -> str:
    """Give everything that a reader of a body could put together."""
    found = body.decode()
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        rows = [row[5:] for row in block.split(b"\n") if row.startswith(b"data:")]
        try:
            payload = json.loads(b"".join(rows) or block)
        except ValueError:
            continue
        if payload.get("output_index") == 1 or "reasoning" in payload.get("type", ""):
            continue
        found += payload.get("delta", "") if isinstance(payload.get("delta"), str) else ""
        found += "".join(c["delta"]["content"] for c in payload.get("choices", ()))
        found += "".join(t["token"] for t in payload.get("logprobs", ()))
    return found


@pytest.mark.parametrize("name", BODIES)
def test_a_key_is_taken_out(name):
    """Neither whole nor by putting the pieces together."""
    cleaned = clean_body(BODIES[name], [KEY])

    assert KEY not in all_text(cleaned)
    assert "4711-very" not in all_text(cleaned)
    assert escaped(KEY).encode() not in cleaned
    assert b"[key]" in cleaned
    assert clean_body(cleaned, [KEY]) == cleaned


@pytest.mark.parametrize("name", BODIES)
def test_the_rest_stays_as_it_is(name):
    """Without the key of the run, a body is kept byte for byte."""
    assert clean_body(BODIES[name], ["sk-another"]) == BODIES[name]
    assert clean_body(BODIES[name], []) == BODIES[name]


def test_an_answer_around_a_key_can_be_read_again():
    """What is beside the pieces of the key stays; events that had none are untouched."""
    body = sse(delta("it is sk-do-"), delta("v1/4711-very, is it"), delta(" not?"))

    cleaned = clean_body(body, [KEY])

    texts = [json.loads(row[6:])["delta"] for row in cleaned.decode().split("\n\n") if row]
    assert texts == ["it is [key]", ", is it", " not?"]
    assert cleaned.endswith(sse(delta(" not?")))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe" * 9, b"[" * 100_000, b"data: {\n\n" * 9])
def test_anything_can_be_cleaned(body):
    """Also what is no protocol at all."""
    assert clean_body(body, [KEY]) == body


def test_names_and_texts_of_a_request_are_cleaned():
    """In any depth."""
    assert clean({KEY: [f"a {KEY}", 1, {"x": escaped(KEY)}]}, [KEY]) == {
        "[key]": ["a [key]", 1, {"x": "[key]"}]
    }


@pytest.mark.sampled
@pytest.mark.parametrize("piece", [b"\0", b"\n", b"a\n\n", b'"\n\n', b"\\", b"%"], ids=repr)
def test_a_long_body_of_little_is_looked_at_once(piece, monkeypatch):
    """Nothing is built for what holds no text: the costly way is for bodies with a key alone."""
    monkeypatch.setattr(redaction, "_clean_leaves", lambda *_: pytest.fail("took the costly way"))
    body = piece * 100_000
    start = time.process_time()

    assert clean_body(body, [KEY]) is body
    assert time.process_time() - start < 5, "it grows with the square of the length"


@pytest.mark.parametrize("before", ["", "x", "\\", "\\" * 7, "x\\\\", "s\\\\"])
@pytest.mark.parametrize("key", [KEY, "/-a/long/key", '"-a-long-key'])
def test_backslashes_before_an_escape_belong_to_it(before, key):
    """However many, and whatever stands before them."""
    text = f"{before}{escaped(key)[1:] if before.endswith(chr(92)) else escaped(key)}"

    assert redaction.clean_text(text, [key]) == before.rstrip("\\") + "[key]"


def test_a_key_is_found_over_the_ends_of_what_is_searched_at_once(monkeypatch):
    """Between two searches the ends of the texts are kept."""
    monkeypatch.setattr(redaction, "LONGEST_RUN", 40)
    body = sse(*map(delta, ["word "] * 100 + list(KEY) + ["word "] * 100))

    assert b"[key]" in clean_body(body, [KEY])
