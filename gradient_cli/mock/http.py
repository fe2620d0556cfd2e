"""
Just enough HTTP/1.1 for a server on loopback: http.server would cost 40 ms to import.
"""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress

from gradient_cli.values import record
from gradient_cli.wire.json import Json, dumps

LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 512 * 1024 * 1024
_SHORT_S = 0.05
"""Seconds that are slept through; in a longer wait an end of the other side is noticed."""

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
BODILESS = {204, 304}
"""Statuses whose replies have no body."""


class Gone(Exception):
    """The other side has closed, or speaks no HTTP."""


@record
class HttpRequest:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Connection:
    """One connection: requests in, replies out."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._buffer = b""
        self.is_last = False
        """Whether the request at hand is the connection's last."""
        self._takes_chunks = True

    def read_request(self) -> HttpRequest:
        """
        Wait for the next request.

        Raises:
            Gone: there is none.

        """
        head, self._buffer = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Gone
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        # HTTP/1.0, as ApacheBench and old proxies speak it, knows neither chunks nor keep-alive.
        self._takes_chunks = words[2] != "HTTP/1.0"
        self.is_last = not self._takes_chunks or "close" in headers.get("connection", "").lower()
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return HttpRequest(words[0], words[1].partition("?")[0], headers, self._body(headers))

    def _until(self, mark: bytes) -> tuple[bytes, bytes]:
        while mark not in self._buffer:
            if len(self._buffer) > LONGEST_HEAD:
                raise Gone
            self._more()
        head, _, rest = self._buffer.partition(mark)
        return head, rest

    def _more(self) -> None:
        try:
            piece = self._socket.recv(256 * 1024)
        except OSError:
            raise Gone from None
        if not piece:
            raise Gone
        self._buffer += piece

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunked_body()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            raise Gone
        return self._exactly(int(length))

    def _exactly(self, length: int) -> bytes:
        pieces, missing = [self._buffer[:length]], length - len(self._buffer)
        self._buffer = self._buffer[length:]
        while missing > 0:
            self._more()
            pieces.append(self._buffer[:missing])
            missing, self._buffer = missing - len(self._buffer), self._buffer[missing:]
        return b"".join(pieces)

    def _chunked_body(self) -> bytes:
        pieces, left = [], LONGEST_BODY
        while True:
            size, self._buffer = self._until(b"\r\n")
            try:
                length = int(size.partition(b";")[0], 16)
            except ValueError:
                raise Gone from None
            left -= length
            if left < 0:
                raise Gone
            pieces.append(self._exactly(length))
            self._exactly(2)
            if length == 0:
                return b"".join(pieces)

    def send(self, data: bytes) -> None:
        """
        Send bytes.

        Raises:
            Gone: nobody takes them.

        """
        try:
            self._socket.sendall(data)
        except OSError:
            raise Gone from None

    def send_reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole reply; it says how long it is, unless `headers` do."""
        if status in BODILESS:
            self.send(_head(status, merged(self._closing(), headers)))
            return
        known = {"Content-Length": str(len(body)), **self._closing()}
        self.send(_head(status, merged(known, headers)) + body)

    def send_json(self, status: int, value: Json, headers: Mapping[str, str]) -> None:
        """Send a whole reply that is JSON, unless `headers` name another type."""
        self.send_reply(
            status, dumps(value).encode(), merged({"Content-Type": "application/json"}, headers)
        )

    def send_open_end(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a body that says nowhere how long it is: the connection's end is its end."""
        self.is_last = True
        self.send(_head(200, merged(self._closing(), headers)) + body)

    def begin_stream(self, headers: Mapping[str, str]) -> None:
        """Send the head of an event stream, chunked if the other side knows chunks."""
        stream = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        if self._takes_chunks:
            stream["Transfer-Encoding"] = "chunked"
        self.send(_head(200, merged({**stream, **self._closing()}, headers)))

    def send_chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one ends the reply."""
        self.send(b"%x\r\n%s\r\n" % (len(data), data) if self._takes_chunks else data)

    def _closing(self) -> dict[str, str]:
        return {"Connection": "close"} if self.is_last else {}

    def reset(self) -> None:
        """Break off at once: the other side sees a reset, not an end."""
        import struct

        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def wait(self, seconds: float) -> None:
        """
        Let time pass.

        Raises:
            Gone: the other side has closed in the meantime.

        """
        end = time.monotonic() + seconds
        if seconds > _SHORT_S:
            has_ended = False
            try:
                self._socket.settimeout(seconds)
                with suppress(TimeoutError):
                    has_ended = self._socket.recv(1, socket.MSG_PEEK) == b""
                self._socket.settimeout(None)
            except OSError:
                raise Gone from None
            if has_ended:
                raise Gone
        # Also where the other side sends already: its next request must not shorten the wait.
        time.sleep(max(0.0, end - time.monotonic()))

    def close(self) -> None:
        """Close; a thread that waits for this connection wakes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def merged(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Give the mock's own headers, each replaced where a given one has its name in any case."""
    names = {name.lower() for name in given}
    return {**{name: text for name, text in own.items() if name.lower() not in names}, **given}


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Scripted')}"]
    lines += [f"{name}: {_one_line(value)}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
