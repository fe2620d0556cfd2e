"""Lines of OUT as the ledger knows them: by a glance where they are ours, else by their JSON."""

import json

import pytest

from gradient_cli.batch.aside import Times, beside, instant
from gradient_cli.batch.entries import Row, decided_statuses, entries, entry_at, is_decided
from gradient_cli.batch.spending import Spending, Spent, spent_in, spent_on
from gradient_cli.errors import UsageError
from gradient_cli.wire.events import Usage

KEY = "a" * 64
AT = "2026-01-01T00:00:00.000001Z"


def line(identity, key=KEY, **rest) -> dict:
    return {"id": identity, "key": key, **rest}


@pytest.fixture
def read(tmp_path):
    """Give the entries of a file of these lines."""
    path = tmp_path / "out.jsonl"

    def of(*lines: bytes | dict, ending: bytes = b"\n"):
        whole = [one if isinstance(one, bytes) else json.dumps(one, separators=(",", ":")).encode()
                 for one in lines]  # fmt: skip
        path.write_bytes(b"\n".join(whole) + ending)
        return list(entries(path, "out"))

    of.path = path
    return of


USUAL = line(1, ok=True, at=AT, run="ab", exit_code=0)
WRITTEN_ANEW = dict(reversed(USUAL.items()))


def test_a_line_is_known_whoever_wrote_it_last(read):
    """Keys in another order, spaces, another escape: the same row."""
    ours, other = read(USUAL, WRITTEN_ANEW)
    [spaced] = read(json.dumps(USUAL).encode())

    for one in (ours, other, spaced):
        assert (one.id, one.key, one.is_ok, one.at, one.run) == (
            b"1", KEY.encode(), True, AT.encode(), b"ab",
        )  # fmt: skip
        assert one.stamp == Row(1, KEY).stamp()
    assert (ours.offset, other.offset) == (0, len(json.dumps(USUAL, separators=(",", ":"))) + 1)


@pytest.mark.parametrize("identity", [7, "7", 'a"b', "c\\d", "e\u2028f", "é", "\ud800", "", "a,b}"])
@pytest.mark.parametrize("data", [None, {"k": [1, "x"]}, "text", 0, [None]])
def test_a_row_is_found_by_its_line(read, identity, data):
    """Whatever stands in its id and its data."""
    said = line(identity, ok=False, at=AT, run="ab", **({} if data is None else {"data": data}))
    stamp = Row(identity, KEY, data).stamp()

    [ours] = read({**said, "exit_code": 1})
    [other] = read(dict(reversed(said.items())))

    assert (ours.stamp, other.stamp) == (stamp, stamp)
    assert stamp != Row(identity, "b" * 64, data).stamp()
    assert stamp != Row(identity, KEY, {"other": 1}).stamp()


def test_a_line_without_an_instant_is_no_copy_of_any(read):
    """Two answers of one key are told apart by when they came."""
    old, new = read(line(1, ok=True), USUAL)

    assert (old.at, old.answer) == (b"", b"")
    assert new.answer
    assert read(line(1, at=7, run=None, ok=True))[0].at == b""


def test_only_true_is_an_answer_and_a_decision_is_one(read):
    """A decision is the same the next time, whatever it is."""
    found = read(
        line(1, ok=True), line(2, ok=False), line(3, ok="true"), line(4, ok=False, decision="no"),
        line(5, ok=False, decision=None), {"decision": "yes", "ok": False, **line(6)},
    )  # fmt: skip

    assert [one.is_ok for one in found] == [True, False, False, True, False, True]
    assert not is_decided(b'{"text":",\\"decision\\":\\"x\\""}')
    assert is_decided(b'{"a":1,"decision":"x"}')
    assert not is_decided(b'{"a":1,"decision":"x"')


def test_a_decision_is_one_however_its_line_is_spaced(read):
    """A tool that writes lines anew must not cost a second decision."""
    said = line(1, ok=False, at=AT, run="ab", decision="no", unsure=True, exit_code=9)

    [spaced] = read(json.dumps(said).encode())

    assert spaced.is_ok
    assert decided_statuses(read.path, "out") == {9: 1}
    read(json.dumps({**said, "ok": True, "exit_code": 0}).encode())
    assert decided_statuses(read.path, "out") == {}


@pytest.mark.parametrize(
    "bad", [b"[]", b"7", b"{}", b'{"id":1}', b'{"id":1,"key":"x","ok":true}', b'{"key":7}', b"\xff"]
)
def test_what_is_no_result_is_named(read, bad):
    """By its line; the file is left as it is."""
    with pytest.raises(UsageError) as caught:
        read(USUAL, bad, USUAL)

    assert caught.value.message == "out:2 is no result of a batch"


def test_an_empty_line_is_nothing_and_a_torn_last_one_is_on_its_way(read):
    """Whoever writes it is at it, or dead."""
    assert len(read(USUAL, b"", b"  ", USUAL)) == 2
    assert len(read(USUAL, b'{"id":2,"key":"', ending=b"")) == 1
    assert len(read(USUAL, USUAL, ending=b"")) == 2


