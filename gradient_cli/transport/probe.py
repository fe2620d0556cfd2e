"""
Each step to a server by itself, with its time: name, connection, TLS. For `doctor`.

The transport does the same in one go; this says which step it is that fails.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import urlsplit

from gradient_cli.errors import UsageError
from gradient_cli.transport.names import look_up
from gradient_cli.transport.reach import reach, shown
from gradient_cli.transport.trust import tls_context
from gradient_cli.values import record


@record
class Step:
    """One step and how it went."""

    name: str
    """dns, tcp or tls."""
    took_ms: float
    words: str
    """What came of it, or why it failed."""
    has_failed: bool = False


def probe(
    url: str, ca_bundle: str | None, environ: Mapping[str, str], timeout_s: float
) -> Iterator[Step]:
    """Give the steps to a URL's host, up to the first that fails."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_tls else 80)
    started = time.perf_counter()
    try:
        addresses = look_up(host, port, timeout_s)
    except OSError as error:
        yield Step("dns", _since(started), f"{host}: {_reason(error)}", has_failed=True)
        return
    known = [shown(place) for place in addresses]
    is_name = known != [host]
    words = f"{host} is {', '.join(known[:4])}" if is_name else f"{host} is an address"
    yield Step("dns", _since(started), words)
    started = time.perf_counter()
    try:
        sock = reach(addresses, time.monotonic() + timeout_s)
        sock.settimeout(timeout_s)
    except OSError as error:
        yield Step("tcp", _since(started), f"{host}:{port}: {_reason(error)}", has_failed=True)
        return
    with closing(sock):
        address = str(sock.getpeername()[0])
        yield Step("tcp", _since(started), f"connected to {address}, port {port}")
        if is_tls:
            yield _tls(sock, host, ca_bundle, environ)


def _tls(sock: socket.socket, host: str, ca_bundle: str | None, environ: Mapping[str, str]) -> Step:
    started = time.perf_counter()
    try:
        context = tls_context(ca_bundle, environ)
        with context.wrap_socket(sock, server_hostname=host) as secured:
            words = f"{secured.version()}, {_certificate(secured.getpeercert())}"
    except UsageError as error:
        return Step("tls", _since(started), error.message, has_failed=True)
    except (OSError, ValueError) as error:
        return Step("tls", _since(started), _reason(error), has_failed=True)
    return Step("tls", _since(started), words)


def _certificate(certificate: Mapping[str, object] | None) -> str:
    """Say until when a certificate is valid, and who made it."""
    if not certificate:
        return "a certificate that cannot be read"
    until = str(certificate.get("notAfter", ""))
    days = (ssl.cert_time_to_seconds(until) - time.time()) / 86400 if until else 0
    issuer = certificate.get("issuer")
    names = {
        name: value
        for relative in (issuer if isinstance(issuer, tuple) else ())
        for name, value in relative
    }
    maker = names.get("organizationName") or names.get("commonName") or "somebody unnamed"
    return f"certificate by {maker}, valid for {days:.0f} days"


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _reason(error: Exception) -> str:
    """Give the words of a socket's or a certificate's fault."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "verify_message", None) or getattr(error, "strerror", None) or error)
