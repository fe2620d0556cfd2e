"""ITEMS again, with the answers beside them."""

import csv
import io
import json

import pytest

from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving


@pytest.fixture
def batch(tmp_path):
    with serving(behaviours=(Behaviour(text="{{ prompt }}!", times=0),)) as server:
        yield Batch(tmp_path, server)


def cells(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_table_comes_back_with_its_answers(batch):
    """In the order of ITEMS, with their own columns, names and dialect."""
    path = batch.folder / "i.csv"
    path.write_bytes('\ufeffid;text;Größe\r\n2;"a;b";1,5\r\n1;"c\r\nd";\r\n'.encode())
    batch.run("of {{ text }}", "-i", str(path))

    status, out, notes = batch.batch("table", "-i", str(path), "-o", str(batch.out))

    assert (status, notes) == (0, "")
    assert out.startswith("\ufeffid;text;Größe;answer_text;ok;error\n")
    rows = list(csv.DictReader(io.StringIO(out[1:], newline=""), delimiter=";"))
    assert [(row["id"], row["text"], row["answer_text"]) for row in rows] == [
        ("2", "a;b", "of a;b!"),
        ("1", "c\r\nd", "of c\r\nd!"),
    ]


@pytest.mark.real
def test_shards_are_joined(batch):
    """Their OUTs together, by -o or as a shell's pattern gives them."""
    items = batch.items(*"abcd")
    outs = []
    for index in (1, 2):
        batch.out = batch.folder / f"o{index}.jsonl"
        outs.append(str(batch.out))
        batch.run("-i", items, "--shard", f"{index}/2")

    _, out, _ = batch.batch("table", "-i", items, "-o", *outs)

    assert [(row["id"], row["item"], row["text"]) for row in cells(out)] == [
        (str(n), text, f"{text}!") for n, text in enumerate("abcd", 1)
    ]


@pytest.mark.real
def test_properties_of_a_schema_are_columns(tmp_path):
    """One for each; lists are JSON."""
    answer = '{"name": "Ada", "years": 36, "tags": ["a", "b"]}'
    with serving(behaviours=(Behaviour(text=answer, times=0),)) as server:
        batch = Batch(tmp_path, server)
        items = batch.items("a", name="i.txt")
        batch.run("-i", items, "--schema", "name, years int, tags list")

        _, out, _ = batch.batch("table", "-i", items, "-o", str(batch.out))
        _, rows, _ = batch.batch("table", "-i", items, "-o", str(batch.out), "--jsonl")

        assert out.splitlines()[0] == "id,item,name,years,tags,ok,error"
        assert cells(out)[0]["tags"] == '["a","b"]'
        assert json.loads(rows)["tags"] == ["a", "b"]


def test_rows_without_an_answer_are_told(batch):
    """Empty cells, an error that says why, and a line on stderr."""
    batch.run("-i", batch.items("a"))

    status, out, notes = batch.batch("table", "-i", batch.items("a", "b"), "-o", str(batch.out))

    assert status == 0
    assert [(row["text"], row["ok"], row["error"]) for row in cells(out)] == [
        ("a!", "true", ""),
        ("", "", "there is no answer yet"),
    ]
    assert "2 rows: 1 have no answer yet" in notes


def test_rows_of_json_keep_their_kinds(batch):
    """JSONL stays JSONL; as CSV `vars` and `data` are columns."""
    rows = batch.rows(
        {"id": 1, "vars": {"a": "x"}, "data": {"n": 1.5, "l": [1]}}, {"id": 2, "prompt": "p"}
    )
    batch.run("{{ a }}?", "-i", rows)

    _, lines, _ = batch.batch("table", "-i", rows, "-o", str(batch.out))
    _, out, _ = batch.batch("table", "-i", rows, "-o", str(batch.out), "--csv")

    assert json.loads(lines.splitlines()[0]) == {
        "id": 1, "vars": {"a": "x"}, "data": {"n": 1.5, "l": [1]},
        "text": "x?!", "ok": True, "error": None,
    }  # fmt: skip
    assert out.splitlines()[0] == "id,a,n,l,prompt,text,ok,error"
    assert cells(out)[1]["prompt"] == "p"


def test_an_answer_counts_before_a_failure_and_stale_ones_not_at_all(batch):
    """Whatever a pattern of the shell has caught."""
    items = batch.items("a")
    batch.run("-i", items)
    (row,) = batch.results()
    failed = {**row, "ok": False, "text": "no", "error": {"message": "m"}}
    old = {**row, "text": "old", "stale": {"why": "w", "at": "t"}}
    batch.out.write_text("".join(json.dumps(one) + "\n" for one in (failed, old, row, failed)))

    _, out, notes = batch.batch("table", "-i", items, "-o", str(batch.out))

    assert cells(out)[0]["text"] == "a!"
    assert "1 lines that were set aside are left out" in notes


def test_a_run_that_is_under_way_can_be_looked_at(batch):
    """Its last line may be half."""
    items = batch.items("a", "b")
    batch.run("-i", items, "-j", "1")
    batch.out.write_bytes(batch.out.read_bytes()[:-9])

    status, out, _ = batch.batch("table", "-i", items, "-o", str(batch.out))

    assert (status, [row["ok"] for row in cells(out)]) == (0, ["true", ""])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "there are no results"),
        (("-o", "nothing.jsonl"), 'cannot read "nothing.jsonl": no such file'),
        (("-o", "i.txt"), "is no result of a batch"),
        (("-o", "i.txt", "--csv", "--tsv"), "exclude each other"),
    ],
)
def test_what_cannot_be_joined_is_refused(batch, argv, words, monkeypatch):
    """With the file's name."""
    items = batch.items("a", name="i.txt")
    monkeypatch.chdir(batch.folder)

    status, out, notes = batch.batch("table", "-i", items, *argv)

    assert (status, out, words in notes) == (2, "", True)


