"""Nothing is judged in place of something, and flags mean what they say: for respond and batch."""

import json

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

EMPTY = "is empty: there is nothing to ask about"


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Give a function that runs a command among some files; status, stderr, stdout and bodies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.toml").touch()
    for name, text in {
        "empty.diff": "",
        "blank.diff": "\n \n",
        "full.diff": "+ x\n",
        "banned.txt": "hunter2\n",
        "dots.txt": "a.b\n",
        "const.json": '{"const": "{{ v }}"}',
        "p.md": '+++\ninstructions = "@voice.txt"\n[vars]\nw = "@full.diff"\n+++\nsay {{ w }}',
        "voice.txt": "loud",
        "out.md": '+++\n[vars]\nw = "@../secret"\n+++\nsay {{ w }}',
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path.parent / "secret").write_text("TOPSECRET")

    def ask(*argv: str, stdin: bytes | None = None, answer: str = "no"):
        terminal = Terminal.recording(stdin)
        script = Script(behaviours=(Behaviour(text=answer, times=0),))
        with MockServer(script) as server:
            environ = {
                "GRADIENT_CONFIG": str(tmp_path / "c.toml"),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "GRADIENT_MODEL": "m",
            }
            status = run(list(argv), Invocation(terminal, environ))
            bodies = [r.body for r in server.requests if r.method == "POST"]
        return status, terminal.stderr_text, terminal.stdout_text, bodies

    return ask


@pytest.mark.parametrize(
    ("flags", "stdin"),
    [
        (["-f", "empty.diff"], None),
        (["-f", "blank.diff"], None),
        (["-f", "empty.diff", "-f", "blank.diff"], None),
        (["-f", "empty.diff"], b""),
        (["-f", "-"], b""),
        (["-f", "-"], b"\n"),
        (["-f", "empty.diff", "-s", "@voice.txt"], None),
        (["--var", "d=@empty.diff"], None),
        (["--var", "d=@empty.diff", "-f", "empty.diff"], None),
    ],
)
def test_what_was_named_and_is_empty_is_not_asked_about(flags, stdin, asked):
    """`git diff nosuchref > pr.diff` leaves an empty file; no leak was found in it."""
    prompt = "a leak? {{ d }}" if "--var" in flags else "a leak?"

    status, words, out, bodies = asked("respond", prompt, *flags, stdin=stdin)

    assert (status, out, bodies) == (2, "", [])
    assert EMPTY in words


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "stdin"),
    [
        (["-f", "empty.diff", "-f", "full.diff"], None),
        (["-f", "empty.diff"], b"+ x\n"),
        (["--var", "d=@full.diff", "-f", "empty.diff"], None),
        (["--var", "d="], None),
        (["--var", "d=x", "--var", "unused=@empty.diff"], None),
        ([], None),
    ],
)
def test_an_empty_file_beside_something_is_fine(flags, stdin, asked):
    """There is something to ask about, or nothing was named."""
    prompt = "a leak? {{ d }}" if "--var" in flags else "a leak?"

    status, words, _, bodies = asked("respond", prompt, *flags, stdin=stdin)

    assert (status, len(bodies)) == (0, 1)
    assert "empty" not in words


def test_an_empty_stdin_beside_a_prompt_is_said(asked):
    """The command before the pipe may have failed; whoever means it is not stopped."""
    status, words, _, _ = asked("respond", "a leak?", stdin=b"")
    quiet = asked("respond", "-q", "a leak?", stdin=b"")[1]
    without = asked("respond", "--no-stdin", "a leak?", stdin=b"")[1]

    assert status == 0
    assert words == "stdin was empty: only the prompt is asked\n"
    assert (quiet, without) == ("", "")


def test_a_prompt_that_should_come_on_stdin_must_come(asked):
    """A file alone would be answered without a question."""
    status, words, _, bodies = asked("respond", "-", "-f", "full.diff", stdin=b"")

    assert (status, bodies) == (2, [])
    assert "the prompt on stdin is empty" in words


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "answer", "status"),
    [
        (["--reject", "{{ v }}"], "it is hunter2.", 1),
        (["--reject", "{{ v }}"], "nothing", 0),
        (["--reject", "@banned.txt"], "it is hunter2.", 1),
        (["--reject", "@@banned"], "to @banned", 1),
        (["--expect", "{{ v }}", "--expect", "2."], "it is hunter2.", 0),
        (["--reject", "a", "--reject", "b"], "a", 1),
        (["--expect-re", "^{{ dots }}$"], "axb", 1),
        (["--expect-re", "^{{ dots }}$"], "a.b", 0),
        (["--reject-re", "{{ v }}$"], "hunter2", 1),
        (["--one-of", "{{ v }},other"], "Hunter2", 0),
        (["--schema", '{"not": {"const": "{{ v }}"}, "type": "string"}'], '"hunter2"', 1),
        (["--schema", "const.json"], '"hunter2"', 0),
        (["--reject", "{{ w }}"], "x", 2),
        (["--reject", "@nothing.txt"], "x", 2),
        (["--reject", "@empty.diff"], "x", 2),
        (["--one-of", "a,b", "--expect", "a", "--expect", "b"], "a", 2),
    ],
)
def test_an_expectation_of_a_flag_is_a_text_like_any(flags, answer, status, asked):
    """Variables and files mean the same there as in the prompt; nothing is taken literally."""
    variables = ["--var", "v=hunter2", "--var", "dots=@dots.txt"]

    got, words, _, _ = asked("respond", "p {{ v }} {{ dots }}", *variables, *flags, answer=answer)

    assert got == status, words


