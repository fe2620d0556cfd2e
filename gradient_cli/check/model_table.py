"""
Tests by models: the table that says which model is good enough, at what cost.

    test            passes of each model       a row each test
    all             passes, tokens, median seconds of each model
"""

from collections.abc import Iterable, Sequence

from gradient_cli.check.report import FAILED, PASSED, Report, Tally, Test
from gradient_cli.values import record


@record
class Cell:
    """What came of one test, or of all, for one model."""

    passes: int
    asked: int
    """Rows of a data set, attempts, or tests."""
    verdict: str
    tokens: int
    median_s: float
    """Of the single answers."""
    key: tuple[str, str] = ("", "")
    """The test's; none of all tests together."""

    @property
    def cost(self) -> str:
        """Give tokens and seconds."""
        tokens = f"{self.tokens} tokens, " if self.tokens else ""
        return f"{tokens}{self.median_s:.2f} s"

    @property
    def words(self) -> str:
        """Give the rate, tokens and seconds on one line."""
        return f"{self.passes}/{self.asked}, {self.cost}"


@record
class Models:
    """A table of tests by models."""

    models: tuple[str, ...]
    answered: tuple[tuple[str, ...], ...]
    """For each model, which others answered in its place."""
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    """(test, a cell for each model); None where it was not asked of that one."""
    totals: tuple[Cell, ...]
    """For each model how many of its tests passed."""

    @property
    def headings(self) -> list[str]:
        """Give the models, each with what answered in its place."""
        return [
            f"{model} (answered by {', '.join(others)})" if others else model
            for model, others in zip(self.models, self.answered, strict=True)
        ]

    def lines(self) -> list[list[str]]:
        """Give the table as texts, its head first and all tests together last."""
        head = ["", *self.headings]
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
    others = others_of(report)
    answered = tuple(tuple(others.get(model, ())) for model in models)
    return Models(models, answered, rows, totals)


def others_of(report: Report) -> dict[str, dict[str, int]]:
    """Give model that was asked -> model that answered in its place -> how often."""
    found: dict[str, dict[str, int]] = {}
    for result in report.results:
        asked = result.request.get("model")
        for attempt in result.attempts:
            if isinstance(asked, str) and attempt.model and attempt.model != asked:
                counts = found.setdefault(asked, {})
                counts[attempt.model] = counts.get(attempt.model, 0) + 1
    return found


def _cell(tests: Sequence[Test]) -> Cell:
    test = tests[0]
    asked = test.asked if isinstance(test, Tally) else len(test.attempts)
    return Cell(test.passes, asked, test.verdict, test.tokens, _median_s(tests), test.key)


def _total(tests: Sequence[Test]) -> Cell:
    passed = sum(1 for test in tests if test.verdict == PASSED)
    tokens = sum(test.tokens for test in tests)
    verdict = PASSED if passed == len(tests) else FAILED
    return Cell(passed, len(tests), verdict, tokens, _median_s(tests))


def _median_s(tests: Iterable[Test]) -> float:
    results = [r for t in tests for r in (t.results if isinstance(t, Tally) else (t,))]
    times = [attempt.total_ms for result in results for attempt in result.attempts]
    if not times:
        return 0.0
    from statistics import median  # Fractions and decimals with it: models side by side alone.

    return median(times) / 1000