def test_summary_reads_several_files_and_stdin(batch):
    """Models, duplicates, tokens in and out."""
    items = batch.items("a", "b")
    batch.run("-i", items, "-m", "one")
    first = batch.out
    batch.out = batch.folder / "second.jsonl"
    batch.run("-i", items, "-m", "two")

    both = json.loads(batch.batch("summary", str(first), str(batch.out), "--json")[1])
    piped = json.loads(batch.batch("summary", "-", "--json", stdin=first.read_bytes() * 2)[1])

    assert (both["total"], both["duplicates"]) == (4, 0)
    assert both["models"] == {"one": 2, "two": 2}
    assert both["input_tokens"]["sum"] + both["output_tokens"]["sum"] == both["total_tokens"]["sum"]
    assert (piped["total"], piped["lines"], piped["duplicates"]) == (2, 4, 2)


def test_two_prompts_in_one_file_are_counted_as_duplicates(batch):
    """An OUT from before rows were moved aside."""
    items = batch.items("a", "b")
    batch.run("old {{ item }}", "-i", items)
    before = batch.out.read_bytes()
    batch.run("new {{ item }}", "-i", items)
    batch.out.write_bytes(before + batch.out.read_bytes())

    found = json.loads(batch.batch("summary", str(batch.out), "--json")[1])

    assert (found["total"], found["lines"], found["duplicates"]) == (2, 4, 2)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("row_id", "line_id", "is_found"),
    [
        (7, "7", True),
        ("7", 7, True),
        ("7", "7", True),
        ("07", 7, False),
        ("٧", 7, False),
        ("-7", 7, False),
        ("7x", 7, False),
        (7, "07", False),
        ("", 0, False),
    ],
)
def test_digits_are_the_id_that_they_spell(tmp_path, row_id, line_id, is_found):
    """A tool that rewrites OUT may make numbers of digits, or digits of numbers; of nothing else."""
    items, out = tmp_path / "i.jsonl", tmp_path / "o.jsonl"
    items.write_text(json.dumps({"id": row_id, "prompt": "a"}, ensure_ascii=False) + "\n")
    with serving(behaviours=(Behaviour(text="yes", times=0),)) as server:
        batch = Batch(tmp_path, server)
        batch.out = out
        batch.run("-i", str(items))
        line = json.loads(out.read_text())
        out.write_text(json.dumps({**line, "id": line_id}, ensure_ascii=False) + "\n")

        status, text, _ = batch.batch("table", "-i", str(items), "-o", str(out), "--jsonl")

    assert (status, '"yes"' in text) == (0, is_found)


@pytest.mark.parametrize(
    ("header", "name"),
    [("ID,text", "ID"), ("text;Id", "Id"), ("id,ID", None), ("text,review_id", None)],
)
def test_a_column_that_is_nearly_the_id_is_told_of(batch, header, name):
    """Excel's users write ID; that its cells do not name the rows would show in a join alone."""
    path = batch.folder / "i.csv"
    row = ";".join("xy") if ";" in header else ",".join("xy")
    path.write_text(f"{header}\n{row}\n")

    prompt = "Say {{ text }}" if "text" in header else "Say {{ id }}"
    status, _, notes = batch.run(prompt, "-i", str(path))

    assert status == 0
    words = f'i.csv: rows have their numbers as ids: column "{name}" is not "id"'
    assert (words in notes) == (name is not None)
