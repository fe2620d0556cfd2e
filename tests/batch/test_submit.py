"""The provider's engine from the command line: the same items, the same OUT."""

import json
from collections.abc import Iterator

import pytest

from tests.batch.bench import Batch
from tests.batch.fake_engine import KEY, LOST, FakeEngine, answer, expired
from tests.home import Home

pytestmark = pytest.mark.real


class Desk(Batch):
    """`gradient batch` against an engine instead of a server that answers at once."""

    def __init__(self, folder, engine: FakeEngine) -> None:
        self.folder = folder
        self.engine = engine
        self.out = folder / "out.jsonl"
        self.job = folder / "out.jsonl.job"
        self._home = Home(folder)
        self._home.exports(GRADIENT_INFERENCE_ENDPOINT=engine.url, GRADIENT_MODEL_ACCESS_KEY=KEY)

    def says(self, *argv: str) -> tuple[int, str, str]:
        """Run a command on OUT."""
        return self.batch(*argv, "-o", str(self.out))


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    with FakeEngine(polls=0) as engine:
        yield Desk(tmp_path, engine)


def test_submit_and_fetch_give_the_lines_that_run_gives(desk):
    """id, key, ok and the rest, one line a row; and the same key as `batch run` would give."""
    items = desk.rows({"id": "a", "prompt": "say yes\u2028"}, {"id": "b", "prompt": "say no"})

    submitted = desk.says("submit", "-m", "m", "-i", items)
    fetched = desk.says("fetch")

    assert submitted[:2] == (0, "batch_1\n")
    assert fetched[0] == 0
    rows = {row["id"]: row for row in desk.results()}
    assert {i: row["text"] for i, row in rows.items()} == {"a": "yes\u2028", "b": "no"}
    assert all(row["ok"] and row["usage"]["total_tokens"] == 7 for row in rows.values())
    assert rows["a"]["total_ms"] is None
    assert not desk.job.exists()
    status, out, _ = desk.says("run", "-m", "m", "-i", items, "--json")
    assert (status, json.loads(out)["skipped"]) == (0, 2)


def test_expectations_are_judged_at_the_fetch(desk):
    """`submit` remembers them: labels, and a schema although its file is gone."""
    schema = desk.folder / "s.json"
    schema.write_text('{"type": "integer"}')
    items = desk.items("say 7", "say seven")

    desk.says("submit", "-m", "m", "-i", items, "--schema", str(schema))
    schema.unlink()
    status, _, notes = desk.says("fetch")

    assert status == 1
    assert "1 of 2 rows failed" in notes
    rows = {row["id"]: row for row in desk.results()}
    assert (rows[1]["parsed"], rows[1]["ok"], rows[2]["exit_code"]) == (7, True, 1)


def test_labels_come_back_as_labels(desk):
    """--one-of works as with `batch run`."""
    desk.says("submit", "-m", "m", "-i", desk.items("say Yes."), "--one-of", "yes,no")
    desk.says("fetch")

    assert desk.results()[0]["label"] == "yes"


def test_only_what_out_lacks_is_submitted(desk):
    """A row that failed is submitted again, alone; OUT then has one line of each."""
    items = desk.items("say one", "say two")
    desk.engine.answer = lambda line: (
        expired(line) if line["custom_id"] == "row-2" else answer(line)
    )
    desk.says("submit", "-m", "m", "-i", items)
    first = desk.says("fetch")
    desk.engine.answer = answer

    desk.says("submit", "-m", "m", "-i", items)
    second = desk.says("fetch")

    assert (first[0], second[0]) == (5, 0)
    assert [len(f.splitlines()) for f in desk.engine.files.values()] == [2, 1]
    assert {row["id"]: row["ok"] for row in desk.results()} == {1: True, 2: True}
    assert len(desk.results()) == 2


def test_the_same_submit_again_finds_its_job(desk):
    """Impatience costs nothing."""
    desk.engine.polls = 9
    argv = ("submit", "-m", "m", "-i", desk.items("a"))

    outs = [desk.says(*argv)[:2] for _ in range(2)]

    assert outs == [(0, "batch_1\n")] * 2
    assert len(desk.engine.jobs) == 1
    assert desk.engine.steps.count("put") == 1


