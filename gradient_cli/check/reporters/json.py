"""
The report for programs: one object, the words of `respond --json` where they mean the same.

    ok, exit_code, started, seconds, tokens, counts{passed, failed, unsure, error, …},
    stop{reason, hint}|null, notes[], tests[]
    sets[]   a test with a data set: suite, line, name, model, verdict, ok, exit_code, cases,
             required, passes, rate, interval, seconds, tokens, rerun,
             groups{group: [passed, asked]}
    test     suite, line, name, verdict, ok, exit_code, repeat, require, passes, rate,
             interval[low, high]|null, seconds, tokens,
             case{test, name, file, line, group}|null, side_by_side,
             model, skip, request, expectations[], rerun, attempts[]
    attempt  number, ok, exit_code, text, checks[], error, hint, request_id, model, usage,
             sends, timing{first_token_ms, total_ms}
    check    expectation, ok, message, excerpt; where it has a probability also unsure,
             question, decision, probability{value, from, …}

--json-lines has each test with its `type` as soon as it is done, and the rest as the last line.
"""

from dataclasses import asdict

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.case import Row
from gradient_cli.check.report import Report, Result, Tally
from gradient_cli.wire.json import Json, line


def render(report: Report) -> str:
    """Give the report as one line of JSON."""
    return line(document(report)) + "\n"


TEST, REPORT = "gradient.test", "gradient.report"
"""The types of the lines of --json-lines."""


def test_line(result: Result) -> str:
    """Give a finished test as one line of JSON."""
    return line({"type": TEST, **_test(result)}) + "\n"


def last_line(report: Report) -> str:
    """Give the end of a run as one line of JSON, without the tests; a killed run has none."""
    whole = document(report)
    del whole["tests"]
    return line({"type": REPORT, **whole}) + "\n"


def document(report: Report) -> dict[str, Json]:
    """Give the report as a JSON object."""
    stop = report.stop
    return {
        "ok": not report.exit_code,
        "exit_code": report.exit_code,
        "started": f"{report.started}Z",
        "seconds": round(report.seconds, 3),
        "tokens": report.tokens,
        "counts": report.counts,
        "stop": {"reason": stop.reason, "hint": stop.hint} if stop else None,
        "notes": list(report.notes),
        "sets": [_set(test) for test in report.tests if isinstance(test, Tally)],
        "tests": [_test(result) for result in report.results],
    }


def _set(tally: Tally) -> dict[str, Json]:
    interval = tally.interval
    return {
        "suite": tally.suite,
        "line": tally.line,
        "name": tally.name,
        "model": tally.of_model,
        "verdict": tally.verdict,
        "ok": tally.verdict == "passed",
        "exit_code": int(tally.status),
        "cases": len(tally.results),
        "required": tally.required,
        "passes": tally.passes,
        "rate": round(tally.passes / tally.asked, 4) if tally.asked else None,
        "interval": [round(interval.low, 4), round(interval.high, 4)] if interval else None,
        "seconds": round(tally.seconds, 3),
        "tokens": tally.tokens,
        "groups": {name: list(counts) for name, counts in tally.groups().items()},
        "rerun": tally.rerun,
    }


def _case(row: Row) -> dict[str, Json]:
    return {
        "test": row.test,
        "name": row.name,
        "file": row.file,
        "line": row.line,
        "group": row.group,
    }


def _test(result: Result) -> dict[str, Json]:
    interval = result.interval
    made = len(result.attempts)
    return {
        "suite": result.suite,
        "line": result.line,
        "name": result.name,
        "case": _case(result.row) if result.row else None,
        "side_by_side": result.of_model is not None,
        "verdict": result.verdict,
        "ok": result.verdict == "passed",
        "exit_code": int(result.status),
        "repeat": result.repeat,
        "require": result.require,
        "passes": result.passes,
        "rate": round(result.passes / made, 4) if made else None,
        "interval": [round(interval.low, 4), round(interval.high, 4)] if interval else None,
        "seconds": round(result.seconds, 3),
        "tokens": result.tokens,
        "model": result.model,
        "skip": result.skip,
        "request": result.request,
        "expectations": [{"expectation": k, "value": v} for k, v in result.expectations],
        "rerun": result.rerun,
        "attempts": [_attempt(attempt) for attempt in result.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Json]:
    return {
        "number": attempt.number,
        "ok": not attempt.status,
        "exit_code": int(attempt.status),
        "text": attempt.text,
        "commentary": attempt.commentary,
        "refusal": attempt.refusal or None,
        "pending": list(attempt.pending),
        "tool_calls": list(attempt.tool_calls),
        "server_calls": list(attempt.server_calls),
        "citations": list(attempt.citations),
        "checks": [_check(finding) for finding in attempt.findings],
        "error": attempt.error,
        "hint": attempt.hint,
        "request_id": attempt.request_id,
        "model": attempt.model,
        "usage": asdict(attempt.usage) if attempt.usage else None,
        "sends": attempt.sends,
        "timing": {"first_token_ms": attempt.first_token_ms, "total_ms": attempt.total_ms},
    }


def _check(finding: Finding) -> dict[str, Json]:
    said: dict[str, Json] = {
        "expectation": finding.expectation,
        "ok": finding.is_met,
        "message": finding.message,
        "excerpt": finding.excerpt,
    }
    if finding.probability is None and not finding.is_unsure:
        return said
    probability = dict(finding.probability) if finding.probability else None
    return {
        **said,
        "unsure": finding.is_unsure,
        "question": finding.question or None,
        "decision": finding.decision or None,
        "probability": probability,
    }
