"""Asking: what counts as an answer, what is tried again, and what is said."""

import json

import pytest

from gradient_cli.ask.flaws import Allowed, flaw
from gradient_cli.errors import ConnectionFailed, ReplayMiss, TimedOut
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.events import TextDelta
from gradient_cli.wire.request import Request
from tests.fakes import FakePatience, FakeReply, FakeWatcher, client_of, sse

STREAM = {"content-type": "text/event-stream"}
PLAIN = {"content-type": "application/json"}
DELTA = {"type": "response.output_text.delta", "delta": "Hello"}
COMPLETED = {"type": "response.completed", "response": {"id": "r1", "status": "completed"}}
REQUEST = Request(model="m", input="hi", stream=True)


def stream(*payloads: object, cut: Exception | None = None) -> FakeReply:
    body = [sse(*payloads), *([cut] if cut else [])]
    return FakeReply(200, STREAM, body)


def plain(body: object, status: int = 200, **headers: str) -> FakeReply:
    return FakeReply(status, {**PLAIN, **headers}, [json.dumps(body).encode()])


def test_a_stream_with_its_terminal_event_is_an_answer():
    """The plain case: text, completed, no error."""
    outcome = client_of(stream(DELTA, COMPLETED)).ask(REQUEST)

    assert (outcome.response.text, outcome.error, outcome.attempts) == ("Hello", None, 1)


def test_nothing_is_read_after_the_terminal_event():
    """A transport error after the end changes nothing."""
    reply = stream(DELTA, COMPLETED, cut=ConnectionFailed("reset"))

    outcome = client_of(reply).ask(REQUEST)

    assert outcome.error is None
    assert reply.is_closed


def test_a_chunk_stream_that_breaks_after_its_finish_reason_is_an_answer():
    """The usage that would have followed is no part of the answer."""
    chunk = {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}

    outcome = client_of(stream(chunk, cut=ConnectionFailed("reset"))).ask(REQUEST)

    assert (outcome.response.text, outcome.error) == ("Hi", None)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (stream(DELTA), ExitStatus.INCOMPLETE),
        (stream(DELTA, "[DONE]"), ExitStatus.INCOMPLETE),
        (stream(DELTA, cut=ConnectionFailed("reset")), ExitStatus.INCOMPLETE),
        (stream(DELTA, cut=TimedOut("silence")), ExitStatus.TIMEOUT),
        (stream(DELTA, "{not json"), ExitStatus.SERVICE),
        (stream(DELTA, {"type": "error", "message": "no"}), ExitStatus.SERVICE),
        (stream(DELTA, {"error": {"code": "rate_limit_exceeded"}}), ExitStatus.RATE_LIMIT),
        (FakeReply(200, STREAM, [sse(DELTA), b'data: {"type": "respo']), ExitStatus.INCOMPLETE),
        (FakeReply(200, PLAIN, [b'{"output": [', ConnectionFailed("cut")]), ExitStatus.INCOMPLETE),
        (FakeReply(200, PLAIN, [b'{"output": [']), ExitStatus.SERVICE),
        (FakeReply(200, PLAIN, []), ExitStatus.SERVICE),
        (FakeReply(200, {"content-type": "text/html"}, [b"<html>hi</html>"]), ExitStatus.SERVICE),
        (plain({"status": "failed", "error": {"message": "x"}, "output": []}), ExitStatus.SERVICE),
        (plain({"status": "incomplete", "output": []}), ExitStatus.INCOMPLETE),
        (plain({"status": "cancelled", "output": []}), ExitStatus.INCOMPLETE),
        (plain({"status": "in_progress", "output": []}), ExitStatus.INCOMPLETE),
        (plain({"hello": "world"}), ExitStatus.INCOMPLETE),
    ],
)
def test_anything_but_a_proper_end_is_an_error(reply, status):
    """A cut, failed or unreadable answer never counts as one."""
    assert client_of(reply).ask(REQUEST).status == status


def test_what_arrived_before_a_cut_is_kept():
    """The partial text stays in the outcome."""
    outcome = client_of(stream(DELTA)).ask(REQUEST)

    assert outcome.response.text == "Hello"


@pytest.mark.parametrize("tail", [b"", b"\n", b"\n\n"])
def test_a_last_event_without_its_blank_line_counts_if_it_is_whole(tail):
    """If that event is the terminal one, the answer is complete."""
    body = sse(DELTA) + b"data: " + json.dumps(COMPLETED).encode() + tail

    assert client_of(FakeReply(200, STREAM, [body])).ask(REQUEST).error is None


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json", "Text/Event-Stream"]
)
def test_a_stream_nobody_announced_is_read(content_type):
    """What a body is, its first byte tells."""
    reply = FakeReply(200, {"content-type": content_type}, [sse(DELTA, COMPLETED)])

    assert client_of(reply).ask(REQUEST).response.text == "Hello"


