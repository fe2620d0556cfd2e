"""
The provider's own batch engine: one upload, answers within a day, at another price.

    rows ─► Upload (a file of requests, checked against the limits)
         ─► file: POST /v1/batches/files, PUT to the presigned address, without the key
         ─► job:  POST /v1/batches, with a request id made of the content
         ─► GET … until it is over, with growing pauses
         ─► results, joined to the rows by their custom ids, in whatever order they come

Every step may be done twice. A job whose reply was lost is found by its request id, because
the same content has the same id; so nothing is paid for twice.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

from gradient_cli.batch.entries import Row
from gradient_cli.batch.jobs import Job, read_job, read_jobs, read_result_urls
from gradient_cli.errors import BrokenReply, GradientError, ServiceError, TimedOut, UsageError
from gradient_cli.terminal.ways import private_file
from gradient_cli.values import record
from gradient_cli.wire.json import Json, loads
from gradient_cli.wire.request import PATH, Request, encode_json

JOBS_PATH = "/v1/batches"
FILES_PATH = "/v1/batches/files"
MAX_BYTES = 200_000_000
MAX_ROWS = 50_000
WINDOW = "24h"
UPLOADS = 4
"""How often an upload is tried: the address expires, and hosts have bad moments."""
FIRST_PAUSE_S, LONGEST_PAUSE_S, PAUSE_GROWTH = 5.0, 300.0, 1.5
MOST_PAGES = 50
"""Pages of the list of jobs that are searched for a lost one."""
MOST_REPEATS = 20
"""Jobs with the same content that may have failed before."""


class Service(Protocol):
    """The way to the engine's calls; a Client."""

    def call(self, method: str, path: str, what: str, body: Json = None) -> Json:
        """Give the JSON that a call answers, with retries."""


class Files(Protocol):
    """The way to presigned addresses; a Storage."""

    def put(self, url: str, path: Path) -> None:
        """Upload a file, without any key."""

    def get(self, url: str) -> Iterator[bytes]:
        """Give a file's lines."""


@record
class Upload:
    """A file of requests."""

    path: Path
    rows: list[Row]
    """The row of each line."""
    digest: str
    """SHA-256 (hex) of the content."""
    size_bytes: int


def write_upload(rows: Iterable[tuple[Row, Request]], path: Path) -> Upload:
    """
    Write the requests of some rows to a file that only its owner may read.

    Raises:
        UsageError: more than the engine takes, or the file cannot be written.

    """
    digest = hashlib.sha256()
    kept: list[Row] = []
    try:
        with private_file(path) as file:
            size = _write_lines(rows, file, digest.update, kept)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot write "{path}": {words}') from None
    return Upload(path, kept, digest.hexdigest(), size)


def _write_lines(
    rows: Iterable[tuple[Row, Request]],
    file: BinaryIO,
    update: Callable[[bytes], None],
    kept: list[Row],
) -> int:
    """Write the lines and note their rows; give the bytes written."""
    size = 0
    for row, request in rows:
        line = request_line(len(kept), request)
        size += len(line)
        kept.append(row)
        if len(kept) > MAX_ROWS or size > MAX_BYTES:
            what = (
                f"{MAX_ROWS:,} rows" if len(kept) > MAX_ROWS else f"{MAX_BYTES // 10**6} MB of rows"
            )
            raise UsageError(
                f"the batch engine takes at most {what} at a time",
                hint="--limit N, or --shard 1/4 to 4/4 with an OUT for each; or `batch run`",
            )
        file.write(line)
        update(line)
    return size


def request_line(position: int, request: Request, *, is_shown: bool = False) -> bytes:
    """
    Give the line of a request, with its newline; a job is no stream.

    `is_shown`: people see it, so the secrets of its tools are left out.
    """
    head = {"custom_id": custom_id(position), "method": "POST", "url": PATH}
    request = replace(request, stream=False)
    body = b"".join(request.encode(is_job=True, body=request.shown() if is_shown else None))
    return encode_json(head)[:-1] + b',"body":' + body + b"}\n"


def custom_id(position: int) -> str:
    """Give the id by which the engine knows the row at a position, from 0."""
    return f"row-{position + 1}"


@record
class Result:
    """What the engine says of one row: a reply, or why there is none."""

    position: int
    http_status: int | None = None
    body: bytes = b""
    request_id: str | None = None
    message: str | None = None
    code: str | None = None


