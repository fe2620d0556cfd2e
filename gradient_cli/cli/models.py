"""`gradient models [FILTER]`: the model ids that this key may use."""

from typing import Annotated

import typer

from gradient_cli.ask.run_options import NetworkOptions
from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.models import run

app = new_app()


@app.command(name="models", help="List the model ids that this key may use.")
@expand
def models(
    ctx: typer.Context,
    network: NetworkOptions,
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="[FILTER]", help="only ids with this in them; none is status 1"),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="one JSON list of the server's own objects")
    ] = False,
) -> int:
    """
    Ask for the list and print it.

    Raises:
        ExpectationFailed: no id has the filter in it.
        GradientError: the list cannot be had.

    """
    return run(network, wanted, ctx.obj, is_json=json)
