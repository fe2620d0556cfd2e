"""
Asking once: stdout is the answer, the exit status says whether it is one.

    Flags ─► Plan (what to ask, what to expect, how to show it) ─► answer() ─► exit status
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from gradient_cli.ask import inputs, question, verdict
from gradient_cli.ask.client import Asker
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question_options import InputOptions, OutputOptions, RequestOptions
from gradient_cli.ask.run_options import (
    ConfirmOptions,
    ExpectOptions,
    NetworkOptions,
    ProofOptions,
    SureOptions,
    ToolOptions,
)
from gradient_cli.ask.session import Session, open_session
from gradient_cli.errors import GradientError, TimedOut, UsageError, WriteFailed
from gradient_cli.exits import ExitStatus
from gradient_cli.render.document import Result, as_document
from gradient_cli.render.plain_text import answer_text
from gradient_cli.runs import remarks
from gradient_cli.runs.look import Look, look_of, output_flags
from gradient_cli.runs.screen import Notices, Screen
from gradient_cli.values import record
from gradient_cli.wire.json import line

if TYPE_CHECKING:
    from gradient_cli.ask.sureness import Sureness
    from gradient_cli.ask.tools.kit import Kit
    from gradient_cli.settings.prompt_file import PromptFile
    from gradient_cli.terminal.files import Target

MOST_VOTERS = 8
"""Requests at once for --votes."""


@record
class Flags:
    """All that the user said."""

    prompt: str | None
    input: InputOptions
    request: RequestOptions
    output: OutputOptions
    expectations: ExpectOptions
    sure: SureOptions
    tools: ToolOptions
    confirm: ConfirmOptions
    network: NetworkOptions
    proof: ProofOptions


def run(flags: Flags, invocation: Invocation) -> int:
    """
    Make a plan, and carry it out.

    Raises:
        GradientError: nothing was sent.

    """
    plan = make_plan(invocation, flags)
    try:
        if flags.proof.dry_run or flags.proof.curl:
            return _show_request(plan, is_curl=flags.proof.curl)
        return answer(plan)
    finally:
        plan.close()


@record
class Plan:
    """What to ask, what to expect, and how to show it."""

    session: Session
    question: question.Question
    expected: verdict.Expected
    look: Look
    output: "Target | None"
    """The file that gets the answer."""
    notices: Notices
    sureness: "Sureness | None" = None
    kit: "Kit | None" = None
    """The programs that answer function calls."""

    def open_client(self) -> Asker:
        """Open a client, which answers function calls where programs are named."""
        client = self.session.open_client()
        return self.kit.over(client) if self.kit else client

    def close(self) -> None:
        """Let go of what the run holds."""
        self.session.close()
        if self.output:
            self.output.close()
        if self.question.thread:
            self.question.thread.close()


def make_plan(invocation: Invocation, flags: Flags) -> Plan:
    """
    Read everything that is needed, and check it.

    Raises:
        GradientError: something is wrong with a flag, a file, the settings or stdin.

    """
    invocation.deadline(flags.network.max_time)
    prompt_file = question.read_prompt_file(flags.prompt, flags.input.prompt_file)
    texts = question.texts_of(prompt_file, flags.input.var)
    expectations = verdict.filled(flags.expectations, texts)
    expected = verdict.expected(expectations, extract=flags.output.extract, texts=texts)
    wanted = _sureness(flags.sure, has_labels=expectations.one_of is not None)
    if expected.expectations is not None:
        # What fails will be told after the answer; no file of ours may be missing by then.
        import gradient_cli.terminal.door  # noqa: F401
    notices = Notices(invocation.terminal, flags.output)
    for warning in expected.warnings():
        notices.tell(warning)
    session = _session(flags, prompt_file, invocation, notices)
    if flags.output.output is None and invocation.terminal.stdout_is_closed:
        raise UsageError("cannot write to stdout: it is closed", hint="-o FILE, or >/dev/null")
    flags = _with_thread(flags, session)
    expected = expected.with_tags(session.settings.get("think_tags"))
    look = look_of(flags.output, session, is_held=expected.is_held)
    target = _target(flags, session)
    try:
        asked = question.make_question(
            prompt_file.text if prompt_file else flags.prompt,
            flags.input,
            flags.request,
            session,
            texts,
            expected.text_format,
        )
    except BaseException:
        if target:
            target.close()
        raise
    if wanted and wanted.wants_tokens:
        from gradient_cli.ask.sureness import with_tokens

        asked = replace(asked, request=with_tokens(asked.request))
    return _with_kit(Plan(session, asked, expected, look, target, notices, wanted), flags)


def _session(
    flags: Flags, prompt_file: "PromptFile | None", invocation: Invocation, notices: Notices
) -> Session:
    """Resolve the settings of the run, and open what carries them."""
    given = {
        **(prompt_file.fields if prompt_file else {}),
        **inputs.request_flags(flags.request),
        **output_flags(flags.output),
        **({} if flags.input.thread is None else {"thread": flags.input.thread}),
        **flags.expectations.settings(),
    }
    session = open_session(
        invocation, given, flags.network, flags.proof, tell=notices.tell, detail=notices.detail
    )
    if (name := session.settings.get("format")) in {"json", "events"}:
        invocation.machine_format = name
    return session


def _sureness(options: SureOptions, *, has_labels: bool) -> "Sureness | None":
    """Give how sure the answer must be; None, at no cost, where nobody asks."""
    if options.sure is None and options.votes is None:
        return None
    from gradient_cli.ask.sureness import sureness

    return sureness(options.sure, options.votes, has_labels=has_labels)


def _with_kit(plan: Plan, flags: Flags) -> Plan:
    """
    Give the plan with the programs that the command line names, if it names any.

    Raises:
        UsageError: one is not there, or nothing could be held against its function's parameters.

    """
    try:
        confirms = flags.confirm.confirm
        flags.tools.refuse_alone(("--confirm", confirms))
        if not flags.tools.run_tool:
            return plan
        if confirms and flags.sure.votes:
            raise UsageError("--confirm and --votes exclude each other: they ask at the same time")
        from gradient_cli.ask.tools.kit import Kit

        kit = Kit(flags.tools, plan.session, plan.notices.tell, confirms=confirms)
        kit.check([plan.question.request])
    except BaseException:
        plan.close()
        raise
    return replace(plan, kit=kit)


def _target(flags: Flags, session: Session) -> "Target | None":
    """Hold the place of the file that gets the answer, if there is one and it will be written."""
    path = flags.output.output
    if path is None:
        return None
    from gradient_cli.terminal.files import check_target, open_target, refuse_read_files

    said = flags.input
    refuse_read_files(
        "-o", path, [said.thread, said.prompt_file, flags.request.body, flags.expectations.schema]
    )
    if flags.proof.dry_run or flags.proof.curl:
        check_target(path)
        return None
    return open_target(path, remaining_s=session.remaining_s, note=session.tell)


def _with_thread(flags: Flags, session: Session) -> Flags:
    """Give the flags with the conversation that the settings name; an empty name is none."""
    thread = session.settings.get("thread") or None
    return replace(flags, input=replace(flags.input, thread=thread))


def _show_request(plan: Plan, *, is_curl: bool) -> int:
    """Print what would be sent, by the code that sends it."""
    terminal = plan.session.invocation.terminal
    if is_curl:
        from gradient_cli.ask import curl

        settings = plan.session.settings
        variable = curl.key_variable(settings, terminal.stdin)
        way = curl.way_of(settings, plan.session.invocation.environ)
        terminal.write_json(
            curl.curl_command(settings.base_url, plan.question.request, variable, way) + "\n"
        )
        return ExitStatus.OK
    request = plan.question.request
    for chunk in request.encode(body=request.shown()):
        terminal.write_request(chunk)
    terminal.write("\n")
    return ExitStatus.OK


def answer(plan: Plan) -> int:
    """
    Ask, show, judge; give the exit status.

    Raises:
        GradientError: before anything was sent.

    """
    client = plan.open_client()
    plan.notices.detail(remarks.request_line(plan.question.request))
    screen = Screen(plan.session.invocation.terminal, plan.look)
    plan.notices.screen = screen
    plan.session.meanwhile = screen.prepare
    if plan.kit:
        plan.kit.sign = screen
    screen.begin()
    try:
        reading = plan.expected.allowed.reading(is_printed=screen.shows_pieces)
        outcome = client.ask(plan.question.request, screen, reading)
        judged = plan.expected.judge(plan.question.request, outcome, client)
        if plan.sureness:
            judged = _with_sureness(plan, plan.sureness, judged)
        return _finish(plan, screen, judged)
    except BaseException:
        screen.interrupt()
        raise
    finally:
        client.close()


def _with_sureness(plan: Plan, wanted: "Sureness", judged: verdict.Judged) -> verdict.Judged:
    from gradient_cli.ask.sureness import by_tokens, by_votes

    if wanted.wants_tokens:
        return by_tokens(judged, wanted)
    return by_votes(lambda count: _ask_again(plan, count), judged, wanted)


def _ask_again(plan: Plan, count: int) -> list[verdict.Judged]:
    """Ask the same so many times, some at once."""
    from gradient_cli.ask.workers import room_for, start

    found: list[verdict.Judged] = []
    left = list(range(count))

    def work() -> None:
        client = plan.open_client()
        try:
            while left:
                try:
                    left.pop()
                except IndexError:
                    break
                asked = plan.question.request
                reading = plan.expected.allowed.reading()
                outcome = client.ask(asked, None, reading)
                found.append(plan.expected.judge(asked, outcome, client))
        finally:
            client.close()

    tell = plan.notices.detail
    for worker in start(work, room_for(min(count, MOST_VOTERS), tell), tell):
        worker.join()
    return found


def _finish(plan: Plan, screen: Screen, judged: verdict.Judged) -> int:
    """Show the end, and keep the answer if it is one."""
    outcome = judged.outcome
    response = outcome.response
    screen.end_answer(response)
    error = judged.error or plan.session.check_replay()
    warnings = remarks.warnings(outcome, error)
    uncounted = remarks.uncounted(plan.session, plan.question.request, outcome, error)
    careful = [f"warning: {judged.warning}"] if judged.warning else []
    for notice in (*warnings, *careful, *uncounted, *remarks.complaints(judged)):
        plan.notices.tell(notice)
    is_saved = False
    if error is None:
        error, is_saved = _keep(plan, judged)
    plan.notices.detail(outcome.summary())
    result = _result(judged, error)
    # What could not be kept is shown rather than lost, unless stdout feeds what acts on it.
    refused = error if plan.look.is_whole else judged.error
    screen.close(result, error, is_answer=refused is None, is_saved=is_saved)
    return result.exit_code


def _result(judged: verdict.Judged, error: GradientError | None) -> Result:
    outcome = judged.outcome
    return Result(
        exit_code=error.status if error else ExitStatus.OK,
        response=outcome.response,
        text=judged.text,
        parsed=judged.parsed,
        checks=judged.checks,
        probability=judged.probability,
        error=error,
        request_id=outcome.request_id,
        attempts=outcome.attempts,
        first_token_ms=outcome.first_token_ms,
        total_ms=outcome.total_ms,
        usage=outcome.usage,
    )


def _keep(plan: Plan, judged: verdict.Judged) -> tuple[GradientError | None, bool]:
    """Write the answer to its thread and its file; give what went wrong, and if the file has it."""
    response = judged.outcome.response
    fault: GradientError | None = None
    if plan.question.thread:
        try:
            from gradient_cli.ask.conversation import answer_items

            plan.question.thread.add(
                [*plan.question.turn, *judged.outcome.said, *answer_items(response)]
            )
        except UsageError as error:
            fault = WriteFailed(error.message, hint="this turn is not in the thread")
    fault = plan.session.recording_fault() or fault
    is_object = plan.look.format == "json"
    # An object on failure goes to stdout; whoever reads the file finds none that says ok.
    if plan.output is None or (is_object and fault):
        return fault, False
    text = answer_text(judged.text, response)
    if is_object:
        text = f"{line(as_document(_result(judged, None)))}\n"
    try:
        plan.output.write(text)
    except (UsageError, TimedOut) as error:
        return WriteFailed(error.message, hint="the answer went to stdout instead"), False
    return fault, True
