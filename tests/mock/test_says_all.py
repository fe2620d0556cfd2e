"""Whatever a server may say about an answer, the mock can say: for trying how it is read."""

import json
from http.client import HTTPConnection

import pytest

from gradient_cli.mock.answer import Answer, prompt_of
from gradient_cli.mock.director import Director
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.script_file import load_script
from gradient_cli.mock.server import MockServer
from gradient_cli.mock.typed import events, whole
from tests.mock.test_mock import ask

ASKED = {"role": "user", "content": "weather?"}
CALLED = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}
APPROVAL = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "f", "arguments": "{}"}
CITED = {"type": "url_citation", "url": "https://a.example/", "title": "A"}


def said(behaviour: Behaviour, **request: object) -> list[dict]:
    return list(events(Answer(behaviour, {"input": "hi", **request}, 1, 0)))


@pytest.mark.parametrize("stream", [True, False])
def test_commentary_comes_before_a_final_answer(stream):
    """Each message with its phase, on the item, not on the deltas."""
    outcome = ask(Behaviour(commentary="Let me look.", text="30"), stream=stream)

    assert (outcome.response.text, outcome.response.commentary) == ("30", "Let me look.")
    items = [e["item"] for e in said(Behaviour(commentary="a", text="b")) if "item" in e]
    assert [item["phase"] for item in items] == ["commentary"] * 2 + ["final_answer"] * 2


