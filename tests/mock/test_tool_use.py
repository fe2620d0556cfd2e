"""The demo uses what it is offered: functions are called, the service's own tools play along."""

import json

import pytest

from gradient_cli.mock.tool_use import tool_use

F = {
    "type": "function",
    "name": "f",
    "parameters": {"type": "object", "properties": {"city": {"type": "string", "default": "Oslo"}}},
}
ASKED = {"role": "user", "content": "x"}
CALLED = [ASKED, {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}]
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "sunny"}


def used(tools: object, **request: object):
    return tool_use({"input": "x", "tools": tools, **request}, "x")


def test_a_function_is_called_and_then_its_result_is_said():
    """With arguments that fit its parameters."""
    [call] = used([F]).calls
    after = used([F], input=[*CALLED, OUTPUT])

    assert (call["name"], json.loads(call["arguments"])) == ("f", {"city": "Oslo"})
    assert (after.calls, after.prefix) == ((), "f gave: sunny\n\n")


def test_the_choice_is_obeyed():
    """None is none, and another function is another."""
    g = {**F, "name": "g"}

    assert used([F], tool_choice="none").calls == ()
    assert used([F, g], tool_choice={"type": "function", "name": "g"}).calls[0]["name"] == "g"


@pytest.mark.parametrize(
    ("tool", "kinds"),
    [
        ({"type": "web_search"}, ["web_search_call"]),
        ({"type": "web_search_2099"}, ["web_search_call"]),
        ({"type": "knowledge_base_retrieval"}, ["knowledge_base_retrieval_call"]),
        ({"type": "mcp", "server_label": "d"}, ["mcp_list_tools", "mcp_call"]),
        ({"type": "brand_new"}, ["brand_new_call"]),
    ],
)
def test_a_services_tool_is_used_and_a_page_is_cited(tool, kinds):
    """Plainly made up."""
    use = used([tool])

    assert [item["type"] for item in use.server_calls] == kinds
    assert "canned" in use.annotations[0]["url"]


@pytest.mark.parametrize("tools", [None, [], "x", [3], {}])
def test_nothing_odd_breaks_it(tools):
    """Requests say anything."""
    assert not used(tools).is_call


@pytest.mark.parametrize("stream", ["--stream", "--no-stream"])
def test_the_demo_takes_part(home, stream):
    """Each example of the docs can be tried without a key."""
    tool = ("--tool", json.dumps(F))

    assert home.runs("respond", "-p", "demo", "x", stream, *tool, "--expect-call", "f")[0] == 0
    status, _, stderr = home.runs(
        *("respond", "-p", "demo", "x", stream, "--tool", "web_search"),
        *("--expect-source", "example.com"),
    )
    assert status == 0
    assert "[1] A canned page" in stderr
