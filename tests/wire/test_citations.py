"""What an answer cites and what the service did for it, in every form in which servers say it."""

import json

import pytest

from gradient_cli.wire.citations import citations, found_by
from gradient_cli.wire.dialects import decode
from gradient_cli.wire.response import Fold, Response

URL = {"type": "url_citation", "url": "https://a.example/", "title": "A"}
AT = {**URL, "start_index": 0, "end_index": 3}
OURS = {"type": "url_citation", "url": "https://a.example/", "title": "A", "start": 0, "end": 3}
NOWHERE = {**OURS, "start": None, "end": None}
SEARCH = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://b.x/"}]},
}


def message(*parts: dict, **fields: object) -> dict:
    return {"type": "message", "role": "assistant", "content": list(parts), **fields}


def text(said: str, *annotations: object) -> dict:
    return {"type": "output_text", "text": said, "annotations": list(annotations)}


def whole(*items: dict, **fields: object) -> Response:
    fold = Fold()
    body = {"object": "response", "status": "completed", "output": list(items), **fields}
    for event in decode("", body):
        fold.add(event)
    list(fold.finish())
    return fold.response()


def streamed(*payloads: dict) -> Response:
    fold = Fold()
    for payload in payloads:
        for event in decode("", payload):
            fold.add(event)
    list(fold.finish())
    return fold.response()


def done(index: int, item: dict) -> dict:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def added(index: int, item: dict) -> dict:
    return {**done(index, item), "type": "response.output_item.added"}


def delta(index: int, piece: str) -> dict:
    return {"type": "response.output_text.delta", "output_index": index, "delta": piece}


def ended(*items: dict) -> dict:
    response = {"status": "completed", "output": list(items)}
    return {"type": "response.completed", "response": response}


@pytest.mark.parametrize(
    ("annotation", "citation"),
    [
        (AT, OURS),
        ({"type": "url_citation", "url_citation": {**AT, "type": None}}, {**OURS, "type": None}),
        ({**AT, "end_index": 99}, NOWHERE),
        ({**AT, "start_index": -1}, NOWHERE),
        ({**AT, "start_index": 2, "end_index": 1}, NOWHERE),
        ({**AT, "start_index": True}, NOWHERE),
        ({**AT, "start_index": "0"}, NOWHERE),
        (URL, NOWHERE),
        ("https://a.example/", {**NOWHERE, "title": None}),
        (
            {"type": "file_citation", "file_id": "f", "filename": "a.pdf", "index": 1},
            {
                "type": "file_citation", "url": None, "title": "a.pdf",
                "start": 1, "end": 1, "file_id": "f",
            },
        ),
        (
            {"type": "odd", "uri": "kb://1", "document_title": "T"},
            {"type": "odd", "url": "kb://1", "title": "T", "start": None, "end": None},
        ),
        ({"type": "url_citation"}, None),
        ({"type": [], "url": {}}, None),
        (3, None),
        (None, None),
    ],
)  # fmt: skip
def test_an_annotation_of_any_kind_is_a_citation(annotation, citation):
    """In one form; what says nothing is none."""
    found = whole(message(text("abcdef", annotation))).citations

    wanted = [citation] if citation else []
    assert [{**one, "type": (citation or {}).get("type")} for one in found] == wanted


def test_places_count_from_the_beginning_of_the_answer():
    """Each part has its own in the annotations; commentary and other roles cite nothing."""
    second = {**AT, "url": "https://b.example/", "start_index": 1, "end_index": 2}
    answer = whole(
        message(text("thinking", AT), phase="commentary"),
        message(text("not mine", AT), role="user"),
        message(text("one ", AT), text("two", second), phase="final_answer"),
        message(text("three", second)),
    )

    places = [(one["url"][8], answer.text[one["start"] : one["end"]]) for one in answer.citations]
    assert places == [("a", "one"), ("b", "w"), ("b", "h")]


