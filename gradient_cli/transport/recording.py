"""
One recorded exchange, and the file that it lives in.

    {"gradient": 1,
     "request": {"method", "path", "body"},
     "replies": [{"status", "headers", "chunks": [text | {"base64"}], "error"?, "for"?}]}
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gradient_cli import errors
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical

FORMAT = 1
MODE = 0o644
"""A recording is committed and shared."""
Put = Callable[[Path, bytes, int], None]
"""Puts a file of a mode in the place of another, as a whole; OSError if it cannot."""
KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms", "request-id")
"""Kept from a reply, with every name that ends in `request-id` or speaks of a rate limit."""


@record
class Question:
    """One request as a recording knows it."""

    method: str
    path: str
    body: Json = None

    @classmethod
    def of(cls, method: str, path: str, body: Sequence[bytes]) -> "Question":
        """Read what is about to be sent."""
        return cls(method, path, json.loads(b"".join(body)) if body else None)

    def key(self) -> str:
        """Give the SHA-256 (hex) of method, path and canonical body."""
        text = f"{self.method} {self.path}\n{canonical(self.body)}"
        return sha256(text.encode()).hexdigest()

    def as_json(self) -> dict[str, Json]:
        """Give the file's `request`."""
        return {"method": self.method, "path": self.path, "body": self.body}


@dataclass(slots=True)
class Take:
    """One recorded reply."""

    status: int
    headers: dict[str, str]
    chunks: list[bytes] = field(default_factory=list)
    error: GradientError | None = None
    asked_for: str = ""

    def as_json(self, secrets: Sequence[str] = ()) -> dict[str, Json]:
        """Give one of the file's `replies`; a secret that the server echoed is taken out."""
        chunks = self.chunks
        whole = b"".join(chunks)
        if any(secret.encode() in whole for secret in secrets):
            chunks = [_without(secrets, whole)]
        value: dict[str, Json] = {
            "status": self.status,
            "headers": _cleaned(self.headers, secrets),
            "chunks": [_as_text(chunk) for chunk in chunks],
        }
        if self.error:
            value["error"] = {"type": type(self.error).__name__, "message": self.error.message}
        if self.asked_for:
            value["for"] = self.asked_for
        return value

    @classmethod
    def from_json(cls, value: Json) -> "Take":
        """Read one of the file's `replies`; KeyError, TypeError or ValueError if it is none."""
        error = value.get("error")
        return cls(
            status=int(value["status"]),
            headers={str(name): str(text) for name, text in value["headers"].items()},
            chunks=[_as_bytes(chunk) for chunk in value["chunks"]],
            error=_error(error) if error else None,
            asked_for=str(value.get("for", "")),
        )


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers that a recording holds, sorted by name."""
    return {
        name: headers[name]
        for name in sorted(headers)
        if name in KEPT_HEADERS or name.endswith("request-id") or "ratelimit-" in name
    }


def read(path: Path) -> list[Take]:
    """
    Read the replies of one file.

    Raises:
        FileNotFoundError: there is no such file.
        UsageError: it is not a recording.

    """
    try:
        value = json.loads(path.read_bytes())
        return [Take.from_json(reply) for reply in value["replies"]]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(
            f'"{path}" is not a recording of gradient', hint="delete it and record again"
        ) from error


def prepare(folder: Path, put: Put) -> None:
    """
    Make the folder, and make sure that files can be put there.

    Raises:
        UsageError: they cannot.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / ".tape-probe", b"", MODE)
        (folder / ".tape-probe").unlink()
    except OSError as error:
        raise UsageError(f'cannot record in "{folder}": {_reason(error)}') from error


def write(
    folder: Path,
    question: Question,
    replies: Sequence[Json],
    secrets: Sequence[str],
    put: Put,
) -> None:
    """
    Write the file of one request, without the secrets; it is replaced as a whole.

    Raises:
        UsageError: the folder cannot be written to.

    """
    request = _cleaned(question.as_json(), secrets)
    exchange = {"gradient": FORMAT, "request": request, "replies": replies}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / f"{question.key()}.json", _pretty(exchange), MODE)
    except OSError as error:
        raise UsageError(f'cannot record in "{folder}": {_reason(error)}') from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _error(value: Mapping[str, str]) -> GradientError:
    """Give the error that broke the transfer; one of an unknown name is a ConnectionFailed."""
    family = getattr(errors, value["type"], None)
    # GradientError itself has no status: no fault is one.
    if isinstance(family, type) and issubclass(family, GradientError) and family != GradientError:
        return family(value["message"])
    return errors.ConnectionFailed(value["message"])


def _as_text(chunk: bytes) -> Json:
    try:
        return chunk.decode()
    except UnicodeDecodeError:
        from base64 import b64encode

        return {"base64": b64encode(chunk).decode()}


def _as_bytes(value: Json) -> bytes:
    if isinstance(value, str):
        return value.encode()
    from base64 import b64decode

    return b64decode(value["base64"], validate=True)


def _without(secrets: Sequence[str], data: bytes) -> bytes:
    for secret in secrets:
        data = data.replace(secret.encode(), b"[key]")
    return data


def _cleaned(value: Json, secrets: Sequence[str]) -> Json:
    """Give a value whose texts and names are without the secrets."""
    if isinstance(value, str):
        return _without(secrets, value.encode("utf-8", "surrogatepass")).decode(
            "utf-8", "surrogatepass"
        )
    if isinstance(value, Mapping):
        return {_cleaned(k, secrets): _cleaned(v, secrets) for k, v in value.items()}
    if isinstance(value, list):
        return [_cleaned(one, secrets) for one in value]
    return value


def _pretty(value: Json) -> bytes:
    try:
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
        return (json.dumps(value, indent=2) + "\n").encode()
