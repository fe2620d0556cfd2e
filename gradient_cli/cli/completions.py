"""`gradient completions [SHELL]`: the script that completes `gradient`, or its installation."""

from typing import Annotated

import typer

from gradient_cli.cli.app import new_app
from gradient_cli.runs.completions import run

app = new_app()


@app.command(name="completions", help="Print a shell's completion script, or install it.")
def completions(
    ctx: typer.Context,
    shell: Annotated[
        str | None,
        typer.Argument(
            metavar="[bash|zsh|fish|powershell]", help="without it the one that $SHELL names"
        ),
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="put it, and the man pages, where they are found")
    ] = False,
) -> int:
    """
    Print the script, or write it where the shell looks; pressing TAB never starts Python.

    Raises:
        UsageError: the shell is not known, or a file cannot be written.

    """
    return run(shell, ctx.obj, is_installed=install)
