"""`gradient respond` as a user meets it: what is printed where, and one JSON object in any case."""

import errno
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import jsonschema_rs
import pytest

import gradient_cli.render
from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal
from tests.captures import KEY

SCHEMA = json.loads(
    (Path(gradient_cli.render.__file__).parent / "result.schema.json").read_text("utf-8")
)
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
Respond = Callable[..., tuple[int, Terminal]]


@pytest.fixture
def respond(tmp_path) -> Respond:
    """Give a function that asks a scripted server in this process."""

    def respond(
        *flags: str,
        stdin: bytes | None = None,
        is_tty: bool = False,
        is_merged: bool = False,
        stdout: BinaryIO | None = None,
        **behaviour: Any,
    ) -> tuple[int, Terminal]:
        terminal = Terminal.recording(stdin, is_tty=is_tty)
        if is_merged:
            terminal.stderr = terminal.stdout
        if stdout is not None:
            terminal.stdout = stdout
        with MockServer(Script(behaviours=(Behaviour(**behaviour),))) as server:
            environ = {
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "GRADIENT_MODEL_ACCESS_KEY": KEY,
            }
            argv = ["respond", "-m", "any", "--retries", "0", "--timeout", "5", *flags]
            return run(argv, Invocation(terminal, environ)), terminal

    return respond


TOOL = ("--tool", '{"type":"function","name":"f"}')
ENDS: list[tuple[int, list[str], bytes, dict[str, Any]]] = [
    (0, ["hi"], b"", {"text": "Hello"}),
    (0, ["hi", "--no-stream"], b"", {"text": "Hello", "dialect": "chunk"}),
    (0, ["hi", *TOOL], b"", {"calls": ({"name": "f", "arguments": "{}"},)}),
    (1, ["hi"], b"", {"calls": ({"name": "f", "arguments": "{}"},)}),
    (1, ["hi"], b"", {"text": ""}),
    (0, ["hi", "--allow-empty"], b"", {"text": ""}),
    (0, ["hi", "--schema", "a int"], b"", {"text": '{"a": 1}'}),
    (0, ["hi", "--one-of", "yes,no"], b"", {"text": "Yes."}),
    (0, ["hi", "-x"], b"", {"text": "```\ncode\n```"}),
    (1, ["hi", "-x"], b"", {"text": "no code"}),
    (1, ["hi", "--expect", "b", "--reject-re", "^a"], b"", {"text": "a"}),
    (1, ["hi", "--schema", "a int"], b"", {"text": "no JSON"}),
    (1, ["hi", "--one-of", "yes,no", "--repair", "1"], b"", {"text": "maybe"}),
    (2, [], b"", {}),
    (2, ["a", "b"], b"", {}),
    (2, ["hi", "--bogus"], b"", {}),
    (2, ["hi", "--temperature", "9"], b"", {}),
    (2, ["hi", "--timeout", "x"], b"", {}),
    (2, ["hi", "-f", "absent"], b"", {}),
    (2, ["hi", "--schema", "{"], b"", {}),
    (2, ["hi", "--replay", "absent"], b"", {}),
    (2, ["hi"], b"\xff", {}),
    (2, ["hi"], b"\0", {}),
    (3, ["hi"], b"", {"status": 401}),
    (4, ["hi"], b"", {"status": 404}),
    (4, ["hi"], b"", {"status": 302, "headers": {"Location": "http://elsewhere.test/"}}),
    (5, ["hi"], b"", {"status": 503}),
    (5, ["hi"], b"", {"end": "failed", "after": 1}),
    (5, ["hi"], b"", {"end": "error", "after": 1}),
    (5, ["hi"], b"", {"end": "malformed", "after": 1}),
    (5, ["hi", "--base-url", "http://127.0.0.1:9"], b"", {}),
    (6, ["hi"], b"", {"status": 429}),
    (7, ["hi", "--timeout", "0.05"], b"", {"end": "stall", "after": 1}),
    (8, ["hi"], b"", {"end": "incomplete", "after": 1}),
    (0, ["hi", "--allow-incomplete"], b"", {"end": "incomplete", "after": 1}),
    (8, ["hi"], b"", {"end": "cut", "after": 1}),
    (8, ["hi"], b"", {"end": "close", "after": 1}),
    (8, ["hi"], b"", {"end": "done", "after": 1}),
]
"""(exit status, flags, stdin, what the server does)"""


