"""The line of a row: what is always there, what only where there is such a thing, and when."""

import json

import pytest

from gradient_cli.ask.client import Outcome
from gradient_cli.ask.verdict import Judged
from gradient_cli.batch.entries import Row
from gradient_cli.batch.result_line import done, fault_of
from gradient_cli.batch.spending import Spent
from gradient_cli.batch.tasks import Task
from gradient_cli.errors import (
    ConnectionFailed,
    CredentialError,
    ExpectationFailed,
    RateLimited,
    ServiceError,
)
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.events import Usage
from gradient_cli.wire.request import Request
from gradient_cli.wire.response import Response

AT = "2026-01-01T00:00:00.000001Z"
USUAL = Response(
    text="hi", status="completed", model="m", usage=Usage(input_tokens=3, output_tokens=4)
)


def said(judged: Judged, row: Row = Row(1, "a" * 64), spent: Spent = Spent(), **more):  # noqa: B008
    """Give what came of a row: the result, and its line."""
    result = done(Task(row, Request(), spent), judged, at=AT, run="ab", **more)
    return result, json.loads(result.line)


def answered(response: Response = USUAL, **more) -> Judged:
    outcome = Outcome(response, attempts=2, total_ms=70, request_id="rq")
    return Judged(outcome, **more)


def test_an_answer_has_all_that_is_known_of_it():
    """And null where nobody knows."""
    result, line = said(answered(), spent=Spent(1, 2, 3))

    assert (result.status, result.tokens, result.is_final, result.fault) == (
        ExitStatus.OK, 7, False, None,
    )  # fmt: skip
    assert line == {
        "id": 1, "key": "a" * 64, "ok": True, "at": AT, "run": "ab", "exit_code": 0, "text": "hi",
        "finish_reason": line["finish_reason"], "model": "m", "request_id": "rq",
        "usage": line["usage"], "total_ms": 70, "attempts": 2, "error": None,
        "spent": {"input_tokens": 4, "output_tokens": 6, "total_tokens": 10},
    }  # fmt: skip
    assert line["usage"]["input_tokens"] == 3
    assert said(answered(), is_timed=False)[1]["total_ms"] is None


def test_a_line_holds_what_is_printed_and_what_was_parsed():
    """A label in place of the answer, JSON beside it; data of the row as it is."""
    judged = answered(text="yes", parsed={"a": 1}, warning="cut?")

    _, line = said(judged, Row("x", "b" * 64, {"k": [1]}), has_labels=True)

    assert (line["id"], line["data"], line["text"], line["label"]) == (
        "x",
        {"k": [1]},
        "yes",
        "yes",
    )
    assert (line["parsed"], line["warning"]) == ({"a": 1}, "cut?")
    assert "label" not in said(judged)[1]
    assert said(answered(text=""))[1]["text"] == ""


@pytest.mark.parametrize(
    ("error", "status", "is_final", "is_fault"),
    [
        (ExpectationFailed("no"), 1, False, False),
        (CredentialError("no", http_status=401), 3, True, False),
        (CredentialError("no", http_status=403), 3, False, False),
        (ServiceError("down", http_status=503), 5, False, True),
        (ConnectionFailed("refused"), None, False, True),
        (RateLimited("slow down", http_status=429), 6, False, False),
    ],
)
def test_a_failure_says_what_it_means_for_the_others(error, status, is_final, is_fault):
    """A key that is refused ends the run; a service that is down may."""
    result, line = said(answered(error=error))

    assert line["ok"] is False
    assert status in (None, line["exit_code"])
    assert (result.is_final, result.fault is not None) == (is_final, is_fault)
    assert line["error"]["message"] == error.message


def test_a_quota_that_is_used_up_is_a_fault():
    """Nothing was even sent; a burst of 429 passes."""
    error = RateLimited("used up", http_status=429)

    assert fault_of(error, 0) == "used up"
    assert fault_of(error, 1) is None
    assert fault_of(ExpectationFailed("no"), 0) is None
    assert fault_of(ServiceError("down"), 3) == "down"


def test_what_else_an_answer_holds_stands_there_only_if_it_does():
    """Names without a value would fill millions of lines."""
    full = Response(
        text="hi", status="completed", commentary="hm", refusal="no",
        pending=({"type": "p"},), server_calls=({"type": "s"},), citations=({"url": "u"},),
    )  # fmt: skip

    line = said(answered(full))[1]

    assert {name: line[name] for name in ("commentary", "refusal")} == {
        "commentary": "hm", "refusal": "no",
    }  # fmt: skip
    assert (line["pending"], line["server_calls"], line["citations"]) == (
        [{"type": "p"}], [{"type": "s"}], [{"url": "u"}],
    )  # fmt: skip
    empty = said(answered())[1]
    assert not {"commentary", "refusal", "pending", "server_calls", "citations", "steps"} & set(
        empty
    )