@pytest.mark.parametrize("content_type", ["", "application/json", "text/event-stream"])
def test_a_plain_body_to_a_stream_is_read(content_type):
    """A server that does not stream still answers."""
    body = json.dumps({"status": "completed", "output": [{"type": "text", "text": "Hi"}]}).encode()
    watcher = FakeWatcher()

    outcome = client_of(FakeReply(200, {"content-type": content_type}, [body])).ask(
        REQUEST, watcher
    )

    assert (outcome.response.text, outcome.error) == ("Hi", None)
    assert TextDelta("Hi") in watcher.events
    assert watcher.frames == [("", body.decode())]


def test_an_emoji_cut_in_two_events_is_whole():
    """Each half of a surrogate pair in an event of its own makes one character."""
    halves = [
        {"type": "response.output_text.delta", "delta": half} for half in ("\ud83c", "\udf0d")
    ]

    assert client_of(stream(*halves, COMPLETED)).ask(REQUEST).response.text == "\U0001f30d"


def test_text_that_was_never_streamed_is_shown_before_the_end():
    """The watcher gets what only the final object holds."""
    final = {
        "type": "response.completed",
        "response": {"status": "completed", "output": [{"type": "text", "text": "Hi"}]},
    }
    watcher = FakeWatcher()

    client_of(stream(final)).ask(REQUEST, watcher)

    assert [e.text for e in watcher.events if isinstance(e, TextDelta)] == ["Hi"]


# Retries


def refuse(status: int, **headers: str) -> FakeReply:
    return plain({"message": "no"}, status, **headers)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_a_fault_that_may_pass_is_tried_again(status):
    """Before the answer begins, and only then."""
    patience = FakePatience()

    outcome = client_of(refuse(status), stream(DELTA, COMPLETED), patience=patience).ask(REQUEST)

    assert (outcome.error, outcome.attempts, len(patience.slept)) == (None, 2, 1)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, 4), (401, 3), (403, 3), (404, 4), (413, 4), (422, 4), (501, 5), (301, 4)],
)
def test_a_fault_that_stays_is_not_tried_again(status, expected):
    """A bad request does not get better."""
    outcome = client_of(refuse(status)).ask(REQUEST)

    assert (outcome.status, outcome.attempts) == (expected, 1)


def test_a_connection_fault_is_tried_again():
    """Nothing of an answer was there."""
    outcome = client_of(ConnectionFailed("refused"), stream(DELTA, COMPLETED)).ask(REQUEST)

    assert (outcome.error, outcome.attempts) == (None, 2)


def test_a_timeout_is_not_tried_again():
    """Silence has cost its time already."""
    outcome = client_of(TimedOut("silence")).ask(REQUEST)

    assert (outcome.status, outcome.attempts) == (ExitStatus.TIMEOUT, 1)


def test_nothing_is_tried_again_once_the_answer_has_begun():
    """A second request would be paid for twice and print twice."""
    outcome = client_of(stream(DELTA, cut=ConnectionFailed("reset"))).ask(REQUEST)

    assert (outcome.status, outcome.attempts) == (ExitStatus.INCOMPLETE, 1)


def test_retry_after_is_obeyed_and_told():
    """One line says what is waited for."""
    patience = FakePatience()

    client_of(refuse(429, **{"retry-after": "4"}), stream(DELTA, COMPLETED), patience=patience).ask(
        REQUEST
    )

    assert patience.slept[0] == pytest.approx(4, abs=0.1)
    assert patience.told == ["429: waiting 4 s (1/3)"]


def test_a_wait_that_is_too_long_is_reported_instead():
    """An hour is not slept."""
    patience = FakePatience()

    outcome = client_of(refuse(429, **{"retry-after": "3600"}), patience=patience).ask(REQUEST)

    assert (outcome.status, patience.slept) == (ExitStatus.RATE_LIMIT, [])
    assert "60 min" in outcome.error.hint


def test_a_wait_that_outlasts_the_run_is_not_begun():
    """--max-time would end it anyway."""
    patience = FakePatience(left_s=1)

    outcome = client_of(refuse(429, **{"retry-after": "4"}), patience=patience).ask(REQUEST)

    assert (outcome.status, patience.slept) == (ExitStatus.RATE_LIMIT, [])


def test_retries_end():
    """Four requests are three retries."""
    outcome = client_of(*[refuse(503)] * 4).ask(REQUEST)

    assert (outcome.status, outcome.attempts) == (ExitStatus.SERVICE, 4)


