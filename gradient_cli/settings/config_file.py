"""
config.toml: defaults for any request or network option, and named profiles.

    model = "llama3.3-70b-instruct"        top level: for every run
    [profiles.review]                      for runs with `-p review`
    instructions = "@review.md"            relative to this file

Reading is strict: a mistake is an error that names file, line and what would be right.
The file is never replaced by reading it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from gradient_cli.errors import ConfigError
from gradient_cli.settings.paths import LONGEST_FILE, expanded
from gradient_cli.settings.setting_keys import KEYS, ONLY_AT_TOP, ONLY_IN_PROFILE, PATHS, nearest
from gradient_cli.values import record
from gradient_cli.wire.address import DEFAULT_URL, normalised
from gradient_cli.wire.encodings import conversion, wide_name
from gradient_cli.wire.json import Json

DEMO = "demo"
DEMO_URL = "demo:"
"""Stands for the mock inside this process; whoever opens the client puts its address there."""
BUILT_IN_PROFILES: Mapping[str, Mapping[str, Json]] = {
    DEMO: {"base_url": DEMO_URL, "model": "demo"}
}


@record
class Config:
    """What a config.toml says; empty where there is no file."""

    path: Path
    exists: bool = False
    top: Mapping[str, Json] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


def read_config(path: Path) -> Config:
    """
    Read and check a config.toml; a file that is not there is an empty one.

    Raises:
        ConfigError: it cannot be read, is no TOML, or has an unknown key or a wrong value.

    """
    text = read_text(path)
    return Config(path) if text is None else check_text(text, path)


def check_text(text: str, path: Path) -> Config:
    """
    Read and check the text of a config.toml; `path` is for errors and for what it names.

    Raises:
        ConfigError: it is no TOML, or has an unknown key or a wrong value.

    """
    table = parse_toml(text, path)
    profiles = table.pop("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(v, dict) for v in profiles.values()):
        raise _fault(path, text, ("profiles",), "`profiles` must hold tables: [profiles.NAME]")
    check = _Checker(path, text)
    return Config(
        path,
        exists=True,
        top=check.table(table, ()),
        profiles={name: check.table(t, ("profiles", name)) for name, t in profiles.items()},
    )


def profile_values(config: Config, profile: str | None) -> Mapping[str, Json]:
    """Give what a profile itself sets; a user's `demo` is laid over the built-in one."""
    if profile is None:
        return {}
    return {**BUILT_IN_PROFILES.get(profile, {}), **config.profiles.get(profile, {})}


def endpoint_of(config: Config, profile: str | None) -> str:
    """
    Give the endpoint that the settings file means by a profile, or by none.

    It is what the keys of that profile belong to, wherever this run goes.
    """
    own = profile_values(config, profile).get("base_url") or config.top.get("base_url")
    if own is None or own == DEMO_URL:
        return own or DEFAULT_URL
    return normalised(own, "base_url")


def read_text(path: Path) -> str | None:
    """
    Give the text of a settings file, or None if there is none.

    Raises:
        ConfigError: it cannot be read, is too large, or is not UTF-8.

    """
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigError("the name of a settings file has a NUL in it") from None
    if len(data) > LONGEST_FILE:
        raise ConfigError(f"{path} is larger than {LONGEST_FILE} bytes: no settings file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8: bad byte at offset {error.start}",
            hint=conversion(wide_name(data), str(path)),
        ) from None


