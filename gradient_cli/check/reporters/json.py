"""
The report for programs: one object, the words of `respond --json` where they mean the same.

    ok, exit_code, started, seconds, tokens, counts{passed, failed, unsure, error, …},
    stop{reason, hint}|null, notes[], tests[]
    models|null  of several side by side: models[]: model, answered[] (others than asked), passes,
             asked, tokens, median_seconds; tests[]: name, cells[]: the same of each model, verdict
    baseline|null  file, started, models{asked, answered}, alpha, counts{worse, better, flaky,
             same, new, unjudged}, not_asked, notes[], tests[]: suite, name, model, state,
             regression, forgiven, then{passes, judged}|null, now{…}, p, why, sight, fell[], rose[]
    sets[]   a test with a data set: suite, line, name, model, verdict, ok, exit_code, cases,
             required, passes, rate, interval, seconds, tokens, rerun,
             groups{group: [passed, asked]}
    test     suite, line, name, verdict, ok, exit_code, repeat, require, passes, rate,
             interval[low, high]|null, seconds, tokens,
             case{test, name, file, line, group}|null, side_by_side,
             model, skip, request, expectations[], rerun, attempts[]
    attempt  number, ok, exit_code, text, checks[], error, hint, request_id, model, usage,
             sends, timing{first_token_ms, total_ms}
    check    expectation, ok, message, excerpt, reasons[] of judges; where it has a probability
             also unsure, question, decision, probability{value, from, …}

--json-lines has each test with its `type` as soon as it is done, and the rest as the last line.
"""

from dataclasses import asdict

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.case import Row
from gradient_cli.check.comparison import Change, Comparison, Count
from gradient_cli.check.model_table import Cell, Models, models_of
from gradient_cli.check.report import Report, Result, Tally, Test
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
        "baseline": _baseline(report, report.comparison) if report.comparison else None,
        "models": _models(models) if (models := models_of(report)) else None,
        "sets": [_set(test) for test in report.tests if isinstance(test, Tally)],
        "tests": [_test(result) for result in report.results],
    }


def _models(table: Models) -> dict[str, Json]:
    columns = zip(table.models, table.answered, table.totals, strict=True)
    return {
        "models": [
            {"model": model, "answered": list(others), **_cell(total)}
            for model, others, total in columns
        ],
        "tests": [
            {
                "name": name,
                "cells": [
                    {"model": model, "verdict": cell.verdict, **_cell(cell)}
                    for model, cell in zip(table.models, cells, strict=True)
                    if cell
                ],
            }
            for name, cells in table.rows
        ],
    }


def _cell(cell: Cell) -> dict[str, Json]:
    return {
        "passes": cell.passes,
        "asked": cell.asked,
        "tokens": cell.tokens,
        "median_seconds": round(cell.median_s, 3),
    }


def _baseline(report: Report, comparison: Comparison) -> dict[str, Json]:
    return {
        "file": comparison.path,
        "started": comparison.started,
        "models": {"asked": list(comparison.asked), "answered": list(comparison.answered)},
        "alpha": comparison.alpha,
        "counts": comparison.counts,
        "not_asked": comparison.left_out,
        "notes": list(comparison.notes),
        "tests": [
            _change(test, change)
            for test in report.tests
            if (change := comparison.changes.get(test.key))
        ],
    }


def _change(test: Test, change: Change) -> dict[str, Json]:
    return {
        "suite": test.suite,
        "name": test.name,
        "model": test.of_model,
        "state": change.state,
        "regression": change.is_regression,
        "forgiven": change.is_forgiven,
        "then": _counted(change.then),
        "now": _counted(change.now),
        "p": None if change.chance is None else float(f"{change.chance:.4g}"),
        "why": change.why or None,
        "sight": change.sight or None,
        "fell": [fall.name for fall in change.fell],
        "rose": list(change.rose),
    }


def _counted(count: Count | None) -> dict[str, Json] | None:
    return {"passes": count.passes, "judged": count.judged} if count else None


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
        "line": result.line or None,
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
        "rerun": result.rerun or None,
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
        "steps": list(attempt.steps),
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
        "reasons": list(finding.reasons),
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
