"""`gradient check SUITE...`: run suites of prompts with expectations, and report."""

from typing import Annotated

import typer

from gradient_cli.ask.run_options import NetworkOptions, ToolOptions
from gradient_cli.check.baseline_options import BaselineOptions
from gradient_cli.check.suite_options import (
    CalibrateOptions,
    ReportOptions,
    TapeOptions,
    WhichOptions,
)
from gradient_cli.cli.app import new_app
from gradient_cli.cli.expand import expand
from gradient_cli.runs.check import Flags, run

app = new_app()


@app.command(name="check", help="Run suites of prompts with expectations.")
@expand
def check(
    ctx: typer.Context,
    suites: Annotated[
        list[str], typer.Argument(metavar="SUITE...", help="suites: TOML, or JSONL, a test a line")
    ],
    which: WhichOptions,
    calibrate: CalibrateOptions,
    report: ReportOptions,
    baseline: BaselineOptions,
    tape: TapeOptions,
    network: NetworkOptions,
    tools: ToolOptions,
) -> int:
    """
    Put the flags together.

    Raises:
        UsageError: something about a suite or a flag is wrong; nothing was sent.

    """
    flags = Flags(suites, which, calibrate, report, baseline, tape, network, tools)
    return run(flags, ctx.obj)
