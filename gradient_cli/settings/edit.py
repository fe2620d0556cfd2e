"""
`config set` and `config unset`, and what `auth login` keeps: changes that leave comments alone.

A key is written as a path: `model`, `profiles.local.base_url`, `params.seed`.
The text after a change is read as strictly as any other before it is written.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from gradient_cli.errors import ConfigError, UsageError
from gradient_cli.settings.config_file import (
    KEY_PATTERN,
    check_text,
    parse_toml,
    read_text,
    unknown_key,
    wrong_value,
)
from gradient_cli.settings.credentials import Secret, profile_tables
from gradient_cli.settings.file_change import change_file
from gradient_cli.settings.setting_keys import KEYS, ONLY_AT_TOP, ONLY_IN_PROFILE
from gradient_cli.wire.json import Json

KeyPath = tuple[str, ...]


def parse_path(text: str, profile: str | None = None) -> KeyPath:
    """
    Give the path of a key, below a profile if one is named.

    Raises:
        UsageError: there is no such key, or it does not stand there.

    """
    if not re.fullmatch(rf"{KEY_PATTERN}(\.{KEY_PATTERN})*", text):
        raise UsageError(f'"{text}" is no key', hint="such as model or profiles.local.base_url")
    path = tuple(part.strip("\"'") for part in re.findall(KEY_PATTERN, text))
    if profile and path[0] != "profiles":
        path = ("profiles", profile, *path)
    inner = path[2:] if path[0] == "profiles" else path
    if not inner:
        return path
    kind = KEYS.get(inner[0])
    if kind is None:
        message, hint = unknown_key(inner[0])
        raise UsageError(message, hint=hint)
    if len(path) > len(inner) and inner[0] in ONLY_AT_TOP:
        raise UsageError(f"`{inner[0]}` stands at the top level, outside of profiles")
    if len(path) == len(inner) and inner[0] in ONLY_IN_PROFILE:
        raise UsageError(
            f"`{inner[0]}` stands in a profile",
            hint=f"profiles.NAME.{inner[0]}, or add -p NAME",
        )
    if len(inner) > 1 and not kind.is_table:
        raise UsageError(f"`{inner[0]}` must be {kind.words}; it has no `{'.'.join(inner[1:])}`")
    return path


def parse_value(path: KeyPath, texts: Sequence[str]) -> Json:
    """
    Give the value for a key from the arguments of `config set`.

    Raises:
        UsageError: it is none for that key.

    """
    inner = path[2:] if path[0] == "profiles" else path
    if not inner:
        raise UsageError(f"`{'.'.join(path)}` is a table; name a key in it")
    key = inner[0]
    kind = KEYS[key]
    if kind.is_table and len(inner) == 1:
        raise UsageError(f"`{key}` is a table; name a key in it, such as {key}.name")
    if len(texts) != 1 and not kind.is_list:
        raise UsageError(f"`{key}` takes one value; quote it if it has spaces")
    try:
        value = list(texts) if kind.is_list else kind.parse(texts[0])
    except ValueError:
        raise _wrong(inner, texts[0]) from None
    if not kind.accepts(_nested(inner[1:], value)):
        raise _wrong(inner, value)
    return value


def _nested(path: KeyPath, value: Json) -> Json:
    for part in reversed(path):
        value = {part: value}
    return value


def _wrong(inner: KeyPath, value: Json) -> UsageError:
    if len(inner) == 1:
        return UsageError(wrong_value(inner[0], value))
    return UsageError(
        f"`{'.'.join(inner)}` does not fit: `{inner[0]}` must be {KEYS[inner[0]].words}",
        hint="a JSON value is a number, true, false, a list, an object, or a text "
        "in double quotes of its own",
    )


def set_value(path: Path, key: KeyPath, value: Json) -> None:
    """
    Set a key in config.toml; tables on the way are made.

    Raises:
        ConfigError: the file is broken, before or after, or cannot be written.

    """

    def change(text: str) -> str:
        document, plain = _parse(text, path)
        for tables in (document, plain):
            _table(tables, key[:-1])[key[-1]] = value
        return _checked(document, plain, path)

    change_file(path, change, keep_mode=True)


def add_profile(path: Path, name: str) -> None:
    """
    Make an empty profile in config.toml if there is none of that name.

    Raises:
        ConfigError: as in `set_value`.

    """

    def change(text: str) -> str:
        document, plain = _parse(text, path)
        for tables in (document, plain):
            _table(tables, ("profiles", name))
        return _checked(document, plain, path)

    change_file(path, change, keep_mode=True)


def unset_value(path: Path, key: KeyPath) -> bool:
    """
    Take a key, or a whole profile, out of config.toml; False if it is not there.

    Raises:
        ConfigError: as in `set_value`.

    """
    found = False

    def change(text: str) -> str:
        nonlocal found
        document, plain = _parse(text, path)
        found = _delete(document, key) and _delete(plain, key)
        return _checked(document, plain, path) if found else text

    if read_text(path) is not None:
        change_file(path, change, keep_mode=True)
    return found


def store_key(path: Path, profile: str | None, secret: Secret, endpoint: str) -> None:
    """
    Keep a key, and the endpoint that it belongs to, in credentials.toml.

    Raises:
        ConfigError: the file is broken or cannot be written.

    """

    def change(text: str) -> str:
        document, plain = _parse(text, path)
        profile_tables(plain, path)
        table = _table(document, () if profile is None else ("profiles", profile))
        table["key"] = secret.reveal()
        table["endpoint"] = endpoint
        return str(document.as_string())

    change_file(path, change, keep_mode=False)


def remove_key(path: Path, profile: str | None) -> bool:
    """
    Take a key out of credentials.toml; False if there is none. An empty file is deleted.

    Raises:
        ConfigError: the file is broken or cannot be written.

    """
    found = False

    def change(text: str) -> str | None:
        nonlocal found
        document, plain = _parse(text, path)
        profile_tables(plain, path)
        if profile is None:
            found = document.pop("key", None) is not None
            document.pop("endpoint", None)
        else:
            found = document.get("profiles", {}).pop(profile, None) is not None
        return str(document.as_string()) if _holds_something(document.unwrap()) else None

    if read_text(path) is not None:
        change_file(path, change, keep_mode=False)
    return found


def _holds_something(table: Json) -> bool:
    return any(_holds_something(v) if isinstance(v, dict) else True for v in table.values())


def _parse(text: str, path: Path) -> tuple[Any, dict[str, Json]]:
    """Give the document with its comments, and as plain tables; errors are `parse_toml`'s."""
    import tomlkit

    plain = parse_toml(text, path)
    return tomlkit.parse(text), plain


