"""Which encoding bytes are in that are not UTF-8, as far as it can be told."""

WIDE_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""The byte order marks; the longer ones first."""
LOOKS_AT = 4096
_PRINTED = frozenset(b"\t\n\f\r\x1b")
"""Control characters that texts have."""


def wide_name(data: bytes) -> str | None:
    """
    Give the name of a UTF-16 or UTF-32 encoding, by its mark, or by zeros in every other byte.

    PowerShell's `>` writes one, and Windows' editors do.
    """
    for mark, name in WIDE_MARKS.items():
        if data.startswith(mark):
            return name
    start = data[:LOOKS_AT]
    start = start[: len(start) // 2 * 2]
    even, odd = start[::2], start[1::2]
    if len(start) >= 4 and (_is_latin(even, odd) or _is_latin(odd, even)):
        return "UTF-16LE" if _is_latin(even, odd) else "UTF-16BE"
    return None


def _is_latin(letters: bytes, zeros: bytes) -> bool:
    """Tell whether these are the halves of Western text in two bytes each, some signs apart."""
    is_text = all(byte >= 0x20 or byte in _PRINTED for byte in letters)
    return is_text and zeros.count(0) >= 0.9 * len(zeros)


def conversion(name: str | None, path: str | None = None) -> str:
    """Give the advice for bytes in such an encoding; None: in an unknown one."""
    if name is None:
        return "convert it first, for example with iconv"
    file = f' "{path}"' if path else ""
    return f"iconv -f {name} -t UTF-8{file}"


def is_binary(data: bytes) -> bool:
    """
    Tell what is no text at all from text, be it in an encoding that is not UTF-8.

    As git does, by a zero; and what is not UTF-8 by its control characters, or because it is
    more than a third beyond ASCII, as no Western text is.
    """
    if wide_name(data) and not len(data) % 2:
        return False
    if b"\0" in data:
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        beyond = sum(1 for byte in data if byte >= 0x80)
        return beyond * 3 > len(data) or any(b < 0x20 and b not in _PRINTED for b in data)
    return False
