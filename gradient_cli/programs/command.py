"""
NAME=COMMAND: a program that the command line gives a name.

COMMAND is split as a shell would and started without one: no `$`, no `|`, no `;` in it means
anything, and nothing that a model says can become a word of it.
"""

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.values import record


@record
class Command:
    """A program by the name that others call it by."""

    name: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        """The first word, for messages."""
        return self.words[0]


def named_commands(
    flag: str, texts: Iterable[str], environ: Mapping[str, str], *, will_start: bool = True
) -> dict[str, Command]:
    """
    Give the commands of a repeatable flag by their names.

    `will_start`: they are to be started; else, as in a replay, none need be there.

    Raises:
        UsageError: one is not NAME=COMMAND, stands twice, or its program is not there.

    """
    found: dict[str, Command] = {}
    for text in texts:
        command = _command(flag, text, environ, will_start=will_start)
        if command.name in found:
            raise UsageError(f"{flag}: {command.name} is there twice")
        found[command.name] = command
    return found


def _command(flag: str, text: str, environ: Mapping[str, str], *, will_start: bool) -> Command:
    name, sign, line = text.partition("=")
    name = name.strip()
    if not sign or not name or any(c.isspace() for c in name):
        raise UsageError(
            f'{flag} "{text}": it is NAME=COMMAND', hint=f"{flag} 'compiles=python3 compiles.py'"
        )
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{flag} {name}: {str(error).lower()}") from None
    if not words or not words[0]:
        raise UsageError(f"{flag} {name}: there is no command behind the =")
    if will_start and shutil.which(words[0], path=environ.get("PATH", os.defpath)) is None:
        raise UsageError(f'{flag} {name}: {_why(words[0])}: "{words[0]}"', hint=_hint(words))
    return Command(name, tuple(words))


def _why(program: str) -> str:
    """Say why a program cannot be run."""
    if os.sep not in program:
        return "there is no such program on the PATH"
    if not Path(program).exists():
        return "there is no such program"
    return "it may not be executed"


def _hint(words: list[str]) -> str | None:
    """Give the way out where a shell's own language was meant."""
    if "=" in words[0]:
        return "no shell reads it: begin with `env NAME=VALUE`"
    if os.sep not in words[0] and Path(words[0]).is_file():
        return f"./{words[0]} names the file in this folder"
    return None
