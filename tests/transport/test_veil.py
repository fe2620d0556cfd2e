"""A key that a server repeats is neither shown nor kept: whole, escaped, or in pieces."""

import json
import random

import pytest

from gradient_cli.errors import ConnectionFailed
from gradient_cli.transport.body import body_frames
from gradient_cli.transport.recording import Take
from gradient_cli.transport.sse import Frame
from gradient_cli.transport.veil import MOST_HELD, Veil, beginning, hidden, veil_for, veiled_body
from gradient_cli.wire.request import Request
from tests.fakes import FakeReply, FakeWatcher, asking_once, sse
from tests.fakes import FakeTransport as Transport

KEY = "sk-do-v1-4711-verysecretkey"
ESCAPED = "".join(f"\\u{ord(c):04x}" for c in KEY)


def typed(*pieces: str, kind: str = "response.output_text.delta") -> list[dict]:
    return [{"type": kind, "item_id": "s", "delta": piece} for piece in pieces]


def chunks(*pieces: str, name: str = "content") -> list[dict]:
    return [{"choices": [{"index": 0, "delta": {name: piece}}]} for piece in pieces]


def end(text: str) -> dict:
    part = {"type": "output_text", "text": text}
    message = {"type": "message", "role": "assistant", "content": [part]}
    return {"type": "response.completed", "response": {"status": "completed", "output": [message]}}


def through(*payloads: object, secret: str = KEY) -> list[Frame]:
    return list(Veil(secret).frames(body_frames(iter([sse(*payloads)]), "text/event-stream")))


def texts(frames: list[Frame]) -> str:
    """What anybody would put together of the deltas."""
    said = []
    for frame in frames:
        value = json.loads(frame.data)
        said.append(value.get("delta") or "")
        for choice in value.get("choices", []):
            said += choice["delta"].values()
    return "".join(said)


PIECES = [
    (KEY,),
    ("a ", KEY, " b"),
    (f"a {KEY} b {KEY}",),
    (KEY[:5], KEY[5:]),
    ("x" + KEY[:1], KEY[1:-1], KEY[-1:] + "y"),
    tuple(KEY),
    ("", *KEY, "", KEY[:3], KEY[3:]),
    ("s" + KEY[:9], KEY[9:] + KEY[:9], KEY[9:]),
    ("sk-sk-" + KEY[:4], KEY[4:]),
]


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("form", [typed, chunks])
def test_the_pieces_never_make_the_key(pieces, form):
    """Whatever they are cut into; the rest of the text is there."""
    frames = through(*form(*pieces))

    assert texts(frames) == "".join(pieces).replace(KEY, "[key]")
    assert len(frames) == len(pieces)


@pytest.mark.parametrize("name", ["content", "reasoning_content", "refusal"])
def test_each_kind_of_text_is_looked_at_by_itself(name):
    """Reasoning between two pieces of the answer changes nothing."""
    mixed = [
        *chunks(KEY[:8], name=name),
        *typed(KEY[:8], kind="response.reasoning_text.delta"),
        *chunks(KEY[8:], name=name),
        *typed(KEY[8:], kind="response.reasoning_text.delta"),
    ]

    assert texts(through(*mixed)) == "[key][key]"


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"a": [{"b": f"x{KEY}y"}], KEY: 1}),
        f'{{"a": "{ESCAPED}"}}',
        f'{{"a": "{KEY[:5]}{ESCAPED[30:]}", "{ESCAPED}": 2}}',
        f'{{"type":"response.output_text.delta","delta":"{ESCAPED}"}}',
        f"no json {KEY}",
    ],
)
def test_whole_and_escaped(data):
    """Decoded before it is looked at."""
    (frame,) = Veil(KEY).frames([Frame("message", data)])

    assert KEY not in frame.data
    assert "\\u" not in frame.data
    assert "[key]" in frame.data


def test_a_key_with_letters_that_json_escapes():
    """Slashes, quotes and backslashes are escaped by some servers and not by others."""
    secret = 'sk/"abc\\def/ghi'
    for data in (json.dumps({"a": secret}), json.dumps({"a": secret}).replace("/", "\\/")):
        (frame,) = Veil(secret).frames([Frame("message", data)])
        assert json.loads(frame.data) == {"a": "[key]"}


def test_everything_else_passes_as_it_came():
    """Byte for byte, and at once."""
    seen = []
    payloads = [*typed("yes, ", "this \u00e9 ", "is it"), end("yes, this \u00e9 is it")]

    def found():
        for frame in body_frames(iter([sse(*payloads)]), "text/event-stream"):
            seen.append(frame)
            yield frame

    for given in Veil(KEY).frames(found()):
        assert given.data == seen[-1].data


def test_what_begins_like_the_key_is_only_late():
    """It is given as soon as the next piece says that it is none."""
    frames = through(*typed("this is", " as", "k-do", " you wish", "s"))

    assert texts(frames) == "this is ask-do you wishs"


def test_most_of_the_key_is_not_shown_either():
    """A stream that is cut within it, or goes on without it."""
    assert texts(through(*typed("a ", KEY[:-1]))) == "a [key]"
    assert texts(through(*typed("a ", KEY[:4]))) == f"a {KEY[:4]}"


