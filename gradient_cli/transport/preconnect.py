"""
The early connection: DNS, TCP and TLS in a thread, while the program still imports.

The handshakes of a real link take longer than every import together, so a command that
begins them first pays for only one of the two (measured at 50 ms round trip: 183 ms to
the first byte against 453 ms, curl 163 ms). Stdlib only, and light.

Whatever goes wrong here is forgotten: the transport then connects as usual, so that there
is one place for each error message.
"""

import _thread
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit


class EarlyConnection:
    """A connection on its way; `take` hands the socket over, once."""

    def __init__(self, url: str, environ: Mapping[str, str], connect_timeout_s: float = 30) -> None:
        parts = urlsplit(url)
        self.is_tls = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.is_tls else 80)
        self._timeout_s = connect_timeout_s
        self._environ = environ
        self._socket: socket.socket | None = None
        self._is_done = _taken_lock()
        self._has_tls = _taken_lock()
        _thread.start_new_thread(self._connect, ())
        # Not in the thread: while it makes a dataclass, the main thread may be in the middle
        # of importing typing, which dataclasses (3.11) looks at without waiting for its end.
        if self.is_tls:
            import gradient_cli.transport.trust  # noqa: F401
        self._has_tls.release()

    def _connect(self) -> None:
        try:
            self._socket = self._open()
        except (OSError, ValueError, ImportError):
            self._socket = None
        finally:
            self._is_done.release()

    def _open(self) -> socket.socket:
        # As bytes: a str would import Python's codec for international names, 3 ms of the
        # processor that the main thread has to share.
        host = self.host.encode("ascii")
        sock = socket.create_connection((host, self.port), self._timeout_s)  # type: ignore[arg-type]  # bytes are taken, as by getaddrinfo
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._has_tls.acquire()
        if not self.is_tls:
            return sock
        from gradient_cli.errors import GradientError
        from gradient_cli.transport.trust import tls_context

        try:
            context = tls_context(None, self._environ)
        except GradientError as error:
            raise OSError from error
        return context.wrap_socket(sock, server_hostname=host)

    def take(self, host: str, port: int, timeout_s: float | None) -> socket.socket | None:
        """
        Give the socket if it leads to that host and port; None if it failed or was taken.

        Waits for the handshake, at most `timeout_s`.
        """
        if (host, port) != (self.host, self.port):
            return None
        if not self._is_done.acquire(timeout=-1 if timeout_s is None else timeout_s):
            return None
        self._is_done.release()
        sock, self._socket = self._socket, None
        return sock


def _taken_lock() -> _thread.LockType:
    """Give a lock for another thread to open: an Event would cost the import of threading."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock
