"""
JUnit XML, as the windyroad and the Jenkins schema both accept it.

    a suite file ── testsuite      a test ── testcase
    failed       ── failure        a complete answer that is not what was expected
    error        ── error          it could not be judged
    not run      ── error          `skipped` is not in every edition of the schema, and
                                   viewers show it green

XML 1.0 cannot carry most control characters, not even escaped; they are spelled out.
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from gradient_cli.check.report import ERROR, FAILED, NOT_RUN, PASSED, Report, Result, rate
from gradient_cli.check.reporters.explain import explain, first_words, one_line

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
    verdicts = [result.verdict for result in results]
    whole = _whole(report, suite) if position == 0 else []
    attributes = {
        "name": suite,
        "package": "gradient",
        "id": str(position),
        "timestamp": report.started,
        "hostname": hostname or "localhost",
        "tests": str(len(results) + bool(whole)),
        "failures": str(verdicts.count(FAILED)),
        "errors": str(verdicts.count(ERROR) + verdicts.count(NOT_RUN) + bool(whole)),
        "time": _time(sum(result.seconds for result in results)),
    }
    rates = "\n".join(f"{one_line(r.name)}: {rate(r)}" for r in results)
    stop = report.stop.words if report.stop else ""
    return [
        f"<testsuite{_attributes(attributes)}>",
        "<properties>",
        f'<property name="exit_code" value="{report.exit_code}"/>',
        f'<property name="tokens" value="{sum(result.tokens for result in results)}"/>',
        "</properties>",
        *(_case(suite, result) for result in results),
        *whole,
        f"<system-out>{_text(rates)}</system-out>",
        f"<system-err>{_text(stop)}</system-err>",
        "</testsuite>",
    ]


def _case(suite: str, result: Result) -> str:
    case = f"<testcase{_attributes(_case_attributes(suite, result))}"
    if result.verdict == PASSED:
        return f"{case}/>"
    tag = "failure" if result.verdict == FAILED else "error"
    problem = {"type": _type(result), "message": first_words(result)}
    return f"{case}><{tag}{_attributes(problem)}>{_text(_story(result))}</{tag}></testcase>"


def _whole(report: Report, suite: str) -> list[str]:
    """Give a case for what is wrong with the run though every test was asked."""
    if report.stop is None or report.stop.is_early:
        return []
    case = {"name": "the run as a whole", "classname": suite, "time": "0.000"}
    problem = {"type": f"exit {int(report.stop.status)}", "message": report.stop.words}
    return [f"<testcase{_attributes(case)}><error{_attributes(problem)}/></testcase>"]


def _case_attributes(suite: str, result: Result) -> dict[str, str]:
    return {"name": result.name, "classname": suite, "time": _time(result.seconds)}


def _type(result: Result) -> str:
    """Give what failed: the expectations' names, or the exit status."""
    if result.verdict == NOT_RUN:
        return "not run"
    problem = result.problem
    if problem and problem.failures:
        return ", ".join(dict.fromkeys(finding.expectation for finding in problem.failures))
    return f"exit {int(result.status)}"


def _story(result: Result) -> str:
    place = f"{result.suite}:{result.line}: {rate(result)}"
    return "\n".join([place, *explain(result)])


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(_legal(value))}" for name, value in values.items())


def _text(text: str) -> str:
    return escape(_legal(text))


def _legal(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"#x{ord(found.group()):02X}", text)
