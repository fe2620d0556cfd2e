"""
The report for people: a line a test, and below those that did not pass the reason.

    pass  refund policy  (suite.toml:5)  3/3, 95 % interval 0.44-1.00, 1.2 s
    FAIL  triage  (suite.toml:11)  0/1, 0.4 s
          schema: $.urgency is not of type "integer"
          | {"urgency": "high"}
          rerun: gradient check suite.toml -k triage
    2 tests: 1 passed, 1 failed in 1.3 s, 420 tokens; exit expectation (1)
"""

from collections.abc import Collection, Iterator, Sequence

from gradient_cli.check.comparison import Change
from gradient_cli.check.model_table import models_of
from gradient_cli.check.report import ERROR, FAILED, NOT_RUN, PASSED, SKIPPED, UNSURE, Report, Test
from gradient_cli.check.reporters.against import details, head_words, whole
from gradient_cli.check.reporters.explain import headline
from gradient_cli.check.shown_name import shown
from gradient_cli.terminal.door import Line

WORDS = {
    PASSED: "pass", FAILED: "FAIL", UNSURE: "unsure", ERROR: "ERROR", NOT_RUN: "-", SKIPPED: "skip",
}  # fmt: skip
KNOWN = "known"
"""Of a test that does not pass, and is no worse than in the baseline."""
_COLORS = {
    PASSED: "32", FAILED: "31;1", UNSURE: "33;1", ERROR: "35;1", NOT_RUN: "2", SKIPPED: "2",
}  # fmt: skip


def lines_of(
    result: Test, change: Change | None = None, *, is_colored: bool = False
) -> Iterator[str | Line]:
    """Give a test's line, and below it why it did not pass; `change`: since a baseline."""
    is_known = change is not None and change.is_forgiven and result.verdict != UNSURE
    word = (KNOWN if is_known else WORDS[result.verdict]).ljust(5)
    if is_colored:
        color = _COLORS[SKIPPED] if is_known else _COLORS[result.verdict]
        word = f"\x1b[{color}m{word}\x1b[0m"
    yield Line(word, f" {headline(result)}{head_words(result, change)}")
    yield from (f"      {line}" for line in details(result, change))


def lines(
    report: Report,
    *,
    is_quiet: bool = False,
    is_colored: bool = False,
    told: Collection[tuple[str, str]] = (),
) -> Iterator[str | Line]:
    """
    Give the report; tests that were never asked are counted, quiet leaves the passed out.

    `told`: the keys of tests of which nothing more need be said.
    """
    comparison = report.comparison
    changes = comparison.changes if comparison else {}
    for result in report.tests:
        is_untouched = result.verdict == NOT_RUN and not result.interval
        if is_untouched or result.key in told or (is_quiet and result.verdict in {PASSED, SKIPPED}):
            continue
        yield from lines_of(result, changes.get(result.key), is_colored=is_colored)
    if table := models_of(report):
        yield from columns(table.lines())
    if comparison:
        yield from whole(comparison)
    yield from (f"note: {note}" for note in report.notes)
    if report.stop:
        yield report.stop.words
        if report.stop.hint:
            yield f"hint: {report.stop.hint}"
    yield report.summary()


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give the lines of a table, its columns below each other."""
    cells = [[shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
