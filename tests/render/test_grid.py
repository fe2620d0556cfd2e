"""Tables: no cell is cut and no word broken, however narrow the terminal is."""

import re

import pytest
from rich.text import Text

from gradient_cli.render import grid
from tests.render.screen import at_once, cut, streamed

WIDE = (
    "| Feature | Status | identifier | Notes |\n| --- | --- | --- | --- |\n"
    "| a feature with a moderately long name | Y | module_alpha::test_long_identifier_name_first "
    "| Some explanatory text describing behavior here. |\n"
    "| another one | **no** | [link](https://example.com/a/very/long/address?x=1) | `code` |\n"
)
TABLES = {
    "wide": WIDE,
    "numbers": "| n | n² |\n|--:|--:|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(30)),
    "no names": "| | |\n|---|---|\n| left | right |\n",
    "no rows": "| alpha | beta |\n|---|---|\n",
    "empty cells": "| a | b |\n|---|---|\n| | x |\n| y | |\n",
    "many columns": "|" + "|".join(f" c{n} " for n in range(14)) + "|\n" + "|---" * 14 + "|\n"
    "|" + "|".join(f" v{n} " for n in range(14)) + "|\n",
    "breaks": "| a | b |\n|---|---|\n| one<br>two | three |\n",
    "wide characters": "| 名前 | 値 |\n|---|---|\n| とても長い日本語の文字列 | 二つ目の値 |\n",
    "in a quote": "".join(f"> {line}\n" for line in WIDE.splitlines()),
    "in an item": "- x\n\n" + "".join(f"  {line}\n" for line in WIDE.splitlines()),
}


def words(lines) -> list[str]:
    """Give the words of a text, borders and marks left out."""
    return re.findall(r"[\w²]+(?:[:/.?=]+\w+)*", " ".join(lines))


@pytest.mark.sampled
@pytest.mark.parametrize("columns", [20, 40, 80, 100, 200])
@pytest.mark.parametrize("name", TABLES)
def test_each_word_is_there(name, columns):
    """On every screen, streamed and at once; a word is broken only where it alone is too long."""
    lines = at_once(TABLES[name], columns, 24)
    source = re.sub(r"<br>|\]\(|[*`\[\]()]", " ", TABLES[name])

    assert "…" not in "".join(lines)
    assert streamed(cut(TABLES[name], 5), columns, 24).lines() == lines
    joined = re.sub(r"\W", "", "".join(lines))
    assert [word for word in words([source]) if re.sub(r"\W", "", word) not in joined] == []
    if columns >= 80:
        assert set(words([source])) - set(words(lines)) - {"x"} == set()


def test_a_table_that_does_not_fit_is_a_block_a_row():
    """Names and values, an empty line between two rows."""
    lines = at_once("| name | what |\n|---|---|\n| a_long_identifier | b |\n| c | d |\n", 20, 24)

    assert [line for line in lines if line.strip()] == [
        "name:",
        "a_long_identifier",
        "what: b",
        "name: c",
        "what: d",
    ]


def test_the_widest_column_gives_way():
    """A long word keeps its column; the text beside it is wrapped."""
    lines = at_once(f"| a | b |\n|---|---|\n| {'x' * 40} | {'word ' * 20}|\n", 80, 24)

    assert any("x" * 40 in line for line in lines)
    assert sum("word" in line for line in lines) > 1


@pytest.mark.parametrize(
    ("name", "value", "line"), [("a", "b", "a: b"), ("a", "", "a:"), ("", "b", "b"), ("", "", "")]
)
def test_a_name_and_a_value_share_a_line(name, value, line):
    """No blank where one of them is missing."""
    assert grid._named(Text(name), Text(value)).plain == line
