"""
Jobs of the provider's batch engine, in both of the shapes that its documents and SDKs know.

    validating ─► in_progress ─► finalizing ─► completed
    (queued)          │                 └────► failed, expired
                      └─► cancelling ─► cancelled

And the small file beside OUT that remembers a job: what was asked in which row, and where.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import NoneType
from typing import Any

from gradient_cli.batch.entries import Row
from gradient_cli.errors import BrokenReply, UsageError
from gradient_cli.terminal.files import write_file
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.events import is_count
from gradient_cli.wire.json import Json, dumps
from gradient_cli.wire.strict import exact, parse

OVER = frozenset({"completed", "failed", "expired", "cancelled"})
FORMAT = 1


@record
class Job:
    """A job as the engine describes it."""

    id: str
    status: str
    total: int | None = None
    completed: int | None = None
    failed: int | None = None
    request_id: str | None = None
    errors: tuple[str, ...] = ()
    """What the engine says went wrong."""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.status in OVER

    @property
    def is_good(self) -> bool:
        """Tell whether it ended as it should."""
        return self.status == "completed"

    def words(self) -> str:
        """Give one line for people."""
        counts = ""
        if self.total:
            counts = f": {self.completed or 0:,} of {self.total:,} answered"
            counts += f", {self.failed:,} failed" if self.failed else ""
        why = f" ({self.errors[0]})" if self.errors else ""
        return f"job {self.id} is {self.status}{counts}{why}"


def read_job(payload: Json) -> Job:
    """
    Read a job.

    Raises:
        BrokenReply: it has no id or no status.

    """
    value = payload if isinstance(payload, Mapping) else {}
    identity = value.get("batch_id") or value.get("id")
    status = value.get("status")
    if not isinstance(identity, str) or not isinstance(status, str):
        raise BrokenReply("the batch engine answered with something that is no job")
    counts = value.get("request_counts")
    counts = counts if isinstance(counts, Mapping) else {}
    return Job(
        identity,
        status.lower(),
        total=_count(counts.get("total")),
        completed=_count(counts.get("completed")),
        failed=_count(counts.get("failed")),
        request_id=_text(value.get("request_id")),
        errors=tuple(_errors(value.get("errors"))),
    )


def read_jobs(payload: Json) -> tuple[list[Job], str | None]:
    """Give the jobs of one page, and the cursor of the next one; None if it is the last."""
    value = payload if isinstance(payload, Mapping) else {}
    if isinstance(value.get("edges"), list):
        nodes = [edge.get("node") for edge in value["edges"] if isinstance(edge, Mapping)]
        page = value.get("page_info")
        page = page if isinstance(page, Mapping) else {}
        has_more, cursor = page.get("hasNextPage"), _text(page.get("endCursor"))
    else:
        data = value.get("data")
        nodes = data if isinstance(data, list) else []
        has_more, cursor = value.get("has_more"), _text(value.get("last_id"))
    return [read_job(node) for node in nodes], cursor if has_more is True else None


def read_result_urls(payload: Json) -> list[str] | None:
    """Give the addresses of the files of results, good ones first; None: not ready yet."""
    value = payload if isinstance(payload, Mapping) else {}
    download = value.get("download")
    download = download if isinstance(download, Mapping) else {}
    good = download.get("presigned_url") or value.get("output_file_url") or value.get("output_url")
    found = [url for url in (good, value.get("error_file_url")) if isinstance(url, str) and url]
    return None if value.get("result_available") is False or not found else found


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _errors(value: Json) -> list[str]:
    """Give messages, whether they come as texts, as objects, or in a list within an object."""
    if isinstance(value, Mapping):
        value = value.get("data")
    found = []
    for error in value if isinstance(value, list) else []:
        words = error.get("message") if isinstance(error, Mapping) else error
        if isinstance(words, str) and words:
            found.append(" ".join(words.split())[:300])
    return found


@mutable_record
class JobFile:
    """What is remembered of a job between `submit` and `fetch`: OUT's neighbour."""

    path: Path
    request_id: str
    endpoint: str
    """The base URL at which it was submitted."""
    rows: list[Row]
    """In the order of the upload."""
    job_id: str | None = None
    """None: it is not known whether the engine ever took it."""
    expectations: dict[str, Any] = field(default_factory=dict)
    """What is expected of the answers, for `fetch`."""
    terms: list[dict[str, Json]] = field(default_factory=list)
    """What the requests said that bears on judging their answers; empty: not known."""
    row_terms: list[int] = field(default_factory=list)
    """Which of the terms each row had; empty: the first."""
    run: str = ""
    """The settings that it was submitted with."""
    is_fetched: bool = False
    """Its results are in OUT, but not of all rows: `fetch` may look again, `submit` go on."""

    def terms_of(self, position: int) -> dict[str, Json] | None:
        """Give what a row's request said, or None where nobody kept it."""
        if not self.terms:
            return None
        return self.terms[self.row_terms[position] if self.row_terms else 0]

    def save(self) -> None:
        """
        Write the file, whole or not at all.

        Raises:
            UsageError: it cannot be written.

        """
        value = {
            "gradient": FORMAT,
            "request_id": self.request_id,
            "job_id": self.job_id,
            "endpoint": self.endpoint,
            "expectations": self.expectations,
            "run": self.run,
            "rows": [
                [row.id, row.key, *([] if row.data is None else [exact(row.data)])]
                for row in self.rows
            ],
            "terms": self.terms,
            "row_terms": self.row_terms if len(self.terms) > 1 else [],
            **({"fetched": True} if self.is_fetched else {}),
        }
        write_file(str(self.path), dumps(value) + "\n")

    def forget(self) -> None:
        """Remove the file: the job's results are in OUT."""
        self.path.unlink(missing_ok=True)


