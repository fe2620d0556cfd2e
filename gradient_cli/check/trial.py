"""
One attempt at a test: asked, and judged by all that the test expects.

    Prepared ─► ask ─► verdict ─► programs ─► decisions ─► judges ─► Attempt
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import field, replace

from gradient_cli.ask.client import Asker, Outcome
from gradient_cli.ask.flaws import Allowed
from gradient_cli.ask.sureness import Sureness, by_tokens, by_votes
from gradient_cli.ask.verdict import Judged, judged_of, verdict_on
from gradient_cli.check.attempt import Attempt, Finding, Ruling
from gradient_cli.check.case import Case
from gradient_cli.check.inquiry import Inquiry, decide_on
from gradient_cli.check.judge import Bench, judge
from gradient_cli.check.program_checks import Programs
from gradient_cli.check.remedies import in_suite_words
from gradient_cli.errors import ExpectationFailed, GradientError, NotSure
from gradient_cli.exits import ExitStatus
from gradient_cli.expect.expectations import Expectations
from gradient_cli.transport.tape import ASKED_FOR
from gradient_cli.values import record
from gradient_cli.wire.events import add_usage
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request
from gradient_cli.wire.response import Response


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
    inquiry: Inquiry = field(default_factory=Inquiry)
    bench: Bench = field(default_factory=Bench)
    sureness: Sureness | None = None
    """How sure the label of `one_of` must be; None: nobody asks."""
    given: str | None = None
    """A text that is judged in place of an answer: no model is asked for one."""
    programs: Programs = field(default_factory=Programs)
    unsure_fails: bool = False
    """What is unsure has failed."""
    is_calibrating: bool = False
    """It is held against labels: all is asked, whatever was met."""
    rerun_all: str = ""
    """The command that runs all rows of the test, if it has any."""


def attempt_of(
    test: Prepared, number: int, client: Asker, came: Callable[[Outcome], None]
) -> Attempt:
    """Ask once and judge; from a recording, each attempt gets its own answers again."""
    # The context is this thread's alone, and the next attempt sets it anew.
    ASKED_FOR.set(f"{test.case.known_as} #{number}")
    outcome = _asked(test, client)
    came(outcome)
    found = verdict_on(test.request, outcome, test.expectations, test.allowed)
    judged = judged_of(outcome, found)
    if test.sureness and not outcome.error:
        judged = _how_sure(test, client, judged, test.sureness)
    outcome, fault = judged.outcome, judged.error
    if fault and not isinstance(fault, ExpectationFailed | NotSure):
        return _failed(number, outcome, fault)
    findings = findings_of(judged)
    costs = Ruling()
    # An answer that has failed already is not worth another call.
    for who, rule in _rulers(test):
        has_failed = any(not finding.is_met and not finding.is_unsure for finding in findings)
        if has_failed and not test.is_calibrating:
            break
        ruling = rule(client, outcome.response.printed(judged.text))
        costs = replace(
            costs,
            usage=add_usage([costs.usage, ruling.usage]),
            total_ms=costs.total_ms + ruling.total_ms,
        )
        if ruling.fault:
            return _failed(number, outcome, ruling.fault, costs, who)
        findings += ruling.findings
    return _attempt(
        number,
        status_of(findings, unsure_fails=test.unsure_fails),
        outcome,
        costs,
        findings=tuple(findings),
        warning=judged.warning,
    )


def _asked(test: Prepared, client: Asker) -> Outcome:
    """Give the answer: the one that the suite has, or the model's."""
    if test.given is not None:
        return Outcome(Response(text=test.given, status="completed"), attempts=0)
    return client.ask(test.request, None, test.allowed.reading())


Rule = Callable[[Asker, str], Ruling]


