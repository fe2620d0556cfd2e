"""
Fences around data of strangers, which no text can close.

They carry a nonce made of the data itself: recordings stay the same, and no text can hold its
own hash.
"""

from collections.abc import Sequence
from hashlib import sha256

from gradient_cli.values import record


@record
class Fenced:
    """Parts between fences, and what their fences have in common."""

    nonce: str
    lines: tuple[str, ...]
    """A part each: `<NAME-nonce>`, its text, `</NAME-nonce>`."""


def fenced(parts: Sequence[tuple[str, str]]) -> Fenced:
    """Give (name, text) parts between fences."""
    whole = "\0".join(text for _, text in parts)
    nonce = sha256(whole.encode("utf-8", "replace")).hexdigest()[:32]
    return Fenced(
        nonce, tuple(f"<{name}-{nonce}>\n{text}\n</{name}-{nonce}>" for name, text in parts)
    )
