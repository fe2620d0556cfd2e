"""How many of a test passed, in words."""

from gradient_cli.check.report import Tally, Test


def rate(result: Test) -> str:
    """Give the observed rate and its interval for people: 2/3, 95 % interval 0.21-0.94."""
    if isinstance(result, Tally):
        return _rate_of_rows(result)
    if not (interval := result.interval):
        return "0/0"
    text = f"{result.passes}/{len(result.attempts)}"
    if result.repeat == 1:
        return text
    return f"{text}, 95 % interval {interval.low:.2f}-{interval.high:.2f}"


def _rate_of_rows(tally: Tally) -> str:
    if not (interval := tally.interval):
        return f"0/0 cases, {tally.required} required"
    return (
        f"{tally.passes}/{tally.asked} cases, 95 % interval "
        f"{interval.low:.2f}-{interval.high:.2f}, {tally.required} required"
    )
