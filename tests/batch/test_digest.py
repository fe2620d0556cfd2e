"""A digest of many counts: a few megabytes, exact where it can be, near where not."""

import io
import json
import os
import random
import sys
import threading

import pytest

from gradient_cli.batch import digest as digest_module
from gradient_cli.batch.digest import EXACT_BITS, Digest, Spread, digest
from gradient_cli.errors import UsageError


def spread_of(counts: list[int]) -> dict[str, int | None]:
    spread = Spread()
    for count in counts:
        spread.add(count)
    return spread.quantiles()


def truth(counts: list[int]) -> dict[str, int]:
    ordered = sorted(counts)
    found = {f"p{n}": ordered[int(n / 100 * len(ordered))] for n in (50, 90, 99)}
    return {**found, "max": ordered[-1]}


@pytest.mark.parametrize("many", [1, 2, 3, 10, 99, 100, 1000])
def test_small_counts_are_exact(many):
    """What is below 4,096 is what it is."""
    chance = random.Random(many)
    counts = [chance.randrange(1 << EXACT_BITS) for _ in range(many)]

    assert spread_of(counts) == truth(counts)


def test_large_counts_are_near():
    """At most 1 part in 2,048 too small; the largest is exact."""
    chance = random.Random(5)
    counts = [int(10 ** (chance.random() * 12)) for _ in range(3000)]
    found, true = spread_of(counts), truth(counts)

    assert found["max"] == true["max"]
    for name in ("p50", "p90", "p99"):
        assert true[name] * (1 - 1 / 2048) <= found[name] <= true[name]


def test_nothing_has_no_spread():
    """None, not 0: nobody measured a thing."""
    assert set(spread_of([]).values()) == {None}
    assert not Spread()


@pytest.mark.real
def test_memory_does_not_grow_with_the_counts():
    """A million times more answers within the same range are the same steps."""
    spread = Spread()
    for count in range(0, 200_000, 7):
        spread.add(count)
    before = sys.getsizeof(spread._steps)
    for count in range(200_000):
        spread.add(count)

    assert len(spread._steps) < 20_000
    assert sys.getsizeof(spread._steps) <= 2 * before
    assert spread.sum == sum(range(0, 200_000, 7)) + sum(range(200_000))


# What stands in files ----------------------------------------------------------------------


def lines(*rows: dict) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def read(tmp_path):
    """Give what reads files of such lines."""

    def of(*files: bytes) -> Digest:
        paths = []
        for number, data in enumerate(files):
            path = tmp_path / f"{number}.jsonl"
            path.write_bytes(data)
            paths.append(str(path))
        return digest(paths, None)

    return of


def row(identity, *, ok=True, key="k", **rest) -> dict:
    return {"id": identity, "key": key, "ok": ok, "exit_code": 0 if ok else 1, **rest}


def test_every_figure_of_a_row_is_counted(read):
    """What is no figure is none; a status that is none is a bug's."""
    found = read(
        lines(
            row(1, label="a", model="m", total_ms=100, text="x",
                usage={"total_tokens": 7, "input_tokens": 5, "output_tokens": 2}),
            row(2, ok=False, model="m", error={"message": "down"}, total_ms=True, usage=[1]),
            row(3, label="a", decision="a", probability=0.5, unsure=True, exit_code=9, ok=False,
                usage={"input_tokens": 3, "output_tokens": 1}),
            {"id": 4, "ok": False, "exit_code": None, "error": "odd", "label": 7, "unsure": True},
        )
    )  # fmt: skip

    said = found.as_document()
    assert {name: said[name] for name in ("total", "ok", "failed", "lines", "decided")} == {
        "total": 4, "ok": 1, "failed": 2, "lines": 4, "decided": 1,
    }  # fmt: skip
    assert said["exit_codes"] == {"0": 1, "1": 1, "9": 1, "70": 1}
    assert (said["labels"], said["models"], said["errors"]) == ({"a": 2}, {"m": 2}, {"down": 1})
    assert said["unsure"] == {"total": 1, "labels": {"a": 1}}
    assert said["total_ms"] == {"p50": 100, "p90": 100, "p99": 100, "max": 100}
    assert said["total_tokens"] == {"p50": 7, "p90": 7, "p99": 7, "max": 7, "sum": 7}
    assert (said["input_tokens"]["sum"], said["output_tokens"]["sum"]) == (8, 3)
    assert said["spent"] == {"input_tokens": 8, "output_tokens": 3, "total_tokens": 11}


