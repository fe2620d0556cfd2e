"""Items in, results out."""

import json
from pathlib import Path

import pytest

from gradient_cli.batch.items.folder import read_files
from gradient_cli.batch.items.item import raise_it
from gradient_cli.errors import UsageError
from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving


@pytest.mark.real
def test_shards_share_the_work_out(batch):
    """Each item is in one shard, whichever machine takes it; `cat` joins the results."""
    items = batch.items(*"abcdefg")

    for index in (1, 2, 3):
        batch.out = batch.folder / f"out-{index}.jsonl"
        batch.run("-i", items, "--shard", f"{index}/3")

    assert batch.asked() == dict.fromkeys("abcdefg", 1)
    assert {row["id"] for row in batch.results()} == {3, 6}


def test_a_shard_out_of_range_is_refused(batch):
    """A job array that counts from 0 is told what to do."""
    status, _, notes = batch.run("-i", batch.items("a"), "--shard", "0/3")

    assert status == 2
    assert "I from 1 to N" in notes


@pytest.mark.real
def test_ordered_results_come_in_the_order_of_items(tmp_path):
    """--ordered holds back what is early."""
    slow_first = (Behaviour(match="^0$", delay=0.05, times=0), Behaviour(times=0))
    with serving(behaviours=slow_first) as server:
        batch = Batch(tmp_path, server)
        items = batch.items(*(str(n) for n in range(60)))

        batch.run("-i", items, "--ordered", "-j", "16")

        assert [row["id"] for row in batch.results()] == list(range(1, 61))


def test_limit_takes_the_first(batch):
    """--limit 2 asks twice."""
    batch.run("-i", batch.items("a", "b", "c"), "--limit", "2")

    assert batch.asked() == {"a": 1, "b": 1}


def test_stdin_to_stdout(batch):
    """Without -i and -o it is a filter."""
    status, out, _ = batch.batch("run", "-i", "-", "-q", stdin=b"a\n\nb\n")

    assert status == 0
    assert sorted(json.loads(line)["id"] for line in out.splitlines()) == [1, 3]


def test_an_item_fills_its_place_or_stands_before_the_prompt(batch):
    """{{ item }} says where; without it the item is a labelled block."""
    items = batch.items("x")

    batch.run("-i", items, "translate {{ item }} well")
    batch.run("-i", items, "translate")

    assert batch.asked() == {
        "translate x well": 1,
        "<item>\nx\n</item>\n\ntranslate": 1,
    }


@pytest.mark.real
def test_a_row_wins_over_flags(batch):
    """A row's own fields are sent instead of the flags'."""
    rows = batch.rows(
        {"id": "r1", "vars": {"who": "Ada"}, "temperature": 0.1},
        {"id": "r2", "prompt": "bye {{ who }}", "vars": {"who": "Bob"}, "seed": 7},
    )

    batch.run("-i", rows, "hi {{ who }}", "--temperature", "0.9", "-j", "1")

    first, second = (record.body for record in batch.server.requests)
    assert (first["input"], first["temperature"]) == ("hi Ada", 0.1)
    assert (second["input"], second["temperature"], second["seed"]) == ("bye Bob", 0.9, 7)
    assert [row["id"] for row in batch.results()] == ["r1", "r2"]


def test_a_bad_row_is_named_by_file_and_line_before_anything_is_sent(batch):
    """Nobody comes back in the morning to a run that ended at row 251."""
    items = batch.items('{"prompt": "a"}', '{"prompt": ', name="rows.jsonl")

    status, _, notes = batch.run("-i", items)

    assert status == 2
    assert "rows.jsonl:2: no JSON" in notes
    assert not batch.asked()
    assert not batch.out.exists()


def test_a_name_that_is_too_long_is_no_file(batch):
    """Whoever passes a prompt for ITEMS is told so."""
    status, _, notes = batch.run("-i", "x" * 300)

    assert status == 2
    assert 'xxx": file name too long' in notes


