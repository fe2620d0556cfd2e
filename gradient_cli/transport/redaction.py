r"""
Taking a key out of what is written down, in every form in which a reply may carry it.

    sk-do-1234                             as it is
    sk\u002ddo-1234, \\/, %2D, &#45;          escaped: by JSON, as often as it likes, URLs, HTML
    {"delta": "sk-do"} {"delta": "-1234"}  cut over events, or the tokens of one
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from gradient_cli.transport.complaints import SHORTEST_KEY
from gradient_cli.values import record
from gradient_cli.wire.json import Json

MARK = "[key]"
_BETWEEN_EVENTS = re.compile(rb"((?:\r\n|\n|\r){2,})")
_PLACES = ("output_index", "content_index", "item_id", "index")
"""What tells the parts of an answer apart, whose deltas may come by turns."""
LONGEST_RUN = 256 * 1024
"""Characters that wait to be searched."""
MOST_RUNS = 10_000
_RUN = r"\\\\*"
"""A pattern for backslashes, at least one."""


def clean_text(text: str, secrets: Sequence[str]) -> str:
    """Give a text without the secrets."""
    for secret in _long_enough(secrets):
        text = _pattern(secret).sub(MARK, text)
    return text


def clean(value: Json, secrets: Sequence[str]) -> Json:
    """Give a value whose texts and names are without the secrets."""
    match value:
        case str():
            return clean_text(value, secrets)
        case Mapping():
            return {clean_text(k, secrets): clean(v, secrets) for k, v in value.items()}
        case list() | tuple():
            return [clean(one, secrets) for one in value]
        case _:
            return value


def clean_body(body: bytes, secrets: Sequence[str]) -> bytes:
    """Give a reply's body without the secrets; the very same bytes where it holds none."""
    secrets = _long_enough(secrets)
    for secret in secrets:
        body = _byte_pattern(secret).sub(MARK.encode(), body)
    if not secrets or not _is_in_pieces(body, secrets):
        return body
    is_whole = body.lstrip()[:1] in {b"{", b"["}
    pieces = [body] if is_whole else _BETWEEN_EVENTS.split(body)
    events = [_Event.read(piece) for piece in pieces]
    known = [event for event in events if event is not None]
    changed = _clean_leaves([leaf for event in known for leaf in event.leaves], secrets)
    if not changed:
        return body
    return b"".join(
        event.write() if event is not None and id(event) in changed else piece
        for event, piece in zip(events, pieces, strict=True)
    )


def _long_enough(secrets: Sequence[str]) -> Sequence[str]:
    """Give those that are no part of every other word: a key `k` is in each reply."""
    return [secret for secret in secrets if len(secret) >= SHORTEST_KEY]


def _is_in_pieces(body: bytes, secrets: Sequence[str]) -> bool:
    """
    Tell whether texts of a body come to a secret where they are put together.

    Nearly no body does: this looks at one event after the other and keeps little of them,
    where taking the secret out has to hold them all.
    """
    runs = _Runs(secrets)
    for piece in _json_pieces(body):
        event = _Event.read(piece)
        if event is not None and runs.take(event):
            return True
    return runs.search()


def _json_pieces(body: bytes) -> Iterator[bytes]:
    """Give the events that hold a text: what has no quotation mark is passed over at once."""
    if body.lstrip()[:1] in {b"{", b"["}:
        yield body
        return
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    place = 0
    while (quote := body.find(b'"', place)) >= 0:
        blank = body.rfind(b"\n\n", place, quote)
        start = place if blank < 0 else blank + 2
        end = body.find(b"\n\n", quote)
        end = len(body) if end < 0 else end
        yield body[start:end]
        place = end


