"""
The report as one page: works without a network, in light and dark, with keyboard and reader.

Everything of the run stands in the page as escaped text; the only script filters what is
there, and the page's own policy lets no other run and nothing be fetched.
"""

import base64
import hashlib
import json
from html import escape

from gradient_cli.check.report import ERROR, FAILED, NOT_RUN, PASSED, Attempt, Report, Result, rate
from gradient_cli.check.reporters.explain import harmless, one_line

_CLASS = {PASSED: "passed", FAILED: "failed", ERROR: "error", NOT_RUN: "notrun"}
_SIGN = {PASSED: "✓", FAILED: "✗", ERROR: "!", NOT_RUN: "–"}

_STYLE = """
:root { color-scheme: light dark; --ok: #1a7f37; --bad: #cf222e; --err: #9a6700; --dim: #777;
  --line: #8884; --box: #8881; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --bad: #ff7b72; --err: #d29922; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--box);
  padding: .6rem; border-radius: 6px; margin: .3rem 0; font-size: 13px; max-height: 30rem; overflow: auto; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 1rem 0; }
input[type=search] { font: inherit; padding: .3rem .5rem; flex: 1 1 14rem; }
details { border-top: 1px solid var(--line); padding: .45rem 0; }
summary { cursor: pointer; display: grid; grid-template-columns: 1.4rem 1fr auto; gap: .6rem; }
summary:focus-visible, input:focus-visible { outline: 2px solid Highlight; outline-offset: 2px; }
.passed .sign { color: var(--ok); } .failed .sign { color: var(--bad); } .error .sign { color: var(--err); }
.sign { font-weight: 700; } .dim { color: var(--dim); font-size: 13px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; } [hidden] { display: none; }
svg { width: 100%; height: auto; margin: .5rem 0; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.bar-passed { fill: var(--ok); } .bar-failed { fill: var(--bad); } .bar-error { fill: var(--err); }
.bar-notrun, .track { fill: var(--line); }
""".strip()

_SCRIPT = """
const tests = [...document.querySelectorAll("details.test")];
const form = document.querySelector("form"), status = document.querySelector("#shown");
const texts = new Map(tests.map(test => [test, test.textContent.toLowerCase()]));
function apply() {
  const word = form.search.value.toLowerCase();
  const kinds = new Set([...form.querySelectorAll("input:checked")].map(box => box.value));
  let shown = 0;
  for (const test of tests) {
    const is = kinds.has(test.dataset.verdict) && texts.get(test).includes(word);
    test.hidden = !is;
    shown += is;
  }
  status.textContent = shown + " of " + tests.length + " tests shown";
}
form.addEventListener("input", apply);
form.addEventListener("submit", event => event.preventDefault());
const wanted = new URLSearchParams(location.hash.slice(1)).get("search");
if (wanted) { form.search.value = wanted; }
form.hidden = false;
apply();
""".strip()


