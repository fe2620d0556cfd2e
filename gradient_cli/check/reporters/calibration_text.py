"""
Calibrations for people: a table of thresholds for each thing that was held against labels.

    polite  (s.toml:5)  decide 'It is polite', by model
      400 rows: 362 right (0.87-0.93); Brier 0.071, ECE 0.021 (chance makes up to 0.045)
      sure  decided     right  precision
      0.5   400  100 %  362    0.91  0.87-0.93
      for a precision of 95%: sure = 0.9; 280 of 284 were right, 71% of all rows
"""

from collections.abc import Iterator

from gradient_cli.check.calibration import Agreement
from gradient_cli.check.calibration_report import Calibration, CalibrationReport, advice_lines
from gradient_cli.check.reporters.text import columns
from gradient_cli.check.shown_name import shown
from gradient_cli.exits import in_words
from gradient_cli.expect.interval import Interval


def lines(report: CalibrationReport) -> Iterator[str]:
    """Give the report."""
    for found in report.calibrations:
        yield shown(found.headline)
        yield from (f"  {line}" for line in _body(found))
    yield from (f"note: {note}" for note in report.notes)
    tokens = f", {report.tokens} tokens" if report.tokens else ""
    count = len(report.calibrations)
    yield (
        f"{count} calibration{'s' if count != 1 else ''} in {report.seconds:.1f} s{tokens}; "
        f"exit {in_words(report.status)}"
    )


def _body(found: Calibration) -> Iterator[str]:
    study = found.study
    parts = [f"{study.rows} rows: {study.right} right ({span(found.accuracy)})"]
    undecided = sum(1 for one in study.said if one.word is None)
    parts += [f"{undecided} without a word"] if undecided else []
    parts += [f"{study.lost} could not be judged"] if study.lost else []
    if found.brier is not None and found.calibrated:
        parts.append(
            f"Brier {found.brier:.3f}, ECE {found.calibrated.ece:.3f} "
            f"(chance makes up to {found.calibrated.by_chance:.3f})"
        )
    yield "; ".join(parts)
    if found.agreement:
        yield agreement_words(found.agreement, study.aim.words[0])
    yield from columns(table(found)) if found.cuts else [found.lacks]
    yield from advice_lines(found)


def table(found: Calibration) -> list[list[str]]:
    """Give the thresholds as texts, the head first."""
    rows = [["sure", "decided", "of all", "right", "precision", "95 % interval"]]
    for cut in found.cuts:
        precision = "-" if cut.precision is None else f"{cut.precision:.3f}"
        interval = "" if cut.precision is None else span(cut.interval)
        cells = [f"{cut.sure:g}", str(cut.decided), f"{cut.coverage:.0%}", str(cut.right)]
        rows.append([*cells, precision, interval])
    return rows


def agreement_words(found: Agreement, yes: str) -> str:
    """Give precision, recall and kappa on one line."""
    parts = [
        f"{name} {share:.3f}" if share is not None else f"{name} -"
        for name, share in (("precision", found.precision), ("recall", found.recall))
    ]
    kappa = "kappa -" if found.kappa is None else f"kappa {found.kappa:.3f}"
    if interval := found.kappa_interval:
        kappa += f" ({span(interval)})"
    return f'of "{yes}": {", ".join(parts)}; {kappa}'


def span(interval: Interval) -> str:
    """Give an interval for people."""
    return f"{interval.low:.2f} to {interval.high:.2f}"
