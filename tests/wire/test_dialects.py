"""Each dialect becomes the same events, and those the same answer."""

import json
import random
from pathlib import Path

import pytest

from gradient_cli.wire import dialects
from gradient_cli.wire.dialects import decode
from gradient_cli.wire.events import Ended, Item, RefusalDelta, TextDelta, Unknown, Usage
from gradient_cli.wire.messages import Messages
from gradient_cli.wire.response import Fold, Response, ToolCall


def answer(*payloads: object, name: str = "") -> Response:
    fold = Fold()
    fold = Fold()
    for payload in payloads:
        for event in decode(name, payload):
            fold.add(event)
    list(fold.finish())
    return fold.response()


def typed(kind: str, **fields: object) -> dict:
    return {"type": f"response.{kind}", **fields}


def completed(status: str = "completed", **fields: object) -> dict:
    return typed("completed", response={"id": "r", "model": "m", "status": status, **fields})


def message(text: str) -> dict:
    return {"type": "message", "content": [{"type": "output_text", "text": text}]}


def chunk(finish: str | None = None, **delta: object) -> dict:
    return {"object": "response.chunk", "choices": [{"delta": delta, "finish_reason": finish}]}


def test_deltas_make_the_text():
    """Typed text deltas are joined in order of arrival."""
    response = answer(
        typed("output_text.delta", delta="Hel"),
        typed("output_text.delta", delta="lo"),
        completed(usage={"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}),
    )

    assert (response.text, response.status, response.model) == ("Hello", "completed", "m")
    assert response.usage == Usage(input_tokens=3, output_tokens=2, total_tokens=5)


def test_a_completed_event_with_status_incomplete_is_incomplete():
    """vLLM ends a cut answer with `response.completed`; its status tells the truth."""
    response = answer(completed("incomplete", incomplete_details={"reason": "max_output_tokens"}))

    assert (response.status, response.finish_reason) == ("incomplete", "max_output_tokens")


def test_an_incomplete_event_that_claims_completed_is_incomplete():
    """Of two claims the worse counts."""
    event = typed("incomplete", response={"status": "completed"})

    assert answer(event).status == "incomplete"


@pytest.mark.parametrize(
    "payloads",
    [
        [typed("output_text.done", text="Hello"), completed()],
        [completed(output=[message("Hello")])],
        [typed("output_text.delta", delta="He"), completed(output=[message("Hello")])],
        [{"status": "completed", "output": [{"type": "text", "text": "Hello"}]}],
        [{"output": [message("Hello")]}],
        [{"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}],
        [{"choices": [{"message": {"content": "Hello"}}], "status": "status"}, chunk("stop")],
    ],
)
def test_text_that_no_delta_carried_is_found(payloads):
    """`*.done`, the final object, and both plain bodies hold the text too."""
    response = answer(*payloads)

    assert (response.text, response.status) == ("Hello", "completed")


def test_of_a_stream_and_another_final_text_the_final_counts():
    """Nothing was shown yet, so nobody was told anything wrong."""
    response = answer(
        typed("output_text.delta", delta="Hallo"), completed(output=[message("Hello")])
    )

    assert (response.text, response.has_lost_pieces) == ("Hello", False)


def test_reasoning_is_no_answer():
    """Reasoning in deltas and in the final object stays out of the text."""
    reasoning = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}]}

    streamed = answer(typed("reasoning_text.delta", delta="hm"), completed())
    final = answer(completed(output=[reasoning, message("Hi")]))

    assert (streamed.text, streamed.reasoning) == ("", "hm")
    assert (final.text, final.reasoning) == ("Hi", "hm")


def test_chunks_make_text_reasoning_and_usage():
    """The documented dialect: deltas, a finish reason, then usage with no choices."""
    response = answer(
        chunk(role="assistant", content=""),
        chunk(reasoning_content="hm"),
        chunk(content="Once"),
        chunk(content=" upon"),
        chunk("stop"),
        {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 1}},
    )

    assert (response.text, response.reasoning, response.status) == ("Once upon", "hm", "completed")
    assert response.usage == Usage(input_tokens=2, output_tokens=1)
    assert response.body["choices"][0]["message"]["content"] == "Once upon"


