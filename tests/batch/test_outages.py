"""A service that is down ends the run; one that stumbles does not."""

import json

import pytest

from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving

pytestmark = pytest.mark.real

DOWN = Behaviour(status=500, times=0)
ROWS = [f"row {n}" for n in range(100)]


def running(folder, *behaviours: Behaviour, argv: tuple[str, ...] = ()):
    """Run a hundred rows; give (status, stderr, results, requests)."""
    with serving(behaviours=behaviours) as server:
        batch = Batch(folder, server)
        status, _, notes = batch.run("-i", batch.items(*ROWS), "--retries", "0", *argv)
        return status, notes, batch.results(), sum(batch.asked().values())


def test_a_service_that_is_down_ends_the_run(tmp_path):
    """Twenty rows in a row are enough to know; the rest is not tried and not marked failed."""
    status, notes, results, requests = running(tmp_path, DOWN, argv=("-j", "1"))

    assert (status, requests, len(results)) == (5, 20, 20)
    assert (
        "stopped: the service gives no more answers: 20 rows in a row failed, the last with: "
        in notes
    )
    assert "80 rows are left" in notes
    assert "the same command tries again" in notes


def test_a_quota_that_is_used_up_ends_the_run(tmp_path):
    """The service asks to wait for hours: nobody is asked again, and nobody waits."""
    quota = Behaviour(status=429, headers={"Retry-After": "99999"}, times=0)
    status, notes, results, requests = running(tmp_path, quota, argv=("-j", "1"))

    assert (status, requests, len(results)) == (6, 1, 21)
    assert "the service asks to wait 28 h" in notes


def test_a_host_that_is_gone_ends_the_run(tmp_path):
    """No connection is a fault like any 500."""
    with serving() as server:
        batch = Batch(tmp_path, server)
    status, _, notes = batch.run("-i", batch.items(*ROWS), "--retries", "0")

    assert status == 5
    assert "stopped: the service gives no more answers" in notes
    assert 20 <= len(batch.results()) < 20 + 8


def test_each_worker_may_fail_twice(tmp_path):
    """One bad moment of the service hits everybody who asks in it."""
    status, _, _, requests = running(tmp_path, DOWN, argv=("-j", "16"))

    assert status == 5
    assert 32 <= requests < 32 + 16


def test_an_answer_in_between_goes_on(tmp_path):
    """Nineteen failures, an answer, and nineteen more end nothing."""
    stumbling = (Behaviour(status=500, times=19), Behaviour(), Behaviour(status=503, times=19))
    status, notes, results, _ = running(tmp_path, *stumbling, Behaviour(times=0), argv=("-j", "1"))

    assert status == 5
    assert "stopped" not in notes
    assert [row["ok"] for row in results].count(False) == 38
    assert len(results) == 100


def test_refused_rows_end_nothing(tmp_path):
    """A 400 is about its row: the service is there."""
    status, _, results, requests = running(tmp_path, Behaviour(status=400, times=0))

    assert (status, requests, len(results)) == (4, 100, 100)


@pytest.mark.parametrize(("most", "requests"), [("0", 100), ("3", 3)])
def test_the_number_is_the_users(tmp_path, most, requests):
    """--max-failures says another; 0 is any number."""
    argv = ("-j", "1", "--max-failures", most)
    status, _, results, found = running(tmp_path, DOWN, argv=argv)

    assert (status, found, len(results)) == (5, requests, requests)


def test_the_same_command_goes_on_when_the_service_is_back(tmp_path):
    """What failed and what was left is done, and each row has one line."""
    with serving(behaviours=(Behaviour(status=500, times=20), Behaviour(times=0))) as server:
        batch = Batch(tmp_path, server)
        items = batch.items(*ROWS)
        _, said, _ = batch.run("-i", items, "--retries", "0", "-j", "1", "--json")

        again, _, _ = batch.run("-i", items, "--retries", "0")

        assert json.loads(said)["stopped_by"] == "failures"
        assert again == 0
        assert len(batch.results()) == 100
        assert all(row["ok"] for row in batch.results())