def test_a_mark_says_why_and_since_when(read):
    """And is no part of the line that comes back."""
    [one] = read(USUAL)
    marked = one.aside("the row has changed or is gone", AT)

    [ours] = read(marked.rstrip(b"\n"))
    [other] = read(dict(reversed(json.loads(marked).items())))

    for found in (ours, other):
        assert (found.why, found.marked_at) == ("the row has changed or is gone", AT)
        assert json.loads(found.raw) == USUAL
        assert json.loads(found.whole())["stale"]["at"] == AT
    assert ours.whole() == marked
    assert (one.why, one.marked_at, one.whole()) == ("", "", one.raw + b"\n")
    [odd] = read({"stale": {"why": 'a"b\\', "at": 7}, **USUAL})
    assert (odd.why, odd.marked_at) == ("ab", "7")
    assert read({**USUAL, "stale": "text"})[0].why == ""


@pytest.mark.parametrize("data", [None, {"new": [1]}, "\u2028"])
def test_a_line_becomes_another_rows_and_loses_nothing(read, data):
    """Its id and its data are the row's of now; all else stays as it stands."""
    for said in (
        {**USUAL, "text": 'x, "data":1'},
        {**line(1, ok=True, at=AT, run="ab", data={"old": '"}'}), "exit_code": 0, "text": "x"},
        dict(reversed({**USUAL, "text": "x", "data": 1}.items())),
        {"id": 1, "key": KEY, "ok": True},
    ):
        [one] = read(said)
        named = json.loads(one.named(Row('né"w', "b" * 64, data)))
        rest = {name: value for name, value in said.items() if name not in {"id", "data"}}
        assert named == {"id": 'né"w', **rest, **({} if data is None else {"data": data})}


def test_a_line_is_found_again_where_it_begins(read):
    """Without reading those before it."""
    read(USUAL, line(2, ok=True), line(3, ok=True))
    offset = len(json.dumps(USUAL, separators=(",", ":"))) + 1

    with read.path.open("rb") as file:
        assert entry_at(file, offset).id == b"2"
        assert entry_at(file, 0).id == b"1"


def test_statuses_of_decisions_are_counted(read):
    """Those that are not 0, and no failures of the service."""
    read(
        line(1, ok=True, decision="yes", exit_code=0),
        line(2, ok=False, exit_code=9, decision="no"),
        line(3, ok=False, exit_code=1, decision="no"),
        line(4, ok=False, exit_code=1, decision="yes"),
        line(5, ok=False, exit_code=5),
        line(6, ok=False, decision="x"),
    )

    assert decided_statuses(read.path, "out") == {9: 1, 1: 2, 0: 1}


def test_instants_never_come_twice_and_keep_their_order():
    """A clock may stand still, or go back."""
    clock = iter([100.0, 100.0, 50.0, 200.5])
    times = Times(lambda: next(clock))

    found = [times.now() for _ in range(4)]

    assert found == [
        "1970-01-01T00:01:40.000000Z", "1970-01-01T00:01:40.000001Z", "1970-01-01T00:01:40.000002Z",
        "1970-01-01T00:03:20.500000Z",
    ]  # fmt: skip
    numbers = [instant(one) for one in found]
    assert numbers == sorted(set(numbers))
    assert [instant(text) for text in ("", "soon", "2026-01-01")] == [0, 0, 0]


def test_what_lies_beside_out_is_named_after_it(tmp_path):
    """Whatever its ending is."""
    assert beside(tmp_path / "out.jsonl", "stale").name == "out.stale.jsonl"
    assert beside(tmp_path / "out", "stale").name == "out.stale"
    assert beside(tmp_path / "a.b.jsonl", "stale").name == "a.b.stale.jsonl"


def test_what_was_paid_adds_up():
    """By what a line says, or what a service counted; what is no count is none."""
    assert Spent(1, 2, 3) + Spent(10, 20, 30) == Spent(11, 22, 33)
    assert (bool(Spent(1, 0, 0)), bool(Spent(0, 0, 1))) == (False, True)
    assert Spent().as_document() is None
    assert Spent(1, 2, 3).as_document() == {
        "input_tokens": 1, "output_tokens": 2, "total_tokens": 3,
    }  # fmt: skip
    assert spent_on(None) == Spent()
    assert spent_on(Usage(input_tokens=1, output_tokens=2)) == Spent(1, 2, 3)
    assert spent_on(Usage(input_tokens=1, total_tokens=9)) == Spent(1, 0, 9)
    assert spent_in({"spent": {"input_tokens": 1, "output_tokens": 2}}) == Spent(1, 2, 3)
    assert spent_in({"usage": {"total_tokens": 7}}) == Spent(0, 0, 7)
    assert spent_in({"spent": None, "usage": {"total_tokens": 7}}) == Spent(0, 0, 7)
    for odd in (
        {},
        {"spent": 7},
        {"usage": {"total_tokens": True}},
        {"usage": {"total_tokens": -1}},
    ):
        assert spent_in(odd) == Spent()


def test_the_larger_sum_holds_the_smaller():
    """A failure that was asked again has all that came before in its own."""
    paid = Spending()
    for total in (5, 9, 7):
        paid.learn(b"row", Spent(1, total - 1, total))

    assert (paid.of(b"row"), paid.of(b"other")) == (Spent(1, 8, 9), Spent())
    paid.close()
