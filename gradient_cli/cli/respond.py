"""`gradient respond`: ask once."""

from typing import Annotated

import typer

from gradient_cli.ask.question_options import InputOptions, OutputOptions, RequestOptions
from gradient_cli.ask.run_options import (
    ConfirmOptions,
    ExpectOptions,
    NetworkOptions,
    ProofOptions,
    SureOptions,
    ToolOptions,
)
from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.respond import Flags, run

app = new_app()


@app.command(name="respond", help="Ask once; stdout is the answer.")
@expand
def respond(
    ctx: typer.Context,
    input: InputOptions,  # noqa: A002  # the wire's word
    request: RequestOptions,
    output: OutputOptions,
    expectations: ExpectOptions,
    sure: SureOptions,
    tools: ToolOptions,
    confirm: ConfirmOptions,
    network: NetworkOptions,
    proof: ProofOptions,
    prompt: Annotated[
        str | None, typer.Argument(metavar="[PROMPT]", help="the prompt; - reads it from stdin")
    ] = None,
) -> int:
    """
    Put the flags together.

    Raises:
        GradientError: nothing was sent.

    """
    flags = Flags(
        prompt, input, request, output, expectations, sure, tools, confirm, network, proof
    )
    return run(flags, ctx.obj)
