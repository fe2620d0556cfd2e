"""The whole journey of a job against the mock: submit, status, fetch, cancel."""

import json
import urllib.error
import urllib.request

import pytest

from gradient_cli.mock.engine import Engine
from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving


@pytest.fixture
def batch(tmp_path):
    with serving(behaviours=(Behaviour(text="{{ prompt }}!", times=0),), key="sk-test") as server:
        yield Batch(tmp_path, server)


def says(batch, *argv):
    return batch.batch(*argv, "-o", str(batch.out))


@pytest.mark.real
def test_a_job_goes_its_way_a_step_a_look(batch):
    """Submitted, looked at, waited for, fetched: the lines that `run` would have written."""
    items = batch.items("one", "two")

    submitted = says(batch, "submit", "-m", "m", "-i", items)
    looked = says(batch, "status")
    fetched = says(batch, "fetch")

    assert submitted[:2] == (0, "batch_mock_1\n")
    assert looked[:2] == (0, "job batch_mock_1 is in_progress: 0 of 2 answered\n")
    assert fetched[0] == 0
    assert {row["id"]: row["text"] for row in batch.results()} == {1: "one!", 2: "two!"}
    assert says(batch, "run", "-m", "m", "-i", items, "--json")[0] == 0
    assert not batch.asked()


def test_a_job_is_not_fetched_before_its_end(batch):
    """Status 8 says so, and OUT is as it was."""
    says(batch, "submit", "-m", "m", "-i", batch.items("one"))

    assert says(batch, "fetch")[0] == 8
    assert batch.results() == []


@pytest.mark.real
def test_rows_that_fail_come_in_a_file_of_their_own(tmp_path):
    """As OpenAI's engine does it."""
    refusing = (Behaviour(match="bad", status=400), Behaviour(times=0))
    with serving(behaviours=refusing) as server:
        batch = Batch(tmp_path, server)
        says(batch, "submit", "-m", "m", "-i", batch.items("good", "bad"))
        says(batch, "status")

        status, _, notes = says(batch, "fetch")

        assert (status, "1 of 2 rows failed" in notes) == (4, True)
        assert {row["id"]: row["ok"] for row in batch.results()} == {1: True, 2: False}


def test_a_run_keeps_off_what_a_job_will_fill(batch):
    """Its rows would be paid for twice."""
    items = batch.items("one")
    says(batch, "submit", "-m", "m", "-i", items)

    status, _, notes = says(batch, "run", "-m", "m", "-i", items)

    assert status == 2
    assert "waits for the answers of job batch_mock_1" in notes
    assert "batch fetch" in notes
    assert not batch.asked()


@pytest.mark.real
def test_the_same_submit_after_the_end_says_fetch(batch):
    """It is no other job's content."""
    argv = ("submit", "-m", "m", "-i", batch.items("one"))
    says(batch, *argv)
    says(batch, "status")
    says(batch, "status")

    status, out, notes = says(batch, *argv)

    assert (status, out) == (0, "batch_mock_1\n")
    assert "is completed" in notes
    assert "batch fetch -o" in notes


@pytest.mark.real
def test_a_job_that_is_over_has_nothing_to_cancel(batch):
    """Said at once; one that runs is cancelled, and its rows are free."""
    argv = ("submit", "-m", "m", "-i", batch.items("one"))
    says(batch, *argv)
    assert "is cancelled" in says(batch, "cancel")[1]

    status, out, _ = says(batch, "cancel")

    assert status == 0
    assert "is cancelled" in out
    assert "nothing to cancel" in out


def test_a_refused_submit_leaves_nothing(tmp_path):
    """No job file, no empty OUT."""
    with serving(key="another") as server:
        batch = Batch(tmp_path, server)
        items = batch.items("one")
        before = {path.name for path in tmp_path.iterdir()}

        status, _, _ = says(batch, "submit", "-m", "m", "-i", items)

        assert status == 3
        assert {path.name for path in tmp_path.iterdir()} == before