def test_a_submit_that_was_stopped_is_taken_up(desk):
    """The job was made, but nobody heard of it: the next one finds it by its request id."""
    argv = ("submit", "-m", "m", "-i", desk.items("a"), "--retries", "0")
    desk.engine.fails = {"create": [LOST], "list": [500]}
    stopped = desk.says(*argv)

    taken_up = desk.says(*argv)

    assert stopped[0] == 5
    assert taken_up[:2] == (0, "batch_1\n")
    assert desk.engine.steps.count("put") == 1


def test_another_content_does_not_push_a_job_aside(desk):
    """Answers that are paid for would be lost."""
    desk.engine.polls = 9
    desk.says("submit", "-m", "m", "-i", desk.items("a"))

    status, _, notes = desk.says("submit", "-m", "m", "-i", desk.items("b"))

    assert status == 2
    assert "waits for the answers of another job" in notes
    assert len(desk.engine.jobs) == 1


def test_a_job_that_is_not_over_is_status_8(desk):
    """A script tries again; OUT is as it was."""
    desk.engine.polls = 9
    desk.says("submit", "-m", "m", "-i", desk.items("a"))

    status, _, notes = desk.says("fetch")

    assert status == 8
    assert "batch_1 is in_progress: 0 of 1 answered" in notes
    assert desk.results() == []
    assert desk.job.exists()


def test_a_job_that_failed_is_status_5_and_can_be_submitted_again(desk):
    """No results, and no dead end."""
    desk.engine.ends_as = "failed"
    argv = ("submit", "-m", "m", "-i", desk.items("say it"))
    desk.says(*argv)

    told, fetched = desk.says("status")[0], desk.says("fetch")[0]
    desk.engine.ends_as = "completed"
    again = desk.says(*argv)

    assert (told, fetched) == (5, 5)
    assert again[:2] == (0, "batch_2\n")
    assert desk.says("fetch")[0] == 0


def test_status_and_cancel_tell_of_the_job(desk):
    """For people, and for scripts."""
    desk.engine.polls = 9
    desk.says("submit", "-m", "m", "-i", desk.items("a"))

    told = desk.says("status")
    document = json.loads(desk.says("status", "--json")[1])
    cancelled = desk.says("cancel")

    assert told[:2] == (0, "job batch_1 is in_progress: 0 of 1 answered\n")
    assert (document["id"], document["is_over"], document["total"]) == ("batch_1", False, 1)
    assert cancelled[:2] == (0, "job batch_1 is cancelled: 0 of 1 answered\n")


def test_a_fetch_that_broke_is_done_again_without_doubles(desk):
    """Half the results are in OUT already."""
    items = desk.items("say one", "say two")
    desk.says("submit", "-m", "m", "-i", items)
    note = desk.job.read_bytes()
    desk.says("fetch")
    whole = desk.out.read_bytes().splitlines(keepends=True)
    desk.out.write_bytes(whole[0])
    desk.job.write_bytes(note)

    status, out, _ = desk.says("fetch", "--json")

    assert status == 0
    assert {row["id"]: row["text"] for row in desk.results()} == {1: "one", 2: "two"}
    assert len(desk.results()) == 2
    assert json.loads(out)["done"] == 2


def test_an_answer_that_is_nobodys_is_no_success(desk):
    """Rows without any result are counted, and asked again by the next submit."""
    desk.says("submit", "-m", "m", "-i", desk.items("say one", "say two"))
    desk.engine.download = lambda job, *, errors: b""

    status, out, _ = desk.says("fetch", "--json")

    assert status == 8
    assert json.loads(out)["missing"] == 2


def test_a_job_belongs_to_its_endpoint(desk):
    """Another service knows nothing of it."""
    desk.says("submit", "-m", "m", "-i", desk.items("a"))

    status, _, notes = desk.says("status", "--base-url", "http://127.0.0.1:9")

    assert status == 2
    assert f"was submitted to {desk.engine.url}" in notes


def test_without_a_job_there_is_nothing_to_fetch(desk):
    """And the remedy is said."""
    status, _, notes = desk.says("fetch")

    assert status == 2
    assert "gradient batch submit" in notes


def test_the_upload_can_be_looked_at(desk):
    """--dry-run prints it and sends nothing."""
    status, out, _ = desk.says("submit", "-m", "m", "-i", desk.items("a", "b"), "--dry-run")

    assert status == 0
    assert [json.loads(line)["body"]["input"] for line in out.splitlines()] == ["a", "b"]
    assert desk.engine.steps == []


