"""
Which text of a reply is the answer, and whether it is one: golden replies of every kind.

tests/data/answers.json holds them: what came, what it means to somebody who waits for the
whole (`status`, `text`), and, where that differs, to somebody who sees it as it comes (`printed`).
"""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gradient_cli.ask.flaws import Allowed
from gradient_cli.ask.verdict import Found, verdict_on
from gradient_cli.transport.faults import Setting
from gradient_cli.wire.events import TextDelta
from gradient_cli.wire.markup import Splitter
from gradient_cli.wire.request import Request
from tests.captures import DATA
from tests.fakes import FakeReply, FakeTransport, FakeWatcher, asking_once

WRITTEN = json.loads((DATA / "answers.json").read_text("utf-8"))
SETTING = Setting("https://test.example")


def typed(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def spread(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a case in each dialect, whole and in pieces, where it says only the text or the call."""
    if "said" in case:
        forms = forms_of_text(case["said"])
    elif "call" in case:
        forms = forms_of_call(case["call"])
    else:
        yield case
        return
    for form, body in forms:
        is_plain = form in {"plain", "choice"}
        made = {**case, "name": f"{case['name']}-{form}", "plain": is_plain, "body": body}
        if is_plain:
            made.pop("printed", None)  # It is whole before anything of it is shown.
        yield made


def forms_of_text(text: str) -> Iterator[tuple[str, list[Any]]]:
    message = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    body = {"object": "response", "status": "completed", "output": [message]}
    yield "plain", [body]
    yield "choice", [{"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}]
    for size in (1, 2, 3, 1000):
        pieces = [text[n : n + size] for n in range(0, len(text), size)]
        deltas = [typed("output_text.delta", output_index=0, delta=piece) for piece in pieces]
        yield f"pieces-{size}", [*deltas, typed("completed", response=body)]
        yield f"chunks-{size}", [*(chunk(content=piece) for piece in pieces), chunk("stop")]


def forms_of_call(item: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    body = {"object": "response", "status": "completed", "output": [item]}
    said = item["arguments"]
    called = {"id": "c1", "function": {"name": item["name"], "arguments": said}}
    message = {"content": None, "tool_calls": [called]}
    yield "plain", [body]
    yield "choice", [{"choices": [{"message": message, "finish_reason": "tool_calls"}]}]
    place = {"output_index": 0}
    yield (
        "pieces",
        [
            typed("output_item.added", **place, item={**item, "arguments": ""}),
            *(typed("function_call_arguments.delta", **place, delta=piece) for piece in said),
            typed("function_call_arguments.done", **place, arguments=said),
            typed("output_item.done", **place, item=item),
            typed("completed", response=body),
        ],
    )
    begun = {"id": "c1", "index": 0, "function": {"name": item["name"], "arguments": ""}}
    pieces = [[{"index": 0, "function": {"arguments": piece}}] for piece in said]
    yield (
        "chunks",
        [
            chunk(tool_calls=[begun]),
            *(chunk(tool_calls=piece) for piece in pieces),
            chunk("tool_calls"),
        ],
    )


CASES = [case for written in WRITTEN for case in spread(written)]
TAGGED = [case for case in CASES if "said" in case and case["plain"]]


def name_of(case: dict[str, Any]) -> str:
    return str(case["name"])


def bytes_of(case: dict[str, Any]) -> bytes:
    if case["plain"]:
        return json.dumps(case["body"][0]).encode()
    texts = [one if isinstance(one, str) else json.dumps(one) for one in case["body"]]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def asked(
    case: dict[str, Any], *, size: int = 0, is_printed: bool = False, allowed: Allowed | None = None
):
    """Ask, the reply cut into pieces of so many bytes; give outcome, verdict and what was shown."""
    data, allowed = bytes_of(case), allowed or Allowed()
    pieces = [data[n : n + size] for n in range(0, len(data), size)] if size else [data]
    kind = "application/json" if case["plain"] else "text/event-stream"
    transport = FakeTransport([FakeReply(headers={"content-type": kind}, body=pieces)])
    request = Request(input="hi", stream=not case["plain"], base=case.get("request", {}))
    watcher = FakeWatcher()
    outcome = asking_once(transport, SETTING).ask(
        request, watcher, allowed.reading(is_printed=is_printed)
    )
    shown = "".join(event.text for event in watcher.events if isinstance(event, TextDelta))
    return outcome, verdict_on(request, outcome, None, allowed), shown


def status_of(found: Found) -> int:
    return int(found.error.status) if found.error else 0


@pytest.mark.sampled
@pytest.mark.parametrize("written", WRITTEN, ids=name_of)
def test_who_waits_gets_the_answer_alone(written):
    """Commentary, reasoning, refusals and others' words are set apart, however it comes."""
    for case in spread(written):
        outcome, found, _ = asked(case)

        response = outcome.response
        name = case["name"]
        assert (status_of(found), response.text) == (case["status"], case["text"]), name
        for field in ("commentary", "reasoning", "refusal"):
            assert getattr(response, field) == case.get(field, getattr(response, field)), name
        assert len(response.pending) == case.get("pending", 0), name
        assert [call.name for call in response.tool_calls] == case.get("calls", []), name
        if "arguments" in case:
            assert [call.arguments for call in response.tool_calls] == case["arguments"]
        assert case.get("words", "") in (found.error.message if found.error else ""), name


@pytest.mark.sampled
@pytest.mark.parametrize("written", WRITTEN, ids=name_of)
def test_who_looks_on_sees_what_is_judged(written):
    """What was printed is the answer that was judged, or the status is not 0."""
    for case in spread(written):
        status, text = case.get("printed", (case["status"], case["text"]))

        outcome, found, shown = asked(case, is_printed=True)

        assert (status_of(found), shown) == (status, text), case["name"]
        assert status or outcome.response.text == shown, case["name"]


@pytest.mark.sampled
@pytest.mark.parametrize("written", WRITTEN, ids=name_of)
def test_the_cut_does_not_matter(written):
    """Bytes may be cut anywhere, within a character or a tag."""
    # One form of each: those in pieces differ in nothing that a cut could change.
    case = next(spread(written))
    whole, found, shown = asked(case, is_printed=True)

    for size in (1, 2, 3):
        outcome, again, shown_again = asked(case, size=size, is_printed=True)

        assert outcome.response == whole.response, size
        assert (status_of(again), shown_again) == (status_of(found), shown), size


@pytest.mark.parametrize("case", [one for one in CASES if one.get("refusal")], ids=name_of)
def test_a_refusal_may_be_taken(case):
    """--allow-refusal: its words are the text, in their place."""
    outcome, found, shown = asked(case, allowed=Allowed(refusal=True), is_printed=True)

    assert status_of(found) == 0
    assert outcome.response.text == shown == case["text"] + case["refusal"]


@pytest.mark.parametrize("case", [one for one in CASES if "empty" in one["name"]], ids=name_of)
def test_an_empty_answer_may_be_taken(case):
    """--allow-empty takes an answer without text, but no failure."""
    _, found, _ = asked(case, allowed=Allowed(empty=True))

    assert status_of(found) == (0 if case["status"] == 1 else case["status"])


@pytest.mark.sampled
@pytest.mark.parametrize("case", TAGGED, ids=name_of)
def test_tags_may_be_kept(case):
    """--think-tags keep: the text is as it came."""
    outcome, _, shown = asked(case, allowed=Allowed(tags=True), is_printed=True)

    assert outcome.response.text == shown == case["said"]
    assert outcome.response.reasoning == ""


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("limit-silent", "incomplete"), ("message-incomplete-plain", "incomplete")],
)
def test_a_cut_answer_may_be_taken(name, allowed):
    """--allow-incomplete."""
    case = next(one for one in CASES if one["name"] == name)

    _, found, _ = asked(case, allowed=Allowed(**{allowed: True}))

    assert status_of(found) == 0


