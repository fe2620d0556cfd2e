"""
Server-sent events: chunks of bytes in, frames out.

httpx-sse does the parsing. Around it, what it does not do (0.4.3):

- always UTF-8, whatever charset the reply claims; a leading BOM is dropped;
- a block without data is no event (`event: ping`, `retry:`, every blank line after an `id:`);
- a last block without its blank line is given too, marked as not whole, also if the transfer
  broke there: the format drops it, but if it is `response.completed`, a good answer would
  look cut;
- a lone CR ends a line at once, so that an event does not wait for a byte that never comes;
- a line of data that is very long goes around the parser, which would hold it four times: a
  word that no server can guess stands for it there.
"""

import codecs
import os
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from gradient_cli.errors import BrokenReply, GradientError
from gradient_cli.transport.limits import Budget
from gradient_cli.values import mutable_record
from gradient_cli.wire.json import Json

BLANK_LINES = b"\n\n"
PIECE = 64 * 1024
LONG = 256 * 1024
"""Bytes of a line of data that goes around the parser."""


@mutable_record
class Frame:
    """One event of a stream."""

    event: str
    """Its name; "message" if the stream gave none."""
    data: str
    """Never empty."""
    is_whole: bool = True
    """False: the stream ended inside this block."""
    last_event_id: str = ""
    payload: Json = None
    """What the data says, where somebody has decoded it already."""


class _Bytes:
    """The reply's bytes, cleaned and counted for the parser; knows when they have ended."""

    def __init__(self, chunks: Iterable[bytes], budget: Budget) -> None:
        self._chunks = chunks
        self._budget = budget
        self._open = 0
        """Bytes since the last blank line: of the event under way, of comments."""
        self._ends_line = False
        self._line: deque[bytearray] = deque()
        """The line under way; as bytes, because text can take four times as much."""
        self._long: dict[str, str] = {}
        """Word that stands for it -> long line of data."""
        self._word = ""
        self.has_ended = False
        self.fault: GradientError | None = None
        """What broke the transfer; kept until the last block has been given."""

    def __iter__(self) -> Iterator[bytes | bytearray]:
        """Give the chunks with LF line ends and no BOM, then two line ends to flush the parser."""
        had_cr = False
        for chunk in filter(None, _without_bom(self._in_pieces())):
            data = chunk[1:] if had_cr and chunk.startswith(b"\n") else chunk
            had_cr = chunk.endswith(b"\r")
            if b"\r" in data:
                data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if data:
                self._count(data)
                yield from self._whole_lines(data)
        self.has_ended = True
        yield from self._let_go()
        yield BLANK_LINES

    def _whole_lines(self, data: bytes) -> Iterator[bytes | bytearray]:
        """Give all whole lines that are there; a line without an end is kept as it came."""
        end = data.rfind(b"\n") + 1
        if end and self._line:
            start = data.find(b"\n") + 1
            self._line.append(bytearray(data[:start]))
            yield from self._let_go()
            if start < end:
                yield data[start:end]
        elif end:
            yield data[:end]
        if rest := data[end:]:
            if not self._line or len(self._line[-1]) >= PIECE:
                self._line.append(bytearray())  # Not one for each: they may be of one byte.
            self._line[-1] += rest

    def _let_go(self) -> Iterator[bytes | bytearray]:
        """Give the line under way, piece by piece: it need not be there twice."""
        if sum(map(len, self._line)) > LONG and self._line[0].startswith(b"data:"):
            yield self._put_aside()
        while self._line:
            yield self._line.popleft()

    def _put_aside(self) -> bytes:
        """Keep a long line of data; give the line that stands for it."""
        self._word = self._word or os.urandom(16).hex()
        word = f"{self._word}-{len(self._long)}"
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        del self._line[0][: len(b"data:")]
        if self._line[0].startswith(b" "):
            del self._line[0][:1]
        ended = self._line[-1].endswith(b"\n")
        if ended:
            del self._line[-1][-1:]
        pieces = []
        while self._line:
            pieces.append(decode(self._line.popleft(), final=not self._line))
        self._long[word] = "".join(pieces)
        return b"data:%b" % word.encode() + b"\n" * ended

    def whole(self, data: str) -> str:
        """Give an event's data with its long lines."""
        if not self._long or self._word not in data:
            return data
        lines = [self._long.pop(line, line) for line in data.split("\n")]
        return lines[0] if len(lines) == 1 else "\n".join(lines)

    def _count(self, data: bytes) -> None:
        """
        Take note of what came.

        Raises:
            BrokenReply: it is too much.

        """
        found = data.rfind(BLANK_LINES)
        is_cut = found < 0 and self._ends_line and data.startswith(b"\n")
        end = 1 if is_cut else found + len(BLANK_LINES)
        self._open = len(data) - end if is_cut or found >= 0 else self._open + len(data)
        self._ends_line = data.endswith(b"\n")
        try:
            self._budget.received(len(data), self._open)
        except BrokenReply:
            self._line.clear()
            self._long.clear()
            raise

    def _in_pieces(self) -> Iterator[bytes]:
        """Give what comes, until it breaks; a recording may hold a whole reply in one piece."""
        try:
            for chunk in self._chunks:
                if len(chunk) <= 2 * PIECE:
                    yield chunk
                else:
                    for at in range(0, len(chunk), PIECE):
                        yield chunk[at : at + PIECE]
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


def frames(chunks: Iterable[bytes], budget: Budget | None = None) -> Iterator[Frame]:
    """
    Give the frames of an event stream, each as soon as its blank line is there.

    What was taken up is settled with the budget before the next frame is asked for.

    Raises:
        GradientError: a fault of the transport, from `chunks`.
        BrokenReply: it is too large.

    """
    import httpx
    import httpx_sse

    source = _Bytes(chunks, budget or Budget())

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[Any]:
            return iter(source)

    reply = httpx.Response(
        200, headers={"content-type": "text/event-stream; charset=utf-8"}, stream=Stream()
    )
    for sse in httpx_sse.EventSource(reply).iter_sse():
        if sse.data:
            # Held by nobody here: it may be long.
            yield Frame(
                sse.event or "message", source.whole(sse.data), not source.has_ended, sse.id
            )
    if source.fault:
        raise source.fault


def prepare() -> None:
    """Load the parser; meant for the time while a server thinks."""
    import httpx_sse  # noqa: F401  # only to have it
