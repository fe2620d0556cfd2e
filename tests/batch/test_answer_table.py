"""Answers beside the rows that they belong to, in every form that a table has."""

import json

import pytest

from gradient_cli.batch.answer_table import (
    UNANSWERED,
    Answers,
    Cellular,
    JsonLines,
    answer_names,
    as_cell,
    flat,
    table,
    whole,
)
from gradient_cli.batch.items.item import Item
from gradient_cli.errors import UsageError
from gradient_cli.wire.strict import parse

KEY = "a" * 64


def line(identity, *, ok=True, **rest) -> bytes:
    """Give a line of results."""
    return json.dumps(
        {"id": identity, "key": KEY, "ok": ok, **rest}, separators=(",", ":")
    ).encode()


@pytest.fixture
def answers(tmp_path):
    """Give what knows the answers of files of such lines."""
    opened: list[Answers] = []

    def read(*files: list[bytes]) -> Answers:
        for number, lines in enumerate(files):
            (tmp_path / str(number)).write_bytes(b"".join(one + b"\n" for one in lines))
        opened.append(Answers([str(tmp_path / str(number)) for number in range(len(files))]))
        return opened[-1]

    yield read
    for one in opened:
        one.close()


def test_an_answer_is_found_in_whichever_file_it_stands(answers):
    """The first answer before any other line; of failures the last."""
    known = answers(
        [line(1, ok=False, text="no"), line(2, text="two"), line(3, ok=False, text="first")],
        [line(1, text="one"), line(2, text="late"), line(3, ok=False, text="last")],
    )

    assert [known.of(n)["text"] for n in (1, 2, 3)] == ["one", "two", "last"]
    assert known.of(4) is None


def test_what_was_set_aside_is_counted_and_not_shown(answers):
    """It answers another question."""
    stale = {"why": "the row has changed or is gone", "at": "2026-01-01T00:00:00.000000Z"}
    known = answers([line(1, text="old", stale=stale), line(1, text="new", ok=False)])

    assert known.stale == 1
    assert known.of(1)["text"] == "new"


@pytest.mark.parametrize(
    ("line_id", "asked", "is_found"),
    [
        (7, "7", True), ("7", 7, True), ("07", "7", False), (7, "07", False), ("x", "x", True),
        (7, 7, True), ("7", "7", True), (7, "\u0667", False), ("é", "é", True), (7, "7.0", False),
    ],
)  # fmt: skip
def test_digits_are_a_number_or_a_text_as_tools_like_it(answers, line_id, asked, is_found):
    """A sheet makes numbers of them; nothing else is the same."""
    assert (answers([line(line_id, text="t")]).of(asked) is not None) is is_found


def test_a_number_beside_a_text_of_its_digits_is_itself(answers):
    """Its own line comes first."""
    known = answers([line("7", text="of the text"), line(7, text="of the number")])

    assert known.of(7)["text"] == "of the number"
    assert known.of("7")["text"] == "of the text"


def test_an_answer_is_its_text_its_properties_or_its_decision(answers):
    """Whatever the lines hold."""
    failed = line(2, ok=False, error={"message": "down"})
    text = answers([line(1, text="t"), failed])
    assert text.columns == ["text"]
    assert text.cells(text.of(1)) == ["t", True, None]
    assert text.cells(text.of(2)) == [None, False, "down"]
    assert text.cells(None) == [None, None, UNANSWERED]

    parsed = answers([line(1, parsed={"a": 1, "b": None}), line(3, parsed={"c": [2]}), failed])
    assert parsed.columns == ["a", "b", "c"]
    assert parsed.cells(parsed.of(3)) == [None, None, [2], True, None]
    assert parsed.cells(parsed.of(2)) == [None, None, None, False, "down"]
    assert parsed.cells(None) == [None, None, None, None, UNANSWERED]

    said = {"decision": "yes", "probability": 0.9, "unsure": False}
    decided = answers([line(1, ok=False, **said), failed])
    assert decided.columns == ["decision", "probability", "unsure"]
    assert decided.cells(decided.of(1)) == ["yes", 0.9, False, False, None]
    assert decided.cells(None) == [None, None, None, None, UNANSWERED]


def test_properties_are_found_however_a_line_is_spaced(answers):
    """A tool may have written it anew; a list, or a text that speaks of them, has none."""
    spaced = json.dumps({"id": 1, "key": KEY, "ok": True, "parsed": {"a": 1}}).encode()

    assert answers([spaced]).columns == ["a"]
    assert answers([line(1, parsed=[1]), line(2, text='"parsed":{"a":1}')]).columns == ["text"]
    assert answers([line(1, ok=False, parsed={"a": 1})]).columns == ["text"]


