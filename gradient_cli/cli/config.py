"""
`gradient config path | show | set | unset`: settings, and where each value comes from.
"""

from typing import Annotated

import typer

from gradient_cli.cli.app import new_app
from gradient_cli.runs import config

app = new_app(help="Show and change settings.")

Profile = Annotated[
    str | None,
    typer.Option("-p", "--profile", metavar="NAME", help="a profile of the settings"),
]


@app.command(name="path", help="Print where config.toml is, or would be.")
def path(ctx: typer.Context) -> int:
    """Print the path, whether the file is there or not."""
    return config.path(ctx.obj)


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
    return config.show(profile, ctx.obj, is_json=json)


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
    return config.set_key(key, value, profile, ctx.obj)


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
    return config.unset_key(key, profile, ctx.obj)
