"""
Calibrations as one page: tables of thresholds, each beside its reliability diagram.

Like the page of a run it works without a network, in light and dark; its own policy lets no
script run and nothing be fetched.
"""

from gradient_cli.check.calibration import bins
from gradient_cli.check.calibration_report import Calibration, CalibrationReport, advice_lines
from gradient_cli.check.reporters import reliability
from gradient_cli.check.reporters.calibration_text import agreement_words, span, table
from gradient_cli.check.reporters.html import page, part
from gradient_cli.check.reporters.page.said import text
from gradient_cli.check.shown_name import shown
from gradient_cli.exits import in_words


def render(report: CalibrationReport) -> str:
    """Give the page."""
    found = "".join(_calibration(one) for one in report.calibrations)
    notes = "".join(f'<p class="note">{text(note)}</p>\n' for note in report.notes)
    facts = f"{report.started} UTC, {report.seconds:.1f} s, {report.tokens} tokens"
    status = f"exit {in_words(report.status)}"
    return page(
        "gradient check: calibration",
        f'<p class="dim">{text(facts)}; {text(status)}</p>\n{notes}{found}',
        style=part("page.css") + part("calibration.css"),
    )


def _calibration(found: Calibration) -> str:
    study = found.study
    facts = [f"{study.rows} rows, {study.right} right ({span(found.accuracy)})"]
    if found.brier is not None and found.calibrated:
        facts.append(f"Brier score {found.brier:.3f}")
        facts.append(
            f"expected calibration error {found.calibrated.ece:.3f} "
            f"(chance makes up to {found.calibrated.by_chance:.3f})"
        )
    if found.agreement:
        facts.append(agreement_words(found.agreement, study.aim.words[0]))
    facts += [found.lacks] if found.lacks else []
    said = "".join(f"<li>{text(shown(fact))}</li>" for fact in facts)
    advice = "".join(f"<p><strong>{text(line)}</strong></p>\n" for line in advice_lines(found))
    drawing = reliability.diagram(bins(study.samples)) if found.cuts else ""
    return (
        f'<section class="calibration"><h2>{text(shown(found.headline))}</h2>\n'
        f'<ul class="facts">{said}</ul>\n{advice}'
        f'<div class="figures">{drawing}{_table(found) if found.cuts else ""}</div></section>\n'
    )


def _table(found: Calibration) -> str:
    head, *rows = table(found)
    wanted = found.advice.sure if found.advice else None
    cells = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    body = "".join(
        f"<tr{' class=' + chr(34) + 'recommended' + chr(34) if cut.sure == wanted else ''}>"
        f"{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>"
        for cut, row in zip(found.cuts, rows, strict=True)
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
