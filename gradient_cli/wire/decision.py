"""
Decisions: what is asked of a decision model, and what it answered, checked.

    YesNo, OneOf, Scale ─► decision_body() ─► POST /v1/systemone ─► read_decisions() ─► Decision

A decision model writes no text: it reads a state and gives each question's options their
probabilities. What is not exactly that is no decision: `read_decisions` refuses whatever is
missing, doubled, foreign, not finite, or does not add up.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field

from gradient_cli.errors import BrokenReply
from gradient_cli.values import record
from gradient_cli.wire import strict
from gradient_cli.wire.events import Usage
from gradient_cli.wire.json import Json

DECISION_PATH = "/v1/systemone"
MOST_OPTIONS = 255
MOST_LEVELS = 10
OFF_BY = 0.02
"""How far the probabilities of one question may be from 1 in sum."""
TIE = 1e-6
"""Probabilities closer than this are equally probable."""
HALF = 0.5
YES, NO = "yes", "no"


@record(kw_only=True)
class YesNo:
    """A statement or question that is true or not."""

    instructions: str
    yes_means: str | None = None
    no_means: str | None = None

    def json(self) -> dict[str, Json]:
        """Give the question as the wire has it (`noul`: not or yes or unsure, likely)."""
        criteria = {"true": self.yes_means, "false": self.no_means}
        said = {name: text for name, text in criteria.items() if text is not None}
        question: dict[str, Json] = {"type": "noul", "instructions": self.instructions}
        return {**question, "criteria": said} if said else question


@record(kw_only=True)
class OneOf:
    """Which of 2 to 255 options; name -> what it means, or None."""

    instructions: str
    options: Mapping[str, str | None]

    def json(self) -> dict[str, Json]:
        """Give the question as the wire has it."""
        return {
            "type": "choice",
            "instructions": self.instructions,
            "criteria": dict(self.options),
        }


@record(kw_only=True)
class Scale:
    """Which of 2 to 10 levels, from the least to the most, in words."""

    instructions: str
    levels: Sequence[str]

    def json(self) -> dict[str, Json]:
        """Give the question as the wire has it."""
        return {
            "type": "score",
            "instructions": self.instructions,
            "criteria": list(self.levels),
        }


Question = YesNo | OneOf | Scale


@record(kw_only=True)
class Decision:
    """One question's answer."""

    word: str
    """yes or no, the option, or the level: the lowest that half of the probability reaches."""
    probability: float
    """Of the word, 0 to 1."""
    probabilities: Mapping[str, float]
    """Of every option; of a scale in the order of its levels."""
    confidence: float | None = None
    """How concentrated the distribution is, as the model says; no probability."""
    score: float | None = None
    """The expected level of a scale: 0 to the number of levels less 1."""


@record(kw_only=True)
class Decisions:
    """A whole reply."""

    model: str
    answers: Mapping[str, Decision]
    usage: Usage | None
    reply: Json = field(default=None)
    """The service's own object."""


def decision_body(model: str, state: str, questions: Mapping[str, Question]) -> dict[str, Json]:
    """Give the body of a request; every question is answered from one reading of the state."""
    asked = {name: question.json() for name, question in questions.items()}
    return {"model": model, "state": state, "questions": asked}


def read_decisions(text: str, questions: Mapping[str, Question]) -> Decisions:
    """
    Give what a reply decided; source: the endpoint's document of September 2026.

    Raises:
        BrokenReply: it is not exactly one decision for each question.

    """
    try:
        reply = strict.parse(text)
    except ValueError as error:
        raise _broken(f"it is no JSON: {error}") from None
    if not isinstance(reply, dict):
        raise _broken("it is no JSON object")
    if reply.get("error"):
        raise _broken("it holds an error beside a status that says success")
    answers = reply.get("answers")
    if not isinstance(answers, dict):
        raise _broken("`answers` is missing")
    if missing := [name for name in questions if name not in answers]:
        raise _broken(f"the question {missing[0]!r} has no answer")
    if foreign := [name for name in answers if name not in questions]:
        raise _broken(f"it answers {foreign[0]!r}, which was not asked")
    model = reply.get("model")
    return Decisions(
        model=model if isinstance(model, str) else "",
        answers={
            name: _read(f"the answer to {name!r}", answers[name], question)
            for name, question in questions.items()
        },
        usage=_usage(reply.get("usage")),
        reply=reply,
    )


def _read(what: str, answer: Json, question: Question) -> Decision:
    if not isinstance(answer, dict):
        raise _broken(f"{what} is no object")
    wanted = question.json()["type"]
    if answer.get("type") != wanted:
        raise _broken(f"{what} is of type {answer.get('type')!r}, not {wanted!r}")
    match question:
        case YesNo():
            return _yes_or_no(what, answer)
        case OneOf(options=options):
            return _choice(what, answer, list(options))
        case Scale(levels=levels):
            return _level(what, answer, levels)


def _yes_or_no(what: str, answer: dict[str, Json]) -> Decision:
    yes = _probability(what, answer.get("noul"))
    word = YES if yes >= HALF else NO
    return Decision(
        word=word,
        probability=max(yes, 1 - yes),
        probabilities={YES: yes, NO: 1 - yes},
    )


def _choice(what: str, answer: dict[str, Json], options: Sequence[str]) -> Decision:
    found = _distribution(what, answer, options)
    word = answer.get("choice")
    if not isinstance(word, str) or word not in found:
        raise _broken(f"{what} chooses {word!r}, which is no option")
    top = max(found.values())
    if found[word] < top - TIE:
        raise _broken(f"{what} chooses {word!r}, which is not the most probable option")
    return Decision(
        word=word,
        probability=found[word],
        probabilities=found,
        confidence=_confidence(what, answer),
    )


def _level(what: str, answer: dict[str, Json], levels: Sequence[str]) -> Decision:
    numbers = [str(number) for number in range(len(levels))]
    legend = answer.get("legend")
    if legend is not None and legend != dict(zip(numbers, levels, strict=True)):
        raise _broken(f"{what} has another legend than the levels that were asked")
    by_number = _distribution(what, answer, numbers)
    score = _number(what, answer.get("score"), "score", len(levels) - 1)
    found = {level: by_number[number] for number, level in zip(numbers, levels, strict=True)}
    total = math.fsum(found.values())
    reached, word = 0.0, levels[-1]
    for level, probability in found.items():
        reached += probability / total
        if reached >= HALF - TIE:
            word = level
            break
    return Decision(
        word=word,
        probability=found[word],
        probabilities=found,
        confidence=_confidence(what, answer),
        score=score,
    )


def _distribution(what: str, answer: dict[str, Json], names: Sequence[str]) -> dict[str, float]:
    given = answer.get("probabilities")
    if not isinstance(given, dict):
        raise _broken(f"{what} has no `probabilities`")
    if set(given) != set(names):
        odd = sorted(set(given) ^ set(names))[0]
        raise _broken(f"{what} has other probabilities than its options: {odd!r}")
    found = {name: _probability(what, given[name]) for name in names}
    total = math.fsum(found.values())
    if abs(total - 1) > OFF_BY:
        raise _broken(f"{what} has probabilities that add up to {total:.3g}")
    return found


def _confidence(what: str, answer: dict[str, Json]) -> float | None:
    given = answer.get("confidence")
    return None if given is None else _number(what, given, "confidence", 1)


def _probability(what: str, value: Json) -> float:
    return _number(what, value, "probability", 1)


def _number(what: str, value: Json, name: str, most: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most:
        raise _broken(f"{what} has no {name} from 0 to {most}: {str(value)[:40]!r}")
    return float(value)


def _usage(given: Json) -> Usage | None:
    """Give the counts, where the service gave usable ones; a decision does not hang on them."""
    counts: dict[str, Json] = given if isinstance(given, dict) else {}
    read: Json = counts.get("input_tokens")
    written: Json = counts.get("output_tokens")
    if not (_is_count(read) and _is_count(written)):
        return None
    return Usage(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _is_count(value: Json) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _broken(why: str) -> BrokenReply:
    return BrokenReply(
        f"the reply is no decision: {why}",
        hint="is this an endpoint for decisions? check --base-url",
    )
