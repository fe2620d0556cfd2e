"""Record and replay: what is kept, what is not, and what a miss says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from threading import Thread

import pytest

from gradient_cli.errors import ConnectionFailed, OutputClosed, ReplayMiss, TimedOut, UsageError
from gradient_cli.terminal.ways import replace_file
from gradient_cli.transport import tape
from gradient_cli.transport.tape import ASKED_FOR, Player
from gradient_cli.wire.request import PATH, Request

STREAM = [b'data: {"type":"a"}\n\nda', b'ta: {"type":"b"}\n\n']


class FakeReply:
    """A reply of given pieces; the error comes after them."""

    def __init__(self, chunks, status=200, headers=None, error=None):
        self.status = status
        self.headers: Mapping[str, str] = headers or {"content-type": "text/event-stream"}
        self._chunks = chunks
        self._error = error

    def chunks(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._error:
            raise self._error

    def close(self) -> None:
        pass


class FakeTransport:
    """Gives the replies of a list, one a request."""

    def __init__(self, *replies):
        self._replies = list(replies)

    def send(self, method, path, body: Sequence[bytes] = (), *, accept="application/json"):
        return self._replies.pop(0)

    def close(self) -> None:
        pass


def Recorder(folder, secrets=()):
    """Give a recorder that writes files as the program does."""
    return tape.Recorder(folder, replace_file, secrets)


def ask(transport, request):
    """Send a request and give (status, the pieces of the body)."""
    reply = transport.send("POST", PATH, request.encode())
    try:
        return reply.status, list(reply.chunks())
    finally:
        reply.close()


def only_file(folder):
    (path,) = folder.iterdir()
    return json.loads(path.read_text())


def test_a_replay_gives_the_pieces_as_they_came(tmp_path):
    """The framing of a stream survives: its bugs can be recorded and kept."""
    request = Request(model="m", input="hi", stream=True)
    ask(Recorder(tmp_path).over(FakeTransport(FakeReply(STREAM))), request)

    status, chunks = ask(Player(tmp_path).transport(), request)

    assert (status, chunks) == (200, STREAM)


def test_a_piece_that_is_cut_within_a_character_survives(tmp_path):
    """Pieces are bytes: one that is not UTF-8 by itself is kept all the same."""
    pieces = [b"caf\xc3", b"\xa9", b"\xff\x00"]
    ask(Recorder(tmp_path).over(FakeTransport(FakeReply(pieces))), Request(input="hi"))

    _, chunks = ask(Player(tmp_path).transport(), Request(input="hi"))

    assert chunks == pieces


def test_the_file_is_named_by_the_request_and_readable(tmp_path):
    """The name is the request's key, so that it is stable; letters stay letters."""
    request = Request(model="m", input="naïve")

    ask(Recorder(tmp_path).over(FakeTransport(FakeReply([b"{}"]))), request)

    (path,) = tmp_path.iterdir()
    assert path.stem == request.key()
    assert "naïve" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644


def test_only_the_headers_that_a_client_judges_by_are_kept(tmp_path):
    """Cookies and dates of a reply stay out of a file that gets committed."""
    headers = {
        "content-type": "application/json",
        "set-cookie": "session=1",
        "x-request-id": "req_1",
        "x-ratelimit-reset-tokens": "2s",
        "ratelimit-reset": "5",
        "retry-after": "3",
        "date": "now",
    }

    ask(Recorder(tmp_path).over(FakeTransport(FakeReply([], 429, headers))), Request(input="hi"))

    assert set(only_file(tmp_path)["replies"][0]["headers"]) == headers.keys() - {
        "set-cookie",
        "date",
    }


def test_a_key_that_the_server_echoes_is_not_written(tmp_path):
    """A 401 may repeat the key that it refuses, even cut in two pieces."""
    reply = FakeReply([b"bad key: sk-do", b"-1234"], 401)

    ask(Recorder(tmp_path, ["sk-do-1234"]).over(FakeTransport(reply)), Request(input="hi"))

    assert only_file(tmp_path)["replies"][0]["chunks"] == ["bad key: [key]"]


def test_answers_to_the_same_request_are_replayed_in_order(tmp_path):
    """A repeated test has several answers, each of which counts once."""
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply([b"one"]), FakeReply([b"two"])))
    for _ in range(2):
        ask(recording, Request(input="hi"))
    player = Player(tmp_path)

    first, second = (ask(player.transport(), Request(input="hi"))[1] for _ in range(2))

    assert (first, second) == ([b"one"], [b"two"])
    with pytest.raises(ReplayMiss, match=r"holds 2 answers.* asked 3 times"):
        ask(player.transport(), Request(input="hi"))


def test_a_new_run_replaces_what_an_earlier_one_recorded(tmp_path):
    """Recording again gives what recording into an empty folder would."""
    for text in (b"old", b"new"):
        ask(Recorder(tmp_path).over(FakeTransport(FakeReply([text]))), Request(input="hi"))

    _, chunks = ask(Player(tmp_path).transport(), Request(input="hi"))

    assert chunks == [b"new"]
    assert len(only_file(tmp_path)["replies"]) == 1


