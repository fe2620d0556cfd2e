"""What is done about an answer's calls, and how the model is asked again: pure decisions."""

import json

import pytest

from gradient_cli.ask.exchange import Outcome
from gradient_cli.ask.tools.policy import Answer, Enough, Rest, asked_again, next_move, said
from gradient_cli.errors import IncompleteAnswer
from gradient_cli.programs.command import Command
from gradient_cli.wire.calls import Step, ToolCall
from gradient_cli.wire.events import Usage
from gradient_cli.wire.request import LongText, Request
from gradient_cli.wire.response import Response

F = {"type": "function", "name": "f", "parameters": {"type": "object"}}
G = {"type": "function", "name": "g", "parameters": {"type": "object"}}
PROGRAMS = {"f": Command("f", ("true",))}
CALL = ToolCall("f", "{}", "c1")
OTHER = ToolCall("g", "{}", "c2")


def moved(*calls, request=None, count=0, most=20, error=None, **response):
    """Give what is decided about an outcome."""
    request = request or Request(input="hi", tools=(F, G))
    outcome = Outcome(Response(tool_calls=calls, status="completed", **response), error)
    return next_move(request, outcome, PROGRAMS, count=count, most=most)


def test_a_call_with_a_program_is_answered():
    """All of them, in their order."""
    move = moved(CALL, ToolCall("f", '{"a": 1}', "c2"))

    assert isinstance(move, Answer)
    assert [task.call.call_id for task in move.tasks] == ["c1", "c2"]
    assert [task.arguments.text for task in move.tasks] == ["{}", '{"a":1}']


@pytest.mark.parametrize(
    ("calls", "more"),
    [
        ((), {}),
        ((CALL,), {"error": IncompleteAnswer("cut")}),
        ((CALL,), {"refusal": "I cannot"}),
        ((CALL,), {"pending": ({"type": "mcp_approval_request"},)}),
        ((OTHER,), {}),
        ((CALL, OTHER), {}),
        ((CALL, ToolCall("rm", "{}", "c3")), {}),
        ((CALL,), {"request": Request(input="hi", tools=(G,))}),
        ((CALL,), {"request": Request(input="hi", tools=(F, G), tool_choice="none")}),
        ((CALL,), {"request": Request(input="hi", tools=(F, G), tool_choice="g")}),
        ((CALL,), {"request": Request(input="hi")}),
    ],
)
def test_nothing_is_run_of_any_other_answer(calls, more):
    """Not complete, refused, waiting, not offered, not allowed, or somebody else's in part."""
    assert isinstance(moved(*calls, **more), Rest)


@pytest.mark.parametrize(
    ("count", "calls", "is_enough"), [(0, 2, False), (1, 2, True), (2, 1, True)]
)
def test_the_limit_holds_for_the_whole_answer(count, calls, is_enough):
    """None of an answer's calls is run that would go beyond it."""
    move = moved(*[CALL] * calls, count=count, most=2)

    assert isinstance(move, Enough) is is_enough


def test_the_chat_form_of_a_tool_is_one():
    """A body may have it."""
    body = {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}

    assert isinstance(moved(CALL, request=Request(input="hi", base=body)), Answer)


STEP = Step(call=CALL, output="42")
ADDED = ({"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c1"}, STEP.as_item())
HI = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("request_", "before"),
    [
        (Request(input="hi"), [HI]),
        (Request(input=(HI, HI)), [HI, HI]),
        (Request(base={"input": "hi"}), [HI]),
        (Request(base={"input": [HI]}), [HI]),
        (Request(params={"input": "hi"}), [HI]),
        (Request(params={"input": [HI]}), [HI]),
        (Request(input=LongText(["h", 'i "\n\u2028'])), [{**HI, "content": 'hi "\n\u2028'}]),
        (Request(), []),
    ],
)
def test_it_goes_on_from_what_was_asked(request_, before):
    """Wherever the input came from."""
    again = asked_again(request_, ADDED)

    assert again.body()["input"] == [*before, *ADDED]
    assert json.loads(b"".join(again.encode()))["input"] == [*before, *ADDED]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, "auto"),
        ({"tool_choice": "none"}, "none"),
        ({"tool_choice": "required"}, "auto"),
        ({"tool_choice": "f"}, "auto"),
        ({"params": {"tool_choice": "required"}}, "auto"),
        ({"params": {"tool_choice": {"type": "function", "name": "f"}}}, "auto"),
        ({"params": {"tool_choice.type": "web_search"}}, "auto"),
        ({"base": {"tool_choice": "required"}}, "auto"),
        (
            {
                "params": {
                    "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [F]}
                }
            },
            {"type": "allowed_tools", "mode": "auto", "tools": [F]},
        ),
    ],
)
def test_a_choice_that_forces_is_met_once(given, kept):
    """What else the request says stays."""
    asked = Request(input="hi", tools=(F,), temperature=0.5, **given)

    again = asked_again(asked, ADDED).body()

    assert again.get("tool_choice") == kept
    assert (again["tools"], again["temperature"]) == ([F], 0.5)


def test_what_was_said_stands_between():
    """Reasoning as the server sent it, the words before the call, the call, its result."""
    thought = {"type": "reasoning", "id": "r1", "summary": []}
    response = Response(text="Let me see.", tool_calls=(CALL,), items=(thought,))

    kinds = [item["type"] for item in said(response, (STEP,))]

    assert kinds == ["reasoning", "message", "function_call", "function_call_output"]


def test_an_outcome_that_follows_adds_up():
    """Costs, steps and words of both."""
    first = Outcome(Response(usage=Usage(total_tokens=5), steps=(STEP,)), attempts=2, total_ms=10)
    last = Outcome(
        Response(text="42", usage=Usage(total_tokens=7)), attempts=1, total_ms=20, said=ADDED
    )

    found = first.followed_by(last, between_ms=3)

    assert (found.attempts, found.total_ms, found.usage.total_tokens) == (3, 33, 12)
    assert (found.response.text, found.response.steps, found.said) == ("42", (STEP,), ADDED)
