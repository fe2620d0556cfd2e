"""`gradient decide QUESTION`: yes or no, one of several, a place on a scale, with a probability."""

from typing import Annotated

import typer

from gradient_cli.ask.decide_options import (
    GateOptions,
    QuestionOptions,
    ShowOptions,
    StateOptions,
)
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.decide import Flags, run

app = new_app()


@app.command(name="decide", help="Decide yes or no, or one of several, with a probability.")
@expand
def decide(
    ctx: typer.Context,
    state: StateOptions,
    asked: QuestionOptions,
    gate: GateOptions,
    show: ShowOptions,
    network: NetworkOptions,
    proof: ProofOptions,
    question: Annotated[
        str | None,
        typer.Argument(metavar="[QUESTION]", help="what is asked of the files and stdin"),
    ] = None,
) -> int:
    """
    Ask a decision model about the files and stdin: yes is status 0, no is 1, unsure is 9.

    Raises:
        GradientError: nothing was decided.

    """
    return run(Flags(question, state, asked, gate, show, network, proof), ctx.obj)