def render(report: Report) -> str:
    """Give the page."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    title = f"gradient check: {'passed' if not report.exit_code else 'not passed'}"
    tests = "\n".join(_test(result) for result in report.results)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(title)}</h1>\n<p>{_text(report.summary())}</p>\n"
        f'<p class="dim">{_text(report.started)} UTC</p>\n{_stop(report)}{_chart(report)}{_form(report)}'
        f'<section aria-label="tests">\n{tests}\n</section>\n</main>\n'
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(harmless(text), quote=True)


def _stop(report: Report) -> str:
    notes = [*report.notes, *([f"stopped: {report.stop.reason}"] if report.stop else [])]
    return "".join(f"<p>{_text(note)}</p>\n" for note in notes)


def _form(report: Report) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" value="{_CLASS[verdict]}" checked> {verdict} ({count})</label>'
        for verdict, count in report.counts.items()
        if count
    )
    return (
        '<form hidden role="search"><label for="search">Search</label>'
        f'<input id="search" name="search" type="search" autocomplete="off">{boxes}'
        '<output id="shown" class="dim" aria-live="polite"></output></form>\n'
    )


def _chart(report: Report) -> str:
    """Draw a row a test: how many attempts passed, and how long they took on average."""
    results = [result for result in report.results if result.attempts][:60]
    if not results:
        return ""
    longest = max(_mean_ms(result) for result in results) or 1
    rows = "".join(_chart_row(n, result, longest) for n, result in enumerate(results))
    left_out = len(report.results) - len(results)
    more = f'<p class="dim">{left_out} more tests are not in the chart</p>' if left_out else ""
    return (
        f'<figure><figcaption class="dim">passes, and mean time of an attempt</figcaption>'
        f'<svg viewBox="0 0 800 {18 * len(results) + 4}" role="img" aria-label="rate and latency">'
        f"{rows}</svg>{more}</figure>\n"
    )


def _chart_row(number: int, result: Result, longest: float) -> str:
    top = 18 * number + 4
    share = result.passes / len(result.attempts)
    mean = _mean_ms(result)
    name = one_line(result.name)
    name = f"{name[:37]}…" if len(name) > 38 else name
    return (
        f'<text x="0" y="{top + 10}">{_text(name)}</text>'
        f'<rect class="track" x="270" y="{top}" width="200" height="11"/>'
        f'<rect class="bar-{_CLASS[result.verdict]}" x="270" y="{top}" '
        f'width="{200 * share:.1f}" height="11"/>'
        f'<text x="476" y="{top + 10}">{result.passes}/{len(result.attempts)}</text>'
        f'<rect class="bar-notrun" x="530" y="{top}" width="{190 * mean / longest:.1f}" height="11"/>'
        f'<text x="726" y="{top + 10}">{mean:.0f} ms</text>'
    )


def _mean_ms(result: Result) -> float:
    return sum(attempt.total_ms for attempt in result.attempts) / len(result.attempts)


def _test(result: Result) -> str:
    verdict = result.verdict
    kind = _CLASS[verdict]
    is_open = " open" if verdict in {FAILED, ERROR} else ""
    expected = "".join(
        f"<dt>{_text(key)}</dt><dd>{_text(value)}</dd>" for key, value in result.expectations
    )
    request = json.dumps(result.request, ensure_ascii=False, indent=1)
    attempts = "\n".join(_attempt(attempt, result.repeat) for attempt in result.attempts)
    return (
        f'<details class="test {kind}" data-verdict="{kind}"{is_open}><summary>'
        f'<span class="sign" aria-hidden="true">{_SIGN[verdict]}</span>'
        f"<span>{_text(one_line(result.name))}</span>"
        f'<span class="dim">{verdict} · {_text(rate(result))} · {result.seconds:.1f} s</span></summary>\n'
        f'<p class="dim">{_text(result.suite)}:{result.line}</p>\n'
        f"<dl>{expected}<dt>rerun</dt><dd><code>{_text(result.rerun)}</code></dd></dl>\n"
        f"{attempts}\n<details><summary><span></span><span>request</span></summary>"
        f"<pre>{_text(request)}</pre></details></details>"
    )


def _attempt(attempt: Attempt, repeat: int) -> str:
    parts = [f'<h2 class="dim">attempt {attempt.number}</h2>'] if repeat > 1 else []
    if attempt.error:
        hint = f"<br>{_text(attempt.hint)}" if attempt.hint else ""
        parts.append(f"<p>exit {int(attempt.status)}: {_text(attempt.error)}{hint}</p>")
    items = "".join(
        f"<li>{'✓' if finding.is_met else '✗'} {_text(finding.expectation)}"
        f"{': ' + _text(finding.message) if finding.message else ''}</li>"
        for finding in attempt.findings
    )
    if items:
        parts.append(f"<ul>{items}</ul>")
    parts.append(f"<pre>{_text(attempt.text) or '(no text)'}</pre>")
    facts = [f"{attempt.total_ms} ms", f"model {attempt.model}" if attempt.model else ""]
    facts.append(f"request {attempt.request_id}" if attempt.request_id else "")
    parts.append(f'<p class="dim">{_text(", ".join(f for f in facts if f))}</p>')
    return "\n".join(parts)
