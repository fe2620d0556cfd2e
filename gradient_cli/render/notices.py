"""
What is said to people on stderr: errors with their hints, usage, warnings.

    gradient: model "llama-9" not found (404)
    hint: `gradient models` lists what this key may use
"""

from gradient_cli.errors import GradientError, ReplayMiss
from gradient_cli.wire.events import Usage


def error_lines(error: GradientError) -> list[str]:
    """Give what happened, to whom, and what to do, as lines for `Terminal.note`."""
    identity = f" [request {error.request_id}]" if error.request_id else ""
    # A miss shows a diff, which is JSON line by line; nothing else has lines of its own.
    is_diff = isinstance(error, ReplayMiss)
    lines = error.message.split("\n") if is_diff else [error.message]
    lines[-1] += identity
    return [f"gradient: {lines[0]}", *lines[1:], *([f"hint: {error.hint}"] if error.hint else [])]


_LEAST_MS = 100
_LEAST_SHARE = 0.05
"""What writing must take at least to be a pace: what came in one burst was held back before."""


def usage_line(usage: Usage | None, first_token_ms: int | None, total_ms: int) -> str:
    """Give token counts, the time to the first token, and tokens a second."""
    parts = [_tokens(usage)]
    if first_token_ms is not None:
        parts.append(f"first token {first_token_ms / 1000:.2f} s")
    parts.append(f"total {total_ms / 1000:.2f} s")
    writing_ms = total_ms - (first_token_ms or 0)
    if usage and usage.output_tokens and writing_ms >= max(_LEAST_MS, total_ms * _LEAST_SHARE):
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