@pytest.mark.parametrize("dialect", ["typed", "chunk"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_refusal_is_no_text(stream, dialect):
    """In its own part, or field."""
    outcome = ask(Behaviour(text="", refusal="I will not.", dialect=dialect), stream=stream)

    assert (outcome.response.text, outcome.response.refusal) == ("", "I will not.")


@pytest.mark.real
@pytest.mark.parametrize("dialect", ["typed", "chunk"])
@pytest.mark.parametrize("stream", [True, False])
def test_several_messages_are_set_apart(stream, dialect):
    """As an agent writes them."""
    outcome = ask(Behaviour(text="a b", messages=("c", "d"), dialect=dialect), stream=stream)

    assert outcome.response.text == "a b\n\nc\n\nd"


def test_thoughts_may_stand_in_the_text():
    """As Qwen's do."""
    outcome = ask(Behaviour(text="<think>hm hm</think>\n\nYes."))

    assert (outcome.response.text, outcome.response.reasoning) == ("Yes.", "hm hm")


@pytest.mark.parametrize("stream", [True, False])
def test_items_are_sent_as_they_are(stream):
    """Pending ones, and what no one knows."""
    outcome = ask(Behaviour(text="a", items=(APPROVAL, {"type": "odd", "n": 1})), stream=stream)

    assert outcome.response.pending
    assert whole(Answer(Behaviour(text="", items=(APPROVAL,)), {}, 1, 0))["output"] == [APPROVAL]


def test_what_is_cited_stands_on_the_text():
    """While streaming, and in the end."""
    behaviour = Behaviour(text="a", annotations=(CITED,))

    kinds = [event["type"] for event in said(behaviour)]
    place = kinds.index("response.output_text.annotation.added")

    assert kinds[place - 1] == "response.output_text.delta"
    assert said(behaviour)[place]["annotation"] == CITED
    assert said(behaviour)[-1]["response"]["output"][0]["content"][0]["annotations"] == [CITED]


def test_the_final_text_may_be_another():
    """As vLLM's once was: only the end of what was streamed."""
    stream = said(Behaviour(text="a b c", final_text="c"))

    assert stream[-1]["response"]["output"][0]["content"][0]["text"] == "c"
    assert [e["text"] for e in stream if e["type"] == "response.output_text.done"] == ["a b c"]


def test_a_limit_may_go_unsaid():
    """As llama.cpp does: completed, with as many tokens as were allowed."""
    last = said(Behaviour(text="a b c d", hides_limit=True), max_output_tokens=2)[-1]["response"]

    assert (last["status"], last["incomplete_details"]) == ("completed", None)
    assert last["usage"]["output_tokens"] == 2


@pytest.mark.parametrize(
    ("end", "kind"),
    [("incomplete", "response.incomplete"), ("incomplete-vllm", "response.completed")],
)
def test_an_incomplete_answer_has_the_forms_of_specification_and_vllm(end, kind):
    """The status says the same in both."""
    last = said(Behaviour(text="a b c", end=end, after=1))[-1]

    assert (last["type"], last["response"]["status"]) == (kind, "incomplete")
    assert ask(Behaviour(text="a b c", end=end, after=1)).status == 8


def test_usage_has_the_fields_of_the_newest_client():
    """It demands them all."""
    usage = said(Behaviour())[-1]["response"]["usage"]

    assert set(usage) == {
        *("input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details"),
        "total_tokens",
    }
    assert usage["input_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 0}


@pytest.mark.parametrize(
    ("items", "prompt"),
    [
        ([ASKED], "weather?"),
        ([ASKED, CALLED, {"type": "function_call_output", "output": "sunny"}], "sunny"),
        (
            [
                CALLED,
                {"type": "function_call_output", "output": [{"type": "input_text", "text": "a"}]},
            ],
            "a",
        ),
        ([ASKED, CALLED, {"type": "custom_tool_call_output", "output": {"n": 1}}], '{"n":1}'),
        ([ASKED, {"role": "assistant", "content": "Oslo?"}], "weather?"),
        ([ASKED, {"type": "message", "role": "assistant", "content": []}, CALLED], "weather?"),
        ([ASKED, APPROVAL, {"type": "mcp_approval_response", "approve": True}], "approve"),
        ([{"type": "reasoning", "summary": []}], ""),
        ([3, None], ""),
    ],
)
def test_the_prompt_is_what_came_last_from_the_caller(items, prompt):
    """So that a scripted loop of calls goes on."""
    assert prompt_of({"input": items}) == prompt


def test_a_scripted_loop_of_calls_goes_on():
    """The call first, then the words for its result."""
    behaviours = (
        Behaviour(match="weather", text="", calls=({"name": "f", "arguments": "{}"},)),
        Behaviour(match="^sunny$", text="A hat for {{ prompt }}."),
    )
    director = Director(behaviours, is_looped=False)
    second = {"input": [ASKED, CALLED, {"type": "function_call_output", "output": "sunny"}]}

    assert director.choose(prompt_of({"input": [ASKED]}), "m").calls
    answer = Answer(director.choose(prompt_of(second), "m"), second, 2, 0)
    assert answer.text == "A hat for sunny."


@pytest.mark.parametrize("key", ["calls = [{ name = 'f' }]", "refusal = 'no'", "commentary = 'a'"])
def test_a_reply_that_says_something_else_has_no_text_of_its_own(key, tmp_path):
    """The mock's greeting stands in for nothing at all, not for a call."""
    path = tmp_path / "s.toml"
    path.write_text(f"[[reply]]\n{key}\n")

    assert load_script(path).behaviours[0].text == ""


@pytest.mark.parametrize(
    ("path", "status", "model"),
    [
        ("/v1/models/mock-small", 200, "mock-small"),
        ("/v1/models/org/big", 200, "org/big"),
        ("/v1/models/org%2Fbig", 200, "org/big"),
        ("/v1/models/none", 404, None),
        ("/v1/models/", 404, None),
    ],
)
def test_one_model_can_be_asked_for(path, status, model):
    """As the official client's `retrieve` does."""
    with MockServer(Script(models=("mock-small", "org/big"))) as server:
        connection = HTTPConnection(server.url.removeprefix("http://"))
        connection.request("GET", path)
        reply = connection.getresponse()
        body = json.loads(reply.read())
        connection.close()

    assert (reply.status, body.get("object") and body["id"]) == (status, model)
