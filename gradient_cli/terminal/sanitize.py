r"""
Text from a model, made harmless for a terminal.

    ESC and other C0, DEL     their pictures: U+2400 + code (ESC is ␛), DEL is ␡
    C1 (U+0080 to U+009F)     <U+009B>
    bidi controls             <U+202E>
    zero-width characters     <U+200B>; a joiner between two visible characters stays, as emoji
                              and several scripts need it
    tags                      <U+E0041>
    \\r\\n                      a newline; a lone \\r its picture
    VT, FF, U+2028, U+2029    a newline each; U+0085 too

Sequences are not parsed: without its ESC or C1 introducer none of them is one, so it does
not matter where a stream cuts them. Only \\r and joiners look at their neighbour.
"""

import re

_NEWLINES = "\x0b\x0c\x85\u2028\u2029"
_JOINERS = "\u200c\u200d"
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\U0001d173-\U0001d17a\ud800-\udfff]"
)


def visible(text: str) -> str:
    """Give the text with everything made visible that could act on a terminal."""
    sanitizer = Sanitizer()
    return sanitizer.feed(text) + sanitizer.close()


def escaped(text: str) -> str:
    """Give JSON text with everything escaped that could act on a terminal; it means the same."""
    return _UNSAFE.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class Sanitizer:
    """Makes a stream of pieces harmless; a trailing CR or joiner waits for what follows it."""

    def __init__(self) -> None:
        self._held = ""
        self._before = "\n"
        """The character before the piece at hand."""

    def feed(self, piece: str) -> str:
        """Give what can be shown of a piece."""
        text = self._held + piece
        self._held = ""
        if text and (text[-1] == "\r" or text[-1] in _JOINERS):
            text, self._held = text[:-1], text[-1]
        return self._made_harmless(text, after="")

    def close(self) -> str:
        """Give what was still waiting."""
        held, self._held = self._held, ""
        return self._made_harmless(held, after="\n") if held else ""

    def _made_harmless(self, text: str, after: str) -> str:
        if not text:
            return ""
        before, self._before = self._before, text[-1]
        if _UNSAFE.search(text) is None:
            return text

        def shown(match: re.Match[str]) -> str:
            start, end = match.span()
            left = text[start - 1] if start else before
            right = text[end] if end < len(text) else after
            return _shown(match[0], left, right)

        text = text.replace("\r\n", "\n")
        return _UNSAFE.sub(shown, text)


def _shown(character: str, left: str, right: str) -> str:
    code = ord(character)
    if character in _NEWLINES:
        return "\n"
    if character in _JOINERS and _is_visible(left) and _is_visible(right):
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def _is_visible(character: str) -> bool:
    """Tell a character that a joiner can join from space, marks of ours, and line ends."""
    return character > "\x7f" and not character.isspace() and _UNSAFE.match(character) is None
