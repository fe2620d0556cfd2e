"""
`gradient batch`: many prompts, from here or by the provider's own engine.

    run        ask about each item, N at a time; the same command again resumes
    summary    what a file of results says as a whole
"""

from typing import Annotated

import typer

from gradient_cli.commands import batch_run, batch_summary
from gradient_cli.commands.app import new_app
from gradient_cli.commands.batch_options import ItemOptions, RunOptions
from gradient_cli.commands.expand import expand
from gradient_cli.commands.options import ExpectOptions, NetworkOptions, RequestOptions

app = new_app(help="Answer many prompts, resumable.", no_args_is_help=True)

_PROMPT = typer.Argument(metavar="[PROMPT]", help="asked about each item; {{ item }} stands for it")


@app.command(name="run", help="Ask about each item; the same command again resumes.")
@expand
def run(
    ctx: typer.Context,
    items: ItemOptions,
    request: RequestOptions,
    output: RunOptions,
    expectations: ExpectOptions,
    network: NetworkOptions,
    prompt: Annotated[str | None, _PROMPT] = None,
) -> int:
    """
    Ask about each item.

    Raises:
        GradientError: a flag or an item is not usable, or OUT cannot be written.

    """
    flags = batch_run.Flags(prompt, items, request, output, expectations, network)
    return batch_run.run(ctx.obj, flags)


@app.command(name="summary", help="Say what a file of results holds as a whole.")
def summary(
    ctx: typer.Context,
    out: Annotated[str, typer.Argument(metavar="OUT.jsonl", help="the results of a run")],
    json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    """
    Count statuses and labels; give the spread of latencies and tokens.

    Raises:
        UsageError: the file cannot be read, or holds something else.

    """
    return batch_summary.summary(ctx.obj, out, is_json=json)
