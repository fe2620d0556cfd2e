"""The part of the page that says what became of each test since a baseline."""

from collections.abc import Iterator

from gradient_cli.check.comparison import SAME, UNSURE_NOW, WORSE, Change, Fall
from gradient_cli.check.report import PASSED, Report, Test
from gradient_cli.check.reporters.against import NO_FAILURE, NO_WORSE, whole
from gradient_cli.check.reporters.page.said import block, text
from gradient_cli.check.shown_name import shown

MOST_FALLS = 100
"""Rows of a test that fell, as the page shows them."""
_STATES = {"worse": "failed", "better": "passed", "unjudged": "error", "unsure": "unsure"}
"""state -> the class that colours it."""


def section(report: Report) -> str:
    """Give it; nothing where there is no baseline."""
    comparison = report.comparison
    if comparison is None:
        return ""
    first, *more = (text(line) for line in whole(comparison))
    rows = "".join(
        row
        for number, test in enumerate(report.tests, 1)
        if (change := comparison.changes.get(test.key)) and not _is_dull(test, change)
        for row in _rows(number, test, change)
    )
    head = "<tr><th>since then</th><th>test</th><th>then</th><th>now</th><th></th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
    notes = "".join(f'<p class="dim">{line}</p>' for line in more)
    return (
        f'<section aria-label="against the baseline"><h2>Against the baseline</h2><p>{first}</p>'
        f"{notes}{table}</section>\n"
    )


def _is_dull(test: Test, change: Change) -> bool:
    return change.state == SAME and test.verdict == PASSED and not change.why


def _rows(number: int, test: Test, change: Change) -> Iterator[str]:
    why = [change.why, f"p {change.chance:.2g}" if change.is_measured else "", change.sight]
    if change.is_forgiven:
        why.insert(0, NO_FAILURE if change.state == UNSURE_NOW else NO_WORSE)
    kind = _STATES.get(change.state, "notrun")
    yield (
        f'<tr class="{kind}"><td class="verdict">{change.state}</td>'
        f'<td><a href="#t{number}">{text(shown(test.title))}</a></td>'
        f"<td>{change.then or ''}</td><td>{change.now or ''}</td>"
        f'<td class="dim">{text("; ".join(filter(None, why)))}</td></tr>\n'
    )
    if change.state == WORSE and change.fell:
        falls = "".join(map(_fall, change.fell[:MOST_FALLS]))
        more = len(change.fell) - MOST_FALLS
        left = f'<p class="dim">and {more} more</p>' if more > 0 else ""
        yield f'<tr><td></td><td colspan="4">{falls}{left}</td></tr>\n'


def _fall(fall: Fall) -> str:
    return (
        f'<details class="more"><summary>{text(shown(fall.name))}</summary><div class="side">'
        f'<div><h3 class="passed">then</h3>{block(fall.then)}</div>'
        f'<div><h3 class="failed">now</h3>{block(fall.now)}</div></div></details>'
    )
