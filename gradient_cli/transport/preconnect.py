"""
The early connection: DNS, TCP and TLS in a thread, while the program still imports.

The handshakes of a real link take longer than every import together, so a command that
begins them first pays for only one of the two (measured at 50 ms round trip: 183 ms to
the first byte against 453 ms, curl 163 ms). Stdlib only, and light.

It trusts what the system trusts and goes through no proxy, so it is used only by a run that
does the same: `transport.http` decides that when the flags are known. Whatever goes wrong
here is forgotten, but for the time that it took: the transport then connects as usual, so
that there is one place for each error message.
"""

import _thread
import socket
import sys
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from gradient_cli.transport.reach import places, reach

LONGEST_S = 30.0
"""For as long it tries; the run's own `--timeout` may end it earlier."""
LONGEST_IDLE_S = 15.0
"""A connection that was there for longer without a word may be gone: servers tidy up."""
_SWITCH_S = 0.0005
"""
How long the thread waits for an importing main thread to let it go on, at each step of its way.

Python's own 5 ms, four times over, are a tenth of all that a near server takes.
"""


class EarlyConnection:
    """A connection on its way; `take` hands the socket over, once."""

    def __init__(self, url: str, environ: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self.is_tls = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.is_tls else 80)
        self.began = time.monotonic()
        self._environ = environ
        self._socket: socket.socket | None = None
        self._has_timed_out = False
        self._ended = self.began
        self._is_done = _taken_lock()
        self._has_begun = _taken_lock()
        self._has_tls = _taken_lock()
        self._usual_switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            _thread.start_new_thread(self._connect, ())
        except RuntimeError:  # This machine gives no more: nobody connects early.
            sys.setswitchinterval(self._usual_switch_s)
            self._is_done.release()
            return
        # Nothing that is imported meanwhile is worth more than the first packet.
        self._has_begun.acquire()
        # Not in the thread: while it makes a dataclass, the main thread may be in the middle
        # of importing typing, which dataclasses (3.11) looks at without waiting for its end.
        if self.is_tls:
            import gradient_cli.transport.trust  # noqa: F401
        self._has_tls.release()

    def _connect(self) -> None:
        self._has_begun.release()
        try:
            self._socket = self._open()
        except TimeoutError:
            self._has_timed_out = True
        except (OSError, ValueError, ImportError):
            self._socket = None
        finally:
            self._ended = time.monotonic()
            sys.setswitchinterval(self._usual_switch_s)
            self._is_done.release()

    def _open(self) -> socket.socket:
        # As bytes: a str would import Python's codec for international names, 3 ms of the
        # processor that the main thread has to share.
        host = self.host.encode("ascii")
        until = self.began + LONGEST_S
        sock = reach(places(host, self.port), until)
        self._has_tls.acquire()
        if not self.is_tls:
            return sock
        from gradient_cli.errors import GradientError
        from gradient_cli.transport.trust import tls_context

        try:
            context = tls_context(None, self._environ)
        except GradientError as error:
            raise OSError from error
        sock.settimeout(max(until - time.monotonic(), 0.001))
        return context.wrap_socket(sock, server_hostname=host)

    def leads_to(self, host: str, port: int) -> bool:
        """Tell whether the guess was right."""
        return (host, port) == (self.host, self.port)

    def take(self, until: float | None) -> socket.socket | None:
        """
        Give the socket; None if the connection failed, or was taken.

        Waits for the handshake, `until` a moment of the monotonic clock.

        Raises:
            TimeoutError: it is not there by then.

        """
        left = -1.0 if until is None else max(0.0, until - time.monotonic())
        if not self._is_done.acquire(timeout=left):
            raise TimeoutError("timed out")
        self._is_done.release()
        if self._has_timed_out:
            raise TimeoutError("timed out")
        sock, self._socket = self._socket, None
        if sock and time.monotonic() - self._ended > LONGEST_IDLE_S:
            sock.close()
            return None
        return sock


def _taken_lock() -> _thread.LockType:
    """Give a lock for another thread to open: an Event would cost the import of threading."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock
