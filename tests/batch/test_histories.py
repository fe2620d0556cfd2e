"""Random histories of ITEMS and OUT; `scripts/histories.py` plays many more."""

import pytest

from gradient_cli.batch.entries import Row
from tests.batch.histories import History

SHARE = 40

# The dead leave files open, which the system would close.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(SHARE))
def test_nothing_is_lost_mixed_or_paid_for_twice(seed, tmp_path):
    """Rows come, go and change, runs fail and are killed; OUT joined by id is true all the same."""
    History(seed, tmp_path).play()


def play_some(folder):
    for seed in range(20):
        own = folder / str(seed)
        own.mkdir()
        History(seed, own).play()


def test_a_ledger_that_mixes_rows_is_seen(tmp_path, monkeypatch):
    """The play is no sleepwalker: where all contents count as one, it complains."""
    monkeypatch.setattr(
        "gradient_cli.batch.join.Join.row", lambda join, item: Row(item.id, "0" * 64)
    )

    with pytest.raises(AssertionError, match="seed"):
        play_some(tmp_path)


def test_an_answer_that_is_lost_is_seen(tmp_path, monkeypatch):
    """Nor with a file for the others that forgets."""
    monkeypatch.setattr("gradient_cli.batch.entries.Entry.aside", lambda self, why, at: b"")

    with pytest.raises(AssertionError, match="lost"):
        play_some(tmp_path)
