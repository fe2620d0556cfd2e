"""
The report as one page: works without a network, in light and dark, with keyboard and reader.

    totals       verdicts, time, tokens, exit status
    form         search, verdicts; its state stands behind # in the address
    a test       one row: verdict, name, rate with its interval, time of each attempt;
                 opened, what was expected, what came, and how to run it again

Everything of the run stands in the page as escaped text. The page's own policy lets no
style and no script run but the two of this package (page.css, page.js), and nothing be fetched.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.report import (
    ERROR,
    FAILED,
    NOT_RUN,
    PASSED,
    SKIPPED,
    UNSURE,
    Report,
    Result,
    Tally,
    Test,
    rate,
)
from gradient_cli.check.reporters import chart
from gradient_cli.check.reporters.explain import harmless, one_line, row_line
from gradient_cli.exits import MEANINGS, ExitStatus, in_words

KINDS = {
    PASSED: "passed", FAILED: "failed", UNSURE: "unsure",
    ERROR: "error", NOT_RUN: "notrun", SKIPPED: "skipped",
}  # fmt: skip
"""verdict -> what style sheet, script and address call it."""
MOST_CHARACTERS = 100_000
"""Of an answer or a request that the page shows; `--json` has all."""
MOST_OPEN = 10
"""Tests that stand open from the beginning: the first that did not pass."""


def render(report: Report) -> str:
    """Give the page."""
    style, script = part("page.css"), part("page.js")
    policy = f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}"
    title = f"gradient check: {'passed' if not report.exit_code else 'not passed'}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(title)}</h1>\n{_totals(report)}{_notes(report)}{_form(report)}"
        f"{_head(report)}{''.join(_tests(report))}"
        f"</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def part(name: str) -> str:
    """Give a style sheet or script of this package."""
    return files("gradient_cli.check.reporters").joinpath(name).read_text("utf-8")


def digest(source: str) -> str:
    """Give what a page's policy names a style sheet or script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _text(text: str) -> str:
    return escape(harmless(text), quote=True)


def _totals(report: Report) -> str:
    items = [
        f'<li class="{KINDS[verdict]}"><strong>{count}</strong> {verdict}</li>'
        for verdict, count in report.counts.items()
        if count
    ]
    items.append(f"<li><strong>{report.seconds:.1f} s</strong> wall time</li>")
    if report.tokens:
        items.append(f"<li><strong>{report.tokens}</strong> tokens</li>")
    items.append(f"<li><strong>{report.exit_code}</strong> exit status</li>")
    suites = ", ".join(dict.fromkeys(result.suite for result in report.results))
    return (
        f'<p class="dim">{_text(suites)} · {_text(report.started)} UTC</p>\n'
        f'<ul class="totals">{"".join(items)}</ul>\n'
    )


def _notes(report: Report) -> str:
    notes = list(report.notes)
    if report.exit_code in MEANINGS and report.exit_code:
        notes.append(
            f"exit {in_words(report.exit_code)}: {MEANINGS[ExitStatus(report.exit_code)][0]}"
        )
    if report.stop:
        notes.append(report.stop.words)
    return "".join(f'<p class="note">{_text(note)}</p>\n' for note in notes)


def _form(report: Report) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" value="{KINDS[verdict]}" checked> '
        f"{verdict} ({count})</label>"
        for verdict, count in report.counts.items()
        if count
    )
    return (
        '<form hidden role="search" aria-label="tests"><label for="search">Search</label>'
        '<input id="search" name="search" type="search" autocomplete="off" '
        f'aria-keyshortcuts="/">{boxes}'
        '<button type="button" name="fold" value="open">open all</button>'
        '<button type="button" name="fold" value="close">close all</button>'
        '<output id="shown" class="dim" for="search"></output></form>\n'
    )


def _head(report: Report) -> str:
    longest = chart.longest_ms(report.results)
    return (
        '<div class="row head dim" aria-hidden="true"><span>verdict</span><span>test</span>'
        '<span class="rate">passes, 95 % interval, │ required</span>'
        f'<span class="time">attempts, 0 to {longest / 1000:.2f} s</span></div>\n'
    )


def _tests(report: Report) -> Iterator[str]:
    longest = chart.longest_ms(report.results)
    left = MOST_OPEN
    for number, result in enumerate(report.tests, 1):
        is_open = left > 0 and result.verdict in {FAILED, UNSURE, ERROR}
        left -= is_open
        state = " open" if is_open else ""
        if isinstance(result, Tally):
            yield _rows(number, result, longest, state)
        else:
            yield _test(number, result, longest, state)


