"""
HTTP: one pool a worker, one connection at a time.

    HttpTransport ── httpx's transport ── pool ── _Backend ── _Stream ── socket

The backend takes the early connection, if there is one; no read outlasts the deadline.

A client of its own for each worker is not thrift forgone but speed: httpcore 1.0.9's pool
looks at every connection for every request (118 requests a second with one shared client
at 64 workers, 1,224 with one each).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from gradient_cli import __version__
from gradient_cli.errors import ConnectionFailed, TimedOut
from gradient_cli.transport.deadline import Deadline, run_timed_out
from gradient_cli.transport.faults import Setting, from_exception
from gradient_cli.transport.names import first_reached, look_up
from gradient_cli.transport.preconnect import EarlyConnection
from gradient_cli.transport.proxy import proxy_for
from gradient_cli.transport.trust import tls_context
from gradient_cli.values import record

CONNECT_TIMEOUT_S = 10.0
LONGEST_JOINED = 64 * 1024
"""Bytes of a body that are copied to go out with the head; a long body is not doubled."""

Wait = Callable[[int, float | None], bool]
"""Waits until a file descriptor can be read, for at most so many seconds; False if it cannot."""


@record(kw_only=True)
class Network:
    """How to reach the service."""

    base_url: str
    """Scheme, host and port; no path's end."""
    secret: str = field(default="", repr=False)
    key_source: str | None = None
    timeout_s: float = 120.0
    """The longest silence: connecting, before the first byte, between two reads."""
    proxy: str | None = None
    ca_bundle: str | None = None


class HttpTransport:
    """The Transport to a real server. Not for two threads at once."""

    def __init__(
        self,
        network: Network,
        environ: Mapping[str, str],
        *,
        deadline: Deadline | None = None,
        early: EarlyConnection | None = None,
        wait: Wait | None = None,
    ) -> None:
        self._network = network
        self._deadline = deadline or Deadline()
        self.setting = Setting(
            network.base_url, key_source=network.key_source, secret=network.secret
        )
        proxy = proxy_for(network.base_url, network.proxy, environ)
        is_tls = urlsplit(network.base_url).scheme == "https" or (proxy or "").startswith("https:")
        # No context for plain HTTP: nothing would use it, and a bundle costs 20 ms.
        verify: Any = tls_context(network.ca_bundle, environ) if is_tls else False
        self._backend = _Backend(self._deadline, None if proxy else early, wait)
        # httpx's transport without its Client: no cookies, no redirects, no trust in the
        # environment, and a third less work for each request.
        self._pool = _Pool(verify, proxy, self._backend)
        self._connect_timeout_s = min(CONNECT_TIMEOUT_S, network.timeout_s)
        timeout = httpx.Timeout(network.timeout_s, connect=self._connect_timeout_s)
        self._extensions = {"timeout": timeout.as_dict()}
        self._headers = _headers(network.secret)
        self._urls: dict[str, httpx.URL] = {}

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        *,
        accept: str = "application/json",
    ) -> "HttpReply":
        """
        Send one request; see `Transport.send`.

        Raises:
            TimedOut: the deadline passed, or the server stayed silent.
            ConnectionFailed: no reply came.

        """
        headers = {**self._headers, "Accept": accept}
        content: Any = None
        if body:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(sum(map(len, body)))
            content = body[0] if len(body) == 1 else iter(body)
        self._backend.grace_s = None
        try:
            request = httpx.Request(
                method,
                self._url(path),
                headers=headers,
                content=content,
                extensions=dict(self._extensions),
            )
            reply = self._pool.handle_request(request)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            # UnicodeError: of the codec for names of hosts.
            raise self.fault(error) from error
        return HttpReply(reply, self)

    def _url(self, path: str) -> httpx.URL:
        """Give the URL of a path, taken apart once."""
        if path not in self._urls:
            self._urls[path] = httpx.URL(self._network.base_url + path)
        return self._urls[path]

    def fault(self, error: Exception) -> TimedOut | ConnectionFailed:
        """Give our error for one of httpx, telling the deadline from a silence."""
        if isinstance(error, httpx.TimeoutException) and self._deadline.has_passed():
            return run_timed_out()
        is_connecting = isinstance(error, httpx.ConnectTimeout)
        timeout_s = self._connect_timeout_s if is_connecting else self._network.timeout_s
        return from_exception(error, self.setting, timeout_s)  # type: ignore[return-value]

    def wait_at_most(self, seconds: float) -> None:
        """Bound the silence of the reply under way: its end is known, the rest is a courtesy."""
        self._backend.grace_s = seconds

    def close(self) -> None:
        """Let the connections go."""
        self._pool.close()


