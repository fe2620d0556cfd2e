"""
The reliability diagram, as inline SVG: what was said against what was right.

    diagonal    where a probability is kept
    dot         a tenth of probabilities, the larger the more rows; its line the 95 % interval
    bars below  how many rows each tenth has

The same figures stand beside it as a table, for readers of the page's text.
"""

import math
from collections.abc import Sequence

from gradient_cli.check.calibration import Bin

SIDE = 240
LEFT, TOP = 44, 10
BARS = 46
"""Height of the bars below."""
GAP = 26
WIDTH, HEIGHT = LEFT + SIDE + 12, TOP + SIDE + GAP + BARS + 24
LARGEST, SMALLEST = 9.0, 3.0


def diagram(bins: Sequence[Bin]) -> str:
    """Give the drawing; it needs no script, and no font but the page's."""
    rows = sum(one.rows for one in bins)
    words = ", ".join(f"{one.mean:.2f} said, {one.rate:.2f} right of {one.rows}" for one in bins)
    marks = "".join(_mark(one, rows) for one in bins)
    bars = "".join(_bar(one, max(one.rows for one in bins)) for one in bins)
    return (
        f'<svg class="reliability" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="reliability: {words}">'
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>'
        f'<path class="ideal" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
        f"{_axes()}{marks}{bars}</svg>"
    )


def _axes() -> str:
    ticks = "".join(
        f'<text x="{_x(share)}" y="{TOP + SIDE + 14}" text-anchor="middle">{share:g}</text>'
        f'<text x="{LEFT - 6}" y="{_y(share) + 4}" text-anchor="end">{share:g}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    middle = TOP + SIDE / 2
    return (
        f'{ticks}<text x="12" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle})">right</text>'
        f'<text x="{_x(0.5)}" y="{HEIGHT - 6}" text-anchor="middle">said, and how many rows</text>'
    )


def _mark(one: Bin, rows: int) -> str:
    x, interval = _x(one.mean), one.interval
    size = max(SMALLEST, LARGEST * math.sqrt(one.rows / rows))
    return (
        f'<path class="whisker" d="M{x} {_y(interval.low)}V{_y(interval.high)}"/>'
        f'<circle class="tenth" cx="{x}" cy="{_y(one.rate)}" r="{size:.1f}">'
        f"<title>{one.rows} rows: {one.mean:.3f} said, {one.rate:.3f} right</title></circle>"
    )


def _bar(one: Bin, most: int) -> str:
    height = max(1.0, BARS * one.rows / most)
    return (
        f'<rect class="count" x="{_x(one.low) + 1:.1f}" width="{SIDE / 10 - 2:.1f}" '
        f'y="{TOP + SIDE + GAP + BARS - height:.1f}" height="{height:.1f}"/>'
    )


def _x(share: float) -> float:
    return round(LEFT + share * SIDE, 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * SIDE, 1)
