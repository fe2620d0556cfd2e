"""Which rows a run asks: its own, those without an answer, and none of what is another run's."""

import json

import pytest

from gradient_cli.batch.entries import Row
from gradient_cli.batch.items.lines import Lines
from gradient_cli.batch.items.reading import Items, Shard
from gradient_cli.batch.items.rows import Rows
from gradient_cli.batch.items.source import Source
from gradient_cli.batch.join import Join, Part
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.batch.results import FileResults
from gradient_cli.errors import UsageError
from gradient_cli.wire.request import Request

AT = "2026-01-01T00:00:00.000001Z"


class Desk:
    """Items in a file, and OUT."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.out = folder / "out.jsonl"
        self.maker = RequestMaker(Request(model="m"))
        self.open: list = []

    def items(self, *texts: str) -> Items:
        path = self.folder / "items.txt"
        path.write_text("".join(f"{text}\n" for text in texts))
        return Items([Source("items.txt", Lines(), str(path), None)])

    def rows(self, *rows: dict) -> Items:
        path = self.folder / "rows.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return Items([Source("rows.jsonl", Rows(), str(path), None)])

    def join(self, items: Items, expected: str = "", maker=None, **part) -> Join:
        return Join(items, maker or self.maker, expected, Part(**part))

    def answered(self, items: Items, *numbers: int, ok: bool = True, expected: str = "") -> None:
        """Write answers of some items, counted from 1, to OUT."""
        join = self.join(items, expected)
        rows = [join.row(item) for item in items.read()]
        lines = [
            {"id": row.id, "key": row.key, "ok": ok, "at": AT, "run": ""}
            for number, row in enumerate(rows, 1)
            if number in numbers
        ]
        with self.out.open("a") as file:
            file.writelines(json.dumps(one, separators=(",", ":")) + "\n" for one in lines)

    def ledger(self, **flags) -> Ledger:
        results = FileResults(str(self.out))
        self.open.append(results)
        return Ledger(results, **flags)

    def asked(self, items: Items, expected: str = "", *, by_id: bool = False, **part):
        """Give the ids that are asked, and the join."""
        join = self.join(items, expected, **part)
        join.look(self.ledger(by_id=by_id))
        self.open.pop().close()
        return [item.id for item in join.todo()], join


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def ids_in(path) -> list:
    return [json.loads(raw)["id"] for raw in path.read_bytes().splitlines()]


def test_rows_with_an_answer_are_not_asked(desk):
    """They are counted; all others are."""
    items = desk.items("a", "b", "c")
    desk.answered(items, 2)

    asked, join = desk.asked(items)

    assert (asked, join.mine, join.answered, join.todo_count) == ([1, 3], 3, 1, 2)
    assert desk.asked(items, "expects something else")[0] == [1, 2, 3]


def test_a_failure_is_asked_again(desk):
    """It makes room in OUT."""
    items = desk.items("a", "b")
    desk.answered(items, 1, ok=False)

    assert desk.asked(items)[0] == [1, 2]
    assert ids_in(desk.out) == []


def test_only_failures_are_asked_where_that_is_wanted(desk):
    """Neither what has its answer, nor what was never asked."""
    items = desk.items("a", "b", "c")
    desk.answered(items, 1, ok=False)
    desk.answered(items, 2)

    asked, join = desk.asked(items, retries_only=True, by_id=True)

    assert (asked, join.mine, join.answered) == ([1], 3, 1)


def test_without_a_line_there_is_nothing_to_try_again(desk):
    """An empty OUT has no failures."""
    assert desk.asked(desk.items("a"), retries_only=True, by_id=True)[0] == []


def test_a_limit_and_a_shard_take_their_part(desk):
    """Answers of the other rows stay where they are."""
    items = desk.items(*"abcdef")
    desk.answered(items, 2, 6)

    assert desk.asked(items, limit=3)[0] == [1, 3]
    assert desk.asked(items, limit=0)[0] == []
    asked, join = desk.asked(items, shard=Shard(2, 2))
    assert (asked, join.mine, join.answered) == ([4], 3, 2)
    assert desk.asked(items, shard=Shard(1, 2), limit=2)[0] == [1, 3]
    assert sorted(ids_in(desk.out)) == [2, 6]


def test_an_answer_of_the_same_content_is_taken(desk):
    """By a row of this run first; by one behind the limit, so that it is not lost."""
    desk.answered(desk.items("a", "b", "c"), 1, 2, 3)

    asked, join = desk.asked(desk.items("new", "a", "b", "c"))
    assert (asked, join.answered) == ([1], 3)
    assert sorted(ids_in(desk.out)) == [2, 3, 4]
    asked, join = desk.asked(desk.items("x", "new", "a", "b", "c"), limit=1)
    assert (asked, join.answered) == ([1], 0)
    assert sorted(ids_in(desk.out)) == [3, 4, 5]


def test_a_shard_takes_no_answers_of_rows_that_are_not_its_own(desk):
    """Another one has them still."""
    desk.answered(desk.items("a", "b"), 1, 2)

    assert desk.asked(desk.items("b", "a", "c"), shard=Shard(1, 2))[0] == [3]


def test_a_file_that_grows_meanwhile_is_for_the_next_run(desk):
    """What was looked at is asked, and nothing else."""
    items = desk.items("a")
    join = desk.join(items)
    join.look(desk.ledger())
    desk.open.pop().close()
    with (desk.folder / "items.txt").open("a") as file:
        file.write("b\n")

    assert [item.id for item in join.todo()] == [1]


def test_what_is_wrong_with_rows_of_others_is_their_business(desk):
    """Behind the limit, and in other shards; with one's own, nothing is changed."""
    good, bad = {"id": "a", "prompt": "p"}, {"id": "b", "prompt": 7}
    wrong = {"id": "c", "prompt": "p", "temperature": "hot"}

    assert desk.asked(desk.rows(good, bad), limit=1)[0] == ["a"]
    assert desk.asked(desk.rows(good, wrong), shard=Shard(1, 2))[0] == ["a"]
    desk.answered(desk.rows(good), 1)
    assert desk.asked(desk.rows(good, wrong), limit=1)[0] == []
    for rows in ((good, bad), (good, wrong)):
        with pytest.raises(UsageError, match="r"):
            desk.asked(desk.rows(*rows))
        desk.open.pop().close()
    assert ids_in(desk.out) == ["a"]