def test_a_part_of_a_reply_is_no_answer():
    """206 says so itself."""
    data = json.dumps({"status": "completed", "output": [{"type": "text", "text": "x"}]}).encode()
    transport = FakeTransport([FakeReply(206, {"content-type": "application/json"}, [data])])

    outcome = asking_once(transport, SETTING).ask(Request(input="hi"))

    assert (outcome.status, outcome.response.text) == (8, "x")


TAGS = ("<think>", "</think>", "<thinking>", "</thinking>", "<|channel|>", "<|start|>", "<|end|>",
        "<|message|>", "<|return|>", "analysis", "final", "commentary", "assistant", "<", "<|",
        " ", "\n\n", "word", "\u00e9")  # fmt: skip


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(40))
def test_markup_is_split_alike_wherever_it_is_cut(seed):
    """Any sequence of tags, halves of tags and words, in pieces of any size."""
    chance = random.Random(seed)
    for _ in range(25):
        text = "".join(chance.choice(TAGS) for _ in range(chance.randint(1, 14)))
        text = text[chance.choice([0, 0, 1, 3]) :]
        cuts = sorted(chance.randint(0, len(text)) for _ in range(chance.randint(0, 9)))
        ends = [*cuts, len(text)]
        pieces = [text[begin:end] for begin, end in zip([0, *cuts], ends, strict=True)]

        assert channels(pieces) == channels([text]), text


def channels(pieces: list[str]) -> dict[str, str]:
    splitter = Splitter()
    found: dict[str, list[str]] = {}
    for piece in pieces:
        for channel, text in splitter.feed(piece):
            found.setdefault(channel, []).append(text)
    for channel, text in splitter.close():
        found.setdefault(channel, []).append(text)
    return {channel: "".join(texts) for channel, texts in found.items() if any(texts)}


@pytest.mark.sampled
@pytest.mark.parametrize(
    "text",
    [
        "<think></think>" * 400_000,
        "<think>" + " <" * 300_000,
        "<|channel|>final<|message|>" + "<|end|>" * 800_000,
        "<|channel|>final<|message|>" + "<|" * 300_000,
        " \n" * 300_000,
    ],
    ids=["pairs", "halves", "ends", "bars", "blank"],
)
def test_a_text_of_tags_costs_what_its_length_is(text):
    """An eighth of it takes about an eighth of the time; quadratic work would take a 64th."""

    def took(length: int) -> float:
        begun = time.process_time()
        channels([text[:length]])
        return time.process_time() - begun

    eighth = min(took(len(text) // 8) for _ in range(3))

    assert min(took(len(text)) for _ in range(2)) < 20 * eighth + 0.05