def _rows(number: int, tally: Tally, longest: float, state: str) -> str:
    """Give a test with a data set: its rates by group, and its rows folded below it."""
    kind = KINDS[tally.verdict]
    groups = "".join(
        f"<dt>{_text(one_line(group) or '(empty)')}</dt><dd>{passed}/{asked}</dd>"
        for group, (passed, asked) in tally.groups().items()
    )
    rows = sorted(tally.results, key=lambda row: row.verdict == PASSED)
    cases = "".join(
        f'<details class="more case {KINDS[row.verdict]}"><summary>'
        f'<span class="verdict">{row.verdict}</span> {_text(row_line(row))}</summary>\n'
        f"{_body(row)}</details>\n"
        for row in rows
    )
    return (
        f'<details id="t{number}" class="test {kind}" data-verdict="{kind}"{state}>'
        f'<summary class="row"><span class="verdict">{tally.verdict}</span>'
        f'<span class="name">{_text(one_line(tally.title))}</span>{_figures(tally, longest)}'
        f'</summary>\n<div class="body"><p class="dim">{_text(tally.suite)}:{tally.line}, '
        f"{_text(rate(tally))}</p>\n"
        f"<dl>{groups}<dt>rerun</dt><dd><code>{_text(one_line(tally.rerun))}</code></dd></dl>\n"
        f"{cases}</div></details>\n"
    )


def _test(number: int, result: Result, longest: float, state: str) -> str:
    kind = KINDS[result.verdict]
    return (
        f'<details id="t{number}" class="test {kind}" data-verdict="{kind}"{state}>'
        f'<summary class="row"><span class="verdict">{result.verdict}</span>'
        f'<span class="name">{_text(one_line(result.title))}</span>{_figures(result, longest)}'
        f"</summary>\n{_body(result)}</details>\n"
    )


def _body(result: Result) -> str:
    expected = "".join(
        f"<dt>{_text(key)}</dt><dd>{_text(value)}</dd>" for key, value in result.expectations
    )
    request = json.dumps(result.request, ensure_ascii=False, indent=1)
    attempts = "".join(_attempt(attempt, result.repeat) for attempt in result.attempts)
    return (
        f'<div class="body"><p class="dim">{_text(result.suite)}:{result.line}</p>'
        f"<dl>{expected}<dt>rerun</dt><dd><code>{_text(one_line(result.rerun))}</code></dd></dl>\n"
        f'{attempts}<details class="more"><summary>request</summary>{_block(request)}</details>'
        "</div>"
    )


def _figures(result: Test, longest: float) -> str:
    interval = result.interval
    words = f"{result.passes}/{chart.asked(result)}" if interval else "–"
    is_many = isinstance(result, Tally) or result.repeat > 1
    more = f" {interval.low:.2f} to {interval.high:.2f}" if interval and is_many else ""
    mean = f"{chart.mean_ms(result) / 1000:.2f} s" if interval else "–"
    return (
        f'{chart.rate(result)}<span class="rate number">{words}'
        f'<span class="interval-words dim">{more}</span></span>'
        f'{chart.latency(result, longest)}<span class="time number">{mean}</span>'
    )


def _attempt(attempt: Attempt, repeat: int) -> str:
    parts = [f"<h2>attempt {attempt.number}</h2>"] if repeat > 1 else []
    if attempt.error:
        hint = f'<br><span class="dim">{_text(attempt.hint)}</span>' if attempt.hint else ""
        parts.append(
            f'<p class="error"><span class="verdict">{in_words(attempt.status)}</span> '
            f"{_text(attempt.error)}{hint}</p>"
        )
    items = "".join(map(_finding, attempt.findings))
    if items:
        parts.append(f'<ul class="findings">{items}</ul>')
    parts.append(_block(attempt.text) if attempt.text else '<p class="dim">no text</p>')
    parts.append(f'<p class="dim">{_text(_facts(attempt))}</p>\n')
    return "".join(parts)


def _finding(finding: Finding) -> str:
    kind, word = "failed", "not met"
    if finding.is_met or finding.is_unsure:
        kind, word = ("passed", "met") if finding.is_met else ("unsure", "unsure")
    said = f": {_text(finding.message or finding.odds)}" if finding.message or finding.odds else ""
    key = _text(finding.expectation)
    return f'<li class="{kind}"><span class="verdict">{word}</span> {key}{said}</li>'


def _facts(attempt: Attempt) -> str:
    usage = attempt.usage
    facts = [
        f"{attempt.total_ms} ms",
        f"first text after {attempt.first_token_ms} ms" if attempt.first_token_ms else "",
        f"sent {attempt.sends} times" if attempt.sends > 1 else "",
        f"{usage.output_tokens} output tokens" if usage and usage.output_tokens else "",
        f"model {attempt.model}" if attempt.model else "",
        f"request {attempt.request_id}" if attempt.request_id else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def _block(text: str) -> str:
    left_out = len(text) - MOST_CHARACTERS
    more = f'<p class="dim">{left_out} more characters</p>' if left_out > 0 else ""
    return f'<pre tabindex="0">{_text(text[:MOST_CHARACTERS])}</pre>{more}'
