"""
Deciding: questions about a state to a decision model, and what their answers are worth.

    state, questions ─► Client.text() ─► read_decisions ─► Decisions ─► Gate ─► Ruling ─► status
"""

import math

from gradient_cli.ask.client import Asker
from gradient_cli.ask.flag_values import check_sure
from gradient_cli.errors import ExpectationFailed, GradientError, NotSure, UsageError
from gradient_cli.values import record
from gradient_cli.wire.decision import (
    DECISION_PATH,
    HALF,
    NO,
    TIE,
    YES,
    Decision,
    Decisions,
    OneOf,
    Question,
    Scale,
    YesNo,
    decision_body,
    read_decisions,
)
from gradient_cli.wire.json import Json


@record(kw_only=True)
class Gate:
    """What a decision must be."""

    expected: str | None = None
    """The word; None: a yes, or whatever was chosen."""
    at_least: str | None = None
    """The lowest level of a scale that passes."""
    at_most: str | None = None
    sure: float | None = None
    """The least probability that counts as a decision, 0.5 to 1."""

    def check(self, question: Question, *, is_flag: bool = True) -> None:
        """
        Check that the gate can be held against this question; `is_flag`: flags say it, not keys.

        Raises:
            UsageError: names the flag, the word and the words there are.

        """
        sure, expect, least, most, scale = _FLAGS if is_flag else _KEYS
        check_sure(sure, self.sure)
        words = words_of(question)
        for flag, word in ((expect, self.expected), (least, self.at_least), (most, self.at_most)):
            if word is not None and word not in words:
                raise UsageError(f'{flag} "{word}" is not one of {", ".join(words)}')
        has_bound = self.at_least is not None or self.at_most is not None
        if has_bound and not isinstance(question, Scale):
            raise UsageError(f"{least} and {most} belong to {scale}")
        if has_bound and self.expected is not None:
            raise UsageError(f"{expect} and {least} or {most} exclude each other")
        if not self._levels(words):
            raise UsageError(f'no level is at least "{self.at_least}" and at most "{self.at_most}"')

    def rule(self, decision: Decision, question: Question) -> "Ruling":
        """Hold a decision against the gate."""
        if isinstance(question, YesNo):
            return self._rule_on(decision.probabilities[self.expected or YES], decision)
        if self.at_least is not None or self.at_most is not None:
            found = decision.probabilities
            inside = math.fsum(found[word] for word in self._levels(tuple(found)))
            return self._rule_on(inside / math.fsum(found.values()), decision)
        if decision.probability < (self.sure or 0) - TIE:
            return Ruling(None, decision.probability)
        return Ruling(self.expected in {None, decision.word}, decision.probability)

    def _rule_on(self, claim: float, decision: Decision) -> "Ruling":
        """Rule on a claim that is true with a probability: the band around a half is unsure."""
        clear = max(claim, 1 - claim)
        if abs(claim - HALF) < TIE or clear < (self.sure or 0) - TIE:
            return Ruling(None, clear)
        return Ruling(claim > HALF, clear)

    def _levels(self, words: tuple[str, ...]) -> tuple[str, ...]:
        low = words.index(self.at_least) if self.at_least in words else 0
        high = words.index(self.at_most) if self.at_most in words else len(words) - 1
        return words[low : high + 1]


_KEYS = ("sure", "expect", "at_least", "at_most", "scale")
_FLAGS = tuple(f"--{key.replace('_', '-')}" for key in _KEYS)


@record
class Ruling:
    """Whether a decision passes its gate."""

    has_passed: bool | None
    """None: not sure enough to tell."""
    probability: float
    """Of what was ruled on: the word, or the bound of a scale being met or not."""

    def error(self, decision: Decision, gate: Gate) -> GradientError | None:
        """Give what the run ends with; None where the gate is passed."""
        if self.has_passed:
            return None
        numbers = in_numbers(decision)
        if self.has_passed is None:
            wanted = f"; --sure wants {gate.sure:g}" if gate.sure is not None else ""
            return NotSure(
                f"not sure enough: {numbers}{wanted}", hint="ask a person, or a better model"
            )
        return ExpectationFailed(f'the decision is "{decision.word}": {numbers}')


def words_of(question: Question) -> tuple[str, ...]:
    """Give the words that can be decided, those of a scale from the least to the most."""
    match question:
        case YesNo():
            return YES, NO
        case OneOf(options=options):
            return tuple(options)
        case Scale(levels=levels):
            return tuple(levels)


def in_numbers(decision: Decision) -> str:
    """Give the probabilities for people, the most probable first: `bug 0.71, feature 0.2`."""
    ranked = sorted(decision.probabilities.items(), key=lambda pair: -pair[1])
    shown = ", ".join(f"{word} {_rounded(value)}" for word, value in ranked[:4])
    more = len(ranked) - 4
    return f"{shown} and {more} more" if more > 0 else shown


def _rounded(probability: float) -> str:
    """Give two digits of what is left to 0 or 1, so that 0.9996 does not read as certain."""
    digits = 2
    while digits < 6 and 0 < probability < 1 and round(probability, digits) in {0, 1}:
        digits += 1
    return f"{round(probability, digits):g}"


@record(kw_only=True)
class DecisionOutcome:
    """A reply, and how it was had."""

    decisions: Decisions
    request_id: str | None
    attempts: int
    total_ms: int


def decide(
    client: Asker, model: str, state: str, questions: dict[str, Question]
) -> DecisionOutcome:
    """
    Ask once, with retries.

    Raises:
        GradientError: there is no answer, or none that is a decision.

    """
    body: Json = decision_body(model, state, questions)
    text, exchange, attempts = client.text("POST", DECISION_PATH, body, model)
    outcome = exchange.outcome(attempts)
    try:
        decisions = read_decisions(text, questions)
    except GradientError as error:
        error.request_id, error.attempts = outcome.request_id, attempts
        raise
    return DecisionOutcome(
        decisions=decisions,
        request_id=outcome.request_id,
        attempts=attempts,
        total_ms=outcome.total_ms,
    )
