"""What a report of suites says to do can be done there: with keys, and with flags that it has."""

import ast
import re
from pathlib import Path

import pytest

import gradient_cli
from gradient_cli.check.remedies import in_suite_words
from gradient_cli.cli.pages.command_tree import read_tree

HOUSE = Path(gradient_cli.__file__).parent
SOURCES = [
    *(HOUSE / "transport").glob("*.py"),
    *(HOUSE / "ask" / f"{name}.py" for name in ("flaws", "exchange", "client")),
    HOUSE / "errors.py",
    HOUSE / "check" / "judge.py",
]
"""Where what goes wrong with an answer gets its remedy."""


def remedies() -> set[str]:
    """Give every text that is a hint, or stands in a constant that may be one."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            is_hint = isinstance(node, ast.keyword) and node.arg == "hint"
            kinds = (ast.Assign, ast.Return) if path.stem == "faults" else ast.Assign
            is_value = isinstance(node, kinds) and node.value is not None
            if not (is_hint or is_value):
                continue
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.add(part.value)
    return {text for text in found if re.search(r"(?<![\w-])--[a-z]", text)}


def flags_of_check() -> set[str]:
    """Give the flags that the command has."""
    (check,) = [node for node in read_tree().children if node.path[-1] == "check"]
    return {name for flag in check.flags for name in (*flag.names, *flag.negations)}


@pytest.mark.real
def test_remedies_are_found():
    """The search below is not asleep."""
    assert len(remedies()) > 15
    assert "raise --max-output-tokens, or accept it with --allow-incomplete" in remedies()


@pytest.mark.real
@pytest.mark.parametrize("text", sorted(remedies()))
def test_a_remedy_names_no_flag_that_check_lacks(text):
    """Whatever went wrong with an answer."""
    said = in_suite_words(text) or ""

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", said)) - flags_of_check() == set()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "raise --max-output-tokens, or accept it with --allow-incomplete",
            "raise `max_output_tokens` of the test",
        ),
        ("try again, or accept it with --allow-incomplete", "try again"),
        ("--no-stream asks for the whole answer at once",
         "`stream = false` asks for the whole answer at once"),
        ("`--dry-run` shows the body that is sent", "`--json` shows the body that is sent"),
        (
            "--votes 5 asks five times and takes the share of the label instead",
            "`votes = 5` asks five times and takes the share of the label instead",
        ),
        ("--timeout SECONDS sets how long", "--timeout SECONDS sets how long"),
        (None, None),
        ("", ""),
    ],
)  # fmt: skip
def test_flags_become_keys(said, words):
    """And what both have stays."""
    assert in_suite_words(said) == words
