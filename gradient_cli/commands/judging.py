"""
What is expected of an answer, and what came of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gradient_cli.client import Client, Outcome
from gradient_cli.commands.options import ExpectOptions
from gradient_cli.errors import GradientError, IncompleteAnswer
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import Request


@dataclass(frozen=True, slots=True)
class Judged:
    """An outcome with its verdicts."""

    outcome: Outcome
    error: GradientError | None = None
    text: str | None = None
    """What to print instead of the answer: a label, a code block, JSON."""
    parsed: Json = None
    checks: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """All that the flags expect."""

    allows_incomplete: bool = False
    is_held: bool = False
    text_format: Json = None

    def judge(self, request: Request, outcome: Outcome, client: Client) -> Judged:
        """Judge an answer, asking again where --repair allows it."""
        error = outcome.error
        if (
            self.allows_incomplete
            and isinstance(error, IncompleteAnswer)
            and outcome.response.status == "incomplete"
        ):
            error = None
        return Judged(outcome, error)


def expected(options: ExpectOptions, *, extract: bool) -> Expected:
    """Give what the flags expect."""
    return Expected(allows_incomplete=options.allow_incomplete, is_held=extract)