def test_rows_of_a_pipe_are_checked_before_the_first_is_sent(batch):
    """A pipe is kept, and read twice like a file."""
    status, _, notes = batch.run("--jsonl", "-j", "1", stdin=b'{"prompt": "a"}\n{"prompt": \n')

    assert status == 2
    assert "stdin:2: no JSON" in notes
    assert not batch.server.requests
    assert not batch.out.exists()


def test_a_field_of_the_wrong_kind_is_named(batch):
    """The service would have said less about it, later."""
    status, _, notes = batch.run("-i", batch.rows({"prompt": "a", "temperature": "hot"}))

    assert status == 2
    assert 'rows.jsonl:1: "temperature" is not a number' in notes


def test_a_file_that_cannot_be_looked_at_is_named(batch, monkeypatch):
    """Left out, it would be an answer that nobody misses."""
    path = batch.items("a", name="a.md")

    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(UsageError, match=f'cannot read "{path}": permission denied'):
        next(read_files([str(batch.folder / "*.md")], raise_it))


def test_each_file_is_an_item(batch):
    """The id is the path, the text is labelled with it."""
    (batch.folder / "b.md").write_text("B")
    (batch.folder / "a.md").write_text("A")

    batch.run("--each-file", f"{batch.folder}/*.md", "title", "-j", "1")

    assert [row["id"] for row in batch.results()] == [
        f"{batch.folder}/a.md",
        f"{batch.folder}/b.md",
    ]
    assert f'<file path="{batch.folder}/a.md">\nA\n</file>\n\ntitle' in batch.asked()


def test_the_worst_status_is_the_runs(batch):
    """One failed expectation among many is status 1."""
    status, _, notes = batch.run("-i", batch.items("a", "b"), "--expect", "no such words")

    assert status == 1
    assert "2 of 2 failed; status 1: 2" in notes


def test_a_key_that_is_refused_ends_the_run_at_once(tmp_path):
    """Thousands of 401s help nobody."""
    with serving(key="another") as server:
        batch = Batch(tmp_path, server)

        status, _, notes = batch.run("-i", batch.items(*map(str, range(500))), "-j", "2")

        assert status == 3
        assert sum(batch.asked().values()) < 10
        assert "does not accept the key" in notes


def test_max_total_tokens_ends_the_spending(batch):
    """No request begins after the limit; the rest is for another run."""
    items = batch.items(*map(str, range(100)))

    status, _, _ = batch.run("-i", items, "--max-total-tokens", "30", "-j", "1")

    assert status == 8
    assert 1 <= len(batch.results()) < 20


@pytest.mark.real
def test_a_budget_that_is_just_enough_stops_nothing(batch):
    """A run whose last row used it up has left no row."""
    items = batch.items("a", "b")
    counted = sum(row["usage"]["total_tokens"] for row in _results_of(batch, items))
    batch.out.unlink()

    status, stdout, _ = batch.run("-i", items, "--max-total-tokens", str(counted), "--json")

    assert (status, json.loads(stdout)["stopped_by"]) == (0, None)


def _results_of(batch, items):
    batch.run("-i", items)
    return batch.results()


def test_a_budget_that_nobody_can_keep_ends_the_run(tmp_path, monkeypatch):
    """A service that counts no tokens must not spend without a limit."""
    monkeypatch.setattr("gradient_cli.mock.answer.Answer.usage", None)
    with serving() as server:
        batch = Batch(tmp_path, server)
        items = batch.items(*map(str, range(100)))

        status, _, notes = batch.run("-i", items, "--max-total-tokens", "1000", "-j", "1")

        assert status == 8
        assert len(batch.results()) == 1
        assert "does not say how many tokens it took" in notes


def test_tokens_are_counted_without_a_total(tmp_path, monkeypatch):
    """A service may say what came and what went, and leave the sum to others."""
    counts = {"input_tokens": 3, "output_tokens": 4}
    monkeypatch.setattr("gradient_cli.mock.answer.Answer.usage", counts)
    with serving() as server:
        batch = Batch(tmp_path, server)

        status, stdout, _ = batch.run(
            "-i", batch.items("a", "b"), "--max-total-tokens", "1000", "--json"
        )

        assert (status, json.loads(stdout)["total_tokens"]) == (0, 14)


