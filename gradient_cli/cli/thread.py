"""`gradient thread [FILE]`: a conversation, as it was said."""

from typing import Annotated

import typer

from gradient_cli.cli.app import new_app
from gradient_cli.cli.config import Profile
from gradient_cli.runs.thread import run

app = new_app()


@app.command(name="thread", help="Show a conversation that a file keeps.")
def thread(
    ctx: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="the conversation; without it $GRADIENT_THREAD"),
    ] = None,
    profile: Profile = None,
) -> int:
    """
    Print who said what, the answers laid out on a terminal.

    Raises:
        UsageError: no file is named, there is none, or it is no conversation.

    """
    return run(file, profile, ctx.obj)
