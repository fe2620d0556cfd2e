"""
`gradient batch summary OUT...`: what files of results say as a whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from gradient_cli.ask.invocation import Invocation
from gradient_cli.batch.digest import Digest, Spread, digest
from gradient_cli.exits import MEANINGS, ExitStatus
from gradient_cli.render.tables import aligned
from gradient_cli.terminal.door import one_line
from gradient_cli.wire.json import line

BAR = 24
"""Columns of the longest bar."""
MOST_SHOWN = 20


def summary(invocation: Invocation, paths: Sequence[str], *, is_json: bool) -> int:
    """
    Print the summary.

    Raises:
        UsageError: a file cannot be read, or holds something else.

    """
    found = digest(paths, invocation.terminal.stdin)
    if is_json:
        invocation.terminal.write_json(line(found.as_document()) + "\n")
    else:
        sections = list(_sections(found))
        invocation.terminal.say([row for part in sections for row in ("", *part)][1:])
    return ExitStatus.OK


def _sections(found: Digest) -> Iterator[list[str]]:
    yield [f"{found.total:,} results{_others(found)}"]
    if found.total:
        yield aligned(_bars(Counter({_meaning(s): n for s, n in found.statuses.items()})))
    if found.labels:
        yield aligned(_labels(found))
    if found.decided:
        share = 100 * found.unsure.total() / found.decided
        yield [
            f"{found.unsure.total():,} of {found.decided:,} decisions are unsure ({share:.1f} %)"
        ]
    if found.models:
        yield aligned(_bars(found.models))
    counts: Sequence[tuple[str, Spread]] = (
        ("milliseconds", found.latencies_ms),
        ("tokens", found.tokens),
        ("tokens in", found.tokens_in),
        ("tokens out", found.tokens_out),
    )
    rows = [
        (
            name,
            *(f"{key} {value:,}" for key, value in values.quantiles().items()),
            "" if values is found.latencies_ms else f"sum {values.sum:,}",
        )
        for name, values in counts
        if values
    ]
    if rows:
        yield aligned(rows)
    if found.spent.total_tokens > found.tokens.sum:
        spent = found.spent
        yield [
            f"{spent.total_tokens:,} tokens were paid for in all "
            f"({spent.input_tokens:,} in, {spent.output_tokens:,} out)"
        ]
    if found.errors:
        yield aligned([(f"{n:,}", _short(words)) for words, n in found.errors.most_common(5)])


def _others(found: Digest) -> str:
    """Give the lines that do not count."""
    parts = []
    if found.duplicates:
        parts.append(f"{found.duplicates:,} of {found.lines:,} lines are duplicates")
    if found.stale:
        parts.append(f"{found.stale:,} set aside")
    return f" ({'; '.join(parts)})" if parts else ""


def _bars(counts: Counter[str]) -> list[tuple[str, str, str, str]]:
    most, whole = max(counts.values()), sum(counts.values())
    return [
        (_short(name), f"{n:,}".rjust(len(f"{most:,}")), f"{100 * n / whole:5.1f} %", _bar(n, most))
        for name, n in counts.most_common(MOST_SHOWN)
    ]


def _labels(found: Digest) -> list[tuple[str, ...]]:
    """Give the labels, and of decisions how many of each are unsure."""
    rows = _bars(found.labels)
    if not found.unsure:
        return [*rows]
    unsure = [
        f"{found.unsure[name]:,} unsure ({100 * found.unsure[name] / n:.1f} %)"
        for name, n in found.labels.most_common(MOST_SHOWN)
    ]
    return [(*row, words) for row, words in zip(rows, unsure, strict=True)]


def _bar(count: int, most: int) -> str:
    """Give a bar in eighths of a column; what is not nothing is seen."""
    eighths = max(1, round(8 * BAR * count / most))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _meaning(status: int) -> str:
    if status == ExitStatus.OK:
        return "ok"
    known = status in MEANINGS
    words = MEANINGS[ExitStatus(status)][0].split(";")[0].split(":")[0] if known else "unknown"
    return f"{status}  {_short(words, 40)}"


def _short(text: str, most: int = 60) -> str:
    text = one_line(" ".join(text.split()))
    return text if len(text) <= most else text[: most - 1] + "…"
