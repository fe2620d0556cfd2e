"""The whole journey of a job against the mock: submit, status, fetch, cancel."""

import json
import urllib.error
import urllib.request

import pytest

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
