"""Why an answer ended, in one set of words, whatever the dialect."""

import pytest

from gradient_cli.wire.dialects import decode
from gradient_cli.wire.events import ReasoningDelta
from gradient_cli.wire.response import Fold

CALL = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}
TEXT = {"type": "message", "content": [{"type": "output_text", "text": "x"}]}
CHAT_CALL = {"id": "c", "function": {"name": "f", "arguments": "{}"}}


def folded(*payloads):
    """Give the word for some payloads."""
    fold = Fold()
    for payload in payloads:
        for event in decode("", payload):
            fold.add(event)
    return fold.response().finish_word


def typed(status: str, *items, reason: str | None = None, name: str = "completed") -> dict:
    """Give a typed end."""
    details = {"reason": reason} if reason else None
    response = {"status": status, "output": list(items), "incomplete_details": details}
    return {"type": f"response.{name}", "response": response}


def chunk(finish: str | None, **delta) -> dict:
    """Give a piece in chunks."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def body(finish: str | None, **message) -> dict:
    """Give a whole chat-like body."""
    return {"choices": [{"message": message, "finish_reason": finish}]}


@pytest.mark.parametrize(
    ("payloads", "word"),
    [
        ([typed("completed", TEXT)], "stop"),
        ([typed("completed", CALL)], "tool_calls"),
        ([typed("completed", TEXT, CALL)], "tool_calls"),
        ([typed("incomplete", TEXT, reason="max_output_tokens")], "length"),
        ([typed("incomplete", TEXT, reason="max_output_tokens", name="incomplete")], "length"),
        ([typed("incomplete", reason="content_filter", name="incomplete")], "content_filter"),
        ([typed("incomplete", reason="a whim", name="incomplete")], None),
        ([typed("incomplete", name="incomplete")], None),
        ([typed("failed", name="failed")], None),
        ([typed("cancelled", name="cancelled")], None),
        ([{"status": "completed", "output": [TEXT]}], "stop"),
        ([{"output": [TEXT]}], "stop"),
        ([{"status": "incomplete", "output": [TEXT], "incomplete_details": {"reason": "max_tokens"}}], "length"),
        ([chunk("stop", content="x")], "stop"),
        ([chunk("length", content="x")], "length"),
        ([chunk("content_filter")], "content_filter"),
        ([chunk(None, tool_calls=[CHAT_CALL]), chunk("tool_calls")], "tool_calls"),
        ([chunk(None, tool_calls=[CHAT_CALL]), chunk("stop")], "tool_calls"),
        ([chunk(None, tool_calls=[CHAT_CALL]), chunk("function_call")], "tool_calls"),
        ([chunk("weird", content="x")], None),
        ([chunk(None, content="x")], None),
        ([body("stop", content="x")], "stop"),
        ([body("length", content="x")], "length"),
        ([body("tool_calls", tool_calls=[CHAT_CALL])], "tool_calls"),
        ([body(None, content="x")], "stop"),
        ([{"type": "error", "message": "no"}], None),
        ([], None),
    ],
)  # fmt: skip
def test_a_script_reads_the_same_word_of_every_server(payloads, word):
    """stop, tool_calls, length or content_filter; null is any other end."""
    assert folded(*payloads) == word


def test_what_the_end_owes_is_given_once():
    """Whoever looks at the end twice, as a broken stream makes it, shows no thought again."""
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    fold = Fold()
    for event in decode("", typed("completed", thought, TEXT)):
        fold.add(event)

    first, second = list(fold.finish()), list(fold.finish())

    assert [event for event in first if isinstance(event, ReasoningDelta)] == [ReasoningDelta("hm")]
    assert [event for event in second if isinstance(event, ReasoningDelta)] == []
