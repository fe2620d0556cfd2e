"""
Running suites of prompts with expectations, and reporting.

    suites ─► cases ─► Prepared (request, client) ─► Runner ─► Report ─► reporters ─► exit status
"""

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions
from gradient_cli.ask.session import STALE
from gradient_cli.check.case import Case
from gradient_cli.check.desk import Desk
from gradient_cli.check.report import Attempt, Report, Stop
from gradient_cli.check.runner import Limits, Prepared, Runner
from gradient_cli.check.suite import load_suite, repeated, select
from gradient_cli.check.suite_options import ReportOptions, TapeOptions, WhichOptions
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.ticker import Ticker
from gradient_cli.runs.reports import Reports
from gradient_cli.terminal.color import may_move_cursor
from gradient_cli.values import record


@record
class Flags:
    """All that the user said."""

    suites: Sequence[str]
    which: WhichOptions
    report: ReportOptions
    tape: TapeOptions
    network: NetworkOptions


def run(flags: Flags, invocation: Invocation) -> int:
    """
    Run suites and report.

    Raises:
        UsageError: something about a suite or a flag is wrong; nothing was sent.

    """
    which, report = flags.which, flags.report
    invocation.deadline(flags.network.max_time)
    terminal = invocation.terminal
    ticker = Ticker(
        terminal,
        may_move=may_move_cursor(invocation.environ, terminal.stderr_is_tty)
        and not invocation.environ.get("CI"),
        is_quiet=report.quiet,
    )
    reports = Reports(invocation, report)
    try:
        reports.look(flags.suites)
        cases, left_out = _cases(flags.suites, which)
        detail = ticker.say if report.verbose else _nobody
        desk = Desk(invocation, which, flags.tape, flags.network, ticker.say, detail, left_out)
        prepared = [desk.prepare(case) for case in cases]
        reports.hold(desk.read)
    except BaseException as error:
        reports.refuse(error, flags.suites)
        raise
    return ask_all(invocation, prepared, which, reports, desk, ticker)


def _cases(suites: Sequence[str], which: WhichOptions) -> tuple[list[Case], list[Case]]:
    """Give the tests that are asked, and those that were left out."""
    seen: set[str] = set()
    found: list[Case] = []
    for path in suites:
        if path in seen:
            raise UsageError(f'the suite "{path}" was given twice')
        seen.add(path)
        found += load_suite(path)
    chosen = select(found, which.patterns or [])
    left_out = [case for case in found if case not in chosen]
    return [repeated(case, which.repeat, which.require) for case in chosen], left_out


def ask_all(
    invocation: Invocation,
    prepared: Sequence[Prepared],
    which: WhichOptions,
    reports: Reports,
    desk: Desk,
    ticker: Ticker,
) -> int:
    """
    Ask everything and report; give the worst status.

    Raises:
        GradientError: a client could not be opened, or a report not be written.

    """
    import gc

    gc.enable()  # A long run makes garbage; the door had turned this off.
    total = sum(test.case.repeat for test in prepared)
    done = 0

    def on_attempt(case: Case, attempt: Attempt) -> None:
        nonlocal done
        done += 1
        ticker.show(f"{done}/{total}  {case.name}: {_word(attempt.status)}")

    runner = Runner(
        prepared,
        Limits(which.fail_fast, which.max_total_tokens, invocation.is_late),
        on_attempt,
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
    )
    try:
        runner.run(which.jobs, ticker.say)
    except BaseException as error:
        runner.interrupt(error)
        ticker.close()
        try:
            reports.write(runner.report())
        except GradientError as lost:  # What ended the run matters more.
            invocation.terminal.note(f"warning: {lost.message}")
        raise
    finally:
        ticker.close()
        desk.close()
    found = _with_stale(runner.report(_notes(runner.report(), desk)), desk)
    reports.write(found)
    if fault := desk.recording_fault():
        raise fault
    return found.status


def _nobody(text: str) -> None:
    """Say nothing."""


def _word(status: ExitStatus) -> str:
    return "pass" if not status else "fail" if status == 1 else f"exit {int(status)}"


def _notes(report: Report, desk: Desk) -> list[str]:
    """Say what passed without a word, what a replay cannot tell, and what records its misses."""
    notes = [
        f'"{result.name}" passed with an answer that has no text'
        for result in report.results
        if any(not attempt.status and not attempt.text for attempt in result.attempts)
    ]
    warned = {(r.name, a.warning): None for r in report.results for a in r.attempts if a.warning}
    notes += [f'"{name}": {warning}' for name, warning in warned]
    if not desk.tape.replay:
        return notes
    if any(key == "max_seconds" for result in report.results for key, _ in result.expectations):
        notes.append("max_seconds proves nothing here: the answers came from recordings")
    is_missing = any(
        attempt.status == ExitStatus.USAGE
        for result in report.results
        for attempt in result.attempts
    )
    if not is_missing:
        return notes
    suites = " ".join(dict.fromkeys(shlex.quote(result.suite) for result in report.results))
    folder = shlex.quote(desk.tape.replay)
    return [*notes, f"to record what is missing: gradient check {suites} --record {folder}"]


def _with_stale(report: Report, desk: Desk) -> Report:
    """Name the recordings that nothing asked for; with --strict-replay the run is not right."""
    if report.stop or not (unasked := desk.unasked()):
        return report
    from gradient_cli.transport.tape import in_words

    words = in_words(unasked)
    if not desk.tape.strict_replay:
        return replace(report, notes=(*report.notes, words))
    return replace(report, stop=Stop(words, STALE, ExitStatus.USAGE, is_early=False))