class Engine:
    """Submits jobs and gets their results."""

    def __init__(
        self,
        service: Service,
        files: Files,
        sleep: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        self._service = service
        self._files = files
        self._sleep = sleep
        self._tell = tell

    def submit(
        self,
        upload: Upload,
        name: str,
        remember: Callable[[str, str | None], None],
        forget: Callable[[], None],
        used_up: str | None = None,
    ) -> Job:
        """
        Upload and create the job, or find the one that has this content.

        `remember(request_id, job_id)` is called before the job is created and after it, `forget`
        where it is certain that there is none.
        `used_up` is the id of a job that is over and gave no answer to these rows.

        Raises:
            GradientError: the engine refuses, or cannot be reached.

        """
        file_id = self._upload(upload, name)
        for repeat in range(MOST_REPEATS):
            request_id = content_id(upload, repeat)
            remember(request_id, None)
            job = self._create(file_id, request_id, forget)
            # An earlier job of this content that failed or expired is not what is wanted now.
            if job.id != used_up and (not job.is_over or job.is_good):
                remember(request_id, job.id)
                return job
        raise ServiceError(
            f"this content has failed {MOST_REPEATS} times", hint="change it, or use `batch run`"
        )

    def find(self, request_id: str) -> Job | None:
        """
        Give the job with this request id, or None.

        Raises:
            GradientError: the list cannot be had.

        """
        path = f"{JOBS_PATH}?limit=100"
        for _ in range(MOST_PAGES):
            jobs, cursor = read_jobs(self._service.call("GET", path, "the list of jobs"))
            if job := next((job for job in jobs if job.request_id == request_id), None):
                return job
            if cursor is None:
                return None
            path = f"{JOBS_PATH}?limit=100&after={quote(cursor, safe='')}"
        return None

    def status(self, job_id: str) -> Job:
        """
        Give the job as it is now.

        Raises:
            GradientError: it cannot be had.

        """
        return read_job(self._service.call("GET", _job_path(job_id), "the job"))

    def wait(self, job_id: str, look: Callable[[Job], None]) -> Job:
        """
        Give the job when it is over, asking less and less often.

        Raises:
            GradientError: it cannot be had.

        """
        pause = FIRST_PAUSE_S
        while not (job := self.status(job_id)).is_over:
            look(job)
            self._sleep(pause)
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_S)
        return job

    def cancel(self, job_id: str) -> Job:
        """
        Cancel the job, if it is not over; give it as it is then.

        Raises:
            GradientError: the engine refuses.

        """
        try:
            self._service.call("POST", f"{_job_path(job_id)}/cancel", "the job", {})
        except GradientError as error:
            if error.http_status != 409 or not self.status(job_id).is_over:
                raise
        return self.status(job_id)

    def results(self, job_id: str) -> Iterator[Result | None] | None:
        """
        Give the results of a job that is over, or None where there are none yet.

        A line that names none of our rows is a None among them.

        Raises:
            GradientError: they cannot be had.

        """
        try:
            payload = self._service.call("GET", f"{_job_path(job_id)}/results", "the results")
        except GradientError as error:
            if error.http_status == 412:
                return None
            raise
        urls = read_result_urls(payload)
        return None if urls is None else self._read(urls)

    def _read(self, urls: list[str]) -> Iterator[Result | None]:
        for url in urls:
            for line in self._files.get(url):
                yield read_result(line)

    def _upload(self, upload: Upload, name: str) -> str:
        """Put the file there and give its id; start over where the address is refused."""
        pause = 1.0
        attempt = 0
        while True:
            attempt += 1
            made = self._service.call("POST", FILES_PATH, "the upload", {"file_name": name})
            file_id, url = _file(made)
            try:
                self._files.put(url, upload.path)
                return file_id
            except GradientError as error:
                is_passing = error.http_status in {None, 403} or isinstance(error, ServiceError)
                if attempt >= UPLOADS or not is_passing or isinstance(error, BrokenReply):
                    raise
                self._tell(f"{error.message}: trying again ({attempt}/{UPLOADS - 1})")
                self._sleep(pause)
                pause *= 2

    def _create(self, file_id: str, request_id: str, forget: Callable[[], None]) -> Job:
        """Create the job; one that is there already is given instead."""
        wanted = {
            "file_id": file_id,
            "provider": "openai",
            "endpoint": PATH,
            "completion_window": WINDOW,
            "request_id": request_id,
        }
        try:
            return read_job(self._service.call("POST", JOBS_PATH, "the job", wanted))
        except GradientError as error:
            # The reply to a first try may be lost, while the job is not.
            is_unclear = error.http_status == 409 or isinstance(error, ServiceError | TimedOut)
            found = self.find(request_id) if is_unclear else None
            if found is None:
                forget()
                raise
            return found


def content_id(upload: Upload, repeat: int = 0) -> str:
    """Give the request id of some content: the same for the same, so that nobody pays twice."""
    return f"gradient-{upload.digest[:32]}" + (f"-{repeat + 1}" if repeat else "")


_ROW = re.compile("row-([1-9][0-9]{0,5})")


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _job_path(job_id: str) -> str:
    return f"{JOBS_PATH}/{quote(job_id, safe='')}"


def _file(payload: Json) -> tuple[str, str]:
    value = payload if isinstance(payload, Mapping) else {}
    file_id, url = value.get("file_id"), value.get("upload_url")
    if not isinstance(file_id, str) or not isinstance(url, str):
        raise BrokenReply("the batch engine named no place for the upload")
    return file_id, url


def read_result(line: bytes) -> Result | None:
    """Read one line of a file of results; one that names no row is None."""
    try:
        value = loads(line.decode("utf-8", "replace"))
    except ValueError:
        return None
    name = value.get("custom_id") if isinstance(value, Mapping) else None
    found = _ROW.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return None
    position = int(found[1]) - 1
    response = value.get("response")
    if isinstance(response, Mapping) and response.get("body") is not None:
        status = response.get("status_code")
        if not (status is None or status in range(100, 600)):
            return Result(position, message="the batch engine gave a status that is none")
        return Result(
            position,
            http_status=int(status or 200),
            body=json.dumps(response["body"]).encode(),
            request_id=_text(response.get("request_id")),
        )
    error = value.get("error")
    error = error if isinstance(error, Mapping) else {"message": error}
    return Result(
        position,
        message=str(error.get("message") or "the batch engine gave no answer"),
        code=str(error["code"]) if error.get("code") else None,
    )
