"""
Files behind presigned addresses: put one there, read one from there.

The address is the permission: it goes to another company's host, so our key never does, and
neither is shown in an error. Redirects are refused; https only, or loopback.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from gradient_cli import __version__
from gradient_cli.errors import (
    BrokenReply,
    GradientError,
    RequestRejected,
    ServiceError,
    run_timed_out,
)
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.faults import Setting, from_exception
from gradient_cli.transport.http import pool
from gradient_cli.transport.limits import DEFAULT_MAX_ANSWER_BYTES
from gradient_cli.transport.proxy import proxy_for
from gradient_cli.transport.reader import Reader
from gradient_cli.transport.sockets import Backend
from gradient_cli.transport.trust import tls_context
from gradient_cli.wire.address import is_loopback

PIECE = 256 * 1024
MAX_FILE_BYTES = 2_000_000_000
"""Of a file of results: 50,000 answers of 40 kB; the lines are taken one by one."""
MAX_LINE_BYTES = DEFAULT_MAX_ANSWER_BYTES
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
        deadline: Deadline | None = None,
    ) -> None:
        """`deadline`: of the run, which no transfer outlasts."""
        self._deadline = deadline or Deadline()
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
        with self._client(url) as (client, reader), path.open("rb") as file:
            reader.begin()
            try:
                with client.stream(
                    "PUT",
                    url,
                    content=iter(lambda: file.read(PIECE), b""),
                    headers={"Content-Length": str(size)},
                ) as reply:
                    # What else the host says is nobody's concern, and may have no end.
                    status = reply.status_code
            except httpx.HTTPError as error:
                raise self._fault(error, url) from error
        if status >= 300:
            _refuse(status, url, "the upload")

    def get(self, url: str) -> Iterator[bytes]:
        """
        Give a file's lines without their ends, each when it is asked for; blank ones are none.

        Raises:
            GradientError: the host cannot be reached or refuses, the transfer broke off, or it
                is too large.

        """
        with self._client(url) as (client, reader):
            reader.begin()
            try:
                with client.stream("GET", url) as reply:
                    if reply.status_code >= 300:
                        _refuse(reply.status_code, url, "the download")
                    reader.begin_body()
                    yield from _lines(reader.body(reply.iter_raw(), reply.headers))
            except httpx.HTTPError as error:
                raise self._fault(error, url) from error

    @contextmanager
    def _client(self, url: str) -> Iterator[tuple[httpx.Client, Reader]]:
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
        reader = Reader(self._deadline, MAX_FILE_BYTES)
        is_tunnel = parts.scheme == "https"
        with httpx.Client(
            transport=pool(verify, proxy, Backend(reader, proxy=proxy, is_tunnel=is_tunnel)),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._timeout_s, connect=CONNECT_TIMEOUT_S),
            headers={"User-Agent": f"gradient-cli/{__version__}", "Accept-Encoding": "identity"},
        ) as client:
            yield client, reader

    def _fault(self, error: Exception, url: str) -> GradientError:
        if isinstance(error, httpx.TimeoutException) and self._deadline.has_passed():
            return run_timed_out()
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
    """
    Split at newlines alone: U+2028 is text, and JSON lines hold it.

    Raises:
        BrokenReply: a line is too long for one answer, or all of them for one job.

    """
    rest, size = bytearray(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_FILE_BYTES:
            raise BrokenReply(f"the file of results is larger than {MAX_FILE_BYTES:,} bytes")
        first, *more = chunk.split(b"\n")
        rest += first
        if len(rest) > MAX_LINE_BYTES:
            raise BrokenReply(f"a line of the results is larger than {MAX_LINE_BYTES:,} bytes")
        for piece in more:
            if whole := bytes(rest).strip():
                yield whole
            rest = bytearray(piece)
    if whole := bytes(rest).strip():
        yield whole
