"""A schema from what the user gave: a file, JSON, or the short form."""

import os
from collections.abc import Callable
from typing import Protocol

from gradient_cli.errors import UsageError
from gradient_cli.expect.schema import Schema, make_schema
from gradient_cli.expect.short_form import from_short_form
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse
from gradient_cli.wire.surrogates import is_whole

Fill = Callable[[Json, str], Json]
"""Fills the variables of a schema; takes its name for errors."""


class Files(Protocol):
    """Where a schema's file is looked for."""

    def is_file(self, name: str) -> bool:
        """Tell whether there is such a file."""

    def read_short(self, name: str) -> str:
        """Give its text."""

    def path(self, name: str) -> str:
        """Give its path for messages."""


class UserFiles:
    """The files that the user names on the command line."""

    def is_file(self, name: str) -> bool:
        """Tell whether there is such a file; a short form can be longer than any file's name."""
        return os.path.exists(name) and not os.path.isdir(name)  # A shell's <(...) is a pipe.

    def read_short(self, name: str) -> str:
        """Give its text."""
        return read_short_file(name)

    def path(self, name: str) -> str:
        """Give its path for messages."""
        return name


def load_schema(
    given: str, flag: str = "--schema", files: Files | None = None, fill: Fill | None = None
) -> Schema:
    """
    Give the schema.

    Raises:
        UsageError: there is no such file, or it is no sound schema.

    """
    files = files or UserFiles()
    text = given.strip()

    def made(definition: Json, source: str) -> Schema:
        return make_schema(fill(definition, source) if fill else definition, source)

    if not is_whole(text) and not files.is_file(text.removeprefix("@")):
        raise UsageError(f"{flag} is not UTF-8")
    is_json = text.startswith(("{", "[")) and not text.startswith("{{")
    if is_json or text in {"true", "false"}:
        return made(_parse(text, flag), flag)
    text = str(fill(text, flag)) if fill else text
    name = text.removeprefix("@")
    if files.is_file(name):
        path = files.path(name)
        return made(_parse(files.read_short(name), f'"{path}"'), path)
    if text.endswith(".json") or text.startswith("@") or "/" in text.split(":")[0].split(" ")[0]:
        raise UsageError(f'cannot read "{files.path(name)}": no such file')
    return make_schema(from_short_form(text, flag), flag)


def _parse(text: str, source: str) -> Json:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{source} is not JSON: {error}") from None
