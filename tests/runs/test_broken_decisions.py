"""Replies that are no decision, through every command that asks for one: none is ever taken."""

import json

import pytest

from gradient_cli.wire.decision import OneOf, Scale
from tests.replay_server import Framing, Play, framed
from tests.wire.test_decision import BROKEN, BROKEN_TEXTS


def texts():
    """Give (question's flags, suite's table, body) of each broken reply."""
    for question, answer in BROKEN.values():
        match question:
            case OneOf():
                flags = ("--one-of", "bug,wish")
                table = 'one_of = ["bug", "wish"], expect = "bug"'
            case Scale():
                flags = ("--scale", "calm,annoyed,angry")
                table = 'scale = ["calm", "annoyed", "angry"], at_least = "annoyed"'
            case _:
                flags, table = (), 'expect = "yes"'
        answers = {"decision": answer}
        yield flags, table, json.dumps({"model": "m", "answers": answers})
    for text in BROKEN_TEXTS:
        yield (), 'expect = "yes"', text.replace('"q"', '"decision"')


ALL = list(texts())


def play(text, status="200 OK"):
    """Give a whole HTTP reply."""
    kind = "text/html" if text.startswith("<") else "application/json"
    return Play(framed(text.encode(), Framing.LENGTH, content_type=kind, status=status))


@pytest.fixture
def there(home, replay_server):
    home.exports(
        GRADIENT_INFERENCE_ENDPOINT=replay_server.url, GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame"
    )
    home.server = replay_server
    return home


def test_there_are_forty_and_more():
    """Missing, doubled and foreign names, numbers that are none, sums, choices, scores, HTML."""
    assert len(ALL) >= 40


@pytest.mark.sampled
@pytest.mark.parametrize("number", range(len(ALL)))
def test_decide_takes_none_of_them(there, number):
    """Status 5 and no word on stdout."""
    flags, _, text = ALL[number]
    there.server.then(play(text))

    argv = ("decide", "-m", "jev-1", "--retries", "0", "What?", *flags)
    status, out, err = there.runs(*argv, stdin=b"state")

    assert (status, out) == (5, ""), err
    assert "the reply is no decision" in err


@pytest.mark.sampled
@pytest.mark.parametrize("number", range(0, len(ALL), 2))
def test_a_suite_takes_none_of_them(there, tmp_path, number):
    """An error, neither passed nor unsure."""
    _, table, text = ALL[number]
    suite = tmp_path / "s.toml"
    suite.write_text(
        '[[test]]\nname = "a"\nanswer = "x"\ndecide_model = "jev-1"\nsure = 0.5\n'
        f'decide = {{ question = "What?", {table} }}\n'
    )
    there.server.then(play(text))

    status, out, _ = there.runs("check", str(suite), "--retries", "0")

    assert status == 5, out
    assert out.startswith("ERROR")


@pytest.mark.real
@pytest.mark.parametrize("number", range(1, len(ALL), 2))
def test_a_batch_takes_none_of_them(there, tmp_path, number):
    """The row has failed, has no decision, and is asked again."""
    flags, _, text = ALL[number]
    rows, out = tmp_path / "rows.txt", tmp_path / "out.jsonl"
    rows.write_text("state\n")
    there.server.then(play(text), play('{"answers": null}'))
    argv = ("batch", "run", "--decide", "What?", "-m", "jev-1", "-i", str(rows), "-o", str(out))

    statuses = [there.runs(*argv, "--retries", "0", *flags)[0] for _ in range(2)]

    (row,) = map(json.loads, out.read_text().splitlines())
    assert statuses == [5, 5]
    assert (row["ok"], row["exit_code"], "decision" in row) == (False, 5, False)
    assert row["attempts"] == 1
    assert len(there.server.received) == 2
