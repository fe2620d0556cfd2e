"""A schema from what the user gave: a file, JSON, or the short form."""

import os
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.expect.schema import Schema, make_schema
from gradient_cli.expect.short_form import from_short_form
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse


def load_schema(given: str, flag: str = "--schema", folder: Path | None = None) -> Schema:
    """
    Give the schema; a file's path is relative to `folder`.

    Raises:
        UsageError: there is no such file, or it is no sound schema.

    """
    text = given.strip()
    if text.startswith(("{", "[")) or text in {"true", "false"}:
        return make_schema(_parse(text, flag), flag)
    path = (folder or Path()) / text.removeprefix("@")
    if os.path.isfile(path):  # A short form can be longer than any file's name.
        return make_schema(_parse(read_short_file(str(path)), f'"{path}"'), str(path))
    if text.endswith(".json") or text.startswith("@") or "/" in text.split(":")[0].split(" ")[0]:
        raise UsageError(f'cannot read "{path}": no such file')
    return make_schema(from_short_form(text, flag), flag)


def _parse(text: str, source: str) -> Json:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{source} is not JSON: {error}") from None
