"""What a few runs say about the rate behind them."""

import math

from gradient_cli.values import record

Z_95 = 1.959963984540054


@record
class Interval:
    """Two ends of a rate, each 0 to 1."""

    low: float
    high: float


def wilson(passed: int, total: int) -> Interval:
    """Give the 95 % interval (Wilson's score) of a rate; 0 to 1 for no runs."""
    if total == 0:
        return Interval(0.0, 1.0)
    rate, z2 = passed / total, Z_95 * Z_95
    middle = rate + z2 / (2 * total)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / total + z2 / (4 * total * total))
    whole = 1 + z2 / total
    return Interval(max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole))
