"""Keys beyond what is held in memory: in a file, and exact."""

import random
import sys

import pytest

from gradient_cli.batch import key_table
from gradient_cli.batch.key_table import KeyTable, fingerprint
from gradient_cli.errors import UsageError
from tests.batch.bench import Batch, serving


@pytest.fixture
def few(monkeypatch):
    """Hold eight keys in memory, and mark sixteen places: all that is rare then happens often."""
    monkeypatch.setattr(key_table, "FRESH", 8)
    monkeypatch.setattr(key_table, "MARKS", 16)


def key(number: int) -> bytes:
    return fingerprint(str(number).encode())


def fill(table: KeyTable, count: int) -> None:
    for n in range(count):
        table.set(key(n), n + 1)


def test_a_table_is_what_a_dict_is(few):
    """Set, set anew, asked for what is there and what is not, in any order."""
    chance = random.Random(71)
    table, known = KeyTable(), {}
    for _ in range(2000):
        one = key(chance.randrange(300))
        assert table.get(one) == known.get(one, 0)
        known[one] = chance.randrange(1, 2**40)
        table.set(one, known[one])

    assert all(table.get(one) == number for one, number in known.items())
    assert all(table.get(key(n)) == 0 for n in range(300, 600))
    assert len(known) == 300
    table.close()


def test_a_python_without_sqlite_keeps_everything_in_memory(few, monkeypatch):
    """It is a part of Python that some builds leave out."""
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    table = KeyTable()
    fill(table, 100)

    assert [table.get(key(n)) for n in range(101)] == [*range(1, 101), 0]


def test_a_full_disk_is_told_in_one_line(few, monkeypatch):
    """SQLite's complaint becomes an error of ours, with what to do."""
    table = KeyTable()
    monkeypatch.setattr(key_table, "_SETTINGS", (*key_table._SETTINGS, "pragma max_page_count=4"))

    with pytest.raises(UsageError, match="full") as caught:
        fill(table, 2000)

    assert "TMPDIR" in caught.value.hint
    table.close()


@pytest.mark.real
def test_a_long_run_resumes_by_its_file_of_keys(few, tmp_path):
    """Failed rows, equal rows, a changed one: the same as with a few."""
    with serving(limit_per_minute=None) as server:
        batch = Batch(tmp_path, server)
        lines = [f"row {n % 50}" for n in range(120)]
        batch.run("-i", batch.items(*lines), "--expect", "no such words")
        failed = [row["ok"] for row in batch.results()]
        again, _, _ = batch.run("-i", batch.items(*lines, "new"))
        batch.server.requests.clear()

        _, _, notes = batch.run("-i", batch.items("changed", *lines[1:], "new"))

        assert failed == [False] * 120
        assert again == 0
        assert batch.asked() == {"changed": 1}
        assert "120 skipped" in notes
        results = batch.results()
        assert sorted(row["id"] for row in results) == list(range(1, 122))
        assert all(row["ok"] for row in results)
