"""What is read without the parser is read as the parser reads it, or left to it."""

import random
from types import SimpleNamespace

import pytest

from gradient_cli.cli import check, decide, respond
from gradient_cli.cli.app import dispatch
from gradient_cli.cli.plain import _options, plain_flags
from gradient_cli.errors import UsageError
from gradient_cli.runs.check import Flags as Check
from gradient_cli.runs.decide import Flags as Decide
from gradient_cli.runs.respond import Flags

COMMANDS = {"respond": (respond, Flags), "decide": (decide, Decide), "check": (check, Check)}
OPTIONS = {name: dict(_options(flags.__annotations__)) for name, (_, flags) in COMMANDS.items()}
VALUES = {
    "str": ["x", "-", "a b", "é ß", "@file", "a=b", "", "x\ny", "--", "-x", "none", "text", "json"],
    "list": ["x", "-", "A=1", "B={}", "", "-y", "x,y"],
    "int": ["0", "1", "2", "7", "100", "-1", "1_0", "+1", " 1", "1.0", "٣", "9" * 5000, "x"],
    "float": ["0", "0.5", "1.", ".5", "2", "3", "600", "1e3", "-0.5", "nan", "inf", "1_0", "x"],
}
ODD = [
    *(["--"], ["-h"], ["--help"], ["-qv"], ["-mx"], ["-m=x"], ["--no-such"], ["--temp", "1"]),
    *(["hi", "there"], [""], ["--json=1"], ["-m"], ["--model"], ["--stop", "-x"], ["-m", "--"]),
    *(["-m", "a", "-m", "b"], ["-m", "a", "--model", "b"], ["--json", "--json"], ["-q="]),
    *(
        ["--stream", "--no-stream"],
        ["--max-tool-calls", "-1"],
        ["--format", "no"],
        ["-s", "\udcff"],
    ),
]


@pytest.fixture
def parsed(monkeypatch):
    """Give a function that gives what Typer makes of the words, or None where it refuses them."""
    taken = []
    for module, _ in COMMANDS.values():
        monkeypatch.setattr(module, "run", lambda flags, _: taken.append(flags) or 0)

    def parse(command, words):
        taken.clear()
        try:
            dispatch([command, *words], SimpleNamespace(terminal=None))
        except UsageError:
            return None
        return taken[0] if taken else None

    return parse


def some_words(chance, options):
    """Give a few flags, as somebody may write them."""
    words = []
    for name in chance.choices(list(options), k=chance.randrange(0, 6)):
        kind = options[name].kind
        if kind == "bool":
            words.append(name)
            continue
        value = chance.choice([*options[name].flag.choices, *VALUES[kind]])
        words += [f"{name}={value}"] if chance.random() < 0.3 else [name, value]
    for prompt in chance.choices(["hi", "-", "é", "a b", ""], k=chance.choice([0, 1, 1, 1, 2])):
        words.insert(chance.randrange(len(words) + 1), prompt)
    return words


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("command", COMMANDS)
def test_both_read_the_same(command, seed, parsed):
    """Of whatever is read here, Typer gives the same values."""
    chance = random.Random(seed)
    plain = 0
    for _ in range(120):
        words = some_words(chance, OPTIONS[command])
        flags = plain_flags(words, COMMANDS[command][1])
        if flags is None:
            continue
        assert flags == parsed(command, words), words
        plain += 1

    assert plain > 20


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("command", "name"), [(command, name) for command in COMMANDS for name in OPTIONS[command]]
)
def test_every_flag_can_be_written_plainly(command, name, parsed):
    """With one value that it takes; so each is known here by all of its names."""
    option, whole = OPTIONS[command][name], COMMANDS[command][1]
    values = [*option.flag.choices, *VALUES.get(option.kind, ())]
    lines = [[name]] if option.kind == "bool" else [[name, value] for value in values]
    lines = [["a.toml", *line] for line in lines] if command == "check" else lines
    read = [(line, flags) for line in lines if (flags := plain_flags(line, whole)) is not None]

    assert read
    for line, flags in read:
        assert flags == parsed(command, line), line


@pytest.mark.parametrize("command", COMMANDS)
def test_no_flag_is_missing(command):
    """What Typer knows is known here: a flag that is not would be slow."""
    from gradient_cli.cli.app import root

    with root().make_context("gradient", [command]) as context:
        known = root().get_command(context, command).params
    names = {name for param in known for name in (*param.opts, *param.secondary_opts)}

    assert {name for name in names if name.startswith("-")} == OPTIONS[command].keys()


def test_several_suites_are_plain_and_none_is_not(parsed):
    """What is missing is the parser's to tell."""
    words = ["a.toml", "-j", "8", "b.toml", "-q", "--", "c.toml"]

    assert plain_flags(words[:-2], Check) == parsed("check", words[:-2])
    assert plain_flags(words[:-2], Check).suites == ["a.toml", "b.toml"]
    assert plain_flags(words, Check) is None
    assert plain_flags(["-q"], Check) is None


@pytest.mark.parametrize("words", ODD, ids=repr)
def test_what_is_odd_is_left_to_the_parser(words):
    """Its words, its errors, its help."""
    assert plain_flags(["-q", *words] if words != ["hi", "there"] else words, Flags) is None
