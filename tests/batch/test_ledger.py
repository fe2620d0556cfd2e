"""What a run finds in OUT and beside it: whose answer is whose, also after runs that were killed."""

import json

import pytest

from gradient_cli.batch.entries import Row
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.results import FileResults, StreamResults

A, B = "a" * 64, "b" * 64
RUN = "ab12"


def at(second: int) -> str:
    """Give an instant as a line says it."""
    return f"2026-01-01T00:00:{second:02d}.000000Z"


def line(identity, key=A, *, ok=True, second=1, run=RUN, why="", since=0, **rest) -> bytes:
    """Give a line of results; with `why`, one that was set aside."""
    said = {"id": identity, "key": key, "ok": ok, "at": at(second), "run": run, **rest}
    if why:
        said["stale"] = {"why": why, "at": at(since)}
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


class Desk:
    """OUT and what lies beside it."""

    def __init__(self, folder) -> None:
        self.out = folder / "out.jsonl"
        self.stale = folder / "out.stale.jsonl"
        self.results: FileResults | None = None

    def opened(self, out=(), stale=(), **flags) -> Ledger:
        """Give what is known of these lines."""
        self.out.write_bytes(b"".join(out))
        if stale:
            self.stale.write_bytes(b"".join(stale))
        self.results = FileResults(str(self.out))
        return Ledger(self.results, run=RUN, **flags)

    def in_out(self) -> list[tuple]:
        """Give id and instant of the lines of OUT."""
        return [(row["id"], int(row["at"][17:19])) for row in _rows(self.out)]

    def aside(self) -> list[tuple]:
        """Give id, instant and reason of what lies beside it."""
        return [
            (row["id"], int(row["at"][17:19]), row.get("stale", {}).get("why"))
            for row in _rows(self.stale)
        ]


def _rows(path) -> list[dict]:
    return [json.loads(raw) for raw in path.read_bytes().splitlines()] if path.exists() else []


@pytest.fixture
def desk(tmp_path):
    """Give a place for OUT."""
    made = Desk(tmp_path)
    yield made
    if made.results:
        made.results.close()


def test_a_stream_has_no_past():
    """Results on stdout are asked for each time; nothing is moved, and nothing breaks."""
    ledger = Ledger(StreamResults(lambda data: None))

    assert (ledger.path, ledger.is_file, ledger.has_lines) == ("-", False, False)
    assert not ledger.claim(Row(1, A))
    assert not ledger.find_free()
    assert ledger.settle().words("x") == []
    ledger.finish()
    ledger.close()


def test_a_failure_that_was_asked_again_before_a_kill_waits_no_more(desk):
    """Its successor stands in OUT and has all that it cost: it must not be paid or asked twice."""
    ledger = desk.opened(
        out=[line(1, second=9)],
        stale=[line(1, ok=False, second=1, why="to be asked again", since=5, text="no")],
    )

    assert ledger.claim(Row(1, A))
    moves = ledger.settle()
    ledger.finish()

    assert desk.in_out() == [(1, 9)]
    assert desk.aside() == [(1, 1, "asked again")]
    assert moves.words("x") == []
    assert not ledger.spent_before(Row(1, A))


def test_a_failure_of_a_killed_run_comes_back_if_nobody_asks(desk):
    """The run was killed before it asked again, and the next one ends early, too."""
    waiting = line(1, ok=False, second=1, why="to be asked again", since=5)
    ledger = desk.opened(out=[line(2, B, second=2)], stale=[waiting])

    assert not ledger.claim(Row(1, A))
    assert ledger.claim(Row(2, B))
    ledger.settle()
    assert desk.aside() == [(1, 1, "to be asked again")]
    assert json.loads(desk.stale.read_bytes())["stale"]["at"] == at(5)  # Since when it waits.

    ledger.finish()

    assert desk.in_out() == [(2, 2), (1, 1)]
    assert not desk.stale.exists()


