"""An answer that is nothing but the service's own work is none, and says so."""

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

SEARCH = {"type": "web_search_call", "action": {"type": "search", "query": "q"}}


@pytest.mark.parametrize("flags", [[], ["--no-stream"], ["--json"]])
def test_work_alone_is_no_answer(home, flags):
    """Status 1, with the reason; --allow-empty takes it."""
    script = Script(behaviours=(Behaviour(text="", server_calls=(SEARCH,), times=0),))
    with MockServer(script) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
        status, _, stderr = home.runs("respond", "hi", *flags)
        allowed = home.runs("respond", "hi", "--allow-empty", *flags)[0]

    assert (status, allowed) == (1, 0)
    assert "work of its own (web search), and the model said nothing" in stderr


def test_a_conversation_keeps_what_was_compacted(home, tmp_path):
    """The next request needs it; searches it does not."""
    compaction = {"type": "compaction", "id": "c", "encrypted_content": "zz"}
    script = Script(
        behaviours=(Behaviour(text="ok", server_calls=(SEARCH,), items=(compaction,), times=0),)
    )
    path = tmp_path / "talk.jsonl"
    with MockServer(script) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
        statuses = [home.runs("respond", "hi", "--thread", str(path))[0] for _ in range(2)]
        sent = server.requests[1].body["input"]

    assert statuses == [0, 0]
    assert [item.get("type", item.get("role")) for item in sent] == [
        *("user", "compaction", "message", "user"),
    ]
