"""
Just enough HTTP/1.1 for a server on loopback: http.server would cost 40 ms to import.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from gradient_cli.wire.json import Json, dumps

LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 512 * 1024 * 1024

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Gone(Exception):
    """The other side has closed, or speaks no HTTP."""


@dataclass(frozen=True, slots=True)
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

    def read_request(self) -> HttpRequest:
        """
        Wait for the next request.

        Raises:
            Gone: there is none.

        """
        head, self._buffer = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3:
            raise Gone
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
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
        pieces = []
        while True:
            size, self._buffer = self._until(b"\r\n")
            try:
                length = int(size.partition(b";")[0], 16)
            except ValueError:
                raise Gone from None
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
        """Send a whole reply."""
        self.send(_head(status, {**headers, "Content-Length": str(len(body))}) + body)

    def send_json(self, status: int, value: Json, headers: Mapping[str, str]) -> None:
        """Send a whole reply that is JSON, unless `headers` name another type."""
        self.send_reply(
            status, dumps(value).encode(), {"Content-Type": "application/json", **headers}
        )

    def begin_stream(self, headers: Mapping[str, str]) -> None:
        """Send the head of a chunked event stream."""
        stream = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        self.send(_head(200, {**stream, **headers, "Transfer-Encoding": "chunked"}))

    def send_chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one ends the reply."""
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def reset(self) -> None:
        """Break off at once: the other side sees a reset, not an end."""
        import struct

        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def has_gone(self, wait_s: float) -> bool:
        """Wait a while; tell whether the other side has closed in the meantime."""
        try:
            self._socket.settimeout(wait_s)
            has_ended = self._socket.recv(1, socket.MSG_PEEK) == b""
            self._socket.settimeout(None)
        except TimeoutError:
            self._socket.settimeout(None)
            return False
        except OSError:
            return True
        return has_ended

    def close(self) -> None:
        """Close."""
        self._socket.close()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Scripted')}"]
    lines += [f"{name}: {_one_line(value)}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
