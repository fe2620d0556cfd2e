"""`batch fetch` counts rows, not lines, and trusts neither the results nor its own job file."""

import json
from collections.abc import Iterator

import pytest

from tests.batch.fake_engine import FakeEngine, answer, expired
from tests.batch.test_submit import Desk

pytestmark = pytest.mark.real


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    """Give `gradient batch` with a job of two rows, whose results the test makes."""
    with FakeEngine(polls=0) as engine:
        desk = Desk(tmp_path, engine)
        desk.says("submit", "-m", "m", "-i", desk.items("say one", "say two"))
        yield desk


def results(desk: Desk, *lines: dict | bytes) -> None:
    """Let the engine give these lines."""
    data = b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines)
    desk.engine.download = lambda job, *, errors: b"" if errors else data


def row(number: int, words: str = "x") -> dict:
    """Give an answer to a row."""
    return answer({"custom_id": f"row-{number}", "body": {"input": words}})


def late(number: int) -> dict:
    """Give the failure of a row."""
    return expired({"custom_id": f"row-{number}"})


def told(desk: Desk) -> tuple[int, dict, str]:
    """Give status, document and notes of a fetch."""
    status, out, notes = desk.says("fetch", "--json")
    return status, json.loads(out), notes


def test_a_row_twice_and_a_row_never_are_not_two_rows(desk):
    """The row that nobody answered is missed, and the job is not forgotten."""
    results(desk, row(1), row(1))

    status, document, notes = told(desk)

    assert (status, document["done"], document["missing"], document["repeated"]) == (8, 1, 1, 1)
    assert "1 ok, 0 failed, 1 not answered" in notes
    assert [line["id"] for line in desk.results()] == [1]
    assert desk.job.exists()


def test_a_fetch_that_missed_a_row_may_look_again(desk):
    """The service's file may have been cut; the second time it is whole."""
    results(desk, row(2), row(2))
    first = told(desk)[0]
    results(desk, row(1), row(2))

    second = told(desk)

    assert (first, second[0], second[1]["done"]) == (8, 0, 2)
    assert {line["id"]: line["ok"] for line in desk.results()} == {1: True, 2: True}
    assert not desk.job.exists()


@pytest.mark.parametrize("answered", [(), (1,)])
def test_what_a_job_never_answered_is_submitted_anew(desk, answered):
    """The job is over; neither it nor its file stands in the way."""
    results(desk, *map(row, answered))
    told(desk)
    del desk.engine.download

    submitted = desk.says("submit", "-m", "m", "-i", desk.items("say one", "say two"))
    fetched = told(desk)

    assert submitted[:2] == (0, "batch_2\n")
    assert (fetched[0], desk.job.exists()) == (0, False)
    assert {line["id"]: line["text"] for line in desk.results()}[2] == "two"


@pytest.mark.parametrize(
    "lines",
    [
        (row(1, "a"), late(1), row(2)),
        (late(1), row(1, "a"), row(2)),
        (row(1, "a"), row(1, "b"), row(2)),
    ],
)
def test_a_row_has_one_line_and_an_answer_outranks_a_failure(desk, lines):
    """Whatever the order is; of two answers the first."""
    results(desk, *lines)

    status, document, notes = told(desk)

    assert (status, document["done"], document["repeated"]) == (0, 2, 1)
    assert "warning: 1 lines of results repeat a row" in notes
    assert sorted((line["id"], line["text"]) for line in desk.results()) == [(1, "a"), (2, "x")]


def test_a_row_that_failed_twice_failed_once(desk):
    """Counts are of rows."""
    results(desk, late(1), late(1), row(2))

    status, document, _ = told(desk)

    assert (status, document["failed"], document["done"]) == (5, 1, 2)
    assert len(desk.results()) == 2


@pytest.mark.sampled
@pytest.mark.parametrize("line", [b"no json", b"[1]", row(3), {"custom_id": 1}, b"9" * 5000])
def test_a_line_of_nobody_loses_nothing(desk, line):
    """What stands behind it was paid for, too."""
    results(desk, row(1), line, row(2))

    status, document, notes = told(desk)

    assert (status, document["done"], document["foreign"]) == (5, 2, 1)
    assert "1 lines of results name none of our rows" in notes
    assert len(desk.results()) == 2
    assert desk.job.exists()


WRONG = {
    "gradient": [2, None, "1", [1]],
    "request_id": [None, 1, []],
    "job_id": [1, [], {}],
    "endpoint": [None, 5, {"a": 1}],
    "rows": [None, {}, "ab", [1], [[1]], [[1, "k", 2]], [[None, "a" * 64]], [[1.5, "a" * 64]], [[True, "a" * 64]],
             [[[], "a" * 64]], [[1, "A" * 64]], [[1, 7]]],
    "expectations": [None, [], "x", {"expect": "x"}, {"expect": [1]}, {"one_of": ["a"]}, {"repair": "1"},
                     {"repair": True}, {"allow_incomplete": 1}, {"schema": {}}, {"schema": "{"},
                     {"expect_re": ["("]}],
}  # fmt: skip


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_job_file_with_a_field_that_is_none(desk, name, value):
    """It is an error of usage, and the file is as it was."""
    desk.job.write_text(json.dumps({**json.loads(desk.job.read_text()), name: value}))
    before = desk.job.read_bytes()

    status, _, notes = desk.says("fetch")

    assert status == 2
    assert "\ngradient: " in f"\n{notes}"
    assert desk.job.read_bytes() == before


@pytest.mark.sampled
@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"[]", b"null", b"7", b'{"gradient":1}', b"[" * 50_000, b'{"a":1,"a":1}',
     b'{"gradient":1,"rows":[NaN]}', b'{"gradient":' + b"1" * 5000 + b"}"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["fetch", "status", "cancel", "submit"])
def test_a_job_file_that_is_none(desk, data, command):
    """Never a traceback, and never taken for no job."""
    desk.job.write_bytes(data)
    more = ("-m", "m", "-i", desk.items("other")) if command == "submit" else ()

    status, _, notes = desk.says(command, *more)

    assert status == 2
    assert '.job" does not hold a job' in notes
    assert desk.job.read_bytes() == data
