"""
`gradient config path | show | set | unset`: settings, and where each value comes from.
"""

from collections.abc import Iterator
from typing import Annotated

import typer

from gradient_cli.commands.app import new_app
from gradient_cli.commands.invocation import Invocation
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.tables import aligned
from gradient_cli.settings.paths import config_path
from gradient_cli.settings.resolve import Settings, resolve
from gradient_cli.terminal.sanitize import visible
from gradient_cli.wire.address import without_password
from gradient_cli.wire.json import Json, dumps, line

app = new_app(help="Show and change settings.")

Profile = Annotated[
    str | None,
    typer.Option("-p", "--profile", metavar="NAME", help="a profile of the settings"),
]


@app.command(name="path", help="Print where config.toml is, or would be.")
def path(ctx: typer.Context) -> int:
    """Print the path, whether the file is there or not."""
    invocation: Invocation = ctx.obj
    invocation.terminal.write(f"{config_path(invocation.environ)}\n")
    return ExitStatus.OK


@app.command(name="show", help="Print each setting that applies, and where it was set.")
def show(
    ctx: typer.Context,
    profile: Profile = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> int:
    """
    Print the settings of a run without flags. Keys are no settings: `auth status` is theirs.

    Raises:
        ConfigError: the file is broken, or there is no such profile.

    """
    invocation: Invocation = ctx.obj
    settings = resolve({"profile": profile}, invocation.environ)
    for warning in settings.warnings:
        invocation.terminal.note(f"warning: {warning}")
    text = line(_document(settings)) + "\n" if json else _listing(settings)
    invocation.terminal.write(text)
    return ExitStatus.OK


@app.command(name="set", help="Set a key in config.toml; comments stay.")
def set_key(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="such as model or params.seed")],
    value: Annotated[
        list[str], typer.Argument(metavar="VALUE...", help="the value; several for a list")
    ],
    profile: Profile = None,
) -> int:
    """
    Check a value and write it.

    Raises:
        UsageError: no such key, or a value it does not take.
        ConfigError: the file is broken or cannot be written.

    """
    from gradient_cli.settings.edit import parse_path, parse_value, set_value

    where = parse_path(key, profile)
    set_value(config_path(ctx.obj.environ), where, parse_value(where, value))
    return ExitStatus.OK


@app.command(name="unset", help="Take a key, or a whole profile, out of config.toml.")
def unset_key(
    ctx: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="such as model or profiles.local.base_url")
    ],
    profile: Profile = None,
) -> int:
    """
    Delete a key.

    Raises:
        UsageError: no such key, or it is not set in the file.
        ConfigError: the file is broken or cannot be written.

    """
    from gradient_cli.settings.edit import parse_path, unset_value

    where = parse_path(key, profile)
    file = config_path(ctx.obj.environ)
    if not unset_value(file, where):
        raise UsageError(
            f"`{'.'.join(where)}` is not set in {file}",
            hint="`gradient config show` says where each value comes from",
        )
    return ExitStatus.OK


def _listing(settings: Settings) -> str:
    state = "" if settings.config.exists else " (not there)"
    head = f"# {settings.config.path}{state}\n"
    if settings.profile:
        head += f"# profile {dumps(settings.profile)}\n"
    return head + aligned(_rows(settings))


def _rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """Give lines of TOML, each with its source as the comment behind it."""
    for name, value in settings.values.items():
        where = f"# {value.source}"
        if isinstance(value.value, dict):
            yield from ((f"{name}.{key} = {_toml(v)}", where) for key, v in value.value.items())
        else:
            yield f"{name} = {_toml(_shown(name, value.value))}", where


def _shown(name: str, value: Json) -> Json:
    """Give a value as it may be shown: a proxy's URL may hold a password."""
    return without_password(value) if name == "proxy" and isinstance(value, str) else value


def _toml(value: Json) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{dumps(key)} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return visible(dumps(value))


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
