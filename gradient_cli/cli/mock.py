"""`gradient mock`: serve a scripted Responses endpoint on loopback until Ctrl-C."""

import typer

from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.mock import run
from gradient_cli.runs.mock_options import AnswerOptions, FailureOptions, ServerOptions

app = new_app()


@app.command(name="mock", help="Serve a scripted Responses endpoint on loopback.")
@expand
def mock(
    ctx: typer.Context, answers: AnswerOptions, failures: FailureOptions, address: ServerOptions
) -> int:
    """
    Make a script from file and flags, and serve it.

    Raises:
        UsageError: a flag or the file is wrong, or the address is taken.

    """
    return run(answers, failures, address, ctx.obj)