@pytest.mark.parametrize(
    ("finish", "status"),
    [
        ("stop", "completed"),
        ("tool_calls", "completed"),
        ("length", "incomplete"),
        ("content_filter", "incomplete"),
        ("error", "failed"),
        ("odd", "incomplete"),
    ],
)
def test_a_finish_reason_decides(finish, status):
    """Only `stop` and `tool_calls` are complete; a reason nobody knows is not."""
    assert answer(chunk(content="x"), chunk(finish)).status == status


def test_a_completed_body_with_finish_reason_length_is_incomplete():
    """Of two claims in one body the worse counts."""
    body = {
        "status": "completed",
        "choices": [{"message": {"content": "x"}, "finish_reason": "length"}],
    }

    assert answer(body).status == "incomplete"


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "error", "code": "c", "message": "words"},
        {"type": "error", "error": {"code": "c", "message": "words"}},
        {"error": {"type": "c", "message": "words"}},
        typed("failed", response={"status": "failed", "error": {"code": "c", "message": "words"}}),
    ],
)
def test_an_error_in_any_shape_is_a_failure(payload):
    """Flat, nested, without a type, and as a terminal event."""
    response = answer(payload)

    assert (response.status, response.code, response.message) == ("failed", "c", "words")


def test_a_null_error_in_a_good_body_is_none():
    """`error: null` stands in every healthy response."""
    assert answer({"status": "completed", "error": None, "output": [message("x")]}).text == "x"


CALL = ToolCall("f", '{"a":1}', "c1")


