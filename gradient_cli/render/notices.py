"""
What is said to people on stderr: errors with their hints, usage, warnings.

    gradient: model "llama-9" not found (404)
    hint: `gradient models` lists what this key may use
"""

import re

from gradient_cli.errors import GradientError, ReplayMiss
from gradient_cli.wire.events import Usage


def error_lines(error: GradientError) -> str:
    """Give what happened, to whom, and what to do; no newline at the end."""
    identity = f" [request {error.request_id}]" if error.request_id else ""
    # A miss shows a diff, which is JSON line by line; nothing else has lines of its own.
    message = error.message if isinstance(error, ReplayMiss) else _one_line(error.message)
    lines = [f"gradient: {message}{identity}"]
    if error.hint:
        lines.append(f"hint: {_one_line(error.hint)}")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """Escape what a name or a value may hold: a line of its own could pass for another's."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def usage_line(usage: Usage | None, first_token_ms: int | None, total_ms: int) -> str:
    """Give token counts, the time to the first token, and tokens a second."""
    parts = [_tokens(usage)]
    if first_token_ms is not None:
        parts.append(f"first token {first_token_ms / 1000:.2f} s")
    parts.append(f"total {total_ms / 1000:.2f} s")
    writing_ms = total_ms - (first_token_ms or 0)
    if usage and usage.output_tokens and writing_ms > 0:
        parts.append(f"{usage.output_tokens * 1000 / writing_ms:.0f} tokens/s")
    return f"usage: {', '.join(part for part in parts if part)}"


def _tokens(usage: Usage | None) -> str:
    if usage is None:
        return "the server counted no tokens"
    came = _count(usage.input_tokens, "input", usage.cached_tokens, "cached")
    went = _count(usage.output_tokens, "output", usage.reasoning_tokens, "reasoning")
    return ", ".join(part for part in (came, went) if part)


def _count(count: int | None, name: str, part: int | None, part_name: str) -> str:
    if count is None:
        return ""
    detail = f" ({part:,} {part_name})" if part else ""
    return f"{count:,} {name}{detail}"
