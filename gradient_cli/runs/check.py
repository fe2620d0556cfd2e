"""
Running suites of prompts with expectations, and reporting.

    suites ─► cases ─► Prepared (request, client) ─► Runner ─► Report ─► reporters ─► exit status
"""

import gc
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions, ToolOptions
from gradient_cli.ask.session import STALE, Tell
from gradient_cli.check.baseline import Baseline
from gradient_cli.check.baseline_options import BaselineOptions
from gradient_cli.check.case import Case
from gradient_cli.check.comparison import Change
from gradient_cli.check.data_sets import refuse_doubles, settled, spread
from gradient_cli.check.desk import Desk
from gradient_cli.check.model_table import others_of
from gradient_cli.check.progress import Progress, Say
from gradient_cli.check.report import Report, Result, Test, is_lost, with_skipped
from gradient_cli.check.runner import Limits, Runner
from gradient_cli.check.stop import Stop
from gradient_cli.check.suite import load_suite, repeated, select, side_by_side
from gradient_cli.check.suite_options import (
    CalibrateOptions,
    ReportOptions,
    TapeOptions,
    WhichOptions,
)
from gradient_cli.check.trial import Prepared
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.ticker import Ticker
from gradient_cli.runs.baselines import Baselines
from gradient_cli.runs.reports import Reports
from gradient_cli.terminal.color import may_move_cursor
from gradient_cli.terminal.opener import Opener
from gradient_cli.values import record


@record
class Flags:
    """All that the user said."""

    suites: Sequence[str]
    which: WhichOptions
    calibrate: CalibrateOptions
    report: ReportOptions
    baseline: BaselineOptions
    tape: TapeOptions
    network: NetworkOptions
    tools: ToolOptions


def run(flags: Flags, invocation: Invocation) -> int:
    """
    Run suites and report.

    Raises:
        UsageError: something about a suite or a flag is wrong; nothing was sent.

    """
    which, report = flags.which, flags.report
    invocation.deadline(flags.network.max_time)
    terminal, moves = invocation.terminal, _may_move(invocation, report)
    ticker = Ticker(terminal, may_move=moves, is_quiet=report.quiet)
    baselines = Baselines(flags.baseline)
    reports = Reports(invocation, report, baselines)
    try:
        _check_flags(flags)
        reports.look(flags.suites)
        baselines.read(ticker.say)
        read: set[tuple[int, int]] = set()
        cases, left_out = _cases(flags.suites, which, read, baselines.narrow)
        baseline = baselines.against(cases, left_out, which.models or [])
        desk = _desk(flags, invocation, ticker.say, cases, left_out, read)
        prepared = desk.prepared(cases)
        rest = Rest.of(cases, desk, baseline)
        if not prepared:
            raise UsageError("every test is skipped: nothing would be checked")
        if flags.calibrate.calibrate:
            prepared, rest = _to_calibrate(prepared, flags, reports), replace(rest, skipped={})
        reports.hold(desk.read)
    except BaseException as error:
        reports.refuse(error, flags.suites)
        raise
    progress = Progress(
        ticker,
        sum(test.case.repeat for test in prepared),
        moves=moves,
        say=_teller(invocation, report, moves=moves),
        is_colored=reports.is_colored,
        is_verbose=report.verbose,
        against=rest.change,
    )
    return ask_all(invocation, prepared, which, reports, desk, ticker, progress, rest)


@record(kw_only=True)
class Rest:
    """What a report has beside the tests that were asked."""

    skipped: Mapping[int, Result]
    """place among all tests -> one that its suite says is not asked."""
    digests: Mapping[str, str]
    """suite -> SHA-256 of its text."""
    baseline: Baseline | None

    @classmethod
    def of(cls, cases: Sequence[Case], desk: Desk, baseline: Baseline | None) -> "Rest":
        """Gather it."""
        skipped = {n: desk.skipped(case) for n, case in enumerate(cases) if case.skip is not None}
        digests = {case.suite: case.digest for case in cases}
        return cls(skipped=skipped, digests=digests, baseline=baseline)

    def add_to(self, report: Report) -> Report:
        """Give the whole report."""
        report = replace(with_skipped(report, self.skipped), digests=self.digests)
        return (
            replace(report, comparison=self.baseline.compare(report)) if self.baseline else report
        )

    def change(self, test: Test) -> Change | None:
        """Give what became of a test since the baseline, if there is one."""
        return self.baseline.change(test) if self.baseline else None

    def is_lost(self, test: Test) -> bool:
        """Tell whether a test ends a run with --fail-fast: it does not pass, and that counts."""
        if self.baseline is None or not is_lost(test):
            return is_lost(test)
        return test.is_finished and not self.baseline.change(test).is_forgiven


def _may_move(invocation: Invocation, report: ReportOptions) -> bool:
    """Tell whether a line may be redrawn."""
    moves = may_move_cursor(invocation.environ, invocation.terminal.stderr_is_tty)
    return moves and not report.quiet and not invocation.environ.get("CI")


