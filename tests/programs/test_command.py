"""NAME=COMMAND: split as a shell would, started without one, and looked for at once."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.programs.command import named_commands

HERE = {"PATH": "/usr/bin:/bin"}


def test_words_are_split_as_a_shell_would():
    """And nothing in them means anything."""
    found = named_commands("--run-check", ["sql=sh -c 'a b' $HOME \"x;y\"", "c=cat"], HERE)

    assert list(found) == ["sql", "c"]
    assert found["sql"].words == ("sh", "-c", "a b", "$HOME", "x;y")
    assert found["c"].program == "cat"


def test_a_command_may_have_signs_of_equality():
    """The first one ends the name."""
    assert named_commands("--f", ["n=env A=1 cat"], HERE)["n"].words == ("env", "A=1", "cat")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cat", "it is NAME=COMMAND"),
        ("=cat", "it is NAME=COMMAND"),
        ("my check=cat", "it is NAME=COMMAND"),
        ("a=", "there is no command"),
        ("a=''", "there is no command"),
        ("a=cat 'x", "no closing quotation"),
        ("a=nowhere-to-be-found x", "no such program on the PATH"),
        ("a=./nowhere", "there is no such program"),
        ("a=/etc/passwd", "may not be executed"),
        ("a=A=1 cat", "no such program"),
    ],
)
def test_what_is_none_is_refused(text, words):
    """Before anything is sent, naming the flag."""
    with pytest.raises(UsageError, match=words) as caught:
        named_commands("--run-check", [text], HERE)

    assert caught.value.message.startswith("--run-check ")


def test_a_name_stands_once():
    """Which of the two was meant nobody knows."""
    with pytest.raises(UsageError, match="a is there twice"):
        named_commands("--run-check", ["a=cat", "a=true"], HERE)
