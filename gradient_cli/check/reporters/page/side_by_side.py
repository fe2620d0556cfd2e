"""
The part of the page that holds models against each other: tests by models.

A cell leads to its test; with the page's script it opens the answers of all models next to each
other, which stand in the page but once.
"""

from gradient_cli.check.model_table import Cell, models_of
from gradient_cli.check.report import Report
from gradient_cli.check.reporters.page.said import KINDS, text
from gradient_cli.check.shown_name import shown


def section(report: Report) -> str:
    """Give it; nothing where no test was asked of several models."""
    table = models_of(report)
    if table is None:
        return ""
    places = {test.key: number for number, test in enumerate(report.tests, 1)}
    head = "".join(f'<th scope="col">{text(shown(name))}</th>' for name in table.headings)
    rows = "".join(
        f'<tr><th scope="row">{text(shown(name))}</th>'
        f"{''.join(_cell(cell, places) for cell in cells)}</tr>\n"
        for name, cells in table.rows
    )
    totals = "".join(f"<td>{text(cell.words)}</td>" for cell in table.totals)
    return (
        '<section aria-label="models side by side"><h2>Models side by side</h2>'
        '<p class="dim">A cell opens the answers of all models next to each other.</p>'
        f'<table class="models"><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody>'
        f'<tfoot><tr><th scope="row">tests passed</th>{totals}</tr></tfoot></table>'
        '<div id="side" role="region" aria-live="polite" aria-label="answers side by side" hidden>'
        "</div></section>\n"
    )


def _cell(cell: Cell | None, places: dict[tuple[str, str], int]) -> str:
    if cell is None:
        return "<td></td>"
    return (
        f'<td class="{KINDS[cell.verdict]}"><a href="#t{places[cell.key]}">'
        f'<span class="verdict">{cell.passes}/{cell.asked}</span></a> '
        f'<span class="dim">{text(cell.cost)}</span></td>'
    )
