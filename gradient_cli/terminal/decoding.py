"""
Bytes that came in, as text: UTF-8, whole, and no more than is allowed.

A BOM is dropped; a bad byte, a binary file and too much are errors that name the place. Nothing
is ever truncated. From 8 MiB a text is kept as a LongText.
"""

import codecs
from collections.abc import Iterable, Iterator

from gradient_cli.errors import UsageError
from gradient_cli.wire.encodings import conversion
from gradient_cli.wire.request import LONG_TEXT, LongText

Text = str | LongText
HEAD = 4096
"""Bytes that tell what a file is that is no text."""


def size_of(text: Text) -> int:
    """Give the bytes that a text had; a LongText's, as it is sent."""
    if isinstance(text, LongText):
        return sum(map(len, text.chunks))
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def decode(
    name: str,
    pieces: Iterable[bytes],
    max_bytes: int,
    kind: type[UsageError] = UsageError,
    used_bytes: int = 0,
) -> Text:
    """
    Give the text of some bytes; `used_bytes` of the limit are taken by others.

    Raises:
        UsageError: of the given kind; names the source and the offset.

    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    texts: list[str] = []
    long: LongText | None = None
    size = 0
    has_begun = False
    for piece in _begun(pieces):
        if not size:
            _refuse_foreign(piece, name, kind)
        if b"\0" in piece:
            raise kind(f"{name} is binary: a NUL byte at offset {size + piece.index(0)}")
        text = _decode_piece(decoder, piece, name, size, kind)
        if text and not has_begun:
            # Not from the bytes: the BOM may come in pieces, and offsets count it.
            text, has_begun = text.removeprefix("\ufeff"), True
        size += len(piece)
        if size + used_bytes > max_bytes:
            what = f"the input, with {name}," if used_bytes else name
            raise kind(
                f"{what} is larger than {max_bytes:,} bytes",
                hint="`gradient config set max_input_bytes N` raises the limit",
            )
        if long is not None:
            long.append(text)
            continue
        texts.append(text)
        if size > LONG_TEXT:
            long = LongText(texts)
            texts.clear()
    _decode_piece(decoder, b"", name, size, kind, is_last=True)
    return long if long is not None else "".join(texts)


def _begun(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the pieces, the first with at least four bytes: a pipe may cut a mark in two."""
    rest = iter(pieces)
    first = b""
    for piece in rest:
        first += piece
        if len(first) >= 4:
            break
    if first:
        yield first
    yield from rest


def _refuse_foreign(head: bytes, name: str, kind: type[UsageError]) -> None:
    from gradient_cli.terminal.foreign import foreign

    path = name.strip('"') if name.startswith('"') else "-"
    if found := foreign(head[:HEAD], path):
        raise kind(f"{name} is {found.what}, not UTF-8", hint=found.remedy)


def _decode_piece(
    decoder: codecs.IncrementalDecoder,
    piece: bytes,
    name: str,
    offset: int,
    kind: type[UsageError],
    *,
    is_last: bool = False,
) -> str:
    pending = len(decoder.getstate()[0])
    try:
        return decoder.decode(piece, is_last)
    except UnicodeDecodeError as error:
        place = offset - pending + error.start
        what = "ends in the middle of a character" if is_last else "is not UTF-8"
        raise kind(
            f"{name} {what}: byte 0x{error.object[error.start]:02x} at offset {place}",
            hint=conversion(None),
        ) from None
