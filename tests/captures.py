"""
What real servers sent, to be read by tests; tests/data/README.md says what there is.

    archive ──► Capture(request, response: bytes as they travelled) ──► body, payloads: as meant
"""

import json
import tarfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
KEY = "sk-local-test"
"""The key that the captured requests carry; made up."""


@dataclass(frozen=True)
class Capture:
    """One exchange: what was sent, what came back until the server closed."""

    server: str
    name: str
    request: bytes
    response: bytes

    def __str__(self) -> str:
        return f"{self.server}/{self.name}"

    @cached_property
    def method(self) -> str:
        """The request's method."""
        return self.request.split(b" ", 1)[0].decode()

    @cached_property
    def path(self) -> str:
        """The request's path."""
        return self.request.split(b" ", 2)[1].decode()

    @cached_property
    def sent(self) -> Any:
        """The request's JSON, or None if it was none."""
        try:
            return json.loads(self.request.partition(b"\r\n\r\n")[2])
        except ValueError:
            return None

    @cached_property
    def prompt(self) -> str | None:
        """The prompt, if the request was for a plain answer to one."""
        text = self.sent.get("input") if isinstance(self.sent, dict) else None
        return text if isinstance(text, str) else None

    @cached_property
    def status(self) -> int:
        """The reply's HTTP status."""
        return int(self.response.split(b" ", 2)[1])

    @cached_property
    def headers(self) -> dict[str, str]:
        """The reply's headers, names in lower case."""
        lines = self.response.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    @cached_property
    def is_stream(self) -> bool:
        """Whether the reply is an event stream."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @cached_property
    def is_cut(self) -> bool:
        """Whether the connection ended before HTTP's own end of the body."""
        body = self.response.partition(b"\r\n\r\n")[2]
        if self.headers.get("transfer-encoding") == "chunked":
            return not body.endswith(b"0\r\n\r\n")
        return len(body) < int(self.headers.get("content-length", 0))

    @cached_property
    def body(self) -> bytes:
        """The reply's body without HTTP's framing, as far as it came."""
        body = self.response.partition(b"\r\n\r\n")[2]
        if self.headers.get("transfer-encoding") != "chunked":
            return body
        return b"".join(self.chunks)

    @cached_property
    def chunks(self) -> list[bytes]:
        """The pieces in which a chunked body was sent."""
        rest = self.response.partition(b"\r\n\r\n")[2]
        chunks = []
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            chunks.append(rest[: int(size, 16)])
            rest = rest[int(size, 16) + 2 :]
        return [chunk for chunk in chunks if chunk]


@cache
def captures() -> tuple[Capture, ...]:
    """Give all of them, in order of server and name."""
    return tuple(
        capture for archive in sorted(DATA.glob("captures/*.tar.xz")) for capture in _read(archive)
    )


def capture(server: str, name: str) -> Capture:
    """
    Give one.

    Raises:
        LookupError: there is none of that name.

    """
    for one in captures():
        if (one.server, one.name) == (server, name):
            return one
    raise LookupError(f"no capture {server}/{name}")


def _read(archive: Path) -> list[Capture]:
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(archive) as tar:
        for entry in tar:
            name, part, _ = entry.name.split("/", 1)[1].rsplit(".", 2)
            file = tar.extractfile(entry)
            assert file is not None
            found.setdefault(name, {})[part] = file.read()
    server = archive.name.removesuffix(".tar.xz")
    return [
        Capture(server, name, parts["request"], parts["response"])
        for name, parts in sorted(found.items())
    ]


@cache
def answers() -> dict[str, str]:
    """Give what the tiny model says at temperature 0: prompt -> text."""
    return dict(json.loads((DATA / "model" / "answers.json").read_text())["pairs"])


@cache
def tool() -> tuple[str, Any]:
    """Give the question that the tiny model answers by a function call, and the function."""
    known = json.loads((DATA / "model" / "answers.json").read_text())
    return known["tool_question"], {"type": "function", **known["tool"]["function"]}


@dataclass(frozen=True)
class SseCase:
    """Bytes of an event stream, and the events that they hold."""

    name: str
    data: bytes
    content_type: str
    events: list[tuple[str, str, str]]
    """(event, data, last event id)"""

    def __str__(self) -> str:
        return self.name


@cache
def sse_cases() -> tuple[SseCase, ...]:
    """Give the event-stream format as cases; a line of 100 kB is made here, not stored."""
    stored = json.loads((DATA / "sse-cases.json").read_text())
    long = "y" * 100_000
    return (
        *(
            SseCase(
                case["name"],
                case["bytes"].encode("latin-1"),
                case["content_type"],
                [(event, data, last_id) for event, data, last_id in case["events"]],
            )
            for case in stored
        ),
        SseCase(
            "data-100k-line",
            f"data: {long}\n\n".encode(),
            "text/event-stream",
            [("message", long, "")],
        ),
    )


def streams() -> dict[str, bytes]:
    """Give the written event streams: name without suffix -> bytes."""
    return {path.stem: path.read_bytes() for path in sorted(DATA.glob("streams/*.sse"))}
