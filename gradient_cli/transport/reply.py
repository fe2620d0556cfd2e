"""
What the client needs of a transport: send bytes, get a reply. HTTP and tapes both give it.

    Transport.send(method, path, body) ─► Reply ─► chunks() as they arrive ─► close()
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol


class Reply(Protocol):
    """One HTTP reply while it arrives."""

    @property
    def status(self) -> int:
        """Give the HTTP status, 200 to 599."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Give the headers; the names are in lower case."""

    def chunks(self) -> Iterator[bytes]:
        """
        Give the body as it arrives, decompressed; the framing is the transport's own.

        Raises:
            GradientError: the transfer broke, or the silence was too long.

        """

    def close(self) -> None:
        """Let go of the reply; what has not arrived is not waited for."""


class Transport(Protocol):
    """A way to a server, or to what a server once said."""

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        *,
        accept: str = "application/json",
    ) -> Reply:
        """
        Send one request and give its reply as soon as its headers are there.

        `body` is the pieces of one JSON document, or nothing. Any status is a Reply.

        Raises:
            GradientError: no reply came.

        """

    def close(self) -> None:
        """Let the connections go."""
