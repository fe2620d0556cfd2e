"""Flags that exclude each other, and what is kept of a run's settings: before anything is asked."""

import hashlib
import json

import pytest

from gradient_cli.batch.provenance import RUN_DIGITS, provenance
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.errors import UsageError
from gradient_cli.wire.attachment import Block
from gradient_cli.wire.request import LongText, Request


@pytest.fixture
def place(home, tmp_path, monkeypatch):
    """Give a user in a folder with items, whose endpoint nobody serves."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "i.txt").write_text("a\n")
    (tmp_path / "p.md").write_text("+++\ntemperature = 1\n+++\nIs it {{ item }}?")
    home.exports(GRADIENT_INFERENCE_ENDPOINT="http://127.0.0.1:1", GRADIENT_MODEL_ACCESS_KEY="k")
    return home


RUN = ("-i", "i.txt", "-m", "m", "-o", "o.jsonl")
DECIDE = ("--decide", "Is it?", "--decide-model", "j")[:2]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("-i", "i.txt", "--lines", "--csv"), "--lines and --csv exclude each other"),
        (("-i", "i.txt", "--tsv", "--jsonl"), "--tsv and --jsonl exclude each other"),
        (("-i", "i.txt", "--each-file", "*.txt"), "--items and --each-file exclude each other"),
        (("-i", "i.txt", "--json"), "--json and results on stdout exclude each other"),
        ((*RUN, "--body", "-"), "--body - and ITEMS both want stdin"),
        (("-i", "-", "-o", "o", "--key-file", "-"), "--key-file - and ITEMS both want stdin"),
        ((*RUN, "-f", "-"), "-f - and ITEMS both want stdin"),
        (
            (*RUN, *DECIDE, "--expect", "yes", "--expect", "no"),
            "--expect names one word of a decision",
        ),
        ((*RUN, *DECIDE, "--prompt-file", "p.md"), "`temperature` says nothing of a decision"),
        ((*RUN, *DECIDE, "--temperature", "1"), "--temperature and --decide exclude each other"),
        ((*RUN, *DECIDE, "-x"), "-x and --decide exclude each other"),
        ((*RUN, *DECIDE, "-s", "be"), "--instructions and --decide exclude each other"),
        ((*RUN, *DECIDE, "--reject", "x"), "--reject and --decide exclude each other"),
        ((*RUN, *DECIDE, "--param", "a=1"), "--param and --decide exclude each other"),
    ],
)
def test_what_excludes_each_other_is_refused(place, argv, words):
    """Status 2, and OUT is not even made."""
    status, out, err = place.runs("batch", "run", *argv)

    assert (status, out) == (2, ""), err
    assert words in err
    assert not (place.folder.parent / "o.jsonl").exists()


def test_a_variable_that_nobody_uses_is_told(place):
    """Of a typing error; the run is what it is."""
    status, _, err = place.runs("batch", "run", *RUN, "of {{ item }}", "--var", "x=1", "--dry-run")

    assert (status, "warning: --var x is not used" in err) == (0, True)


def known(*blocks: Block, **more):
    """Give the settings of a run."""
    asked = {"prompt": "p", "variables": {"v": "1"}, **more}
    maker = RequestMaker(Request(model="m", input="left out"), blocks=blocks, **asked)
    return provenance(maker, "expected", "http://x")


def test_files_are_known_by_what_stands_in_them():
    """A text, or a long one in pieces: the same content has the same digest."""
    digest = hashlib.sha256("äb".encode()).hexdigest()

    for text in ("äb", LongText(["ä", "b"])):
        assert known(Block("f.md", text, "file")).asked["files"] == [
            {"path": "f.md", "sha256": digest}
        ]
    assert "files" not in known().asked


def test_runs_with_the_same_settings_are_the_same():
    """Another prompt, variable, file or endpoint is another; an input is a row's own."""
    runs = {
        known().run,
        known(prompt="q").run,
        known(variables={"v": "2"}).run,
        known(Block("f", "x", "file")).run,
        known(Block("f", "y", "file")).run,
    }

    assert len(runs) == 5
    assert all(len(run) == RUN_DIGITS == 16 for run in runs)
    assert known().run == known().run
    assert known().asked == {
        "prompt": "p", "variables": {"v": "1"}, "request": {"model": "m"},
        "expected": "expected", "endpoint": "http://x",
    }  # fmt: skip


def test_settings_are_kept_beside_out_a_line_a_run(tmp_path):
    """As private as OUT; what cannot be written is told."""
    out = tmp_path / "o.jsonl"
    out.touch(0o600)

    for at in ("t1", "t2"):
        known().keep(str(out), at, items=["i.txt"])

    lines = [json.loads(raw) for raw in (tmp_path / "o.jsonl.runs").read_bytes().splitlines()]
    assert [(one["at"], one["run"], one["items"]) for one in lines] == [
        ("t1", known().run, ["i.txt"]), ("t2", known().run, ["i.txt"]),
    ]  # fmt: skip
    assert (tmp_path / "o.jsonl.runs").stat().st_mode & 0o777 == 0o600
    (tmp_path / "p.runs").mkdir()
    with pytest.raises(UsageError, match=r'cannot write ".*p\.runs": is a directory'):
        known().keep(str(tmp_path / "p"), "t")
