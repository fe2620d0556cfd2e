"""
The reports of `gradient check`: their places held before the first request, written at the end.

    Reports ─► look ─► hold ─► the run ─► write
                  └──────┴─ refused ─► refuse: no report is older than its run

What a report is written with is loaded by `hold`: an upgrade of the package while the run goes
on must not cost the reports. A report never takes the place of a suite, whose name stands where
that of the report was forgotten, nor of anything else that the run reads.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from gradient_cli.ask.invocation import Invocation
from gradient_cli.check.attempt import Attempt
from gradient_cli.check.baseline_options import BaselineOptions
from gradient_cli.check.report import NOWHERE, Report, Result
from gradient_cli.check.stop import stopped_by
from gradient_cli.check.suite_options import ReportOptions
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.runs.baselines import Baselines
from gradient_cli.runs.standing_files import (
    JOURNAL,
    SAVE,
    SUITES,
    FileId,
    id_of,
    is_device,
    is_something_else,
    is_suite,
)
from gradient_cli.settings.spelling import WITH_VALUE
from gradient_cli.terminal.color import wants_color
from gradient_cli.terminal.files import Target, open_target, refuse_read_files
from gradient_cli.terminal.journal import Journal, open_journal
from gradient_cli.terminal.places import place_of

_PLACE = re.compile(r"(?P<suite>.+?):(?P<line>\d+): ")
"""How an error says where it is."""


class Forms(Protocol):
    """What reports are made of where they tell of something else than verdicts."""

    def render(self, flag: str) -> Callable[[Report], str]:
        """Give what makes the report of a flag."""

    def lines(self, report: Report) -> Iterator[str]:
        """Give the report for people."""

    def status(self, report: Report) -> ExitStatus:
        """Give the status of the run."""


class Reports:
    """Every report that the command line names."""

    def __init__(
        self, invocation: Invocation, options: ReportOptions, baselines: Baselines
    ) -> None:
        # From here on nobody else need write of a run that fails.
        invocation.has_reports = True
        self._invocation = invocation
        self._options = options
        self.forms: Forms | None = None
        """What the reports are where nothing passes or fails; None: verdicts."""
        self._held: dict[str, Target] = {}
        self._journal: Journal | None = None
        self._journaled: set[tuple[str, str]] = set()
        self._fault: GradientError | None = None
        """Why a line of the journal could not be written."""
        self._baselines = baselines
        self._named = [*options.files(), *baselines.files()]
        is_github = options.github
        if is_github is None:
            is_github = invocation.environ.get("GITHUB_ACTIONS") == "true"
        self._is_github = is_github

    def look(self, suites: Iterable[str]) -> None:
        """
        Make sure that no report is a suite, and no two are the same file.

        Raises:
            UsageError: the name of one was forgotten, most likely.

        """
        for flag, path in list(self._named):
            try:
                refuse_read_files(flag, path, [*suites, *self._baselines.others(flag)])
            except UsageError:
                self._named.remove((flag, path))
                raise
            if flag == SAVE and is_something_else(flag, path):
                raise UsageError(
                    f'--save "{path}": that file is there, and it is no saved run',
                    hint="give --save another name",
                )
            if is_suite(flag, path):
                raise UsageError(
                    f'{flag} "{path}": that is a suite, not the name of a report',
                    hint=f"give {flag} the name of a file of its own: {flag} report{_ENDING[flag]}",
                )
        seen: dict[Path, str] = {}
        for flag, path in self._named:
            place = place_of(path).path
            if place in seen and not is_device(place):
                raise UsageError(f'{seen[place]} and {flag} name the same file: "{path}"')
            seen[place] = flag

    def hold(self, read: set[FileId]) -> None:
        """
        Open the reports' places and load all that writes them.

        Raises:
            UsageError: one cannot be written, or the run reads it.

        """
        nothing = Report((), _now(), 0.0)
        for flag in {*_ALWAYS, *(flag for flag, _ in self._named if flag != JOURNAL)}:
            self._form(flag)(nothing)
        for flag, path in list(self._named):
            if id_of(path) in read:
                self._named.remove((flag, path))
                raise UsageError(
                    f'{flag} "{path}" is a file that this run reads',
                    hint=f"give {flag} another name",
                )
        for flag, path in self._named:
            if flag == JOURNAL:
                self._journal = open_journal(path, self._invocation.terminal.remaining_s)
                continue
            self._held[flag] = open_target(
                path,
                makes_folders=True,
                remaining_s=self._invocation.terminal.remaining_s,
                note=self._invocation.terminal.note,
            )

    def add(self, result: Result) -> None:
        """Keep a test that has finished, in the report that is written as the run goes on."""
        from gradient_cli.check.reporters import json

        if self._journal is None or self._fault or result.key in self._journaled:
            return
        try:
            self._journal.add(json.test_line(result))
        except GradientError as error:  # The run goes on: its other reports are whole.
            self._fault = error
        self._journaled.add(result.key)

    def _end_journal(self, report: Report) -> None:
        from gradient_cli.check.reporters import json

        for result in report.results:
            if result.attempts:  # What a stop left unfinished; all others stand there.
                self.add(result)
        if self._journal and not self._fault:
            try:
                self._journal.add(json.last_line(report))
            except GradientError as error:
                self._fault = error

    def write(self, report: Report, told: Collection[tuple[str, str]] = ()) -> None:
        """
        Write them all; files first, so that a closed stdout loses none.

        Raises:
            GradientError: one cannot be written; all others are by then.

        """
        self._end_journal(report)
        fault = self._fault
        note = self._invocation.terminal.note
        for flag, target in self._held.items():
            if flag == SAVE and not self._baselines.may_write(report, note):
                target.close()
                continue
            try:
                target.write(self._form(flag)(report))
            except GradientError as error:
                fault = fault or error
        if self._is_github and not self.forms:
            fault = self._write_summary(report) or fault
        self._show(report, told)
        if fault:
            raise fault

    def refuse(self, error: BaseException, suites: Iterable[str] = ()) -> None:
        """Write what stopped a run before it asked anything; what cannot be written is left."""
        report = _refusal(error, suites)
        for flag, path in self._named:
            with suppress(GradientError):
                if is_something_else(flag, path):
                    continue
                if flag == SAVE and not self._baselines.may_write(report, _nobody):
                    continue
                if flag == JOURNAL:
                    self._journal = self._journal or open_journal(path)
                    self._end_journal(report)
                else:
                    target = self._held.pop(flag, None) or open_target(path, makes_folders=True)
                    self.forms = (
                        None  # Nothing was asked: there is nothing to tell of in their way.
                    )
                    target.write(self._form(flag)(report))
        self.close()
        if self._is_github:
            self._write_summary(report)
            with suppress(GradientError):
                self._annotate(report)
        if self._options.json:
            with suppress(GradientError):
                self._invocation.terminal.write_json(_render("--json")(report))

    @property
    def is_colored(self) -> bool:
        """Tell whether the report on stdout has colours."""
        terminal = self._invocation.terminal
        return wants_color(self._options.color, self._invocation.environ, terminal.stdout_is_tty)

    def close(self) -> None:
        """Let go of places that nothing was written to."""
        if self._journal:
            self._journal.close()
        for target in self._held.values():
            target.close()

    def _show(self, report: Report, told: Collection[tuple[str, str]]) -> None:
        from gradient_cli.check.reporters import text

        terminal, options = self._invocation.terminal, self._options
        if self._is_github and options.json:
            self._annotate(report)
        if options.json:
            terminal.write_json(self._form("--json")(report))
            return
        if self.forms:
            terminal.say(self.forms.lines(report))
            return
        lines = text.lines(report, is_quiet=options.quiet, is_colored=self.is_colored, told=told)
        terminal.say(lines)
        if self._is_github:
            self._annotate(report)

    def _form(self, flag: str) -> Callable[[Report], str]:
        if flag == SAVE:
            return self._baselines.render
        return self.forms.render(flag) if self.forms else _render(flag)

    def _annotate(self, report: Report) -> None:
        from gradient_cli.check.reporters import github

        terminal = self._invocation.terminal
        workspace = self._invocation.environ.get("GITHUB_WORKSPACE")
        commands = github.annotations(report, Path(workspace) if workspace else None)
        # The runner hears both streams; stdout may be one JSON object and nothing else.
        (terminal.write_stderr if self._options.json else terminal.write)(commands)

    def _write_summary(self, report: Report) -> UsageError | None:
        """Append to the job summary; give what went wrong, for when the verdicts are out."""
        from gradient_cli.check.reporters import github
        from gradient_cli.terminal.streams import encode
        from gradient_cli.terminal.writing import write_whole

        summary = self._invocation.environ.get("GITHUB_STEP_SUMMARY")
        if not summary:
            return None
        try:
            with Path(summary).open("ab", buffering=0) as file:
                size = file.tell()
                room = github.MAX_SUMMARY_BYTES - min(size, github.MAX_SUMMARY_BYTES)
                try:
                    write_whole(file, encode(github.summary(report, room)))
                except OSError:
                    with suppress(OSError):
                        file.truncate(size)
                    raise
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return UsageError(
                f'cannot write the job summary "{summary}": {reason}',
                hint="--no-github goes without",
            )
        return None


NO_SUITE = "gradient check"
"""Stands for the suite where none was named."""
_ALWAYS = ("--json", "--github", "text")
"""Reports that need no file; a run may turn to them when it ends."""
_TAKES = {*WITH_VALUE, "--baseline", "--last-failed", "--tag", "-k", "-j", "--jobs"}
"""Flags whose value is the next word, and no report's file."""
_ENDING = {"--junit": ".xml", "--html": ".html", JOURNAL: ".jsonl", SAVE: ".json"}


