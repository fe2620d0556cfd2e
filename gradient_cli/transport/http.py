"""
HTTP: one pool a worker, one connection at a time.

    HttpTransport ── pool ── sockets.Backend ── socket

Whatever is read passes the Reader, which knows the deadline and the sizes.

A client of its own for each worker is not thrift forgone but speed: httpcore 1.0.9's pool
looks at every connection for every request (118 requests a second with one shared client
at 64 workers, 1,224 with one each).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from urllib.parse import urlsplit

import httpcore

from gradient_cli import __version__
from gradient_cli.errors import ConnectionFailed, TimedOut, run_timed_out
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.faults import Setting, from_exception
from gradient_cli.transport.limits import DEFAULT_MAX_ANSWER_BYTES
from gradient_cli.transport.pool import (
    FAULTS,
    address,
    headers_of,
    is_timeout,
    pool,
    request,
    timeouts_of,
)
from gradient_cli.transport.preconnect import EarlyConnection
from gradient_cli.transport.proxy import proxy_for
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
            secret=network.secret,
            proxy=without_password(proxy or ""),
        )
        is_https = urlsplit(network.base_url).scheme == "https"
        is_tls = is_https or (proxy or "").startswith("https:")
        # No context for plain HTTP: nothing would use it, and a bundle costs 20 ms.
        tls = tls_context(network.ca_bundle, environ) if is_tls else None
        # The early connection has trusted what the system trusts.
        early = None if network.ca_bundle else early
        self._backend = Backend(
            self._reader, early=early, wait=wait, proxy=proxy, is_tunnel=is_https
        )
        self._pool = pool(tls, proxy, self._backend)
        self._connect_timeout_s = min(CONNECT_TIMEOUT_S, network.timeout_s)
        self._timeouts = timeouts_of(network.timeout_s, self._connect_timeout_s)
        self._headers = _headers(network.secret)
        self._urls: dict[str, httpcore.URL] = {}

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
        content: bytes | Iterable[bytes] | None = None
        if body:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(sum(map(len, body)))
            content = body[0] if len(body) == 1 else iter(body)
        self._reader.begin()
        try:
            reply = self._pool.handle_request(
                request(method, self._url(path), headers, content, self._timeouts)
            )
        except (*FAULTS, UnicodeError) as error:
            # UnicodeError: of the codec for names of hosts.
            raise self.fault(error) from error
        self._reader.begin_body()
        return HttpReply(reply, self, self._reader)

    def _url(self, path: str) -> httpcore.URL:
        """Give the URL of a path, taken apart once."""
        if path not in self._urls:
            self._urls[path] = address(self._network.base_url + path)
        return self._urls[path]

    def fault(self, error: Exception) -> TimedOut | ConnectionFailed:
        """Give our error for one of httpcore, telling the deadline from a silence."""
        if is_timeout(error) and self._deadline.has_passed():
            return run_timed_out()
        is_connecting = isinstance(error, httpcore.ConnectTimeout)
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

    def __init__(self, reply: httpcore.Response, transport: HttpTransport, reader: Reader) -> None:
        self._reply = reply
        self._reader = reader
        self._transport = transport
        self.status = reply.status
        self.headers: Mapping[str, str] = headers_of(reply)

    def chunks(self) -> Iterator[bytes]:
        """Give the body as it arrives; see `Reply.chunks`."""
        try:
            yield from self._reader.body(self._reply.iter_stream(), self.headers)
        except FAULTS as error:
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
