"""
HTTP: one pool a worker, one connection at a time.

    HttpTransport ── httpx's transport ── pool ── sockets.Backend ── socket

Whatever is read passes the Reader, which knows the deadline and the sizes.

A client of its own for each worker is not thrift forgone but speed: httpcore 1.0.9's pool
looks at every connection for every request (118 requests a second with one shared client
at 64 workers, 1,224 with one each).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from gradient_cli import __version__
from gradient_cli.errors import ConnectionFailed, TimedOut, run_timed_out
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.faults import Setting, from_exception
from gradient_cli.transport.limits import DEFAULT_MAX_ANSWER_BYTES
from gradient_cli.transport.preconnect import EarlyConnection
from gradient_cli.transport.proxy import proxy_for, socks_errors
from gradient_cli.transport.reader import Reader
from gradient_cli.transport.sockets import Backend, Wait
from gradient_cli.transport.trust import tls_context
from gradient_cli.values import record
from gradient_cli.wire.address import without_password

CONNECT_TIMEOUT_S = 10.0


@record(kw_only=True)
class Network:
    """How to reach the service."""

    base_url: str
    """Scheme, host and port; no path's end."""
    secret: str = field(default="", repr=False)
    key_source: str | None = None
    empty_variable: str | None = None
    """See `faults.Setting`."""
    timeout_s: float = 120.0
    """The longest silence: connecting, before the first byte, between two reads."""
    proxy: str | None = None
    ca_bundle: str | None = None
    max_answer_bytes: int = DEFAULT_MAX_ANSWER_BYTES


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
        self._reader = Reader(self._deadline, network.max_answer_bytes)
        proxy = proxy_for(network.base_url, network.proxy, environ)
        self.setting = Setting(
            network.base_url,
            key_source=network.key_source,
            empty_variable=network.empty_variable,
            secret=network.secret,
            proxy=without_password(proxy or ""),
        )
        is_https = urlsplit(network.base_url).scheme == "https"
        is_tls = is_https or (proxy or "").startswith("https:")
        # No context for plain HTTP: nothing would use it, and a bundle costs 20 ms.
        verify: Any = tls_context(network.ca_bundle, environ) if is_tls else False
        # The early connection has trusted what the system trusts.
        early = None if network.ca_bundle else early
        self._backend = Backend(
            self._reader, early=early, wait=wait, proxy=proxy, is_tunnel=is_https
        )
        # httpx's transport without its Client: no cookies, no redirects, no trust in the
        # environment, and a third less work for each request.
        self._socks_errors = socks_errors(proxy)
        self._pool = pool(verify, proxy, self._backend)
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
        self._reader.begin()
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
            self._backend.forget_unfinished()
            raise self.fault(error) from error
        except self._socks_errors as error:
            self._backend.forget_unfinished()
            raise self.fault(httpx.ProxyError(f"it speaks no SOCKS 5: {error}")) from error
        self._reader.begin_body()
        return HttpReply(reply, self, self._reader)

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
        return from_exception(  # type: ignore[return-value]
            error, self.setting, timeout_s, is_at_proxy=self._backend.is_at_proxy
        )

    def wait_at_most(self, seconds: float) -> None:
        """Bound the rest of the reply under way: its end is known, the rest is a courtesy."""
        self._reader.end_within(seconds)

    def close(self) -> None:
        """Let the connections go."""
        self._pool.close()


class HttpReply:
    """One reply of a real server."""

    def __init__(self, reply: httpx.Response, transport: HttpTransport, reader: Reader) -> None:
        self._reply = reply
        self._reader = reader
        self._transport = transport
        self.status = reply.status_code
        self.headers: Mapping[str, str] = reply.headers

    def chunks(self) -> Iterator[bytes]:
        """Give the body as it arrives; see `Reply.chunks`."""
        try:
            yield from self._reader.body(self._reply.iter_raw(), self.headers)
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


def pool(verify: Any, proxy: str | None, backend: httpcore.NetworkBackend) -> httpx.HTTPTransport:
    """Give httpx's transport above our sockets."""
    return _Pool(verify, proxy, backend)


class _Pool(httpx.HTTPTransport):
    """httpx's transport with our network backend below its pool."""

    def __init__(self, verify: Any, proxy: str | None, backend: httpcore.NetworkBackend) -> None:
        if proxy is None:
            # What super().__init__ does, less the TLS context that it insists on making.
            self._pool = httpcore.ConnectionPool(
                ssl_context=verify or None, max_connections=10, network_backend=backend
            )
            return
        super().__init__(verify=verify, proxy=proxy)
        # `verify` is never True: only then would httpx (0.28) look at the environment itself.
        # It offers no parameter for the backend; the pool reads it at each new connection.
        self._pool._network_backend = backend
