"""What --calibrate found, as a frozen value; every form of it is made from this alone."""

from collections.abc import Sequence

from gradient_cli.check.calibration import (
    Advice,
    Agreement,
    Calibrated,
    Cut,
    brier,
    calibrated,
    cuts,
    recommend,
)
from gradient_cli.check.labelled import Study
from gradient_cli.exits import ExitStatus
from gradient_cli.expect.interval import Interval, wilson
from gradient_cli.values import record

NO_PROBABILITY = {
    "judge": "one word says nothing of how sure: judge_votes = 5 gives a probability",
    "one_of": "the server sent no token probabilities: votes = 5 asks five times",
}


@record
class Calibration:
    """One study, reckoned up."""

    study: Study
    cuts: tuple[Cut, ...]
    """Empty where there are no probabilities."""
    brier: float | None
    calibrated: Calibrated | None
    agreement: Agreement | None
    advice: Advice | None

    @property
    def accuracy(self) -> Interval:
        """Give the 95 % interval of the share of rows that was right."""
        return wilson(self.study.right, self.study.rows)

    @property
    def headline(self) -> str:
        """Give what was calibrated, on one line."""
        study = self.study
        model = f" ({study.model})" if study.model else ""
        kind = study.aim.kind
        what = kind if kind == "one_of" else f'{kind} "{study.aim.question}"'
        source = f", by {study.source} {study.decider}".rstrip() if study.source else ""
        return f"{study.name}{model}  ({study.suite}:{study.line})  {what}{source}"

    @property
    def lacks(self) -> str:
        """Say why there are no thresholds; "" where there are."""
        return "" if self.cuts else NO_PROBABILITY.get(self.study.aim.kind, "nothing was decided")


@record
class CalibrationReport:
    """A whole run."""

    calibrations: tuple[Calibration, ...]
    wish: float
    """The precision that a threshold is wanted for."""
    started: str
    """UTC, ISO 8601 to the second, without a zone."""
    seconds: float
    tokens: int
    status: ExitStatus
    """0, or the worst of the rows that could not be judged."""
    notes: tuple[str, ...] = ()
    """Lower case, no full stop."""


def reckoned(study: Study, wish: float) -> Calibration:
    """Reckon up a study."""
    samples = study.samples
    if not samples:
        return Calibration(study, (), None, None, study.agreement, None)
    return Calibration(
        study,
        tuple(cuts(samples, study.rows)),
        brier(samples),
        calibrated(samples),
        study.agreement,
        recommend(samples, study.rows, wish),
    )


def advice_lines(found: Calibration) -> Sequence[str]:
    """Say what the figures mean: whether they can be trusted, and which threshold to take."""
    said = found.calibrated
    lines: list[str] = []
    if said and said.lean:
        lines.append(
            f"{said.lean}: it says {said.mean:.1%} on average, and {said.rate:.1%} are right"
        )
    elif said and said.is_calibrated:
        lines.append("calibrated, as far as so many rows can tell")
    elif said:
        lines.append("not calibrated: some probabilities are too high, others too low")
    if found.advice:
        wish, sure = f"{found.advice.wish:.0%}", found.advice.sure
        what = f"sure = {sure:g}" if sure is not None else "no threshold recommended"
        lines.append(f"for a precision of {wish}: {what}; {found.advice.why}")
    return lines