def _table(tables: Any, path: KeyPath) -> Any:
    """
    Give the table at a path, made if need be.

    Raises:
        UsageError: a value stands on the way.

    """
    for position, part in enumerate(path):
        if not isinstance(tables, MutableMapping):
            raise _in_the_way(path[:position])
        if part not in tables:
            # [profiles] itself stays unwritten; only [profiles.NAME] shows.
            tables[part] = _new_table(tables, is_super=position < len(path) - 1)
        tables = tables[part]
    if not isinstance(tables, MutableMapping):
        raise _in_the_way(path)
    return tables


def _in_the_way(path: KeyPath) -> UsageError:
    name = ".".join(path)
    return UsageError(
        f"`{name}` is a value in the file, so there is no key below it",
        hint=f"`gradient config unset {name}` takes it out",
    )


def _new_table(parent: Any, *, is_super: bool) -> Any:
    """Give an empty table of the parent's own make: plain, inline, or a document's."""
    import tomlkit
    from tomlkit.items import InlineTable

    if type(parent) is dict:
        return {}
    if isinstance(parent, InlineTable):
        return tomlkit.inline_table()
    return tomlkit.table(is_super_table=is_super)


def _delete(tables: Any, key: KeyPath) -> bool:
    """Take a key out; False if it is not there."""
    for part in key[:-1]:
        tables = tables.get(part) if isinstance(tables, Mapping) else None
    if not isinstance(tables, MutableMapping) or key[-1] not in tables:
        return False
    del tables[key[-1]]
    return True


def _checked(document: Any, plain: dict[str, Json], path: Path) -> str:
    """Give the document's text, once it reads as what was meant."""
    text = str(document.as_string())
    check_text(text, path)
    if _without_empty(parse_toml(text, path)) != _without_empty(plain):
        raise ConfigError(
            f"{path} is written in a way that cannot be changed from here", hint="edit it by hand"
        )
    return text


def _without_empty(table: Json) -> Json:
    """Leave out empty tables: taking the last key out of one may take it out, too."""
    if not isinstance(table, dict):
        return table
    inner = {name: _without_empty(value) for name, value in table.items()}
    return {name: value for name, value in inner.items() if value != {}}