def test_a_doubled_id_is_refused_within_what_is_asked(desk):
    """Behind the limit nobody looks."""
    rows = [{"id": name, "prompt": "p"} for name in ("a", "b", "a")]

    with pytest.raises(UsageError) as caught:
        desk.join(desk.rows(*rows)).check()
    assert caught.value.message == 'rows.jsonl:3: the id "a" is that of item 1, too'
    desk.join(desk.rows(*rows), limit=2).check()


def test_without_a_past_each_row_of_this_run_is_asked(desk):
    """Results on stdout know nothing of earlier ones."""
    join = desk.join(desk.items(*"abcd"), shard=Shard(2, 2))

    join.check()

    assert ([item.id for item in join.todo()], join.mine) == ([2, 4], 2)
    limited = desk.join(desk.items(*"abcd"), limit=3)
    limited.check()
    assert (list(limited.states), limited.mine) == ([2, 2, 2], 3)


def test_a_run_that_asks_nothing_is_refused(desk):
    """No items, or a PROMPT that no row has a place for."""
    with pytest.raises(UsageError, match=r"there are no items in items\.txt"):
        desk.join(desk.items()).check()
    desk.join(desk.items(), may_be_none=True).check()
    maker = RequestMaker(Request(model="m"), "hi")
    own = desk.rows({"prompt": "p"}, {"prompt": "q"})
    with pytest.raises(UsageError, match="PROMPT is not used"):
        desk.join(own, maker=maker).check()
    desk.join(own, maker=maker, shard=Shard(3, 3)).check()
    desk.join(desk.rows({"prompt": "p"}, {"id": 7}), maker=maker).check()


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5", "", "1/ 3"])
def test_a_shard_is_one_of_so_many(text):
    """From 1."""
    with pytest.raises(UsageError, match="is not I/N"):
        Shard.parse(text)


def test_shards_are_all_of_it_and_share_nothing():
    """Said as they are written."""
    shards = [Shard.parse(f"{n}/3") for n in (1, 2, 3)]

    assert [[n for n in range(7) if shard.has(n)] for shard in shards] == [
        [0, 3, 6], [1, 4], [2, 5],
    ]  # fmt: skip
    assert (shards[1].words, Shard.parse(None).words, Shard.parse("1/1").words) == (
        "2/3", None, None,
    )  # fmt: skip
    assert all(Shard().has(n) for n in range(5))


def test_rows_of_two_files_have_the_names_of_their_files(desk):
    """Lines of both have the same numbers."""
    one, other = desk.folder / "a", desk.folder / "b"
    one.write_text("x\n")
    other.write_text("y\n")
    items = Items([Source(path.name, Lines(), str(path), None) for path in (one, other)])

    assert [item.id for item in items.read()] == ["a:1", "b:1"]
    assert (items.names(), items.may_share_ids) == (["a", "b"], False)
    assert desk.rows({"id": 1}).may_share_ids
    with pytest.raises(UsageError, match='ITEMS "a" is given twice'):
        Items([Source("a", Lines(), str(one), None)] * 2)
    assert Row(1, "k").data is None