def test_a_line_from_before_the_mark_is_no_successor(desk):
    """An answer of another row was given to this one: the failure was never asked again."""
    ledger = desk.opened(
        out=[line(1, second=3)],
        stale=[line(1, ok=False, second=1, why="to be asked again", since=5, text="no")],
    )

    assert ledger.claim(Row(1, A))
    ledger.settle()

    assert desk.aside() == [(1, 1, "the row has changed or is gone")]


def test_what_a_killed_run_copied_counts_once(desk):
    """First the copy is made, then the original goes: between the two it stands in both."""
    copied = line(1, second=1, why="the row has changed or is gone", since=5)
    ledger = desk.opened(out=[line(1, second=1)], stale=[copied, copied])

    assert ledger.claim(Row(1, A))
    moves = ledger.settle()

    assert desk.in_out() == [(1, 1)]
    assert desk.aside() == []
    assert moves.words("x") == []


def test_a_copy_aside_of_a_copy_aside_counts_once(desk):
    """One comes back, and the other is nobody's."""
    copied = line(1, second=1, why="the row has changed or is gone", since=5)
    ledger = desk.opened(stale=[copied, copied])

    assert ledger.claim(Row(1, A))
    moves = ledger.settle()

    assert (desk.in_out(), desk.aside()) == ([(1, 1)], [])
    assert moves.words("x") == ["1 answers came back from x"]


def test_a_failure_of_another_shard_stays_where_it_is(desk):
    """It is not this run's to ask again."""
    ledger = desk.opened(out=[line(1, ok=False), line(2, B)])
    before = desk.out.read_bytes()

    assert not ledger.claim(Row(1, A), is_asked=False)
    assert ledger.claim(Row(2, B), is_asked=False)
    ledger.settle()
    ledger.finish()

    assert desk.out.read_bytes() == before
    assert not desk.stale.exists()


def test_a_failed_row_that_takes_anothers_answer_is_not_asked(desk):
    """Its failure cost something, and is set aside; what cost nothing leaves no trace."""
    ledger = desk.opened(out=[line(1, ok=False, text="no"), line(9, second=2)])

    assert not ledger.claim(Row(1, A))
    assert ledger.find_free()
    assert ledger.take(Row(1, A))
    assert not ledger.take(Row(2, A))
    moves = ledger.settle()
    ledger.finish()

    assert desk.in_out() == [(1, 2)]
    assert desk.aside() == [(1, 1, "the row has changed or is gone")]
    assert moves.words("x") == [
        "moved 1 earlier answer to x (1: the row has changed or is gone)",
        "1 answers were known under another id",
    ]


def test_answers_are_taken_from_out_first_and_each_once(desk):
    """What lies aside is older; two rows of one content are two questions."""
    ledger = desk.opened(
        out=[line(8, second=2)],
        stale=[line(9, second=1, why="the row has changed or is gone", since=5)],
    )

    assert ledger.find_free()
    assert [ledger.take(Row(n, A)) for n in (1, 2, 3)] == [True, True, False]
    ledger.settle()

    assert desk.in_out() == [(1, 2), (2, 1)]
    assert not desk.stale.exists()


def test_of_doubled_lines_the_first_answer_counts_and_of_failures_the_last(desk):
    """An answer outranks any failure."""
    ledger = desk.opened(
        out=[
            line(1, ok=False, second=1, text="no"),
            line(1, second=2),
            line(1, second=3),
            line(2, B, ok=False, second=4, text="no"),
            line(2, B, ok=False, second=5, text="no"),
        ]
    )

    assert ledger.claim(Row(1, A))
    assert not ledger.claim(Row(2, B), is_asked=False)
    moves = ledger.settle()

    assert desk.in_out() == [(1, 2), (2, 5)]
    assert desk.aside() == [
        (1, 1, "another answer of the same row counts"),
        (1, 3, "another answer of the same row counts"),
        (2, 4, "another answer of the same row counts"),
    ]
    assert moves.words("x") == [
        "moved 3 earlier answers to x (3: another answer of the same row counts)"
    ]


