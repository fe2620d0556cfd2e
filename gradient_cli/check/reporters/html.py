"""
The report as one page: works without a network, in light and dark, with keyboard and reader.

    totals       verdicts, time, tokens, exit status
    since then   what became of each test since a baseline
    side by side tests by models; a cell opens the answers of all next to each other
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
from importlib.resources import files

from gradient_cli.check.rates import rate
from gradient_cli.check.report import (
    ERROR,
    FAILED,
    PASSED,
    UNSURE,
    Report,
    Result,
    Tally,
    Test,
)
from gradient_cli.check.reporters import chart
from gradient_cli.check.reporters.against import head_words
from gradient_cli.check.reporters.explain import row_line, where
from gradient_cli.check.reporters.page import side_by_side, since_then
from gradient_cli.check.reporters.page.said import KINDS, block, said, text
from gradient_cli.check.shown_name import shown
from gradient_cli.exits import MEANINGS, ExitStatus, in_words

MOST_OPEN = 10
"""Tests that stand open from the beginning: the first that did not pass."""


def render(report: Report) -> str:
    """Give the page."""
    return page(
        f"gradient check: {'passed' if not report.exit_code else 'not passed'}",
        f"{_totals(report)}{_notes(report)}"
        f"{since_then.section(report)}{side_by_side.section(report)}{_form(report)}"
        f"{_head(report)}{''.join(_tests(report))}",
        style=part("page.css"),
        script=part("page.js"),
    )


def page(title: str, body: str, *, style: str, script: str = "") -> str:
    """Give a page around its body; its policy lets nothing else run and nothing be fetched."""
    policy = f"default-src 'none'; style-src {_digest(style)}"
    policy += f"; script-src {_digest(script)}" if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{text(title)}</h1>\n{body}</main>\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</body>\n</html>\n"
    )


def part(name: str) -> str:
    """Give a style sheet or script of this package."""
    return files("gradient_cli.check.reporters").joinpath(name).read_text("utf-8")


def _digest(source: str) -> str:
    """Give what a page's policy names a style sheet or script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


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
        f'<p class="dim">{text(suites)} · {text(report.started)} UTC</p>\n'
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
    return "".join(f'<p class="note">{text(note)}</p>\n' for note in notes)


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
    left, forgiven = MOST_OPEN, report.forgiven
    changes = report.comparison.changes if report.comparison else {}
    for number, result in enumerate(report.tests, 1):
        is_bad = result.verdict in {FAILED, UNSURE, ERROR} and result.key not in forgiven
        is_open = left > 0 and is_bad
        left -= is_open
        kind, state = KINDS[result.verdict], " open" if is_open else ""
        since = head_words(result, changes.get(result.key))
        yield (
            f'<details id="t{number}" class="test {kind}" data-verdict="{kind}"{state}>'
            f'<summary class="row"><span class="verdict">{result.verdict}</span>'
            f'<span class="name">{text(shown(result.title))}<span class="dim">{text(since)}</span>'
            f"</span>{_figures(result, longest)}</summary>\n"
            f"{_rows(result) if isinstance(result, Tally) else _body(result)}</details>\n"
        )


def _rows(tally: Tally) -> str:
    """Give a test with a data set: its rates by group, and its rows folded below it."""
    groups = "".join(
        f"<dt>{text(shown(group) or '(empty)')}</dt><dd>{passed}/{asked}</dd>"
        for group, (passed, asked) in tally.groups().items()
    )
    rows = sorted(tally.results, key=lambda row: row.verdict == PASSED)
    cases = "".join(
        f'<details class="more case {KINDS[row.verdict]}" data-case="{text(_case_of(row))}">'
        "<summary>"
        f'<span class="verdict">{row.verdict}</span> {text(row_line(row))}</summary>\n'
        f"{_body(row)}</details>\n"
        for row in rows
    )
    return (
        f'<div class="body"><p class="dim">{text(tally.suite)}:{tally.line}, '
        f"{text(rate(tally))}</p>\n"
        f"<dl>{groups}<dt>rerun</dt><dd><code>{text(shown(tally.rerun))}</code></dd></dl>\n"
        f"{cases}</div>"
    )


def _case_of(row: Result) -> str:
    return row.row.name if row.row else row.name


def _body(result: Result) -> str:
    expected = "".join(
        f"<dt>{text(key)}</dt><dd>{text(value)}</dd>" for key, value in result.expectations
    )
    request = json.dumps(result.request, ensure_ascii=False, indent=1)
    rerun = f"<dt>rerun</dt><dd><code>{text(shown(result.rerun))}</code></dd>"
    rerun = rerun if result.rerun else ""
    return (
        f'<div class="body"><p class="dim">{text(where(result))}</p>'
        f"<dl>{expected}{rerun}</dl>\n"
        f'{said(result)}<details class="more"><summary>request</summary>{block(request)}</details>'
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
