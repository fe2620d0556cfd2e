"""The items of an answer: which of them wait for somebody."""

import pytest

from gradient_cli.wire.items import is_kept, is_server_call, pending


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("item", "waits"),
    [
        ({"type": "message", "status": "incomplete"}, True),
        ({"type": "message", "status": "in_progress", "role": "assistant"}, True),
        ({"type": "message", "status": "in_progress", "role": ""}, True),
        ({"type": "message", "status": "completed"}, False),
        ({"type": "message", "status": "incomplete", "role": "user"}, False),
        ({"type": "reasoning", "status": "in_progress"}, False),
        ({"type": "function_call", "status": "in_progress", "role": "user"}, True),
        ({"type": "function_call", "status": "completed"}, False),
        ({"type": "mcp_approval_request", "id": "a"}, True),
        ({"type": ["message"], "status": "incomplete"}, False),
    ],
)
def test_what_is_unfinished_waits_if_it_is_ours(item, waits):
    """Our own messages and calls; whose role nobody told is the assistant."""
    assert pending([item]) == ([item] if waits else [])


@pytest.mark.parametrize(
    ("item", "keeps"),
    [
        ({"type": "message", "phase": "commentary"}, True),
        ({"type": "message", "phase": "final_answer"}, True),
        ({"type": "message"}, False),
        ({"type": "message", "phase": None}, False),
        ({"type": "message", "phase": ""}, False),
        ({"type": "function_call", "phase": "commentary"}, False),
        ({"phase": "commentary"}, False),
        ({"type": "reasoning"}, True),
        ({"type": "compaction", "phase": ""}, True),
        ({"type": ["reasoning"]}, False),
    ],
)
def test_a_turn_repeats_what_the_server_must_see_again(item, keeps):
    """Thoughts, and words whose phase the server told; everything else is made anew."""
    assert is_kept(item) is keeps


@pytest.mark.parametrize(
    ("kind", "is_the_servers"),
    [
        ("web_search_call", True),
        ("mcp_list_tools", True),
        ("shell_call_output", True),
        ("compaction", True),
        ("search_results", True),
        ("function_call", False),
        ("function_call_output", True),
        ("message", False),
        ("reasoning", False),
        (None, False),
        (["web_search_call"], False),
    ],
)
def test_the_services_own_work_is_told_from_ours(kind, is_the_servers):
    """What it did by itself is shown, what it asks of us is done."""
    assert is_server_call({"type": kind}) is is_the_servers