def parse_toml(text: str, path: Path) -> dict[str, Json]:
    """
    Give the tables of a TOML text.

    Raises:
        ConfigError: names file, line and column, and nothing of the content.

    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        place = re.search(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$", words)
        reason = words[: place.start()] if place else words
        line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
        column = f":{place[2]}" if place and place[2] else ""
        raise ConfigError(
            f"{path}:{line}{column}: {reason[:1].lower()}{reason[1:]}",
            hint="texts need quotes; see https://toml.io",
        ) from None
    except ValueError:
        raise ConfigError(f"{path} holds a number of thousands of digits") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply") from None


class _Checker:
    """Checks the tables of one file."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def table(self, table: Mapping[str, Json], where: tuple[str, ...]) -> dict[str, Json]:
        """Give a table's values, checked, with paths made absolute."""
        return {key: self._value(key, value, where) for key, value in table.items()}

    def _value(self, key: str, value: Json, where: tuple[str, ...]) -> Json:
        kind = KEYS.get(key)
        if kind is None:
            raise self._fault(where, key, *unknown_key(key))
        if where and key in ONLY_AT_TOP:
            raise self._fault(where, key, f"`{key}` stands at the top level, outside of profiles")
        if not where and key in ONLY_IN_PROFILE:
            raise self._fault(where, key, f"`{key}` stands in a profile: [profiles.NAME]")
        if not kind.accepts(value):
            raise self._fault(where, key, wrong_value(key, value))
        if kind.is_list and not isinstance(value, list):
            return [value]
        return self._from_here(key, value)

    def _from_here(self, key: str, value: Json) -> Json:
        """Make what a value says of files relative to the file that says it."""
        folder = self._path.parent
        if key in PATHS:
            return str(folder / expanded(value, f"{self._path}: `{key}`"))
        if key == "instructions" and value.startswith("@") and not value.startswith("@@"):
            return f"@{folder / expanded(value[1:], f'{self._path}: `{key}`')}"
        return value

    def _fault(
        self, where: tuple[str, ...], key: str, message: str, hint: str | None = None
    ) -> ConfigError:
        return _fault(self._path, self._text, (*where, key), message, hint)


def unknown_key(key: str) -> tuple[str, str | None]:
    """Give (message, hint) for a key that is in no table."""
    if re.fullmatch(r"(\w*[_-])?(api_?key|key|token|secret|password)", key, re.IGNORECASE):
        return f'unknown key "{key}"', "a secret is stored by `gradient auth login`"
    if near := nearest(key.replace("-", "_"), KEYS):
        return f'unknown key "{key}"; did you mean {near}?', None
    return f'unknown key "{key}"', f"known: {', '.join(sorted([*KEYS, 'profiles']))}"


def wrong_value(key: str, value: Json) -> str:
    """Give the message for a value that its key does not take; an address is not repeated."""
    shown = "" if key == "base_url" else f" is {_brief(value)}; it"
    return f"`{key}`{shown} must be {KEYS[key].words}"


def _brief(value: Json) -> str:
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= 60 else text[:60] + "…"


def _fault(
    path: Path, text: str, key: tuple[str, ...], message: str, hint: str | None = None
) -> ConfigError:
    line = find_line(text, key)
    place = f"{path}:{line}" if line else str(path)
    return ConfigError(f"{place}: {message}", hint=hint)


def find_line(text: str, key: tuple[str, ...]) -> int | None:
    """
    Give the line (from 1) on which a key of a valid TOML text is set, or its table begins.

    tomllib does not say. An inline table is found by the line on which it begins.
    """
    best: tuple[int, int] | None = None
    for number, found in _assignments(text):
        if found[: len(key)] == key:
            return number
        depth = len(found)
        if key[:depth] == found and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def lines_outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """Give TOML's lines with their numbers, but for those within a text of several lines."""
    quotes = ""
    for number, line in enumerate(text.split("\n"), 1):
        if quotes:
            # Such a line may look like anything.
            quotes = "" if quotes in line else quotes
            continue
        yield number, line
        quotes = next((q for q in ('"""', "'''") if line.count(q) % 2), "")


def _assignments(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give (line, key path) of each table header and assignment."""
    table: tuple[str, ...] = ()
    for number, line in lines_outside_texts(text):
        if header := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$", line):
            table = _path(header[1])
            yield number, table
        elif assignment := re.match(rf"\s*({KEY_PATTERN}(?:\s*\.\s*{KEY_PATTERN})*)\s*=", line):
            yield number, (*table, *_path(assignment[1]))


KEY_PATTERN = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(KEY_PATTERN, dotted))
