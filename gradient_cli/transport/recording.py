"""
One recorded exchange, and the file that it lives in.

    {"gradient": 1,
     "request": {"method", "path", "body"},
     "replies": [{"status", "headers", "chunks": [text | {"base64"}], "error"?, "for"?,
                  "results"?}]}
"""

import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from hashlib import sha256
from pathlib import Path

from gradient_cli import errors
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.transport.redaction import MARK, clean, clean_body, clean_text
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.json import Json, canonical
from gradient_cli.wire.tool_secrets import hidden, secrets_of, short_secrets_of, without_echoes

FORMAT = 1
MODE = 0o644
"""A recording is committed and shared."""
Put = Callable[[Path, bytes, int], None]
"""Puts a file of a mode in the place of another, as a whole; OSError if it cannot."""
MAX_BYTES = 128 * 1024 * 1024
"""The most that is read of one file."""
KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms", "request-id")
"""Kept from a reply, with every name that ends in `request-id` or speaks of a rate limit."""


@record
class Question:
    """One request as a recording knows it."""

    method: str
    path: str
    body: Json = None
    """Without the secrets of its tools: another token asks the same."""
    secrets: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """Those of its tools, which the reply may repeat."""
    short_secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)
    """(field, secret) of those that are too short to be looked for by themselves."""

    @classmethod
    def of(cls, method: str, path: str, body: Sequence[bytes]) -> "Question":
        """Read what is about to be sent."""
        sent = json.loads(b"".join(body)) if body else None
        return cls(method, path, hidden(sent), secrets_of(sent), short_secrets_of(sent))

    def key(self) -> str:
        """Give the SHA-256 (hex) of method, path and canonical body."""
        return sha256(self._text().encode()).hexdigest()

    @classmethod
    def from_json(cls, value: Json) -> "Question":
        """Read the file's `request`; KeyError or TypeError if it is none."""
        method, path = value["method"], value["path"]
        if not (isinstance(method, str) and isinstance(path, str)):
            raise TypeError
        return cls(method, path, value.get("body"))

    def stands_for(self, other: "Question") -> bool:
        """
        Tell whether this recorded question is another one, just asked.

        Where the key stood in the question, the recording has a mark in its place: all marks
        must stand for the same word then.
        """
        mine, asked = self._text(), other._text()
        if mine == asked:
            return True
        pieces = mine.split(MARK)
        if len(pieces) < 2 or not asked.startswith(pieces[0]):
            return False
        start = len(pieces[0])
        end = asked.find(pieces[1], start + 1) if pieces[1] else len(asked)
        word = asked[start:end] if end > start else ""
        is_word = bool(word) and word.isascii() and word.isprintable() and not set(word) & set(' "')
        return is_word and word.join(pieces) == asked

    def _text(self) -> str:
        body = self.body
        if isinstance(body, dict) and body.get("stream") is False:
            # Said or not, it is the same question.
            body = {name: inner for name, inner in body.items() if name != "stream"}
        return f"{self.method} {self.path}\n{canonical(body)}"

    def as_json(self) -> dict[str, Json]:
        """Give the file's `request`."""
        return {"method": self.method, "path": self.path, "body": self.body}


@mutable_record
class Take:
    """One recorded reply."""

    status: int
    headers: dict[str, str]
    chunks: list[bytes] = field(default_factory=list)
    error: GradientError | None = None
    asked_for: str = ""
    results: list[Json] | None = None
    """What its function calls came to, where programs answered them."""

    def as_json(
        self, secrets: Sequence[str] = (), short: Sequence[tuple[str, str]] = ()
    ) -> dict[str, Json]:
        """Give one of the file's `replies`; a secret that the server echoed is taken out."""
        chunks = self.chunks
        whole = b"".join(chunks)
        cleaned = clean_body(without_echoes(whole, short), secrets)
        if cleaned is not whole and cleaned != whole:
            chunks = [cleaned]
        del whole, cleaned
        value: dict[str, Json] = {
            "status": self.status,
            "headers": clean(self.headers, secrets),
            "chunks": [_as_text(chunk) for chunk in chunks],
        }
        if self.error:
            message = clean_text(self.error.message, secrets)
            value["error"] = {"type": type(self.error).__name__, "message": message}
        if self.asked_for:
            value["for"] = clean_text(self.asked_for, secrets)
        return value

    @classmethod
    def from_json(cls, value: Json) -> "Take":
        """Read one of the file's `replies`; KeyError, TypeError or ValueError if it is none."""
        status, chunks, error = value["status"], value["chunks"], value.get("error")
        if type(status) is not int or not 100 <= status <= 599 or not isinstance(chunks, list):
            raise ValueError
        return cls(
            status=status,
            headers={str(name): str(text) for name, text in value["headers"].items()},
            chunks=[_as_bytes(chunk) for chunk in chunks],
            error=_error(error) if error else None,
            asked_for=str(value.get("for", "")),
            results=_results(value.get("results")),
        )


