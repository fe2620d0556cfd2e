"""
Tests by models: the table that says which model is good enough, at what cost.

    test            passes of each model       a row each test
    all             passes, tokens, median seconds of each model
"""

from collections.abc import Iterable, Sequence
from statistics import median

from gradient_cli.check.report import PASSED, Report, Tally, Test
from gradient_cli.values import record


@record
class Cell:
    """What came of one test, or of all, for one model."""

    passes: int
    asked: int
    """Rows of a data set, attempts, or tests."""
    is_passed: bool
    tokens: int
    median_s: float
    """Of the single answers."""

    @property
    def words(self) -> str:
        """Give the rate, tokens and seconds on one line."""
        tokens = f", {self.tokens} tokens" if self.tokens else ""
        return f"{self.passes}/{self.asked}{tokens}, {self.median_s:.2f} s"


@record
class Models:
    """A table of tests by models."""

    models: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    """(test, a cell for each model); None where it was not asked of that one."""
    totals: tuple[Cell, ...]
    """For each model how many of its tests passed."""

    def lines(self) -> list[list[str]]:
        """Give the table as texts, its head first and all tests together last."""
        head = ["", *self.models]
        body = [
            [name, *(cell.words if cell else "" for cell in cells)] for name, cells in self.rows
        ]
        return [head, *body, ["tests passed", *(cell.words for cell in self.totals)]]


def models_of(report: Report) -> Models | None:
    """Give the table, or None where no test was asked of several models."""
    tests = [test for test in report.tests if test.of_model]
    if not tests:
        return None
    models = tuple(dict.fromkeys(test.of_model for test in tests if test.of_model))
    suites = {test.suite for test in tests}
    by_name: dict[tuple[str, str], dict[str, Test]] = {}
    for test in tests:
        by_name.setdefault((test.suite, test.name), {})[test.of_model or ""] = test
    rows = tuple(
        (
            name if len(suites) == 1 else f"{name} ({suite})",
            tuple(_cell([found[model]]) if model in found else None for model in models),
        )
        for (suite, name), found in by_name.items()
    )
    totals = tuple(_total([test for test in tests if test.of_model == model]) for model in models)
    return Models(models, rows, totals)


def _cell(tests: Sequence[Test]) -> Cell:
    test = tests[0]
    asked = test.asked if isinstance(test, Tally) else len(test.attempts)
    return Cell(test.passes, asked, test.verdict == PASSED, test.tokens, _median_s(tests))


def _total(tests: Sequence[Test]) -> Cell:
    passed = sum(1 for test in tests if test.verdict == PASSED)
    tokens = sum(test.tokens for test in tests)
    return Cell(passed, len(tests), passed == len(tests), tokens, _median_s(tests))


def _median_s(tests: Iterable[Test]) -> float:
    results = [r for t in tests for r in (t.results if isinstance(t, Tally) else (t,))]
    times = [attempt.total_ms for result in results for attempt in result.attempts]
    return median(times) / 1000 if times else 0.0
