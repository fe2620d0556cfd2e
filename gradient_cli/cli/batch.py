"""
`gradient batch`: many prompts, from here or by the provider's own engine.

    run        ask about each item, N at a time; the same command again resumes
    summary    what files of results say as a whole
    table      the items again, each with its answer

    submit     the same, handed to the provider's engine in one piece
    status     how its job is doing
    fetch      its answers, once it is over
    cancel     end it
"""

from typing import Annotated

import typer

from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions, ToolOptions
from gradient_cli.batch.flags import Flags
from gradient_cli.batch.item_options import (
    DecideOptions,
    ItemOptions,
    JobOptions,
    RunOptions,
    SubmitOptions,
    TableOptions,
)
from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.batch.fetch import cancel as cancel_job
from gradient_cli.runs.batch.fetch import fetch as fetch_answers
from gradient_cli.runs.batch.fetch import status as show_status
from gradient_cli.runs.batch.run import run as ask_all
from gradient_cli.runs.batch.submit import Flags as SubmitFlags
from gradient_cli.runs.batch.submit import submit as submit_all
from gradient_cli.runs.batch.summary import summary as show_summary
from gradient_cli.runs.batch.table import run as print_table

app = new_app(help="Answer many prompts, resumable.", no_args_is_help=True)

_WAIT = typer.Option("--wait", help="wait until the job is over; --max-time bounds it")
_PROMPT = typer.Argument(metavar="[PROMPT]", help="asked about each item; {{ item }} stands for it")


@app.command(name="run", help="Ask about each item; the same command again resumes.")
@expand
def run(
    ctx: typer.Context,
    items: ItemOptions,
    request: RequestOptions,
    output: RunOptions,
    expectations: ExpectOptions,
    decide: DecideOptions,
    tools: ToolOptions,
    network: NetworkOptions,
    prompt: Annotated[str | None, _PROMPT] = None,
) -> int:
    """
    Ask about each item.

    Raises:
        GradientError: a flag or an item is not usable, or OUT cannot be written.

    """
    flags = Flags(prompt, items, request, output, expectations, network, decide, tools)
    return ask_all(ctx.obj, flags)


@app.command(name="summary", help="Say what files of results hold as a whole.")
def summary(
    ctx: typer.Context,
    out: Annotated[
        list[str], typer.Argument(metavar="OUT.jsonl...", help="the results of runs; - is stdin")
    ],
    json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    """
    Count statuses, labels, models and duplicates; give the spread of latencies and tokens.

    Raises:
        UsageError: a file cannot be read, or holds something else.

    """
    return show_summary(ctx.obj, out, is_json=json)


@app.command(name="table", help="Print the items again, each with its answer.")
@expand
def table(
    ctx: typer.Context,
    options: TableOptions,
    out: Annotated[
        list[str] | None, typer.Argument(metavar="[OUT.jsonl...]", help="more results, as by -o")
    ] = None,
) -> int:
    """
    Join items and results by their ids, for a spreadsheet, pandas or DuckDB.

    Raises:
        UsageError: a file cannot be read, or holds something else.

    """
    return print_table(ctx.obj, options, out or [])


@app.command(name="submit", help="Hand the items to the provider's batch engine.")
@expand
def submit(
    ctx: typer.Context,
    items: ItemOptions,
    request: RequestOptions,
    output: SubmitOptions,
    expectations: ExpectOptions,
    network: NetworkOptions,
    prompt: Annotated[str | None, _PROMPT] = None,
) -> int:
    """
    Upload the items and create a job; print its id.

    Raises:
        GradientError: a flag or an item is not usable, or the engine refuses.

    """
    flags = SubmitFlags(prompt, items, request, output, expectations, network)
    return submit_all(ctx.obj, flags)


@app.command(name="status", help="Say how a submitted job is doing.")
@expand
def status(
    ctx: typer.Context,
    job: JobOptions,
    network: NetworkOptions,
    wait: Annotated[bool, _WAIT] = False,
) -> int:
    """
    Ask for the job that belongs to OUT.

    Raises:
        GradientError: there is none, or it cannot be had.

    """
    return show_status(ctx.obj, job, network, waits=wait)


@app.command(name="fetch", help="Get the answers of a submitted job into OUT.")
@expand
def fetch(
    ctx: typer.Context,
    job: JobOptions,
    network: NetworkOptions,
    wait: Annotated[bool, _WAIT] = False,
) -> int:
    """
    Join the job's results to their rows; not over yet is status 8.

    Raises:
        GradientError: there is no job, or it has no results.

    """
    return fetch_answers(ctx.obj, job, network, waits=wait)


@app.command(name="cancel", help="Cancel a submitted job.")
@expand
def cancel(ctx: typer.Context, job: JobOptions, network: NetworkOptions) -> int:
    """
    Cancel the job that belongs to OUT; what it has answered can still be fetched.

    Raises:
        GradientError: there is none, or the engine refuses.

    """
    return cancel_job(ctx.obj, job, network)