def end_name(value: Any) -> str:
    """Name a case of the table by what differs."""
    return "-".join(value) if isinstance(value, list) else str(value)[:40]


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["json", "events"])
@pytest.mark.parametrize(("status", "flags", "stdin", "behaviour"), ENDS, ids=end_name)
def test_stdout_ends_with_one_valid_result_however_it_ends(
    form, status, flags, stdin, behaviour, respond
):
    """A script reads the result and its status, whatever went wrong."""
    found, terminal = respond("--format", form, *flags, stdin=stdin, **behaviour)

    assert terminal.stdout_text.endswith("\n")
    *events, last = [json.loads(line) for line in terminal.stdout_text.split("\n")[:-1]]
    VALIDATOR.validate(last)
    assert (found, last["exit_code"], last["ok"]) == (status, status, status == 0)
    assert (last["error"] is None) == (status == 0)
    if form == "json":
        assert events == []
        assert "response" in last
    else:
        assert last["type"] == "gradient.result"
        assert "response" not in last
    assert KEY not in terminal.stdout_text + terminal.stderr_text


@pytest.mark.parametrize("is_tty", [True, False])
def test_a_notice_begins_below_the_answer(is_tty, respond):
    """On a terminal and under 2>&1 the two share their lines."""
    _, terminal = respond("hi", "--reject", "Hello", is_tty=is_tty, is_merged=True, text="Hello")

    first, second, *_ = terminal.stdout_text.splitlines()
    assert first == "Hello"
    assert second.startswith("| ")


def test_no_words_of_a_model_act_on_the_terminal(respond):
    """An excerpt of the answer on stderr is as harmless as the answer on stdout."""
    hostile = "bad \x1b]0;owned\x07 \x9b31m \u202e text"

    status, terminal = respond("hi", "-q", "--one-of", "a,b", is_tty=True, text=hostile)
    _, told = respond("hi", "--one-of", "a,b", is_tty=True, text=hostile)

    assert status == 1
    for part in ("\x1b]", "\x07", "\x9b", "\u202e"):
        assert part not in terminal.stderr_text
        assert part not in told.stderr_text
    assert "owned" in told.stderr_text


def test_a_name_of_a_file_does_not_act_on_the_terminal(respond):
    """Errors quote what they name; on a terminal its control characters are pictures."""
    _, terminal = respond("hi", "-f", "absent\x1b[31m", is_tty=True)

    assert "\x1b[31m" not in terminal.stderr_text
    assert "absent" in terminal.stderr_text


@pytest.mark.parametrize("form", ["json", "events"])
def test_json_on_a_terminal_means_the_same_and_does_nothing(form, respond):
    """What could act on the terminal is escaped; a pipe gets the characters themselves."""
    hostile = "a \x1b[31m \x9b31m \u202e \U000e0041 é"

    _, shown = respond("hi", "--format", form, is_tty=True, text=hostile)
    _, piped = respond("hi", "--format", form, text=hostile)

    for unsafe in ("\x1b[31m", "\x9b", "\u202e", "\U000e0041"):
        assert unsafe not in shown.stdout_text
    assert "\u202e" in piped.stdout_text
    assert json.loads(shown.stdout_text.splitlines()[-1])["text"] == hostile


def test_a_prompt_with_a_dash_is_told_where_it_goes(respond):
    """Its first letters are taken for a flag; the hint names the way out."""
    status, terminal = respond("-dash of salt")

    assert status == 2
    assert "goes after --" in terminal.stderr_text


@pytest.mark.parametrize("form", ["text", "json", "events"])
def test_a_full_disk_under_stdout_is_told(form, respond):
    """No traceback, and no status that a job could take for a verdict."""

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    status, terminal = respond("--format", form, "hi", stdout=Full())

    assert status == 2
    assert "cannot write to stdout: no space left on device" in terminal.stderr_text
    assert "Traceback" not in terminal.stderr_text


@pytest.mark.sampled
@pytest.mark.skipif(sys.platform == "win32", reason="closes a descriptor by the shell")
@pytest.mark.parametrize("command", ["respond -p demo hi", "config path"])
def test_nothing_is_said_into_a_closed_stdout(world, command):
    """An answer that nobody can read is not asked for, and no success."""
    words = f'exec "$0" -m gradient_cli {command} >&- </dev/null'
    done = subprocess.run(
        ["/bin/sh", "-c", words, sys.executable], env=world, capture_output=True, check=False
    )

    assert done.returncode == 2
    assert b"cannot write to stdout: it is closed" in done.stderr


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="closes a descriptor by the shell")
def test_a_closed_stdout_does_not_look_like_a_verdict(world):
    """Started with stdout closed, the program still ends with its own status."""
    words = 'exec "$0" -m gradient_cli respond --bogus >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", words, sys.executable], env=world, capture_output=True, check=False
    )

    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_what_repair_throws_away_is_counted(respond):
    """Three answers were paid for."""
    flags = ("hi", "--one-of", "yes,no", "--repair", "2", "--json")
    _, once = respond("hi", "--json", text="maybe")
    status, terminal = respond(*flags, text="maybe")

    one, three = (json.loads(t.stdout_text) for t in (once, terminal))

    assert (status, three["attempts"]) == (1, 3)
    assert three["usage"]["output_tokens"] == 3 * one["usage"]["output_tokens"]
    assert three["usage"]["total_tokens"] > 3 * one["usage"]["total_tokens"]


