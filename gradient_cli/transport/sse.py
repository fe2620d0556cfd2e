"""
Server-sent events: chunks of bytes in, frames out.

httpx-sse does the parsing. Around it, what it does not do (0.4.3):

- always UTF-8, whatever charset the reply claims; a leading BOM is dropped;
- a block without data is no event (`event: ping`, `retry:`, every blank line after an `id:`);
- a last block without its blank line is given too, marked as not whole, also if the transfer
  broke there: the format drops it, but if it is `response.completed`, a good answer would
  look cut;
- a lone CR ends a line at once, so that an event does not wait for a byte that never comes.
"""

import codecs
from collections.abc import Iterable, Iterator

from gradient_cli.errors import GradientError
from gradient_cli.values import record

BLANK_LINES = b"\n\n"


@record
class Frame:
    """One event of a stream."""

    event: str
    """Its name; "message" if the stream gave none."""
    data: str
    """Never empty."""
    is_whole: bool = True
    """False: the stream ended inside this block."""
    last_event_id: str = ""


class _Bytes:
    """The reply's bytes, cleaned for the parser; knows when they have ended."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.has_ended = False
        self.fault: GradientError | None = None
        """What broke the transfer; kept until the last block has been given."""

    def __iter__(self) -> Iterator[bytes]:
        """Give the chunks with LF line ends and no BOM, then two line ends to flush the parser."""
        had_cr = False
        for chunk in filter(None, _without_bom(self._until_fault())):
            data = chunk[1:] if had_cr and chunk.startswith(b"\n") else chunk
            had_cr = chunk.endswith(b"\r")
            if b"\r" in data:
                data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if data:
                yield data
        self.has_ended = True
        yield BLANK_LINES

    def _until_fault(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except GradientError as fault:
            self.fault = fault


def _without_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    bom = codecs.BOM_UTF8
    head: bytes | None = b""
    for chunk in chunks:
        if head is None:
            yield chunk
            continue
        head += chunk
        if len(head) < len(bom) and bom.startswith(head):
            continue
        yield head.removeprefix(bom)
        head = None
    if head:
        yield head


def frames(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """
    Give the frames of an event stream, each as soon as its blank line is there.

    Raises:
        GradientError: a fault of the transport, from `chunks`.

    """
    import httpx
    import httpx_sse

    source = _Bytes(chunks)

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return iter(source)

    reply = httpx.Response(
        200, headers={"content-type": "text/event-stream; charset=utf-8"}, stream=Stream()
    )
    for sse in httpx_sse.EventSource(reply).iter_sse():
        if sse.data:
            yield Frame(sse.event or "message", sse.data, not source.has_ended, sse.id)
    if source.fault:
        raise source.fault


def prepare() -> None:
    """Load the parser; meant for the time while a server thinks."""
    import httpx_sse  # noqa: F401  # only to have it
