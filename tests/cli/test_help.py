"""Help pages: examples first, options in groups, 80 columns, written to the terminal given."""

import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.core import TyperCommand

from gradient_cli.ask.invocation import Invocation
from gradient_cli.cli.app import LazyGroup, new_app
from gradient_cli.cli.commands import COMMANDS
from gradient_cli.cli.pages import overview, short_page, topics
from gradient_cli.cli.pages.command_page import description
from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.terminal.streams import Terminal

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(monkeypatch):
    """A tree of two small commands in place of respond and config, run in memory."""
    respond, config = new_app(), new_app(help="Show and change settings.")

    @respond.command()
    def ask(
        prompt: Annotated[str | None, typer.Argument(help="what to ask")] = None,
        retries: Annotated[
            int, typer.Option(min=0, help="how often to try again", rich_help_panel="Network")
        ] = 3,
        model: Annotated[
            str | None,
            typer.Option(
                "--model", "-m", metavar="ID", help="whom to ask", rich_help_panel="Request"
            ),
        ] = None,
        stream: Annotated[
            bool,
            typer.Option("--stream/--no-stream", help="as it comes", rich_help_panel="Request"),
        ] = True,
        verbose: Annotated[bool, typer.Option("--verbose", help="say more")] = False,
    ) -> int:
        """
        Ask once.

        Raises:
            UsageError: never shown to a user.

        """
        return 0

    @config.command()
    def show() -> int:
        """Show every value."""
        return 0

    @config.command(name="set")
    def set_value(name: str, value: str) -> int:
        """Change one value."""
        return 0

    for name, app in (("respond", respond), ("config", config)):
        module = types.ModuleType(f"gradient_cli.cli.{name}")
        module.app = app
        monkeypatch.setitem(sys.modules, module.__name__, module)
    root = LazyGroup(name="gradient", context_settings={"help_option_names": ["-h", "--help"]})

    def run(*argv: str, columns: int = 80) -> str:
        terminal = Terminal.recording(size=(columns, 24))
        status = root.main(
            list(argv), prog_name="gradient", standalone_mode=False, obj=Invocation(terminal)
        )
        assert status in (0, None)
        return terminal.stdout_text

    return run


def headings(page: str) -> list[str]:
    """The words that begin a section."""
    return re.findall(r"^(\w+):", page, re.MULTILINE)


def test_a_page_begins_with_examples(program):
    """The first line of a help page is something to copy."""
    first = program("respond", "--help").splitlines()[0]

    assert first.strip() == EXAMPLES["respond"][0]


def test_examples_fit_80_columns():
    """Two of them are the indentation."""
    lines = [line for examples in EXAMPLES.values() for line in examples]

    assert [line for line in lines if len(line) > 78] == []


def test_options_stand_in_their_groups(program):
    """Options are listed by subject in a fixed order, the general ones last."""
    page = program("respond", "--help")

    assert headings(page) == ["Usage", "Arguments", "Request", "Network", "Options"]
    assert "  -m, --model ID" in page
    assert "--stream, --no-stream" in page
    assert "3 or more" not in page
    assert "[default: 3; 0 or more]" in page
    assert "Usage: gradient respond [OPTIONS] [PROMPT]" in page


def test_what_a_docstring_says_of_errors_is_not_help(program):
    """The sections for programmers stay out of a user's page."""
    page = program("respond", "--help")

    assert "Ask once." in page
    assert "never shown" not in page


def test_a_group_lists_its_commands(program):
    """`gradient config --help` and `gradient help config` are the same page."""
    page = program("config", "--help")

    assert re.search(r"^  show +Show every value\.$", page, re.MULTILINE)
    assert page == program("help", "config")


def test_help_walks_down_to_a_subcommand(program):
    """`gradient help config set` explains the innermost command."""
    page = program("help", "config", "set")

    assert "Usage: gradient config set [OPTIONS] NAME VALUE" in page


def test_help_of_nothing_is_the_overview(program):
    """`gradient help` and `gradient --help` say the same."""
    assert program("help") == program("--help") == overview.text()


@pytest.mark.parametrize("name", topics.TOPICS)
def test_a_topic_is_explained(program, name):
    """Each topic has a page that begins with its name."""
    assert program("help", name).startswith(f"{name}: ")


def test_exit_statuses_are_all_explained(program):
    """The topic lists every status that the program can end with."""
    page = program("help", "exit-status")

    rows = {int(row) for row in re.findall(r"^  (\d+)  ", page, re.MULTILINE)}
    assert rows == {int(status) for status in ExitStatus}


