"""
A run in which everything happens that a report can tell, and what each report says of it.

`tests/data/known-report.txt` holds that, word for word. After a change that is meant:

    python -m tests.check.known_report && git diff tests/data/known-report.txt
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.calibration_report import CalibrationReport, reckoned
from gradient_cli.check.case import Row
from gradient_cli.check.comparison import (
    BETTER,
    FLAKY,
    NEW,
    SAME,
    UNJUDGED,
    UNSURE_NOW,
    WORSE,
    Change,
    Comparison,
    Count,
    Fall,
)
from gradient_cli.check.labelled import Aim, Said, Study
from gradient_cli.check.report import Report, Result
from gradient_cli.check.reporters import (
    calibration_html,
    calibration_json,
    calibration_text,
    github,
    html,
    junit,
    text,
)
from gradient_cli.check.reporters import json as json_report
from gradient_cli.check.stop import Stop
from gradient_cli.exits import ExitStatus
from gradient_cli.terminal.door import page
from gradient_cli.wire.events import Usage

KNOWN = Path(__file__).parents[1] / "data" / "known-report.txt"
ODD = 'a <b>"bold"</b> & 100 % | *x*\n::error::`no`\x1b[2J\u2028é'
"""What a model may write, and no report may take for its own."""
OK, NO, UNSURE, FAULT = (
    ExitStatus.OK, ExitStatus.EXPECTATION, ExitStatus.UNSURE, ExitStatus.SERVICE,
)  # fmt: skip


def attempt(number: int = 1, status: ExitStatus = OK, **said) -> Attempt:
    """Give an attempt that took its time and tokens."""
    usage = Usage(input_tokens=10, output_tokens=number, total_tokens=10 + number)
    usual = {"text": "fine", "model": "m-1", "usage": usage, "sends": 1, "total_ms": 250 * number}
    return Attempt(number, status, **{**usual, **said})


def result(name: str, *attempts: Attempt, **more) -> Result:
    """Give a test of the suite."""
    usual = {
        "suite": "suites/s.toml",
        "line": 7,
        "repeat": max(1, len(attempts)),
        "require": max(1, len(attempts)),
        "request": {"model": "m", "input": f"ask {name} é"},
        "expectations": (("expect", "fine"),),
        "rerun": f"gradient check suites/s.toml -k '{name}'",
        "model": "m",
    }
    return Result(name=name, attempts=attempts, **{**usual, **more})


def row(number: int, group: str | None, *attempts: Attempt, name: str = "") -> Result:
    """Give a row of a data set of five, of which four must pass."""
    name = name or f"row {number}"
    known = Row(
        test="rows", name=name, file="suites/d,1.csv", line=number + 1,
        variables={"v": f"value {number}"}, group=group, of=5, required=4,
    )  # fmt: skip
    return result(
        f"rows [{name}]", *attempts, repeat=1, require=1, row=known, line=30,
        rerun=f"gradient check suites/s.toml -k 'rows [{name}]'",
        rerun_all="gradient check suites/s.toml -k rows",
    )  # fmt: skip


MISSED = (
    Finding("expect", False, 'the answer does not contain it: "fine"', ODD),
    Finding(
        "judge", False, "1 of 3 votes say pass: polite", "x", reasons=("It is rude.", "It shouts."),
        question="polite", decision="fail",
        probability={"value": 2 / 3, "from": "votes", "low": 0.2, "high": 0.9},
    ),
)  # fmt: skip
DOUBT = Finding(
    "decide", False, "not sure enough: yes 0.6; sure wants 0.9: Is it?", "x", is_unsure=True,
    question="Is it?", decision="yes", probability={"value": 0.6, "from": "model", "model": "j"},
)  # fmt: skip
SURE = replace(DOUBT, is_met=True, message="", excerpt="", is_unsure=False)


def results() -> tuple[Result, ...]:
    """Give tests of every verdict."""
    failed = attempt(
        2, NO, text=ODD, findings=MISSED, commentary="let me see", request_id="req-7",
        first_token_ms=90, warning="the code block may end elsewhere", judged_ms=120,
        tool_calls=({"name": "f", "arguments": "{}"},), citations=({"url": "https://x/?a&b"},),
        server_calls=({"type": "web_search_call", "status": "completed"},),
        steps=({"name": "g", "output": "1"},), pending=({"type": "mcp_approval_request"},),
    )  # fmt: skip
    fault = attempt(
        1, FAULT, text="", usage=None, error=f"the service is down: {ODD}", hint="try later",
        refusal="I will not", model=None,
    )  # fmt: skip
    model_a = {"line": 50, "of_model": "model-a", "request": {"model": "model-a", "input": "x"}}
    model_b = {"line": 50, "of_model": "model-b", "request": {"model": "model-b", "input": "x"}}
    return (
        result("good", attempt(findings=(SURE,))),
        result("twice", attempt(1), attempt(2), attempt(3, NO, findings=MISSED[:1]), require=2),
        result(f"bad {ODD}", attempt(1), failed, attempt(3, NO, findings=MISSED), line=12),
        result("down", fault, line=15),
        result("doubt", attempt(1, UNSURE, findings=(DOUBT, SURE)), line=20),
        result("left out", skip="it is slow", line=25, rerun=""),
        row(1, "a", attempt(1)),
        row(2, "a", attempt(1, NO, findings=MISSED, text="nope\n" * 40)),
        row(3, "", attempt(1, FAULT, error="cut off", text="half an ans")),
        row(4, None, attempt(1, UNSURE, findings=(DOUBT,)), name="na|me"),
        row(5, "a"),
        result("side", attempt(1, model="model-a"), **model_a),
        result("side", attempt(1, NO, model="model-c", findings=MISSED[:1]), **model_b),
        result("only b", attempt(4, model="model-c"), **{**model_b, "line": 60}),
        result("never", suite="other.toml", line=0, model=None),
    )


def comparison() -> Comparison:
    """Give what became of them since a baseline."""
    suite = "suites/s.toml"
    falls = tuple(
        Fall((suite, f"rows [row {n}]"), f"row {n}", f"good {n}\n" * n, ODD) for n in range(1, 13)
    )
    changes = {
        (suite, "good"): Change(state=SAME, then=Count(1, 1), now=Count(1, 1)),
        (suite, "twice"): Change(
            state=FLAKY, then=Count(1, 3), now=Count(2, 3), sight="3 attempts are too few to tell",
        ),
        (suite, f"bad {ODD}"): Change(
            state=WORSE, then=Count(3, 3), now=Count(1, 3), chance=0.2, is_regression=True,
            why="of m-0 then", fell=(Fall((suite, f"bad {ODD}"), "bad", "was good", ODD),),
        ),
        (suite, "down"): Change(state=UNJUDGED, then=Count(1, 1), now=Count(0, 0), why="open"),
        (suite, "doubt"): Change(state=UNSURE_NOW, then=Count(1, 1), is_forgiven=True),
        (suite, "rows"): Change(
            state=WORSE, then=Count(40, 40), now=Count(30, 40), chance=0.00123, is_regression=True,
            fell=falls, rose=("row 9",), spared=((suite, "rows [row 3]"),),
            sight="40 cases: a drop of 10 points would have been noticed with 80 %",
        ),
        (suite, "side (model-a)"): Change(
            state=BETTER, then=Count(2, 9), now=Count(9, 9), chance=0.001
        ),
        (suite, "side (model-b)"): Change(
            state=SAME, then=Count(0, 1), now=Count(0, 1), is_forgiven=True
        ),
        (suite, "only b (model-b)"): Change(state=NEW, why="it expects something else than then"),
    }  # fmt: skip
    return Comparison(
        path="base <1>.json", started="2026-01-01T00:00:00", asked=("m",), answered=("m-0",),
        alpha=0.05, changes=changes, left_out=2, notes=("the baseline was cut short",),
    )  # fmt: skip


def report() -> Report:
    """Give the run: stopped, noted, held against a baseline."""
    return Report(
        results(), "2026-01-02T03:04:05", 12.34, Stop("the time is over", "--max-time 60", NO),
        ("2 suites <were> read",), comparison(), {"suites/s.toml": "d" * 64},
    )  # fmt: skip


def plain() -> Report:
    """Give a run of which nothing is to be said but that all is well."""
    return Report((results()[0],), "2026-01-02T03:04:05", 0.5)


def calibrations() -> CalibrationReport:
    """Give a calibration of each kind: sure of itself, by votes, without a probability."""

    def study(kind: str, said: list[Said], *, is_yes: bool, source: str, lost: int = 0) -> Study:
        aim = Aim(kind, 0, "Is it <polite>?", ("yes", "no"), "right", is_yes)
        return Study("s.toml", 5, "polite", "m", aim, source, "j-1", tuple(said), lost)

    good = [Said(f"r{n}", "yes", "yes", 0.93) for n in range(140)]
    good += [Said(f"s{n}", "no", "yes" if n < 12 else "no", 0.71) for n in range(40)]
    good.append(Said("none", None, "yes"))
    over = [Said(f"r{n}", "a", "a" if n < 60 else "b", 0.9) for n in range(100)]
    mixed = [Said(f"r{n}", "a", "a" if n < 55 else "b", 0.9) for n in range(100)]
    mixed += [Said(f"s{n}", "a", "a" if n < 95 else "b", 0.6) for n in range(100)]
    studies = [
        study("decide", good, is_yes=True, source="model", lost=2),
        study("one_of", over, is_yes=False, source="tokens"),
        study("one_of", mixed, is_yes=False, source="votes"),
        study("judge", [Said("r", "yes", "yes"), Said("s", "no", "yes")], is_yes=True, source=""),
        study("one_of", [Said("r", "a", "b")], is_yes=False, source=""),
    ]
    return CalibrationReport(
        tuple(reckoned(one, 0.9) for one in studies), 0.9, "2026-01-02T03:04:05", 3.21, 4567, NO,
        ("two rows <were> lost",),
    )  # fmt: skip


def _page(whole: str) -> str:
    """Give a page without the style and the script, which are files of their own."""
    whole = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", whole, flags=re.DOTALL)
    return re.sub(r"sha256-[^']*", "sha256-…", whole)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def _told() -> str:
    run = report()
    return page(text.lines(run, told={one.key for one in run.tests}), in_log=False)


def _one() -> str:
    known = calibrations()
    one = replace(known, calibrations=known.calibrations[-1:], tokens=0)
    return page(calibration_text.lines(one), in_log=False)


def _no_room() -> str:
    room = len(github.summary(report()).encode()) - 50
    return github.summary(report(), room)


SAID: Mapping[str, Callable[[], str]] = {
    "text": lambda: page(text.lines(report()), in_log=False),
    "text, quiet": lambda: page(text.lines(report(), is_quiet=True, is_colored=True), in_log=False),
    "text, told": _told,
    "text, well": lambda: page(text.lines(plain()), in_log=False),
    "annotations": lambda: github.annotations(report(), Path.cwd() / "suites"),
    "annotations, elsewhere": lambda: github.annotations(
        replace(report(), comparison=None), Path("/w")
    ),
    "summary": lambda: github.summary(report()),
    "summary, no room": _no_room,
    "summary, well": lambda: github.summary(plain()),
    "junit": lambda: junit.render(report(), hostname="here"),
    "junit, well": lambda: junit.render(plain(), hostname="here"),
    "json": lambda: _json(json_report.document(report())),
    "json, well": lambda: json_report.render(plain()),
    "json line": lambda: json_report.test_line(report().results[1]),
    "json last line": lambda: json_report.last_line(report()),
    "page": lambda: _page(html.render(report())),
    "page, well": lambda: _page(html.render(plain())),
    "calibration, text": lambda: page(calibration_text.lines(calibrations()), in_log=False),
    "calibration, json": lambda: _json(calibration_json.document(calibrations())),
    "calibration, page": lambda: _page(calibration_html.render(calibrations())),
    "calibration, one": _one,
}
"""Each report by its name."""


def shown(name: str) -> str:
    """Give a report in a text that any editor can show."""
    return SAID[name]().replace("\x1b", "␛").replace("\u2028", "⏎").replace("\r", "␍")


if __name__ == "__main__":
    parts = (f"=== {name} ===\n{shown(name)}\n" for name in SAID)
    KNOWN.write_text("".join(parts), encoding="utf-8")
