"""
Rows that a decision model decides about: each item is a state, all have one question.

    --decide QUESTION, PROMPT ─► Request(instructions: the question, input: the state)
                                    └─► POST /v1/systemone ─► Decision ─► a line of OUT

A request to decide is made, known and resumed as any other's: the question stands where
instructions do, the state where the prompt does. A no is an answer like another; what is not
sure enough is status 9, and answered all the same: it is not asked again.
"""

import time
from dataclasses import replace

from gradient_cli.ask.client import Asker
from gradient_cli.ask.decide_questions import ONLY
from gradient_cli.ask.decision import DecisionOutcome, Gate, Ruling, decide
from gradient_cli.batch.result_line import fault_of, line_of
from gradient_cli.batch.spending import spent_on
from gradient_cli.batch.tasks import Done, Task
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.document import error_object, usage_object
from gradient_cli.values import record
from gradient_cli.wire.decision import Decision, Question, decision_body
from gradient_cli.wire.events import total_tokens
from gradient_cli.wire.json import Json, canonical
from gradient_cli.wire.request import LongText, Request

ROW_FIELDS = frozenset({"model", "instructions", "input"})
"""What a row may say of its own request."""


@record
class Deciding:
    """What is asked of each row, and what its decision must be."""

    question: Question
    """As the flags say it; a row may fill its variables."""
    gate: Gate

    @property
    def fingerprint(self) -> str:
        """Give what is asked and expected as a text; the words of the question are a row's own."""
        kind = {name: said for name, said in self.question.json().items() if name != "instructions"}
        gate = self.gate
        return canonical(
            {
                "decide": kind,
                "expect": gate.expected,
                "at_least": gate.at_least,
                "at_most": gate.at_most,
                "sure": gate.sure,
            }
        )

    def body(self, request: Request) -> dict[str, Json]:
        """
        Give the body that is sent for a row.

        Raises:
            UsageError: its state is too long.

        """
        return decision_body(request.model or "", _state(request), {ONLY: self._asked(request)})

    def _asked(self, request: Request) -> Question:
        return replace(self.question, instructions=request.instructions or "")

    def work(self, task: Task, client: Asker, *, at: str, run: str) -> Done:
        """Decide about a row, and give its line; in a worker's thread."""
        begun = time.monotonic()
        question, request = self._asked(task.request), task.request
        try:
            found = decide(client, request.model or "", _state(request), {ONLY: question})
        except GradientError as error:
            waited_ms = round((time.monotonic() - begun) * 1000)
            return _failed(task, error, waited_ms, at=at, run=run)
        decision = found.decisions.answers[ONLY]
        ruling = self.gate.rule(decision, question)
        return _done(task, found, decision, ruling, self._error(decision, ruling), at=at, run=run)

    def _error(self, decision: Decision, ruling: Ruling) -> GradientError | None:
        gate = self.gate
        wants = (gate.expected, gate.at_least, gate.at_most)
        if ruling.has_passed is False and not any(wants):
            return None  # Of many rows a no is an answer like another.
        return ruling.error(decision, gate)


def _state(request: Request) -> str:
    if isinstance(request.input, LongText) or not isinstance(request.input, str):
        raise UsageError("a state is a text of 8 MiB at most")
    return request.input


def _done(
    task: Task,
    found: DecisionOutcome,
    decision: Decision,
    ruling: Ruling,
    error: GradientError | None,
    *,
    at: str,
    run: str,
) -> Done:
    usage = found.decisions.usage
    said: dict[str, Json] = {
        "text": decision.word,
        "label": decision.word,
        "decision": decision.word,
        "probability": decision.probability,
        "unsure": ruling.has_passed is None,
        "probabilities": dict(decision.probabilities),
        "confidence": decision.confidence,
        "score": decision.score,
        "model": found.decisions.model or task.request.model,
        "request_id": found.request_id,
        "usage": usage_object(usage),
        "spent": (task.spent_before + spent_on(usage)).as_document(),
        "total_ms": found.total_ms,
        "attempts": found.attempts,
        "error": error_object(error),
    }
    status = error.status if error else ExitStatus.OK
    return Done(status, line_of(task, status, said, at=at, run=run), tokens=total_tokens(usage))


def _failed(task: Task, error: GradientError, waited_ms: int, *, at: str, run: str) -> Done:
    said: dict[str, Json] = {
        "text": "",
        "model": task.request.model,
        "request_id": error.request_id,
        "usage": None,
        "spent": task.spent_before.as_document(),
        "total_ms": waited_ms,
        "attempts": error.attempts or 0,
        "error": error_object(error),
    }
    return Done(
        error.status,
        line_of(task, error.status, said, at=at, run=run),
        is_final=error.http_status == 401,
        fault=fault_of(error, error.attempts or 0),
    )
