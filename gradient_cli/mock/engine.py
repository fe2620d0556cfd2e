"""
The provider's batch engine, as far as a client can see it.

    POST /v1/batches/files            a place for the upload: a file, and an address for it
    PUT  /v1/batches/storage/FILE     the upload itself, without the key
    POST /v1/batches                  a job; the same request id gives the same job
    GET  /v1/batches, /v1/batches/ID  validating ─► in_progress ─► completed, a step a look
    GET  /v1/batches/ID/results       where the answers are; 412 while there are none
    GET  /v1/batches/storage/FILE     the answers, a line each, the last row first
    POST /v1/batches/ID/cancel        ends a job; 409 for one that is over

Jobs live as long as the server. Answers come from the script, as if each row had been asked.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from itertools import count
from threading import Lock

from gradient_cli.values import mutable_record, record
from gradient_cli.wire.json import Json, dumps

PREFIX = "/v1/batches"
_STORAGE = f"{PREFIX}/storage/"
_ENDPOINT = "/v1/responses"
MOST_ROWS = 50_000
_STEPS = ("validating", "in_progress", "completed")
_OVER = {"completed", "failed", "cancelled"}

Ask = Callable[[Json], tuple[int, Json]]
"""Gives status and body for the body of a request."""


@record
class EngineReply:
    """What the engine says: JSON, or the bytes of a file."""

    status: int
    body: Json = None
    data: bytes | None = None


@mutable_record
class _Job:
    id: str
    file_id: str
    request_id: str
    status: str = _STEPS[0]
    rows: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)

    def document(self) -> Json:
        is_done = self.status == "completed"
        return {
            "id": self.id,
            "batch_id": self.id,
            "object": "batch",
            "status": self.status,
            "provider": "openai",
            "endpoint": _ENDPOINT,
            "completion_window": "24h",
            "input_file_id": self.file_id,
            "request_id": self.request_id,
            "request_counts": {
                "total": self.rows,
                "completed": self.rows - self.failed if is_done else 0,
                "failed": self.failed if is_done else 0,
            },
            "errors": [{"message": words} for words in self.errors],
        }


class Engine:
    """The engine's files and jobs; from any thread."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._files: dict[str, bytes | None] = {}
        self._jobs: dict[str, _Job] = {}
        self._numbers = count(1)
        self._lock = Lock()

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], data: bytes
    ) -> EngineReply:
        """Do what a request wants."""
        with self._lock:
            if path.startswith(_STORAGE):
                return self._storage(method, path.removeprefix(_STORAGE), headers, data)
            host = headers.get("host", "127.0.0.1")
            words = path.removeprefix(PREFIX).strip("/").split("/")
            match method, words:
                case "POST", ["files"]:
                    return self._make_file(host, _object(data))
                case "POST", [""]:
                    return self._make_job(_object(data))
                case "GET", [""]:
                    jobs = [job.document() for job in reversed(self._jobs.values())]
                    return EngineReply(200, {"object": "list", "data": jobs, "has_more": False})
                case _, [identity, *rest] if identity in self._jobs:
                    return self._with_job(method, rest, self._jobs[identity], host)
            return _refusal(404, f"no such batch, or no such path: {method} {path}")

    def _storage(
        self, method: str, file_id: str, headers: Mapping[str, str], data: bytes
    ) -> EngineReply:
        if "authorization" in headers:
            return _refusal(403, "SignatureDoesNotMatch: a signed address takes no key")
        if file_id not in self._files:
            return _refusal(403, "the address has expired")
        if method == "PUT":
            self._files[file_id] = data
            return EngineReply(200, data=b"")
        found = self._files[file_id]
        return EngineReply(200, data=found) if found is not None else _refusal(404, "it is empty")

    def _make_file(self, host: str, wanted: Json) -> EngineReply:
        name = wanted.get("file_name")
        if not isinstance(name, str) or len(name) < 7 or not name.endswith(".jsonl"):
            return _refusal(400, "`file_name` must end with .jsonl")
        file_id = self._new_file(None)
        return EngineReply(201, {"file_id": file_id, "upload_url": _address(host, file_id)})

    def _new_file(self, data: bytes | None) -> str:
        file_id = f"file-mock-{next(self._numbers)}"
        self._files[file_id] = data
        return file_id

    def _make_job(self, wanted: Json) -> EngineReply:
        fixed = {"provider": "openai", "endpoint": _ENDPOINT, "completion_window": "24h"}
        for name, value in fixed.items():
            if wanted.get(name) != value:
                return _refusal(400, f'`{name}` must be "{value}"')
        file_id, request_id = wanted.get("file_id"), wanted.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            return _refusal(400, "`request_id` is missing")
        for job in self._jobs.values():
            if job.request_id == request_id:
                return EngineReply(201, job.document())
        if not isinstance(file_id, str) or self._files.get(file_id) is None:
            return _refusal(400, "nothing was uploaded")
        job = _Job(f"batch_mock_{len(self._jobs) + 1}", file_id, request_id)
        self._jobs[job.id] = job
        return EngineReply(201, job.document())

    def _with_job(self, method: str, rest: list[str], job: _Job, host: str) -> EngineReply:
        match method, rest:
            case "GET", []:
                self._step(job)
                return EngineReply(200, job.document())
            case "GET", ["results"]:
                return self._results(job, host)
            case "POST", ["cancel"]:
                if job.status in _OVER:
                    return _refusal(409, f"the batch is {job.status}")
                job.status = "cancelled"
                return EngineReply(200, job.document())
        return _refusal(404, "no such path")

    def _step(self, job: _Job) -> None:
        """Go on by a step: whoever looks sees something happen."""
        if job.status in _OVER:
            return
        job.status = _STEPS[_STEPS.index(job.status) + 1]
        lines = (self._files[job.file_id] or b"").split(b"\n")[:-1]
        job.rows = len(lines)
        job.errors = _faults(lines)
        if job.errors:
            job.status = "failed"

    def _results(self, job: _Job, host: str) -> EngineReply:
        if job.status != "completed":
            return _refusal(412, f"the batch is {job.status}")
        good, bad = f"{job.file_id}-output", f"{job.file_id}-errors"
        if good not in self._files:
            found = [self._line(raw) for raw in (self._files[job.file_id] or b"").splitlines()]
            found.reverse()  # No order is promised.
            self._files[good] = b"".join(line for status, line in found if status == 200)
            self._files[bad] = b"".join(line for status, line in found if status != 200)
            job.failed = sum(status != 200 for status, _ in found)
        result: dict[str, Json] = {"batch_id": job.id, "result_available": True}
        for name, file_id in (("output_file_url", good), ("error_file_url", bad)):
            result[name] = _address(host, file_id) if self._files[file_id] else None
        return EngineReply(200, result)

    def _line(self, raw: bytes) -> tuple[int, bytes]:
        """Give status and line of the answer to a line of the upload."""
        wanted = json.loads(raw)
        status, body = self._ask(wanted["body"])
        reply = {"status_code": status, "request_id": f"req_mock_{next(self._numbers)}"}
        line = {
            "id": f"batch_req_mock_{next(self._numbers)}",
            "custom_id": wanted["custom_id"],
            "response": {**reply, "body": body},
            "error": None,
        }
        return status, dumps(line).encode("utf-8", "replace") + b"\n"


def _faults(lines: list[bytes]) -> list[str]:
    """Give what is wrong with an upload."""
    if len(lines) > MOST_ROWS:
        return [f"{len(lines):,} rows; the limit is {MOST_ROWS:,}"]
    names: set[str] = set()
    for number, raw in enumerate(lines, 1):
        wanted = _object(raw)
        name = wanted.get("custom_id")
        if not isinstance(name, str) or not isinstance(wanted.get("body"), dict):
            return [f"line {number} has no `custom_id` or no `body`"]
        if name in names:
            return [f"line {number}: the custom_id {name} stands there twice"]
        names.add(name)
    return [] if lines else ["the file is empty"]


def _object(data: bytes) -> Json:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _address(host: str, file_id: str) -> str:
    return f"http://{host}{_STORAGE}{file_id}?signature=mock"


def _refusal(status: int, message: str) -> EngineReply:
    return EngineReply(status, {"id": "batch_error", "message": message})
