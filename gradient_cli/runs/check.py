"""
Running suites of prompts with expectations, and reporting.

    suites ─► cases ─► Prepared (request, client) ─► Runner ─► Report ─► reporters ─► exit status
"""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

from gradient_cli.ask import flag_values, inputs
from gradient_cli.ask.client import Asker
from gradient_cli.ask.flaws import Allowed
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.check.case import Case
from gradient_cli.check.report import Attempt, Report
from gradient_cli.check.runner import Limits, Prepared, Runner
from gradient_cli.check.suite import load_suite, repeated, select
from gradient_cli.check.suite_options import ReportOptions, TapeOptions, WhichOptions
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.ticker import Ticker
from gradient_cli.settings.prompt_file import parse_prompt_file
from gradient_cli.terminal.color import may_move_cursor, wants_color
from gradient_cli.terminal.files import check_target, write_file
from gradient_cli.terminal.intake import read_file, read_short_file
from gradient_cli.values import record
from gradient_cli.wire import template
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.attachment import Block, compose
from gradient_cli.wire.json import Json

WAY = 'vars = { {name} = "VALUE" }'
"""How a suite sets a variable."""


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
    _check_targets(report)
    terminal = invocation.terminal
    ticker = Ticker(
        terminal,
        may_move=may_move_cursor(invocation.environ, terminal.stderr_is_tty)
        and not invocation.environ.get("CI"),
        is_quiet=report.quiet,
    )
    cases = _cases(flags.suites, which)
    desk = Desk(invocation, which, flags.tape, flags.network, ticker, is_verbose=report.verbose)
    prepared = [desk.prepare(case) for case in cases]
    return ask_all(invocation, prepared, which, report, desk, ticker)


def _check_targets(report: ReportOptions) -> None:
    for target in (report.junit, report.html):
        if target is not None:
            check_target(target)
    if not (report.junit and report.html):
        return
    file = Path(report.junit).resolve()
    if file == Path(report.html).resolve() and (file.is_file() or not file.exists()):
        raise UsageError(f'--junit and --html name the same file: "{report.html}"')


def _cases(suites: Sequence[str], which: WhichOptions) -> list[Case]:
    seen: set[str] = set()
    found: list[Case] = []
    for path in suites:
        if path in seen:
            raise UsageError(f'the suite "{path}" was given twice')
        seen.add(path)
        found += load_suite(path)
    return [repeated(c, which.repeat, which.require) for c in select(found, which.pattern)]


def ask_all(
    invocation: Invocation,
    prepared: Sequence[Prepared],
    which: WhichOptions,
    options: ReportOptions,
    desk: "Desk",
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
        Limits(which.fail_fast, which.max_total_tokens),
        on_attempt,
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
    )
    try:
        runner.run(which.jobs)
    except BaseException as error:
        runner.interrupt(error)
        ticker.close()
        write_reports(invocation, runner.report(), options)
        raise
    finally:
        ticker.close()
        desk.close()
    found = runner.report(_notes(runner.report(), desk))
    write_reports(invocation, found, options)
    return found.status


def _word(status: ExitStatus) -> str:
    return "pass" if not status else "fail" if status == 1 else f"exit {int(status)}"


def _notes(report: Report, desk: "Desk") -> list[str]:
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


def write_reports(invocation: Invocation, report: Report, options: ReportOptions) -> None:
    """
    Write every report that was asked for; files first, so that a closed stdout loses none.

    Raises:
        UsageError: a file cannot be written; all others are by then.

    """
    from gradient_cli.check.reporters import github, html, json, junit, text

    fault = None
    for path, render in ((options.junit, junit.render), (options.html, html.render)):
        try:
            if path is not None:
                write_file(path, render(report))
        except UsageError as error:
            fault = fault or error
    environ, terminal = invocation.environ, invocation.terminal
    is_github = options.github
    if is_github is None:
        is_github = environ.get("GITHUB_ACTIONS") == "true"
    if is_github:
        fault = fault or _write_summary(environ, report)
    if options.json:
        terminal.write(json.render(report))
    else:
        color = wants_color(options.color, environ, terminal.stdout_is_tty)
        terminal.write(text.render(report, is_quiet=options.quiet, is_colored=color))
        if is_github:
            workspace = environ.get("GITHUB_WORKSPACE")
            terminal.write(github.annotations(report, Path(workspace) if workspace else None))
    if fault:
        raise fault


def _write_summary(environ: Mapping[str, str], report: Report) -> UsageError | None:
    """Append to the job summary; give what went wrong, to be raised once the verdicts are out."""
    from gradient_cli.check.reporters import github

    summary = environ.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return None
    room = github.MAX_SUMMARY_BYTES
    try:
        with Path(summary).open("a", encoding="utf-8", errors="replace") as file:
            file.write(github.summary(report, room - min(file.tell(), room)))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return UsageError(
            f'cannot write the job summary "{summary}": {reason}', hint="--no-github goes without"
        )
    return None


