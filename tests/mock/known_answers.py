"""
Answers of every kind, as the mock says them in each dialect, streamed and whole.

`tests/data/known-answers.txt` holds that, word for word. After a change that is meant:

    python -m tests.mock.known_answers && git diff tests/data/known-answers.txt
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from gradient_cli.mock import chunks, typed
from gradient_cli.mock.answer import Answer
from gradient_cli.mock.script import Behaviour

KNOWN = Path(__file__).parents[1] / "data" / "known-answers.txt"
WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
CALLED = [
    {"role": "user", "content": "before"},
    {"type": "function_call_output", "call_id": "c0", "output": "of an earlier turn"},
    {"role": "user", "content": [{"type": "input_text", "text": "and "}, {"text": "now?"}, 7]},
    {"type": "function_call", "name": "weather", "call_id": "c1", "arguments": "{}"},
    {"role": "assistant", "tool_calls": [{"id": "c2", "function": {"name": "clock"}}, {"id": 7}, 8]},
    {"type": "function_call_output", "call_id": "c1", "output": "cold"},
    {"role": "tool", "tool_call_id": "c2", "content": {"at": 12}},
    {"type": "shell_call_output", "call_id": "c9", "output": None},
    {"type": "reasoning", "summary": []},
]  # fmt: skip
EVERYTHING = Behaviour(
    text="Hello  {{ model }}: {{ prompt }} ({{ characters }}) {{ odd }} {{ model x }}",
    messages=("second {{ prompt }}", ""),
    commentary="let me see",
    reasoning="hm so",
    refusal="no no",
    annotations=({"type": "url_citation", "url": "https://x"},),
    server_calls=({"type": "web_search_call", "id": "ws_1", "action": {"query": "q"}},),
    items=({"type": "mcp_approval_request", "name": "n"}, {"type": "odd", "id": "o"}),
    calls=({"name": "f", "arguments": '{"city": "Oslo"}'}, {"name": "g"}),
    final_text="another text",
)
ASKS = {
    "model": "m", "input": "hi é", "instructions": "be brief", "temperature": 0.2,
    "tools": [WEATHER], "user": "u", "stream_options": {"include_usage": True},
}  # fmt: skip
OBEYS = Behaviour(text="It is so.", obey_tools=True)
SERVICES = [
    {"type": "web_search_preview"}, {"type": "mcp", "server_label": "docs"},
    {"type": "knowledge_base_retrieval"}, {"type": "code_interpreter"}, "odd",
]  # fmt: skip
BIG_LIMIT = {"input": "hi", "max_output_tokens": 99}

CASES: Mapping[str, tuple[Behaviour, dict]] = {
    "everything": (EVERYTHING, ASKS),
    "everything, cut at 6": (EVERYTHING, {**ASKS, "max_output_tokens": 6}),
    "everything, cut at 22": (EVERYTHING, {**ASKS, "max_tokens": 22, "max_output_tokens": None}),
    "plain": (Behaviour(), {}),
    "nothing": (Behaviour(text=""), {"input": []}),
    "cut at 0": (Behaviour(), {"input": "hi", "max_output_tokens": 0}),
    "cut below 0": (Behaviour(reasoning="a b"), {"input": "hi", "max_output_tokens": -1}),
    "just enough": (Behaviour(text="a b c"), {"input": "hi", "max_output_tokens": 3}),
    "a limit that is none": (Behaviour(text="a b c"), {"input": "hi", "max_output_tokens": True}),
    "a limit unsaid": (Behaviour(text="a b c", hides_limit=True), {"max_output_tokens": 2}),
    "incomplete after 2": (Behaviour(text="a b c", end="incomplete", after=2), BIG_LIMIT),
    "incomplete as vllm": (Behaviour(text="a b c", end="incomplete-vllm", after=1), {}),
    "failed after 1": (Behaviour(text="a b c", end="failed", after=1), {"max_output_tokens": 2}),
    "an error": (Behaviour(text="a b", end="error"), {}),
    "broken off": (Behaviour(reasoning="r", text="a b", end="cut"), {}),
    "a function": (OBEYS, {"input": "hi", "tools": [WEATHER]}),
    "a function of none": (OBEYS, {"tools": [{"name": "f", "parameters": {"type": "string"}}]}),
    "another function": (
        OBEYS,
        {"tools": [WEATHER, {**WEATHER, "name": "b"}], "tool_choice": {"name": "b"}},
    ),
    "no function": (OBEYS, {"tools": [WEATHER], "tool_choice": "none"}),
    "a choice of none": (OBEYS, {"tools": [WEATHER], "tool_choice": {"name": "z"}}),
    "results": (OBEYS, {"input": CALLED, "tools": [WEATHER]}),
    "results by name": (
        Behaviour(text="{{ tool }}|{{ tool weather }}|{{ tool clock }}|{{ tool none }}|{{ prompt }}"),
        {"input": CALLED},
    ),
    "no result": (Behaviour(text="{{ tool }}"), {"input": [7, {"role": "user", "content": None}]}),
    "services": (OBEYS, {"input": "find  this\nand that " + "x" * 80, "tools": SERVICES}),
    "tools that are none": (OBEYS, {"tools": {"a": 1}}),
    "an approval": (
        Behaviour(text="{{ prompt }}"), {"input": [{"type": "mcp_approval_response", "approve": True}]},
    ),
    "no approval": (
        Behaviour(text="{{ prompt }}"), {"input": [{"type": "mcp_approval_response", "approve": 1}]},
    ),
    "a schema": (
        Behaviour(text="no", obey_schema=True),
        {"text": {"format": {"type": "json_schema", "json_schema": {"schema": {"const": 7}}}}},
    ),
}  # fmt: skip


WHOLE = ("everything", "plain")
"""Cases of which all is kept; of others only what is their own."""
ALIKE = {
    *typed._ECHOED, "created_at", "created", "object", "sequence_number", "logprobs", "role",
    "output_index", "content_index", "input_tokens_details",
}  # fmt: skip


def _own(value: object) -> object:
    """Leave out what is alike in every answer."""
    if isinstance(value, dict):
        return {name: _own(inner) for name, inner in value.items() if name not in ALIKE}
    return [_own(one) for one in value] if isinstance(value, list | tuple) else value


def _lines(values: Iterable[object], name: str) -> str:
    kept = values if name in WHOLE else map(_own, values)
    return "\n".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in kept)


def shown(name: str) -> str:
    """Give an answer in all its forms."""
    behaviour, request = CASES[name]
    answer = Answer(behaviour, request, 3, 1_700_000_000)
    parts = [
        _lines(typed.events(answer), name), _lines([typed.whole(answer)], name),
        _lines(chunks.events(answer), name), _lines([chunks.whole(answer)], name),
    ]  # fmt: skip
    return "\n\n".join(parts)


if __name__ == "__main__":
    KNOWN.write_text("".join(f"=== {name} ===\n{shown(name)}\n" for name in CASES), "utf-8")