def test_markup_that_is_taken_out_moves_no_place():
    """Where the part is not found in the answer nobody knows the place."""
    found = whole(message(text("<think>hm</think>abc", AT))).citations

    assert [one["start"] for one in found] == [None]


@pytest.mark.parametrize("final", [(), (message(text("abc")),), (message(text("abc", AT)),)])
@pytest.mark.parametrize("has_item", [True, False])
def test_a_stream_cites_while_it_writes(final, has_item):
    """Its final object may repeat that, or forget it."""
    note = {"type": "response.output_text.annotation.added", "annotation_index": 0}
    end = [done(0, message(text("abc", AT)))] if has_item else []
    answer = streamed(delta(0, "abc"), {**note, "annotation": AT}, *end, ended(*final))

    assert (answer.text, answer.citations) == ("abc", (OURS,))


@pytest.mark.parametrize(
    ("before", "place"), [((), 0), (("abc",), None), (("<think>hm</think>",), None)]
)
def test_a_place_that_nobody_knows_is_none(before, place):
    """While it streams, a place is one in a text that may be but a part of the answer."""
    pieces = [delta(n, said) for n, said in enumerate(before)]
    last = delta(0 if "<think>" in str(before) else 1, "def")
    note = {"type": "response.output_text.annotation.added", "annotation": AT}
    items = [added(n, message()) for n in range(2)] if before == ("abc",) else []

    [found] = streamed(*items, *pieces, last, note, ended()).citations

    assert found["start"] == place


def test_a_source_cited_twice_at_a_place_is_one():
    """At two places it is two citations."""
    there = {**AT, "start_index": 4, "end_index": 6}

    assert len(whole(message(text("abcdef", AT, AT, there))).citations) == 2


