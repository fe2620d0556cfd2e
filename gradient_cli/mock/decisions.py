"""
The decision endpoint: a request checked as the original does, and a reply with given odds.

    POST /v1/systemone  ─► faults() ─► 422 with `detail`, or answers() ─► 200

Pure; the server sends it. Source: the endpoint's document of September 2026.
"""

from collections.abc import Iterator, Mapping

from gradient_cli.wire.decision import MOST_LEVELS, MOST_OPTIONS
from gradient_cli.wire.json import Json

USUAL = 0.9
"""The probability of yes, of the first option or of the first level, where nobody says it."""


def faults(body: Json) -> list[Json]:
    """Give what is wrong with a request, as the original lists it; nothing if it is sound."""
    return [
        {"loc": ["body", *where], "msg": message, "type": kind}
        for where, message, kind in _faults(body)
    ]


Fault = tuple[tuple[str, ...], str, str]


def _faults(body: Json) -> Iterator[Fault]:
    if not isinstance(body, dict):
        yield (), "Input should be a valid dictionary", "dict_type"
        return
    for name in ("model", "state"):
        if name not in body:
            yield (name,), "Field required", "missing"
        elif not isinstance(body[name], str):
            yield (name,), "Input should be a valid string", "string_type"
    questions = body.get("questions")
    if not isinstance(questions, dict) or not questions:
        yield ("questions",), "Dictionary should have at least 1 item", "too_short"
        return
    for name, question in questions.items():
        yield from _question_faults(("questions", name), question)


def _question_faults(where: tuple[str, ...], question: Json) -> Iterator[Fault]:
    if not isinstance(question, dict):
        yield where, "Input should be a valid dictionary", "dict_type"
        return
    if not isinstance(question.get("instructions"), str):
        yield (*where, "instructions"), "Input should be a valid string", "string_type"
    kind, criteria = question.get("type"), question.get("criteria")
    place = (*where, "criteria")
    match kind:
        case "noul":
            if criteria is not None and not (
                isinstance(criteria, dict) and set(criteria) <= {"true", "false"}
            ):
                yield place, "Only `true` and `false` have criteria", "value_error"
        case "choice":
            if not isinstance(criteria, dict) or not 2 <= len(criteria) <= MOST_OPTIONS:
                yield place, f"2 to {MOST_OPTIONS} options are needed", "value_error"
        case "score":
            if not isinstance(criteria, list) or not 2 <= len(criteria) <= MOST_LEVELS:
                yield place, f"2 to {MOST_LEVELS} levels are needed", "value_error"
            elif not all(isinstance(level, str) and not level.isdigit() for level in criteria):
                yield place, "Levels are words, not numbers", "value_error"
        case _:
            yield (*where, "type"), "Input should be noul, choice or score", "literal_error"


def asked_of(body: Mapping[str, Json]) -> str:
    """Give what a `match` is looked for in: the state, and every question's instructions."""
    asked = [str(question.get("instructions")) for question in body["questions"].values()]
    return "\n".join([str(body["state"]), *asked])


def answers(body: Mapping[str, Json], odds: Mapping[str, float]) -> dict[str, Json]:
    """
    Give the reply to a sound request.

    `odds` are probabilities by word: yes, an option, a level. What they leave of 1 is shared
    by the words that they do not name; words of other questions do not count.
    """
    state = str(body["state"])
    found = {name: _answer(question, odds) for name, question in body["questions"].items()}
    return {
        "model": body["model"],
        "answers": found,
        "usage": {"input_tokens": max(1, len(state) // 4), "output_tokens": len(found)},
    }


def _answer(question: Mapping[str, Json], odds: Mapping[str, float]) -> dict[str, Json]:
    criteria = question.get("criteria")
    match question["type"]:
        case "noul":
            return {"type": "noul", "noul": _shares(["yes", "no"], odds)["yes"]}
        case "choice":
            shares = _shares(list(criteria or {}), odds)
            top = max(shares, key=lambda word: shares[word])
            return {
                "type": "choice",
                "choice": top,
                "probabilities": shares,
                "confidence": shares[top],
            }
        case _:
            levels = list(criteria or [])
            values = list(_shares(levels, odds).values())
            return {
                "type": "score",
                "score": sum(number * value for number, value in enumerate(values)),
                "legend": {str(number): level for number, level in enumerate(levels)},
                "probabilities": {str(number): value for number, value in enumerate(values)},
                "confidence": max(values),
            }


def _shares(words: list[str], odds: Mapping[str, float]) -> dict[str, float]:
    """Give every word its probability; together they are 1."""
    said = {word: odds[word] for word in words if word in odds} or {words[0]: USUAL}
    silent = [word for word in words if word not in said]
    rest = max(0.0, 1 - sum(said.values()))
    if silent:
        return {word: said.get(word, rest / len(silent)) for word in words}
    total = sum(said.values()) or 1
    return {word: said[word] / total for word in words}
