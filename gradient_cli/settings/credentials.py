"""
Keys: what holds one, where they are read from, and what they belong to.

    key                                      a secret from `gradient auth login`,
    endpoint = "https://…"                   and where it may be sent
    [profiles.local]
    key, endpoint                            the same for a profile

Nothing here puts a key into a message: errors name the source.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from gradient_cli.errors import ConfigError, CredentialError, UsageError, run_timed_out
from gradient_cli.settings.config_file import parse_toml
from gradient_cli.settings.paths import LONGEST_FILE, credentials_path
from gradient_cli.settings.privacy import readable_by_others
from gradient_cli.values import record
from gradient_cli.wire.json import Json

if TYPE_CHECKING:
    from gradient_cli.programs.running import Done

COMMAND_TIMEOUT_S = 30
LONGEST_KEY = 16 * 1024
"""Bytes; a file that is longer before its first line ends is no key."""
_SHOWN_FROM = 12
"""Characters from which on the last four say nothing about the rest."""


class Secret:
    """A text that shows itself only to `reveal`: not in repr, not in a format, not in a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself."""
        return self._text

    def hint(self) -> str:
        """Give what people may see: the last four characters of a long one."""
        return f"…{self._text[-4:]}" if len(self._text) >= _SHOWN_FROM else "…"

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not stored")


@record
class Credential:
    """The key for a request, and where it came from."""

    secret: Secret | None
    """None: the request is sent without one."""
    source: str
    """Such as `$MODEL_ACCESS_KEY`; where there is none, why."""
    warning: str | None = None
    """A line for the user: others can read the file that holds it."""


@record
class Stored:
    """A key in credentials.toml."""

    secret: Secret
    endpoint: str | None = None
    """The base URL that it was stored for."""


@record
class Credentials:
    """What a credentials.toml holds."""

    path: Path
    keys: Mapping[str | None, Stored] = field(default_factory=dict)
    """By profile; None is for runs without one."""
    warning: str | None = None
    """A line for the user: others can read the file."""


def read_credentials(environ: Mapping[str, str]) -> Credentials:
    """
    Read credentials.toml; a file that is not there is an empty one.

    Raises:
        ConfigError: it cannot be read or is not of its form; nothing of it is repeated.

    """
    path = credentials_path(environ)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(LONGEST_FILE).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return Credentials(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8", hint=_AGAIN) from None
    table = parse_toml(text, path)
    profiles = profile_tables(table, path)
    table.pop("profiles", None)
    tables: list[tuple[str | None, Mapping[str, Json]]] = [(None, table), *profiles.items()]
    keys = {name: _stored(path, name, table) for name, table in tables if table}
    return Credentials(path, keys, readable_by_others(path, mode))


def profile_tables(table: Mapping[str, Json], path: Path) -> dict[str, Json]:
    """
    Give the tables of the profiles in credentials.toml.

    Raises:
        ConfigError: they are none.

    """
    profiles = table.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(v, dict) for v in profiles.values()):
        raise ConfigError(f"{path}: `profiles` must hold tables", hint=_AGAIN)
    return profiles


_AGAIN = "delete the file and store the key again with `gradient auth login`"


def _stored(path: Path, profile: str | None, table: Mapping[str, Json]) -> Stored:
    place = f'the table of profile "{profile}"' if profile is not None else "its top level"
    if not table.keys() <= {"key", "endpoint"}:
        # An unknown name is not repeated: it may be a key in the wrong place.
        raise ConfigError(f"{path}: {place} may hold `key` and `endpoint` only", hint=_AGAIN)
    key, endpoint = table.get("key"), table.get("endpoint")
    if not isinstance(key, str) or not isinstance(endpoint, str | None):
        raise ConfigError(f"{path}: `key` and `endpoint` in {place} must be texts", hint=_AGAIN)
    return Stored(checked(key, source_of(profile)), endpoint)


def source_of(profile: str | None) -> str:
    """Give the words for a key that is stored in credentials.toml."""
    return "credentials.toml" if profile is None else f'credentials.toml, profile "{profile}"'


_PLACEHOLDER = (
    r"(?s)(?P<assigned>(?:export\s+|set\s+)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\s*=.+)"
    r"|\$\w+|\$\{.*\}|\$\(.*\)|<.*>|%\w+%|(?:sk-)?\.{3}|(?:YOUR|MY)[\w-]*KEY"
)
"""What is copied from a page in place of a key; a variable that no shell has filled in."""


_MARKS = ("$", "<", "%", "=", "...", "KEY")
"""One of which is in each of those; most keys have none, and cost no pattern."""


def _check_placeholder(text: str, source: str) -> None:
    import re

    if found := re.fullmatch(_PLACEHOLDER, text):
        what = "an assignment" if found["assigned"] else "a placeholder"
        raise CredentialError(
            f"{source} holds {what} in place of a key", hint="store the key alone, on one line"
        )


def checked(text: str, source: str) -> Secret:
    """
    Give a key that can stand in a header.

    Raises:
        CredentialError: it is empty, or has a space, a line end or a letter beyond ASCII.

    """
    text = text.strip()
    if not text:
        raise CredentialError(f"{source} holds no key")
    if any(mark in text for mark in _MARKS):
        _check_placeholder(text, source)
    if not text.isascii() or not text.isprintable() or " " in text:
        raise CredentialError(
            f"{source} holds no usable key: it has a space, a line end or a letter beyond ASCII",
            hint="store the key alone, on one line",
        )
    return Secret(text)


def from_file(name: str, flag: str, stdin: BinaryIO | None) -> Credential:
    """
    Read a key from the first line of a file; `-` is stdin.

    Raises:
        UsageError: the file cannot be read.
        CredentialError: it holds no usable key.

    """
    source = f"{flag} {name}"
    if name == "-":
        return from_stdin(stdin, source)
    try:
        with Path(name).open("rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(LONGEST_KEY)
    except OSError as error:
        raise UsageError(f'{flag} "{name}" cannot be read: {error.strerror}') from None
    # A pipe, such as a shell's <(...), is gone when it is read.
    is_kept = stat.S_ISREG(found.st_mode)
    warning = readable_by_others(Path(name), found.st_mode) if is_kept else None
    return Credential(checked(_first_line(data, source), source), source, warning)


def from_stdin(stdin: BinaryIO | None, source: str) -> Credential:
    """
    Read a key from the first line of stdin.

    Raises:
        UsageError: stdin is closed.
        CredentialError: no usable key came.

    """
    if stdin is None:
        raise UsageError(f"{source}: stdin is closed")
    try:
        line = _line(stdin)
    except OSError as error:
        raise UsageError(f"{source}: stdin cannot be read: {error.strerror}") from None
    return Credential(checked(_first_line(line, source), source), source)


def _line(stdin: BinaryIO) -> bytes:
    """Give the first line, even where nobody closes the pipe or the pipe is non-blocking."""
    import select

    # In memory, or on Windows, whose select() knows only sockets, the read itself waits.
    with suppress(OSError, ValueError):
        select.select([stdin], [], [])
    return stdin.readline(LONGEST_KEY)


def _first_line(data: bytes, source: str) -> str:
    try:
        return data.decode().lstrip("\ufeff").strip().partition("\n")[0]
    except UnicodeDecodeError:
        raise CredentialError(f"{source} holds no usable key: it is not text") from None


def from_command(
    command: str, source: str, environ: Mapping[str, str], left_s: float | None = None
) -> Credential:
    """
    Run a command, without a shell, and take the first line of its output for the key.

    It gets no stdin, which may be the prompt; a tool that asks does so on the terminal itself.

    Raises:
        ConfigError: it cannot be run.
        CredentialError: it failed, took longer than 30 s, or gave no usable key.
        TimedOut: it took longer than the run may, of which `left_s` seconds are left.

    """
    import shlex

    from gradient_cli.programs.running import run_program

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"{source} cannot be read: {str(error).lower()}") from None
    if not words:
        raise ConfigError(f"{source} is empty")
    longest_s = COMMAND_TIMEOUT_S if left_s is None else min(COMMAND_TIMEOUT_S, left_s)
    try:
        done = run_program(words, environ, longest_s, LONGEST_KEY, shares_terminal=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not runnable"
        raise ConfigError(f'{source} cannot run "{words[0]}": {reason}') from None
    if done.timed_out:
        if longest_s < COMMAND_TIMEOUT_S:
            raise run_timed_out()
        raise CredentialError(f'{source} gave no key within {COMMAND_TIMEOUT_S} s: "{words[0]}"')
    if done.status:
        raise CredentialError(_failure(source, words[0], done), hint="run the command by hand")
    return Credential(checked(_first_line(done.stdout, source), source), source)


def _failure(source: str, program: str, done: "Done") -> str:
    """Say why a command failed, by its own last words; its output may hold the key."""
    how = f"status {done.status}" if done.status > 0 else f"signal {-done.status}"
    words = " ".join(done.stderr.decode("utf-8", "replace").split())
    for secret in done.stdout.decode("utf-8", "replace").split():
        if len(secret) >= _SHOWN_FROM:
            words = words.replace(secret, "[output]")
    words = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)[-300:]
    return f'{source} failed: "{program}" ended with {how}' + (f": {words}" if words else "")
