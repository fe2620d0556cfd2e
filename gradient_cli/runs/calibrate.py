"""
`gradient check --calibrate`: a data set with labels, and how far its probabilities can be trusted.

    Prepared tests with rows ─► chosen: aims, labels ─► the run ─► report_of ─► its forms

No test passes or fails here: the status is 0, or that of rows which could not be judged.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from gradient_cli.check.calibration_report import CalibrationReport, reckoned
from gradient_cli.check.labelled import Aim, aims_of, calibrating, studies
from gradient_cli.check.report import Report
from gradient_cli.check.suite_options import CalibrateOptions, ReportOptions, WhichOptions
from gradient_cli.check.trial import Prepared
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus, in_words, worst
from gradient_cli.values import record

_NO_VERDICT = {ExitStatus.OK, ExitStatus.EXPECTATION, ExitStatus.UNSURE}


@record
class Calibrating:
    """The tests of a run that have labels, and what is held against them."""

    tests: tuple[Prepared, ...]
    aims: Mapping[tuple[str, str], tuple[Aim, ...]]
    """By suite and title."""
    wish: float
    """The precision that a threshold is wanted for."""
    notes: tuple[str, ...] = ()

    def status(self, report: Report) -> ExitStatus:
        """Give the status of a run: nothing passes or fails, but rows may be lost."""
        return report_of(report, self).status

    def render(self, flag: str) -> Callable[[Report], str]:
        """Give what makes a report: all of it is loaded before the first request."""
        from gradient_cli.check.reporters import calibration_html, calibration_json
        from gradient_cli.check.reporters.calibration_text import lines
        from gradient_cli.terminal.door import page

        def on_one_page(found: CalibrationReport) -> str:
            return page(lines(found), in_log=False)

        forms = {"--html": calibration_html.render, "--json": calibration_json.render}
        form = forms.get(flag, on_one_page)
        return lambda report: form(report_of(report, self))

    def lines(self, report: Report) -> Iterator[str]:
        """Give the report for people."""
        from gradient_cli.check.reporters.calibration_text import lines

        return lines(report_of(report, self))


def check_flags(options: CalibrateOptions, report: ReportOptions, which: WhichOptions) -> None:
    """
    Refuse flags that say nothing of a calibration.

    Raises:
        UsageError: names the flag.

    """
    wish = options.wish
    if not 0.5 < wish < 1:
        raise UsageError(f"--precision {wish:g} is out of range: above 0.5, below 1")
    for flag, value in (
        ("--junit", report.junit),
        ("--json-lines", report.json_lines),
        ("--github", report.github),
        ("--fail-fast", which.fail_fast),
        ("--unsure-fails", which.unsure_fails),
        ("--repeat", which.repeat),
        ("--require", which.require),
    ):
        if value:
            raise UsageError(f"{flag} and --calibrate exclude each other: nothing passes or fails")


def chosen(prepared: Sequence[Prepared], wish: float) -> Calibrating:
    """
    Give the tests that can be calibrated, and what their rows say is right.

    Raises:
        UsageError: a row says nothing of what is right, or no test can be calibrated.

    """
    tests: list[Prepared] = []
    aims: dict[tuple[str, str], tuple[Aim, ...]] = {}
    left: dict[tuple[str, str], None] = {}
    for test in map(calibrating, prepared):
        found = aims_of(test)
        if not found:
            left[(test.case.suite, test.case.row.test if test.case.row else test.case.name)] = None
            continue
        tests.append(test)
        aims[(test.case.suite, test.case.title)] = found
    if not tests:
        raise UsageError(
            "no test has rows and something that says how sure it is",
            hint="`cases` with a column of labels, and `decide`, `one_of` or `judge`",
        )
    notes = tuple(f'"{name}" has no rows, or nothing to calibrate' for _, name in left)
    return Calibrating(tuple(tests), aims, wish, notes)


def report_of(report: Report, found: Calibrating) -> CalibrationReport:
    """Reckon up a run, or as much of it as there is."""
    reckonings = tuple(reckoned(study, found.wish) for study in studies(report.results, found.aims))
    attempts = [attempt for result in report.results for attempt in result.attempts]
    faults = [attempt for attempt in attempts if attempt.status not in _NO_VERDICT]
    notes = list(found.notes)
    if faults:
        first = faults[0]
        notes.append(
            f"{len(faults)} rows could not be judged; the first: {in_words(first.status)}: "
            f"{first.error}"
        )
    if report.stop:
        notes.append(report.stop.words)
    return CalibrationReport(
        reckonings,
        found.wish,
        report.started,
        report.seconds,
        report.tokens,
        worst([*(a.status for a in faults), report.stop.status if report.stop else 0]),
        tuple(notes),
    )
