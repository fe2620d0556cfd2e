"""Record and replay: what is kept, what is not, and what a miss says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from threading import Thread

import pytest

from gradient_cli.errors import (
    BrokenReply,
    ConnectionFailed,
    OutputClosed,
    ReplayMiss,
    TimedOut,
    UsageError,
)
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
    """Two tests with the same request, in any order; a new one gets neither's."""
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

    try:
        assert [again(asker) for asker in ("a", "b", "b")] == [b"a1", b"b1", b"b2"]
        with pytest.raises(ReplayMiss, match=r"holds 1 answer .* of a; it was asked 2 times"):
            again("a")
        with pytest.raises(ReplayMiss, match=r"recorded for a, b; it is asked by new"):
            again("new")
    finally:
        ASKED_FOR.set("")


@pytest.mark.parametrize(
    ("recorded", "asker", "is_given"),
    [
        ("s.toml: a #1", "s.toml: a #1", True),
        ("s.toml: a #1", "s.toml: a #2", False),
        ("s.toml: a #1", "s.toml: b #1", False),
        ("s.toml: a #1", "t.toml: a #1", False),
        ("tests/s.toml: a #1", "s.toml: a #1", True),
        ("s.toml: a #1", "tests/s.toml: a #1", True),
        ("other/s.toml: a #1", "tests/s.toml: a #1", False),
        ("tests/s.toml: a #1", "ests/s.toml: a #1", False),
        ("", "s.toml: a #1", False),
        ("s.toml: a #1", "", True),
        ("", "", True),
    ],
)
def test_an_answer_is_given_to_whom_it_was_recorded_for(recorded, asker, is_given, tmp_path):
    """The same test, whatever folder it is run from; outside of suites, to anybody."""
    ASKED_FOR.set(recorded)
    ask(Recorder(tmp_path).over(FakeTransport(FakeReply([b"x"]))), Request(input="hi"))
    ASKED_FOR.set(asker)

    try:
        found = ask(Player(tmp_path).transport(), Request(input="hi"))[1]
    except ReplayMiss:
        found = None
    finally:
        ASKED_FOR.set("")

    assert found == ([b"x"] if is_given else None)


def test_two_suites_of_one_name_are_told_apart(tmp_path):
    """Which of both is meant is not guessed."""
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply([b"a"]), FakeReply([b"b"])))
    try:
        for suite in ("a", "b"):
            ASKED_FOR.set(f"{suite}/s.toml: t #1")
            ask(recording, Request(input="hi"))
        ASKED_FOR.set("s.toml: t #1")
        with pytest.raises(ReplayMiss, match=r"recorded for a/s\.toml: t #1, b/s\.toml: t #1"):
            ask(Player(tmp_path).transport(), Request(input="hi"))
        ASKED_FOR.set("b/s.toml: t #1")
        assert ask(Player(tmp_path).transport(), Request(input="hi"))[1] == [b"b"]
    finally:
        ASKED_FOR.set("")


def test_what_nothing_asked_for_can_be_named(tmp_path):
    """A reply left over, a request never made, a file that is no recording."""
    recording = Recorder(tmp_path).over(FakeTransport(*(FakeReply([b"x"]) for _ in range(3))))
    for text in ("hi", "hi", "bye"):
        ask(recording, Request(input=text))
    (tmp_path / "zz.json").write_text("{}")
    player = Player(tmp_path)
    ask(player.transport(), Request(input="hi"))

    unasked = sorted(one.path.name for one in player.unasked())

    keys = [Request(input=text).key() for text in ("hi", "bye")]
    assert unasked == sorted([*(f"{key}.json" for key in keys), "zz.json"])


def tampered(folder, change) -> None:
    """Record an exchange, and change its file's JSON."""
    ask(Recorder(folder).over(FakeTransport(FakeReply([b"x"]))), Request(model="m", input="hi"))
    (path,) = folder.iterdir()
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["request"]["body"].update(input="bye"),
        lambda value: value["request"]["body"].update(temperature=1),
        lambda value: value["request"].update(path="/v1/models"),
        lambda value: value["request"].update(method="GET"),
        lambda value: value["request"].update(body=None),
        lambda value: value["request"]["body"].update(input="[key]", model="[key]"),
    ],
)
def test_a_recording_answers_only_for_the_request_in_it(change, tmp_path):
    """Renaming a file does not make its answer that of another request."""
    tampered(tmp_path, change)

    with pytest.raises(UsageError, match="another request than its name says"):
        ask(Player(tmp_path).transport(), Request(model="m", input="hi"))


BROKEN = [
    lambda value: value.pop("request"),
    lambda value: value.update(request=[]),
    lambda value: value.update(request={"method": 1, "path": 2}),
    lambda value: value["request"].update(body=float("nan")),
    lambda value: value.update(replies={"status": 200}),
    lambda value: value["replies"][0].update(status=True),
    lambda value: value["replies"][0].update(status="200"),
    lambda value: value["replies"][0].update(status=-1),
    lambda value: value["replies"][0].update(status=10**4000),
    lambda value: value["replies"][0].update(chunks="text"),
    lambda value: value["replies"][0].update(chunks=[1]),
    lambda value: value["replies"][0].update(chunks=["\ud800"]),
    lambda value: value["replies"][0].update(chunks=[{"base64": "*"}]),
    lambda value: value["replies"][0].update(headers=[]),
    lambda value: value["replies"][0].update(error={"type": 1}),
    lambda value: value["replies"][0].update(error={"type": [], "message": ""}),
    lambda value: value["replies"][0].update(error={"type": "TimedOut", "message": 1}),
    lambda value: value["replies"][0].update(error="x"),
]


