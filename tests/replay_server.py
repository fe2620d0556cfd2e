"""
A server that plays given bytes over a real socket, cut where one likes.

    Play(data, piece_bytes, end) ──► ReplayServer ──► the client under test

It knows no HTTP beyond reading a request: what it sends, headers and framing too, is the
caller's, so a broken reply can be played as faithfully as a sound one. `framed()` wraps a
body in the ways in which servers wrap bodies.
"""

import socket
import ssl
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from threading import Event, Thread
from types import TracebackType
from typing import Self


class End(Enum):
    """What the server does after its last byte."""

    CLOSE = "close"
    """Closes, as a server does that has finished: FIN."""
    RESET = "reset"
    """Breaks off, as a killed machine does: RST."""
    STALL = "stall"
    """Leaves the connection open and says nothing more, until the client goes."""
    REPEAT = "repeat"
    """Says the same again and again, until the client goes."""


@dataclass(frozen=True)
class Play:
    """What to answer to one request."""

    data: bytes
    """The whole reply: status line, headers, body as framed."""
    piece_bytes: int = 0
    """Send in pieces of this size, each a segment of its own; 0 sends all at once."""
    end: End = End.CLOSE
    pause_s: float = 0
    """Silence before each piece."""
    again: bytes = b""
    """What End.REPEAT says, twenty times a second."""

    def pieces(self) -> Iterator[bytes]:
        """Give what is sent at a time."""
        size = self.piece_bytes or max(len(self.data), 1)
        for start in range(0, len(self.data), size):
            yield self.data[start : start + size]


class Framing(Enum):
    """How HTTP/1.1 tells where a body ends."""

    CHUNKED = "chunked"
    LENGTH = "content-length"
    CLOSE = "close-delimited"
    CHUNKED_CUT = "chunked, cut before the last chunk"
    LENGTH_CUT = "content-length, one byte short"


def framed(
    body: bytes | Iterable[bytes],
    framing: Framing = Framing.CHUNKED,
    *,
    content_type: str | None = "text/event-stream",
    status: str = "200 OK",
    headers: Iterable[str] = (),
) -> bytes:
    """Give a whole reply; an iterable of bodies becomes one HTTP chunk each."""
    parts = [body] if isinstance(body, bytes) else [part for part in body if part]
    head = [f"HTTP/1.1 {status}", *headers]
    if content_type is not None:
        head.append(f"content-type: {content_type}")
    whole = b"".join(parts)
    match framing:
        case Framing.CHUNKED | Framing.CHUNKED_CUT:
            head.append("transfer-encoding: chunked")
            sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
            sent += b"0\r\n\r\n" if framing is Framing.CHUNKED else b""
        case Framing.LENGTH:
            head.append(f"content-length: {len(whole)}")
            sent = whole
        case Framing.LENGTH_CUT:
            head.append(f"content-length: {len(whole) + 1}")
            sent = whole
        case Framing.CLOSE:
            sent = whole
    head.append("connection: close")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + sent


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    head: bytes
    body: bytes


class ReplayServer:
    """
    Answers the n-th request with the n-th play, the last one for ever after.

    As a context manager it listens on a free port of 127.0.0.1, answers each connection
    in a thread of its own, and lets everything go at the end.
    """

    def __init__(self, *plays: Play, tls: ssl.SSLContext | None = None) -> None:
        self.plays = list(plays)
        self.connections = 0
        """How many were opened, used or not."""
        self._tls = tls
        self.received: list[Received] = []
        self.has_played = Event()
        """Set when all bytes of a play have been sent."""
        self._gone = Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._acceptor = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._gone.set()
        # A blocked accept() does not notice that its socket is closed; a shutdown wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(timeout=5)

    def then(self, *plays: Play) -> None:
        """Forget what was to come and what was received; play these from now on."""
        self.plays = list(plays)
        self.received.clear()
        self.has_played.clear()

    def _accept(self) -> None:
        while not self._gone.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        try:
            connection = self._tls.wrap_socket(raw, server_side=True) if self._tls else raw
        except OSError:
            raw.close()
            return
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                request = _read_request(connection)
                if request is None:
                    return
                self.received.append(request)
                self._play(connection, self.plays[min(len(self.received), len(self.plays)) - 1])
            except OSError:
                return  # the client went first; some tests are about just that

    def _play(self, connection: socket.socket, play: Play) -> None:
        for piece in play.pieces():
            if play.pause_s and self._gone.wait(play.pause_s):
                return
            connection.sendall(piece)
        self.has_played.set()
        match play.end:
            case End.CLOSE:
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(5)
                # Closing with unread bytes would send a RST, which is not how this ends.
                while connection.recv(65536):
                    pass
            case End.RESET:
                # A RST throws away what the client's kernel still holds. Nothing tells from
                # here that the other process has read; a moment stands in for that.
                self._gone.wait(0.05)
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            case End.STALL:
                connection.settimeout(60)
                while connection.recv(65536):
                    pass
            case End.REPEAT:
                while not self._gone.wait(0.05):
                    connection.sendall(play.again)


def cuts(play: Play, sizes: Iterable[int] = (0, 1, 2, 3)) -> list[Play]:
    """Give the same play in pieces of several sizes."""
    return [replace(play, piece_bytes=size) for size in sizes]


def _read_request(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    chunks = [body]
    got = len(body)
    while got < length:
        more = connection.recv(1 << 20)
        if not more:
            return None
        chunks.append(more)
        got += len(more)
    return Received(head, b"".join(chunks))
