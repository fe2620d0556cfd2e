"""`--expect-call` and `--expect-source` of respond and batch, as a user gives them."""

import json

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

TOOL = json.dumps(
    {
        "name": "f",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
)
CITED = {"type": "url_citation", "url": "https://v2.docs.example.com/", "title": "T"}
BEHAVIOUR = Behaviour(
    text="y",
    calls=({"name": "f", "arguments": '{"city": "Oslo", "days": 1}'},),
    annotations=(CITED,),
    times=0,
)
BATCH = ("batch", "run", "{{ n }}", "-i", "rows.jsonl", "-o", "out.jsonl")


@pytest.fixture
def ask(home, tmp_path, monkeypatch):
    """Give a function: flags become (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "args.json").write_text('{"city": "{{ city }}"}\n')
    (tmp_path / "rows.jsonl").write_text('{"id": 1, "vars": {"n": 1}}\n')

    def ask(*argv: str, behaviour: Behaviour = BEHAVIOUR):
        with MockServer(Script(behaviours=(behaviour,))) as server:
            home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
            command = argv if argv[0] == "batch" else ("respond", "hi", *argv)
            return home.runs(*command, "--tool", TOOL)

    return ask


@pytest.mark.sampled
@pytest.mark.parametrize("command", [(), ("--json",), ("--no-stream",), BATCH], ids=str)
@pytest.mark.parametrize(
    ("flags", "status", "words"),
    [
        (["--expect-call", "f"], 0, ""),
        (["--expect-call", 'f={"city": "Oslo"}', "--expect-call", 'f={"days": 1.0}'], 0, ""),
        (["--expect-call", 'f={"city": "{{ city }}"}', "--var", "city=Oslo"], 0, ""),
        (["--expect-call", "f=@args.json", "--var", "city=Oslo"], 0, ""),
        (["--expect-source", "docs.example.com"], 0, ""),
        (["--expect-source", "{{ h }}.example.com", "--var", "h=docs"], 0, ""),
        (["--expect-call", "g"], 1, "does not call it"),
        (["--expect-call", "f", "--expect-call", "g"], 1, "expect-call g"),
        (["--expect-call", "f=@args.json", "--var", "city=Rome"], 1, "Rome"),
        (["--expect-source", "example.com", "--expect-source", "b.example"], 1, "b.example"),
        (["--expect-source", "cs.example.com"], 1, "it cites v2.docs.example.com"),
        (["--expect-call", ""], 2, "is empty"),
        (["--expect-call", "f={"], 2, "not JSON"),
        (["--expect-call", "f=@missing.json"], 2, "missing.json"),
        (["--expect-source", "https://docs.example.com/"], 2, "is an address"),
        (["--expect-source", ""], 2, "is empty"),
        (["--expect-call", "{{ nothing }}", "--var", "x=1"], 2, "nothing"),
    ],
)
def test_calls_and_sources_are_a_gate(ask, tmp_path, command, flags, status, words):
    """Each of them must be met; what is none is refused before anything is asked."""
    found, stdout, stderr = ask(*command, *flags) if command else ask(*flags)
    out = tmp_path / "out.jsonl"

    assert found == status, stderr
    assert words in stdout + stderr + (out.read_text() if out.exists() else "")


def test_checks_name_what_was_expected(ask):
    """In the object, each with its verdict."""
    _, stdout, _ = ask(
        *("--json", "--expect-call", 'f={"city": "Rome"}'),
        *("--expect-source", "example.com"),
    )

    assert [(c["expectation"], c["ok"]) for c in json.loads(stdout)["checks"]] == [
        ('expect-call f={"city":"Rome"}', False),
        ("expect-source example.com", True),
    ]


@pytest.mark.real
def test_a_row_is_asked_again_if_other_calls_are_expected(ask, tmp_path):
    """Its answer was held against something else."""
    assert ask(*BATCH, "--expect-call", "f")[0] == 0
    assert ask(*BATCH, "--expect-call", 'f={"city": "Rome"}')[0] == 1
    assert ask(*BATCH, "--expect-source", "b.example")[0] == 1


@pytest.mark.parametrize("word", ["calls", "sources"])
def test_a_row_has_what_it_rests_on(ask, tmp_path, word):
    """For whoever reads OUT."""
    ask(*BATCH)
    [row] = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())

    found = row["tool_calls"] if word == "calls" else row["citations"]
    assert len(found) == 1


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "status"),
    [
        (["--expect-call", "f=@args.json", "--var", "city=Oslo"], 0),
        (["--expect-call", 'f={"city": "{{ city }}"}', "--var", "city=Oslo"], 0),
        (["--expect-call", "f=@args.json", "--var", "city=Rome"], 1),
        (["--expect-source", "docs.example.com"], 0),
        (["--expect-source", "{{ h }}.example", "--var", "h=b"], 1),
    ],
)
def test_a_job_is_held_against_what_was_expected_when_it_was_submitted(
    home, tmp_path, monkeypatch, flags, status
):
    """The files and variables of then, which may be gone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "args.json").write_text('{"city": "{{ city }}"}\n')
    (tmp_path / "rows.txt").write_text("Oslo?\n")
    with MockServer(Script(behaviours=(BEHAVIOUR,))) as server:
        home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
        rows = ("-i", "rows.txt", "-o", "out.jsonl")
        submitted = home.runs("batch", "submit", *rows, "--tool", TOOL, *flags)
        (tmp_path / "args.json").unlink()
        for _ in range(4):
            home.runs("batch", "fetch", "-o", "out.jsonl")

    assert submitted[0] == 0, submitted
    [row] = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert row["exit_code"] == status