@pytest.mark.parametrize(
    "payloads",
    [
        [
            typed(
                "output_item.added",
                output_index=1,
                item={
                    "type": "function_call",
                    "id": "i",
                    "call_id": "c1",
                    "name": "f",
                    "arguments": "",
                },
            ),
            typed("function_call_arguments.delta", output_index=1, item_id="i", delta='{"a"'),
            typed("function_call_arguments.delta", output_index=1, item_id="i", delta=":1}"),
            typed("function_call_arguments.done", output_index=1, item_id="i", arguments='{"a":1}'),
            completed(
                output=[
                    {
                        "type": "function_call",
                        "call_id": "other",
                        "name": "f",
                        "arguments": '{"a":1}',
                    }
                ]
            ),
        ],
        [
            typed(
                "output_item.done",
                output_index=0,
                item={
                    "type": "function_call",
                    "call_id": "c1",
                    "name": "f",
                    "arguments": '{"a":1}',
                    "sequence_number": -1,
                },
            ),
            completed(),
        ],
        [
            completed(
                output=[
                    {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
                ]
            )
        ],
        [
            chunk(
                tool_calls=[
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a"'}}
                ]
            ),
            chunk(tool_calls=[{"function": {"arguments": ":1}"}}]),
            chunk("tool_calls"),
        ],
    ],
)
def test_a_function_call_is_put_together_once(payloads):
    """Whatever the pieces, one call comes out; a second id for it is no second call."""
    assert answer(*payloads).tool_calls == (CALL,)


def piece(arguments: str, name: str | None = None, **fields: object) -> dict:
    """Give an entry of `tool_calls`."""
    return {**fields, "function": {"name": name, "arguments": arguments}}


def item(kind: str, number: int, arguments: str = "", **fields: object) -> dict:
    """Give the event of an item that is a function call."""
    call = {"type": "function_call", "name": "fg"[number], "call_id": f"c{number}"}
    return typed(f"output_item.{kind}", item={**call, "arguments": arguments, **fields})


def arguments(delta: str, **fields: object) -> dict:
    return typed("function_call_arguments.delta", delta=delta, **fields)


BOTH = completed(output=[item("done", n, f"[{n}]")["item"] for n in (0, 1)])


@pytest.mark.parametrize(
    "payloads",
    [
        [chunk(tool_calls=[piece("[0]", "f", index=0), piece("[1]", "g", index=1)])],
        [chunk(tool_calls=[piece("[0]", "f", id="c0"), piece("[1]", "g", id="c1")])],
        [chunk(tool_calls=[piece("[0]", "f", id="c0", index=0)]),
         chunk(tool_calls=[piece("[1]", "g", id="c1", index=0)])],
        [chunk(tool_calls=[piece("", "f", id="c0")]), chunk(tool_calls=[piece("[0]")]),
         chunk(tool_calls=[piece("[", "g", id="c1")]), chunk(tool_calls=[piece("1]")])],
        [chunk(tool_calls=[piece("[0]", "f")]), chunk(tool_calls=[piece("[1", "g")]),
         chunk(tool_calls=[piece("]")])],
        [chunk(tool_calls=[piece("[", "f"), piece("[", "g")]),
         chunk(tool_calls=[piece("0]"), piece("1]")])],
        [item("added", 0, output_index=0), arguments("[0]", output_index=0),
         item("added", 1, output_index=0), arguments("[1]", output_index=0)],
        [item("added", 0), arguments("[0]", item_id="i0"),
         item("added", 1), arguments("[1]", item_id="i1")],
        [item("added", 0), item("added", 1), BOTH],
        [arguments("[0]", item_id="i0"), BOTH],
        [item("added", 0), arguments("[0]", item_id="i0"), BOTH],
        [BOTH],
    ],
)  # fmt: skip
def test_two_calls_stay_two(payloads):
    """Calls are told apart by index, id, name or place, whatever of it the server sends."""
    calls = answer(*payloads).tool_calls

    assert [(call.name, call.arguments) for call in calls] == [("f", "[0]"), ("g", "[1]")]
    assert len({call.call_id for call in calls}) == 2


@pytest.mark.parametrize(
    "payload",
    [
        {"choices": [{"message": {"content": [{"type": "text", "text": "hello"}]}}]},
        chunk("stop", content=[{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]),
        {"choices": [
            {"index": 1, "delta": {"content": "other"}, "finish_reason": None},
            {"index": 0, "delta": {"content": "hello"}, "finish_reason": "stop"},
        ]},
    ],
)  # fmt: skip
def test_text_in_parts_is_text(payload):
    """Chat-like servers send a list of parts, too, and more than one choice."""
    assert answer(payload).text == "hello"


def test_arguments_that_are_an_object_are_json():
    """Not every server writes them as a text."""
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": {"a": 1}}

    assert answer(completed(output=[call])).tool_calls == (CALL,)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "in_progress"}, "incomplete"),
        ({"status": "queued"}, "incomplete"),
        ({"status": 5}, "incomplete"),
        ({"status": None}, "completed"),
        ({"error": {"message": "bad"}}, "failed"),
        ({"error": None}, "completed"),
    ],
)
def test_the_status_outranks_the_event(fields, status):
    """And an error outranks the status, plain or streamed."""
    body = {"object": "response", "output": [message("x")], "status": "completed", **fields}

    assert answer(typed("completed", response=body)).status == status
    assert answer(body).status == (None if status == "incomplete" else status)


@pytest.mark.parametrize(
    "payload", [None, 1, "x", [], {}, {"type": 5}, typed("rate_limits.updated")]
)
def test_what_nobody_knows_becomes_unknown(payload):
    """An odd payload is kept as Unknown and never an error."""
    assert [type(event) for event in decode("", payload)] == [Unknown]


@pytest.mark.parametrize(
    "payload",
    [
        typed("output_text.delta", delta=None),
        typed("output_text.delta"),
        typed("completed"),
        typed("completed", response=None),
        typed("output_item.added", item=None),
        {"choices": [None]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"tool_calls": [None, {}]}}]},
        {"output": [None, {"content": [None, {"type": "output_text", "text": None}]}]},
        {"output": [], "usage": {"input_tokens_details": None}},
        {"output": None, "object": "response"},
        {"error": 5},
        {"error": []},
        {"type": "error"},
        typed("failed", response={"error": "words"}),
    ],
)
def test_missing_and_null_fields_are_survived(payload):
    """Every field but the type may be missing or null."""
    list(decode("", payload))


