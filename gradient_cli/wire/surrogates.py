"""
Characters cut in two: JSON may write an emoji as two escapes, and a server may send each in
an event of its own. Half a character cannot be printed, so a first half waits for its second.
"""

_SLICE = 1 << 20


def is_whole(text: str) -> bool:
    """Tell whether UTF-8 can carry a text: it holds no half of a character."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def byte_size(text: str) -> int:
    """Give how many bytes a text has in UTF-8; a long one is not written for it."""
    if text.isascii():
        return len(text)
    if len(text) <= _SLICE:
        return len(text.encode("utf-8", "surrogatepass"))
    slices = (text[at : at + _SLICE] for at in range(0, len(text), _SLICE))
    return sum(len(one.encode("utf-8", "surrogatepass")) for one in slices)


class PairJoiner:
    """Joins surrogate pairs over the borders of pieces; one for each stream of text."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """Give the piece with whole characters only; a first half at its end is kept back."""
        if piece.isascii() and not self._half:
            return piece
        text = self._half + piece
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._half, text = text[-1], text[:-1]
        return _joined(text)

    @property
    def holds(self) -> bool:
        """Tell whether a first half waits."""
        return bool(self._half)

    def close(self) -> str:
        """Give what is still kept back: half a character that never got its other half."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


def _joined(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