def test_a_signed_address_takes_no_key(batch):
    """Whoever sends it there gives it away."""
    says(batch, "submit", "-m", "m", "-i", batch.items("one"))
    request = urllib.request.Request(
        f"{batch.server.url}/v1/batches/storage/file-mock-1",
        headers={"Authorization": "Bearer sk-test"},
    )

    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        urllib.request.urlopen(request)
    caught.value.close()

    storage = [r for r in batch.server.requests if "/storage/" in r.path]
    assert all("authorization" not in r.headers for r in storage[:-1])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"file_name": "x"}, "`file_name` must end with .jsonl"),
        ({"file_name": "abc.json"}, "`file_name` must end with .jsonl"),
    ],
)
def test_what_the_engine_would_refuse_the_mock_refuses(batch, body, words):
    """A client that is wrong finds out without paying."""
    request = urllib.request.Request(
        f"{batch.server.url}/v1/batches/files",
        data=json.dumps(body).encode(),
        headers={"Authorization": "Bearer sk-test"},
    )

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)

    assert caught.value.code == 400
    assert json.loads(caught.value.read())["message"] == words
    caught.value.close()


# The engine itself -------------------------------------------------------------------------

WANTED = {
    "file_id": "file-mock-1",
    "provider": "openai",
    "endpoint": "/v1/responses",
    "completion_window": "24h",
    "request_id": "mine",
}


