"""Error bodies of every shape become one line that says what happened and what to do."""

import json

import pytest

from gradient_cli.errors import (
    CredentialError,
    QuotaUsedUp,
    RateLimited,
    RequestRejected,
    ServiceError,
)
from gradient_cli.transport.complaints import read_complaint, without_key
from gradient_cli.transport.faults import Setting, from_reply, from_words

SETTING = Setting("https://h", model="m", key_source="$KEY", secret="sk-12345")


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
        (b'{"error":{"message":"see sk-12345"}}', "see [key]", None),
        (b'{"message":"a\\u001b[31m\\u202eb"}', "a [31m b", None),
    ],
)
def test_every_shape_is_read(body, words, code):
    """The words are one safe line without the key."""
    complaint = read_complaint(body, ("sk-12345",))

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


BURST = b'data: {"error": {"message": "Invalid model name passed in model=m", "code": "400"}}\n\n'


@pytest.mark.parametrize(
    ("words", "is_model"),
    [
        ("/responses: Invalid model name passed in model=llama-9. Call `/v1/models`", True),
        ("The model `llama-9` does not exist or you do not have access to it.", True),
        ("llama-9 is not a valid model ID", True),
        ("Model llama-9 not found", True),
        ("unknown model: llama-9", True),
        ("Unsupported parameter: temperature is not supported with this model.", False),
        ("Invalid value for model input", False),
        ("this model does not support tools", False),
        ("prompt too long", False),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_an_unknown_model_that_is_a_400_is_named(words, is_model, status):
    """LiteLLM and transformers say so; what a model that is there refuses is something else."""
    setting = Setting("http://x", model="llama-9")

    error = from_reply(status, {}, json.dumps({"error": {"message": words}}).encode(), setting)

    assert (error.hint == "`gradient models` lists what this key may use") is is_model


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (
            "max_output_tokens=100000 cannot be greater than max_model_len=1024. "
            "Please request fewer output tokens.",
            "lower --max-output-tokens",
        ),
        ("max_tokens is too large: 99999. This model supports at most 4096", "lower --max-output"),
        (
            "This model's maximum context length is 1024 tokens. However, your prompt contains "
            "at least 1025 input tokens. Please reduce the length of the input prompt.",
            "the prompt is too long",
        ),
        ("request (2812 tokens) exceeds the available context size (512 tokens)", "the prompt is"),
        ("max_tokens must be at least 1, got -1.", "`--dry-run` shows"),
    ],
)
def test_a_limit_that_is_too_large_is_no_long_prompt(words, hint):
    """Each has its own remedy."""
    body = json.dumps({"error": {"message": words}}).encode()

    assert from_reply(400, {}, body, Setting("http://x", model="m")).hint.startswith(hint)


@pytest.mark.parametrize(
    "body",
    [
        BURST,
        b"event: error\r\n" + BURST.replace(b"\n", b"\r\n") + b"data: [DONE]\n\n",
        b": ping\n\n" + BURST,
    ],
)
def test_an_error_in_event_stream_frames_is_read(body):
    """LiteLLM fails so where a stream was asked for."""
    error = from_reply(500, {}, body, Setting("http://x", model="m"))

    assert error.message == "the service failed (500): Invalid model name passed in model=m"
    assert "data:" in from_reply(500, {}, b"data: no json", Setting("http://x")).message


@pytest.mark.parametrize(
    ("secret", "shown"), [("k", "unknown"), ("unknown", "unknown"), ("an unknown", "[key]")]
)
def test_a_short_key_is_no_part_of_a_word(secret, shown):
    """A key `k` for a local server would make `un[key]nown` of every message."""
    assert without_key("an unknown", (secret,)).endswith(shown)


@pytest.mark.parametrize(
    ("status", "error", "is_used_up"),
    [
        (429, {"code": "insufficient_quota", "message": "no"}, True),
        (429, {"type": "insufficient_quota", "message": "no"}, True),
        (429, {"message": "You exceeded your current quota, please check your plan."}, True),
        (429, {"code": "billing_hard_limit_reached", "message": "no"}, True),
        (429, {"message": "Your credit balance is too low to access the API."}, True),
        (429, {"code": "rate_limit_exceeded", "message": "Rate limit reached"}, False),
        (429, {"message": "quota of 60 requests a minute"}, False),
        (429, {"message": "the bill of lading was too long"}, False),
        (400, {"code": "insufficient_quota", "message": "no"}, False),
    ],
)
def test_an_account_without_money_is_told_from_haste(status, error, is_used_up):
    """Waiting mends only haste."""
    found = from_reply(status, {}, json.dumps({"error": error}).encode(), SETTING)

    assert isinstance(found, QuotaUsedUp) is is_used_up
    assert ("look at the account" in (found.hint or "")) is is_used_up


def test_payment_required_says_to_look_at_the_account():
    """402 is a refusal, and no waiting mends it either."""
    found = from_reply(402, {}, b'{"message":"Payment Required"}', SETTING)

    assert (int(found.status), found.message) == (
        4,
        "the account has nothing left (402): Payment Required",
    )
    assert found.hint.startswith("look at the account")


def test_a_stream_that_fails_for_want_of_money_says_so():
    """In a 200, too."""
    found = from_words("You exceeded your current quota", "insufficient_quota", SETTING)

    assert isinstance(found, QuotaUsedUp)


def test_a_refused_request_without_a_key_names_the_empty_variable():
    """A fork's pull request has the variable, and nothing in it."""
    setting = Setting("http://127.0.0.1:1", empty_variable="MODEL_ACCESS_KEY")

    found = from_reply(401, {}, b"", setting)

    assert found.message.endswith("wants a key (401), and $MODEL_ACCESS_KEY is set but empty")
    assert "forks" in found.hint


def test_what_an_error_knows_of_a_request_is_shown_without_the_key():
    """A debugger's or a log's repr is no place for a key either."""
    setting = Setting("https://there", secret="sk-secret", tool_secrets=("tok-secret",))

    assert "secret" not in repr(setting).replace("tool_secrets", "")
    assert setting.hidden == ("sk-secret", "tok-secret")
