"""The mock plays a model that calls functions, and then one that sees what they gave."""

import pytest

from gradient_cli.mock.director import Director
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.tool_outputs import result_text, results_of
from gradient_cli.runs.mock import make_script
from gradient_cli.runs.mock_options import AnswerOptions, FailureOptions, ServerOptions
from gradient_cli.wire.request import Request
from tests.mock.test_mock import served

ASKED = {"role": "user", "content": "weather?"}


def called(name: str, call_id: str) -> dict:
    return {"type": "function_call", "name": name, "arguments": "{}", "call_id": call_id}


def output(call_id: str, text: object) -> dict:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


ROUND = [ASKED, called("sky", "a"), called("sea", "b"), output("b", "calm"), output("a", "blue")]
CHAT = [
    ASKED,
    {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "sky"}}]},
    {"role": "tool", "tool_call_id": "a", "content": "blue"},
]


@pytest.mark.parametrize(
    ("items", "name", "text"),
    [
        (ROUND, "sky", "blue"),
        (ROUND, "sea", "calm"),
        (ROUND, "", "calm\nblue"),
        (ROUND, "sand", "(no result of sand)"),
        ([*ROUND, called("sky", "c"), output("c", "grey")], "sky", "blue\ngrey"),
        ([*ROUND, {"role": "assistant", "content": "ok"}, ASKED], "sky", "(no result of sky)"),
        ([output("a", [{"type": "input_text", "text": "b"}])], "", "b"),
        ([output("a", "no call told")], "sky", "(no result of sky)"),
        (CHAT, "sky", "blue"),
        ([None, 3, {"type": []}, {"tool_calls": [1]}, {"call_id": [], "name": "a"}], "", None),
        ("weather?", "", None),
        (None, "", None),
    ],
)
def test_a_reply_knows_the_results_of_its_turn(items, name, text):
    """By the function's name, those of earlier turns left out."""
    assert result_text({"input": items}, name) == (text or "(no result of a tool)")


def test_a_reply_may_be_for_those_who_bring_a_result():
    """So that many conversations at once each go their way."""
    behaviours = (
        Behaviour(text="", calls=({"name": "sky"},), match="weather|blue", times=0),
        Behaviour(text="It is {{ tool sky }}.", sees="sky"),
        Behaviour(text="any", sees=""),
    )
    director = Director(behaviours, is_looped=False)

    def chosen(items: list) -> Behaviour:
        seen = [one.name for one in results_of({"input": items})]
        return director.choose("weather", "m", seen)

    assert chosen([ASKED]).calls
    assert chosen(ROUND).sees == "sky"
    assert chosen([ASKED, called("sea", "b"), output("b", "calm")]).sees == ""
    assert chosen([ASKED]).calls


@pytest.mark.parametrize("dialect", ["typed", "chunk"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_call_and_then_its_result_over_the_wire(dialect, stream):
    """What came back stands in the next reply."""
    script = Script(
        behaviours=(
            Behaviour(text="", calls=({"name": "sky", "arguments": '{"at": "Oslo"}'},), times=0),
            Behaviour(text="It is {{ tool sky }}, {{ model }}: {{ tool }} {{ prompt x }}", sees=""),
        ),
        dialect=dialect,
    )
    with served(script) as (client, _):
        first = client.ask(Request(model="m", input="hi", stream=stream)).response
        call = first.tool_calls[0]
        items = [ASKED, call.as_item(), output(call.call_id, "blue")]
        second = client.ask(Request(model="m", input=items, stream=stream)).response

    assert (first.text, call.name) == ("", "sky")
    assert second.text == "It is blue, m: blue {{ prompt x }}"


def test_flags_say_the_same():
    """--call first, then the --reply that speaks of a result."""
    options = AnswerOptions(call=["sky={}"], reply=["{{ tool sky }}", "and {{ tool }}"])
    made = make_script(options, FailureOptions(), ServerOptions())

    director = Director(made.behaviours, is_looped=False)
    chosen = [director.choose("", "m", seen) for seen in ((), ("sky",), (), ("sky",), ("sky",))]
    assert [(one.text, bool(one.calls)) for one in chosen] == [
        ("", True),
        ("{{ tool sky }}", False),
        ("", True),
        ("and {{ tool }}", False),
        ("and {{ tool }}", False),
    ]
