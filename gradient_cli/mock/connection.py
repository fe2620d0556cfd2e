"""HTTP/1.1 as h11 reads and writes it, and past it where a script wants a fault."""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from gradient_cli.values import record
from gradient_cli.wire.json import Json, dumps

if TYPE_CHECKING:
    import h11

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
_FRAMING = {"content-length", "transfer-encoding"}


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
    """
    One connection: requests in, replies out; what a script does wrong goes past the library.

        read_request   h11 reads: bodies in any form, trailers, `Expect: 100-continue`
        send_reply, begin_stream, send_chunk, end_stream
                       h11 writes: no body after HEAD, no chunks for HTTP/1.0
        send           bytes as they are; the connection ends with this request then
    """

    def __init__(self, sock: socket.socket) -> None:
        # Here, and not above: 12 ms after the mock has said where it listens.
        import h11

        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self._is_past_library = False
        self._is_headless = False
        """Whether the request at hand asks for the head of the reply alone."""
        self._began_with_control = False

    @property
    def is_last(self) -> bool:
        """Whether the connection serves no further request."""
        import h11

        return self._is_past_library or self._http.our_state is not h11.DONE

    def read_request(self) -> HttpRequest:
        """
        Wait for the next request.

        Raises:
            Gone: there is none, or what came is no HTTP; then it was told so.

        """
        import h11

        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        try:
            return self._request()
        except h11.RemoteProtocolError as error:
            # A handshake of TLS is no text; its side ends at once when the connection does.
            if self._http.our_state is h11.IDLE and not self._began_with_control:
                body = {"id": "bad_request", "message": f"this is no HTTP: {error}"}
                self.send_json(error.error_status_hint, body, {"Connection": "close"})
            raise Gone from None

    def _request(self) -> HttpRequest:
        import h11

        head = self._event()
        if not isinstance(head, h11.Request):
            raise Gone
        pieces, length = [], 0
        while not isinstance(event := self._event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise Gone
            pieces.append(bytes(event.data))
            if (length := length + len(event.data)) > LONGEST_BODY:
                raise Gone
        self._is_headless = head.method == b"HEAD"
        return HttpRequest(
            head.method.decode("ascii"),
            _path(head.target.decode("latin-1")),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers},
            b"".join(pieces),
        )

    def _event(self) -> object:
        import h11

        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._write(self._said(h11.InformationalResponse(status_code=100, headers=[])))
            try:
                piece = self._socket.recv(256 * 1024)
            except OSError:
                raise Gone from None
            if self._http.their_state is h11.IDLE:
                self._began_with_control = b"" < piece[:1] < b" "
            self._http.receive_data(piece)
        return event

    def _said(self, *events: "h11.Event") -> bytes:
        return b"".join(self._http.send(event) or b"" for event in events)

    def send(self, data: bytes) -> None:
        """
        Send bytes as they are; the connection ends after this request.

        Raises:
            Gone: nobody takes them.

        """
        self._is_past_library = True
        self._write(data)

    def _write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise Gone from None

    def send_reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole reply; it says how long it is, unless `headers` do."""
        import h11

        if status in BODILESS:
            body, own = b"", {}
        else:
            own = {"Content-Length": str(len(body))}
        head = self._head(status, merged(own, headers), own)
        if self._is_past_library:
            self.send(head + body)
            return
        data = [h11.Data(data=body)] if body and not self._is_headless else []
        self._write(head + self._said(*data, h11.EndOfMessage()))

    def _head(self, status: int, headers: Mapping[str, str], own: Mapping[str, str]) -> bytes:
        """
        Give a head: by the library, which knows then how the body goes, or past it.

        Past it goes what it would not send: a false length, a name that is none, a status
        with a body of another form.
        """
        import h11

        framing = {n: t for n, t in headers.items() if n.lower() in _FRAMING}
        reason = REASONS.get(status, "Scripted")
        if framing == own:
            pairs = [(_bytes(name), _bytes(text)) for name, text in headers.items()]
            with suppress(h11.LocalProtocolError):
                reply = h11.Response(status_code=status, headers=pairs, reason=reason.encode())
                return self._said(reply)
        self._is_past_library = True
        lines = [f"HTTP/1.1 {status} {reason}"]
        known = merged({"Connection": "close"}, headers)
        lines += [f"{name}: {text}" for name, text in known.items()]
        return b"\r\n".join([*map(_bytes, lines), b"", b""])

    def send_json(self, status: int, value: Json, headers: Mapping[str, str]) -> None:
        """Send a whole reply that is JSON, unless `headers` name another type."""
        headers = merged({"Content-Type": "application/json"}, headers)
        self.send_reply(status, encoded(value), headers)

    def send_short(self, body: bytes, promised: int | None, headers: Mapping[str, str]) -> None:
        """Send less of a body than is promised, or one that says nowhere how long it is."""
        length = {} if promised is None else {"Content-Length": str(promised)}
        head = self._head(200, merged(headers, {"Connection": "close", **length}), {"": ""})
        self.send(head + body)

    def begin_stream(self, headers: Mapping[str, str]) -> None:
        """Send the head of an event stream, chunked if the other side knows chunks."""
        stream = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        self._write(self._head(200, merged(stream, headers), {}))

    def send_chunk(self, data: bytes) -> None:
        """Send a piece of a stream, a chunk where the other side knows chunks."""
        import h11

        if self._is_past_library:
            self.send(data)
        elif not self._is_headless:
            self._write(self._said(h11.Data(data=data)))

    def end_stream(self) -> None:
        """End a stream as HTTP wants it."""
        import h11

        if not self._is_past_library:
            self._write(self._said(h11.EndOfMessage()))

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


def encoded(value: Json) -> bytes:
    """Give JSON as bytes; half of a character, which a request may hold, is an escape."""
    return dumps(value).encode("utf-8", "backslashreplace")


def _path(target: str) -> str:
    """Give the path of a request's target; proxies send the whole address."""
    scheme, mark, rest = target.partition("://")
    if mark and scheme.isalpha():
        target = "/" + rest.partition("/")[2]
    return target.partition("?")[0]


def _bytes(text: str) -> bytes:
    """Give a header's name or text; a line break in it cannot begin another."""
    return text.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace")