@pytest.mark.parametrize(
    ("flags", "counted"),
    [
        (["-u"], False),
        (["-u", "--no-stream"], True),
        (["-u", "--param", "stream_options.include_usage=true"], True),
    ],
)
def test_counts_that_a_stream_lacks_are_asked_for_as_the_hint_says(respond, flags, counted):
    """In chunks, tokens are counted on demand."""
    _, terminal = respond("hi", *flags, dialect="chunk")

    notes = terminal.stderr.getvalue().decode()
    assert ("tokens/s" in notes or "output" in notes) is counted
    assert ("--param stream_options.include_usage=true" in notes) is not counted


@pytest.mark.parametrize(
    ("settings", "flags", "is_object"),
    [
        ('format = "json"', (), True),
        ('format = "events"', (), True),
        ('format = "json"', ("--format", "text"), False),
        ('[profiles.p]\nformat = "json"', ("-p", "p"), True),
        ('[profiles.p]\nformat = "json"', (), False),
    ],
)
def test_a_format_from_the_settings_counts_on_failure_too(home, settings, flags, is_object):
    """A script that set it once finds an object on stdout, whatever happened."""
    home.writes(settings)

    status, stdout, _ = home.runs("respond", "hi", "-m", "m", *flags)

    assert status == 3
    assert (json.loads(stdout)["exit_code"] == 3) if is_object else (stdout == "")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "flags", "status", "shown"),
    [
        ("rm it:\n```sh\nls\n```", ["-x", "--reject", "rm"], 0, "ls\n"),
        ("list:\n```sh\nrm x\n```", ["-x", "--expect", "list"], 1, ""),
        ('{"cmd": "\\u0072m"}', ["--schema", "cmd", "--reject", "rm"], 1, ""),
        ('{"cmd":\n"ls"}', ["--schema", "cmd", "--expect-re", '"cmd": "ls"'], 0, '{"cmd": "ls"}\n'),
        ("**Yes.**", ["--one-of", "yes,no", "--reject-re", "[*]"], 0, "yes\n"),
        ("```py\na\n```\n```sql\nb\n```", ["--extract-lang", "sql"], 0, "b\n"),
        ("```py\na\n```\n```sql\nb\n```", ["--extract-last"], 0, "b\n"),
        ("```sh\r\necho hi\r\n```\r\nbye", ["-x"], 0, "echo hi\r\n"),
    ],
)
def test_what_is_judged_is_what_is_printed(text, flags, status, shown, respond):
    """The prose around a block can neither meet an expectation nor break a ban."""
    got, terminal = respond("hi", *flags, text=text)

    assert (got, terminal.stdout_text) == (status, shown)


@pytest.mark.parametrize("text", ["```sh\n```", "```sh\nls", "Here: ```sh\nls"])
def test_an_empty_or_unclosed_block_replaces_no_file(text, respond, tmp_path):
    """Status 1, and what the file held stays."""
    (tmp_path / "old").write_text("KEEP")

    got, _ = respond("hi", "-x", "-o", str(tmp_path / "old"), text=text)

    assert got == 1
    assert (tmp_path / "old").read_text() == "KEEP"


def test_a_block_that_holds_another_opening_is_warned_of(respond):
    """It may end too early; the status stays, the warning tells."""
    got, terminal = respond("hi", "-x", text="```sh\ncat\n```py\nx\n```\n")

    assert got == 0
    assert "warning: the code block holds the opening of another one" in terminal.stderr_text


@pytest.mark.sampled
@pytest.mark.parametrize(("status", "flags", "stdin", "behaviour"), ENDS)
def test_an_object_with_o_is_in_the_file_or_on_stdout(
    respond, tmp_path, status, flags, stdin, behaviour
):
    """The file has it if all is well; else stdout has it, and the old file is as it was."""
    out = tmp_path / "out.json"
    out.write_text("old")

    got, terminal = respond(*flags, "--json", "-o", str(out), stdin=stdin, **behaviour)

    texts = (
        (out.read_text(), terminal.stdout_text)
        if not status
        else (terminal.stdout_text, out.read_text())
    )
    document = json.loads(texts[0])
    assert (got, document["exit_code"], document["ok"]) == (status, status, not status)
    assert texts[1] == ("old" if status else "")
    VALIDATOR.validate(document)


