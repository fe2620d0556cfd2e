"""
HTTP as httpcore speaks it, above our sockets: a request goes out, a reply comes in.

    HttpTransport, Storage ── pool ── sockets.Backend ── socket

Nothing else happens: no cookies, no redirects, no trust in the environment. That is all that
is wanted of a library here, and why there is no larger one above it: httpx (0.28) takes a
fifth of the whole start for what this page does, the most of it for cookies and digests.
"""

import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpcore

FAULTS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)
"""What a request may raise; httpcore has no word for all of them."""

_LITERAL = "/?%:@!$&'()*+,;=~[]"
"""In paths and queries, beside letters and digits; what is escaped already stays as it is."""


def pool(
    tls: ssl.SSLContext | None, proxy: str | None, backend: httpcore.NetworkBackend
) -> httpcore.ConnectionPool:
    """Give a pool; `tls` is for the server, and for a proxy that is itself reached by TLS."""
    if proxy is None:
        return httpcore.ConnectionPool(ssl_context=tls, network_backend=backend)
    parts = urlsplit(proxy)
    user = unquote(parts.username or "").encode(), unquote(parts.password or "").encode()
    return httpcore.HTTPProxy(
        address(proxy),
        proxy_auth=user if any(user) else None,
        ssl_context=tls,
        proxy_ssl_context=tls if parts.scheme == "https" else None,
        network_backend=backend,
    )


def address(url: str) -> httpcore.URL:
    """
    Give a URL taken apart for httpcore.

    Raises:
        UnicodeError: the host is not ASCII.

    """
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return httpcore.URL(
        scheme=parts.scheme,
        host=(parts.hostname or "").encode("ascii"),
        port=parts.port,
        target=quote((parts.path or "/") + query, safe=_LITERAL),
    )


def request(
    method: str,
    url: httpcore.URL,
    headers: Mapping[str, str],
    content: bytes | Iterable[bytes] | None,
    timeouts: Mapping[str, float],
) -> httpcore.Request:
    """
    Give a request; `timeouts` as `timeouts_of` gives them.

    Raises:
        UnicodeError: a header is not ASCII.

    """
    lines = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    return httpcore.Request(
        method,
        url,
        headers=[(b"Host", _host_header(url)), *lines],
        content=content,
        extensions={"timeout": dict(timeouts)},
    )


def _host_header(url: httpcore.URL) -> bytes:
    # An address's zone is of this machine, and nothing to the server.
    host = b"[%b]" % url.host.partition(b"%")[0] if b":" in url.host else url.host
    if url.port is None or url.port == (443 if url.scheme == b"https" else 80):
        return host
    return b"%b:%d" % (host, url.port)


def timeouts_of(silence_s: float, connecting_s: float) -> dict[str, float]:
    """Give how long each step may take, as httpcore wants it said."""
    return {"connect": connecting_s, **dict.fromkeys(("read", "write", "pool"), silence_s)}


def headers_of(reply: httpcore.Response) -> dict[str, str]:
    """Give a reply's headers, the names in lower case; what came twice is set apart by commas."""
    found: dict[str, str] = {}
    for name, value in reply.headers:
        key, text = name.decode("latin-1").lower(), _text(value)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _text(value: bytes) -> str:
    """Decode a header, which is UTF-8 today and was Latin-1 once."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def is_timeout(error: Any) -> bool:
    """Tell whether a fault is a wait that was too long."""
    return isinstance(error, httpcore.TimeoutException)
