"""
The key, taken out of what a server says: whole, escaped, or in pieces over deltas.

    frames ─► Veil.frames ─► frames without it        as they arrive, for everybody behind
    body   ─► veiled_body ─► body without it          for recordings

A server knows the key that it was sent, and may repeat it: in an answer that goes into a log,
in a recording that is committed. JSON is decoded before it is looked at, so escapes hide
nothing; a piece that ends like the key begins is held back until the next one tells.

Not hidden: keys of fewer than 12 characters, which may be words (`EMPTY`, `ollama`), and what
a server has encoded in a way of its own (base64, backwards).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from gradient_cli.errors import GradientError
from gradient_cli.transport.sse import Frame
from gradient_cli.values import mutable_record
from gradient_cli.wire.json import Json, dumps, loads

MARK = "[key]"
SHORTEST_KEY = 12
TELLING = 8
"""So many characters of the key's beginning are not shown either, where no more of it comes."""
MOST_HELD = 256
"""Frames that are held back, at the most."""
_NO_PIECES = frozenset({"role", "type", "id", "call_id", "item_id", "name"})
"""Below a delta, but the same in each: nothing is put together of them."""
_SHORT_ESCAPES = {"/": "\\/", '"': '\\"', "\\": "\\\\"}


@mutable_record
class _Piece:
    """A text of a delta, at its place in a payload."""

    holder: dict[str, Json]
    name: str
    owner: "_Held"

    @property
    def text(self) -> str:
        return str(self.holder[self.name])

    def put(self, text: str) -> None:
        if text != self.holder[self.name]:
            self.holder[self.name] = text
            self.owner.is_changed = True


@mutable_record
class _Held:
    """A frame that may have to change."""

    frame: Frame
    payload: Json = None
    is_changed: bool = False

    def given(self) -> Frame:
        data = dumps(self.payload) if self.is_changed else self.frame.data
        return replace(self.frame, data=data, payload=self.payload)


@mutable_record
class Veil:
    """Takes one key out of one reply."""

    secret: str
    _window: list[_Held] = field(default_factory=list)
    _pending: dict[str, list[_Piece]] = field(default_factory=dict)
    """By the kind of delta: the pieces that end like the key begins."""
    _may_begin: re.Pattern[str] | None = None
    _escapes: tuple[str, ...] = ()
    """What an escape of one of its characters begins with; ASCII alone is in a key."""

    def __post_init__(self) -> None:
        beginnings = (re.escape(self.secret[:n]) for n in range(len(self.secret) - 1, 0, -1))
        short = (_SHORT_ESCAPES[c] for c in set(self.secret) & _SHORT_ESCAPES.keys())
        self._escapes = ("\\u00", *short)
        # No name: each chunk has "choices", which ends as `sk-…` begins.
        self._may_begin = re.compile(f'(?:{"|".join(beginnings)})"(?!\\s*:)')

    def frames(self, found: Iterable[Frame]) -> Iterator[Frame]:
        """Give the frames without the key; a fault of `found` passes, after what was held."""
        fault: GradientError | None = None
        try:
            for frame in found:
                if self._window or self._concerns(frame.data):
                    yield from self._feed(frame)
                else:
                    yield frame
        except GradientError as error:
            fault = error
        yield from self._let_go(is_end=True)
        if fault:
            raise fault

    def _feed(self, frame: Frame) -> Iterator[Frame]:
        held = _Held(frame)
        self._window.append(held)
        try:
            held.payload = loads(frame.data)
        except ValueError:
            if self.secret in frame.data:
                held.frame = replace(frame, data=frame.data.replace(self.secret, MARK))
        else:
            self._look(held)
        if not self._pending or len(self._window) > MOST_HELD:
            yield from self._let_go(is_end=bool(self._pending))

    def _concerns(self, data: str) -> bool:
        assert self._may_begin
        return bool(
            self.secret in data
            or ("delta" in data and self._may_begin.search(data))
            or ("\\" in data and any(escape in data for escape in self._escapes))
        )

    def _look(self, held: _Held) -> None:
        """Clean what is whole, and put the pieces of a delta behind those that wait."""
        cleaned = without_secret(held.payload, self.secret)
        if cleaned != held.payload:
            held.payload, held.is_changed = cleaned, True
        kind = str(held.payload.get("type", "")) if isinstance(held.payload, Mapping) else ""
        for path, holder, name in _deltas(held.payload, kind):
            pieces = [*self._pending.pop(path, []), _Piece(holder, name, held)]
            for piece, text in zip(
                pieces, hidden([p.text for p in pieces], self.secret), strict=True
            ):
                piece.put(text)
            if waiting := self._still_open(pieces):
                self._pending[path] = waiting

    def _still_open(self, pieces: list[_Piece]) -> list[_Piece]:
        """Give the last pieces, from the one in which a beginning of the key stands."""
        left = beginning("".join(piece.text for piece in pieces), self.secret)
        while left and len(pieces) > 1 and sum(len(p.text) for p in pieces[1:]) >= left:
            pieces = pieces[1:]
        return pieces if left else []

    def _let_go(self, *, is_end: bool) -> Iterator[Frame]:
        for pieces in self._pending.values() if is_end else ():
            text = "".join(piece.text for piece in pieces)
            size = beginning(text, self.secret)
            if size < TELLING:
                continue
            _put(pieces, text[len(text) - size :])
        self._pending.clear()
        window, self._window = self._window, []
        for held in window:
            yield held.given()


