"""
The sockets below the pool: opened by RFC 8305, read through the Reader, written in pieces.

    httpcore ── Backend ── _Stream ── socket
                   └── the early connection, if there is one

One wait is one wait: `--timeout` covers name, TCP and TLS together, and what the early
connection has waited for already.
"""

import socket
import time
from collections.abc import Callable
from typing import Any

import httpcore
from httpcore._backends.sync import SyncStream

from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.names import look_up
from gradient_cli.transport.preconnect import EarlyConnection
from gradient_cli.transport.reach import reach
from gradient_cli.transport.reader import Reader

LONGEST_JOINED = 64 * 1024
"""Bytes of a body that are copied to go out with the head; a long body is not doubled."""
WRITTEN_AT_ONCE = 256 * 1024
"""Bytes between two looks at the clock: a server may take what we send a byte at a time."""

Wait = Callable[[int, float | None], bool]
"""Waits until a file descriptor can be read, for at most so many seconds; False if it cannot."""


class _Stream(httpcore.NetworkStream):
    """A socket whose reads and writes end with the run."""

    def __init__(self, inner: httpcore.NetworkStream, backend: "Backend") -> None:
        self._inner = inner
        self._backend = backend
        self._held = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        reader = self._backend.reader
        self._flush(timeout)
        left = self._backend.patience(timeout)
        self._wait(left)
        return reader.read(lambda: self._inner.read(max_bytes, left))

    def _wait(self, timeout: float | None) -> None:
        """Wait with an ear for signals, where somebody has one; read() alone has none."""
        sock = self._inner.get_extra_info("socket") if self._backend.wait else None
        if sock is None or self._backend.wait is None:
            return
        # What TLS has decrypted already makes no socket readable.
        if getattr(sock, "pending", int)() == 0 and not self._backend.wait(sock.fileno(), timeout):
            raise httpcore.ReadTimeout

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """
        Send; a request's head only with what follows it, be that nothing.

        One packet and one TLS record instead of two: the server wakes up once.
        """
        if buffer.endswith(b"\r\n\r\n") and not self._held:
            self._held = buffer
            return
        if len(buffer) <= LONGEST_JOINED:
            buffer, self._held = self._held + buffer, b""
        self._flush(timeout)
        self._send(buffer, timeout)

    def _flush(self, timeout: float | None) -> None:
        held, self._held = self._held, b""
        if held:
            self._send(held, timeout)

    def _send(self, buffer: bytes, timeout: float | None) -> None:
        patience = self._backend.patience
        if len(buffer) <= WRITTEN_AT_ONCE:
            self._inner.write(buffer, patience(timeout))
            return
        view = memoryview(buffer)
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            piece: Any = view[start : start + WRITTEN_AT_ONCE]
            self._inner.write(piece, patience(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._backend.time_for_tls(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _EarlyTls(_Stream):
    """The early connection: its TLS is there already."""

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return self


class Backend(httpcore.NetworkBackend):
    """Opens sockets, the early one first."""

    def __init__(
        self,
        reader: Reader,
        *,
        early: EarlyConnection | None = None,
        wait: Wait | None = None,
        proxy: str | None = None,
        is_tunnel: bool = False,
    ) -> None:
        """`proxy`: where all connections lead; `is_tunnel`: TLS to the server goes through it."""
        self.reader = reader
        self.wait = wait
        self.is_at_proxy = False
        """The proxy is being connected to, or asked for the tunnel: a fault now is its own."""
        self._early = None if proxy else early
        self._proxy = proxy
        self._is_tunnel = is_tunnel
        self._is_socks = (proxy or "").startswith("socks")
        self._proxy_tls_due = False
        self._unfinished: _Stream | None = None
        self._until = Deadline()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Give a stream to the first address that answers; no option of a caller's is known."""
        early, self._early = self._early, None
        if early and not early.leads_to(host, port):
            early = None
        self._until = self._end_of(early.began if early else time.monotonic(), timeout)
        self.is_at_proxy = self._proxy is not None
        self._proxy_tls_due = (self._proxy or "").startswith("https:")
        try:
            if early and (sock := early.take(self._until.at)):
                kind = _EarlyTls if early.is_tls else _Stream
                return kind(SyncStream(sock), self)
            sock = self._open(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        if not (self._is_tunnel or self._is_socks or self._proxy_tls_due):
            self.is_at_proxy = False
        stream = _Stream(SyncStream(sock), self)
        self._unfinished = stream if self.is_at_proxy else None
        return stream

    def forget_unfinished(self) -> None:
        """Close the connection that came no further than the proxy; httpcore (1.0) leaves it."""
        if self._unfinished and self.is_at_proxy:
            self._unfinished.close()
        self._unfinished = None

    def _open(self, host: str, port: int) -> socket.socket:
        addresses = look_up(host, port, self._until.remaining_s())
        return reach(addresses, self._until.at)

    def patience(self, timeout: float | None) -> float | None:
        """
        Give how long one read or write may take.

        What httpcore says to a SOCKS proxy has no time of its own: it is part of connecting.
        """
        if self._is_socks and timeout is None:
            return self._until.shorten(None)
        if self._is_socks:
            self.is_at_proxy = False
        return self.reader.patience(timeout)

    def _end_of(self, began: float, timeout: float | None) -> Deadline:
        moments = [began + timeout] if timeout is not None else []
        if self.reader.deadline.at is not None:
            moments.append(self.reader.deadline.at)
        return Deadline(min(moments, default=None))

    def time_for_tls(self, timeout: float | None) -> float | None:
        """Give what is left of the connecting; a tunnel's second TLS has a time of its own."""
        if self._proxy_tls_due:
            self._proxy_tls_due = False
            self.is_at_proxy = self._is_tunnel
        elif self._proxy is not None:
            self.is_at_proxy = False
            return self.reader.patience(timeout)
        return self._until.shorten(timeout)
