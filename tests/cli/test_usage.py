"""Errors of usage: one line that names the flag and the nearest right one."""

import shlex
from enum import StrEnum
from typing import Annotated

import pytest
import typer

from gradient_cli.cli.app import new_app
from gradient_cli.cli.usage import usage_message


class Format(StrEnum):
    """Two choices."""

    text = "text"
    json = "json"


def messages(*argv: str) -> tuple[str, str | None]:
    """What a wrong command line is answered with."""
    app = new_app()

    @app.command()
    def respond(
        prompt: Annotated[str | None, typer.Argument()] = None,
        model: str = "",
        temperature: float = 1.0,
        retries: Annotated[int, typer.Option(min=0)] = 3,
        form: Annotated[Format, typer.Option("--format")] = Format.text,
        stream: bool = True,
        param: str = "",
        user: str = "",
    ) -> int:
        return 0

    @app.command(name="set")
    def set_value(name: str, items: Annotated[str, typer.Option()]) -> int:
        return 0

    command = typer.main.get_command(app)
    try:
        command.main(list(argv), prog_name="gradient", standalone_mode=False)
    except Exception as error:
        return usage_message(error, argv)
    raise AssertionError("nothing was wrong")


CASES = [
    (["respond", "--modle", "x"], 'unknown flag "--modle"; did you mean --model?', None),
    (["respond", "--top-k", "5"], 'unknown flag "--top-k"',
     "that field of the request goes by --param top_k=JSON"),
    (["respond", "--seeed", "5"], 'unknown flag "--seeed"',
     "any other field of the request goes by --param seeed=JSON"),
    (["respond", "--model"], "--model needs a value", None),
    (["respond", "--stream=x"], "--stream takes no value", None),
    (["respond", "--format", "jsn"],
     '--format: "jsn" is not one of text, json; did you mean json?', None),
    (["respond", "--temperature", "hot"], "--temperature: 'hot' is not a number",
     "`gradient respond --help` explains it"),
    (["respond", "--retries", "-1"], "--retries: -1 is not in the range 0 or more",
     "`gradient respond --help` explains it"),
    (["respond", "say", "it", "twice"], 'more than one prompt: "it twice"',
     "quote the prompt: gradient respond 'say it twice'"),
    (["respond", "-5 degrees"], 'unknown flag "-5"',
     "a prompt that begins with a dash goes after --: gradient respond -- '-5 degrees'"),
    (["--hlep"], 'unknown flag "--hlep"; did you mean --help?', None),
    (["--json", "respond", "hi"], 'unknown flag "--json"',
     "flags follow the command: gradient respond --json hi"),
    (["set", "--items", "x"], "NAME is missing", "`gradient set --help` explains it"),
    (["set", "x"], "--items is missing", "`gradient set --help` explains it"),
    (["set", "x", "y", "--items", "z"], 'unexpected argument "y"',
     "`gradient set --help` explains it"),
    (["respnd"], 'unknown command "respnd"; did you mean respond?', None),
    (["what is it?"], 'unknown command "what is it?"', "to ask: gradient respond 'what is it?'"),
    ([], "`gradient` needs a command: respond, set", "`gradient --help` explains it"),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "message", "hint"), CASES)
def test_a_wrong_command_line_gets_one_line(argv, message, hint):
    """Each mistake is named in a line, with what was probably meant."""
    assert messages(*argv) == (message, hint)


def test_a_key_on_the_command_line_is_refused_with_the_reason():
    """Whoever looks for --api-key learns why there is none and what to do."""
    message, hint = messages("respond", "--api-key", "sk-secret-value")

    assert "visible to every user" in message
    assert "--key-file" in (hint or "")
    assert "sk-secret" not in f"{message}{hint}"


def test_a_key_given_with_an_equals_sign_is_not_repeated():
    """The value after --api-key= never reaches a log."""
    assert "sk-secret" not in str(messages("respond", "--api-key=sk-secret-value"))


def test_a_long_value_is_cut_and_made_printable():
    """A mistake cannot flood or steer the terminal."""
    message, hint = messages("respond", "one", "\x1b[2J" + "x" * 500)

    assert "\x1b" not in f"{message}{hint}"
    assert len(message) < 120
    assert len(hint or "") < 140


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (["-f", "a.py", "b.py", "review"], '-f takes one file; "b.py" was taken for the prompt',
         "gradient respond -f a.py -f b.py review"),
        (["-f", "a.py", "b.py", "review the tests"], '-f takes one file; "b.py" was taken for the prompt',
         "gradient respond -f a.py -f b.py 'review the tests'"),
        (["-f", "a.py", "b.py", "c.py", "d.py", "q"], '-f takes one file; "b.py" was taken for the prompt',
         "quote the pattern: gradient respond -f 'PATTERN' q"),
        (["-f", "a.py", "no.py", "review"], 'more than one prompt: "review"',
         "quote the prompt: gradient respond -f a.py 'no.py review'"),
        (["hi", "\u2013model", "x"], '"\u2013model" begins with U+2013, which only looks like a dash',
         "did you mean --model? type the dashes anew"),
        (["hi", "\u2014temp", "1"], '"\u2014temp" begins with U+2014, which only looks like a dash',
         "did you mean --temperature? type the dashes anew"),
        (["\u2212m", "x", "hi"], '"\u2212m" begins with U+2212, which only looks like a dash',
         "did you mean -m? type the dashes anew"),
        (["hi", "\u2013\u2013no-stdin"], '"\u2013\u2013no-stdin" begins with U+2013, which only looks like a dash',
         "did you mean --no-stdin? type the dashes anew"),
        (["--temp", "1", "hi"], 'unknown flag "--temp"; did you mean --temperature?', None),
        (["--no-st", "hi"], 'unknown flag "--no-st"; did you mean --no-stdin or --no-stream?', None),
        (["--max-t", "1", "hi"], 'unknown flag "--max-t"; did you mean', None),
    ],
)  # fmt: skip
def test_the_hint_is_the_line_that_helps(home, monkeypatch, argv, message, hint):
    """For mistakes that a shell, a web page or a habit makes."""
    monkeypatch.chdir(home.folder)
    for name in "abcd":
        (home.folder / f"{name}.py").write_text("")

    status, _, stderr = home.runs("respond", *argv)

    assert status == 2
    assert stderr.startswith(f"gradient: {message}")
    assert hint is None or stderr.splitlines()[1] == f"hint: {hint}"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["hi"], "hint: to ask: gradient respond hi"),
        (["what is it"], "hint: to ask: gradient respond 'what is it'"),
        (["doctr"], "did you mean doctor?"),
        (["\u2013version"], "did you mean --version? type the dashes anew"),
        (["config", "hi"], "hint: one of path"),
        (["hi", "-m", "x", "--json"], "hint: to ask: gradient respond -m x --json hi"),
        (["what", "is", "this"], "hint: to ask: gradient respond 'what is this'"),
        (["it's", "-qm", "x"], """hint: to ask: gradient respond -qm x 'it'"'"'s'"""),
        (["-m", "x", "hi"], "flags follow the command: gradient respond -m x hi"),
        (["--model=x", "respond", "hi"], "the command: gradient respond --model=x hi"),
        (["ask", "why?", "-u"], "to ask: gradient respond -u 'why?'"),
        (["ask"], "to ask: gradient respond '…'"),
        (["chat", "why?"], "gradient respond --thread talk.jsonl 'why?'"),
        (["login"], "`gradient auth login`"),
        (["keys", "set"], "`gradient auth login`"),
        (["logs"], "no hidden history"),
        (["respond", "-m", "x", "a", "b"], "quote the prompt: gradient respond -m x 'a b'"),
        (["respond", "-m", "x", "--", "-5", "is", "low"], "respond -m x -- '-5 is low'"),
        (["respond", "-5", "is", "low", "-m", "x"], "respond -m x -- '-5 is low'"),
        (["respond", "--code", "hi"], "hint: -x prints"),
        (["respond", "-c", "hi"], "--thread FILE"),
        (["respond", "--continue", "hi"], "--thread FILE"),
        (["respond", "-t", "0.2", "hi"], "--temperature"),
        (["respond", "--role", "x", "hi"], "-s TEXT or -s @FILE"),
        (["respond", "--no-md", "hi"], "--format text"),
        (["--code", "hi"], "-x prints"),
    ],
)
def test_a_prompt_without_its_command_gets_one(home, argv, words):
    """`gradient "hi"` is no command, and the line that works is one away."""
    status, _, stderr = home.runs(*argv)

    assert (status, words in stderr) == (2, True)


@pytest.mark.parametrize("argv", [
    ["ask", "hi", "--api-key", "sk-secret-value"],
    ["hi", "--api-key=sk-secret-value"],
    ["--api-key", "sk-secret-value", "respond", "hi"],
    ["-m", "x", "--key", "sk-secret-value", "hi"],
])  # fmt: skip
def test_no_hint_says_a_key_again(home, argv):
    """The line that works is for a log, too."""
    status, stdout, stderr = home.runs(*argv)

    assert status == 2
    assert "sk-secret" not in stdout + stderr


def test_a_line_that_is_retyped_works(home):
    """What a hint says can be pasted into a shell as it stands."""
    for argv in (
        ["tell", "me", "-p", "demo"],
        ["respond", "-p", "demo", "--", "-5", "it's", "$low"],
    ):
        _, _, stderr = home.runs(*argv)
        words = shlex.split(stderr.splitlines()[1].split(": ", 2)[2])

        assert words[0] == "gradient"
        assert home.runs(*words[1:])[0] == 0