def test_an_error_that_is_none_has_no_words(answers):
    """Another program may have written the line."""
    known = answers([line(1, ok=False, error="down"), line(2, ok=True, parsed=[1])])

    assert known.cells(known.of(1)) == [None, False, None]
    assert known.columns == ["text"]


def test_a_file_that_is_none_is_told(tmp_path):
    """By its name."""
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(UsageError, match=f'cannot read "{path}": (no such|is a)'):
            Answers([str(path)])


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("a", "a"), (None, ""), (True, "true"), (7, "7"), (1.5, "1.5"), (parse("1.50"), "1.50"),
        ([1, parse("2.50")], "[1,2.50]"), ({"a": "é"}, '{"a":"é"}'),
    ],
)  # fmt: skip
def test_a_cell_is_a_text(value, cell):
    """Nothing for null, numbers as they were written, JSON for the rest."""
    assert as_cell(value) == cell


def test_own_cells_of_a_row_are_one_level():
    """`vars` and `data` are taken apart, and take no other's place."""
    source = {"id": 7, "prompt": "p", "vars": {"prompt": "v", "x": 1}, "data": {"x": 2}}

    assert flat(Item(7, "r:1", source=source)) == {
        "id": 7, "prompt": "p", "vars_prompt": "v", "x": 1, "data_x": 2,
    }  # fmt: skip
    assert flat(Item("q", "r:1", source={"custom_id": "q", "body": {"a": 1}})) == {
        "custom_id": "q", "body": {"a": 1},
    }  # fmt: skip
    assert flat(Item(1, "r:1", source={"data": [1]})) == {"id": 1, "data": [1]}
    assert flat(Item(1, "f:1", text="a line")) == {"id": 1, "item": "a line"}
    assert flat(Item("a.txt", "a.txt", text="all of it", path="a.txt")) == {"id": "a.txt"}


def test_own_fields_of_a_row_stay_as_they_are_in_json():
    """With its id, where the row itself says none."""
    assert whole(Item(7, "r:1", source={"id": 7, "data": {"x": 2}})) == {"id": 7, "data": {"x": 2}}
    assert whole(Item(3, "r:3", source={"data": 1})) == {"id": 3, "data": 1}
    assert whole(Item(1, "f:1", text="a")) == {"id": 1, "item": "a"}


def test_an_answers_columns_take_no_others_names():
    """As long as it takes."""
    assert answer_names(["id"], ["text"]) == ["text", "ok", "error"]
    assert answer_names(["text", "answer_text", "ok"], ["text"]) == [
        "answer_answer_text", "answer_ok", "error",
    ]  # fmt: skip
    assert answer_names([], ["ok"]) == ["ok", "answer_ok", "error"]


ITEMS = [
    Item(1, "r:1", source={"id": 1, "a": "x,y"}),
    Item(2, "r:2", source={"id": 2, "b": parse("1.50"), "text": "own"}),
    Item(3, "r:3", source={"id": 3}),
]


def made(known: Answers, writer, own, **more) -> tuple[str, list]:
    """Give a whole table, and the rows that were counted."""
    counted: list = []
    pieces = table(lambda: iter(ITEMS), known, writer, own, counted.append, **more)
    return b"".join(pieces).decode(), counted


def test_a_table_has_all_columns_and_a_cell_in_each(answers):
    """A row that lacks one has nothing there; one without an answer says so."""
    known = answers([line(1, text="eins"), line(2, ok=False, error={"message": "down"})])

    text, counted = made(known, Cellular(), flat)

    assert text.splitlines() == [
        "id,a,b,text,answer_text,ok,error",
        '1,"x,y",,,eins,true,',
        "2,,1.50,own,,false,down",
        f"3,,,,,,{UNANSWERED}",
    ]
    assert [row and row["id"] for row in counted] == [1, 2, None]


def test_a_header_that_is_known_is_taken_as_items_have_it(answers):
    """With other names for people, a mark for Excel, and tabs."""
    known = answers([line(1, text="eins")])

    def cells(item: Item) -> dict:
        return {"id": item.id, "v": "c"}

    text, _ = made(
        known, Cellular("\t", has_bom=True), cells, header=["id", "v"], shown=["ID", "V"]
    )

    assert text.splitlines()[:2] == ["\ufeffID\tV\ttext\tok\terror", "1\tc\teins\ttrue\t"]


def test_json_lines_have_their_names_each(answers):
    """No head, nothing for what a row lacks, and numbers as they were written."""
    known = answers([line(1, text="eins"), line(2, text="zwei")])

    text, _ = made(known, JsonLines(), whole)

    assert text.splitlines()[1] == (
        '{"id":2,"b":1.50,"text":"own","answer_text":"zwei","ok":true,"error":null}'
    )