@pytest.mark.parametrize("is_stream", [True, False])
@pytest.mark.parametrize("beside", [False, True])
def test_chunks_cite(is_stream, beside):
    """In the message, or in a list beside the choices."""
    said: dict = {"content": "abc"}
    more: dict = {}
    if beside:
        more = {"citations": ["https://a.example/"]}
    else:
        said["annotations"] = [{"type": "url_citation", "url_citation": AT}]
    name = "delta" if is_stream else "message"
    first = {"choices": [{"index": 0, name: said, "finish_reason": None if is_stream else "stop"}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    payloads = [first, {**last, **more}] if is_stream else [{**first, **more}]

    [found] = streamed(*payloads).citations

    assert found["url"] == "https://a.example/"
    assert (found["start"], found["end"]) == ((None, None) if beside else (0, 3))


WORK = [
    SEARCH,
    {"type": "file_search_call", "id": "fs", "results": [{"file_id": "f", "filename": "a.pdf"}]},
    {"type": "mcp_list_tools", "id": "l", "server_label": "docs", "tools": [{"name": "x"}]},
    {"type": "mcp_call", "id": "m", "name": "x", "arguments": "{}", "output": "SECRET TEXT"},
    {"type": "code_interpreter_call", "id": "c", "code": "print(1)", "outputs": []},
    {"type": "image_generation_call", "id": "i", "result": "aGk="},
    {"type": "knowledge_base_retrieval_call", "id": "k", "results": [{"text": "SECRET TEXT"}]},
    {"type": "compaction", "id": "p", "encrypted_content": "x"},
    {"type": "brand_new_call", "id": "n", "text": "SECRET TEXT"},
    {"type": "search_results", "results": [{"url": "https://c.x/", "title": "C"}]},
]


@pytest.mark.parametrize("work", WORK, ids=lambda item: item["type"])
@pytest.mark.parametrize("form", ["whole", "stream", "empty final"])
def test_the_services_own_work_is_kept_and_is_no_answer(work, form):
    """Whole and streamed, with events between its begin and its end."""
    kind, answer = work["type"], message(text("abc"))
    between = [
        {"type": f"response.{kind}.in_progress", "item_id": work.get("id"), "output_index": 0},
        {"type": f"response.{kind}.searching", "item_id": work.get("id"), "output_index": 0},
        {"type": f"response.{kind}_code.delta", "output_index": 0, "delta": "SECRET TEXT"},
        {"type": f"response.{kind}_arguments.done", "output_index": 0, "arguments": "{}"},
        {"type": f"response.{kind}.partial_image", "partial_image_b64": "aGk="},
        {"type": f"response.{kind}.completed", "item_id": work.get("id"), "output_index": 0},
    ]
    begun = {"type": kind, "id": work.get("id"), "status": "in_progress"}
    stream = [added(0, begun), *between, done(0, work), delta(1, "abc"), done(1, answer)]
    found = {
        "whole": lambda: whole(work, answer),
        "stream": lambda: streamed(*stream, ended(work, answer)),
        "empty final": lambda: streamed(*stream, ended()),
    }[form]()

    assert (found.text, found.server_calls, found.pending) == ("abc", (work,), ())
    assert (found.tool_calls, found.is_complete) == ((), True)
    assert (work in found.items) == (kind == "compaction")


@pytest.mark.parametrize(
    "waiting",
    [
        {"type": "mcp_approval_request", "id": "a", "name": "x", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c", "name": "x", "input": "go"},
    ],
)
def test_what_waits_for_somebody_is_no_work_of_the_services(waiting):
    """Unless it was answered in the same reply."""
    assert (whole(waiting).pending, whole(waiting).server_calls) == ((waiting,), ())
    answered = {
        "mcp_approval_request": {"type": "mcp_approval_response", "approval_request_id": "a"},
        "custom_tool_call": {"type": "custom_tool_call_output", "call_id": "c"},
    }[waiting["type"]]
    found = whole(waiting, answered, message(text("abc")))

    assert (found.pending, found.server_calls) == ((), (waiting, answered))


CALLED = {"type": "function_call", "name": "web_search", "arguments": '{"q": 1}', "call_id": "c1"}
GAVE = {"type": "function_call_output", "call_id": "c1", "output": "SECRET TEXT"}
OPEN = {"type": "function_call", "name": "mine", "arguments": "{}", "call_id": "c2"}


@pytest.mark.parametrize("form", ["whole", "stream", "empty final"])
def test_a_function_that_the_service_has_answered_is_its_own_work(form):
    """Nobody else is asked for its result; another call is still open."""
    answer = message(text("abc"))
    stream = [done(0, CALLED), done(1, GAVE), done(2, OPEN), delta(3, "abc"), done(3, answer)]
    found = {
        "whole": lambda: whole(CALLED, GAVE, OPEN, answer),
        "stream": lambda: streamed(*stream, ended(CALLED, GAVE, OPEN, answer)),
        "empty final": lambda: streamed(*stream, ended()),
    }[form]()

    assert (found.text, found.server_calls) == ("abc", (CALLED, GAVE))
    assert [call.name for call in found.tool_calls] == ["mine"]
    assert found.pending == ()


def test_what_a_search_found_is_known():
    """Though nothing cites it."""
    found = found_by(WORK)

    assert [one["url"] or one["title"] for one in found] == [
        "https://b.x/",
        "a.pdf",
        "https://c.x/",
    ]


@pytest.mark.parametrize("odd", [None, 3, "x", [], [None, 3, {}], {"url": 3}, [{"url": []}]])
def test_nothing_odd_breaks_it(odd):
    """Servers send anything."""
    part = {"type": "output_text", "text": "abc", "annotations": odd}
    found = whole(
        message(part), {"type": "web_search_call", "action": odd, "results": odd}, citations=odd
    )

    assert found.text == "abc"
    assert json.dumps([dict(one) for one in found.citations]) is not None
    assert found_by(found.server_calls) in ([], [{**NOWHERE, "type": "found"}])
    assert citations([{"type": "message", "content": odd}], [odd], odd, "abc") is not None
