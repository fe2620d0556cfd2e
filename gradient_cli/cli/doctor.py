"""`gradient doctor`: what is wrong with this set-up, line by line, with the remedy."""

from typing import Annotated

import typer

from gradient_cli.ask.run_options import NetworkOptions
from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.doctor import run

app = new_app()


@app.command(name="doctor", help="Find out what is wrong with this set-up.")
@expand
def doctor(
    ctx: typer.Context,
    network: NetworkOptions,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> int:
    """Examine one thing after the other; each line is printed as soon as it is known."""
    return run(network, ctx.obj, is_json=json)
