"""The tests' own server: it must play what it was given, or it proves nothing."""

import socket

import pytest

from tests.captures import captures
from tests.replay_server import End, Framing, Play, ReplayServer, cuts, framed


def ask(server: ReplayServer) -> list[bytes]:
    """Send one request and give every read until the server is done."""
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /v1/responses HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
        client.shutdown(socket.SHUT_WR)
        return list(iter(lambda: client.recv(65536), b""))


def test_it_plays_byte_for_byte(replay_server):
    """Whole or in pieces, what arrives is what was given."""
    data = framed([b"data: 1\n\n", b"data: 2\n\n"])
    for play in cuts(Play(data)):
        replay_server.then(play)

        assert b"".join(ask(replay_server)) == data
        assert replay_server.received[0].body == b"hi"


def test_a_pause_makes_each_piece_a_read_of_its_own(replay_server):
    """With a pause between them, pieces do not grow together on the way."""
    replay_server.then(Play(b"abc", piece_bytes=1, pause_s=0.01))

    assert ask(replay_server) == [b"a", b"b", b"c"]


@pytest.mark.real
def test_a_reset_is_a_reset(replay_server):
    """After End.RESET the client meets an error, not an end."""
    replay_server.then(Play(b"abc", end=End.RESET))

    with pytest.raises(ConnectionResetError):
        ask(replay_server)


def test_the_last_play_goes_on(replay_server):
    """Replies come in order; the last one answers whatever is asked later."""
    replay_server.then(Play(b"first"), Play(b"last"))

    assert [b"".join(ask(replay_server)) for _ in range(3)] == [b"first", b"last", b"last"]


def test_chunks_hold_what_was_given():
    """Each body of a list becomes one HTTP chunk; a cut one lacks only its end."""
    whole = framed([b"a", b"", b"bc"], content_type=None)

    assert whole.endswith(b"\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
    assert framed([b"a", b"bc"], Framing.CHUNKED_CUT, content_type=None) == whole[:-5]


def test_captures_are_whole():
    """Every archive is read, and exactly those replies are cut that are known to be."""
    cut = {str(capture) for capture in captures() if capture.is_cut}

    assert len(captures()) == 471
    assert cut == {
        "llmock/fault-disconnect-after3-stream",
        "llmock/fault-disconnect-after8-stream",
        "vllm/fault-kill-worker-midstream",
        "vllm/fault-sigterm-midstream",
    }