@pytest.mark.parametrize("status", [0, 1])
def test_events_with_o_keep_their_last_line(respond, tmp_path, status):
    """Whoever reads the events is told how it ended; the file has the answer."""
    out = tmp_path / "out"
    expect = ("--expect", "absent") if status else ()

    got, terminal = respond("hi", "--format", "events", "-o", str(out), *expect, text="Hello")

    lines = [json.loads(text) for text in terminal.stdout_text.splitlines()]
    assert (got, lines[-1]["type"], lines[-1]["exit_code"]) == (status, "gradient.result", status)
    assert all(isinstance(one["type"], str) for one in lines)
    assert out.exists() == (not status)


@pytest.mark.parametrize("dialect", ["typed", "chunk"])
@pytest.mark.parametrize("stream", ["--stream", "--no-stream"])
def test_every_event_has_a_type(respond, dialect, stream):
    """Whatever the dialect, and for a whole body too."""
    status, terminal = respond("hi", "--format", "events", stream, text="Hello", dialect=dialect)

    lines = [json.loads(text) for text in terminal.stdout_text.splitlines()]
    assert status == 0
    assert all(isinstance(one["type"], str) for one in lines)
    assert lines[-1]["finish_reason"] == "stop"


def test_verbose_says_where_things_come_from_and_what_is_sent(respond):
    """As its help promises; the key is hinted at."""
    _, terminal = respond("hi there", "-v", "--temperature", "0.5", text="Hello")

    lines = terminal.stderr_text.splitlines()
    assert lines[0].startswith("endpoint: http://127.0.0.1:")
    assert any(line.startswith("key: ") for line in lines)
    assert "temperature: 0.5 (--temperature)" in lines
    assert any(line.startswith("request: POST /v1/responses, ") for line in lines)
    assert KEY not in terminal.stderr_text
    quiet = respond("hi there", "--temperature", "0.5", text="Hello")[1]
    assert quiet.stderr_text == ""


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("status", "flags", "stdin", "behaviour"),
    [end for end in ENDS if end[0] in {0, 1, 3, 5, 7, 8}],
    ids=end_name,
)
def test_whole_prints_nothing_unless_the_run_succeeded(status, flags, stdin, behaviour, respond):
    """What reads the pipe (a commit, a database, a shell) never acts on half an answer."""
    found, terminal = respond("--whole", *flags, stdin=stdin, **behaviour)

    assert found == status
    if status:
        assert terminal.stdout_text == ""
        assert terminal.stderr_text != ""
    elif "--allow-empty" not in flags:
        assert terminal.stdout_text.endswith("\n")


def test_whole_holds_back_what_a_thread_did_not_take(respond, tmp_path):
    """A run that could not keep its turn has not succeeded, though its answer is whole."""
    (tmp_path / "talk").mkdir()

    found, terminal = respond("hi", "--whole", "--thread", str(tmp_path / "talk"))

    assert (found, terminal.stdout_text) == (2, "")


@pytest.mark.parametrize("form", ["json", "events"])
def test_whole_and_an_object_exclude_each_other(form, respond):
    """An object comes on failure, too."""
    found, terminal = respond("hi", "--whole", "--format", form)

    assert found == 2
    assert "--whole" in terminal.stderr_text


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["text", "markdown", "events", "auto"])
def test_json_beside_another_format_is_refused(form, respond):
    """Two flags that cannot both hold."""
    found, terminal = respond("hi", "--json", "--format", form)

    assert found == 2
    assert "exclude each other" in terminal.stderr_text


@pytest.mark.real
def test_a_person_is_told_that_a_name_is_no_file(respond, tmp_path, monkeypatch):
    """The model would answer something, and never have seen the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("text")

    _, terminal = respond("a.md", is_tty=True)
    assert "-f a.md" in terminal.stderr_text
    for prompt, is_tty in (("a.md", False), ("b.md", True), ("read a.md", True)):
        assert "-f a.md" not in respond(prompt, is_tty=is_tty)[1].stderr_text


def test_what_was_held_back_is_laid_out_on_a_terminal(respond):
    """Markdown is markdown, though it comes at once."""
    _, terminal = respond("hi", "--whole", is_tty=True, text="# Head\n\n* one\n* two\n")

    assert "# Head" not in terminal.stdout_text
    assert "Head" in terminal.stdout_text
