"""A table that is asked in about the order in which it has learnt says what any table says."""

import tempfile
from random import Random

import pytest

from gradient_cli.batch import key_table, turns
from gradient_cli.batch.key_table import KeyTable, fingerprint
from gradient_cli.batch.turns import OrderedTable


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let everything reach its file soon."""
    monkeypatch.setattr(turns, "HELD", 40)
    monkeypatch.setattr(turns, "AHEAD", 16)
    monkeypatch.setattr(key_table, "FRESH", 50)


def orders(random: Random, count: int) -> dict[str, list[int]]:
    """Give ways to ask: as it was learnt, nearly so, with gaps and strangers, or not at all so."""
    nearly = sorted(range(count), key=lambda n: n + random.uniform(0, 12))
    gaps = [n for n in nearly if random.random() < 0.5]
    strangers = [n + 10 * count * (random.random() < 0.3) for n in nearly]
    return {
        "as learnt": list(range(count)),
        "nearly": nearly,
        "gaps": gaps,
        "strangers": strangers,
        "backwards": list(range(count))[::-1],
        "the latter half": list(range(count // 2, count)),
        "twice": [n for n in nearly for _ in range(2)],
    }


@pytest.mark.parametrize("order", orders(Random(0), 1))
@pytest.mark.parametrize("is_doubled", [False, True])
def test_it_says_what_any_table_says(order, is_doubled):
    """Whatever is asked in which order, and where a digest got another number later."""
    for seed in range(20):
        random = Random(seed)
        count = random.randrange(300)
        table, plain = OrderedTable(), KeyTable()
        for n in range(count):
            again = is_doubled and n > 5 and random.random() < 0.02
            digest = fingerprint(b"%d" % (n - 3 if again else n))
            table.learn(digest, n + 1, is_new=not plain.get(digest))
            plain.set(digest, n + 1)

        for n in orders(random, count)[order]:
            digest = fingerprint(b"%d" % n)
            assert table.find(digest) == plain.get(digest), (seed, n)


def test_a_full_disk_takes_the_quick_way_alone(monkeypatch):
    """What it cannot keep, the table itself tells."""
    table = OrderedTable()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    for n in range(200):
        table.learn(fingerprint(b"%d" % n), n + 1, is_new=True)

    assert [table.find(fingerprint(b"%d" % n)) for n in range(200)] == list(range(1, 201))