class _Runs:
    """The texts that belong together, each looked at once; only their ends are kept."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._patterns = [_pattern(secret) for secret in secrets]
        self._tail = 1024 + 12 * max(map(len, secrets))
        self._waiting: dict[object, list[str]] = {}
        self._size = 0

    def take(self, event: "_Event") -> bool:
        """Take the texts of an event; True if a secret was found."""
        for leaf in event.leaves:
            text = leaf.text
            for number, group in enumerate(_GROUPS):
                self._waiting.setdefault((number, group(leaf)), []).append(text)
            self._size += len(text) + 1
        return self._size > LONGEST_RUN and self.search()

    def search(self) -> bool:
        """Search what has come, and keep the ends of it."""
        found = False
        for key, texts in self._waiting.items():
            whole = "".join(texts)
            found = found or any(pattern.search(whole) for pattern in self._patterns)
            self._waiting[key] = [whole[-self._tail :]]
        self._size = 0
        if len(self._waiting) > MOST_RUNS:
            self._waiting.clear()  # So many kinds of texts are no answer's.
        return found


@cache
def _pattern(secret: str) -> re.Pattern[str]:
    # A run of backslashes is tried from its first alone, or a long one would cost its square.
    first = _any_form(secret[:1]).replace(_RUN, r"\\(?<!\\\\)\\*")
    return re.compile(first + "".join(map(_any_form, secret[1:])))


@cache
def _byte_pattern(secret: str) -> re.Pattern[bytes]:
    return re.compile(_pattern(secret).pattern.encode())


def _any_form(character: str) -> str:
    """Give a pattern for a character and its escapes."""
    code = ord(character)
    forms = [
        re.escape(character),
        # What each begins with is one character: the engine skips at once what is none of them.
        *([_RUN + re.escape(character)] if character in '/\\"' else []),
        rf"{_RUN}(?:u00|x)(?i:{code:02x})",
        f"%(?i:{code:02x})",
        f"&#(?:0*{code}|[xX]0*(?i:{code:x}));",
    ]
    return f"(?:{'|'.join(forms)})"


class _Event:
    """One event of a body, or the whole of it: JSON in `data:` lines, or bare."""

    def __init__(self, payload: Json, data: slice, lines: list[bytes]) -> None:
        self._payload = payload
        self._data = data
        self._lines = lines
        self.leaves = list(_leaves(self))

    @property
    def payload(self) -> Json:
        """The JSON; its texts may be changed in place."""
        return self._payload

    @classmethod
    def read(cls, piece: bytes) -> "_Event | None":
        """Give the event of a piece; None where it holds no JSON object or list."""
        lines = piece.splitlines(keepends=True)
        numbers = [n for n, line in enumerate(lines) if line.startswith(b"data:")]
        rows = [lines[n][5:] for n in numbers] or lines
        try:
            payload = json.loads(b"".join(rows))
        except (ValueError, RecursionError):
            return None
        if not isinstance(payload, dict | list):
            return None
        data = slice(numbers[0], numbers[-1] + 1) if numbers else slice(0, len(lines))
        return cls(payload, data, lines)

    def write(self) -> bytes:
        """Give the piece again, its JSON on one line."""
        text = json.dumps(self._payload).encode()
        start = b"data: " if self._lines[self._data.start].startswith(b"data:") else b""
        end = b"\n" if self._lines[self._data.stop - 1].endswith((b"\n", b"\r")) else b""
        before, after = self._lines[: self._data.start], self._lines[self._data.stop :]
        return b"".join([*before, start + text + end, *after])


@record
class _Leaf:
    """A text within an event."""

    event: _Event
    holder: Json
    """The object or list that holds it."""
    key: str | int
    path: tuple[str, ...]
    """The names that lead to it; places in lists left out."""
    place: tuple[str, ...]
    """Which part of the answer it belongs to."""
    kind: str
    """The event's `type`."""

    @property
    def text(self) -> str:
        """The text as it is now."""
        return str(self.holder[self.key])


def _leaves(event: _Event) -> Iterator[_Leaf]:
    payload = event.payload
    top = payload if isinstance(payload, dict) else {}
    kind = str(top.get("type", ""))
    place = tuple(str(top.get(name)) for name in _PLACES)
    waiting: list[tuple[Json, tuple[str, ...]]] = [(payload, ())]
    while waiting:
        holder, path = waiting.pop()
        pairs = list(holder.items() if isinstance(holder, dict) else enumerate(holder))
        inner = []
        for key, value in pairs:
            here = (*path, key) if isinstance(key, str) else path
            if isinstance(value, str):
                yield _Leaf(event, holder, key, here, place, kind)
            elif isinstance(value, dict | list):
                inner.append((value, here))
        waiting += reversed(inner)


def _clean_leaves(leaves: Sequence[_Leaf], secrets: Sequence[str]) -> set[int]:
    """Take secrets out of runs of texts; gives the ids of the events that were changed."""
    changed: set[int] = set()
    for group in _GROUPS:
        groups: dict[object, list[_Leaf]] = {}
        for leaf in leaves:
            groups.setdefault(group(leaf), []).append(leaf)
        for one in groups.values():
            for secret in secrets:
                changed |= _clean_run(one, _pattern(secret))
    return changed


def _by_kind(leaf: _Leaf) -> object:
    return leaf.kind, leaf.path


def _by_place(leaf: _Leaf) -> object:
    return leaf.kind, leaf.path, leaf.place


def _by_path(leaf: _Leaf) -> object:
    return leaf.path[-1:]


_GROUPS = (_by_kind, _by_place, _by_path)


def _clean_run(leaves: Sequence[_Leaf], pattern: re.Pattern[str]) -> set[int]:
    texts = [leaf.text for leaf in leaves]
    spans = [match.span() for match in pattern.finditer("".join(texts))]
    changed: set[int] = set()
    if not spans:
        return changed
    start = 0
    for leaf, text in zip(leaves, texts, strict=True):
        kept, at = "", 0
        while spans and spans[0][0] < start + len(text):
            first, last = spans[0][0] - start, spans[0][1] - start
            kept += text[at : max(first, 0)] + (MARK if first >= 0 else "")
            at = min(last, len(text))
            if last > len(text):
                break
            spans.pop(0)
        if at:
            leaf.holder[leaf.key] = kept + text[at:]
            changed.add(id(leaf.event))
        start += len(text)
    return changed
