"""
JUnit XML, valid by Jenkins' schema; by windyroad's and pytest's but for two attributes.

    a suite file ── testsuite      a test ── testcase
    failed       ── failure        a complete answer that is not what was expected
    unsure       ── error          type "unsure": neither a pass nor a failure
    error        ── error          it could not be judged
    skipped      ── skipped        its suite says why
    not run      ── skipped        after --fail-fast, which was asked for
                 ── error          where the run was cut from outside: viewers show skipped green

`classname` is the suite's path without its ending, because Jenkins takes what stands behind the
last dot for the class. `file` and `line` are in Jenkins' schema and in the viewers that lead to
the source (GitLab's, CircleCI's); the stricter two know neither, and their readers pass over them.
A test's model is in its name where the run has several, and always a property of the suite.

XML 1.0 cannot carry most control characters, not even escaped; they are spelled out.
"""

import re
from collections.abc import Collection, Sequence
from xml.sax.saxutils import escape, quoteattr

from gradient_cli.check.comparison import Change
from gradient_cli.check.rates import rate
from gradient_cli.check.report import (
    ERROR,
    FAILED,
    NOT_RUN,
    NOWHERE,
    PASSED,
    SKIPPED,
    UNSURE,
    Report,
    Result,
    Tally,
)
from gradient_cli.check.reporters.against import details, head_words, whole
from gradient_cli.check.reporters.explain import first_words
from gradient_cli.check.shown_name import shown

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, *, hostname: str = "localhost") -> str:
    """Give the document; a run of nothing still has one suite."""
    suites = report.by_suite() or [("gradient check", [])]
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for position, (suite, results) in enumerate(suites):
        parts.extend(_suite(report, position, suite, results, hostname))
    return "\n".join([*parts, "</testsuites>"]) + "\n"


def _suite(
    report: Report, position: int, suite: str, results: Sequence[Result], hostname: str
) -> list[str]:
    spared = _spared(report)
    verdicts = [result.verdict for result in results if result.key not in spared]
    skipped = verdicts.count(SKIPPED) + len(results) - len(verdicts)
    errors = verdicts.count(ERROR) + verdicts.count(UNSURE)
    if report.is_cut:
        errors += verdicts.count(NOT_RUN)
    else:
        skipped += verdicts.count(NOT_RUN)
    names = _Names(report)
    as_whole = _whole(report, suite, names) if position == 0 else []
    attributes = {
        # A file may be called " ", which counts as no name.
        "name": suite if suite.strip() else repr(suite),
        "package": "gradient",
        "id": str(position),
        "timestamp": report.started,
        "hostname": hostname or "localhost",
        "tests": str(len(results) + bool(as_whole)),
        "failures": str(verdicts.count(FAILED)),
        "errors": str(errors + bool(as_whole)),
        "skipped": str(skipped),
        "time": _time(sum(result.seconds for result in results)),
    }
    rates = _rates(report, suite)
    stop = report.stop.words if report.stop else ""
    return [
        f"<testsuite{_attributes(attributes)}>",
        "<properties>",
        f'<property name="exit_code" value="{report.exit_code}"/>',
        f'<property name="tokens" value="{sum(result.tokens for result in results)}"/>',
        *(
            f"<property{_attributes({'name': 'model', 'value': model})}/>"
            for model in dict.fromkeys(result.model for result in results if result.model)
        ),
        "</properties>",
        *(_case(report, result, spared.get(result.key), names) for result in results),
        *as_whole,
        f"<system-out>{_text(rates)}</system-out>",
        f"<system-err>{_text(stop)}</system-err>",
        "</testsuite>",
    ]


def _rates(report: Report, suite: str) -> str:
    """Give a line each test, and what there is to say of a baseline."""
    tests = [test for test in report.tests if test.suite == suite]
    changes = report.comparison.changes if report.comparison else {}
    lines = [f"{shown(t.title)}: {rate(t)}{head_words(t, changes.get(t.key))}" for t in tests]
    return "\n".join([*lines, *(whole(report.comparison) if report.comparison else ())])


