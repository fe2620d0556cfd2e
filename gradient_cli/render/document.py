"""
The result as one JSON object: `--json`, the last line of `--format events`, a failure of any kind.

Its keys are public; `RESULT_SCHEMA` describes them and ships with the package
(gradient_cli/render/result.schema.json).
"""

from collections.abc import Mapping
from dataclasses import field

from gradient_cli.errors import GradientError
from gradient_cli.values import record
from gradient_cli.wire.events import Usage
from gradient_cli.wire.json import Json
from gradient_cli.wire.response import Response


@record(kw_only=True)
class Result:
    """All that is known at the end of a run."""

    exit_code: int
    response: Response = field(default_factory=Response)
    text: str | None = None
    """What would be printed, if that is not the answer itself: a label, a code block, JSON."""
    parsed: Json = None
    checks: tuple[Mapping[str, Json], ...] = ()
    probability: Mapping[str, Json] | None = None
    """Of the label, where --sure or --votes asked for it."""
    error: GradientError | None = None
    request_id: str | None = None
    attempts: int = 0
    first_token_ms: int | None = None
    total_ms: int = 0
    usage: Usage | None = None
    """Of all answers, those that --repair threw away too."""


def as_document(result: Result) -> dict[str, Json]:
    """Give the public object, `response` last."""
    response = result.response
    return {
        "ok": result.exit_code == 0,
        "exit_code": result.exit_code,
        "text": response.text if result.text is None else result.text,
        "parsed": result.parsed,
        "commentary": response.commentary,
        "refusal": response.refusal or None,
        "status": response.status,
        "finish_reason": response.finish_word,
        "model": response.model,
        "id": response.id,
        "request_id": result.request_id,
        "usage": usage_object(result.usage),
        "timing": {"first_token_ms": result.first_token_ms, "total_ms": result.total_ms},
        "attempts": result.attempts,
        "tool_calls": [call.as_item() for call in response.tool_calls],
        "steps": [step.as_document() for step in response.steps],
        "pending": [dict(item) for item in response.pending],
        "server_calls": [dict(item) for item in response.server_calls],
        "citations": [dict(citation) for citation in response.citations],
        "probability": dict(result.probability) if result.probability else None,
        "checks": [dict(check) for check in result.checks],
        "error": error_object(result.error),
        "response": response.body,
    }


def as_last_line(result: Result) -> dict[str, Json]:
    """Give the object that ends `--format events`: the same, typed, without `response`."""
    document = as_document(result)
    del document["response"]
    return {"type": "gradient.result", **document}


def usage_object(usage: Usage | None) -> dict[str, int | None] | None:
    """Give token counts by the wire's names, None if there are none."""
    if usage is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "total_tokens": usage.total_tokens,
    }


def error_object(error: GradientError | None) -> dict[str, Json] | None:
    """Give an error as data, None for none."""
    if error is None:
        return None
    return {
        "type": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "http_status": error.http_status,
        "code": error.code,
        "request_id": error.request_id,
    }


def failure(error: GradientError) -> Result:
    """Give the result of a run that failed before anything was sent."""
    return Result(exit_code=error.status, error=error, request_id=error.request_id)