def test_nothing_is_left_of_an_upload(desk):
    """The file of requests is as private as the requests, and gone when it is sent."""
    desk.says("submit", "-m", "m", "-i", desk.items("a"))

    names = sorted(path.name for path in desk.folder.glob("out*"))
    assert names == ["out.jsonl", "out.jsonl.job", "out.jsonl.runs"]


def test_what_a_job_cannot_do_is_refused(desk):
    """--repair would have to ask again; stdout cannot be come back to."""
    repair = desk.says("submit", "-i", desk.items("a"), "--one-of", "a,b", "--repair", "1")
    stdout = desk.batch("submit", "-m", "m", "-i", desk.items("a"), "-o", "-")

    assert (repair[0], stdout[0]) == (2, 2)


def test_all_answered_is_nothing_to_submit(desk):
    """No empty job."""
    argv = ("submit", "-m", "m", "-i", desk.items("a"))
    desk.says(*argv)
    desk.says("fetch")

    status, out, notes = desk.says(*argv)

    assert (status, out) == (0, "")
    assert "nothing to submit" in notes
    assert len(desk.engine.jobs) == 1


def called(request: dict) -> dict:
    """Give a result that is a function call."""
    line = answer(request)
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    line["response"]["body"]["output"] = [call]
    return line


def test_each_row_is_judged_by_what_its_own_request_said(desk):
    """The engine counts two tokens: all that the first row might use, and not the second."""
    items = desk.rows(
        {"id": "a", "prompt": "say yes"}, {"id": "b", "prompt": "say no", "max_output_tokens": 3}
    )

    desk.says("submit", "-m", "m", "-i", items, "--max-output-tokens", "2")
    fetched = desk.says("fetch")

    assert fetched[0] == 8
    assert {row["id"]: row["exit_code"] for row in desk.results()} == {"a": 8, "b": 0}


@pytest.mark.parametrize(("name", "status"), [("f", 0), ("g", 1), (None, 0)])
def test_a_fetched_call_must_have_been_offered(desk, name, status):
    """`submit` remembers the functions; of a job that was submitted before, nobody knows them."""
    desk.engine.answer = called
    tool = json.dumps({"type": "function", "name": name or "g"})
    desk.says("submit", "-m", "m", "-i", desk.items("call it"), "--tool", tool)
    if name is None:
        note = json.loads(desk.job.read_text())
        del note["terms"], note["row_terms"]
        desk.job.write_text(json.dumps(note))

    assert desk.says("fetch")[0] == status


@pytest.mark.parametrize(
    "spoiled", [{"terms": 5}, {"terms": [5]}, {"row_terms": [0, 0]}, {"row_terms": [7]}]
)
def test_a_note_with_terms_that_are_none_is_refused(desk, spoiled):
    """It may have come from anywhere."""
    desk.says("submit", "-m", "m", "-i", desk.items("say x"))
    desk.job.write_text(json.dumps({**json.loads(desk.job.read_text()), **spoiled}))

    status, _, said = desk.says("fetch")

    assert (status, "does not hold a job" in said) == (2, True)


def test_a_job_that_the_engine_refuses_leaves_nothing(desk):
    """No job file that a later run would wait for, no empty OUT."""
    desk.engine.fails = {"create": [400]}

    status, _, _ = desk.says("submit", "-m", "m", "-i", desk.items("a"))

    assert status == 4
    assert not list(desk.folder.glob("out*"))


def test_a_cancelled_job_frees_its_rows(desk):
    """Once it is known that it gave nothing, they can be asked from here."""
    desk.engine.polls = 9
    argv = ("-m", "m", "-i", desk.items("say a"))
    desk.says("submit", *argv)
    desk.says("cancel")
    assert desk.says("run", *argv)[0] == 2

    assert desk.says("fetch")[0] == 5

    assert not desk.job.exists()


def test_data_comes_back_from_a_job(desk):
    """As it went in, digit by digit."""
    path = desk.folder / "rows.jsonl"
    path.write_text('{"id": 1, "prompt": "say a", "data": {"price": 1.10, "n": [1e2]}}\n')

    desk.says("submit", "-m", "m", "-i", str(path))
    desk.says("fetch")

    assert b'"data":{"price":1.10,"n":[1E+2]}' in desk.out.read_bytes()