def test_a_failure_in_out_is_younger_than_one_that_waits(desk):
    """The one in OUT came last, and stays."""
    ledger = desk.opened(
        out=[line(1, ok=False, second=3)],
        stale=[line(1, ok=False, second=1, why="the row has changed or is gone", since=2)],
    )

    assert not ledger.claim(Row(1, A), is_asked=False)
    ledger.settle()

    assert desk.in_out() == [(1, 3)]


def test_why_an_answer_leaves_is_said(desk):
    """Other settings, or no such row any more: the remedy differs."""
    ledger = desk.opened(
        out=[line(1, run="cd34"), line(2, B, second=2), line(3, B, second=3, run="")]
    )

    moves = ledger.settle()

    assert [why for *_, why in desk.aside()] == [
        "asked with another prompt or other settings",
        "the row has changed or is gone",
        "the row has changed or is gone",
    ]
    assert moves.words("x") == [
        "moved 3 earlier answers to x (2: the row has changed or is gone; "
        "1: asked with another prompt or other settings)"
    ]


def test_without_all_rows_only_failures_make_room(desk):
    """A fetch knows the rows of its job, and no others."""
    ledger = desk.opened(out=[line(1), line(2, B, ok=False, second=2), line(3, B, second=3)])

    assert not ledger.claim(Row(2, B))
    ledger.settle(is_whole=False)

    assert desk.in_out() == [(1, 1), (3, 3)]
    assert desk.aside() == [(2, 2, "to be asked again")]


def test_a_failure_whose_row_was_asked_again_leaves_if_it_cost_nothing(desk):
    """A refused request holds nothing that was paid for; a wrong answer does."""
    ledger = desk.opened(
        out=[line(1, ok=False), line(2, B, ok=False, second=2, usage={"total_tokens": 5})]
    )
    for row in (Row(1, A), Row(2, B)):
        assert not ledger.claim(row)
    ledger.settle()
    assert desk.in_out() == []
    for identity, key in ((1, A), (2, B)):
        desk.results.write(line(identity, key, second=9))

    ledger.finish()

    assert desk.in_out() == [(1, 9), (2, 9)]
    assert desk.aside() == [(2, 2, "asked again")]
    assert ledger.spent_before(Row(2, B)).total_tokens == 5


def test_a_finished_failure_leaves_what_else_lies_aside_alone(desk):
    """An answer of a row that is gone is paid for, and waits."""
    gone = line(7, B, second=3, why="the row has changed or is gone", since=4)
    ledger = desk.opened(out=[line(1, ok=False)], stale=[gone])
    assert not ledger.claim(Row(1, A))
    ledger.settle()
    desk.results.write(line(1, second=9))

    ledger.finish()

    assert desk.aside() == [(7, 3, "the row has changed or is gone")]


@pytest.mark.parametrize(
    ("run", "ok", "is_failed"),
    [(RUN, False, True), ("cd34", False, True), (RUN, True, False), ("cd34", True, False)],
)
def test_only_failures_are_retried(desk, run, ok, is_failed):
    """Whatever it was asked with; an answer with other settings is an answer."""
    ledger = desk.opened(out=[line(1, B, ok=ok, run=run, text="x")], by_id=True)
    row = Row(1, A)

    assert not ledger.claim(row)
    assert ledger.has_failed(row) is is_failed
    assert not ledger.has_failed(Row(2, A))
    ledger.settle()

    stays = ok and run != RUN  # With the same settings it was the row that changed.
    assert desk.in_out() == ([(1, 1)] if stays else [])


def test_what_a_row_cost_is_known_by_its_id_where_failures_are_retried(desk):
    """The settings are others, the row and its bill are the same."""
    ledger = desk.opened(
        out=[line(1, B, ok=False, run="cd34", usage={"input_tokens": 3, "output_tokens": 4})],
        by_id=True,
    )

    spent = ledger.spent_before(Row(1, A))

    assert (spent.input_tokens, spent.output_tokens, spent.total_tokens) == (3, 4, 7)