def test_a_variable_that_only_an_expectation_uses_is_used(asked):
    """No warning says that it is not."""
    _, words, _, _ = asked("respond", "p", "--var", "v=x", "--reject", "{{ v }}")
    _, unused, _, _ = asked("respond", "p", "--var", "v=x", "--reject", "y")

    assert "not used" not in words
    assert "--var v is not used" in unused


def test_braces_are_left_alone_where_no_variable_is_given(asked):
    """A prompt about templates expects some."""
    assert asked("respond", "p", "--expect", "{{ name }}", answer="{{ name }}")[0] == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--expect-re", "^30|"], 'warning: --expect-re "^30|" is found in every answer'),
        (["--reject-re", "a^"], 'warning: --reject-re "a^" can be found in no answer'),
        (["--schema", "{}"], "warning: --schema: "),
    ],
)
def test_a_check_that_cannot_fail_is_warned_of(flags, words, asked):
    """A suite refuses it; a command line is told."""
    assert words in asked("respond", "p", *flags, answer="{}")[1]


@pytest.mark.parametrize("name", ["input", "input.0"])
def test_a_parameter_does_not_replace_the_prompt(name, asked):
    """Neither in respond nor in batch."""
    flag = ["--param", f'{name}="other"']

    assert asked("respond", "p", *flag)[0] == 2
    assert asked("batch", "run", *flag, stdin=b"row\n")[3] == []


def test_a_prompt_file_names_files_beside_itself(asked):
    """Its instructions and variables; nothing outside of its folder and ours."""
    status, words, _, bodies = asked("respond", "--prompt-file", "p.md")
    outside = asked("respond", "--prompt-file", "out.md")

    assert status == 0, words
    assert (bodies[0]["instructions"], bodies[0]["input"]) == ("loud", "say + x\n")
    assert (outside[0], outside[3]) == (2, [])
    assert "leads out of" in outside[1]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "answer", "status"),
    [
        (["--reject", "{{ v }}", "--var", "v=no"], "no", 1),
        (["--reject", "{{ v }}", "--var", "v=x"], "no", 0),
        (["--reject", "@banned.txt"], "hunter2", 1),
        (["--reject", "{{ v }}"], "no", 2),
        (["-f", "empty.diff"], "no", 2),
        (["-s", "of {{ d }}", "--var", "d=@empty.diff"], "no", 2),
    ],
)
def test_a_batch_means_the_same(flags, answer, status, asked):
    """A variable that --var does not set is refused: it is no text that an answer would hold."""
    got, words, _, bodies = asked("batch", "run", "p", *flags, stdin=b"row\n", answer=answer)

    assert got == status, words
    assert len(bodies) == (status != 2)


@pytest.mark.real
def test_a_tape_that_nobody_asked_for_is_named(asked, tmp_path):
    """With --strict-replay it is an error."""
    for prompt in ("one", "two"):
        assert asked("respond", prompt, "--record", "tapes")[0] == 0

    status, words, out, _ = asked("respond", "one", "--replay", "tapes")
    strict = asked("respond", "one", "--replay", "tapes", "--strict-replay")
    other = next(p for p in (tmp_path / "tapes").iterdir() if '"two"' in p.read_text())
    other.unlink()
    clean = asked("respond", "one", "--replay", "tapes", "--strict-replay")

    assert (status, out) == (0, "no\n")
    assert f"note: 1 recording was not asked for: {other.name[:12]}" in words
    assert strict[0] == 2
    assert "1 recording was not asked for" in strict[1]
    assert (clean[0], clean[1]) == (0, "")
    assert asked("respond", "one", "--strict-replay")[0] == 2


@pytest.mark.real
def test_a_batch_names_them_too(asked, tmp_path):
    """And --strict-replay is its status."""
    asked("batch", "run", "p", "--record", "tapes", "-o", "1.jsonl", stdin=b"a\nb\n")

    loose = asked("batch", "run", "p", "--replay", "tapes", "-o", "2.jsonl", stdin=b"a\n")
    strict = asked(
        "batch", "run", "p", "--replay", "tapes", "--strict-replay", "-o", "3.jsonl", stdin=b"a\n"
    )

    assert loose[0] == 0
    assert (strict[0], "1 recording was not asked for" in strict[1]) == (2, True)
    assert json.loads((tmp_path / "3.jsonl").read_text())["ok"] is True
