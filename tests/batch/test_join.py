"""After a run OUT joined with ITEMS by id is true, whatever happened to either."""

import json
import os

import pytest

from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving


@pytest.fixture
def batch(tmp_path):
    with serving(behaviours=(Behaviour(text="{{ prompt }}!", times=0),)) as server:
        yield Batch(tmp_path, server)


def joined(batch) -> dict:
    rows = batch.results()
    assert len(rows) == len({row["id"] for row in rows})
    return {row["id"]: row["text"] for row in rows}


def stale(batch) -> list[dict]:
    path = batch.folder / "out.stale.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_line_on_top_moves_the_ids_and_asks_one(batch):
    """The others have their answers under new numbers, unasked."""
    batch.run("-i", batch.items("alpha", "beta"))

    status, _, notes = batch.run("-i", batch.items("NEW", "alpha", "beta"))

    assert (status, joined(batch)) == (0, {1: "NEW!", 2: "alpha!", 3: "beta!"})
    assert batch.asked() == {"alpha": 1, "beta": 1, "NEW": 1}
    assert "known under another id" in notes


def test_ids_that_were_swapped_swap_their_answers(batch):
    """Nothing is asked, and nothing is left of the old pairs."""
    batch.run("-i", batch.rows({"id": "a", "prompt": "x"}, {"id": "b", "prompt": "y"}))

    batch.run("-i", batch.rows({"id": "b", "prompt": "x"}, {"id": "a", "prompt": "y"}))

    assert joined(batch) == {"a": "y!", "b": "x!"}
    assert sum(batch.asked().values()) == 2
    assert not stale(batch)


@pytest.mark.real
def test_another_prompt_moves_the_answers_aside_and_back(batch):
    """Changed and changed back costs one asking of each, and OUT never has both."""
    rows = batch.rows(*({"id": n, "vars": {"r": str(n)}} for n in range(3)))
    batch.run("old {{ r }}", "-i", rows)

    status, _, notes = batch.run("new {{ r }}", "-i", rows)
    assert (status, joined(batch)) == (0, {n: f"new {n}!" for n in range(3)})
    assert "moved 3 earlier answers to " in notes
    assert "out.stale.jsonl (3: asked with another prompt or other settings)" in notes
    assert {row["text"] for row in stale(batch)} == {f"old {n}!" for n in range(3)}

    _, _, notes = batch.run("old {{ r }}", "-i", rows)
    assert joined(batch) == {n: f"old {n}!" for n in range(3)}
    assert "3 answers came back" in notes
    assert sum(batch.asked().values()) == 6


@pytest.mark.sampled
@pytest.mark.parametrize("flags", [("--temperature", "0.5"), ("-m", "other"), ("-s", "be brief"),
                                   ("--expect", "!"), ("--max-output-tokens", "99")])  # fmt: skip
def test_another_setting_is_another_answer(batch, flags):
    """A setting, a model, instructions or what is expected: OUT holds what was asked now."""
    items = batch.items("a", "b")
    batch.run("-i", items)

    batch.run("-i", items, *flags)

    assert len(joined(batch)) == 2
    assert len(stale(batch)) == 2
    assert batch.asked() == {"a": 2, "b": 2}


@pytest.mark.real
def test_a_row_that_is_gone_leaves_out_and_comes_back(batch):
    """Its answer is paid for."""
    batch.run("-i", batch.items("a", "b", "c"))
    batch.run("-i", batch.items("a", "c"))
    assert joined(batch) == {1: "a!", 2: "c!"}

    batch.run("-i", batch.items("b", "a", "c"))

    assert joined(batch) == {1: "b!", 2: "a!", 3: "c!"}
    assert sum(batch.asked().values()) == 3
    assert not stale(batch)


def test_an_answer_answers_one_row(batch):
    """Two rows of one content are two questions."""
    batch.run("-i", batch.items("a"))

    batch.run("-i", batch.items("x", "a", "a"))

    assert batch.asked() == {"a": 2, "x": 1}
    assert joined(batch) == {1: "x!", 2: "a!", 3: "a!"}


def test_data_of_a_row_follows_it(batch):
    """What is carried is the row's of now, without asking."""
    batch.run("-i", batch.rows({"id": 1, "prompt": "a", "data": {"k": 1}}))

    batch.run("-i", batch.rows({"id": 1, "prompt": "a", "data": {"k": [2, "\u2028"]}}))

    (row,) = batch.results()
    assert (row["data"], row["text"]) == ({"k": [2, "\u2028"]}, "a!")
    assert batch.asked() == {"a": 1}


def test_limit_leaves_the_other_rows_alone(batch):
    """Their answers stand in OUT, and are true."""
    batch.run("-i", batch.items("a", "b", "c"))

    batch.run("-i", batch.items("a", "b", "c"), "--limit", "1")
    assert joined(batch) == {1: "a!", 2: "b!", 3: "c!"}

    batch.run("-i", batch.items("NEW", "a", "b", "c"), "--limit", "1")
    assert joined(batch) == {1: "NEW!", 2: "a!", 3: "b!", 4: "c!"}


def test_shards_into_one_file_are_all_there(batch):
    """Whoever has one machine runs them one after the other."""
    items = batch.items(*"abcde")

    for index in (1, 2):
        batch.run("-i", items, "--shard", f"{index}/2")

    assert joined(batch) == {n: f"{text}!" for n, text in enumerate("abcde", 1)}
    assert not stale(batch)