class HttpReply:
    """One reply of a real server."""

    def __init__(self, reply: httpx.Response, transport: HttpTransport) -> None:
        self._reply = reply
        self._transport = transport
        self.status = reply.status_code
        self.headers: Mapping[str, str] = reply.headers

    def chunks(self) -> Iterator[bytes]:
        """Give the body as it arrives; see `Reply.chunks`."""
        try:
            yield from self._reply.iter_bytes()
        except httpx.HTTPError as error:
            raise self._transport.fault(error) from error

    def close(self) -> None:
        """Let go of the reply."""
        self._reply.close()


def _headers(secret: str) -> dict[str, str]:
    headers = {
        "User-Agent": f"gradient-cli/{__version__}",
        # A proxy that compresses an event stream also holds it back.
        "Accept-Encoding": "identity",
    }
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    return headers


class _Pool(httpx.HTTPTransport):
    """httpx's transport with our network backend below its pool."""

    def __init__(self, verify: Any, proxy: str | None, backend: httpcore.NetworkBackend) -> None:
        if proxy is None:
            # What super().__init__ does, less the TLS context that it insists on making.
            self._pool = httpcore.ConnectionPool(
                ssl_context=verify or None, max_connections=10, network_backend=backend
            )
            return
        super().__init__(verify=verify, proxy=proxy, trust_env=False)
        # httpx offers no parameter for it (0.28); the pool reads it at each new connection.
        self._pool._network_backend = backend


class _Stream(httpcore.NetworkStream):
    """A socket whose reads and writes end with the run."""

    def __init__(self, inner: httpcore.NetworkStream, backend: "_Backend") -> None:
        self._inner = inner
        self._backend = backend
        self._held = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        grace = self._backend.grace_s
        timeout = self._backend.deadline.shorten(grace if grace is not None else timeout)
        self._flush(timeout)
        self._wait(timeout)
        return self._inner.read(max_bytes, timeout)

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
        timeout = self._backend.deadline.shorten(timeout)
        self._flush(timeout)
        self._inner.write(buffer, timeout)

    def _flush(self, timeout: float | None) -> None:
        held, self._held = self._held, b""
        if held:
            self._inner.write(held, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._backend.deadline.shorten(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _EarlyTls(_Stream):
    """The early connection: its TLS is there already."""

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return self


class _Backend(httpcore.NetworkBackend):
    """Opens sockets, the early one first."""

    def __init__(
        self, deadline: Deadline, early: EarlyConnection | None, wait: Wait | None
    ) -> None:
        self.deadline = deadline
        self.wait = wait
        self.grace_s: float | None = None
        self._early = early
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        until = Deadline.after(self.deadline.shorten(timeout))
        early, self._early = self._early, None
        if early and (sock := early.take(host, port, until.remaining_s())):
            from httpcore._backends.sync import SyncStream

            kind = _EarlyTls if early.is_tls else _Stream
            return kind(SyncStream(sock), self)
        return first_reached(
            self._addresses(host, port, until.shorten(timeout)),
            lambda one: self._connected(one, port, timeout, local_address, socket_options),
            httpcore.ConnectError,
            httpcore.ConnectTimeout,
        )

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        try:
            return look_up(host, port, timeout)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error

    def _connected(
        self, address: str, port: int, timeout: float | None, *options: Any
    ) -> httpcore.NetworkStream:
        timeout = self.deadline.shorten(timeout)
        return _Stream(self._sockets.connect_tcp(address, port, timeout, *options), self)
