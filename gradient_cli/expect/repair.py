"""Asking again: the same request, the answer, and what was wrong with its form."""

from dataclasses import replace

from gradient_cli.expect.expectations import Judgement, Verdict
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request, said_item


def is_repairable(request: Request, judgement: Judgement) -> bool:
    """Tell whether a label or a schema failed, and the input is not too long to be sent twice."""
    return bool(_form_failures(judgement)) and not isinstance(request.input, LongText)


def _form_failures(judgement: Judgement) -> list[Verdict]:
    """
    Give the verdicts that the model may see: those on the answer's form.

    What the answer should say stays with the gate: a model that is told which word is
    expected gives that word.
    """
    return [
        verdict
        for verdict in judgement.failed
        if verdict.expectation == "schema" or verdict.expectation.startswith("one-of ")
    ]


def repaired(request: Request, answer: str, judgement: Judgement) -> Request:
    """Give the request that shows the model its answer and what was wrong with its form."""
    given = request.input
    assert not isinstance(given, LongText)
    items: list[Json] = list(given) if isinstance(given, tuple) else [_asked_item(given)]
    if not given:
        base = request.base.get("input")
        items = list(base) if isinstance(base, list) else [_asked_item(str(base or ""))]
    items += [said_item(answer)] if answer else []
    items.append(_asked_item(complaint(judgement)))
    return replace(request, input=tuple(items))


def complaint(judgement: Judgement) -> str:
    """Give the words that say what was wrong with the answer's form."""
    lines = [f"- {verdict.expectation}: {verdict.message}" for verdict in _form_failures(judgement)]
    return (
        "That answer cannot be used:\n"
        + "\n".join(lines)
        + "\nAnswer again. Give only the corrected answer, with nothing before or after it."
    )


def _asked_item(text: str) -> Json:
    return {"role": "user", "content": text}
