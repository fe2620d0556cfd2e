"""
A result of `batch` as a line of OUT.

The first keys stand first, because a resumed run reads them without decoding the rest.
"""

from collections.abc import Mapping

from gradient_cli.ask.verdict import Judged
from gradient_cli.batch.spending import spent_on
from gradient_cli.batch.tasks import Done, Task
from gradient_cli.errors import GradientError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.document import error_object, usage_object
from gradient_cli.wire.events import total_tokens
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.strict import exact

_FAULTS = (ExitStatus.SERVICE, ExitStatus.TIMEOUT)
"""The statuses of a service that is down, or cannot be reached."""


def done(
    task: Task,
    judged: Judged,
    *,
    at: str,
    run: str = "",
    has_labels: bool = False,
    is_timed: bool = True,
) -> Done:
    """
    Give what came of a task `at` an instant; where nobody measured how long it took, that is null.

    `run` are the settings that it was asked with.
    """
    error, response = judged.error, judged.outcome.response
    status = error.status if error else ExitStatus.OK
    usage = judged.outcome.usage
    said: dict[str, Json] = {
        "text": response.text if judged.text is None else judged.text,
        **_said(judged, has_labels=has_labels),
        "finish_reason": response.finish_word,
        "model": response.model,
        "request_id": judged.outcome.request_id,
        "usage": usage_object(usage),
        "spent": (task.spent_before + spent_on(usage)).as_document(),
        "total_ms": judged.outcome.total_ms if is_timed else None,
        "attempts": judged.outcome.attempts,
        "error": error_object(error),
    }
    return Done(
        status,
        line_of(task, status, said, at=at, run=run),
        tokens=total_tokens(usage),
        is_final=bool(error and error.http_status == 401),
        fault=fault_of(error, judged.outcome.attempts) if error else None,
    )


def line_of(
    task: Task, status: ExitStatus, said: Mapping[str, Json], *, at: str, run: str
) -> bytes:
    """Give a line of OUT: whose it is and how it ended, and then what was said."""
    row = task.row
    record: dict[str, Json] = {
        "id": row.id,
        "key": row.key,
        "ok": status is ExitStatus.OK,
        "at": at,
        "run": run,
        **({} if row.data is None else {"data": exact(row.data)}),
        "exit_code": int(status),
        **said,
    }
    return line(record).encode() + b"\n"


def fault_of(error: GradientError, sends: int) -> str | None:
    """Give what is wrong with the service, if that is why nothing was said."""
    # Not even sent: the quota is used up, for hours. A burst of 429 passes.
    is_quota = error.status is ExitStatus.RATE_LIMIT and not sends
    return error.message if error.status in _FAULTS or is_quota else None


def _said(judged: Judged, *, has_labels: bool) -> dict[str, Json]:
    """Give what stands in a line only where there is such a thing."""
    response = judged.outcome.response
    return {
        name: value
        for name, value in (
            ("label", judged.text if has_labels else None),
            ("parsed", judged.parsed),
            ("steps", [step.as_document() for step in response.steps] or None),
            ("tool_calls", [call.as_item() for call in response.tool_calls] or None),
            ("commentary", response.commentary or None),
            ("refusal", response.refusal or None),
            ("pending", [dict(item) for item in response.pending] or None),
            ("server_calls", [dict(item) for item in response.server_calls] or None),
            ("citations", [dict(one) for one in response.citations] or None),
            ("warning", judged.warning or None),
        )
        if value is not None
    }
