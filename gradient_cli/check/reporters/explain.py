"""
Why a test did not pass, as lines that may stand in any log.

Model and server text never starts a line: a CI runner drops leading blanks and obeys
lines that then begin with `::` or `##[`. Every such line begins with `| `.
"""

from collections.abc import Iterator

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.rates import rate
from gradient_cli.check.report import NOT_RUN, NOWHERE, PASSED, SKIPPED, Result, Tally, Test
from gradient_cli.check.shown_name import shown, shown_lines
from gradient_cli.exits import in_words

MAX_LINES = 12
"""Lines of an excerpt."""
MOST_ROWS = 3
"""Rows of a data set whose reason stands in the log; the other reports have all."""
MOST_NAMED = 10
"""Rows that are named beside them."""
MAX_COLUMNS = 500
"""Characters of a line of an excerpt."""


def explain(result: Test) -> Iterator[str]:
    """Give the lines below a test's name: the worst attempt, the place, the way on."""
    if isinstance(result, Tally):
        yield from _explain_rows(result)
        return
    if result.skip is not None:
        yield f"skipped: {shown(result.skip)}"
        return
    problem = result.problem
    if problem:
        yield from attempt_lines(problem, result.repeat)
        others = sum(1 for attempt in result.attempts if attempt.status) - 1
        if others:
            yield f"and {others} more of {len(result.attempts)} attempts did not pass"
    if result.verdict == NOT_RUN:
        yield f"not run: {len(result.attempts)} of {result.repeat} attempts were made"
    if result.verdict != PASSED and result.rerun:
        yield f"rerun: {shown(result.rerun)}"


def _explain_rows(tally: Tally) -> Iterator[str]:
    """Give the rates by group, and of what did not pass the worst rows with their reason."""
    for group, (passed, asked) in tally.groups().items():
        yield f"{shown(group) or '(empty)'}: {passed}/{asked}"
    missed = tally.missed
    if tally.verdict != PASSED:
        for result in missed[:MOST_ROWS]:
            yield row_line(result)
            if result.problem:
                yield from attempt_lines(result.problem, result.repeat)
    left = missed if tally.verdict == PASSED else missed[MOST_ROWS:]
    if left:
        named = ", ".join(shown(_row_name(result)) for result in left[:MOST_NAMED])
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        yield f"not passed{' either' if left is not missed else ''}: {named}{more}"
    if tally.verdict == NOT_RUN:
        yield f"not run: {tally.asked} of {len(tally.results)} cases were asked"
    if tally.verdict != PASSED:
        yield f"rerun: {shown(tally.rerun)}"


def row_line(result: Result) -> str:
    """Give a row's name and place."""
    file, line = result.place
    return f"{shown(_row_name(result))}  ({shown(file)}:{line})"


def _row_name(result: Result) -> str:
    return result.row.name if result.row else result.name


def attempt_lines(attempt: Attempt, repeat: int) -> Iterator[str]:
    """Give what was not met in one attempt, or why it could not be judged."""
    prefix = f"attempt {attempt.number}: " if repeat > 1 else ""
    if attempt.error:
        yield from spoken(f"{prefix}{in_words(attempt.status)}: ", attempt.error)
        if attempt.hint:
            yield from spoken("hint: ", attempt.hint)
        if attempt.request_id:
            yield f"request id: {shown(attempt.request_id)}"
        if attempt.text:
            yield from quoted(attempt.text)
    for finding in attempt.failures:
        yield from finding_lines(finding, prefix)


def finding_lines(finding: Finding, prefix: str = "") -> Iterator[str]:
    """Give one failed expectation and its excerpt."""
    yield from spoken(f"{prefix}{finding.expectation}: ", finding.message)
    for reason in finding.reasons:
        yield from spoken("the judge says: ", reason)
    if finding.excerpt:
        yield from quoted(finding.excerpt)


def where(result: Test) -> str:
    """Give suite and line, or the suite alone where nothing in it is to blame."""
    return f"{result.suite}:{result.line}" if result.line != NOWHERE else result.suite


def headline(result: Test) -> str:
    """Give name, place, rate and time on one line."""
    if result.verdict == SKIPPED:
        return f"{shown(result.name)}  ({result.suite}:{result.line})"
    seconds = f"{result.seconds:.1f} s"
    return f"{shown(result.title)}  ({result.suite}:{result.line})  {rate(result)}, {seconds}"


def first_words(result: Test) -> str:
    """Give the one line that says best why a test did not pass."""
    if isinstance(result, Tally):
        worst = result.missed[0] if result.missed else None
        why = first_words(worst) if worst else result.verdict
        return f"{rate(result)}: {why}"
    return next(explain(result), result.verdict)


def spoken(label: str, message: str) -> Iterator[str]:
    """Give a message behind its label; further lines of it are quoted."""
    first, *rest = shown_lines(message) or [""]
    yield f"{label}{first}"
    yield from (f"| {line}" for line in rest)


def quoted(text: str) -> Iterator[str]:
    """Give model text as harmless lines, each behind `| `; a long one is cut."""
    lines = shown_lines(text)
    for line in lines[:MAX_LINES]:
        cut = f"{line[:MAX_COLUMNS]}…" if len(line) > MAX_COLUMNS else line
        yield f"| {cut}"
    if len(lines) > MAX_LINES:
        yield f"| … {len(lines) - MAX_LINES} more lines"