def _spared(report: Report) -> dict[tuple[str, str], str]:
    """Give the key of what did not pass and is no failure of the build -> why it is not."""
    rows = [
        row.key
        for test in report.tests
        if isinstance(test, Tally) and test.verdict == PASSED
        for row in test.results
        if row.verdict != PASSED
    ]
    spared = dict.fromkeys(rows, "not passed, and not required")
    if report.comparison:
        known = report.comparison.forgiven | report.comparison.spared
        spared |= dict.fromkeys(known, "not passed, and no worse than in the baseline")
    return spared


def _case(report: Report, result: Result, spared: str | None, names: "_Names") -> str:
    case = f"<testcase{_attributes(_case_attributes(result, names))}"
    if result.verdict == PASSED:
        return f"{case}/>"
    if spared:
        why = f"{spared}: {first_words(result)}"
        return f"{case}><skipped{_attributes({'message': shown(why)})}/></testcase>"
    if result.verdict == SKIPPED or (result.verdict == NOT_RUN and not report.is_cut):
        why = result.skip or (report.stop.words if report.stop else "not run")
        return f"{case}><skipped{_attributes({'message': shown(why)})}/></testcase>"
    tag = "failure" if result.verdict == FAILED else "error"
    problem = {"type": _type(result), "message": first_words(result)}
    change = report.comparison.changes.get(result.key) if report.comparison else None
    return f"{case}><{tag}{_attributes(problem)}>{_text(_story(result, change))}</{tag}></testcase>"


def _whole(report: Report, suite: str, names: "_Names") -> list[str]:
    """Give a case for what is wrong with the run though every test was asked."""
    if report.stop is None or report.stop.is_early:
        return []
    case = {"name": "the run as a whole", "classname": names.class_of(suite), "time": "0.000"}
    problem = {"type": f"exit {int(report.stop.status)}", "message": report.stop.words}
    return [f"<testcase{_attributes(case)}><error{_attributes(problem)}/></testcase>"]


def _case_attributes(result: Result, names: "_Names") -> dict[str, str]:
    file, line = result.place
    place = {} if line == NOWHERE else {"file": file, "line": str(line)}
    return {
        "name": names.name_of(result),
        "classname": names.class_of(result.suite),
        **place,
        "time": _time(result.seconds),
    }


class _Names:
    """What the cases of a run are called, which depends on all of them."""

    def __init__(self, report: Report) -> None:
        suites = {result.suite for result in report.results}
        self._classes = {suite: _classname(suite, suites - {suite}) for suite in suites}
        models = {result.of_model or result.model for result in report.results} - {None}
        self._has_models = len(models) > 1

    def class_of(self, suite: str) -> str:
        """Give the class of a suite's cases."""
        return self._classes.get(suite, suite)

    def name_of(self, result: Result) -> str:
        """Give the name of a case, with its model where the run has several."""
        model = result.of_model or result.model
        return f"{result.name} [{model}]" if self._has_models and model else result.name


def _classname(suite: str, others: Collection[str]) -> str:
    """Give the path without its ending; with it where two suites differ by nothing else."""
    stem = suite.rpartition(".")[0] if "." in suite.rpartition("/")[2].lstrip(".") else suite
    if any(other.rpartition(".")[0] == stem for other in others):
        return suite.replace(".", "_")
    return stem


def _type(result: Result) -> str:
    """Give what failed: the expectations' names, or the exit status."""
    if result.verdict in {NOT_RUN, UNSURE}:
        return result.verdict
    problem = result.problem
    if problem and problem.failures:
        return ", ".join(dict.fromkeys(finding.expectation for finding in problem.failures))
    return f"exit {int(result.status)}"


def _story(result: Result, change: Change | None) -> str:
    file, line = result.place
    place = rate(result) if line == NOWHERE else f"{file}:{line}: {rate(result)}"
    return "\n".join([place, *details(result, change)])


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(_legal(value))}" for name, value in values.items())


def _text(text: str) -> str:
    return escape(_legal(text))


def _legal(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"#x{ord(found.group()):02X}", text)
