"""The items of an answer: which of them wait for somebody."""

import pytest

from gradient_cli.wire.items import pending


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