@pytest.mark.real
def test_not_much_is_held_back():
    """Empty pieces for ever would fill the memory."""
    endless = [*typed(KEY[:10]), *typed("") * (2 * MOST_HELD)]
    veil = Veil(KEY)
    held = 0

    def found():
        nonlocal held
        for frame in body_frames(iter([sse(*endless)]), "text/event-stream"):
            held += 1
            yield frame

    for _ in veil.frames(found()):
        held -= 1
        assert held <= MOST_HELD + 1


def test_a_fault_comes_after_what_was_held():
    """Nothing that arrived is lost."""

    def found():
        yield Frame("message", json.dumps(typed("a", "s")[1]))
        raise ConnectionFailed("broke")

    given = Veil(KEY).frames(found())

    assert json.loads(next(given).data)["delta"] == "s"
    with pytest.raises(ConnectionFailed):
        next(given)


def test_a_short_key_may_be_a_word():
    """`EMPTY` and `ollama` are keys of local servers; answers may say them."""
    assert veil_for("EMPTY") is None
    assert veil_for("not-needed") is None
    assert veil_for(KEY) is not None


@pytest.mark.parametrize("seed", range(30))
def test_any_cut(seed):
    """Putting the pieces together is the same as hiding in the whole."""
    chance = random.Random(seed)
    secret = chance.choice([KEY, "aaaaaaaaaaaa", "abababababab", "aabaabaabaab"])
    whole = "".join(chance.choice([secret, secret[:4], "a", "b", " "]) for _ in range(8))
    cuts = sorted(chance.choices(range(len(whole) + 1), k=6))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    assert "".join(hidden(pieces, secret)) == whole.replace(secret, "[key]")
    said = texts(through(*typed(*pieces), secret=secret))
    assert secret not in said
    assert beginning(whole + secret[:5], secret) >= 5


def test_an_answer_is_without_it_everywhere():
    """Text, events, frames and the final object agree, so nothing counts as changed on the way."""
    body = sse(*typed("the key is ", KEY[:7], KEY[7:], " yes"), end(f"the key is {KEY} yes"))
    watcher = FakeWatcher()
    transport = Transport([FakeReply(200, {"content-type": "text/event-stream"}, [body])])
    from gradient_cli.transport.faults import Setting

    outcome = asking_once(transport, Setting("http://x", secret=KEY)).ask(
        Request(model="m", input="hi", stream=True), watcher
    )

    assert (outcome.error, outcome.response.text) == (None, "the key is [key] yes")
    assert KEY not in json.dumps(outcome.response.body)
    shown = "".join(event.text for event in watcher.events if hasattr(event, "text"))
    assert shown == "the key is [key] yes"
    assert texts([Frame(*frame) for frame in watcher.frames[:-1]]) == "the key is [key] yes"


@pytest.mark.parametrize(
    "body",
    [
        sse(*typed(*KEY), end("x")),
        sse(*chunks("a", KEY[:9], KEY[9:])),
        f'{{"output": "{ESCAPED}"}}'.encode(),
        json.dumps({"output": KEY}).encode(),
        f": {KEY}\n\ndata: {{}}\n\n".encode(),
        f"<html>{KEY}</html>".encode(),
    ],
)
def test_a_recording_is_without_it(body):
    """It is committed and shared."""
    kind = "text/event-stream" if b"data:" in body else "application/json"
    take = Take(200, {"content-type": kind}, [body[:20], body[20:]])

    kept = "".join(take.as_json([KEY])["chunks"])

    assert KEY not in kept
    assert ESCAPED not in kept
    assert KEY not in texts_of(kept)


def texts_of(kept: str) -> str:
    frames = list(body_frames(iter([kept.encode()]), "text/event-stream"))
    return texts([f for f in frames if f.data.startswith("{")])


def test_a_recording_without_it_is_as_it_came():
    """Framing, comments and pieces."""
    body = b": ping\r\n\r\nid: 7\ndata: {}\n\ndata: s\n\n"

    assert veiled_body(body, "text/event-stream", KEY) == body
    assert Take(200, {}, [body[:9], body[9:]]).as_json([KEY])["chunks"] == [
        body[:9].decode(),
        body[9:].decode(),
    ]


def test_only_a_delta_waits_for_what_follows():
    """An id that ends as the key begins is whole: the frame goes on at once, and stays as it is."""
    fed = []

    def server():
        for payload in ({"type": "x", "id": KEY[:9], "delta": ""}, {"type": "x", "id": KEY[9:]}):
            fed.append(payload)
            yield Frame("message", json.dumps(payload))

    frames = Veil(KEY).frames(server())

    assert json.loads(next(frames).data)["id"] == KEY[:9]
    assert len(fed) == 1
    assert [json.loads(frame.data)["id"] for frame in frames] == [KEY[9:]]


def test_a_name_that_ends_as_the_key_begins_holds_nothing_back():
    """Every chunk has `choices`; only texts are put together, and only they wait."""
    veil = Veil("sk-do-v1-4711-verysecretkey")
    chunk = {"choices": [{"delta": {"content": "word "}, "logprobs": None}]}
    spaced = json.dumps(chunk).replace('":', '" :')

    for data in (json.dumps(chunk), spaced):
        frame = Frame("message", data)
        given = list(veil.frames([frame]))

        assert given[0] is frame
        assert given[0].payload is None