def job_path(out: str) -> Path:
    """Give the path of the file that remembers OUT's job."""
    return Path(f"{out}.job")


def load_job(out: str) -> JobFile | None:
    """
    Read the file that remembers OUT's job, if there is one.

    Raises:
        UsageError: it cannot be read as one.

    """
    path = job_path(out)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot read "{path}": {words}') from None
    try:
        return _job_file(path, parse(data.decode()))
    except ValueError as error:
        raise UsageError(
            f'"{path}" does not hold a job: {error}',
            hint="remove it if you know what became of the job",
        ) from None


def _job_file(path: Path, value: Json) -> JobFile:
    """Give what a file holds, each field looked at: it may have come from anywhere."""
    if not isinstance(value, dict) or value.get("gradient") != FORMAT:
        raise ValueError(f"it is no object with `gradient` = {FORMAT}")
    for name, kinds in _KINDS.items():
        if not isinstance(value.get(name), kinds):
            raise ValueError(f"`{name}` is missing or of the wrong kind")
    for number, row in enumerate(value["rows"], 1):
        if not _is_row(row):
            raise ValueError(f"row {number} is no pair of an id and a key")
    return JobFile(
        path,
        request_id=value["request_id"],
        endpoint=value["endpoint"],
        rows=[Row(*row) for row in value["rows"]],
        job_id=value["job_id"],
        expectations=value["expectations"],
        terms=_terms(value.get("terms", [])),
        row_terms=_row_terms(value),
        run=value["run"] if isinstance(value.get("run"), str) else "",
        is_fetched=value.get("fetched") is True,
    )


_KINDS: Mapping[str, tuple[type, ...]] = {
    "request_id": (str,),
    "endpoint": (str,),
    "job_id": (str, NoneType),
    "expectations": (dict,),
    "rows": (list,),
}
_KEY = re.compile("[0-9a-f]{64}")


def _terms(value: Json) -> list[dict[str, Json]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("`terms` is no list of objects")
    return value


def _row_terms(value: dict[str, Json]) -> list[int]:
    places, most = value.get("row_terms", []), len(value.get("terms", []))
    is_list = isinstance(places, list) and len(places) in (0, len(value["rows"]))
    if not is_list or not all(is_count(place) and place < most for place in places):
        raise ValueError("`row_terms` does not name a term for each row")
    return list(places)


def _is_row(row: Json) -> bool:
    if not isinstance(row, list) or len(row) not in {2, 3}:
        return False
    identity, key = row[:2]
    is_id = isinstance(identity, str | int) and not isinstance(identity, bool)
    return is_id and isinstance(key, str) and bool(_KEY.fullmatch(key))
