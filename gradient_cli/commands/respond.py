"""
`gradient respond`: ask once; stdout is the answer, the exit status says whether it is one.

    flags ─► Plan (what to ask, what to expect, how to show it) ─► answer() ─► exit status
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from gradient_cli.client import Outcome
from gradient_cli.commands import asking, curl, judging, values
from gradient_cli.commands.app import new_app
from gradient_cli.commands.expand import expand
from gradient_cli.commands.invocation import Invocation
from gradient_cli.commands.options import (
    ExpectOptions,
    InputOptions,
    NetworkOptions,
    OutputOptions,
    ProofOptions,
    RequestOptions,
)
from gradient_cli.commands.session import Session, open_session
from gradient_cli.commands.showing import Look, Notices, Screen
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.document import Result
from gradient_cli.render.text import answer_text
from gradient_cli.terminal.color import may_move_cursor, wants_color
from gradient_cli.terminal.files import check_target, write_file
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import Request
from gradient_cli.wire.response import Response

app = new_app()


@app.command(name="respond", help="Ask once; stdout is the answer.")
@expand
def respond(
    ctx: typer.Context,
    input: InputOptions,  # noqa: A002  # the wire's word
    request: RequestOptions,
    output: OutputOptions,
    expectations: ExpectOptions,
    network: NetworkOptions,
    proof: ProofOptions,
    prompt: Annotated[
        str | None, typer.Argument(metavar="[PROMPT]", help="the prompt; - reads it from stdin")
    ] = None,
) -> int:
    """
    Turn flags into a plan, and carry it out.

    Raises:
        GradientError: nothing was sent.

    """
    invocation: Invocation = ctx.obj
    flags = Flags(prompt, input, request, output, expectations, network, proof)
    plan = make_plan(invocation, flags)
    try:
        if proof.dry_run or proof.curl:
            return _show_request(plan, is_curl=proof.curl)
        return answer(plan)
    finally:
        plan.session.close()


@dataclass(frozen=True, slots=True)
class Flags:
    """All that the user said."""

    prompt: str | None
    input: InputOptions
    request: RequestOptions
    output: OutputOptions
    expectations: ExpectOptions
    network: NetworkOptions
    proof: ProofOptions


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, what to expect, and how to show it."""

    session: Session
    request: Request
    expected: judging.Expected
    look: Look
    output: str | None
    """The file that gets the answer."""
    notices: Notices


def make_plan(invocation: Invocation, flags: Flags) -> Plan:
    """
    Read everything that is needed, and check it.

    Raises:
        GradientError: something is wrong with a flag, a file, the settings or stdin.

    """
    expected = judging.expected(flags.expectations, extract=flags.output.extract)
    notices = Notices(invocation.terminal, flags.output)
    session = open_session(
        invocation,
        {**asking.request_flags(flags.request), **_output_flags(flags.output)},
        flags.network,
        flags.proof,
        tell=notices.tell,
        detail=notices.detail,
    )
    if flags.output.output:
        check_target(flags.output.output)
    request = _request(flags, session, expected)
    return Plan(
        session, request, expected, _look(flags, session, expected), flags.output.output, notices
    )


def _output_flags(output: OutputOptions) -> dict[str, Json]:
    """Give the output flags that have a setting of the same name."""
    named = {
        "format": "json" if output.json else output.format,
        "color": output.color,
        "show_reasoning": output.show_reasoning,
        "usage": output.usage,
    }
    return {name: value for name, value in named.items() if value is not None}


def _request(flags: Flags, session: Session, expected: judging.Expected) -> Request:
    """Read prompt, files and body, and make the request."""
    settings = session.settings
    reader = asking.Reader(
        session.invocation.terminal,
        timeout_s=settings.timeout_s,
        max_bytes=settings.max_input_bytes,
        note=session.tell,
    )
    base = asking.base_body(flags.request, reader.explicit_stdin)
    intake = asking.read_input(flags.prompt, flags.input, flags.request.body, reader)
    if intake.is_empty and not base.get("input"):
        raise _nothing_to_ask(session.invocation.terminal)
    fields = settings.request()
    if flags.input.instructions is not None:
        fields["instructions"] = values.text_or_file(flags.input.instructions)
    request = asking.build_request(
        fields,
        input="" if intake.is_empty else intake.text(),
        options=flags.request,
        base=base,
        text_format=expected.text_format,
        stream=bool(fields.get("stream", base.get("stream", True))),
    )
    if is_digitalocean(settings.base_url) and not request.body().get("model"):
        raise UsageError(
            "no model is set",
            hint="-m ID, or `gradient config set model ID`; `gradient models` lists them",
        )
    return request


