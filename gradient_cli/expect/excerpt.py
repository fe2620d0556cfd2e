"""Excerpts: the part of an answer that shows why it failed, on one safe line."""

LONGEST = 200
"""Characters of an excerpt."""

_AROUND = 60
"""Characters shown on each side of a place."""


def excerpt(text: str) -> str:
    """Give the beginning of a text, and its end if it is long."""
    if len(text) <= LONGEST:
        return one_line(text)
    half = LONGEST // 2
    return f"{one_line(text[:half])} … {one_line(text[-half:])}"


def around(text: str, start: int, end: int) -> str:
    """Give the text around a place, the place itself between » and «."""
    left = "…" if start > _AROUND else ""
    right = "…" if len(text) > end + _AROUND else ""
    before, found = text[max(0, start - _AROUND) : start], text[start:end]
    if len(found) > LONGEST:
        found = f"{found[: LONGEST // 2]} … {found[-LONGEST // 2 :]}"
    after = text[end : end + _AROUND]
    return f"{left}{one_line(before)}»{one_line(found)}«{one_line(after)}{right}"


def one_line(text: str) -> str:
    """Give a text with everything that is not printable made visible."""
    return "".join(char if char.isprintable() else _name(char) for char in text)


def _name(char: str) -> str:
    names = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(char)
    return names.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
