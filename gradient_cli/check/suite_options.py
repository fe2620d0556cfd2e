"""The flags of `gradient check`, in groups; see `ask.flag`."""

from functools import partial
from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.ask.shared_flags import JSON, MODEL, QUIET, RECORD, REPLAY, STRICT_REPLAY, VERBOSE
from gradient_cli.values import record

_which = partial(flag, "Tests")
_report = partial(flag, "Reports")
_calibration = partial(flag, "Calibration")


@record(kw_only=True)
class WhichOptions:
    """Which tests, how often, and how many at a time."""

    jobs: Annotated[
        int, _which("-j", "--jobs", metavar="N", least=1, help="tests at a time (4)")
    ] = 4
    patterns: Annotated[
        list[str] | None,
        _which(
            "-k",
            metavar="PATTERN",
            help="only the test of this name, or those with this in it (repeatable)",
        ),
    ] = None
    tags: Annotated[
        list[str] | None,
        _which("--tag", metavar="TAG", help="only tests with this tag (repeatable)"),
    ] = None
    run_checks: Annotated[
        list[str] | None,
        _which(
            "--run-check",
            metavar="NAME=COMMAND",
            help='the program of `checks = ["NAME"]`: the answer on stdin, 0 passes, 1 fails '
            "(repeatable)",
        ),
    ] = None
    check_timeout: Annotated[
        float, _which("--check-timeout", metavar="SECONDS", least=0.1, help="longest check (30)")
    ] = 30.0
    root: Annotated[
        str | None,
        _which(
            "--root",
            metavar="DIR",
            help="read what suites name only below DIR (the working folder and the suite's own)",
        ),
    ] = None
    repeat: Annotated[
        int | None, _which("--repeat", metavar="N", least=1, help="ask each test N times")
    ] = None
    require: Annotated[
        str | None, _which("--require", metavar="M|P%", help="of which M, or P %, must pass")
    ] = None
    fail_fast: Annotated[
        bool, _which("--fail-fast", help="stop at the first test that neither passes nor is unsure")
    ] = False
    unsure_fails: Annotated[
        bool, _which("--unsure-fails", help="what is unsure has failed: status 1, not 9")
    ] = False
    max_total_tokens: Annotated[
        int | None,
        _which("--max-total-tokens", metavar="N", least=1, help="stop once N tokens were used"),
    ] = None
    models: Annotated[
        list[str] | None,
        MODEL.saying(
            "the model, whatever a suite says; several are asked side by side (repeatable)"
        ),
    ] = None
    tools: Annotated[
        list[str] | None,
        flag(
            "Request",
            "--tool",
            metavar="NAME|FILE|JSON",
            help="a tool for every test, beside those of the suite (repeatable)",
        ),
    ] = None


@record(kw_only=True)
class CalibrateOptions:
    """Holding probabilities against labels."""

    calibrate: Annotated[
        bool,
        _calibration(
            "--calibrate",
            help="hold decisions, labels and judges against the labels of a data set",
        ),
    ] = False
    precision: Annotated[
        float | None,
        _calibration(
            "--precision", metavar="P", help="the precision that a threshold is wanted for (0.95)"
        ),
    ] = None

    @property
    def wish(self) -> float:
        """Give the precision that a threshold is wanted for."""
        return 0.95 if self.precision is None else self.precision


@record(kw_only=True)
class ReportOptions:
    """Where the verdicts go."""

    json: Annotated[bool, JSON.saying("the report as one JSON object", panel="Reports")] = False
    junit: Annotated[
        str | None, _report("--junit", metavar="FILE", help="the report as JUnit XML")
    ] = None
    html: Annotated[
        str | None, _report("--html", metavar="FILE", help="the report as one HTML page")
    ] = None
    json_lines: Annotated[
        str | None,
        _report(
            "--json-lines", metavar="FILE", help="each test as a line of JSON as soon as it is done"
        ),
    ] = None
    github: Annotated[
        bool | None,
        _report(
            "--github/--no-github",
            help="annotations and the job summary (in GitHub Actions by itself)",
        ),
    ] = None
    color: Annotated[
        str | None, _report("--color", metavar="auto|always|never", help="colour the report")
    ] = None
    quiet: Annotated[bool, QUIET.saying("only what did not pass", panel="Reports")] = False
    verbose: Annotated[
        bool, VERBOSE.saying("say what is sent and what came, on stderr", panel="Reports")
    ] = False

    def files(self) -> list[tuple[str, str]]:
        """Give (flag, path) of each report that is a file."""
        named = (
            ("--junit", self.junit),
            ("--html", self.html),
            ("--json-lines", self.json_lines),
        )
        return [(flag, path) for flag, path in named if path is not None]


@record(kw_only=True)
class TapeOptions:
    """Doing without the service."""

    record: Annotated[str | None, RECORD] = None
    replay: Annotated[
        str | None,
        REPLAY,
    ] = None
    strict_replay: Annotated[
        bool,
        STRICT_REPLAY,
    ] = False