def _nothing_to_ask(terminal: Terminal) -> UsageError:
    if terminal.stdin_is_tty:
        return UsageError(
            "there is no prompt", hint='gradient respond "three names for a build bot"'
        )
    return UsageError(
        "there is no prompt, and nothing came on stdin",
        hint='gradient respond "…", or pipe the prompt in',
    )


def _look(flags: Flags, session: Session, expected: judging.Expected) -> Look:
    """Decide how the run is shown."""
    terminal, environ = session.invocation.terminal, session.invocation.environ
    settings, output = session.settings, flags.output
    name = settings.get("format")
    if name == "auto":
        name = "markdown" if terminal.stdout_is_tty else "text"
    color = settings.get("color")
    return Look(
        format=name,
        is_held=expected.is_held,
        is_silent=output.output is not None,
        shows_reasoning=bool(settings.get("show_reasoning")) and not output.quiet,
        shows_usage=bool(settings.get("usage")),
        has_color=wants_color(color, environ, terminal.stdout_is_tty),
        has_error_color=wants_color(color, environ, terminal.stderr_is_tty),
        may_move=may_move_cursor(environ, terminal.stdout_is_tty),
        may_spin=not output.quiet and may_move_cursor(environ, terminal.stderr_is_tty),
    )


def _show_request(plan: Plan, *, is_curl: bool) -> int:
    """Print what would be sent, by the code that sends it."""
    terminal = plan.session.invocation.terminal
    if is_curl:
        variable = curl.key_variable(plan.session.settings)
        terminal.write(
            curl.curl_command(plan.session.settings.base_url, plan.request, variable) + "\n"
        )
        return ExitStatus.OK
    for chunk in plan.request.encode():
        terminal.write_bytes(chunk)
    terminal.write("\n")
    return ExitStatus.OK


def answer(plan: Plan) -> int:
    """
    Ask, show, judge; give the exit status.

    Raises:
        GradientError: before anything was sent.

    """
    client = plan.session.open_client()
    screen = Screen(plan.session.invocation.terminal, plan.look)
    plan.notices.screen = screen
    screen.begin()
    try:
        outcome = client.ask(plan.request, screen)
        judged = plan.expected.judge(plan.request, outcome, client)
        return _finish(plan, screen, judged)
    except BaseException:
        screen.interrupt()
        raise
    finally:
        client.close()


def _finish(plan: Plan, screen: Screen, judged: judging.Judged) -> int:
    """Show the end, and keep the answer if it is one."""
    error, outcome = judged.error, judged.outcome
    response = outcome.response
    for warning in _warnings(plan.request, outcome, error):
        plan.notices.tell(warning)
    if plan.output and error is None:
        try:
            write_file(plan.output, answer_text(judged.text, response))
        except UsageError as fault:
            error = fault
    result = Result(
        exit_code=error.status if error else ExitStatus.OK,
        response=response,
        text=judged.text,
        parsed=judged.parsed,
        checks=judged.checks,
        error=error,
        request_id=outcome.request_id,
        attempts=outcome.attempts,
        first_token_ms=outcome.first_token_ms,
        total_ms=outcome.total_ms,
    )
    plan.notices.detail(_summary(outcome))
    screen.close(result, error)
    return result.exit_code


def _warnings(request: Request, outcome: Outcome, error: GradientError | None) -> Iterator[str]:
    response = outcome.response
    if response.streamed_text_differs:
        yield "warning: the server's final text differs from what it streamed"
    if error is None and response.is_complete and not response.text and not response.tool_calls:
        thought = " (it only reasoned; --show-reasoning shows it)" if response.reasoning else ""
        yield f"warning: the answer is empty{thought}"
    if error is None and (limit := _used_up(request, response)):
        # llama.cpp calls an answer completed that the limit has cut.
        yield f"warning: the answer used all {limit} tokens that it may have; it may be cut"


def _used_up(request: Request, response: Response) -> int | None:
    """Give the limit of tokens if the answer reached it."""
    body = request.body()
    limit = body.get("max_output_tokens") or body.get("max_tokens")
    used = response.usage.output_tokens if response.usage else None
    return limit if isinstance(limit, int) and used is not None and used >= limit else None


def _summary(outcome: Outcome) -> str:
    response = outcome.response
    parts = [
        f"status {response.status or 'unknown'}",
        f"model {response.model or 'unknown'}",
        f"request {outcome.request_id or response.id or 'unknown'}",
        f"{outcome.attempts} sent",
        f"{outcome.total_ms} ms",
    ]
    return ", ".join(parts)
