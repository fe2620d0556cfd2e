"""The completion scripts in the shells that read them. PowerShell's is not tried here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .shells import Shell

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "completions"

needs_fish = pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed here")
needs_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed here")

SETTINGS = 'model = "m"\n[profiles.review]\n[profiles.local]\n'

CASES = [
    ("gradient re", {"respond"}),
    ("gradient config s", {"show", "set"}),
    ("gradient respond --form", {"--format"}),
    ("gradient respond --color ", {"auto", "always", "never"}),
    ("gradient respond hi --no-str", {"--no-stream"}),
    ("gradient help exit", {"exit-status"}),
    ("gradient config set max_t", {"max_time"}),
    ("gradient respond -p ", {"demo", "review", "local"}),
    ("gradient respond -m llama", {"llama-8b", "llama-70b"}),
    ("gradient check --model g", {"gte-large"}),
    ("gradient respond --tool-choice a", {"auto"}),
]
"""what is typed -> what is offered, in every shell"""


@pytest.fixture
def environ(tmp_path):
    """An environment of its own with two profiles, where starting Python would be noticed."""
    settings = tmp_path / "config" / "gradient-cli" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS)
    settings.with_name("models.txt").write_text("llama-8b\nllama-70b\ngte-large\n")
    trap = tmp_path / "bin" / "gradient"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    trap.chmod(0o755)
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PATH": f"{trap.parent}:{os.environ['PATH']}",
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }


def in_bash(typed: str, environ: dict[str, str]) -> set[str]:
    """What bash's function answers for a line, without a terminal."""
    code = """
        compopt() { echo "compopt $*"; }
        . "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gradient
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    words = [word or "" for word in typed.split(" ")]
    done = subprocess.run(
        ["bash", "-c", code, "bash", str(SCRIPTS / "gradient.bash"), *words],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


@pytest.mark.sampled
@pytest.mark.parametrize(("typed", "offered"), CASES)
def test_bash_offers_what_fits(typed, offered, environ):
    """bash completes commands, flags and their values from the script alone."""
    assert in_bash(typed, environ) == offered


def test_bash_completes_a_value_after_an_equals_sign(environ):
    """readline splits --format=js into three words."""
    assert in_bash("gradient respond --format = js", environ) == {"json"}


def test_bash_leaves_files_to_readline(environ):
    """A flag that takes a file asks readline for file names."""
    assert in_bash("gradient respond -f ", environ) == {"compopt -o default"}


def test_bash_offers_no_flags_after_two_dashes(environ):
    """What follows -- is a prompt."""
    assert in_bash("gradient respond -- --", environ) == set()


@pytest.mark.real
def test_bash_completes_at_a_prompt(environ, tmp_path):
    """TAB in an interactive bash fills in a command, a flag, a file; no program is started."""
    (tmp_path / "notes of mine.md").write_text("")
    shell = Shell(["bash", "--norc", "--noprofile", "-i"], environ)
    try:
        shell.type(f"cd {tmp_path}; PS1='$ '; . {SCRIPTS}/gradient.bash; clear; echo rea''dy\n")
        shell.wait_for("ready")
        shell.type("gradient respo\t--json -f no\t")
        shell.wait_for("$ gradient respond --json -f notes\\ of\\ mine.md")
        shell.type("--form\tjs\t")
        shell.wait_for("--format json")
    finally:
        shell.close()
    assert not (tmp_path / "started").exists()


@needs_fish
@pytest.mark.real
def test_fish_offers_what_fits(environ, tmp_path):
    """fish's own `complete -C` gives the same words as bash."""
    lines = "; ".join(f"complete -C '{typed}'; echo ---" for typed, _ in CASES)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {SCRIPTS}/gradient.fish; {lines}"],
        env=environ, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip

    answers = done.stdout.split("---\n")[:-1]
    found = [{line.split("\t")[0] for line in answer.splitlines()} for answer in answers]
    assert found == [offered for _, offered in CASES]
    assert done.stderr == ""
    assert not (tmp_path / "started").exists()


@needs_zsh
@pytest.mark.real
def test_zsh_completes_at_a_prompt(environ, tmp_path):
    """TAB in an interactive zsh offers commands with their help, flags, values and files."""
    (tmp_path / "notes.md").write_text("")
    shell = Shell(["zsh", "-f", "-i"], environ)
    try:
        shell.type(
            f"cd {tmp_path}; fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D; "
            "PS1='%% '; clear; echo rea''dy\n"
        )
        shell.wait_for("ready")
        shell.type("gradient respo\t--json -f no\t")
        shell.wait_for("gradient respond --json -f notes.md")
        shell.type("--color=alw\t")
        shell.wait_for("--color=always")
        shell.type("--tool-choice req\t")
        shell.wait_for("--tool-choice required")
        shell.type("-p rev\t")
        shell.wait_for("-p review")
        shell.type("\x15gradient \t")
        shell.wait_for("-- Ask once; stdout is the answer.")
        shell.type("config \t")
        shell.wait_for("-- Print")
    finally:
        shell.close()
    assert not (tmp_path / "started").exists()
