"""Presigned addresses: files go there and come from there, and the key never does."""

import gzip

import pytest

from gradient_cli.errors import (
    BrokenReply,
    ConnectionFailed,
    GradientError,
    RequestRejected,
    ServiceError,
    TimedOut,
)
from gradient_cli.transport import storage
from gradient_cli.transport.deadline import Deadline
from gradient_cli.transport.storage import Storage
from tests.replay_server import Framing, Play, ReplayServer, framed


def answering(body: bytes = b"", status: str = "200 OK", framing: Framing = Framing.LENGTH) -> Play:
    return Play(framed(body, framing, content_type=None, status=status))


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "upload.jsonl"
    path.write_bytes(b'{"custom_id":"1"}\n' * 40_000)
    return path


def test_a_file_is_sent_as_it_is_and_without_the_key(replay_server, upload):
    """The signature covers the host alone: no key, no content type, but a length."""
    replay_server.then(answering())

    Storage({"GRADIENT_MODEL_ACCESS_KEY": "sk-secret"}).put(f"{replay_server.url}/f?sig=1", upload)

    received = replay_server.received[0]
    head = received.head.lower()
    assert received.body == upload.read_bytes()
    assert head.startswith(b"put /f?sig=1 http/1.1\r\n")
    assert b"content-length: 720000" in head
    assert not any(name in head for name in (b"authorization", b"sk-secret", b"content-type"))


def test_the_proxy_is_the_runs_own(replay_server, upload, monkeypatch):
    """Not one that the process was born with: the run has decided, `--proxy` and NO_PROXY read."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    replay_server.then(answering())

    Storage({}).put(f"{replay_server.url}/f", upload)

    assert len(replay_server.received) == 1


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("403 Forbidden", RequestRejected),
        ("307 Temporary Redirect", RequestRejected),
        ("503 Slow Down", ServiceError),
        ("500 Oh", ServiceError),
        ("499 Gone Away", RequestRejected),
        ("429 Slow Down", ServiceError),
        ("400 No", RequestRejected),
    ],
)
def test_a_refusal_names_the_host_and_not_the_signature(replay_server, upload, status, kind):
    """A presigned address is a permission: whoever reads the error must not get it."""
    replay_server.then(answering(status=status))

    with pytest.raises(GradientError) as caught:
        Storage({}).put(f"{replay_server.url}/f?X-Signature=5ecret", upload)

    assert type(caught.value) is kind
    assert caught.value.http_status == int(status[:3])
    assert "http://127.0.0.1" in caught.value.message
    assert "5ecret" not in f"{caught.value.message} {caught.value.hint}"


def test_an_address_that_is_not_https_is_not_used(upload):
    """What a service names is not trusted blindly."""
    with pytest.raises(BrokenReply, match="not https"):
        Storage({}).put("http://files.example/f?sig=5ecret", upload)


def test_lines_end_with_newlines_alone(replay_server):
    """U+2028 within a line, blank lines, and a last line without its end."""
    lines = ['{"text":"one\u2028two\x85three"}'.encode(), b'{"text":"four"}']
    body = lines[0] + b"\r\n\n" + lines[1]
    replay_server.then(Play(framed(body, Framing.LENGTH, content_type=None), piece_bytes=7))

    assert list(Storage({}).get(replay_server.url)) == lines


def test_half_a_download_is_an_error():
    """Half of the answers is not all of them."""
    cut = answering(b'{"a":1}\n', framing=Framing.LENGTH_CUT)

    with ReplayServer(cut) as server, pytest.raises(ConnectionFailed):
        list(Storage({}).get(server.url))


@pytest.mark.real
def test_a_download_ends_with_the_run(replay_server):
    """A host that sends a byte now and then is not waited for beyond --max-time."""
    body = b'{"a":1}\n' * 40
    replay_server.then(
        Play(framed(body, Framing.LENGTH, content_type=None), piece_bytes=1, pause_s=0.05)
    )

    with pytest.raises(TimedOut, match="max-time"):
        list(Storage({}, deadline=Deadline.after(0.3)).get(replay_server.url))


def test_a_packed_download_is_unpacked_within_its_limits(replay_server, monkeypatch):
    """A line without an end is refused, whatever it was packed into."""
    monkeypatch.setattr(storage, "MAX_LINE_BYTES", 100_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    replay_server.then(Play(head + gzip.compress(bytes(1_000_000))))

    with pytest.raises(BrokenReply, match="a line of the results is larger"):
        list(Storage({}).get(replay_server.url))