def test_the_seeds_example_is_a_complete_answer():
    """The document's own body: a status of no meaning, choices with text, calls in output."""
    body = json.loads((Path(__file__).parent / "seed_response.json").read_text())

    response = answer(body)

    assert response.text == "Once upon a time, a unicorn named Sparkle..."
    assert response.usage == Usage(133, 128, 41, 24, 174)
    assert response.status == "completed"


def test_no_end_is_no_end():
    """A stream that stops has no status at all."""
    assert answer(typed("output_text.delta", delta="Hel")).status is None


def test_of_two_ends_the_worse_stands():
    """What is said behind a terminal event can only make it worse."""
    ends = [event for event in decode("", completed()) if isinstance(event, Ended)]
    assert len(ends) == 1
    assert answer(completed(), {"type": "error", "message": "late"}).status == "failed"
    assert answer({"type": "error", "message": "early"}, completed()).message == "early"


def test_pieces_of_text_mean_the_same_by_the_short_way():
    """What streams mostly consist of is decoded apart, and must not mean something else."""
    rng = random.Random(11)

    def some(**values):
        return {name: rng.choice(given) for name, given in values.items() if rng.random() < 0.6}

    odd = [None, "", 0, 1, [], {}, ["x"], {"a": 1}, "x"]
    for _ in range(5_000):
        delta = some(content=["x", "x", *odd], role=["assistant", "user"], refusal=odd)
        choice = {"delta": delta} | some(
            index=[0, 1], finish_reason=[None, "stop", ""], logprobs=odd, message=odd, x=odd
        )
        payload = some(
            type=["response.output_text.delta", "response.output_text.delta", "response.x", None],
            delta=["x", "x", *odd],
            logprobs=odd,
            output_index=[0, "1"],
            item_id=["m", 3],
            error=odd,
            usage=odd,
            output=odd,
            choices=[[choice], [choice], [choice, choice], [], odd],
            id=odd,
        )
        name = rng.choice(["", "", "message", "error", "response.output_text.delta"])

        assert list(dialects.decode(name, payload)) == list(dialects._decoded(name, payload))


def test_pieces_of_text_are_folded_the_same_by_the_short_way(monkeypatch):
    """What surely goes on with the answer is not looked at again."""
    rng = random.Random(12)
    texts = ["word ", "x", "<think>", "</think>", "é", "\ud83d", "\ude00", "\n\n", "<|end|>"]

    def event():
        place = rng.choice([(None, None), (0, "a"), (1, "b"), (0, None)])
        item = {"type": "message", "id": place[1]} | rng.choice(
            [{}, {"phase": "commentary"}, {"role": "user"}]
        )
        return rng.choice(
            [TextDelta(rng.choice(texts), *place)] * 12
            + [Item(item, place[0], is_done=rng.random() < 0.5), RefusalDelta("no", *place)]
        )

    for _ in range(300):
        events = [event() for _ in range(30)]
        found = [folded(events)]
        with monkeypatch.context() as patch:
            patch.setattr(Messages, "goes_on", lambda self, delta: None)
            found.append(folded(events))

        assert found[0] == found[1]


def folded(events):
    fold = Fold()
    shown = [one for event in events for one in fold.add(event)]
    pieces = [(type(one), one.text) for one in shown if not isinstance(one, Item)]
    return pieces, list(fold.finish()), fold.response()


@pytest.mark.parametrize(
    ("details", "reason"),
    [({"reason": "content_filter"}, "content_filter"), (None, "length")],
)
def test_what_the_answer_says_of_its_end_outranks_the_choice(details, reason):
    """The choice's `finish_reason` is the reason where the answer gives none."""
    choice = {"message": {"content": "hi"}, "finish_reason": "length"}
    response = answer(
        {"status": "incomplete", "incomplete_details": details, "choices": [choice], "output": []}
    )

    assert (response.status, response.finish_reason) == ("incomplete", reason)