class Desk:
    """Prepares tests: reads what they need, and opens a session for each profile."""

    def __init__(
        self,
        invocation: Invocation,
        which: WhichOptions,
        tape: TapeOptions,
        network: NetworkOptions,
        ticker: Ticker,
        *,
        is_verbose: bool,
    ) -> None:
        self.tape = tape
        self._invocation = invocation
        self._which = which
        self._network = network
        self._ticker = ticker
        self._is_verbose = is_verbose
        self._sessions: dict[str | None, tuple[Session, Callable[[], Asker]]] = {}

    def prepare(self, case: Case) -> Prepared:
        """
        Give a test with its request.

        Raises:
            GradientError: names the suite's file and line.

        """
        try:
            return self._prepare(case)
        except UsageError as error:
            raise UsageError(
                f"{case.suite}:{case.line}: {error.message}", hint=error.hint
            ) from None

    def _prepare(self, case: Case) -> Prepared:
        session, open_client = self._session(case.profile)
        prompt, fields, variables = self._prompt(case)
        given = {**fields, **case.fields}
        if self._which.model:
            given["model"] = self._which.model
        settings = session.resolved(given)
        asked = settings.request()
        if isinstance(asked.get("instructions"), str):
            asked["instructions"] = template.fill(
                asked["instructions"],
                variables,
                "the instructions",
                is_template="instructions" in case.fields,
                way=WAY,
            )
        blocks = [Block(path, read_file(str(case.folder / path))) for path in case.files]
        request = inputs.build_request(
            asked,
            input=compose(blocks, prompt),
            options=RequestOptions(),
            base={},
            text_format=case.expectations.schema.text_format()
            if case.expectations.schema
            else None,
            stream=bool(asked.get("stream", True)),
        )
        needs_model = is_digitalocean(settings.base_url) and not self.tape.replay
        if needs_model and not request.model:
            raise UsageError("no model is set", hint="-m ID, or `model` in [defaults]")
        allowed = Allowed(
            empty=case.allow_empty,
            refusal=case.allow_refusal,
            tags=settings.get("think_tags") == "keep",
        )
        return Prepared(case, request, open_client, self._rerun(case), allowed)

    def _prompt(self, case: Case) -> tuple[str, dict[str, Json], dict[str, str]]:
        """Give the filled prompt, the request fields of a prompt file, and the variables."""
        variables = {
            name: flag_values.text_or_file(_beside(case, text))
            for name, text in case.variables.items()
        }
        fields: dict[str, Json] = {}
        text, where = case.prompt or "", "the prompt"
        if case.prompt_file is not None:
            path = str(case.folder / case.prompt_file)
            parsed = parse_prompt_file(read_short_file(path), path)
            text, fields, where = parsed.text, dict(parsed.fields), path
            variables = {**parsed.variables, **variables}
        filled = template.fill(text, variables, where, is_template=True, way=WAY)
        texts = [text, str(case.fields.get("instructions", fields.get("instructions", "")))]
        if unused := template.unused(texts, case.own_variables):
            raise UsageError(f"the variable `{unused[0]}` is not used")
        return filled, fields, variables

    def _session(self, profile: str | None) -> tuple[Session, Callable[[], Asker]]:
        if profile not in self._sessions:
            network = replace(self._network, profile=profile or self._network.profile)
            session = open_session(
                self._invocation,
                {},
                network,
                ProofOptions(
                    record=_folder_of(self.tape.record, profile),
                    replay=_folder_of(self.tape.replay, profile),
                ),
                tell=self._ticker.say,
                detail=self._ticker.say if self._is_verbose else _nobody,
            )
            if not self.tape.replay:
                session.credential()
                session.base_url()
                # Now, and not by sixteen workers at once.
                import_module("gradient_cli.transport.http")
            self._sessions[profile] = (session, session.open_client)
        return self._sessions[profile]

    def _rerun(self, case: Case) -> str:
        words = ["gradient", "check", case.suite, "-k", case.name]
        if self._which.model:
            words += ["-m", self._which.model]
        if self._network.profile:
            words += ["-p", self._network.profile]
        if self._network.base_url:
            words += ["--base-url", self._network.base_url]
        if self.tape.replay:
            words += ["--replay", self.tape.replay]
        return shlex.join(words)

    def close(self) -> None:
        """Let go of the sessions."""
        for session, _ in self._sessions.values():
            session.close()


def _folder_of(tapes: str | None, profile: str | None) -> str | None:
    """
    Give the folder for a profile's recordings.

    A test's own profile has its own: another endpoint answers the same request differently.
    """
    if not (tapes and profile):
        return tapes
    # A name like ../x must not lead out of the folder.
    return str(Path(tapes) / quote(profile, safe=" ").replace("..", "%2E%2E"))


def _beside(case: Case, text: str) -> str:
    """Give @FILE relative to the suite."""
    if text.startswith("@") and not text.startswith("@@"):
        return f"@{case.folder / text[1:]}"
    return text


def _nobody(text: str) -> None:
    pass
