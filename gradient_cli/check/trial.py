"""
One attempt at a test: asked, and judged by all that the test expects.

    Prepared ─► ask ─► verdict ─► judges ─► Attempt
"""

from collections.abc import Callable, Sequence
from dataclasses import field

from gradient_cli.ask.client import Asker, Outcome
from gradient_cli.ask.flaws import Allowed
from gradient_cli.ask.verdict import verdict_on
from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.case import Case
from gradient_cli.check.judge import Bench, Ruling, judge
from gradient_cli.errors import ExpectationFailed, GradientError, IncompleteAnswer, NoAnswer
from gradient_cli.exits import ExitStatus
from gradient_cli.expect.expectations import Expectations, Judgement
from gradient_cli.transport.tape import ASKED_FOR
from gradient_cli.values import record
from gradient_cli.wire.events import add_usage
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request


@record
class Prepared:
    """A test with everything it needs to be asked."""

    case: Case
    request: Request
    open_client: Callable[[], Asker]
    """Opens a client for the test's profile."""
    rerun: str
    """The command that runs this test alone."""
    allowed: Allowed = Allowed()
    """What is taken for an answer besides."""
    expectations: Expectations = field(default_factory=Expectations)
    bench: Bench = field(default_factory=Bench)
    rerun_all: str = ""
    """The command that runs all rows of the test, if it has any."""


def attempt_of(
    test: Prepared, number: int, client: Asker, came: Callable[[Outcome], None]
) -> Attempt:
    """Ask once and judge; from a recording, each attempt gets its own answers again."""
    # The context is this thread's alone, and the next attempt sets it anew.
    ASKED_FOR.set(f"{test.case.known_as} #{number}")
    outcome = client.ask(test.request, None, test.allowed.reading())
    came(outcome)
    try:
        found = verdict_on(test.request, outcome, test.expectations, test.allowed)
    except GradientError as error:
        return _failed(number, outcome, error, [])
    judgement, fault = found.judgement, found.error
    if judgement is None or (fault and not isinstance(fault, ExpectationFailed)):
        assert fault
        return _failed(number, outcome, fault, [])
    findings = _findings(judgement)
    if isinstance(fault, NoAnswer):
        findings.insert(0, Finding("answer", False, fault.message))
    ruling = Ruling()
    # An answer that has failed already is not worth another call.
    if test.bench.criteria and fault is None:
        ruling = judge(client, test.bench, outcome.response.printed(judgement.text))
        if ruling.fault:
            return _failed(number, outcome, ruling.fault, ruling.asked, "the judge: ")
        findings += ruling.findings
    status = ExitStatus.OK if all(f.is_met for f in findings) else ExitStatus.EXPECTATION
    return _attempt(
        number,
        status,
        outcome,
        ruling.asked,
        findings=tuple(findings),
        warning=judgement.warning,
    )


def _findings(judgement: Judgement) -> list[Finding]:
    return [
        Finding(verdict.expectation, verdict.ok, verdict.message, verdict.excerpt)
        for verdict in judgement.verdicts
    ]


def _failed(
    number: int, outcome: Outcome, error: GradientError, asked: Sequence[Outcome], who: str = ""
) -> Attempt:
    return _attempt(
        number, error.status, outcome, asked, error=f"{who}{error.message}", hint=_hint(error)
    )


def _hint(error: GradientError) -> str | None:
    """Give the remedy in the words of a suite, which has no flags."""
    if isinstance(error, IncompleteAnswer) and error.hint and "--max-output-tokens" in error.hint:
        return "raise `max_output_tokens` of the test"
    if isinstance(error, IncompleteAnswer) and error.hint and "--allow-incomplete" in error.hint:
        return "try again"
    return error.hint


def _attempt(
    number: int,
    status: ExitStatus,
    outcome: Outcome,
    asked: Sequence[Outcome],
    *,
    findings: tuple[Finding, ...] = (),
    error: str | None = None,
    hint: str | None = None,
    warning: str = "",
) -> Attempt:
    return Attempt(
        number=number,
        status=status,
        text=outcome.response.text,
        commentary=outcome.response.commentary,
        refusal=outcome.response.refusal,
        pending=outcome.response.pending,
        findings=findings,
        error=error,
        hint=hint,
        request_id=outcome.request_id,
        model=outcome.response.model,
        usage=add_usage([o.response.usage for o in (outcome, *asked)]),
        sends=outcome.attempts,
        first_token_ms=outcome.first_token_ms,
        total_ms=outcome.total_ms,
        judged_ms=sum(one.total_ms for one in asked),
        warning=warning,
    )


def body_of(request: Request) -> Json:
    """Give the body for a report; a very long input is named, not repeated."""
    body = request.body()
    if isinstance(body.get("input"), LongText):
        body["input"] = "(a text of more than 8 MiB)"
    return body
