r"""
Text from a model, made harmless for a terminal.

    ESC and other C0, DEL     their pictures: U+2400 + code (ESC is ␛), DEL is ␡
    C1 (U+0080 to U+009F)     <U+009B>
    bidi controls             <U+202E>
    zero-width characters     <U+200B>; a joiner between two visible characters stays, as emoji
                              and several scripts need it
    tags                      <U+E0041>, but for those of a flag (England, Scotland, Wales)
    variation selectors       one after a visible character; further ones <U+FE01>: they can
                              carry a hidden text
    halves of a character     joined, if a stream cut a surrogate pair; alone <U+D83D>
    \\r\\n                      a newline; a lone \\r its picture
    VT, FF, U+2028, U+2029    a newline each; U+0085 too

Sequences are not parsed: without its ESC or C1 introducer none of them is one, so it does
not matter where a stream cuts them. Only \\r and joiners look at their neighbour.
"""

import re

_NEWLINES = "\x0b\x0c\x85\u2028\u2029"
_JOINERS = "\u200c\u200d"
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\U0001d173-\U0001d17a\ud800-\udfff]"
)
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SUSPECT = re.compile(f"{UNSAFE.pattern[:-1]}{_SELECTORS}]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_WAITS = re.compile("[\r\u200c\u200d\ud800-\udbff]\\Z")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{0,5}\\Z")
_PAST = 6
"""Characters that a rule may look back at: a black flag and five tags."""


def visible(text: str) -> str:
    """Give the text with everything made visible that could act on a terminal."""
    sanitizer = Sanitizer()
    return sanitizer.feed(text) + sanitizer.close()


def escaped(text: str) -> str:
    """Give JSON text with everything escaped that could act on a terminal; it means the same."""
    return UNSAFE.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class Sanitizer:
    """Makes a stream of pieces harmless; what its next character decides waits for it."""

    def __init__(self) -> None:
        self._held = ""
        self._past = "\n"
        """The last characters before the piece at hand."""

    def feed(self, piece: str) -> str:
        """Give what can be shown of a piece."""
        text = self._held + piece
        self._held = ""
        if text and _WAITS.search(text[-1]):
            text, self._held = text[:-1], text[-1]
        return self._made_harmless(text, after="")

    def close(self) -> str:
        """Give what was still waiting."""
        held, self._held = self._held, ""
        return self._made_harmless(held, after="\n") if held else ""

    def _made_harmless(self, text: str, after: str) -> str:
        past, self._past = self._past, (self._past + text)[-_PAST:]
        if _SUSPECT.search(text) is None:
            return text
        text = past + _PAIR.sub(_joined, text).replace("\r\n", "\n")

        def shown(match: re.Match[str]) -> str:
            start, end = match.span()
            if start < len(past):
                return match[0]
            return _shown(
                match[0], text[max(0, start - _PAST) : start], text[end : end + 1] or after
            )

        return _SUSPECT.sub(shown, text)[len(past) :]


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _shown(character: str, past: str, right: str) -> str:
    code, left = ord(character), past[-1:]
    if character in _NEWLINES:
        return "\n"
    if character in _JOINERS and _is_visible(left) and _is_visible(right):
        return character
    if _SELECTOR.match(character) and not left.isspace() and _SUSPECT.match(left) is None:
        return character
    if 0xE0020 <= code <= 0xE007F and _FLAG.search(past):
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def _is_visible(character: str) -> bool:
    """Tell a character that a joiner can join from space, marks of ours, and line ends."""
    return character > "\x7f" and not character.isspace() and UNSAFE.match(character) is None
