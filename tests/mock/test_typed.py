"""The typed dialect is vLLM's: same events, same order, same fields."""

import json
import re
from itertools import groupby

import pytest

from gradient_cli.mock.answer import Answer
from gradient_cli.mock.script import Behaviour
from gradient_cli.mock.typed import events
from tests.captures import capture

SPEECH = Behaviour(text="Hello, world!")
CALL = Behaviour(text="", calls=({"name": "f", "arguments": '{"city": "Paris"}'},))
THOUGHT = Behaviour(text="", reasoning="Let me think.")
CASES = [
    ("vllm", "ok-hello-stream", SPEECH),
    ("vllm", "ok-tool-stream", CALL),
    ("vllm-reasoning", "ok-hello-stream", THOUGHT),
]


def said(behaviour: Behaviour, **request: object) -> list[dict]:
    return list(events(Answer(behaviour, {"input": "hi", **request}, 1, 0)))


def captured(server: str, name: str) -> list[dict]:
    body = capture(server, name).body.decode()
    return [json.loads(data) for data in re.findall(r"^data: (.*)$", body, re.MULTILINE)]


def order(payloads: list[dict]) -> list[str]:
    """Give the types, a run of the same once."""
    return [kind for kind, _ in groupby(payload["type"] for payload in payloads)]


@pytest.mark.parametrize(("server", "name", "behaviour"), CASES)
def test_events_come_in_the_order_of_the_real_ones(server, name, behaviour):
    """Text, a function call, reasoning alone: each as captured."""
    assert order(said(behaviour)) == order(captured(server, name))


@pytest.mark.parametrize(("server", "name", "behaviour"), CASES)
def test_events_have_the_fields_of_the_real_ones(server, name, behaviour):
    """At least; of the response itself the mock gives fewer."""
    mine = {event["type"]: event for event in said(behaviour)}

    for event in captured(server, name):
        assert set(event) == set(mine[event["type"]]), event["type"]


def test_parts_follow_each_other():
    """Reasoning, text, calls: each has its own index and ends before the next begins."""
    behaviour = Behaviour(reasoning="a b", text="c d", calls=CALL.calls)

    indices = [event["output_index"] for event in said(behaviour) if "output_index" in event]

    assert indices == sorted(indices)
    assert set(indices) == {0, 1, 2}


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("failed", "response.failed"),
        ("error", "error"),
        ("cut", "response.output_text.delta"),
        ("close", "response.output_text.delta"),
    ],
)
def test_a_broken_answer_never_says_done(end, last):
    """What comes after the last word is the failure, or nothing."""
    kinds = order(said(Behaviour(text="a b c", reasoning="x", end=end, after=2)))

    assert kinds[-1] == last
    assert "response.output_text.done" not in kinds
    assert "response.reasoning_text.done" in kinds


def test_the_response_repeats_what_was_asked():
    """As servers do."""
    final = said(SPEECH, temperature=0.5, metadata={"a": "b"}, tools=[{"name": "f"}])[-1]

    response = final["response"]
    assert (response["temperature"], response["metadata"]) == (0.5, {"a": "b"})
    assert response["usage"]["total_tokens"] == 6


@pytest.mark.parametrize(
    ("end", "reason"), [("completed", None), ("incomplete", "max_output_tokens")]
)
def test_an_answer_that_is_cut_says_why(end, reason):
    """In its last event, and only there."""
    first, *_, last = said(Behaviour(text="a b", end=end))

    assert (last["response"]["incomplete_details"] or {}).get("reason") == reason
    assert first["response"]["incomplete_details"] is None
