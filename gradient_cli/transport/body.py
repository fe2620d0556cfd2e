"""
What a reply's body is: frames of an event stream, or one plain frame.

The first byte tells it better than the headers: servers answer a stream with JSON, a plain
request with a stream, and either with a page of HTML.
"""

from collections.abc import Iterator

from gradient_cli.errors import GradientError
from gradient_cli.transport.sse import Frame, frames

_BLANK = b" \t\r\n\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry", b":")


def body_frames(chunks: Iterator[bytes], content_type: str) -> Iterator[Frame]:
    """Give the frames of a body; a plain one is a single frame. Faults pass from `chunks`."""
    head = b""
    for chunk in chunks:
        head += chunk
        if head.strip(_BLANK):
            break
    first = head.lstrip(_BLANK)[:1]
    if not first:
        return
    rest = _chain(head, chunks)
    claims_stream = "text/event-stream" in content_type.lower()
    if first in {b"{", b"[", b"<"}:
        yield from _plain_frame(rest)
    elif claims_stream or head.lstrip(_BLANK).startswith(_FIELDS):
        yield from frames(rest)
    else:
        yield from _plain_frame(rest)


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _plain_frame(chunks: Iterator[bytes]) -> Iterator[Frame]:
    """Give a plain body as one frame; one that breaks off is no whole one."""
    pieces: list[bytes] = []
    try:
        pieces.extend(chunks)
    except GradientError:
        yield Frame("", b"".join(pieces).decode("utf-8", "replace"), is_whole=False)
        raise
    pieces = [b"".join(pieces)]
    # Popped: nobody keeps the bytes of a long answer beside its text.
    yield Frame("", pieces.pop().decode("utf-8-sig", "replace").strip())
