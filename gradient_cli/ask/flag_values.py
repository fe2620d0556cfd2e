"""
What users write as flags, read: TEXT|@FILE, NAME=VALUE, KEY=JSON, FILE|JSON.

Every error names the flag, what was given and what is wanted.
"""

import os
import re
from collections.abc import Callable, Iterable

from gradient_cli.errors import UsageError
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse


def text_or_file(value: str, read: Callable[[str], str] = read_short_file) -> str:
    """
    Give the text, or the content of @FILE; `@@` begins a literal `@`.

    `read` gives the content of a file.

    Raises:
        UsageError: the file cannot be read, or the text is not UTF-8.

    """
    if value.startswith("@@"):
        return utf8(value[1:])
    return read(value[1:]) if value.startswith("@") else utf8(value)


def utf8(text: str) -> str:
    """
    Give a text of the command line, read as UTF-8 whatever the locale is.

    Raises:
        UsageError: it is not UTF-8. Python makes halves of characters from bytes that it cannot
            read, and JSON would carry them to a server that can do nothing with them.

    """
    if not _UNREAD_BYTES.search(text):
        return text
    try:
        return text.encode(errors="surrogateescape").decode()
    except UnicodeEncodeError:
        return text  # A suite's JSON has halves of its own.
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UsageError(
            f'"{_cut(text)}" is not UTF-8: byte 0x{byte:02x} at offset {error.start}',
            hint="convert it first, for example with iconv",
        ) from None


def utf8_name(path: str) -> str:
    """
    Give a file's name as it can stand in a request.

    Raises:
        UsageError: it is not UTF-8.

    """
    try:
        return utf8(path)
    except UsageError as error:
        error.message = f"the file name {error.message}"
        error.hint = "rename it, or give its text on stdin: -f - < FILE"
        raise


_UNREAD_BYTES = re.compile("[\udc80-\udcff]")


def pairs(flag: str, values: Iterable[str]) -> dict[str, str]:
    """
    Give NAME=VALUE pairs.

    Raises:
        UsageError: no `=`, no name before it, or a name that comes twice.

    """
    found: dict[str, str] = {}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign or not name:
            raise UsageError(f'{flag} "{_cut(value)}" is not NAME=VALUE')
        if name in found:
            raise UsageError(
                f"{flag} {_cut(name)} is given twice", hint="the first would be dropped unseen"
            )
        found[name] = text
    return found


def variables(values: Iterable[str]) -> dict[str, str]:
    """
    Give the variables of `--var NAME=VALUE|@FILE`.

    Raises:
        UsageError: no pair, or a file that cannot be read.

    """
    return {name: text_or_file(value) for name, value in pairs("--var", values).items()}


def json_pairs(flag: str, values: Iterable[str]) -> dict[str, Json]:
    """
    Give KEY=JSON pairs.

    Raises:
        UsageError: a value is no JSON.

    """
    return {
        name: parse_json(f"{flag} {name}", value) for name, value in pairs(flag, values).items()
    }


def parse_json(what: str, text: str) -> Json:
    """
    Give a JSON value.

    Raises:
        UsageError: it is none; names the place, and guesses at a text without its quotes.

    """
    try:
        return parse(text)
    except ValueError as error:
        bare = text.strip()
        is_word = bool(bare) and bare[0] not in '[{"' and "\n" not in bare
        hint = f"a text needs quotes: '\"{_cut(bare)}\"'" if is_word else None
        raise UsageError(f"{what} is not JSON: {error}", hint=hint) from None


def json_or_file(flag: str, value: str) -> Json:
    """
    Give a JSON value written in place, or the one in a file.

    Raises:
        UsageError: neither.

    """
    if value.lstrip()[:1] in {"{", "["}:
        return parse_json(flag, utf8(value))
    path = value.removeprefix("@")
    if not os.path.exists(path):
        raise UsageError(
            f'{flag} "{_cut(value)}" is neither JSON nor a file',
            hint=f"JSON begins with {{ or [; a file must exist: {_cut(path)}",
        )
    return parse_json(f'{flag} "{path}"', read_short_file(path))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def check_sure(name: str, sure: float | None) -> None:
    """
    Look at how sure one wants to be; `name` is that of the flag or the key.

    Raises:
        UsageError: it is out of range; the hint knows percents.

    """
    if sure is None or 0.5 <= sure <= 1:
        return
    hint = f"{name} {sure / 100:g} is {sure:g} %" if 50 <= sure <= 100 else None
    raise UsageError(f"{name} {sure:g} is out of range: 0.5 to 1", hint=hint)
