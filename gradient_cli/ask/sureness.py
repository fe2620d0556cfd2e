"""
How sure an answer of one label is: by its tokens' probabilities, or by asking several times.

    --sure P             the server's token probabilities for the label as it was generated
    --votes N [--sure P] the share of N answers that say the same, with its interval

A model's tokens and a share of votes are no calibrated probabilities: which of them it was
is told with the number.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from gradient_cli.ask.client import Outcome
from gradient_cli.ask.flag_values import check_sure
from gradient_cli.ask.verdict import Judged
from gradient_cli.errors import NotSure, UsageError
from gradient_cli.expect.interval import wilson
from gradient_cli.expect.labels import core
from gradient_cli.values import record
from gradient_cli.wire.events import add_usage
from gradient_cli.wire.json import Json
from gradient_cli.wire.logprobs import probability
from gradient_cli.wire.request import Request

INCLUDE = "message.output_text.logprobs"
"""What `include` has to name for a server to send them."""
TIE = 1e-9
NO_LABEL = ""


@record(kw_only=True)
class Sureness:
    """What is asked of a label's probability."""

    sure: float | None = None
    """The least that counts, 0.5 to 1; None: the most frequent label wins."""
    votes: int = 1
    """How often to ask; 1 goes by the tokens."""

    @property
    def wants_tokens(self) -> bool:
        """Tell whether the server is asked for token probabilities."""
        return self.votes == 1


def with_tokens(request: Request) -> Request:
    """Give the request with token probabilities asked for."""
    given = request.params.get("include", request.base.get("include"))
    include = [*given, INCLUDE] if isinstance(given, list) else [INCLUDE]
    return replace(request, params={**request.params, "include": include})


def sureness(sure: float | None, votes: int | None, *, has_labels: bool) -> Sureness | None:
    """
    Give what the flags ask, or None for nothing.

    Raises:
        UsageError: out of range, or without labels to be sure of.

    """
    if sure is None and votes is None:
        return None
    flag = "--votes" if sure is None else "--sure"
    if not has_labels:
        raise UsageError(f"{flag} needs --one-of", hint="--one-of yes,no")
    check_sure("--sure", sure)
    if votes is not None and votes < 2:
        raise UsageError(f"--votes {votes} is out of range: 2 and above")
    return Sureness(sure=sure, votes=votes or 1)


def by_tokens(judged: Judged, wanted: Sureness) -> Judged:
    """Give the verdict with the label's probability; status 9 where that is too small or none."""
    label = judged.text
    if label is None or judged.outcome.error:
        return judged  # No label: whatever it was is told already.
    response = judged.outcome.response
    found = probability(response.tokens, response.text, *core(response.text))
    if found is None:
        error = NotSure(
            "the server sent no token probabilities for the answer",
            hint="--votes 5 asks five times and takes the share of the label instead",
        )
        return replace(judged, error=error)
    told: dict[str, Json] = {"value": found, "from": "tokens"}
    return _held(
        judged, found, f'"{label}" has the probability {found:.3g} by its tokens', told, wanted
    )


def by_votes(ask: Callable[[int], Sequence[Judged]], first: Judged, wanted: Sureness) -> Judged:
    """
    Give the verdict of the most frequent label.

    `ask` gives so many further verdicts; an answer that is not complete makes no vote of them.
    """
    if first.outcome.error:
        return first
    ballots = [first, *ask(wanted.votes - 1)]
    outcome = _summed([ballot.outcome for ballot in ballots])
    if broken := next((ballot for ballot in ballots if ballot.outcome.error), None):
        return replace(broken, outcome=replace(outcome, error=broken.outcome.error))
    counts = Counter(ballot.text or NO_LABEL for ballot in ballots)
    label, most = counts.most_common(1)[0]
    winner = next(ballot for ballot in ballots if (ballot.text or NO_LABEL) == label)
    share, interval = most / len(ballots), wilson(most, len(ballots))
    told: dict[str, Json] = {
        "value": share,
        "from": "votes",
        "low": interval.low,
        "high": interval.high,
        "votes": {name or "(no label)": number for name, number in counts.most_common()},
    }
    won = winner.outcome
    outcome = replace(outcome, response=won.response, said=won.said, asked=won.asked)
    result = replace(winner, outcome=outcome, probability=told)
    if label == NO_LABEL:
        return result
    spread = f"{interval.low:.0%} to {interval.high:.0%}"
    said = f'{most} of {len(ballots)} answers say "{label}" ({spread})'
    if list(counts.values()).count(most) > 1:
        tie = NotSure(f"not sure enough: {said}, and as many say otherwise", hint=_HINT)
        return replace(result, error=tie)
    return _held(result, share, said, told, wanted)


_HINT = "ask a person, or a better model"


def _held(
    judged: Judged, value: float, said: str, told: dict[str, Json], wanted: Sureness
) -> Judged:
    """Hold a probability against what is wanted: too little is neither a pass nor a fail."""
    judged = replace(judged, probability=told)
    if wanted.sure is None or value >= wanted.sure - TIE:
        return judged
    error = NotSure(f"not sure enough: {said}; --sure wants {wanted.sure:g}", hint=_HINT)
    return replace(judged, error=error)


def _summed(outcomes: Sequence[Outcome]) -> Outcome:
    """Give one outcome that counts what all of them cost."""
    first = outcomes[0]
    return replace(
        first,
        attempts=sum(outcome.attempts for outcome in outcomes),
        total_ms=max(outcome.total_ms for outcome in outcomes),
        used_before=add_usage([first.used_before, *(one.usage for one in outcomes[1:])]),
    )