@pytest.mark.real
def test_spent_adds_up_over_runs(tmp_path):
    """Two failures and an answer were paid for; `usage` is that of the last."""
    answers = (Behaviour(text="no"), Behaviour(text="no"), Behaviour(text="yes", times=0))
    with serving(behaviours=answers) as server:
        batch = Batch(tmp_path, server)
        items = batch.items("a")
        for _ in range(3):
            batch.run("-i", items, "--expect", "yes")

        (row,) = batch.results()
        assert row["ok"]
        assert row["spent"]["total_tokens"] == 3 * row["usage"]["total_tokens"]
        assert [old["text"] for old in stale(batch)] == ["no", "no"]
        document = json.loads(
            batch.batch("summary", str(batch.out), str(tmp_path / "out.stale.jsonl"), "--json")[1]
        )
        assert document["spent"]["total_tokens"] == row["spent"]["total_tokens"]


def test_a_failure_stays_where_nobody_asked_again(tmp_path):
    """A run that stops leaves the old failures as they were."""
    answers = (Behaviour(status=400, times=3), Behaviour(times=0))
    with serving(behaviours=answers) as server:
        batch = Batch(tmp_path, server)
        items = batch.items("a", "b", "c")
        batch.run("-i", items, "-j", "1")

        status, _, _ = batch.run("-i", items, "-j", "1", "--max-total-tokens", "1")

        assert status == 8
        assert sorted((row["id"], row["ok"]) for row in batch.results()) == [
            (1, True), (2, False), (3, False),
        ]  # fmt: skip
        assert not stale(batch)


def test_a_result_says_when_and_with_which_settings(batch):
    """And beside OUT stands what they were; a tool's secret does not."""
    tool = (
        '{"type": "mcp", "server_label": "d", "server_url": "https://x", "authorization": "s3cret"}'
    )
    batch.run("q {{ item }}", "-i", batch.items("a"), "--param", f"tools=[{tool}]", "-s", "brief")

    (row,) = batch.results()
    known = (batch.folder / "out.jsonl.runs").read_text()
    said = json.loads(known)
    assert row["at"].endswith("Z")
    assert said["run"] == row["run"]
    assert said["at"] <= row["at"]
    assert (said["prompt"], said["request"]["instructions"]) == ("q {{ item }}", "brief")
    assert "s3cret" not in known


def test_the_same_run_again_says_nothing_anew(batch):
    """Nothing asked, nothing written down."""
    items = batch.items("a")
    batch.run("-i", items)
    before = {path: path.read_bytes() for path in batch.folder.glob("out*")}

    batch.run("-i", items)

    assert {path: path.read_bytes() for path in batch.folder.glob("out*")} == before


def test_lines_of_other_tools_keep_their_meaning(batch):
    """Keys in another order, an id moved: what is moved loses nothing."""
    batch.run("-i", batch.items("a", "b"))
    batch.out.write_text(
        "".join(json.dumps(dict(reversed(row.items()))) + "\n" for row in batch.results())
    )

    batch.run("-i", batch.items("NEW", "a", "b"))

    assert joined(batch) == {1: "NEW!", 2: "a!", 3: "b!"}
    assert batch.asked() == {"a": 1, "b": 1, "NEW": 1}


def test_retry_failed_keeps_the_others_with_their_settings(tmp_path):
    """Only a row that changed itself leaves OUT."""
    answers = (
        Behaviour(match="bad", status=400, times=1),
        Behaviour(text="{{ prompt }}!", times=0),
    )
    with serving(behaviours=answers) as server:
        batch = Batch(tmp_path, server)
        batch.run("-i", batch.rows({"id": 1, "prompt": "bad"}, {"id": 2, "prompt": "b"}))

        batch.run(
            "-i", batch.rows({"id": 1, "prompt": "bad"}, {"id": 2, "prompt": "b"}),
            "--retry-failed", "--temperature", "0.5",
        )  # fmt: skip

        assert joined(batch) == {1: "bad!", 2: "b!"}
        assert server.requests[-1].body["temperature"] == 0.5
        assert batch.asked() == {"bad": 2, "b": 1}


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="needs modes")
def test_what_lies_beside_out_is_as_private_as_out(batch):
    """Prompts and answers stand in there, too."""
    batch.out.touch(0o600)
    batch.run("old", "-i", batch.items("a", "b"))

    batch.run("new", "-i", batch.items("a", "b"))
    batch.run("old", "-i", batch.items("a"))

    modes = {path.name: path.stat().st_mode & 0o777 for path in batch.folder.glob("out*")}
    assert modes == dict.fromkeys(("out.jsonl", "out.stale.jsonl", "out.jsonl.runs"), 0o600)


def test_a_link_to_out_stays_one(batch):
    """And what is set aside is named where it lies."""
    real = batch.folder / "deep"
    real.mkdir()
    batch.out.symlink_to(real / "results.jsonl")
    batch.run("old", "-i", batch.items("a"))

    _, _, notes = batch.run("new", "-i", batch.items("a"))

    assert batch.out.is_symlink()
    assert str(real / "results.stale.jsonl") in notes
    assert (real / "results.stale.jsonl").exists()
