"""The program against a server whose faults are scripted: what it says, waits for and keeps."""

import os
import subprocess
import sys
import time

import pytest

from tests.captures import KEY
from tests.real.conftest import free_port

pytestmark = pytest.mark.real

WORDS = "The quick brown fox jumps over the lazy dog, and the dog does not mind at all."
REPLY = {"type": "reply", "text": WORDS}
ASK = ("respond", "-m", "gpt-4o", "Say hello.")


def fail(status: int, times: int = 1, **more: object) -> dict[str, object]:
    return {"type": "fail", "status": status, "times": times, **more}


def fault(kind: str, after_chunks: int = 8, **more: object) -> dict[str, object]:
    return {"type": "stream_fault", "kind": kind, "after_chunks": after_chunks, **more}


def test_too_many_requests_are_waited_out(faults, run_gradient):
    """A 429 with Retry-After waits that long, says so in one line, and succeeds."""
    faults.script(fail(429, retry_after=1), REPLY)
    started = time.monotonic()

    done = run_gradient(*ASK, url=faults.url)

    assert done.stdout.decode() == WORDS + "\n"
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if b"429" in line] == [
        b"429: waiting 1 s (1/3)"
    ]
    assert time.monotonic() - started >= 1
    assert len(faults.requests()) == 2


def test_a_limit_that_stays_is_status_6(faults, run_gradient):
    """After the retries a 429 is a rate limit, not a fault of the service."""
    faults.script(fail(429, times=2, retry_after=0))

    done = run_gradient(*ASK, "--retries", "1", url=faults.url)

    assert done.returncode == 6
    assert done.stdout == b""
    assert len(faults.requests()) == 2


def test_a_wait_that_is_too_long_is_reported(faults, run_gradient):
    """Nobody sleeps for an hour in a build."""
    faults.script(fail(429, retry_after=3600))
    started = time.monotonic()

    done = run_gradient(*ASK, url=faults.url)

    assert done.returncode == 6
    assert time.monotonic() - started < 10
    assert len(faults.requests()) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_a_fault_of_the_service_is_tried_again(status, faults, run_gradient):
    """A service that fails once and then answers has answered."""
    faults.script(fail(status, retry_after=0), REPLY)

    done = run_gradient(*ASK, url=faults.url)

    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == WORDS + "\n"
    assert len(faults.requests()) == 2


@pytest.mark.parametrize(
    ("status", "expected"), [(400, 4), (401, 3), (403, 3), (404, 4), (413, 4), (422, 4), (501, 5)]
)
def test_a_refusal_is_not_tried_again(status, expected, faults, run_gradient):
    """What will be refused again is not asked again."""
    faults.script(fail(status))

    done = run_gradient(*ASK, url=faults.url)

    assert done.returncode == expected
    assert done.stdout == b""
    assert done.stderr.splitlines()[-1].startswith((b"gradient: ", b"hint: "))
    assert KEY.encode() not in done.stderr
    assert len(faults.requests()) == 1


@pytest.mark.parametrize(
    ("kind", "expected"), [("disconnect", 8), ("truncate", 8), ("malformed", 5)]
)
@pytest.mark.parametrize("after_chunks", [6, 9])
def test_a_broken_answer_is_kept_and_not_passed_off(
    kind, expected, after_chunks, faults, run_gradient
):
    """What arrived stays on stdout; the status says that it is not all; nothing is asked twice."""
    faults.script(REPLY, fault(kind, after_chunks))

    done = run_gradient(*ASK, url=faults.url)

    text = done.stdout.decode().rstrip("\n")
    assert done.returncode == expected
    assert text
    assert text != WORDS
    assert WORDS.startswith(text)
    assert b"gradient: " in done.stderr
    assert len(faults.requests()) == 1


def test_a_stall_ends_at_the_timeout(faults, run_gradient):
    """A server that falls silent in the middle is a timeout; what it said is kept."""
    faults.script(REPLY, fault("stall", stall_seconds=20))
    started = time.monotonic()

    done = run_gradient(*ASK, "--timeout", "1", url=faults.url)

    assert done.returncode == 7
    assert 1 <= time.monotonic() - started < 10
    assert done.stdout.strip()
    assert WORDS.encode().startswith(done.stdout.rstrip(b"\n"))


def test_a_stall_within_the_timeout_is_sat_out(faults, run_gradient):
    """A pause is no end."""
    faults.script(REPLY, fault("stall", stall_seconds=1))

    done = run_gradient(*ASK, "--timeout", "10", url=faults.url)

    assert done.returncode == 0
    assert done.stdout.decode() == WORDS + "\n"


def test_a_slow_first_token_is_waited_for(faults, run_gradient):
    """A model that thinks for two seconds is no fault."""
    faults.script(REPLY, {"type": "slow_first_token", "seconds": 2})

    done = run_gradient(*ASK, url=faults.url)

    assert done.returncode == 0
    assert done.stdout.decode() == WORDS + "\n"


def test_a_run_has_an_end(faults, run_gradient):
    """--max-time bounds the whole run, waits and all."""
    faults.script(REPLY, {"type": "slow_first_token", "seconds": 20})
    started = time.monotonic()

    done = run_gradient(*ASK, "--max-time", "1", url=faults.url)

    assert done.returncode == 7
    assert time.monotonic() - started < 10


def test_nobody_there_is_status_5(run_gradient):
    """A refused connection is the service's fault, and says whom it could not reach."""
    url = f"http://127.0.0.1:{free_port()}"

    done = run_gradient(*ASK, "--retries", "0", url=url)

    assert done.returncode == 5
    assert url.encode() in done.stderr


def test_a_server_that_dies_cuts_the_answer(own_faults, world):
    """A crash in the middle of an answer is status 8; what arrived is kept."""
    own_faults.script(REPLY, fault("stall", stall_seconds=30))
    process = subprocess.Popen(
        [sys.executable, "-m", "gradient_cli", *ASK],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            **world,
            "GRADIENT_INFERENCE_ENDPOINT": own_faults.url,
            "GRADIENT_MODEL_ACCESS_KEY": KEY,
        },
    )
    assert process.stdout is not None
    first = os.read(process.stdout.fileno(), 1)

    own_faults.kill()
    rest, words = process.communicate(timeout=30)

    assert process.returncode == 8, words
    assert WORDS.encode().startswith((first + rest).rstrip(b"\n"))
    assert b"cut" in words
