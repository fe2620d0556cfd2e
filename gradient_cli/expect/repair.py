"""
Asking again: the same request, the answer, and what was wrong with it.
"""

from dataclasses import replace

from gradient_cli.errors import UsageError
from gradient_cli.expect.expectations import Judgement
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request, said_item


def is_repairable(judgement: Judgement) -> bool:
    """Tell whether a label or a schema failed."""
    return any(
        v.expectation == "schema" or v.expectation.startswith("one-of ") for v in judgement.failed
    )


def repaired(request: Request, answer: str, judgement: Judgement) -> Request:
    """
    Give the request that shows the model its answer and what was wrong with it.

    Raises:
        UsageError: the input is too long to be sent twice.

    """
    given = request.input
    if isinstance(given, LongText):
        raise UsageError("--repair cannot repeat an input of more than 8 MiB")
    items: list[Json] = list(given) if isinstance(given, tuple) else [_asked_item(given)]
    if not given:
        base = request.base.get("input")
        items = list(base) if isinstance(base, list) else [_asked_item(str(base or ""))]
    items += [said_item(answer), _asked_item(complaint(judgement))]
    return replace(request, input=tuple(items))


def complaint(judgement: Judgement) -> str:
    """Give the words that say what was wrong."""
    lines = [f"- {verdict.expectation}: {verdict.message}" for verdict in judgement.failed]
    return (
        "That answer cannot be used:\n"
        + "\n".join(lines)
        + "\nAnswer again. Give only the corrected answer, with nothing before or after it."
    )


def _asked_item(text: str) -> Json:
    return {"role": "user", "content": text}
