"""
`gradient auth login | status | logout`: the key, without ever showing it.
"""

from typing import Annotated

import typer

from gradient_cli.cli.app import new_app
from gradient_cli.cli.config import Profile
from gradient_cli.runs import auth

app = new_app(help="Log in, see who you are, log out.")


@app.command(name="login", help="Check a key and keep it in credentials.toml.")
def login(
    ctx: typer.Context,
    profile: Profile = None,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="read the key from stdin, without asking")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="whether the service is asked about the key")
    ] = True,
) -> int:
    """
    Read a key, ask the service about it, keep it, and offer models to choose from.

    Raises:
        UsageError: stdin is no terminal and --with-key is not given, or no key came.
        CredentialError: the service does not accept the key, or it cannot be one.
        GradientError: the service cannot be asked.

    """
    from gradient_cli.runs.login import Login

    return Login(ctx.obj, profile).run(is_piped=with_key, is_checked=check)


@app.command(name="status", help="Say which key is used, from where, for which endpoint.")
def status(
    ctx: typer.Context,
    profile: Profile = None,
    check: Annotated[
        bool, typer.Option("--check", help="ask the service whether the key works")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> int:
    """
    Print endpoint, key and model with their sources; never the key.

    Raises:
        CredentialError: there is no key where one is demanded, or it is not accepted.
        GradientError: the service cannot be asked.

    """
    return auth.status(profile, ctx.obj, is_checked=check, is_json=json)


@app.command(name="logout", help="Forget the key in credentials.toml.")
def logout(ctx: typer.Context, profile: Profile = None) -> int:
    """
    Delete the stored key; it stays valid at the service.

    Raises:
        ConfigError: the file is broken or cannot be written.

    """
    return auth.logout(profile, ctx.obj)