def _put(pieces: list[_Piece], secret: str) -> None:
    for piece, text in zip(pieces, hidden([p.text for p in pieces], secret), strict=True):
        piece.put(text)


def veil_for(secret: str) -> Veil | None:
    """Give a veil for a key that is long enough to be one."""
    return Veil(secret) if len(secret) >= SHORTEST_KEY else None


def without_tool_secrets(found: Iterable[Frame]) -> Iterator[Frame]:
    """Give the frames with the tools that a server repeats as they may be shown."""
    from gradient_cli.wire.tool_secrets import hidden as hidden_tools

    for frame in found:
        if '"tools"' not in frame.data:
            yield frame
            continue
        try:
            payload = loads(frame.data) if frame.payload is None else frame.payload
        except ValueError:
            yield frame
            continue
        shown = hidden_tools(payload)
        yield frame if shown is payload else replace(frame, data=dumps(shown), payload=shown)


def without_secret(value: Json, secret: str) -> Json:
    """Give a JSON value without the key in any of its texts and names."""
    match value:
        case str():
            return value.replace(secret, MARK) if secret in value else value
        case dict():
            return {without_secret(k, secret): without_secret(v, secret) for k, v in value.items()}
        case list():
            return [without_secret(one, secret) for one in value]
        case _:
            return value


def hidden(pieces: list[str], secret: str) -> list[str]:
    """Give the pieces of a text with a mark where the secret began, and without the rest of it."""
    whole = "".join(pieces)
    if secret not in whole:
        return pieces
    cuts = [(m.start(), m.end()) for m in re.finditer(re.escape(secret), whole)]
    given, start = [], 0
    for piece in pieces:
        end, at, kept = start + len(piece), start, []
        for first, last in cuts:
            if first >= end or last <= start:
                continue
            kept.append(whole[at : max(first, at)])
            kept.append(MARK if first >= start else "")
            at = max(at, min(last, end))
        given.append("".join(kept) + whole[at:end])
        start = end
    return given


def beginning(text: str, secret: str) -> int:
    """Give how many characters at the end of a text are the beginning of the secret."""
    tail = text[-(len(secret) - 1) :]
    for at in range(len(tail)):
        if tail[at] == secret[0] and secret.startswith(tail[at:]):
            return len(tail) - at
    return 0


def _deltas(
    value: Json, kind: str, *, is_inside: bool = False
) -> Iterator[tuple[str, dict[str, Json], str]]:
    """Give (kind, holder, name) of each text that is a delta, or stands below one."""
    match value:
        case dict():
            for name, inner in value.items():
                is_delta = is_inside or name == "delta"
                if isinstance(inner, str):
                    if is_delta and name not in _NO_PIECES:
                        yield f"{kind}.{name}", value, name
                else:
                    yield from _deltas(inner, f"{kind}.{name}", is_inside=is_delta)
        case list():
            for inner in value:
                yield from _deltas(inner, kind, is_inside=is_inside)


def veiled_body(body: bytes, content_type: str, secret: str) -> bytes:
    """Give a body as it may be kept; one without the key is given as it is."""
    from gradient_cli.transport.body import body_frames
    from gradient_cli.transport.limits import Budget

    veil = veil_for(secret)
    if veil is None:
        return body
    before = list(body_frames(iter([body]), content_type, Budget(len(body) + 1)))
    after = list(veil.frames(before))
    if [f.data for f in before] == [f.data for f in after]:
        return body
    return b"".join(map(_as_bytes, after))


def _as_bytes(frame: Frame) -> bytes:
    if not frame.event:
        return frame.data.encode("utf-8", "surrogatepass")
    name = "" if frame.event == "message" else f"event: {frame.event}\n"
    lines = "".join(f"data: {line}\n" for line in frame.data.split("\n"))
    return f"{name}{lines}\n".encode("utf-8", "surrogatepass")