def _rulers(test: Prepared) -> list[tuple[str, Rule]]:
    """Give who rules on an answer that the expectations let pass, the cheaper first."""
    rulers: list[tuple[str, Rule]] = []
    if names := test.case.wants.checks:
        rulers.append(("", lambda client, text: test.programs.judge(names, text)))
    if test.inquiry.points:
        rulers.append(
            ("the decision: ", lambda client, text: decide_on(client, test.inquiry, text))
        )
    if test.bench.criteria:
        rulers.append(("the judge: ", lambda client, text: judge(client, test.bench, text)))
    return rulers


def status_of(findings: Sequence[Finding], *, unsure_fails: bool) -> ExitStatus:
    """Give what the findings come to: what is not met outranks what is unsure."""
    missed = [finding for finding in findings if not finding.is_met]
    if not missed:
        return ExitStatus.OK
    is_unsure = all(finding.is_unsure for finding in missed) and not unsure_fails
    return ExitStatus.UNSURE if is_unsure else ExitStatus.EXPECTATION


def _how_sure(test: Prepared, client: Asker, judged: Judged, wanted: Sureness) -> Judged:
    """Give the verdict with the label's probability: by its tokens, or by asking again."""

    def ask(times: int) -> list[Judged]:
        return [_ballot(test, client) for _ in range(times)]

    if wanted.wants_tokens:
        return by_tokens(judged, wanted)
    begun, first_ms = time.monotonic(), judged.outcome.total_ms
    found = by_votes(ask, judged, wanted)
    # One after the other: what they took together is what was waited for.
    total_ms = first_ms + round((time.monotonic() - begun) * 1000)
    return replace(found, outcome=replace(found.outcome, total_ms=total_ms))


def _ballot(test: Prepared, client: Asker) -> Judged:
    outcome = client.ask(test.request, None, test.allowed.reading())
    return judged_of(outcome, verdict_on(test.request, outcome, test.expectations, test.allowed))


def findings_of(judged: Judged) -> list[Finding]:
    """
    Give what each expectation made of an answer.

    Of a label that is not sure enough, what it was wanted to be says nothing.
    """
    shown = iter(judged.failed)
    findings = []
    for check in judged.checks:
        key, is_met = str(check["expectation"]), bool(check["ok"])
        excerpt = "" if is_met else next((verdict.excerpt for verdict in shown), "")
        findings.append(Finding(key, is_met, str(check["message"]), excerpt))
    error = judged.error if isinstance(judged.error, NotSure) else None
    if judged.text is None or (judged.probability is None and error is None):
        return findings
    if error:
        findings = [f for f in findings if f.is_met or f.expectation.startswith("max_")]
    kept = [finding for finding in findings if not finding.expectation.startswith("one-of")]
    label = Finding(
        "one_of",
        is_met=error is None,
        message=(in_suite_words(f"{error.message}; {error.hint}") or "") if error else "",
        is_unsure=error is not None,
        decision=judged.text,
        probability=judged.probability,
    )
    return [*kept, label]


def _failed(
    number: int, outcome: Outcome, error: GradientError, costs: Ruling | None = None, who: str = ""
) -> Attempt:
    return _attempt(
        number,
        error.status,
        outcome,
        costs or Ruling(),
        error=f"{who}{error.message}",
        hint=in_suite_words(error.hint),
    )


def _attempt(
    number: int,
    status: ExitStatus,
    outcome: Outcome,
    costs: Ruling,
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
        tool_calls=tuple(call.as_item() for call in outcome.response.tool_calls),
        steps=tuple(step.as_document() for step in outcome.response.steps),
        server_calls=outcome.response.server_calls,
        citations=outcome.response.citations,
        findings=findings,
        error=error,
        hint=hint,
        request_id=outcome.request_id,
        model=outcome.response.model,
        usage=add_usage([outcome.usage, costs.usage]),
        sends=outcome.attempts,
        first_token_ms=outcome.first_token_ms,
        total_ms=outcome.total_ms,
        judged_ms=costs.total_ms,
        warning=warning,
    )


def body_of(request: Request) -> Json:
    """Give the body for a report; a very long input is named, not repeated."""
    body = request.shown()
    if isinstance(body.get("input"), LongText):
        body["input"] = "(a text of more than 8 MiB)"
    return body