def test_a_refusal_is_no_strike_where_the_limit_is_shared():
    """Asked again as often as it takes, at the limiter's pace; other faults count alone."""
    patience = FakePatience()
    replies = [refuse(429)] * 9 + [refuse(503)] * 3 + [stream(DELTA, COMPLETED)]

    outcome = client_of(*replies, patience=patience, shares_limit=True).ask(REQUEST)

    assert (outcome.error, outcome.attempts) == (None, 13)
    assert len(patience.slept) >= 9


@pytest.mark.parametrize(
    ("reply", "attempts"),
    [
        (refuse(429, **{"retry-after": "3600"}), 1),
        (refuse(429, **{"x-should-retry": "false"}), 1),
        (plain({"error": {"code": "insufficient_quota", "message": "no"}}, 429), 1),
    ],
)
def test_a_refusal_that_stays_is_a_strike(reply, attempts):
    """Too long a wait, another try forbidden, nothing left to pay with."""
    outcome = client_of(*[reply] * 4, shares_limit=True).ask(REQUEST)

    assert (outcome.status, outcome.attempts) == (ExitStatus.RATE_LIMIT, attempts)


def test_a_service_that_refuses_everybody_is_given_up():
    """After minutes without an answer to anybody, its retries are a row's last."""
    patience = FakePatience()
    replies = [refuse(429, **{"retry-after": "60"})] * 20

    outcome = client_of(*replies, patience=patience, shares_limit=True).ask(REQUEST)

    assert outcome.status == ExitStatus.RATE_LIMIT
    assert 300 <= patience.clock() <= 900


# Words


def test_the_key_is_never_in_an_error():
    """Not even when the server repeats it."""
    outcome = client_of(plain({"error": {"message": "bad key sk-secret"}}, 401)).ask(REQUEST)

    assert outcome.error.message == "the key from $KEY was not accepted (401): bad key [key]"


@pytest.mark.parametrize(
    "reply",
    [
        plain({"error": {"message": "bad", "code": "sk-secret"}}),
        plain({"error": {"message": "bad", "code": "sk-secret"}, "request_id": "sk-secret"}, 400),
        plain({"object": "response", "status": "incomplete", "output": [],
               "incomplete_details": {"reason": "sk-secret"}}),
        plain({"error": "bad"}, 500, **{"x-request-id": "r-sk-secret"}),
    ],
)  # fmt: skip
def test_the_key_is_in_no_part_of_an_error(reply):
    """Its code, its reason and the request's id are the server's words, too."""
    outcome = client_of(reply, reply, reply, reply).ask(REQUEST)
    error = outcome.error

    said = [error.message, error.hint, error.code, error.request_id, outcome.request_id]
    assert "sk-secret" not in repr(said)
    assert "[key]" in repr(said)


def test_the_request_id_is_kept():
    """From the body, else from a header."""
    by_body = client_of(plain({"id": "x", "message": "m", "request_id": "b"}, 400)).ask(REQUEST)
    by_header = client_of(refuse(400, **{"X-Request-Id": "h"})).ask(REQUEST)

    assert (by_body.request_id, by_header.request_id) == ("b", "h")


def test_models_are_listed():
    """Each with at least an id."""
    client = client_of(plain({"object": "list", "data": [{"id": "a"}, {"no": 1}]}))

    assert client.models() == [{"id": "a"}]


def test_a_run_does_not_outlast_its_end_for_the_service_s_limit():
    """--max-time bounds the wait for a rate limit, too."""
    used_up = {"x-ratelimit-limit-requests": "1", "x-ratelimit-remaining-requests": "0"}
    first = FakeReply(200, {**STREAM, **used_up}, [sse(DELTA, COMPLETED)])
    patience = FakePatience(left_s=5.0)
    client = client_of(first, patience=patience)
    client.ask(REQUEST)

    outcome = client.ask(REQUEST)

    assert (outcome.status, patience.slept) == (ExitStatus.TIMEOUT, [5.0])


def test_only_what_was_sent_is_an_attempt():
    """A replay that holds no such request has asked nobody."""
    missed = client_of(ReplayMiss("no recording")).ask(REQUEST)

    assert (missed.status, missed.attempts) == (2, 0)
    assert client_of(plain({})).ask(REQUEST).attempts == 1


def test_a_quota_that_is_used_up_is_not_asked_again():
    """Nobody waits for hours, and nobody is asked in vain."""
    client = client_of(refuse(429, **{"retry-after": "99999"}), refuse(429))

    first, second = client.ask(REQUEST), client.ask(REQUEST)

    assert (first.status, first.attempts) == (ExitStatus.RATE_LIMIT, 1)
    assert (second.status, second.attempts) == (ExitStatus.RATE_LIMIT, 0)
    assert "28 h" in str(second.error)


