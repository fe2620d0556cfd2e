"""
GitHub Actions: annotations on the suite's own line, and the job summary.

An annotation is one line, `::error file=…,line=…,title=…::message`, whatever the model
wrote: line ends in it are escaped. GitHub shows ten of a kind for a step, errors first here;
the summary has all, as far as 1 MiB goes. What is unsure is a warning: it has not failed.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradient_cli.check.comparison import SAME, Change, Comparison
from gradient_cli.check.model_table import models_of
from gradient_cli.check.rates import rate
from gradient_cli.check.report import (
    BAD_FIRST,
    NOT_RUN,
    NOWHERE,
    PASSED,
    SKIPPED,
    UNSURE,
    Report,
    Result,
    Tally,
    Test,
)
from gradient_cli.check.reporters.against import details, whole
from gradient_cli.check.reporters.explain import explain, first_words, where
from gradient_cli.check.shown_name import shown
from gradient_cli.terminal.door import disarmed

MAX_ANNOTATIONS = 10
MOST_CHANGES = 100
"""Tests that became better or worse, as the summary shows them."""
MAX_SUMMARY_BYTES = 1024 * 1024
_ROOM_FOR_THE_END = 200
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@-])")


def annotations(report: Report, workspace: Path | None = None) -> str:
    """Give the workflow commands; paths are relative to the workspace where they are in it."""
    forgiven = report.forgiven
    spared = report.comparison.spared if report.comparison else ()
    bad = [
        result
        for test in report.tests
        if test.verdict not in (PASSED, NOT_RUN, SKIPPED) and test.key not in forgiven
        for result in (test.missed if isinstance(test, Tally) else [test])
        if result.key not in spared
    ]
    bad.sort(key=lambda result: BAD_FIRST.index(result.verdict))
    fallen = report.comparison.fallen if report.comparison else ()
    return "".join(
        _annotation(result, workspace, is_worse=result.key in fallen)
        for result in bad[:MAX_ANNOTATIONS]
    )


def _annotation(result: Result, workspace: Path | None, *, is_worse: bool) -> str:
    title = f"gradient check: {shown(result.title)}{' got worse' if is_worse else ''}"
    worse = ["it passed in the baseline"] if is_worse else []
    message = "\n".join([*worse, *explain(result), rate(result)])
    file, line = result.place
    level = "warning" if result.verdict == UNSURE else "error"
    place = f"file={_property(shown(_path(file, workspace)))},line={line},"
    return (
        f"::{level} {'' if line == NOWHERE else place}title={_property(title)}::{_data(message)}\n"
    )


def _path(suite: str, workspace: Path | None) -> str:
    whole = Path(suite).absolute()
    if workspace and whole.is_relative_to(workspace):
        return str(whole.relative_to(workspace))
    return suite


def _data(text: str) -> str:
    """Give what a command says: no line end in it, and no command of somebody else's."""
    return disarmed(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(report: Report, room: int = MAX_SUMMARY_BYTES) -> str:
    """Give Markdown for the job summary, at most `room` bytes; what does not fit is counted."""
    parts = [f"## gradient check\n\n{_markdown(report.summary())}\n\n"]
    if report.stop:
        words = report.stop.words
        parts.append(f"{_markdown(words[:1].upper() + words[1:])}\n\n")
    if table := models_of(report):
        parts.append(_table(table.lines()))
    if report.comparison:
        parts.append(_comparison(report, report.comparison))
    rows = list(_rows(report))
    left = room - _ROOM_FOR_THE_END - sum(len(part.encode()) for part in parts)
    for position, row in enumerate(rows):
        left -= len(row.encode("utf-8", "replace"))
        if left < 0:
            parts.append(f"\n… and {len(rows) - position} more rows; see the log.\n")
            break
        parts.append(row)
    return "".join(parts)


def _comparison(report: Report, comparison: Comparison) -> str:
    """Give the lines about it, and a table of what is not the same."""
    rows = [
        [change.state, test.title, str(change.then or ""), str(change.now or ""), change.why]
        for test in report.tests
        if (change := comparison.changes.get(test.key)) and change.state != SAME
    ]
    lines = "".join(f"{_markdown(line)}  \n" for line in whole(comparison))
    head = ["", "test", "then", "now", ""]
    return f"{lines}\n{_table([head, *rows[:MOST_CHANGES]]) if rows else ''}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(_markdown(cell) for cell in row)} |\n" for row in rows)
    return f"{head}|{'---|' * len(rows[0])}\n{''.join(body)}\n"


def _rows(report: Report) -> Iterator[str]:
    """Give what did not pass with its reason, then a table of everything."""
    forgiven = report.forgiven
    changes = report.comparison.changes if report.comparison else {}
    for result in report.tests:
        if result.verdict not in {PASSED, SKIPPED} and result.key not in forgiven:
            yield _details(result, changes.get(result.key))
    for position, result in enumerate(report.tests):
        if position == 0:
            yield "\n| | test | suite | rate | seconds | |\n|---|---|---|---|---|---|\n"
        why = "" if result.verdict == PASSED else first_words(result)[:200]
        known = " (known)" if result.key in forgiven else ""
        yield (
            f"| {result.verdict}{known} | {_markdown(result.title)} | {_markdown(where(result))} "
            f"| {_markdown(rate(result))} | {result.seconds:.1f} "
            f"| {_markdown(why)} |\n"
        )


def _details(result: Test, change: Change | None) -> str:
    text = "\n".join(details(result, change))
    fence = "`" * (1 + max([2, *(len(run) for run in re.findall("`+", text))]))
    title = f"<b>{result.verdict}</b> {_markdown(result.title)}"
    return f"<details><summary>{title}</summary>\n\n{fence}text\n{text}\n{fence}\n</details>\n\n"


def _markdown(text: str) -> str:
    """Give text that Markdown and HTML show as it is, on one line."""
    return _MARKDOWN.sub(lambda found: f"&#{ord(found.group())};", shown(text))
