"""How an answer is sent, piece by piece: pauses, bad ends, and what each dialect leaves out."""

import json

import pytest

from gradient_cli.mock.answer import Answer
from gradient_cli.mock.connection import Gone
from gradient_cli.mock.delivery import send_stream, send_whole
from gradient_cli.mock.script import Behaviour


class Wire:
    """Stands for a connection, and keeps what is done with it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.chunks: list[bytes] = []
        self.waits: list[float] = []
        self.sent: tuple = ()

    def begin_stream(self, headers) -> None:
        self.done.append("begin")

    def send_chunk(self, data: bytes) -> None:
        self.chunks.append(data)

    def end_stream(self) -> None:
        self.done.append("end")

    def send_short(self, body: bytes, promised: int | None, headers) -> None:
        self.sent = ("short", body, promised, dict(headers))

    def send_reply(self, status: int, body: bytes, headers) -> None:
        self.sent = ("reply", body, status, dict(headers))

    def reset(self) -> None:
        self.done.append("reset")

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if seconds > 60:
            raise Gone

    def payloads(self) -> list[dict]:
        """Give the events that were sent, without those that are none."""
        lines = [chunk.decode().partition("data: ")[2] for chunk in self.chunks]
        return [
            json.loads(line) for line in lines if line.startswith("{") and line.rstrip()[-1] == "}"
        ]


def streamed(dialect: str = "typed", request: dict | None = None, **behaviour) -> Wire:
    """Send an answer as events; give what was sent until the end or the break."""
    wire = Wire()
    answer = Answer(Behaviour(**{"text": "a b c", **behaviour}), request or {}, 1, 0)
    try:
        send_stream(wire, answer, dialect, {})
    except Gone:
        wire.done.append("gone")
    return wire


def whole(dialect: str = "typed", **behaviour) -> Wire:
    """Send an answer as one body."""
    wire = Wire()
    try:
        send_whole(wire, Answer(Behaviour(**{"text": "a b c", **behaviour}), {}, 1, 0), dialect, {})
    except Gone:
        wire.done.append("gone")
    return wire


def test_pauses_stand_before_pieces_alone():
    """The first one before the first piece; none before what is no piece."""
    for dialect in ("typed", "chunk"):
        assert streamed(dialect, first_token=0.5, token_delay=0.1).waits == [0.5, 0.1, 0.1]
        assert streamed(dialect, first_token=0.5).waits == [0.5]
        assert streamed(dialect).waits == []


def test_a_whole_answer_takes_as_long_as_its_pieces():
    """A client that does not stream waits for all of it."""
    assert whole(first_token=0.5, token_delay=0.25).waits == [1.0]
    assert whole(first_token=0.5).waits == [0.5]
    assert whole(text="", token_delay=0.25).waits == []


ENDS = [
    ("completed", "typed", ["begin", "end"], False),
    ("cut", "typed", ["begin", "gone"], False),
    ("reset", "typed", ["begin", "reset", "gone"], False),
    ("stall", "typed", ["begin", "gone"], False),
    ("close", "typed", ["begin", "end"], False),
    ("done", "typed", ["begin", "end"], True),
    ("completed", "chunk", ["begin", "end"], True),
    ("failed", "chunk", ["begin", "end"], True),
    ("done", "chunk", ["begin", "end"], True),
    ("close", "chunk", ["begin", "end"], False),
    ("malformed", "chunk", ["begin", "end"], False),
    ("malformed", "typed", ["begin", "end"], False),
    ("cut", "chunk", ["begin", "gone"], False),
]


@pytest.mark.parametrize(("end", "dialect", "done", "says_done"), ENDS)
def test_a_stream_ends_as_scripted(end, dialect, done, says_done):
    """`[DONE]` where the dialect has it, half a frame where something broke, silence, a reset."""
    wire = streamed(dialect, end=end)

    assert wire.done == done
    assert (wire.chunks[-1] == b"data: [DONE]\n\n") is says_done
    assert any(chunk.endswith(b'"del\n\n') for chunk in wire.chunks) is (end == "malformed")
    kinds = [event.get("type") for event in wire.payloads()]
    if dialect == "typed":
        assert (kinds[-1] == "response.completed") is (end == "completed")


def test_a_whole_answer_ends_as_scripted():
    """Half of a promised body, half of one of an unknown length, half of the JSON as if whole."""
    _, good, _, headers = whole().sent
    assert json.loads(good)["status"] == "completed"
    assert headers == {"Content-Type": "application/json"}
    for end, done in (("cut", ["gone"]), ("reset", ["reset", "gone"])):
        kind, half, promised, said = whole(end=end).sent
        assert (kind, len(half), said) == ("short", promised // 2, headers)
        assert whole(end=end).done == done
    assert whole(end="close").sent == ("short", half, None, headers)
    assert whole(end="malformed").sent == ("reply", half, 200, headers)
    assert whole(end="stall").done == ["gone"]
    assert whole(end="stall").sent == ()
    kind, body, status, headers = whole(end="done").sent
    assert (kind, body, status) == ("reply", b"data: [DONE]\n\n", 200)
    assert headers["Content-Type"].startswith("text/event-stream")


@pytest.mark.parametrize("dialect", ["typed", "chunk"])
def test_a_whole_answer_may_be_an_error(dialect):
    """In the form of an error, or of a response that has failed."""
    assert json.loads(whole(dialect, end="error").sent[1])["error"]["code"] == "server_error"
    failed = json.loads(whole(dialect, end="failed").sent[1])
    assert (failed["object"], failed["status"]) == ("response", "failed")


SAID = {
    "text": "",
    "reasoning": "hm so",
    "messages": ("one", "two"),
    "commentary": "let me see",
    "refusal": "no no",
    "annotations": ({"type": "url_citation", "url": "https://x"},),
    "items": ({"type": "odd"},),
    "calls": ({"name": "f", "arguments": '{"city": "Oslo"}'},),
}


def test_chunks_say_what_their_dialect_can_say():
    """Commentary and odd items have no place in it; everything else comes in pieces."""
    events = streamed("chunk", **SAID).payloads()

    deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(d.get("reasoning_content", "") for d in deltas) == "hm so"
    assert "".join(d.get("content", "") for d in deltas) == "one\n\ntwo"
    assert "".join(d.get("refusal", "") for d in deltas) == "no no"
    assert [d["annotations"] for d in deltas if "annotations" in d] == [list(SAID["annotations"])]
    calls = [d["tool_calls"][0] for d in deltas if "tool_calls" in d]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city": "Oslo"}'
    assert {call["function"]["name"] for call in calls} == {"f"}
    assert deltas[-1] == {}
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_whole_answer_of_the_other_dialect_says_the_same():
    """One message, with what is cited on it."""
    body = json.loads(whole("chunk", **SAID).sent[1])

    message = body["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == ("one\n\ntwo", "no no")
    assert (message["reasoning_content"], message["annotations"]) == (
        "hm so",
        list(SAID["annotations"]),
    )
    assert message["tool_calls"][0]["function"]["name"] == "f"
    assert json.loads(whole("chunk").sent[1])["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "a b c"},
        "finish_reason": "stop",
    }


def test_chunks_tell_usage_where_it_is_asked_for():
    """And not otherwise; nor after an answer that failed."""
    wants = {"stream_options": {"include_usage": True}}

    assert streamed("chunk", wants).payloads()[-1]["usage"]["output_tokens"] == 3
    assert streamed("chunk").payloads()[-1]["choices"]
    assert streamed("chunk", {"stream_options": {}}).payloads()[-1]["choices"]
    assert streamed("chunk", {"stream_options": 7}).payloads()[-1]["choices"]
    assert streamed("chunk", wants, end="failed").payloads()[-1] == {
        "error": {"code": "server_error", "message": "scripted failure"}
    }


def test_a_limit_ends_an_answer_of_chunks_with_length():
    """As if it had not been able to go on."""
    events = streamed("chunk", {"max_output_tokens": 2}).payloads()

    assert events[-1]["choices"][0]["finish_reason"] == "length"
    assert "".join(e["choices"][0]["delta"].get("content", "") for e in events) == "a b"