@pytest.mark.parametrize("error", [ConnectionFailed("cut"), TimedOut("no byte for 5 s")])
def test_a_broken_transfer_breaks_again(tmp_path, error):
    """A recorded fault is a fault in the replay, of the same kind."""
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply([b"da"], error=error)))
    with pytest.raises(type(error)):
        ask(recording, Request(input="hi"))

    with pytest.raises(type(error), match=error.message):
        ask(Player(tmp_path).transport(), Request(input="hi"))


def test_an_interrupted_answer_is_not_recorded(tmp_path):
    """Half an answer that somebody stopped is not what the server says."""
    recording = Recorder(tmp_path).over(
        FakeTransport(FakeReply([b"da"], error=KeyboardInterrupt()))
    )

    with pytest.raises(KeyboardInterrupt):
        ask(recording, Request(input="hi"))

    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_nobody_reads_to_its_end_is_not_recorded(tmp_path):
    """`gradient respond --record DIR | head` leaves a good recording as it was."""
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply(STREAM)))
    reply = recording.send("POST", PATH, Request(input="hi").encode())

    def read_a_little() -> None:
        try:
            next(reply.chunks())
            raise OutputClosed
        finally:
            reply.close()

    with pytest.raises(OutputClosed):
        read_a_little()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_asked(tmp_path):
    """Not after the answer was paid for."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"cannot record in .*file"):
        Recorder(tmp_path / "file")
    Recorder(tmp_path / "new" / "folder")

    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_the_key_is_nowhere_in_a_recording(tmp_path):
    """Not in the prompt that a log was pasted into, and not in a header of the reply."""
    key = "sk-do-1234"
    reply = FakeReply([f"you said {key}".encode()], 200, {"x-request-id": f"r-{key}"})
    request = Request(input=f"token={key}", instructions=key, metadata={key: key})

    ask(Recorder(tmp_path, [key]).over(FakeTransport(reply)), request)

    assert key not in next(tmp_path.iterdir()).read_text()
    assert ask(Player(tmp_path).transport(), request)[1] == [b"you said [key]"]


def test_each_asker_gets_its_own_answers_again(tmp_path):
    """Two tests with the same request, in any order; a new one gets what is there."""
    recording = Recorder(tmp_path).over(
        FakeTransport(*(FakeReply([text]) for text in (b"b1", b"a1", b"b2")))
    )
    for asker in ("b", "a", "b"):
        ASKED_FOR.set(asker)
        ask(recording, Request(input="hi"))
    player = Player(tmp_path)

    def again(asker: str) -> bytes:
        ASKED_FOR.set(asker)
        return b"".join(ask(player.transport(), Request(input="hi"))[1])

    assert [again(asker) for asker in ("a", "b", "b", "new")] == [b"a1", b"b1", b"b2", b"a1"]
    with pytest.raises(ReplayMiss):
        again("a")
    ASKED_FOR.set("")


def test_a_reply_that_is_let_go_of_early_is_recorded(tmp_path):
    """A client stops reading at the terminal event; that is a whole answer."""
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply(STREAM)))
    reply = recording.send("POST", PATH, Request(input="hi").encode())
    next(reply.chunks())
    reply.close()

    assert len(only_file(tmp_path)["replies"][0]["chunks"]) == 1


def test_a_miss_shows_the_nearest_request_as_a_diff(tmp_path):
    """Whoever changed one word sees which."""
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply([]), FakeReply([])))
    ask(recording, Request(model="m", input="Summarise\nthe log", temperature=0.2))
    ask(recording, Request(model="other", input="Translate"))

    with pytest.raises(ReplayMiss) as caught:
        ask(
            Player(tmp_path).transport(),
            Request(model="m", input="Summarise\nthe logs", temperature=0.2),
        )

    assert "-    the log\n+    the logs" in caught.value.message
    assert "temperature" not in caught.value.message
    assert f"--record {tmp_path}" in str(caught.value.hint)


@pytest.mark.parametrize(
    "text", ["", "[]", "[" * 100_000, '{"replies": [{"status": "x"}]}', '{"replies": 1}']
)
def test_a_broken_recording_is_named(tmp_path, text):
    """A file that a merge has damaged is a usage error with its name."""
    (tmp_path / f"{Request(input='hi').key()}.json").write_text(text)

    with pytest.raises(UsageError, match=r"is not a recording"):
        ask(Player(tmp_path).transport(), Request(input="hi"))


def test_a_missing_folder_is_a_usage_error(tmp_path):
    """A typo in the folder's name does not look like a suite of misses."""
    with pytest.raises(UsageError, match="is not a folder"):
        Player(tmp_path / "tapse")


def test_many_workers_record_into_one_folder(tmp_path):
    """No answer is lost when workers end at the same time."""
    recorder = Recorder(tmp_path)

    def work(worker):
        for _ in range(5):
            ask(recorder.over(FakeTransport(FakeReply([b"x"]))), Request(input="same"))
        ask(recorder.over(FakeTransport(FakeReply([b"x"]))), Request(input=f"own {worker}"))

    threads = [Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    replies = [len(json.loads(path.read_text())["replies"]) for path in tmp_path.iterdir()]
    assert sorted(replies) == [1, 1, 1, 1, 20]


def test_replaying_imports_no_network(tmp_path):
    """The module that answers from files needs neither sockets nor an HTTP library."""
    import subprocess
    import sys

    program = (
        "import sys, gradient_cli.transport.tape;"
        "print([n for n in ('socket', 'ssl', 'httpx', 'http.client') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr
