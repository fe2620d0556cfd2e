"""
The settings: where they are, what applies and why, setting and unsetting a key.
"""

from collections.abc import Iterator, Sequence

from gradient_cli.ask.invocation import Invocation
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.tables import aligned
from gradient_cli.settings.paths import config_path
from gradient_cli.settings.resolve import Settings, resolve
from gradient_cli.wire.address import without_password
from gradient_cli.wire.json import Json, dumps, line


def path(invocation: Invocation) -> int:
    """Print the path of config.toml, whether the file is there or not."""
    invocation.terminal.say(str(config_path(invocation.environ)))
    return ExitStatus.OK


def show(profile: str | None, invocation: Invocation, *, is_json: bool) -> int:
    """
    Print the settings of a run without flags. Keys are no settings: `auth status` is theirs.

    Raises:
        ConfigError: the file is broken, or there is no such profile.

    """
    settings = resolve({"profile": profile}, invocation.environ)
    for warning in settings.warnings:
        invocation.terminal.note(f"warning: {warning}")
    if is_json:
        invocation.terminal.write_json(line(_document(settings)) + "\n")
    else:
        invocation.terminal.say(_listing(settings))
    return ExitStatus.OK


def set_key(key: str, value: Sequence[str], profile: str | None, invocation: Invocation) -> int:
    """
    Check a value and write it.

    Raises:
        UsageError: no such key, or a value it does not take.
        ConfigError: the file is broken or cannot be written.

    """
    from gradient_cli.settings.edit import parse_path, parse_value, set_value

    where = parse_path(key, profile)
    set_value(config_path(invocation.environ), where, parse_value(where, value))
    return ExitStatus.OK


def unset_key(key: str, profile: str | None, invocation: Invocation) -> int:
    """
    Delete a key.

    Raises:
        UsageError: no such key, or it is not set in the file.
        ConfigError: the file is broken or cannot be written.

    """
    from gradient_cli.settings.edit import parse_path, unset_value

    where = parse_path(key, profile)
    file = config_path(invocation.environ)
    if not unset_value(file, where):
        raise UsageError(
            f"`{'.'.join(where)}` is not set in {file}",
            hint="`gradient config show` says where each value comes from",
        )
    return ExitStatus.OK


def _listing(settings: Settings) -> list[str]:
    state = "" if settings.config.exists else " (not there)"
    head = [f"# {settings.config.path}{state}"]
    if settings.profile:
        head.append(f"# profile {dumps(settings.profile)}")
    return [*head, *aligned(_rows(settings))]


def _rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """Give lines of TOML, each with its source as the comment behind it."""
    for name, value in settings.values.items():
        where = f"# {value.source}"
        shown = _shown(name, value.value)
        if isinstance(shown, dict):
            yield from ((f"{name}.{key} = {_toml(v)}", where) for key, v in shown.items())
        else:
            yield f"{name} = {_toml(shown)}", where


def _shown(name: str, value: Json) -> Json:
    """Give a value as it may be shown: a proxy's URL may hold a password, a tool a token."""
    if name == "params":
        from gradient_cli.wire.tool_secrets import hidden

        return hidden(value)
    return without_password(value) if name == "proxy" and isinstance(value, str) else value


def _toml(value: Json) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{dumps(key)} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return dumps(value)


def _document(settings: Settings) -> dict[str, Json]:
    return {
        "path": str(settings.config.path),
        "exists": settings.config.exists,
        "profile": settings.profile,
        "profiles": sorted(settings.config.profiles),
        "settings": {
            name: {"value": _shown(name, value.value), "source": value.source}
            for name, value in settings.values.items()
        },
    }