def test_an_unknown_topic_names_the_nearest(program):
    """A typing error is answered with what was probably meant."""
    with pytest.raises(UsageError, match='no help for "stdim"; did you mean stdin'):
        program("help", "stdim")


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_page_fits_its_terminal(program, columns):
    """No line but an example, a usage or a flag itself is wider than the terminal or 80."""
    page = program("help", "environment", columns=columns) + program("help", columns=columns)

    wide = [line for line in page.splitlines() if len(line) > min(columns, 80)]
    allowed = [*EXAMPLES[""], "NO_COLOR", "HTTPS_PROXY", "gradient respond", "Usage"]
    assert [line for line in wide if not any(word in line for word in allowed)] == []


def test_the_overview_knows_every_command():
    """Every command and topic can be found from the first page."""
    text = overview.text()

    assert all(f"  {name} " in text for name in COMMANDS)
    assert all(f"gradient help {name}" in text for name in topics.TOPICS)


def test_the_overview_needs_no_typer():
    """The first page comes without loading the command line library."""
    code = "import sys, gradient_cli.cli.pages.overview; print('typer' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize(
    ("redirection", "words"),
    [(">&-", "it is closed"), (">/dev/full", "no space left on device")],
)
def test_a_page_that_cannot_be_written_is_an_error_of_usage(redirection, words):
    """Not a traceback with status 1, which would mean that a model failed."""
    command = f'"{sys.executable}" -m gradient_cli --version {redirection}'

    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (2, f"gradient: cannot write to stdout: {words}\n")


def test_everything_is_told_as_json(home):
    """For programs: each command with its flags, and the statuses, from what runs."""
    status, out, _ = home.runs("help", "--json")
    found = json.loads(out)

    [respond] = [one for one in found["commands"] if one["command"] == "gradient respond"]
    names = {name for flag in respond["flags"] for name in flag["names"]}
    assert status == 0
    assert {"-m", "--model", "--json", "--max-time"} <= names
    assert {8} == {
        one["status"] for one in found["exit_statuses"] if "incomplete" in one["meaning"]
    }
    assert "gradient batch run" in {one["command"] for one in found["commands"]}


def test_words_beside_help_json_are_refused(home):
    """It tells everything; a word that did nothing would promise less."""
    assert home.runs("help", "respond", "--json")[0] == 2


SHORT = ["", "respond", "check", "batch", "batch run", "decide", "mock", "models", "config set"]


@pytest.mark.parametrize("path", SHORT)
def test_a_short_page_fits_a_screen(home, path):
    """24 rows of 80 columns: examples, the flags that people use, where the rest is."""
    status, page, _ = home.runs(*path.split(), "-h")

    assert status == 0
    assert len(page.splitlines()) <= short_page.ROWS - 1  # the prompt wants a row, too
    assert [line for line in page.splitlines() if len(line) > 80] == []
    assert EXAMPLES[path][0] in page


def test_the_short_page_names_flags_that_exist(home):
    """Each of the flags that are called the most used is on the whole page, and shown."""
    for path, names in short_page.USED.items():
        whole, short = home.runs(*path.split(), "--help")[1], home.runs(*path.split(), "-h")[1]
        shown = {row.split()[0].rstrip(",") for row in short.splitlines() if row.startswith("  -")}
        assert [name for name in names if not re.search(rf"{name}\b", whole)] == []
        assert len(shown) == len(names)


@pytest.mark.real
def test_every_setting_is_explained(home):
    """`gradient help settings` and the man page name each key, and no other."""
    from gradient_cli.cli.pages.reference import SETTINGS
    from gradient_cli.settings.setting_keys import KEYS

    assert [name for name, _ in SETTINGS] == list(KEYS)
    assert all(name in home.runs("help", "settings")[1] for name in KEYS)


def test_the_schema_of_the_result_is_printed(home):
    """For programs: it is JSON, and where it is found is said in help and man page."""
    status, stdout, _ = home.runs("help", "result-schema")

    assert (status, json.loads(stdout)["title"]) == (0, "The result of `gradient respond --json`")
    assert "gradient help result-schema" in " ".join(home.runs("help", "formats")[1].split())
    for page in ("docs/asking.md", "man/gradient.1"):
        assert "result.schema.json" in (ROOT / page).read_text().replace("\\", "")


@pytest.mark.parametrize("topic", ["settings", "threads", "tools"])
def test_a_topic_stands_in_the_manual_too(home, topic):
    """One text, two places."""
    status, stdout, _ = home.runs("help", topic)

    assert (status, stdout.startswith(f"{topic}: ")) == (0, True)
    assert f".SH {topic.upper()}" in (ROOT / "man" / "gradient.1").read_text()


def test_an_example_in_a_description_keeps_its_lines():
    """Prose is wrapped to the width; what is indented is somebody's code."""
    words = "word " * 30
    command = TyperCommand("any", help=f"{words}\n\n    one --flag\n    two | three  \n\nRaises: x")

    text = description(command, 60)

    prose, example = text.split("\n\n")
    assert prose.split() == words.split()
    assert max(map(len, prose.splitlines())) <= 60
    assert example == "    one --flag\n    two | three"
