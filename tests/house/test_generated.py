"""
What is written by scripts/generate.py is fresh, and every example can be typed.
"""

import importlib
import importlib.util
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from gradient_cli.cli.app import root
from gradient_cli.cli.commands import COMMANDS
from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.cli.pages.topics import ENVIRONMENT

ROOT = Path(__file__).parents[2]


def needs_module(name: str) -> None:
    """Skip, saying so, where a command of the table is still to be built."""
    if importlib.util.find_spec(f"gradient_cli.cli.{name}") is None:
        pytest.skip(f"`gradient {name}` is still to be built")


@pytest.fixture(scope="module")
def generated():
    """Every generated file with the text it should have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("generate").generated()


def test_every_generated_file_is_fresh(generated):
    """Completions, man page and README's tables say what the command tree says."""
    stale = [path.name for path, text in generated.items() if path.read_text() != text]

    assert stale == [], "run: python scripts/generate.py"


def test_every_command_is_generated(generated):
    """No command is missing from the completions, the man page and the README."""
    told = (
        pair
        for pair in generated.items()
        if pair[0].suffix not in {".py", ".5"} and pair[0].parent.name != "docs"
    )
    for path, text in told:
        missing = [name for name in COMMANDS if name not in text]
        assert missing == [], path.name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says(name):
    """A listing's line is the first line of the command's own help."""
    needs_module(name)
    top = root()
    context = top.make_context("gradient", ["help"], resilient_parsing=True)
    command = top.get_command(context, name)

    assert (command.help or "").strip().splitlines()[0] == COMMANDS[name]


def test_every_variable_that_is_read_is_documented():
    """No environment variable of ours is read without being in the help and the man page."""
    sources = [path.read_text() for path in (ROOT / "gradient_cli").rglob("*.py")]
    named = re.compile(r"\"((?:GRADIENT|DIGITALOCEAN)_[A-Z_]+[A-Z]|MODEL_ACCESS_KEY)\"")
    documented = {name for names, _ in ENVIRONMENT for name in names.split(", ")}

    read = {name for source in sources for name in named.findall(source)}
    assert "GRADIENT_MODEL" in read
    assert read - documented == set()


def shell_lines(text: str) -> list[str]:
    """The lines of a Markdown text's sh blocks; a trailing comment is cut."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [re.sub(r"\s+#.*$", "", line) for line in lines]


def calls(line: str) -> list[list[str]]:
    """The argument lists of every `gradient` in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    found: list[list[str]] = []
    is_open = False
    before = ""
    for word in lexer:
        if set(word) <= set(";()<>|&"):
            is_open = False
        elif is_open:
            found[-1].append(word)
        elif word == "gradient" and (before in ("", "do", "then", "!", "if", "$")
                                     or set(before) <= set(";()|&")):  # fmt: skip
            is_open = True
            found.append([])
        before = word
    return found


def documented() -> list[list[str]]:
    """Every call of gradient in the examples, the README, docs/ and CONTRIBUTING."""
    lines = [line for lines in EXAMPLES.values() for line in lines]
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ):
        lines += shell_lines(path.read_text())
    return [
        shlex.split(call)
        for call in dict.fromkeys(shlex.join(c) for line in lines for c in calls(line))
    ]


@pytest.mark.parametrize("argv", documented(), ids=" ".join)
def test_a_documented_command_can_be_typed(argv):
    """Every flag and argument in a documented command exists and fits."""
    command, words = root(), list(argv)
    context = command.make_context("gradient", ["help"], resilient_parsing=True)
    if words in (["--help"], ["--version"]):
        return
    while isinstance(command, typer.core.TyperGroup):
        name = words.pop(0)
        if context.parent is None:
            needs_module(name)
        found = command.get_command(context, name)
        assert found is not None, name
        is_group = isinstance(found, typer.core.TyperGroup)
        context = found.make_context(name, [] if is_group else words, parent=context,
                                     resilient_parsing=is_group)  # fmt: skip
        command = found


def test_the_reading_of_shell_lines_can_fail():
    """The calls in pipes, loops and substitutions are found, quoting included."""
    line = 'while read -r f; do gradient respond "a | b" -o "$f"; done < list | gradient models > x'

    assert calls(line) == [["respond", "a | b", "-o", "$f"], ["models"]]


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed here")
def test_the_man_page_is_good_roff():
    """groff has nothing to warn of."""
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", str(ROOT / "man" / "gradient.1")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stderr == ""
    assert "EXIT STATUS" in re.sub(r"\x1b\[\d*m|.\x08", "", done.stdout)
