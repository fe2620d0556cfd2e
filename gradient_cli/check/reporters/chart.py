"""
The drawings of the page: a test's rate and the times of its attempts, as inline SVG.

They are aligned in columns, so that the rows together are the chart. The same figures stand
beside them as text; readers of the page's text do not need the drawings.
"""

from collections.abc import Iterable

from gradient_cli.check.attempt import Attempt
from gradient_cli.check.report import Result, Tally, Test

WIDTH = 120
"""Units of a drawing; the page scales it."""
EDGE = 5
MOST_DOTS = 200
"""Attempts of a test that are drawn."""
MIDDLE = 9


def longest_ms(results: Iterable[Result]) -> float:
    """Give the longest attempt of a run: the end of everybody's axis; at least 1."""
    return max([1, *(attempt.total_ms for result in results for attempt in result.attempts)])


def attempts(result: Test) -> list[Attempt]:
    """Give the attempts of a test, of all of its rows if it has any."""
    results = result.results if isinstance(result, Tally) else (result,)
    return [attempt for one in results for attempt in one.attempts]


def asked(result: Test) -> int:
    """Count what its rate is a share of: rows, or attempts."""
    return result.asked if isinstance(result, Tally) else len(result.attempts)


def mean_ms(result: Test) -> float:
    """Give the mean time of a test's attempts; 0 for none."""
    made = attempts(result)
    return sum(a.total_ms for a in made) / max(1, len(made))


def rate(result: Test) -> str:
    """Draw 0 to 1: a band for the interval, a dot for the rate, a bar for what is required."""
    marks = []
    if interval := result.interval:
        low, high = _x(interval.low), _x(interval.high)
        if isinstance(result, Tally) or result.repeat > 1:
            marks.append(
                f'<rect class="interval" x="{low:.1f}" y="4" width="{high - low:.1f}" height="10"/>'
            )
        observed = _x(result.passes / asked(result))
        marks.append(f'<circle class="observed" cx="{observed:.1f}" cy="{MIDDLE}" r="4"/>')
    required = _x(_required(result))
    marks.append(f'<path class="required" d="M{required:.1f} 2V16"/>')
    return _drawing("".join(marks))


def _required(result: Test) -> float:
    if isinstance(result, Tally):
        return result.required / len(result.results)
    return result.require / result.repeat


def latency(result: Test, longest: float) -> str:
    """Draw a dot for each attempt; a ring is one that did not pass."""
    return _drawing(
        "".join(
            f'<circle class="{"dot bad" if attempt.status else "dot"}" '
            f'cx="{_x(attempt.total_ms / longest):.1f}" cy="{MIDDLE}" r="3.5"/>'
            for attempt in attempts(result)[:MOST_DOTS]
        )
    )


def _x(share: float) -> float:
    return EDGE + share * (WIDTH - 2 * EDGE)


def _drawing(marks: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} 18" aria-hidden="true">'
        f'<path class="track" d="M{EDGE} {MIDDLE}H{WIDTH - EDGE}"/>{marks}</svg>'
    )
