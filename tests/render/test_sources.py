"""The list of sources below an answer, and the words of what the service does before it."""

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.render.doing import doing
from gradient_cli.render.sources import failure_lines, source_lines
from gradient_cli.wire.events import Item, TextDelta, Unknown
from gradient_cli.wire.response import Response


def cited(url: str | None, title: str | None = None, **more: object) -> dict:
    return {"type": "url_citation", "url": url, "title": title, "start": None, "end": None, **more}


@pytest.mark.parametrize(
    ("citations", "lines"),
    [
        ([cited("https://a.x/", "A")], ["[1] A: https://a.x/"]),
        ([cited("https://a.x/")], ["[1] https://a.x/"]),
        ([cited("https://a.x/", "A b\n\tc")], ["[1] A b c: https://a.x/"]),
        ([cited(None, "a.pdf", file_id="f")], ["[1] a.pdf (f)"]),
        ([cited(None, "a.pdf")], ["[1] a.pdf"]),
        (
            [cited("https://a.x/"), cited("https://b.x/"), cited("https://a.x/", "A")],
            ["[1] A: https://a.x/", "[2] https://b.x/"],
        ),
    ],
)
def test_each_source_is_listed_once(citations, lines):
    """Numbered, with its title where any citation has one."""
    assert source_lines(Response(citations=tuple(citations))) == ["sources:", *lines]


def test_a_long_list_is_cut():
    """The rest is in --json."""
    lines = source_lines(Response(citations=tuple(cited(f"https://a.x/{n}") for n in range(99))))

    assert (len(lines), lines[-1]) == (32, "and 69 more")


def test_what_was_found_is_not_called_a_source():
    """An answer may rest on nothing of it."""
    call = {"type": "web_search_call", "results": [{"url": "https://a.x/", "title": "A"}]}

    assert source_lines(Response(server_calls=(call,))) == [
        "found by the service, cited nowhere:",
        "[1] A: https://a.x/",
    ]
    assert source_lines(Response(server_calls=({"type": "compaction"},))) == []
    assert source_lines(Response()) == []


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ({"type": "web_search_call", "status": "failed"}, "web search failed"),
        ({"type": "mcp_call", "name": "x", "error": {"message": "no"}}, 'tool "x" failed: no'),
        ({"type": "mcp_list_tools", "error": "down"}, "mcp list tools failed: down"),
    ],
)
def test_work_that_failed_is_warned_of(call, line):
    """The answer may rest on nothing."""
    assert list(failure_lines([call, {"type": "mcp_call", "error": None}])) == [
        f"warning: the service's {line}"
    ]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Item({"type": "web_search_call", "action": {"query": "q"}}), "searching the web: q"),
        (Item({"type": "mcp_call", "name": "x", "server_label": "l"}), "calling x at l"),
        (Item({"type": "mcp_list_tools", "server_label": "l"}), "asking for tools at l"),
        (Item({"type": "file_search_call", "queries": ["a", "b"]}), "searching files: a"),
        (Item({"type": "brand_new_call"}), "using brand new"),
        (Item({"type": "web_search_call"}, is_done=True), ""),
        (Unknown("response.web_search_call.searching"), "searching the web"),
        (Unknown("response.code_interpreter_call.interpreting"), "running code"),
        (Unknown("response.image_generation_call.generating"), "drawing an image"),
        (Unknown("response.mcp_call.completed"), ""),
        (Unknown("response.mcp_list_tools.in_progress"), "asking for tools"),
        (Unknown("response.content_part.added"), ""),
        (Unknown(""), ""),
        (TextDelta("a"), ""),
    ],
)
def test_what_the_service_does_is_said_in_words(event, words):
    """For the sign of life."""
    assert doing(event) == words


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Unknown("response.mcp_call.in_progress"), "calling x at l"),
        (Unknown("response.content_part.added"), "calling x at l"),
        (TextDelta("a"), "calling x at l"),
        (Unknown("response.mcp_call.completed"), ""),
        (Item({"type": "web_search_call"}), "searching the web"),
    ],
)
def test_what_an_item_has_told_stays_until_something_is_new(event, words):
    """Its events know less than it does."""
    assert doing(event, "calling x at l") == words


EVIL = "https://docs.example.com/\x1b]8;;x\x07"
BEHAVIOUR = Behaviour(
    text="Unicorns sleep.",
    annotations=({"type": "url_citation", "url": EVIL, "title": "::error::T\x1b[31m\u202e"},),
    server_calls=({"type": "web_search_call", "action": {"type": "search", "query": "q"}},),
    times=0,
)


@pytest.mark.sampled
@pytest.mark.parametrize("flags", [[], ["--no-stream"], ["-x"], ["-o", "out.md"]])
def test_sources_stand_on_stderr_and_the_answer_alone_on_stdout(home, tmp_path, monkeypatch, flags):
    """With nothing of a stranger's obeyed."""
    monkeypatch.chdir(tmp_path)
    behaviour = (
        BEHAVIOUR
        if flags != ["-x"]
        else Behaviour(text="```\nUnicorns sleep.\n```", annotations=BEHAVIOUR.annotations)
    )
    with MockServer(Script(behaviours=(behaviour,))) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
        home.exports(GITHUB_ACTIONS="true")
        status, stdout, stderr = home.runs("respond", "hi", *flags)
        quiet = home.runs("respond", "hi", "-q")

    assert status == 0
    assert stdout == ("" if "-o" in flags else "Unicorns sleep.\n")
    assert "sources:\n[1] " in stderr
    assert "docs.example.com" in stderr
    assert not set("\x1b\x07\u202e") & set(stderr)
    assert "\n::" not in stderr
    assert "sources" not in quiet[2]


@pytest.mark.parametrize("flags", [["--json"], ["--format", "events"], ["--json", "--no-stream"]])
def test_json_has_citations_and_calls(home, flags):
    """In the object, and no list beside it."""
    import json

    with MockServer(Script(behaviours=(BEHAVIOUR,))) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
        _, stdout, stderr = home.runs("respond", "hi", *flags)
    last = json.loads(stdout.splitlines()[-1])

    assert [one["url"] for one in last["citations"]] == [EVIL]
    assert [call["type"] for call in last["server_calls"]] == ["web_search_call"]
    assert "sources" not in stderr


def test_the_schema_of_the_object_knows_them(home):
    """What is promised is what is given."""
    import json
    from pathlib import Path

    from gradient_cli.expect.load import load_schema
    from gradient_cli.render import document

    path = Path(document.__file__).parent / "result.schema.json"
    file = {"type": "file_citation", "file_id": "f", "filename": "a.pdf", "index": 0}
    both = Behaviour(
        text="abc", annotations=(file, *BEHAVIOUR.annotations), server_calls=BEHAVIOUR.server_calls
    )
    with MockServer(Script(behaviours=(both,))) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
        _, stdout, _ = home.runs("respond", "hi", "--json")
    schema = load_schema(path.read_text())

    assert schema.judge(stdout).complaint is None
    assert len(json.loads(stdout)["citations"]) == 2
    broken = {**json.loads(stdout), "citations": [{"url": 3}]}
    assert schema.judge(json.dumps(broken)).complaint
