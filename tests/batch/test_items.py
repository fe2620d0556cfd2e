"""Every form of items: read right, or refused with the row and what helps."""

import io
import os
import random
import threading
from pathlib import Path

import pytest

from gradient_cli.batch.items.array import Array
from gradient_cli.batch.items.form import choose_form
from gradient_cli.batch.items.item import BadItems, BadRows, Item, raise_it
from gradient_cli.batch.items.lines import Lines
from gradient_cli.batch.items.reading import Items
from gradient_cli.batch.items.rows import Rows
from gradient_cli.batch.items.source import Source
from gradient_cli.batch.items.table import Table
from gradient_cli.batch.join import Ids
from gradient_cli.errors import UsageError


class Bytes(io.BytesIO):
    """A source in memory, in pieces as small as wanted."""

    def __init__(self, data: bytes, piece: int | None = None) -> None:
        super().__init__(data)
        self._piece = piece

    def read(self, size: int = -1) -> bytes:
        return super().read(min(size, self._piece or size))


def read(form, data: bytes, *, piece: int | None = None, name: str = "f") -> list[Item]:
    return list(form.read(Bytes(data, piece), name, raise_it, ""))


def refused(form, data: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(form, data)
    return caught.value


# Lines -----------------------------------------------------------------------------------


def test_a_line_is_known_by_its_number_in_the_file():
    """Blank lines shift nobody's id."""
    items = read(Lines(), b"\xef\xbb\xbfa\n\n  \nb\r\nc")

    assert [(item.id, item.text) for item in items] == [(1, "a"), (4, "b"), (5, "c")]


# Tables ----------------------------------------------------------------------------------

TABLES = {
    "quotes": (b'id,x\n1,"a ""b"", c"\n', [("1", 'a "b", c')]),
    "newline in a cell": (b'id,x\n1,"a\nb"\n2,c\n', [("1", "a\nb"), ("2", "c")]),
    "CRLF": (b"id,x\r\n1,a\r\n2,b\r\n", [("1", "a"), ("2", "b")]),
    "Excel": (b'\xef\xbb\xbfid;x\r\n1;"a;b"\r\n', [("1", "a;b")]),
    "sep=": (b"sep=;\r\nid;x\r\n1;a,b\r\n", [("1", "a,b")]),
    "a tab in .csv": (b"id\tx\n1\ta,b\n", [("1", "a,b")]),
    "no id": (b"x\na\nb\n", [(1, "a"), (2, "b")]),
    "no last newline": (b"id,x\n1,a", [("1", "a")]),
    "blank lines": (b"id,x\n\n1,a\n\n", [("1", "a")]),
    "U+2028": ("id,x\n1,a\u2028b\n".encode(), [("1", "a\u2028b")]),
    "an empty cell": (b"id,x\n1,\n", [("1", "")]),
    "pandas with its index": (b",id,x\n0,7,a\n", [("7", "a")]),
    "leading zeros": (b"id,x\n007,1.10\n", [("007", "1.10")]),
    "a semicolon in the header": (b'id,x,"a;b"\n1,c,\n', [("1", "c")]),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_is_read_as_it_was_meant(case):
    """RFC 4180, and what Excel, Sheets and pandas make of it."""
    data, expected = TABLES[case]

    items = read(Table(), data)

    assert [(item.id, item.variables["x"]) for item in items] == expected


def test_tsv_takes_commas_for_text():
    """Only a tab sets its cells apart."""
    items = read(Table("\t"), b'id\tx\n1\ta,b;c\n2\t"d\te"\n')

    assert [(item.id, item.variables["x"]) for item in items] == [("1", "a,b;c"), ("2", "d\te")]


def test_odd_names_of_columns_have_names_that_a_prompt_can_say():
    """`Review text` is {{ Review_text }}; letters of any script stay."""
    (item,) = read(Table(), "id,Review text,Größe (cm),2024\n1,a,b,c\n".encode())

    assert item.variables["Review_text"] == "a"
    assert item.variables["Größe_cm"] == "b"
    assert item.variables["_2024"] == "c"


BAD_TABLES = {
    "too many cells": (b"id,x\n1,a\n2,b,c\n", "f:3: 3 cells, but the header has 2"),
    "too few cells": (b"id,x\n1\n", "f:2: 1 cell, but the header has 2: column x is missing"),
    "two columns of one name": (b"x,x\n1,2\n", 'f:1: two columns are called "x"'),
    "no header": (b"", "f:1: there is no header"),
    "an open quote": (b'id,x\n1,"a\n2,b\n', "a quoted cell has no end"),
    "text after a quote": (b'id,x\n1,"a"b\n', "f:2: a quoted cell goes on after its closing quote"),
    "carriage returns alone": (b"id,x\r1,a\r", "carriage return alone"),
    "Latin-1": ("id,x\n1,ä\n".encode("latin-1"), "f:2: not UTF-8 at byte 2"),
    "an empty id": (b"id,x\n,a\n", "f:2: the cell in column id is empty"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_broken_table_is_named_by_its_row(case):
    """File, line, and what is wrong there."""
    data, words = BAD_TABLES[case]

    assert words in refused(Table(), data).message


HINTS = {
    "a quote behind a space": (Table, b'id,x\n1, "a, b"\n', "only as its first character"),
    "a comma without quotes": (Table, b"id,x\n1,a, b\n", "stands in double quotes"),
    "an id as a float": (Rows, b'{"id": 1.0, "prompt": "x"}', "jq -c '.id |= floor'"),
    "no id": (Rows, b'{"id": null, "prompt": "x"}', "jq -c 'del(.id | nulls)'"),
    "columns of pandas": (Rows, b'{"id": {"0": 1}}', "orient='records'"),
}


@pytest.mark.parametrize("case", HINTS)
def test_what_other_tools_write_has_its_remedy(case):
    """The line that makes of it what is read here."""
    form, data, words = HINTS[case]

    assert words in str(refused(form(), data).hint)


# Rows ------------------------------------------------------------------------------------


def test_a_row_carries_its_data_and_null_is_nothing():
    """`data` is none of the request's; null and an empty cell are the empty text."""
    row = b'{"id": 1, "vars": {"a": null, "b": 1.10, "c": true}, "data": {"k": [null]}}\n'

    (item,) = read(Rows(), row)

    assert item.variables == {"a": "", "b": "1.10", "c": "true"}
    assert (item.data, item.fields) == ({"k": [None]}, {})


def test_openai_batch_lines_are_rows():
    """`custom_id` is the id, `body` the request; nothing of it is unknown."""
    line = b'{"custom_id": "q-1", "method": "POST", "url": "/v1/responses", "body": {"input": "a", "odd": 1}}\n'

    (item,) = read(Rows(), line)

    assert (item.id, item.fields, item.is_body) == ("q-1", {"input": "a", "odd": 1}, True)


BAD_ROWS = {
    "chat": (
        b'{"custom_id": "a", "url": "/v1/chat/completions", "body": {"messages": []}}',
        "this line is for /v1/chat/completions",
    ),
    "half an emoji": (rb'{"prompt": "\ud83d"}', r"\ud83d is half a character"),
    "half an emoji in a name": (rb'{"vars": {"\ude00": "x"}}', r"\ude00 is half a character"),
    "NaN": (b'{"vars": {"a": NaN}}', "NaN is no JSON"),
    "a name twice": (b'{"id": 1, "id": 2}', '"id" stands there twice'),
    "a list in vars": (b'{"vars": {"a": [1]}}', 'the variable "a" is neither text nor number'),
    "an id that is none": (b'{"id": 1.5}', '"id" is neither'),
    "pretty": (b'{\n "id": 1\n}\n', "a row that goes over several lines"),
    "pandas by columns": (b'{"id": {"0": 1}}', '"id" is neither'),
    "an id that is a truth": (b'{"id": true}', '"id" is neither'),
    "no object": (b'["a"]', "no JSON object"),
    "a prompt that is a list": (b'{"prompt": ["a"]}', '"prompt" is no text'),
    "a prompt that is 0": (b'{"prompt": 0}', '"prompt" is no text'),
    "vars that are a list": (b'{"vars": []}', '"vars" is no object'),
    "vars that are an empty text": (b'{"vars": ""}', '"vars" is no object'),
    "a number for custom_id": (b'{"custom_id": 1, "body": {}}', '"custom_id" is a text'),
    "a text for body": (b'{"custom_id": "a", "body": "x"}', '"body" an object'),
    "messages": (b'{"custom_id": "a", "body": {"messages": []}}', "this line is for another path"),
    "more than a body": (
        b'{"custom_id": "a", "method": "POST", "body": {}, "model": "m"}',
        'unknown field "model" beside "body"',
    ),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_broken_row_is_named_by_its_line(case):
    """With the line of what helps, where there is one."""
    data, words = BAD_ROWS[case]
    error = refused(Rows(), data)

    assert error.message.startswith("f:1: ")
    assert words in error.message


def test_rows_after_a_bad_one_are_read_and_a_file_that_is_no_lines_ends():
    """Ten of them would say the same."""
    bad = BadRows()
    good = list(Rows().read(Bytes(b'{"id": true}\n\n{"id": "b"}\n{\n'), "f", bad.add, ""))

    assert [item.id for item in good] == ["b"]
    assert [error.message.partition(": ")[0] for error in bad.found] == ["f:1", "f:4"]
    with pytest.raises(UsageError) as caught:
        list(Rows().read(Bytes(b"\n[\n1,\n2\n"), "f", bad.add, ""))
    assert caught.value.message == "f:2: a row that goes over several lines"


# Arrays ----------------------------------------------------------------------------------

ARRAY = (
    b' \n[{"id": 1, "prompt": "a]}\\""},\n\n {"id": 2, "prompt": "b", "data": [[1], {"x": "["}]} ,'
    b'{"prompt": "\\\\"}\n]\n'
)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_an_array_is_read_an_element_at_a_time(monkeypatch, piece):
    """Wherever the pieces end; elements without an id are numbered."""
    monkeypatch.setattr("gradient_cli.batch.items.array.PIECE", piece)
    items = read(Array(), ARRAY, piece=piece)

    assert [(item.id, item.prompt, item.where) for item in items] == [
        (1, 'a]}"', "f:2"),
        (2, "b", "f:4"),
        (3, "\\", "f:4"),
    ]


@pytest.mark.parametrize("data", [b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
def test_an_empty_array_is_no_items(data):
    assert read(Array(), data) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'[{"id": 1}', "comma or the end"),
        (b'[{"id": 1', "no end"),
        (b'[{"id": 1} {"id": 2}]', "a comma"),
        (b'[{"id": 1}] x', "something stands after"),
        (b"[1]", "no JSON object"),
        (b'[{"id": 1},]', "is no JSON"),
        (b'["\xff"]', "not UTF-8"),
        (b'[{"a": tru}]', "is no JSON"),
        (b"[nul", "no end"),
    ],
)
def test_a_broken_array_is_refused(data, words):
    """And never read for ever."""
    assert words in refused(Array(), data).message


# Which form ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("a.csv", b"x\n", Table), ("A.CSV", b"x\n", Table), ("a.tsv", b"x\n", Table),
        ("a.jsonl", b"{}", Rows), ("a.ndjson", b"{}", Rows), ("a.jl", b"{}", Rows),
        ("a.jsonlines", b"{}", Rows), ("a.json", b" [", Array), ("a.json", b"{}", Rows),
        ("a.jsonl", b"[{", Array), ("a.txt", b"hello", Lines), ("stdin", b"", Lines),
        ("notes", b"[1] a footnote\n", Lines), ("notes", b"{ a set }\n", Lines),
    ],
)  # fmt: skip
def test_a_name_says_what_it_is(name, head, form):
    assert isinstance(choose_form(name, head), form)


@pytest.mark.parametrize(
    "head", [b'{"id": 1}\n', b'[{"id": 1}]', b"[\n {", b"{\n", b"\xef\xbb\xbf{}\n", b'\n\n{"a": 1}'],
)  # fmt: skip
def test_json_without_a_name_that_says_so_is_asked_about(head):
    """Sent as text it would be paid for."""
    with pytest.raises(UsageError) as caught:
        choose_form("stdin", head)

    assert "--jsonl" in caught.value.hint
    assert "--lines" in caught.value.hint
    assert isinstance(choose_form("stdin", head, "lines"), Lines)


@pytest.mark.parametrize(
    ("name", "head", "tool"),
    [
        ("a.csv.gz", b"\x1f\x8b\x08", "gunzip -c a.csv.gz | gradient batch run"),
        ("a.parquet", b"PAR1", "duckdb -c"),
        ("a.xlsx", b"PK\x03\x04", "read_xlsx('a.xlsx')"),
        ("it's.ods", b"PK\x03\x04", "libreoffice"),
        ("a.zip", b"PK\x03\x04", "unzip -p a.zip"),
        ("a.csv", "id,x\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8 a.csv"),
        ("a.csv", "id,x\n".encode("utf-16-le"), "iconv -f UTF-16LE"),
        ("a.csv", "id,x\n".encode("utf-16-be"), "iconv -f UTF-16BE"),
        ("a.pdf", b"%PDF-1.7", "pdftotext -layout a.pdf -"),
        ("a.zst", b"\x28\xb5\x2f\xfd", "zstd -dc"),
        ("a.db", b"SQLite format 3\0", "sqlite3 -csv"),
        ("-", b"\x1f\x8b", "gunzip"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_tool_that_can(name, head, tool):
    """Whatever its name says."""
    with pytest.raises(UsageError) as caught:
        choose_form(name, head, "csv")

    assert tool in caught.value.hint


# All of them -----------------------------------------------------------------------------


def test_several_files_are_read_one_after_the_other(batch):
    """`-i a -i b` reads both; the same line number in two files is two ids."""
    one, other = batch.items("a", "b", name="one.txt"), batch.items("c", name="other.txt")

    batch.run("-i", one, "-i", other)

    assert batch.asked() == {"a": 1, "b": 1, "c": 1}
    assert {row["id"] for row in batch.results()} == {f"{one}:1", f"{one}:2", f"{other}:1"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_a_file_like_any_other(batch):
    """Read to its end, checked, and then asked."""
    pipe = batch.folder / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=Path.write_text, args=(pipe, "a\nb\n"), daemon=True).start()

    status, _, _ = batch.run("-i", str(pipe))

    assert (status, batch.asked()) == (0, {"a": 1, "b": 1})


def test_the_first_ten_bad_rows_are_told_at_once():
    """And the reading ends there."""
    bad = BadRows()
    data = b"".join(b'{"id": %d, "prompt": 7}\n' % n for n in range(99))

    with pytest.raises(BadItems) as caught:
        list(Rows().read(Bytes(data), "f", bad.add, ""))

    assert len(caught.value.rows) == 10
    assert "10 bad rows or more" in caught.value.message


def test_bad_rows_of_every_kind_are_told_before_anything_is_sent(batch):
    """A variable that is not set, a doubled id, a broken line."""
    path = batch.folder / "r.jsonl"
    path.write_text(
        '{"id": 1, "vars": {"x": "a"}}\n{"id": 1, "vars": {"x": "b"}}\n'
        '{"id": 2, "vars": {"y": "c"}}\n{\n{"id": 3, "vars": {"x": "d"}}\n'
    )

    status, _, notes = batch.run("{{ x }}?", "-i", str(path))

    assert status == 2
    assert "r.jsonl:2: the id 1 is that of item 1, too" in notes
    assert "r.jsonl:3: {{ x }} in the prompt is not set" in notes
    assert "r.jsonl:4: no JSON" in notes
    assert "3 bad rows; nothing was sent" in notes
    assert not batch.server.requests
    assert not batch.out.exists()


def test_one_file_twice_is_refused(batch):
    """Its ids would be doubled."""
    items = batch.items("a")

    status, _, notes = batch.run("-i", items, "-i", items)

    assert (status, "is given twice" in notes) == (2, True)


@pytest.mark.parametrize("name", ["e.txt", "e.csv", "e.jsonl", "e.json"])
def test_no_items_is_an_error_unless_it_is_allowed(batch, name):
    """An empty file is most often a mistake."""
    path = batch.folder / name
    path.write_text({"e.csv": "id,x\n", "e.json": "[]"}.get(name, ""))

    refused, _, notes = batch.run("-i", str(path))
    allowed, _, _ = batch.run("-i", str(path), "--allow-no-items")

    assert (refused, allowed) == (2, 0)
    assert "there are no items" in notes


def test_a_prompt_that_no_row_uses_is_refused(batch):
    """Each row brings its own: PROMPT would be dropped in silence."""
    rows = batch.rows({"prompt": "a"}, {"prompt": "b"})

    status, _, notes = batch.run("sentiment", "-i", rows)

    assert (status, "PROMPT is not used" in notes) == (2, True)
    assert (
        batch.run("sentiment {{ x }}", "-i", batch.rows({"prompt": "a"}, {"vars": {"x": "b"}}))[0]
        == 0
    )


def test_a_prompt_file_is_a_template_with_settings(batch):
    """As at respond."""
    (batch.folder / "p.md").write_text("+++\ntemperature = 0.5\n+++\nSay {{ x }}.")
    (batch.folder / "i.csv").write_text("id,x\n1,yes\n")

    batch.run("--prompt-file", str(batch.folder / "p.md"), "-i", str(batch.folder / "i.csv"))

    (request,) = batch.server.requests
    assert (request.body["input"], request.body["temperature"]) == ("Say yes.", 0.5)


def test_a_table_without_a_prompt_asks_its_prompt_column(batch):
    """`prompt` is a name that says it."""
    (batch.folder / "i.csv").write_text("id,prompt\n1,Say {{ no }}\n2,Why?\n")

    status, _, _ = batch.run("-i", str(batch.folder / "i.csv"))

    assert (status, batch.asked()) == (0, {"Say {{ no }}": 1, "Why?": 1})


def test_a_row_of_which_nothing_is_asked_is_refused(batch):
    """An empty cell is the empty text, but an empty prompt is none."""
    (batch.folder / "i.csv").write_text('id,x\n1,a\n2,""\n')
    items = str(batch.folder / "i.csv")

    status, _, notes = batch.run("{{ x }}", "-i", items)

    assert (status, "i.csv:3: there is nothing to ask" in notes) == (2, True)
    assert batch.run("of {{ x }}", "-i", items)[0] == 0


@pytest.mark.parametrize(
    "argv",
    [
        ("-i", "OUT", "--lines"), ("-i", "items", "-f", "OUT"), ("-i", "items", "--body", "OUT"),
        ("-i", "items", "--prompt-file", "OUT"), ("-i", "items", "--schema", "OUT"),
        ("-i", "items", "-s", "@OUT"), ("-i", "items", "{{ x }}", "--var", "x=@OUT"),
        ("--each-file", "OUT*"), ("-i", "./OUT", "--jsonl"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_read_is_not_written(batch, argv, monkeypatch):
    """Whatever OUT is read as: it stays as it is."""
    monkeypatch.chdir(batch.folder)
    (batch.folder / "items").write_text("a\n")
    (batch.folder / "OUT").write_text("{}\n")
    batch.out = batch.folder / "OUT"

    status, _, notes = batch.run(*argv)

    assert (status, "and OUT" in notes) == (2, True)
    assert batch.out.read_text() == "{}\n"


def test_sources_are_closed(tmp_path):
    """What was kept of a pipe goes with its source."""
    path = tmp_path / "a.txt"
    path.write_text("a\n")
    items = Items([Source("a.txt", Lines(), str(path), None)])

    assert [item.text for item in items.read()] == ["a"]
    items.close()


def test_items_that_change_under_way_end_the_reading(tmp_path):
    """Rows are known by their places between two readings; what is added is another run's."""
    path = tmp_path / "a.txt"
    path.write_text("a\nb\n")
    items = Items([Source("a.txt", Lines(), str(path), None)])
    list(items.read())
    with path.open("a") as file:
        file.write("c\n")
    assert len(list(items.read())) == 3

    path.write_text("x\n")

    with pytest.raises(UsageError, match=r"a\.txt has changed while it was read"):
        list(items.read())


@pytest.mark.parametrize("is_text", [False, True])
def test_a_doubled_id_is_found_whatever_the_order(is_text):
    """Counted rows, gaps, runs of others in between, numbers beside texts: as a set would say."""
    chance = random.Random(29)
    for _ in range(300):
        ids, known = Ids(), {}
        start, length = chance.randrange(3), chance.randrange(12)
        given = list(range(start, start + length)) + [chance.randrange(15) for _ in range(8)]
        if chance.random() < 0.5:
            chance.shuffle(given)
        for position, number in enumerate(given):
            identity = str(number) if is_text or chance.random() < 0.1 else number
            if chance.random() < 0.1:
                identity = f"0{number}"
            before = known.get((type(identity), identity))
            found = ids.before(identity, position)
            assert (found > 0) == (before is not None)
            known.setdefault((type(identity), identity), position)
        ids.close()


def test_a_doubled_id_names_the_first_of_its_rows(batch):
    """Counted or not."""
    for ids in (["7", "8", "9", "8"], ["a", "b", "c", "b"], ["5", "x", "6", "x"]):
        path = batch.folder / "i.csv"
        path.write_text("id,x\n" + "".join(f"{one},y\n" for one in ids))

        _, _, notes = batch.run("{{ x }}", "-i", str(path))

        assert f'i.csv:5: the id "{ids[3]}" is that of item 2, too' in notes


def test_a_file_whose_name_is_no_text_has_an_id(batch):
    """It is asked, and known again."""
    name = os.fsencode(batch.folder) + b"/n\xe9.txt"
    try:
        Path(os.fsdecode(name)).write_text("a")
    except OSError:
        pytest.skip("this file system takes text alone")

    first = batch.run("--each-file", f"{batch.folder}/n*.txt")
    second = batch.run("--each-file", f"{batch.folder}/n*.txt", "--json")

    assert (first[0], second[0]) == (0, 0)
    assert '"skipped":1' in second[1]


def test_each_line_that_is_no_text_is_named_and_the_others_are_read():
    """One bad line hides neither the next bad one nor what is good."""
    found: list[UsageError] = []

    items = list(Lines().read(Bytes(b"a\n\xff\n\nb\n\xfe\n"), "f", found.append))

    assert [(item.id, item.text) for item in items] == [(1, "a"), (4, "b")]
    assert [error.message.partition(": ")[0] for error in found] == ["f:2", "f:5"]
