"""The same command again resumes: nothing is paid twice, nothing is left out."""

import json
import os
import threading
from pathlib import Path

import pytest

from gradient_cli.batch.results import FileResults
from gradient_cli.errors import OutputClosed, UsageError
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from tests.batch.bench import Batch, serving


@pytest.mark.real
def test_what_is_done_is_not_asked_again(batch):
    """The second run of a finished batch sends nothing."""
    items = batch.items("a", "b", "c")
    batch.run("-i", items)

    status, _, notes = batch.run("-i", items)

    assert status == 0
    assert batch.asked() == {"a": 1, "b": 1, "c": 1}
    assert "3 skipped" in notes


def test_a_changed_row_is_asked_again(batch):
    """The key is made of what would be sent: another text is another row."""
    batch.run("-i", batch.items("a", "b"))

    batch.run("-i", batch.items("a", "B"))

    assert batch.asked() == {"a": 1, "b": 1, "B": 1}


def test_a_changed_flag_asks_everything_again(batch):
    """Another temperature is another request."""
    items = batch.items("a", "b")
    batch.run("-i", items)

    batch.run("-i", items, "--temperature", "0.5")

    assert batch.asked() == {"a": 2, "b": 2}


@pytest.mark.real
def test_failed_rows_are_done_again_and_leave_one_line(tmp_path):
    """A failure is replaced by the answer that a later run gets."""
    script = Script(behaviours=(Behaviour(status=500, times=1), Behaviour()))
    with MockServer(script) as server:
        batch = Batch(tmp_path, server)
        items = batch.items("a", "b", "c")
        first, _, _ = batch.run("-i", items, "-j", "1", "--retries", "0")
        failed = [row["ok"] for row in batch.results()].count(False)

        second, _, _ = batch.run("-i", items, "-j", "1", "--retries", "0")

        assert (first, failed, second) == (5, 1, 0)
        assert sorted(row["id"] for row in batch.results()) == [1, 2, 3]
        assert all(row["ok"] for row in batch.results())
        assert sum(batch.asked().values()) == 4


JUDGES = [
    ("--expect", "no such words"),
    ("--reject", "Hello"),
    ("--one-of", "pos,neg"),
    ("--schema", "name", "--no-send-schema"),
    ("-x",),
]


@pytest.mark.sampled
@pytest.mark.parametrize("flags", JUDGES, ids=lambda flags: flags[0])
def test_an_answer_that_nobody_judged_so_is_no_pass(batch, flags):
    """What an answer has to be belongs to the row; the status is about all rows."""
    items = batch.items("row a", "row b")
    assert batch.run("-i", items)[0] == 0

    status, _, notes = batch.run("-i", items, *flags)

    assert (status, "0 ok, 2 failed" in notes) == (1, True)
    assert [row["exit_code"] for row in batch.results() if not row["ok"]] == [1, 1]
    assert batch.run("-i", items)[0] == 0


@pytest.mark.real
def test_failed_rows_are_retried_with_other_flags(tmp_path):
    """What the hint says: raise --max-output-tokens. Other rows are not asked."""
    script = Script(behaviours=(Behaviour(end="incomplete", after=1, times=2), Behaviour()))
    with MockServer(script) as server:
        batch = Batch(tmp_path, server)
        items = batch.items("a", "b", "c")
        assert batch.run("-i", items, "-j", "1")[0] == 8
        batch.server.requests.clear()

        flags = ("--retry-failed", "--max-output-tokens", "99")
        status, _, _ = batch.run("-i", items, *flags)

        assert (status, batch.asked()) == (0, {"a": 1, "b": 1})
        assert sorted(row["id"] for row in batch.results()) == [1, 2, 3]
        assert all(row["ok"] for row in batch.results())
        batch.server.requests.clear()
        batch.run("-i", items, *flags)
        assert not batch.server.requests


@pytest.mark.real
def test_ids_of_any_kind_are_known_again(batch):
    """Numbers, texts, quotes, and letters that a line escapes."""
    ids = [7, "7", 'a"b', "c\\d", "e\u2028f", "é"]
    rows = batch.rows(*({"id": one, "prompt": f"p{n}"} for n, one in enumerate(ids)))
    batch.run("-i", rows, "--expect", "no such words")
    batch.server.requests.clear()

    status, _, _ = batch.run("-i", rows, "--retry-failed")

    assert (status, sum(batch.asked().values())) == (0, len(ids))
    assert {row["id"] for row in batch.results()} == set(ids)


@pytest.mark.real
def test_a_new_failure_stays_beside_doubled_lines(tmp_path):
    """What is tidied up is only what earlier runs left."""
    with serving(behaviours=(Behaviour(), Behaviour(status=400, times=0))) as server:
        batch = Batch(tmp_path, server)
        batch.run("-i", batch.items("a"))
        batch.out.write_bytes(batch.out.read_bytes() * 2)

        assert batch.run("-i", batch.items("a", "b"))[0] == 4
        assert [row["ok"] for row in batch.results()] == [True, False]