class Direct:
    """An engine without a server around it; a row of `bad` is refused with 400."""

    def __init__(self) -> None:
        self.engine = Engine(
            lambda body: (400 if body.get("input") == "bad" else 200, {"it": body})
        )

    def ask(self, method: str, path: str, body: object = None, **headers: str):
        """Give status and body, or the bytes of a file."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = self.engine.answer(method, f"/v1/batches{path}", headers, data)
        return reply.status, reply.body if reply.data is None else reply.data

    def upload(self, data: bytes) -> None:
        """Make a file and put something there."""
        assert self.ask("POST", "/files", {"file_name": "up.jsonl"})[0] == 201
        assert self.ask("PUT", "/storage/file-mock-1", data) == (200, b"")

    def words(self, method: str, path: str, body: object = None, **headers: str):
        """Give status and words of a refusal."""
        status, said = self.ask(method, path, body, **headers)
        return status, said["message"]


def rows(*prompts: str) -> bytes:
    lines = ({"custom_id": f"row-{n}", "body": {"input": one}} for n, one in enumerate(prompts, 1))
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.fixture
def direct():
    return Direct()


def test_an_engine_says_what_became_of_each_row(direct):
    """Two files, the last row first; a step a look; both addresses are of the host that asked."""
    direct.upload(rows("a", "bad", "c"))
    status, job = direct.ask("POST", "", WANTED)
    assert (status, job["id"], job["status"]) == (201, "batch_mock_1", "validating")
    assert job["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    assert direct.words("GET", "/batch_mock_1/results") == (412, "the batch is validating")

    seen = [direct.ask("GET", "/batch_mock_1")[1]["status"] for _ in range(3)]
    _, found = direct.ask("GET", "/batch_mock_1/results", host="here:1")

    assert seen == ["in_progress", "completed", "completed"]
    assert found["output_file_url"].startswith("http://here:1/v1/batches/storage/")
    files = [
        found[name].partition("/storage")[2].partition("?")[0]
        for name in ("output_file_url", "error_file_url")
    ]
    lines = [
        [json.loads(line) for line in direct.ask("GET", f"/storage{name}")[1].splitlines()]
        for name in files
    ]
    assert [[line["custom_id"] for line in of] for of in lines] == [["row-3", "row-1"], ["row-2"]]
    assert [line["response"]["status_code"] for of in lines for line in of] == [200, 200, 400]
    assert lines[0][1]["response"]["body"] == {"it": {"input": "a"}}
    assert len({line["id"] for of in lines for line in of}) == 3
    counts = direct.ask("GET", "/batch_mock_1")[1]["request_counts"]
    assert counts == {"total": 3, "completed": 2, "failed": 1}
    assert direct.ask("GET", "/batch_mock_1/results", host="here:1")[1] == found


def test_a_file_without_rows_of_a_kind_has_no_address(direct):
    """Nothing failed: there is nothing to get."""
    direct.upload(rows("a"))
    direct.ask("POST", "", WANTED)
    for _ in range(2):
        direct.ask("GET", "/batch_mock_1")

    found = direct.ask("GET", "/batch_mock_1/results")[1]

    assert found["output_file_url"].startswith("http://127.0.0.1/")
    assert found["error_file_url"] is None


def test_the_same_request_id_is_the_same_job(direct):
    """Also where nothing is uploaded the second time."""
    direct.upload(rows("a"))
    first = direct.ask("POST", "", WANTED)

    assert direct.ask("POST", "", {**WANTED, "file_id": None}) == first
    assert direct.ask("POST", "", {**WANTED, "request_id": "other"})[1]["id"] == "batch_mock_2"
    listed = direct.ask("GET", "")[1]
    assert [job["id"] for job in listed["data"]] == ["batch_mock_2", "batch_mock_1"]
    assert listed["has_more"] is False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provider": "x"}, '`provider` must be "openai"'),
        ({"endpoint": "/v1/chat/completions"}, '`endpoint` must be "/v1/responses"'),
        ({"completion_window": None}, '`completion_window` must be "24h"'),
        ({"request_id": ""}, "`request_id` is missing"),
        ({"request_id": 7}, "`request_id` is missing"),
        ({"file_id": "file-mock-9"}, "nothing was uploaded"),
        ({"file_id": 7}, "nothing was uploaded"),
    ],
)
def test_a_job_that_says_too_little_is_refused(direct, change, words):
    """In the words of what is missing."""
    direct.upload(rows("a"))

    assert direct.words("POST", "", {**WANTED, **change}) == (400, words)
    assert direct.ask("GET", "")[1]["data"] == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000])
def test_what_is_no_object_asks_for_nothing(direct, body):
    """And ends nothing."""
    assert direct.ask("POST", "", body)[0] == 400
    assert direct.ask("POST", "/files", body)[0] == 400


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"{}\n", "line 1 has no `custom_id` or no `body`"),
        (rows("a") + b'{"custom_id": "x", "body": []}\n', "line 2 has no `custom_id` or no `body`"),
        (rows("a") + b'{"custom_id": 7, "body": {}}\n', "line 2 has no `custom_id` or no `body`"),
        (rows("a") + rows("b"), "line 2: the custom_id row-1 stands there twice"),
        (rows("a", "b", "c"), "3 rows; the limit is 2"),
    ],
)
def test_an_upload_with_faults_fails_its_job(direct, data, words, monkeypatch):
    """At the first look, and for good."""
    monkeypatch.setattr("gradient_cli.mock.engine.MOST_ROWS", 2)
    direct.upload(data)
    direct.ask("POST", "", WANTED)

    job = direct.ask("GET", "/batch_mock_1")[1]

    assert (job["status"], job["errors"]) == ("failed", [{"message": words}])
    assert direct.ask("GET", "/batch_mock_1")[1] == job
    assert direct.words("POST", "/batch_mock_1/cancel") == (409, "the batch is failed")
    assert direct.words("GET", "/batch_mock_1/results") == (412, "the batch is failed")


def test_a_cancelled_job_is_over(direct):
    """It goes no step further."""
    direct.upload(rows("a"))
    direct.ask("POST", "", WANTED)

    assert direct.ask("POST", "/batch_mock_1/cancel")[1]["status"] == "cancelled"
    assert direct.ask("GET", "/batch_mock_1")[1]["status"] == "cancelled"
    assert direct.words("POST", "/batch_mock_1/cancel") == (409, "the batch is cancelled")


def test_what_is_not_there_is_404_and_what_is_not_signed_403(direct):
    """As a store of files has it."""
    direct.upload(rows("a"))
    direct.ask("POST", "/files", {"file_name": "up.jsonl"})
    direct.ask("POST", "", WANTED)

    assert direct.ask("GET", "/storage/file-mock-1") == (200, rows("a"))
    assert direct.words("GET", "/storage/file-mock-2") == (404, "it is empty")
    assert direct.words("GET", "/storage/none") == (403, "the address has expired")
    assert direct.ask("GET", "/storage/file-mock-1", authorization="Bearer x")[0] == 403
    assert direct.ask("GET", "/none")[0] == 404
    assert direct.ask("DELETE", "/batch_mock_1") == (
        404, {"id": "batch_error", "message": "no such path"},
    )  # fmt: skip
    assert direct.ask("POST", "/batch_mock_1/results")[0] == 404