@pytest.mark.sampled
@pytest.mark.parametrize("change", BROKEN)
def test_a_malformed_recording_is_a_usage_error(change, tmp_path):
    """Whatever somebody made of it."""
    tampered(tmp_path, change)

    with pytest.raises(UsageError):
        ask(Player(tmp_path).transport(), Request(model="m", input="hi"))


@pytest.mark.parametrize("name", ["GradientError", "OutputClosed", "ReplayMiss", "x", "__doc__"])
def test_a_recorded_fault_is_one_of_the_network(name, tmp_path):
    """A recording cannot claim any error that it likes."""
    fault = {"type": name, "message": "m"}
    tampered(tmp_path, lambda value: value["replies"][0].update(error=fault))

    with pytest.raises(ConnectionFailed):
        ask(Player(tmp_path).transport(), Request(model="m", input="hi"))


def test_a_recording_that_is_no_file_is_not_waited_for(tmp_path):
    """A pipe or a folder of its name; a miss beside them still looks for its neighbour."""
    import os

    os.mkfifo(tmp_path / f"{Request(input='hi').key()}.json")
    (tmp_path / f"{Request(input='ho').key()}.json").mkdir()

    for text in ("hi", "ho"):
        with pytest.raises(UsageError):
            ask(Player(tmp_path).transport(), Request(input=text))
    with pytest.raises(ReplayMiss):
        ask(Player(tmp_path).transport(), Request(input="hu"))


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


@pytest.mark.real
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


@pytest.mark.real
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


@pytest.mark.real
def test_a_nested_recording_is_no_bug(tmp_path):
    """A neighbour that nobody can print is passed over: the miss is told all the same."""
    from gradient_cli.transport.nearest import explain

    deep = "[" * 900 + "]" * 900
    request = '{"request": {"method": "POST", "path": "/p", "body": {"input": DEEP}}}'
    (tmp_path / "a.json").write_text(request.replace("DEEP", deep))

    assert isinstance(explain({"method": "POST", "path": "/p", "body": {}}, tmp_path), str)


def test_of_a_reply_without_an_end_the_beginning_is_recorded(tmp_path, monkeypatch):
    """It breaks again in a replay, and as it did; what was finished is kept whole."""
    monkeypatch.setattr(tape, "MOST_OF_BROKEN", 5)
    request, error = Request(input="hi"), BrokenReply("the answer is larger than 7 bytes")
    recording = Recorder(tmp_path).over(FakeTransport(FakeReply([b"abc", b"def"])))
    reply = recording.send("POST", PATH, request.encode())

    def read_too_much() -> None:
        try:
            list(reply.chunks())
            raise error  # Who counts stands above the recorder.
        finally:
            reply.close()

    with pytest.raises(BrokenReply):
        read_too_much()
    again = Player(tmp_path).transport().send("POST", PATH, request.encode()).chunks()

    assert [next(again), next(again)] == [b"abc", b"de"]
    with pytest.raises(BrokenReply, match="larger than 7 bytes"):
        next(again)
    ended = FakeReply([b"abc", b"def"], error=ConnectionFailed("gone"))
    with pytest.raises(ConnectionFailed):
        ask(Recorder(tmp_path / "cut").over(FakeTransport(ended)), request)
    whole = Recorder(tmp_path / "whole").over(FakeTransport(FakeReply([b"abc", b"def"])))
    assert ask(whole, request)[1] == [b"abc", b"def"]
    assert "def" in next((tmp_path / "whole").iterdir()).read_text()


def test_what_is_too_long_for_a_recording_is_told_and_is_an_answer(tmp_path, monkeypatch):
    """A reply of any length would be held several times to be written as JSON."""
    monkeypatch.setattr(tape, "MOST_RECORDED", 5)
    recorder = Recorder(tmp_path)
    request = Request(input="hi")

    status, body = ask(recorder.over(FakeTransport(FakeReply([b"abc", b"def"]))), request)[:2]

    assert (status, body) == (200, [b"abc", b"def"])
    assert "the reply is larger than 5 bytes" in recorder.fault.message
    assert list(tmp_path.iterdir()) == []
    ask(recorder.over(FakeTransport(FakeReply([b"abc", b"de"]))), request)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 recording was not asked for: 0"),
        (2, "2 recordings were not asked for: 0, 1"),
        (3, "3 recordings were not asked for: 0, 1, 2"),
        (5, "5 recordings were not asked for: 0, 1, 2 and 2 more"),
    ],
)
def test_what_nothing_asked_for_is_counted_in_words(tmp_path, count, words):
    """One is one, and of many the first are named."""
    assert tape.in_words([tape.Unasked(tmp_path / str(n)) for n in range(count)]) == words


def test_a_disk_that_fills_up_costs_no_answer(tmp_path):
    """What was paid for is given; the first reason why it could not be kept is held."""
    is_full = False

    def put(path, data, *rest, **named):
        if is_full:
            raise UsageError(f"no space, {len(recorder._replies)}")
        return replace_file(path, data, *rest, **named)

    recorder = tape.Recorder(tmp_path, put)
    is_full = True
    transport = recorder.over(FakeTransport(FakeReply(STREAM), FakeReply(STREAM)))

    for text in ("hi", "ho"):
        assert ask(transport, Request(model="m", input=text, stream=True)) == (200, STREAM)
    assert str(recorder.fault) == "no space, 1"
