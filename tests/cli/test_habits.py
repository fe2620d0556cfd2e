"""What people type who know other tools: each gets a hint, and what the hint says works."""

import re
import shlex

import pytest

from gradient_cli.cli.commands import COMMANDS
from gradient_cli.cli.habits import _BELOW, _COMMANDS, _FLAGS

VALUES = {
    "--max-retries": "3",
    "--max_tokens": "5",
    "-t": "0.5",
    **dict.fromkeys(("--url", "--host", "--endpoint", "--api-base", "--api-url"), "http://x.test"),
    **dict.fromkeys(("--base_url", "--server"), "http://x.test"),
    **dict.fromkeys(("--http-proxy", "--https-proxy"), "http://127.0.0.1:9"),
}
"""What a flag of another tool is given; a file with a schema in it by default."""


@pytest.fixture
def folder(home, monkeypatch):
    """A home with a file of a schema in it."""
    monkeypatch.chdir(home.folder)
    (home.folder / "a.json").write_text('{"type": "object"}')
    return home


def hint_of(home, *argv):
    """The hint of a line that does not work."""
    status, _, stderr = home.runs(*argv)
    lines = stderr.splitlines()

    assert status == 2, stderr
    assert len(lines) == 2, stderr
    assert lines[1].startswith("hint: "), stderr
    return lines[1].removeprefix("hint: ")


def check_lines(home, hint):
    """Each line in a hint is one of this program's, and a whole one works."""
    if whole := re.search(r"(?:^|: )(gradient respond .*)$", hint):
        words = shlex.split(whole[1])
        status, _, stderr = home.runs(*words[1:], "-n", "-p", "demo")
        assert (status, stderr.count("hint")) == (0, 0), (hint, stderr)
    for quoted in re.findall(r"`gradient ([^`]*)`", hint):
        command, *rest = quoted.split()
        assert command in COMMANDS or command.startswith("--")
        below = rest[:1] if command in {"auth", "batch", "config"} else []
        if not command.startswith("--") and command != "help":
            assert home.runs(command, *below, "--help")[0] == 0, hint
        elif command == "help":
            assert home.runs(command, *rest)[0] == 0, hint


@pytest.mark.sampled
@pytest.mark.parametrize("name", sorted(_FLAGS))
def test_a_flag_of_another_tool_has_a_hint_that_works(folder, name):
    """Before any command, behind `respond`, and with its value behind an equals sign."""
    value = VALUES.get(name, "a.json")

    hint = hint_of(folder, "respond", name, value, "hi")
    check_lines(folder, hint)
    if _FLAGS[name].here is not None:
        assert "gradient respond " in hint
    check_lines(folder, hint_of(folder, name, value, "hi"))
    if name.startswith("--"):
        check_lines(folder, hint_of(folder, "respond", f"{name}={value}", "hi"))


@pytest.mark.sampled
@pytest.mark.parametrize("word", sorted(_COMMANDS))
def test_a_command_of_another_tool_has_a_hint_that_works(folder, word):
    """Alone and with words; never a line that would ask a model about a command's name."""
    for argv in ([word], [word, "-p", "demo", "it"]):
        hint = hint_of(folder, *argv)

        check_lines(folder, hint)
        assert f"respond {word}" not in hint


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("group", "word"), [(group, word) for group, words in _BELOW.items() for word in words]
)
def test_what_follows_a_group_elsewhere_has_a_hint_that_works(folder, group, word):
    """`config get`, `auth whoami`, `batch results`."""
    check_lines(folder, hint_of(folder, group, word, "x"))


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["respond", "--code", "--no-md", "hi", "-a", "a.json"],
         "gradient respond -x --format text -f a.json hi"),
        (["respond", "--prompt", "hi", "-q"], "gradient respond -q hi"),
        (["respond", "--cid=t1", "hi"], "gradient respond --thread t1 hi"),
        (["--code", "respond", "hi"], "gradient respond -x hi"),
        (["-v"], "gradient respond -v '…'"),
        (["respond", "-t", "0.2", "hi"], "gradient respond --temperature 0.2 hi"),
        (["respond", "-o", "temperature", "0.5", "hi"],
         "-o names a file; --temperature 0.5 sets the parameter"),
        (["models", "default", "gpt"], "gradient config set model gpt"),
        (["models", "list", "llama"], "gradient models llama"),
        (["config", "set", "model=x"], "gradient config set model x"),
        (["batch", "a.json", "sort it"], "gradient batch run -i a.json 'sort it'"),
        (["batch", "sort", "-i", "a.json"], "gradient batch run -i a.json sort"),
        (["batch", "run", "a.json", "sort it", "-j", "2"],
         "gradient batch run -j 2 -i a.json 'sort it'"),
        (["batch", "run", "sort it", "a.json"], "gradient batch run -i a.json 'sort it'"),
        (["decide", "a.json", "is it so"], "gradient decide -f a.json 'is it so'"),
        (["decide", "is it so", "a.json"], "gradient decide -f a.json 'is it so'"),
        (["decide", "is", "it", "so"], "gradient decide 'is it so'"),
    ],
)  # fmt: skip
def test_a_line_is_put_right_as_a_whole(folder, argv, line):
    """All that was said in other words is said in ours, and files come to their places."""
    assert hint_of(folder, *argv).endswith(line)


@pytest.mark.parametrize("argv", [
    ["respond", "--code", "--colour-scheme", "x", "hi"],
    ["respond", "--shell", "list files"],
    ["--whatever", "hi"],
    ["-m"],
    ["--json", "-m"],
    ["--list-everything"],
])  # fmt: skip
def test_no_line_is_given_that_would_ask_about_a_flag(folder, argv):
    """What cannot be said here is not sent to a model as a text."""
    hint = hint_of(folder, *argv)

    assert "gradient respond" not in hint.replace("`gradient respond --help`", "")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["-help"], '"-help"; did you mean --help?'),
        (["respond", "-json", "hi"], '"-json"; did you mean --json?'),
        (["respond", "hi", "-temperature", "1"], '"-temperature"; did you mean --temperature?'),
        (["respond", "hi", "-model", "x"], '"-model"; did you mean --model?'),
        (["respond", "-system", "be brief", "hi"], '"-system"; did you mean --system?'),
        (["respond", "hi", "-output=x"], '"-output"; did you mean --output?'),
        (["check", "-junit", "x"], '"-junit"; did you mean --junit?'),
        (["batch", "run", "-items", "x"], '"-items"; did you mean --items?'),
    ],
)
def test_one_dash_of_a_long_flag_is_seen(home, monkeypatch, argv, meant):
    """`-model x` is not the model "odel"."""
    monkeypatch.chdir(home.folder)
    status, _, stderr = home.runs(*argv)

    assert (status, meant in stderr) == (2, True), stderr


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["respond", "--model", "--json", "hi"], "--model needs a value; --json is a flag"),
        (["respond", "hi", "-m", "-q"], "-m needs a value; -q is a flag"),
        (["respond", "hi", "-o", "--json"], "-o needs a value; --json is a flag"),
        (["respond", "hi", "--thread", "--model=x"], "--thread needs a value; --model is a flag"),
        (["respond", "hi", "-qm", "--json"], "-m needs a value; --json is a flag"),
        (["check", "--junit", "--html", "x.html"], "--junit needs a value; --html is a flag"),
        (["batch", "run", "-i", "--json"], None),
        (["models", "-p", "--json"], "-p needs a value; --json is a flag"),
    ],
)
def test_a_flag_is_not_the_value_of_another(home, monkeypatch, argv, message):
    """A value that was forgotten is not the next flag's name, and no file is called so."""
    monkeypatch.chdir(home.folder)
    status, _, stderr = home.runs(*argv)

    assert status == 2
    assert not (home.folder / "--html").exists()
    assert message is None or f"gradient: {message}" in stderr


@pytest.mark.parametrize("argv", [
    ["respond", "hi", "--expect", "--json"],
    ["respond", "hi", "--stop", "-q"],
    ["respond", "hi", "-s", "--quiet"],
    ["respond", "--", "-model"],
    ["respond", "hi", "--user=--json"],
])  # fmt: skip
def test_a_text_may_be_a_flags_name(home, argv):
    """Only what names something is never a flag."""
    head, dashes, tail = " ".join(argv).partition(" -- ")
    status, _, stderr = home.runs(*head.split(), "-n", "-p", "demo", *(dashes + tail).split())

    assert status == 0, stderr


@pytest.mark.parametrize("argv", [
    ["-m", ""], ["--model="], ["-m", " "], ["--replay="], ["--key-file", ""],
])  # fmt: skip
def test_an_empty_name_is_a_variable_that_is_not_set(home, argv):
    """`-m "$MODEL"` without the variable asks no other model, and no other service."""
    status, stdout, stderr = home.runs("respond", "hi", *argv)

    assert (status, stdout) == (2, "")
    assert re.search(
        r"gradient: --(model|replay|key-file|thread) is empty\nhint: .*variable", stderr
    )


@pytest.mark.parametrize("argv", [
    ["auth", "login", "sk-do-secretvalue"],
    ["sk-do-secretvalue"],
    ["--access-token", "dop_v1_secretvalue", "hi"],
    ["respond", "--openai-api-key=sk-secretvalue", "hi"],
    ["respond", "hi", "--secret", "secretvalue"],
    ["models", "list", "sk-do-secretvalue"],
    ["keys", "set", "openai", "sk-secretvalue"],
    ["batch", "sk-secretvalue", "-i", "x"],
    ["config", "key", "sk-secretvalue"],
    ["config", "set", "key", "sk-secretvalue", "x"],
    ["config", "set", "key", "sk-secretvalue"],
    ["config", "set", "sk-secretvalue"],
    ["config", "set", "token=sk-secretvalue"],
])  # fmt: skip
def test_a_key_in_the_wrong_place_is_not_said_again(home, argv):
    """Whatever it is that is wrong about the line."""
    status, stdout, stderr = home.runs(*argv)

    assert status == 2
    assert "secretvalue" not in stdout + stderr