def _render(flag: str) -> Callable[[Report], str]:
    """Give what makes a report; that of a file that nobody asks for is not even loaded."""
    match flag:
        case "--junit":
            from gradient_cli.check.reporters import junit

            return junit.render
        case "--html":
            from gradient_cli.check.reporters import html

            return html.render
        case "--json":
            from gradient_cli.check.reporters import json

            return json.render
        case "--github":
            from gradient_cli.check.reporters import github

            return lambda report: github.summary(report) + github.annotations(report)
        case _:
            from gradient_cli.check.reporters import text
            from gradient_cli.terminal.door import page

            return lambda report: page(text.lines(report), in_log=False)


def _refusal(error: BaseException, suites: Iterable[str]) -> Report:
    """Give the report of a run that asked nothing: one error, at its place in the suite."""
    stop = stopped_by(error)
    place = _PLACE.match(stop.reason)
    suites = list(suites)
    blamed = [suite for suite in suites if stop.reason.startswith(f"{suite}: ")]
    suite = place["suite"] if place else next(iter([*blamed, *suites]), NO_SUITE)
    status = ExitStatus.USAGE if stop.signal_status else stop.status
    failed = Attempt(1, status, error=stop.reason, hint=stop.hint)
    result = Result(
        suite=suite,
        line=int(place["line"]) if place else 1 if blamed else NOWHERE,
        name="nothing was asked",
        repeat=1,
        require=1,
        request={},
        expectations=(),
        rerun="",  # The command line itself is what has to change, or what is around it.
        attempts=(failed,),
    )
    return Report((result,), _now(), 0.0, stop, is_refusal=True)


def refuse_unparsed(error: GradientError, argv: list[str], invocation: Invocation) -> None:
    """Write the reports of a command line that could not even be taken apart."""
    named: dict[str, str] = {}
    flags: set[str] = set()
    for last, word, following in zip(["", *argv], argv, [*argv[1:], ""], strict=False):
        name, _, value = word.partition("=")
        if word == "--":
            break
        if last in _TAKES:
            continue  # A value, whatever it looks like: no file is made for it.
        flags.add(word)
        if following.startswith("-") and following != "-":
            following = ""  # A flag is no file's name, whatever else is wrong.
        if name in {*_ENDING, "--baseline"} and (value or following):
            named[name] = value or following
    options = ReportOptions(
        json="--json" in flags,
        junit=named.get("--junit"),
        html=named.get("--html"),
        json_lines=named.get(JOURNAL),
        github=False if "--no-github" in flags else True if "--github" in flags else None,
    )
    suites = [word for word in argv[1:] if word.endswith(SUITES) and word not in named.values()]
    kept = BaselineOptions(save=named.get(SAVE), baseline=named.get("--baseline"))
    Reports(invocation, options, Baselines(kept)).refuse(error, suites)


def _nobody(line: str) -> None:
    """Say nothing."""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
