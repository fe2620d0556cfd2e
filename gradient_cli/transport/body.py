"""
What a reply's body is: frames of an event stream, or one plain frame.

The first byte tells it better than the headers: servers answer a stream with JSON, a plain
request with a stream, and either with a page of HTML.
"""

from collections.abc import Iterator

from gradient_cli.errors import BrokenReply, GradientError
from gradient_cli.transport.limits import Budget, largest_event, too_large
from gradient_cli.transport.reply import Reply
from gradient_cli.transport.sse import Frame, frames

_BLANK = b" \t\r\n\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry", b":")


def body_frames(
    chunks: Iterator[bytes], content_type: str, budget: Budget | None = None
) -> Iterator[Frame]:
    """
    Give the frames of a body; a plain one is a single frame. Faults pass from `chunks`.

    `budget`: whoever decodes the frames settles there what they brought.

    Raises:
        BrokenReply: it is larger than the budget.

    """
    budget = budget or Budget()
    max_answer_bytes = budget.max_answer_bytes
    head, blank = b"", 0
    for chunk in chunks:
        head += chunk
        if head.strip(_BLANK):
            break
        # Blank without an end is nothing to keep, but for a BOM that may be cut.
        blank += len(head) - len(head[-3:])
        head = head[-3:]
        if blank > max_answer_bytes:
            raise too_large("the answer", max_answer_bytes)
    first = head.lstrip(_BLANK)[:1]
    if not first:
        return
    rest = _chain(head, chunks)
    claims_stream = "text/event-stream" in content_type.lower()
    if first in {b"{", b"[", b"<"}:
        yield from _plain_frame(rest, max_answer_bytes)
    elif claims_stream or head.lstrip(_BLANK).startswith(_FIELDS):
        yield from frames(rest, budget)
    else:
        yield from _plain_frame(rest, max_answer_bytes)


def whole_body(reply: Reply, max_answer_bytes: int) -> bytes:
    """
    Give all of a reply's body.

    Raises:
        BrokenReply: it is larger than `max_answer_bytes`.

    """
    body = bytearray()  # Not a list: a server may send it byte by byte.
    for chunk in _at_most(max_answer_bytes, reply.chunks(), max_answer_bytes):
        body += chunk
    return bytes(body)


def _at_most(most: int, chunks: Iterator[bytes], max_answer_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise too_large("the answer", max_answer_bytes)
        yield chunk


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _plain_frame(chunks: Iterator[bytes], max_answer_bytes: int) -> Iterator[Frame]:
    """Give a plain body as one frame; one that breaks off is no whole one."""
    # Not a list: a server may send it byte by byte.
    text, most = bytearray(), largest_event(max_answer_bytes)
    try:
        for chunk in _at_most(most, chunks, max_answer_bytes):
            text += chunk
    except BrokenReply:
        text.clear()
        raise  # Too large: what there is of it is not looked at.
    except GradientError:
        yield Frame("", text.decode("utf-8", "replace"), is_whole=False)
        raise
    whole = text.decode("utf-8-sig", "replace")
    # Nobody keeps the bytes of a long answer beside its text.
    del text
    yield Frame("", whole.strip())