def test_a_wait_for_the_limit_is_told():
    """What looks like silence has a reason."""
    used_up = {"x-ratelimit-limit-requests": "6", "x-ratelimit-remaining-requests": "0"}
    patience = FakePatience()
    client = client_of(*[FakeReply(200, {**STREAM, **used_up}, [sse(DELTA, COMPLETED)])] * 2,
                       patience=patience)  # fmt: skip
    client.ask(REQUEST)
    client.ask(REQUEST)

    assert patience.told == ["rate limit: waiting 5 s"]


@pytest.mark.parametrize(
    "failures",
    [
        [plain({}, 429, **{"retry-after": "7"})],
        [plain({}, 503, **{"retry-after": "4"}), plain({}, 429, **{"retry-after-ms": "3000"})],
        [ConnectionFailed("refused"), plain({}, 429, **{"retry-after": "6"})],
    ],
)
def test_the_time_that_the_user_waited_holds_the_waits(failures):
    """The answer itself took none of it: `max_seconds` is no measure of a rate limit."""
    patience = FakePatience()

    outcome = client_of(*failures, stream(DELTA, COMPLETED), patience=patience).ask(REQUEST)

    assert outcome.total_ms == outcome.first_token_ms == round(sum(patience.slept) * 1000) >= 6000
    assert outcome.answer_s == 0


def test_a_run_that_fails_after_its_waits_has_waited():
    """The object on failure tells the same time."""
    replies = [plain({}, 429, **{"retry-after": "2"}) for _ in range(4)]

    outcome = client_of(*replies).ask(REQUEST)

    assert (outcome.status, outcome.total_ms, outcome.attempts) == (ExitStatus.RATE_LIMIT, 6000, 4)


def test_a_dot_at_the_end_of_a_reason_is_not_followed_by_a_colon():
    """httpx says "Server disconnected without sending a response."."""
    patience = FakePatience()
    broken = ConnectionFailed("the connection broke: Server disconnected without a response.")

    client_of(broken, stream(DELTA, COMPLETED), patience=patience).ask(REQUEST)

    assert patience.told[0].startswith(
        "the connection broke: Server disconnected without a response: "
    )


CUT = {
    "type": "response.incomplete",
    "response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
}


@pytest.mark.parametrize(
    ("limit", "words"),
    [(None, "no limit was sent"), (5, "raise --max-output-tokens")],
)
def test_a_cut_answer_without_a_limit_has_another_remedy(limit, words):
    """The model's context is full; there is no limit that could be raised."""
    request = Request(model="m", input="hi", stream=True, max_output_tokens=limit)

    outcome = client_of(stream(DELTA, CUT)).ask(request)

    assert outcome.status == ExitStatus.INCOMPLETE
    assert words in outcome.error.hint


def test_an_error_body_without_an_end_is_read_no_further_than_needed():
    """The status says enough."""
    taken = []

    class Endless(FakeReply):
        def chunks(self):
            while len(taken) < 100:
                taken.append(1)
                yield b"x" * 16_384

    outcome = client_of(Endless(401, PLAIN)).ask(REQUEST)

    assert outcome.error.status == ExitStatus.CREDENTIALS
    assert len(taken) == 4


@pytest.mark.parametrize(
    ("headers", "answer_id", "words"),
    [
        ({"x-request-id": "q1"}, "r1", "request q1"),
        ({}, "r1", "request r1"),
        ({}, None, "request unknown"),
    ],
)
def test_a_line_tells_by_which_number_the_service_knows_the_request(headers, answer_id, words):
    """Its own number of the request, or else that of the answer."""
    body = {"id": answer_id, "status": "completed", "output": []}
    reply = FakeReply(200, {**PLAIN, **headers}, [json.dumps(body).encode()])

    assert words in client_of(reply).ask(REQUEST).summary().split(", ")


@pytest.mark.parametrize(("name", "words"), [("rm", ' "rm"'), ("", " a tool"), (None, " a tool")])
def test_a_service_that_asks_to_call_without_a_name_calls_a_tool(name, words):
    """The sentence is whole either way."""
    waits = {"type": "mcp_approval_request", "id": "a1", "name": name, "arguments": "{}"}
    body = {"id": "r", "status": "completed", "output": [waits]}

    error = flaw(REQUEST, client_of(plain(body)).ask(REQUEST).response, Allowed())

    assert str(error).startswith(f"the answer waits: the service asks whether it may call{words}")