def test_dry_run_prints_the_bodies_and_sends_nothing(batch):
    """One body a line, as it would be sent."""
    _, out, _ = batch.batch("run", "-i", batch.items("a", "b"), "-n", "-m", "m1")

    assert [json.loads(line) for line in out.splitlines()] == [
        {"model": "m1", "input": "a", "stream": False},
        {"model": "m1", "input": "b", "stream": False},
    ]
    assert not batch.server.requests


def test_json_is_one_summary_on_stdout(batch):
    """What the run came to, for a script."""
    _, out, _ = batch.run("-i", batch.items("a", "b"), "--json", "-q")

    document = json.loads(out)
    assert (document["done"], document["failed"], document["exit_codes"]) == (2, 0, {"0": 2})


def test_summary_counts_each_row_once(batch):
    """A killed run may have left a failure and the answer that came later; the answer counts."""
    batch.run("-i", batch.items("a", "a", "b"))
    whole = batch.results()
    failure = {**whole[0], "ok": False, "exit_code": 5}
    lines = [failure, *whole, {**whole[1], "ok": False, "exit_code": 6}]
    batch.out.write_text("".join(json.dumps(row) + "\n" for row in lines))

    _, out, _ = batch.batch("summary", str(batch.out), "--json")

    found = json.loads(out)
    assert (found["total"], found["ok"], found["exit_codes"]) == (3, 3, {"0": 3})


def test_summary_counts_labels_and_statuses(batch):
    """`batch summary` reads OUT alone."""
    batch.out.write_text(
        "".join(
            json.dumps({"ok": not code, "exit_code": code, "label": label, "total_ms": 5}) + "\n"
            for code, label in ((0, "pos"), (0, "pos"), (0, "neg"), (5, None))
        )
    )

    _, out, _ = batch.batch("summary", str(batch.out), "--json")
    document = json.loads(out)
    _, table, _ = batch.batch("summary", str(batch.out))

    assert document["labels"] == {"pos": 2, "neg": 1}
    assert (document["ok"], document["failed"]) == (3, 1)
    assert "4 results" in table
    assert "█" in table


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"prompt": "x", "temprature": 1}, 'unknown field "temprature"; did you mean temperature?'),
        ({"prompt": "x", "text": "data"}, '"text" is not an object'),
        ({"prompt": "x", "customer": 7}, 'unknown field "customer"'),
    ],
)
def test_a_field_that_nobody_knows_is_refused(row, words, tmp_path):
    """A typo or a column of data is not sent to the service as it is."""
    from gradient_cli.batch.items.item import Item
    from gradient_cli.batch.request_maker import RequestMaker
    from gradient_cli.errors import UsageError
    from gradient_cli.wire.request import Request

    maker = RequestMaker(base=Request(model="m"))
    fields = {name: value for name, value in row.items() if name != "prompt"}

    with pytest.raises(UsageError) as error:
        maker.request(Item(1, "rows.jsonl:1", prompt="x", fields=fields))

    assert words in error.value.message


def test_params_of_a_row_reach_the_body():
    """Whatever field a server has."""
    from gradient_cli.batch.items.item import Item
    from gradient_cli.batch.request_maker import RequestMaker
    from gradient_cli.wire.request import Request

    request = RequestMaker(base=Request(model="m")).request(
        Item(1, "r:1", prompt="x", fields={"params": {"odd": 1}, "seed": 7})
    )

    assert (request.body()["odd"], request.body()["seed"]) == (1, 7)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("prompt", "row", "words"),
    [
        ("what is it?", {"vars": {"review": "late"}}, 'no "vars" of the row is used'),
        (None, {"prompt": "a", "input": "b"}, 'the row has "prompt" and "input"'),
        ("translate {{ item }}", {"id": "a"}, "{{ item }} stands for a line's text"),
    ],
)
def test_a_row_whose_data_would_not_be_sent_is_refused(batch, prompt, row, words):
    """Many requests without their data would be paid for."""
    arguments = [prompt] if prompt else []

    status, _, notes = batch.run(*arguments, "-i", batch.rows(row))

    assert (status, words in notes, "rows.jsonl:1" in notes) == (2, True, True)
    assert not batch.server.requests
