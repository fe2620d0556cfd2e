"""What a comparison with a baseline says in a log: of one test, and of the whole run."""

from collections.abc import Iterator

from gradient_cli.check.comparison import SAME, UNSURE_NOW, WORSE, Change, Comparison
from gradient_cli.check.report import PASSED, Tally, Test
from gradient_cli.check.reporters.explain import MOST_NAMED, MOST_ROWS, explain, quoted
from gradient_cli.check.shown_name import shown

MOST_QUOTED = 3
"""Lines of an answer that are shown beside another."""


def head_words(test: Test, change: Change | None) -> str:
    """Give what stands behind a test's line; "" where nothing changed."""
    if change is None or (change.state == SAME and test.verdict == PASSED and not change.why):
        return ""
    return f"; {shown(change.words)}"


NO_WORSE = "no worse than in the baseline, and not counted"
NO_FAILURE = "unsure, and not counted: --unsure-fails counts it"


def details(test: Test, change: Change | None) -> Iterator[str]:
    """Give the lines below a test: why it did not pass, and what it was."""
    if change is None:
        yield from explain(test)
        return
    if change.is_forgiven:
        yield NO_FAILURE if change.state == UNSURE_NOW else NO_WORSE
        yield from list(explain(test))[:1]
    else:
        yield from explain(test)
    if change.state == WORSE:
        yield from _falls(test, change)


def _falls(test: Test, change: Change) -> Iterator[str]:
    if test.verdict == PASSED:
        yield "it got worse, and still meets its `require`"
    is_set = isinstance(test, Tally)
    if is_set:
        named = ", ".join(shown(fall.name) for fall in change.fell[:MOST_NAMED])
        more = len(change.fell) - MOST_NAMED
        rose = f"; {len(change.rose)} the other way" if change.rose else ""
        yield f"fell: {named}{f' and {more} more' if more > 0 else ''}{rose}"
    for fall in change.fell[:MOST_ROWS]:
        if fall.then:
            yield f"what {shown(fall.name) if is_set else 'it'} passed with then:"
            yield from list(quoted(fall.then))[:MOST_QUOTED]


def whole(comparison: Comparison) -> Iterator[str]:
    """Give the lines about the whole run."""
    yield shown(comparison.summary())
    yield from map(shown, comparison.sights())
    yield from (f"note: {shown(note)}" for note in comparison.notes)