def _desk(
    flags: Flags,
    invocation: Invocation,
    tell: Tell,
    cases: list[Case],
    left_out: list[Case],
    read: set[tuple[int, int]],
) -> Desk:
    """Give what prepares the tests."""
    detail = tell if flags.report.verbose else _nobody
    which, tape, network, tools = flags.which, flags.tape, flags.network, flags.tools
    return Desk(invocation, which, tape, network, tell, detail, cases, left_out, read, tools)


def _check_flags(flags: Flags) -> None:
    if flags.calibrate.calibrate:
        from gradient_cli.runs.calibrate import check_flags

        check_flags(flags.calibrate, flags.report, flags.which)
        if flags.baseline.save or flags.baseline.read():
            raise UsageError("--calibrate is held against labels, and keeps no run and no baseline")
    elif flags.calibrate.precision is not None:
        raise UsageError("--precision belongs to --calibrate")


def _to_calibrate(prepared: list[Prepared], flags: Flags, reports: Reports) -> list[Prepared]:
    """Give the tests that have labels, and let the reports tell of them."""
    from gradient_cli.runs.calibrate import chosen

    reports.forms = found = chosen(prepared, flags.calibrate.wish)
    return list(found.tests)


def _teller(invocation: Invocation, report: ReportOptions, *, moves: bool) -> Say | None:
    """Give where tests are told of as they finish; nowhere if somebody watches a terminal."""
    terminal = invocation.terminal
    if report.quiet or (moves and (terminal.stdout_is_tty or report.json)):
        return None
    return terminal.note if report.json else terminal.say


def _cases(
    suites: Sequence[str],
    which: WhichOptions,
    read: set[tuple[int, int]],
    narrow: Callable[[list[Case], Sequence[Case]], list[Case]],
) -> tuple[list[Case], list[Case]]:
    """Give the tests that are asked, a row each, and those left out; note the files in `read`."""
    seen: set[str] = set()
    found: list[Case] = []
    for path in suites:
        if path in seen:
            raise UsageError(f'the suite "{path}" was given twice')
        seen.add(path)
        opener = replace(Opener.beside(path, which.root), seen=read)
        for case in load_suite(path):
            if case.skip is not None:
                found.append(case)
                continue
            rows = spread(repeated(case, which.repeat, which.require), opener)
            by_row = [side_by_side(row, which.models or []) for row in rows]
            found += [case for column in zip(*by_row, strict=True) for case in column]
    refuse_doubles(found)
    chosen = select(found, which.patterns or [], which.tags or [])
    chosen = narrow(chosen, _without(found, chosen))
    return settled(chosen), _without(found, chosen)


def _without(found: Sequence[Case], chosen: Sequence[Case]) -> list[Case]:
    asked = {id(case) for case in chosen}
    return [case for case in found if id(case) not in asked]


def ask_all(
    invocation: Invocation,
    prepared: Sequence[Prepared],
    which: WhichOptions,
    reports: Reports,
    desk: Desk,
    ticker: Ticker,
    progress: Progress,
    rest: Rest,
) -> int:
    """
    Ask everything and report; give the worst status.

    Raises:
        GradientError: a client could not be opened, or a report not be written.

    """
    gc.freeze()  # What is loaded is no garbage.
    gc.enable()  # A long run makes some; the door had turned this off.
    runner = Runner(
        prepared,
        Limits(which.fail_fast, which.max_total_tokens, invocation.is_late, rest.is_lost),
        progress.watch(reports.add),
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
    )

    def report() -> Report:
        return rest.add_to(runner.report())

    try:
        runner.run(which.jobs, ticker.say)
    except BaseException as error:
        runner.interrupt(error)
        ticker.close()
        _write_anyway(reports, report(), progress, invocation)
        raise
    finally:
        ticker.close()
        desk.close()
    found = _with_stale(_with_notes(report(), desk), desk)
    reports.write(found, progress.told())
    if fault := progress.fault or desk.recording_fault():
        raise fault
    return reports.forms.status(found) if reports.forms else found.status


def _write_anyway(
    reports: Reports, report: Report, progress: Progress, invocation: Invocation
) -> None:
    """Report what there is of a run that ends before its time: what ended it matters more."""
    try:
        reports.write(report, progress.told())
    except GradientError as lost:
        invocation.terminal.note(f"warning: {lost.message}")


def _nobody(text: str) -> None:
    """Say nothing."""


def _with_notes(report: Report, desk: Desk) -> Report:
    return replace(report, notes=tuple(_notes(report, desk)))


def _notes(report: Report, desk: Desk) -> list[str]:
    """Say what passed without a word, what a replay cannot tell, and what records its misses."""
    notes = [
        f'"{result.name}" passed with an answer that has no text'
        for result in report.results
        if any(not attempt.status and not attempt.text for attempt in result.attempts)
    ]
    notes += [
        f'"{other}" answered where "{asked}" was asked ({count} times)'
        for asked, others in others_of(report).items()
        for other, count in others.items()
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
