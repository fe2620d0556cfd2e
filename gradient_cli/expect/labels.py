"""
Labels: an answer that must be exactly one of a few words.

Case, surrounding quotes and emphasis, and final punctuation do not count, anything else does:
`"Yes."` is yes, `yes, but` is not.
"""

import unicodedata
from collections.abc import Sequence

from gradient_cli.errors import UsageError

_AROUND = " \t\r\n\"'`*_“”‘’«»„‚()[]"
_AT_END = ".!?。！？…,;:"


def parse_labels(text: str, flag: str = "--one-of") -> tuple[str, ...]:
    """
    Give the labels of `A,B,C`.

    Raises:
        UsageError: fewer than two, an empty one, or two that are told apart by nothing.

    """
    return check_labels([label.strip() for label in text.split(",")], flag)


def check_labels(labels: Sequence[str], flag: str = "--one-of") -> tuple[str, ...]:
    """
    Give the labels if they can be told apart.

    Raises:
        UsageError: as `parse_labels`.

    """
    seen: dict[str, str] = {}
    for label in labels:
        key = folded(label)
        if not key:
            raise UsageError(f'{flag}: the label "{label}" is empty')
        if key in seen:
            raise UsageError(f'{flag}: "{seen[key]}" and "{label}" are the same label')
        seen[key] = label
    if len(seen) < 2:
        raise UsageError(f"{flag} needs at least two labels: A,B")
    return tuple(labels)


def folded(text: str) -> str:
    """Give what counts of a label or an answer."""
    text = unicodedata.normalize("NFKC", text).casefold()
    before = None
    while text != before:
        before = text
        text = text.strip(_AROUND).rstrip(_AT_END)
    return text


def core(text: str) -> tuple[int, int]:
    """Give where the label stands in an answer: without what does not count around it."""
    before, begin, end = None, 0, len(text)
    while (begin, end) != before:
        before = begin, end
        inner = text[begin:end]
        begin += len(inner) - len(inner.lstrip(_AROUND))
        end = begin + len(text[begin:end].rstrip(_AROUND).rstrip(_AT_END))
    return begin, end


def match_label(answer: str, labels: Sequence[str]) -> str | None:
    """Give the label that an answer is, as the user wrote it, or None."""
    key = folded(answer)
    return next((label for label in labels if folded(label) == key), None)
