"""
The one way in: every byte that comes from outside passes here, is timed and is counted.

    socket ─► Reader.read ─► HTTP (h11) ─► Reader.body ─► body.body_frames ─► frames
               time, heads, all             compression,   one event, one document,
                                            all            what repeats the answer

Files that somebody else may have made have their own: recordings, recording.read.

Who sends may mean harm: bytes without an end, a line without an end, heads without an end,
600 MB packed into 600 kB. None of it may outlast `--max-time`, nor fill the memory. What is
too much is a BrokenReply (status 5) that names the setting.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import httpcore

from gradient_cli.errors import BrokenReply, ConnectionFailed, run_timed_out
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.limits import DEFAULT_MAX_ANSWER_BYTES, most_of_wire, too_large

LONGEST_HEAD = 256 * 1024
"""Bytes before a reply's body: its head, and the interim ones (1xx) before that."""
PIECE = 64 * 1024
"""Bytes that a compressed piece may become at a time."""
MOST_ENCODINGS = 2


class Reader:
    """What may still be read, and until when; one for each connection's owner."""

    def __init__(
        self, deadline: Deadline, max_answer_bytes: int = DEFAULT_MAX_ANSWER_BYTES
    ) -> None:
        self.deadline = deadline
        self._max_answer_bytes = max_answer_bytes
        # Framing costs, too: a chunk of one byte takes six.
        self._most = 2 * most_of_wire(max_answer_bytes) + LONGEST_HEAD
        self._grace = Deadline()
        self._count = 0
        self._is_head = True

    def begin(self) -> None:
        """Expect the head of a new reply."""
        self._grace = Deadline()
        self._count = 0
        self._is_head = True

    def begin_body(self) -> None:
        """Take what comes from here on for the body."""
        self._is_head = False

    def end_within(self, seconds: float) -> None:
        """Bound what is left of this reply: its end is known, the rest is a courtesy."""
        sooner = Deadline.after(seconds)
        if self._grace.at is None or (sooner.at or 0) < self._grace.at:
            self._grace = sooner

    def patience(self, timeout_s: float | None) -> float | None:
        """
        Give how long the next read or write may take.

        Raises:
            httpcore.ReadTimeout: the time is up, however much there would be to read.

        """
        if self.deadline.has_passed() or self._grace.has_passed():
            raise httpcore.ReadTimeout
        return self._grace.shorten(self.deadline.shorten(timeout_s))

    def read(self, read: Callable[[], bytes]) -> bytes:
        """
        Read, and count it.

        Raises:
            BrokenReply: the head, or all of it, is too long.

        """
        data = read()
        self._count += len(data)
        if self._is_head and self._count > LONGEST_HEAD:
            raise BrokenReply(
                f"the reply's head is larger than {LONGEST_HEAD // 1024} KiB",
                hint="is this a Responses endpoint? check --base-url",
            )
        if self._count > self._most:
            raise too_large("the reply", self._max_answer_bytes)
        return data

    def body(self, raw: Iterable[bytes], headers: Mapping[str, str]) -> Iterator[bytes]:
        """
        Give a body's bytes without its compression, as they come.

        Raises:
            TimedOut: the run's time is up; a compressed piece alone can take long.
            BrokenReply: it is too large, or compressed as nobody here reads it.
            ConnectionFailed: it ends within a compressed block.

        """
        size = 0
        for piece in decoded(raw, headers.get("content-encoding", "")):
            size += len(piece)
            if size > most_of_wire(self._max_answer_bytes):
                raise too_large("the answer", self._max_answer_bytes)
            yield piece
            if self.deadline.has_passed():
                raise run_timed_out()


def decoded(raw: Iterable[bytes], encodings: str) -> Iterator[bytes]:
    """
    Undo what the sender has done although `identity` was asked: gzip, deflate, once or twice.

    Raises:
        BrokenReply: another encoding, or broken data.

    """
    names = [name for part in encodings.lower().split(",") if (name := part.strip())]
    names = [name for name in names if name != "identity"]
    unknown = [name for name in names if name not in {"gzip", "x-gzip", "deflate"}]
    if unknown or len(names) > MOST_ENCODINGS:
        what = unknown[0][:40] if unknown else "many things at once"
        raise BrokenReply(
            f'the reply is compressed with "{what}", although nothing of the kind was asked for',
            hint="a proxy on the way? --no-stream, or another --base-url",
        )
    pieces = iter(raw)
    for name in reversed(names):
        pieces = _inflated(pieces, name)
    return pieces


def _inflated(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Decompress in pieces of a bounded size, so that a bomb goes off outside."""
    is_gzip = name != "deflate"
    inflater: zlib._Decompress | None = None
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if inflater is None:
                    inflater = zlib.decompressobj(31 if is_gzip else _window(rest))
                if out := inflater.decompress(rest, PIECE):
                    yield out
                rest = inflater.unconsumed_tail
                if inflater.eof:
                    # A second member may follow; what is no member is padding.
                    rest, inflater = inflater.unused_data, None
                    if not is_gzip or not rest.startswith(b"\x1f"):
                        return
    except zlib.error as error:
        raise BrokenReply(f"the reply's compression is broken: {error}") from None
    if inflater is not None:
        raise ConnectionFailed("the reply broke off within its compression")


def _window(first: bytes) -> int:
    """Tell zlib's format from bare deflate, which servers send under the same name."""
    is_zlib = first[0] & 0x0F == 8 and (len(first) < 2 or (first[0] << 8 | first[1]) % 31 == 0)
    return 15 if is_zlib else -15
