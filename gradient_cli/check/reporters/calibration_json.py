"""
Calibrations for programs: one object.

    ok, exit_code, started, seconds, tokens, precision_wanted, notes[], calibrations[]
    calibration   suite, line, name, model, expectation, question, words[], from, decided_by,
                  rows, right, undecided, lost, accuracy, interval[low, high],
                  brier, ece, ece_by_chance, mean_probability, lean|null, calibrated,
                  thresholds[], bins[], agreement|null,
                  recommended{sure|null, why, enough_rows}|null
    threshold     sure, decided, coverage, right, precision|null, interval[low, high]
    bin           low, high, rows, mean_probability, right, rate, interval[low, high]
    agreement     true_yes, false_yes, false_no, true_no, precision, recall, accuracy,
                  kappa, kappa_interval[low, high]
"""

from gradient_cli.check.calibration import Agreement, Bin, Cut, bins
from gradient_cli.check.calibration_report import Calibration, CalibrationReport
from gradient_cli.expect.interval import Interval
from gradient_cli.wire.json import Json, line


def render(report: CalibrationReport) -> str:
    """Give the report as one line of JSON."""
    return line(document(report)) + "\n"


def document(report: CalibrationReport) -> dict[str, Json]:
    """Give the report as a JSON object."""
    return {
        "ok": not report.status,
        "exit_code": int(report.status),
        "started": f"{report.started}Z",
        "seconds": round(report.seconds, 3),
        "tokens": report.tokens,
        "precision_wanted": report.wish,
        "notes": list(report.notes),
        "calibrations": [_calibration(found) for found in report.calibrations],
    }


def _calibration(found: Calibration) -> dict[str, Json]:
    study, said, advice = found.study, found.calibrated, found.advice
    return {
        "suite": study.suite,
        "line": study.line,
        "name": study.name,
        "model": study.model,
        "expectation": study.aim.kind,
        "question": study.aim.question,
        "words": list(study.aim.words),
        "from": study.source or None,
        "decided_by": study.decider or None,
        "rows": study.rows,
        "right": study.right,
        "undecided": sum(1 for one in study.said if one.word is None),
        "lost": study.lost,
        "accuracy": _round(study.right / study.rows if study.rows else None),
        "interval": _ends(found.accuracy),
        "brier": _round(found.brier),
        "ece": _round(said.ece if said else None),
        "ece_by_chance": _round(said.by_chance if said else None),
        "mean_probability": _round(said.mean if said else None),
        "lean": said.lean if said else None,
        "calibrated": said.is_calibrated if said else None,
        "thresholds": [_cut(cut) for cut in found.cuts],
        "bins": [_bin(one) for one in bins(study.samples)],
        "agreement": _agreement(found.agreement) if found.agreement else None,
        "recommended": advice
        and {"sure": advice.sure, "why": advice.why, "enough_rows": advice.has_enough},
    }


def _cut(cut: Cut) -> dict[str, Json]:
    return {
        "sure": cut.sure,
        "decided": cut.decided,
        "coverage": _round(cut.coverage),
        "right": cut.right,
        "precision": _round(cut.precision),
        "interval": _ends(cut.interval),
    }


def _bin(one: Bin) -> dict[str, Json]:
    return {
        "low": one.low,
        "high": one.high,
        "rows": one.rows,
        "mean_probability": _round(one.mean),
        "right": one.right,
        "rate": _round(one.rate),
        "interval": _ends(one.interval),
    }


def _agreement(found: Agreement) -> dict[str, Json]:
    interval = found.kappa_interval
    return {
        "true_yes": found.true_yes,
        "false_yes": found.false_yes,
        "false_no": found.false_no,
        "true_no": found.true_no,
        "precision": _round(found.precision),
        "recall": _round(found.recall),
        "accuracy": _round(found.accuracy),
        "kappa": _round(found.kappa),
        "kappa_interval": _ends(interval) if interval else None,
    }


def _ends(interval: Interval) -> list[Json]:
    return [_round(interval.low), _round(interval.high)]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
