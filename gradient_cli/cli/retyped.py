"""
The line that would have worked: what was typed, put right, so that it can be pasted.

    gradient hi -m x                gradient respond -m x hi
    gradient respond say it twice   gradient respond 'say it twice'
    gradient respond -- -5 below    gradient respond -- '-5 below'
"""

import shlex
from collections.abc import Container, Sequence

from gradient_cli.settings.spelling import SWITCHES, WITH_VALUE

LONGEST_LINE = 200
"""Characters; what is longer is no help as a line, so its prompt is left out."""


def split(
    argv: Sequence[str],
    with_value: Container[str] = WITH_VALUE,
    switches: Container[str] = SWITCHES,
) -> tuple[list[str], list[str]]:
    """
    Give the flags, with their values, and the other words of a command's arguments.

    A word with a dash that is no flag of these is one of the other words.
    """
    flags: list[str] = []
    words: list[str] = []
    rest = iter(argv)
    for word in rest:
        if word == "--":
            words.extend(rest)
        elif takes := takes_value(word, with_value, switches):
            flags.append(word)
            flags.extend([next(rest, "")] if takes == "next" else [])
        else:
            words.append(word)
    return flags, words


def takes_value(word: str, with_value: Container[str], switches: Container[str]) -> str:
    """Tell whether a word is a flag (`itself`) whose value is the `next` word; "" if it is none."""
    name, equals, _ = word.partition("=")
    if name in with_value:
        return "itself" if equals and name.startswith("--") else "next"
    if name in switches:
        return "" if equals else "itself"
    letters = word[1:] if word[:1] == "-" and word[:2] != "--" else ""
    for position, letter in enumerate(letters, 1):
        if f"-{letter}" in with_value:
            return "itself" if letters[position:] else "next"
        if f"-{letter}" not in switches:
            return ""
    return "itself" if letters else ""


def line(command: str, flags: Sequence[str], words: Sequence[str]) -> str:
    """
    Give a command with its flags and one prompt made of the words, quoted for a shell.

    A line that is long or does not print is given with `…` for its prompt.
    """
    prompt = " ".join(words)
    dashes = ["--"] if prompt.startswith("-") and prompt != "-" else []
    whole = " ".join([command, shlex.join([*flags, *dashes, *([prompt] if words else [])])])
    if len(whole) <= LONGEST_LINE and whole.isprintable():
        return whole.strip()
    return f'{command} "…"'