@pytest.mark.real
def test_a_reader_that_goes_away_ends_the_run(tmp_path):
    """A pipe that -o names is like stdout: nobody is there to tell."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with serving(behaviours=(Behaviour(delay=0.1, times=0),)) as server:
        batch = Batch(tmp_path, server)
        batch.out = pipe
        threading.Timer(0.05, os.close, [reader]).start()

        with pytest.raises(OutputClosed):  # The door makes SIGPIPE of it.
            batch.run("-i", batch.items("a", "b"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_device_that_is_full_is_told(batch):
    """In one line, as for a file."""
    batch.out = Path("/dev/full")

    status, _, notes = batch.run("-i", batch.items("a"))

    assert (status, 'cannot write "/dev/full": no space left' in notes) == (2, True)


def test_retry_failed_asks_nothing_new(batch):
    """--retry-failed takes the rows that failed, and no others."""
    batch.run("-i", batch.items("a", "b"), "--expect", "no such words")
    batch.server.requests.clear()

    batch.run("-i", batch.items("a", "b", "new"), "--retry-failed")

    assert batch.asked() == {"a": 1, "b": 1}


def test_a_torn_last_line_is_cut_and_its_row_done_again(batch):
    """What a death left of a line is no result."""
    items = batch.items("a", "b", "c")
    batch.run("-i", items, "-j", "1")
    batch.out.write_bytes(batch.out.read_bytes()[:-20])

    status, _, _ = batch.run("-i", items)

    assert status == 0
    assert batch.asked() == {"a": 1, "b": 1, "c": 2}
    assert sorted(row["id"] for row in batch.results()) == [1, 2, 3]


def test_a_whole_last_line_without_its_newline_is_kept(batch):
    """Only the newline was lost: the answer is there and paid for."""
    items = batch.items("a", "b")
    batch.run("-i", items)
    batch.out.write_bytes(batch.out.read_bytes()[:-1])

    batch.run("-i", items)

    assert batch.asked() == {"a": 1, "b": 1}
    assert batch.out.read_bytes().endswith(b"}\n")


def test_a_second_run_on_one_out_is_refused(batch):
    """Two runs would pay for the same rows."""
    items = batch.items("a")
    batch.run("-i", items)
    held = FileResults(str(batch.out))

    status, _, notes = batch.run("-i", items)
    held.close()

    assert status == 2
    assert "another run is writing" in notes


def test_out_that_holds_something_else_is_left_alone(batch):
    """-o and -i confused costs nobody their file."""
    batch.out.write_text('{"name": "precious"}\n')

    status, _, notes = batch.run("-i", batch.items("a"))

    assert status == 2
    assert "out.jsonl:1 is no result of a batch" in notes
    assert batch.out.read_text() == '{"name": "precious"}\n'


@pytest.mark.parametrize(
    "precious", ["hello", "# notes\nhello", '{"name": "precious", "and": ['], ids=repr
)
def test_a_file_without_a_final_newline_is_not_taken_for_a_torn_result(batch, precious):
    """What is cut off must be ours: a note of one line is all last line."""
    batch.out.write_text(precious)

    status, _, notes = batch.run("-i", batch.items("a"))

    assert status == 2
    assert "is no result of a batch" in notes
    assert batch.out.read_text() == precious


@pytest.mark.parametrize("torn", ['{"i', '{"id":3,"key":"ab', "\0\0\0"], ids=repr)
def test_whatever_a_death_leaves_of_a_line_is_cut(batch, torn):
    """A few bytes, half a line, or the zeros of a machine that lost its power."""
    batch.out.write_text(torn)

    status, _, _ = batch.run("-i", batch.items("a"))

    assert status == 0
    assert [row["id"] for row in batch.results()] == [1]


@pytest.mark.parametrize("size", [10, 1 << 16, (1 << 16) + 1, 200_000])
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "torn"])
def test_the_last_line_is_found_however_long_it_is(tmp_path, size, is_whole):
    """An answer of many pages is read from its end; what stands before it stays as it is."""
    out = tmp_path / "out.jsonl"
    before = b'{"id": 1}\n{"id": 2}\n'
    last = b'{"id":3,"text":"' + b"x" * size + (b'"}' if is_whole else b"")
    out.write_bytes(before + last)

    results = FileResults(str(out))
    results.write(b'{"id": 4}\n')
    results.close()

    kept = last + b"\n" if is_whole else b""
    assert results.is_repaired
    assert out.read_bytes() == before + kept + b'{"id": 4}\n'


def test_lines_written_anew_by_other_tools_still_count(batch):
    """Keys in another order, spaces: the meaning of a line is its JSON."""
    items = batch.items("a", "b")
    batch.run("-i", items)
    batch.out.write_text(
        "".join(json.dumps(dict(reversed(row.items()))) + "\n" for row in batch.results())
    )

    batch.run("-i", items)

    assert batch.asked() == {"a": 1, "b": 1}


def test_duplicates_are_answered_each(batch):
    """Three equal rows are three questions, and three results, in every run."""
    items = batch.items("a", "a", "a")

    batch.run("-i", items)
    batch.run("-i", items)

    assert batch.asked() == {"a": 3}
    assert sorted(row["id"] for row in batch.results()) == [1, 2, 3]
    assert len({row["key"] for row in batch.results()}) == 1


def test_a_line_that_the_disk_had_no_room_for_leaves_nothing(tmp_path):
    """Half a line would make one unreadable line of itself and the next."""
    resource = pytest.importorskip("resource")
    results = FileResults(str(tmp_path / "out.jsonl"))
    results.write(b"x" * 99 + b"\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, hard))
    try:
        with pytest.raises(UsageError, match="cannot write"):
            results.write(b"y" * 99 + b"\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    results.write(b"z\n")

    assert (tmp_path / "out.jsonl").read_bytes() == b"x" * 99 + b"\nz\n"
