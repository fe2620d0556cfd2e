"""
Files behind presigned addresses: put one there, read one from there.

The address is the permission: it goes to another company's host, so our key never does, and
neither is shown in an error. Redirects are refused; https only, or loopback.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from gradient_cli import __version__
from gradient_cli.errors import BrokenReply, GradientError, RequestRejected, ServiceError
from gradient_cli.transport.faults import Setting, from_exception
from gradient_cli.transport.proxy import proxy_for
from gradient_cli.transport.trust import tls_context
from gradient_cli.wire.address import is_loopback

PIECE = 256 * 1024
CONNECT_TIMEOUT_S = 10.0


class Storage:
    """A keyless way to presigned addresses."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        timeout_s: float = 120.0,
        proxy: str | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        self._environ = environ
        self._timeout_s = timeout_s
        self._proxy = proxy
        self._ca_bundle = ca_bundle

    def put(self, url: str, path: Path) -> None:
        """
        Upload a file, without a content type: the signature would have to cover it.

        Raises:
            GradientError: the host cannot be reached or refuses; `http_status` 403 means that
                the address has expired.

        """
        size = path.stat().st_size
        with self._client(url) as client, path.open("rb") as file:
            try:
                reply = client.put(
                    url,
                    content=iter(lambda: file.read(PIECE), b""),
                    headers={"Content-Length": str(size)},
                )
            except httpx.HTTPError as error:
                raise self._fault(error, url) from error
        if reply.status_code >= 300:
            _refuse(reply.status_code, url, "the upload")

    def get(self, url: str) -> Iterator[bytes]:
        """
        Give a file's lines without their ends, each when it is asked for; blank ones are none.

        Raises:
            GradientError: the host cannot be reached or refuses, or the transfer broke off.

        """
        with self._client(url) as client:
            try:
                with client.stream("GET", url) as reply:
                    if reply.status_code >= 300:
                        _refuse(reply.status_code, url, "the download")
                    yield from _lines(reply.iter_bytes())
            except httpx.HTTPError as error:
                raise self._fault(error, url) from error

    def _client(self, url: str) -> httpx.Client:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise BrokenReply(
                f"the service names an address for files that is not https: {_host(url)}"
            )
        proxy = proxy_for(url, self._proxy, self._environ)
        verify: Any = False
        if parts.scheme == "https" or (proxy or "").startswith("https:"):
            verify = tls_context(self._ca_bundle, self._environ)
        return httpx.Client(
            verify=verify,
            proxy=proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._timeout_s, connect=CONNECT_TIMEOUT_S),
            headers={"User-Agent": f"gradient-cli/{__version__}", "Accept-Encoding": "identity"},
        )

    def _fault(self, error: Exception, url: str) -> GradientError:
        return from_exception(error, Setting(_host(url)), self._timeout_s)


def _host(url: str) -> str:
    """Give scheme and host: the rest of the address is a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}"


def _refuse(status: int, url: str, what: str) -> NoReturn:
    kind = ServiceError if status >= 500 or status == 429 else RequestRejected
    why = "its address has expired, or is not for us" if status == 403 else "try again"
    if 300 <= status < 400:
        why = "it points elsewhere, and files are not sent after a redirect"
    raise kind(f"{_host(url)} refused {what} ({status})", hint=why, http_status=status)


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Split at newlines alone: U+2028 is text, and JSON lines hold it."""
    rest: list[bytes] = []
    for chunk in chunks:
        first, *more = chunk.split(b"\n")
        rest.append(first)
        for piece in more:
            if whole := b"".join(rest).strip():
                yield whole
            rest = [piece]
    if whole := b"".join(rest).strip():
        yield whole
