"""
The provider's batch engine as its documents describe it, on loopback.

    files ─► presigned PUT ─► jobs (by request id, each once) ─► results

`fails` names steps that fail once before they work: a status, or LOST, which does the work
and then breaks the connection without a reply.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

KEY = "sk-do-test"
LOST = "lost"


class FakeEngine:
    """Serves in a thread; what came is kept for the test to look at."""

    def __init__(self, shape: str = "oas", polls: int = 2) -> None:
        self.shape = shape
        self.polls = polls
        """How often a job is asked for before it is over."""
        self.ends_as = "completed"
        self.fails: dict[str, list[int | str]] = {}
        """step -> what happens to its next requests: file, put, create, job, results, download."""
        self.files: dict[str, bytes | None] = {}
        self.jobs: dict[str, dict] = {}
        """job id -> {request_id, file_id, asked, status}."""
        self.steps: list[str] = []
        self.keys_seen_by_storage: list[str] = []
        self.answer = answer
        """Gives the line of results for a line of requests."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        # The default of half a second is how long the end would take.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What each step does -------------------------------------------------------------------

    def make_file(self, request: dict) -> tuple[int, dict]:
        assert request["file_name"].endswith(".jsonl")
        assert len(request["file_name"]) >= 7
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = None
        return 201, {
            "file_id": file_id,
            "upload_url": f"{self.url}/storage/{file_id}?sig=5ecret",
            "expires_at": "2026-11-23T15:00:00Z",
        }

    def create(self, request: dict) -> tuple[int, dict]:
        assert request["endpoint"] == "/v1/responses"
        assert (request["provider"], request["completion_window"]) == ("openai", "24h")
        assert self.files[request["file_id"]] is not None, "nothing was uploaded"
        for job_id, job in self.jobs.items():
            if job["request_id"] == request["request_id"]:
                return 201, self.describe(job_id)
        job_id = f"batch_{len(self.jobs) + 1}"
        self.jobs[job_id] = {
            "request_id": request["request_id"],
            "file_id": request["file_id"],
            "asked": 0,
            "status": "validating",
        }
        return 201, self.describe(job_id)

    def look_at(self, job_id: str) -> tuple[int, dict]:
        job = self.jobs[job_id]
        job["asked"] += 1
        if job["status"] in {"validating", "in_progress"}:
            job["status"] = self.ends_as if job["asked"] > self.polls else "in_progress"
        return 200, self.describe(job_id)

    def cancel(self, job_id: str) -> tuple[int, dict]:
        job = self.jobs[job_id]
        if job["status"] in {"completed", "failed", "cancelled"}:
            return 409, {"id": "conflict", "message": "the batch is in a terminal state"}
        job["status"] = "cancelled"
        return 200, self.describe(job_id)

    def results(self, job_id: str) -> tuple[int, dict]:
        if self.jobs[job_id]["status"] != "completed":
            return 412, {"id": "precondition_failed", "message": "results are not ready"}
        address = f"{self.url}/storage/results/{job_id}?sig=5ecret"
        if self.shape == "oas":
            return 200, {
                "batch_id": job_id,
                "result_available": True,
                "output_file_url": address,
                "error_file_url": f"{address}&errors=1",
            }
        return 200, {"download": {"presigned_url": address}, "output_file_id": "out"}

    def describe(self, job_id: str) -> dict:
        job = self.jobs[job_id]
        total = len((self.files[job["file_id"]] or b"").splitlines())
        done = total if job["status"] == "completed" else 0
        common = {
            "batch_id": job_id,
            "provider": "openai",
            "status": job["status"],
            "request_id": job["request_id"],
            "request_counts": {"total": total, "completed": done, "failed": 0},
        }
        if self.shape == "oas":
            return {**common, "input_file_id": job["file_id"], "metadata": None, "errors": []}
        return {**common, "file_id": job["file_id"], "result_available": done > 0}

    def list_jobs(self, after: str | None) -> dict:
        """Give one job a page, so that a search has to turn pages."""
        names = sorted(self.jobs, reverse=True)
        start = names.index(after) + 1 if after else 0
        page, rest = names[start : start + 1], names[start + 1 :]
        jobs = [self.describe(name) for name in page]
        last = page[-1] if page else None
        if self.shape == "oas":
            return {"object": "list", "data": jobs, "last_id": last, "has_more": bool(rest)}
        return {
            "edges": [{"cursor": name, "node": job} for name, job in zip(page, jobs, strict=True)],
            "page_info": {"endCursor": last, "hasNextPage": bool(rest)},
        }

    def download(self, job_id: str, *, errors: bool) -> bytes:
        """Give the results in reverse order: order is not promised."""
        requests = (self.files[self.jobs[job_id]["file_id"]] or b"").splitlines()
        lines = [self.answer(json.loads(line)) for line in reversed(requests)]
        wanted = [line for line in lines if (line["error"] is not None) == errors]
        if self.shape != "oas" and not errors:
            wanted = lines
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in wanted).encode()


def answer(request: dict) -> dict:
    """Give a good result: the last word of the input."""
    text = request["body"]["input"].rpartition(" ")[2]
    item = {"type": "message", "role": "assistant"}
    body = {
        "id": f"resp-{request['custom_id']}",
        "object": "response",
        "status": "completed",
        "model": request["body"].get("model"),
        "output": [{**item, "content": [{"type": "output_text", "text": text}]}],
        "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
    }
    return {
        "id": "out-1",
        "custom_id": request["custom_id"],
        "response": {"status_code": 200, "request_id": "rq-1", "body": body},
        "error": None,
    }


def expired(request: dict) -> dict:
    """Give the result of a row that the engine did not get to."""
    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
    return {"id": "out-1", "custom_id": request["custom_id"], "response": None, "error": error}


def _handler(engine: FakeEngine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._serve()

        do_POST = do_PUT = do_GET  # the names are http.server's

        def _serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(size)
            step, act = self._route(body)
            engine.steps.append(step)
            fate = (engine.fails.get(step) or [None]).pop(0)
            if isinstance(fate, int):
                self._say(fate, b'{"id":"x","message":"not this time"}')
                return
            status, value = act()
            if fate == LOST:
                self.close_connection = True
                self.connection.close()
                return
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self._say(status, data)

        def _route(self, body: bytes):
            path, _, query = self.path.partition("?")
            parts = path.strip("/").split("/")
            if parts[0] == "storage":
                return self._storage(parts[1:], query, body)
            assert self.headers["authorization"] == f"Bearer {KEY}"
            request = json.loads(body) if body else {}
            match (self.command, *parts[2:]):
                case ("POST", "files"):
                    return "file", lambda: engine.make_file(request)
                case ("POST",):
                    return "create", lambda: engine.create(request)
                case ("GET",):
                    pairs = dict(pair.split("=") for pair in query.split("&"))
                    return "list", lambda: (200, engine.list_jobs(pairs.get("after")))
                case ("GET", job_id):
                    return "job", lambda: engine.look_at(job_id)
                case ("GET", job_id, "results"):
                    return "results", lambda: engine.results(job_id)
                case ("POST", job_id, "cancel"):
                    return "cancel", lambda: engine.cancel(job_id)
            raise AssertionError(self.path)

        def _storage(self, parts: list[str], query: str, body: bytes):
            engine.keys_seen_by_storage += [self.headers["authorization"] or ""]
            if self.command == "PUT":
                return "put", lambda: (200, engine.files.update({parts[0]: body}) or b"")
            has_errors = "errors=1" in query
            return "download", lambda: (200, engine.download(parts[1], errors=has_errors))

        def _say(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
