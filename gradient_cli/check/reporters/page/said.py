"""
Answers on the page, as escaped text; attempts that said the same are shown once.
"""

from collections.abc import Iterator, Sequence
from html import escape

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.report import ERROR, FAILED, NOT_RUN, PASSED, SKIPPED, UNSURE, Result
from gradient_cli.check.shown_name import harmless
from gradient_cli.exits import in_words

KINDS = {
    PASSED: "passed", FAILED: "failed", UNSURE: "unsure",
    ERROR: "error", NOT_RUN: "notrun", SKIPPED: "skipped",
}  # fmt: skip
"""verdict -> what style sheet, script and address call it."""
MOST_CHARACTERS = 100_000
"""Of an answer or a request that the page shows; `--json` has all."""
MOST_FACTS = 5
"""Attempts that said the same of which time and model are given."""


def text(words: str) -> str:
    """Give a text for any place of the page."""
    return escape(harmless(words), quote=True)


def block(words: str) -> str:
    """Give a long text as it is, cut at MOST_CHARACTERS."""
    left_out = len(words) - MOST_CHARACTERS
    more = f'<p class="dim">{left_out} more characters</p>' if left_out > 0 else ""
    return f'<pre tabindex="0">{text(words[:MOST_CHARACTERS])}</pre>{more}'


def said(result: Result) -> str:
    """Give what was said to a test, and what was made of it."""
    groups: dict[tuple[object, ...], list[Attempt]] = {}
    for one in result.attempts:
        key = (one.status, one.text, one.refusal, one.error, one.hint, one.findings)
        groups.setdefault(_key(key), []).append(one)
    shown = "".join(part for same in groups.values() for part in _same(same, result.repeat))
    return f'<div class="said">{shown}</div>'


def _key(parts: Sequence[object]) -> tuple[object, ...]:
    # Of a decision the probabilities are a table, which has no hash.
    return tuple(repr(part) if isinstance(part, tuple) else part for part in parts)


def _same(attempts: Sequence[Attempt], repeat: int) -> Iterator[str]:
    """Give attempts that said the same, their number in front."""
    attempt = attempts[0]
    if repeat > 1:
        numbers = ", ".join(str(one.number) for one in attempts)
        many = f"{len(attempts)} × the same: attempts" if len(attempts) > 1 else "attempt"
        yield f"<h2>{many} {numbers}</h2>"
    if attempt.error:
        hint = f'<br><span class="dim">{text(attempt.hint)}</span>' if attempt.hint else ""
        yield (
            f'<p class="error"><span class="verdict">{in_words(attempt.status)}</span> '
            f"{text(attempt.error)}{hint}</p>"
        )
    items = "".join(map(_finding, attempt.findings))
    if items:
        yield f'<ul class="findings">{items}</ul>'
    yield block(attempt.text) if attempt.text else '<p class="dim">no text</p>'
    for one in attempts[:MOST_FACTS]:
        yield f'<p class="dim">{text(_facts(one))}</p>\n'


def _finding(finding: Finding) -> str:
    kind, word = "failed", "not met"
    if finding.is_met or finding.is_unsure:
        kind, word = ("passed", "met") if finding.is_met else ("unsure", "unsure")
    first, _, rest = (finding.message or finding.odds).partition("\n")
    said = f": {text(first)}" if first else ""
    below = block(rest) if rest else ""
    below += "".join(f"<br>the judge says: {text(reason)}" for reason in finding.reasons)
    key = text(finding.expectation)
    return f'<li class="{kind}"><span class="verdict">{word}</span> {key}{said}{below}</li>'


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
