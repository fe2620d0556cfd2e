"""
What each captured reply means: a table by what was asked and of whom, and a plain reading.

The two know nothing of each other, nor of the program's own code.
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from tests.captures import Capture, answers

SING = "30 green bottles hanging on the wall"
STATUSES = {401: 3, 403: 3, 429: 6}
"""HTTP status -> exit status; the rest are 5 from 500 on, and 4 below."""

ENDS = {
    "*/fault-disconnect-*": 8,  # the connection breaks
    "*/fault-truncate-*": 8,  # the stream ends in good order, but early
    "*/fault-malformed-*": 5,  # half a JSON object in a whole frame
    "*/fault-kill-worker-*": 8,
    "*/fault-sigterm-*": 8,
    # llama.cpp calls an answer completed that the limit has cut, and nothing in it tells.
    "llamacpp/ok-maxtokens*": 0,
    "llmock/ok-maxtokens*": 0,  # knows no limits
    "*/ok-maxtokens*": 8,
    # The tiny model runs into the end of its context here.
    "vllm*/ok-jsonschema*": 8,
    "vllm*/ok-unicode-prompt*": 8,
    "vllm*/err-empty-input*": 8,
}
"""Case -> exit status of a 200, first match; the rest are 0."""

TEXTS = {
    "*/fault-*-after3-*": "",
    "*/fault-*-after8-*": "The quick brown fox ",
    "*/fault-kill-worker-*": "30 green bottles hanging",
    "*/fault-sigterm-*": "",  # it was still thinking
    "*/fault-reply-empty*": "",
    "*/fault-reply-odd-*": "one\u2028two\u2029three\x85four\vfive\fsix\r\nseven\reight\x1b[31m\a",
    "*/fault-tool-*": "",
    "llmock/*": None,  # makes up its own answers
    "prism-do-spec/ok-hello": "",  # the example in the interface's description is all reasoning
    "vllm-reasoning/ok-think*": "\n\n4",
    "vllm-reasoning/ok-only-think*": "\n\n",
    # Without a reasoning parser the thoughts come in the text.
    "*/ok-think*": "4",
    "*/ok-only-think*": "",
    "*/ok-toolresult*": None,  # the model was never taught what to do with one
    "*/ok-tool*": "",
    "vllm-reasoning/*": "",  # without <think> its parser takes everything for thinking
    "llamacpp/ok-gradient-max_tokens*": SING,
    "*/ok-maxtokens1*": "3",
    "*/ok-maxtokens8*": SING,
    "*/ok-stop*": SING.removesuffix("wall"),
    "*/ok-items*": "Hello, world!",
    "*/ok-turns*": "pong",
    "vllm*/ok-jsonschema*": None,  # the schema drives the model off what it knows
    "*/ok-unicode-prompt*": None,  # a prompt that it has never seen
    "*/err-*": None,
}
"""Case -> text of a 200, first match; None: not known beforehand. The rest: answers.json."""


def first_match(table: dict[str, Any], capture: Capture, otherwise: Any) -> Any:
    """Give the value of the first pattern that names a case."""
    found = (value for case, value in table.items() if fnmatchcase(str(capture), case))
    return next(found, otherwise)


def expected_status(capture: Capture) -> int:
    """Give the exit status that a reply means."""
    if capture.status >= 400:
        return STATUSES.get(capture.status, 5 if capture.status >= 500 else 4)
    return first_match(ENDS, capture, 0)


def payloads(capture: Capture) -> list[Any]:
    """Read a captured body in the plainest way, as far as it is JSON."""
    lines = [capture.body]
    if capture.is_stream:
        lines = [line[5:] for line in capture.body.split(b"\n") if line.startswith(b"data:")]
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def plain_text(capture: Capture) -> str:
    """Give the answer's text by a plain reading: the deltas, else the final object."""
    bodies = payloads(capture)
    deltas = [one["delta"] for one in bodies if one.get("type") == "response.output_text.delta"]
    final = bodies[-1].get("response", bodies[-1])
    items = [item for item in final.get("output", ()) if item["type"] == "message"]
    text = "".join(deltas or (part["text"] for item in items for part in item["content"]))
    return re.sub(r"\A\s*<think>.*?</think>\s*", "", text, flags=re.DOTALL)


def known_text(capture: Capture) -> str | None:
    """Give the text that the model was made to say, or None where nobody knows beforehand."""
    text: str | None = first_match(TEXTS, capture, answers().get(capture.prompt or ""))
    return text