def _results(value: Json) -> list[Json] | None:
    if value is not None and not isinstance(value, list):
        raise TypeError
    return value


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers that a recording holds, sorted by name."""
    return {
        name: headers[name]
        for name in sorted(headers)
        if name in KEPT_HEADERS or name.endswith("request-id") or "ratelimit-" in name
    }


def read(path: Path, question: Question | None = None) -> list[Take]:
    """
    Read the replies of one file; they must be to this question, if one is given.

    Raises:
        FileNotFoundError: there is no such file.
        UsageError: it is not a recording, or one of another request.

    """
    value = _load(path)
    try:
        takes = [Take.from_json(reply) for reply in value["replies"]]
        recorded = Question.from_json(value["request"])
        is_answered = question is None or recorded.stands_for(question)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _no_recording(path) from error
    if not is_answered:
        raise UsageError(
            f'"{path}" holds another request than its name says',
            hint="somebody changed or renamed it: delete it and record again",
        )
    return takes


def request_of(path: Path) -> Question:
    """
    Read the request of one file.

    Raises:
        FileNotFoundError: there is no such file.
        UsageError: it is not a recording.

    """
    value = _load(path)
    try:
        return Question.from_json(value["request"])
    except (KeyError, TypeError) as error:
        raise _no_recording(path) from error


def _no_recording(path: Path) -> UsageError:
    return UsageError(f'"{path}" is not a recording of gradient', hint="delete it and record again")


def _load(path: Path) -> Json:
    """Give the JSON of a file that anybody may have written; a pipe is not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            os.close(handle)
            raise _no_recording(path)
        with os.fdopen(handle, "rb") as file:
            data = b"" if kind.st_size > MAX_BYTES else file.read(MAX_BYTES + 1)
        if kind.st_size > MAX_BYTES or len(data) > MAX_BYTES:
            raise UsageError(
                f'"{path}" is larger than {MAX_BYTES:,} bytes', hint="record a shorter answer"
            )
        return json.loads(data)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UsageError(f'cannot read "{path}": {_reason(error)}') from None
    except (ValueError, RecursionError) as error:
        raise _no_recording(path) from error


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
    request = clean(question.as_json(), secrets)
    exchange = {"gradient": FORMAT, "request": request, "replies": replies}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / f"{question.key()}.json", _pretty(exchange), MODE)
    except OSError as error:
        raise UsageError(f'cannot record in "{folder}": {_reason(error)}') from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


_FAULTS = ("ConnectionFailed", "TimedOut", "BrokenReply", "ServiceError", "IncompleteAnswer")
"""How a transfer may break; a recording can claim nothing else."""


def _error(value: Mapping[str, str]) -> GradientError:
    """Give the error that broke the transfer; one of an unknown name is a ConnectionFailed."""
    name, message = value["type"], value["message"]
    if not (isinstance(name, str) and isinstance(message, str)):
        raise TypeError
    family: type[GradientError] = getattr(errors, name if name in _FAULTS else "ConnectionFailed")
    return family(message)


def _as_text(chunk: bytes) -> Json:
    try:
        # JSON writes a NUL as six characters: 30 MB of them would become 180.
        if b"\0" not in chunk:
            return chunk.decode()
    except UnicodeDecodeError:
        pass
    from base64 import b64encode

    return {"base64": b64encode(chunk).decode()}


def _as_bytes(value: Json) -> bytes:
    if isinstance(value, str):
        return value.encode()
    from base64 import b64decode

    return b64decode(value["base64"], validate=True)


def _pretty(value: Json) -> bytes:
    try:
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
        return (json.dumps(value, indent=2) + "\n").encode()
