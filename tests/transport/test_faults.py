"""Error bodies of every shape become one line that says what happened and what to do."""

import pytest

from gradient_cli.errors import CredentialError, RateLimited, RequestRejected, ServiceError
from gradient_cli.transport.faults import Setting, from_reply, read_complaint

SETTING = Setting("https://h", model="m", key_source="$KEY", secret="sk-1")


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        (b'{"id":"unauthorized","message":"Unable.","request_id":"r"}', "Unable.", "unauthorized"),
        (
            b'{"error":{"message":"bad","type":"BadRequestError","param":null,"code":400}}',
            "bad",
            "400",
        ),
        (b'{"error":"Unauthorized"}', "Unauthorized", None),
        (b'{"type":"error","error":{"type":"t","message":"m"}}', "m", "t"),
        (b'{"object":"error","message":"m"}', "m", None),
        (b'{"detail":"Not Found"}', "Not Found", None),
        (b'{"detail":[{"loc":["body","input"],"msg":"required"}]}', "body.input: required", None),
        (b'{"error":"not_found","messages":null,"root_causes":[]}', "not_found", None),
        (b"plain\nwords", "plain words", None),
        (b"<html><head><title>x</title></head><body>No <b>way</b></body></html>", "No way", None),
        (b"", "", None),
        (b"\xff\xfe", "\ufffd\ufffd", None),
        (b"[1]", "[1]", None),
        (b"null", "None", None),
        (b'{"error":{"message":"see sk-1"}}', "see [key]", None),
        (b'{"message":"a\\u001b[31m\\u202eb"}', "a [31m b", None),
    ],
)
def test_every_shape_is_read(body, words, code):
    """The words are one safe line without the key."""
    complaint = read_complaint(body, "sk-1")

    assert (complaint.words, complaint.code) == (words, code)


def test_long_words_are_cut():
    """A page of validation errors is no error line."""
    assert len(read_complaint(b"x" * 10_000).words) == 300


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (401, b"{}", CredentialError, "the key from $KEY was not accepted (401)"),
        (403, b"{}", CredentialError, "the key from $KEY may not do this (403)"),
        (
            404,
            b'{"message":"The model `m` does not exist."}',
            RequestRejected,
            'model "m" not found (404): The model `m` does not exist.',
        ),
        (
            404,
            b'{"detail":"Not Found"}',
            RequestRejected,
            "no such endpoint at https://h (404): Not Found",
        ),
        (404, b"<html>nginx</html>", RequestRejected, "no such endpoint at https://h (404)"),
        (413, b"", RequestRejected, "the request is too large (413)"),
        (429, b"{}", RateLimited, "too many requests (429)"),
        (
            502,
            b"<html><body>Bad Gateway</body></html>",
            ServiceError,
            "the service failed (502): Bad Gateway",
        ),
        (301, b"", RequestRejected, 'https://h redirects to "https://other" (301)'),
    ],
)
def test_a_status_becomes_a_message(status, body, kind, message):
    """What happened, and to what."""
    error = from_reply(status, {"location": "https://other"}, body, SETTING)

    assert (type(error), error.message) == (kind, message)
    assert error.http_status == status
    assert error.hint


def test_a_status_that_leads_nowhere_is_no_redirect():
    """A cache's "not modified", for one."""
    error = from_reply(304, {}, b"", SETTING)

    assert error.message == "https://h answered with 304, which is no answer"