@pytest.mark.parametrize(
    ("files", "texts", "duplicates"),
    [
        # In one file a row is its id: an answer before any failure, else the last.
        ([[row(1, text="a"), row(1, text="b", key="z")]], {"b": 1}, 1),
        ([[row(1, text="a"), row(1, ok=False, text="b")]], {"a": 1}, 1),
        ([[row(1, ok=False, text="a"), row(1, text="b")]], {"b": 1}, 1),
        ([[row(1, ok=False, text="a"), row(1, ok=False, text="b")]], {"b": 1}, 1),
        # A decision is an answer, whatever it is.
        ([[row(1, ok=False, decision="no", text="a"), row(1, ok=False, text="b")]], {"a": 1}, 1),
        # Of several files a row is its id and its content.
        ([[row(1, text="a")], [row(1, text="b", key="z")]], {"a": 1, "b": 1}, 0),
        ([[row(1, text="a")], [row(1, text="b")]], {"b": 1}, 1),
        ([[row(1, text="a")], [row(1, ok=False, text="b")]], {"a": 1}, 1),
        ([[row(1, text="a"), row(1, text="b", key="z")], [row(1, text="c")]], {"b": 1, "c": 1}, 1),
        # Who has no id is a row of its own; a number is no text.
        ([[{"ok": True, "text": "a"}, {"ok": True, "text": "b"}]], {"a": 1, "b": 1}, 0),
        ([[{"ok": True, "text": "a"}, row(1, text="b"), row(1, text="c")]], {"a": 1, "c": 1}, 1),
        ([[row(1, text="a"), row("1", text="b")]], {"a": 1, "b": 1}, 0),
    ],
)
def test_of_a_row_that_has_several_lines_one_counts(read, files, texts, duplicates):
    """The one that the row's answer is."""
    marked = [[{**one, "model": one["text"]} for one in rows] for rows in files]

    found = read(*(lines(*rows) for rows in marked))

    assert (dict(found.models), found.duplicates) == (texts, duplicates)


def test_what_was_set_aside_counts_for_what_was_paid(read):
    """But not where its successor has paid for it."""
    usage = {"total_tokens": 5}
    found = read(
        lines(
            row(1, usage=usage),
            row(2, usage=usage, stale={"why": "the row has changed or is gone", "at": ""}),
            row(3, usage=usage, stale={"why": "asked again", "at": ""}),
            row(4, usage=usage, stale="no"),
        )
    )

    assert (found.total, found.stale, found.spent.total_tokens) == (2, 2, 15)


def test_a_line_that_is_no_result_is_named(read, tmp_path):
    """But for the last one, which may be on its way; an empty line is nothing."""
    assert read(lines(row(1)) + b"\n" + b'{"id": 2, "ok').total == 1
    for bad in (b"{}\n", b"[1]\n", b"\xff\n", b"x\n"):
        with pytest.raises(UsageError) as caught:
            read(lines(row(1)), lines(row(1)) + bad + lines(row(2)))
        assert caught.value.message == f"{tmp_path}/1.jsonl:2 is no result of a batch"


def test_stdin_and_pipes_are_read_more_than_once(tmp_path):
    """They are kept; what is wrong there is said to be there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(lines(row(1)),), daemon=True).start()

    found = digest([str(pipe), "-"], io.BytesIO(lines(row(1, key="z"), row(2))))

    assert found.total == 3
    with pytest.raises(UsageError, match="stdin:1 is no result"):
        digest(["-"], io.BytesIO(b"x\n"))
    with pytest.raises(UsageError, match="`-` means stdin, and stdin is closed"):
        digest(["-"], None)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """By its name, also where several are read."""
    (tmp_path / "a").write_bytes(lines(row(1)))
    with pytest.raises(UsageError, match=r'cannot read ".*gone": no such file'):
        digest([str(tmp_path / "a"), str(tmp_path / "gone")], None)


def test_names_beyond_the_most_are_left_out(monkeypatch, read):
    """A label of each row would fill the memory; those that are known go on."""
    monkeypatch.setattr(digest_module, "MOST_LABELS", 2)

    found = read(lines(*(row(n, label=label) for n, label in enumerate("abcab"))))

    assert dict(found.labels) == {"a": 2, "b": 2}


def test_ten_errors_are_told(read):
    """The most frequent first."""
    rows = [row(n, ok=False, error={"message": f"e{n % 12}"}) for n in range(25)]

    errors = read(lines(*rows)).as_document()["errors"]

    assert len(errors) == 10
    assert next(iter(errors.items())) == ("e0", 3)
