"""
CommonMark's own examples, streamed: the screen ends as the whole text would have looked.

`make test` fetches them (scripts/commonmark.py) into the virtual environment.
"""

import json
import re
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gradient_cli.render.page import parser
from tests.render.screen import at_once, cut, streamed

pytestmark = pytest.mark.real

FILE = Path(sys.prefix, "commonmark.json")
SIZES = [(80, 24), (40, 10)]

LATER = {23, 33, 203, 204, 214, 218, 526, 527, 528, 529, 530, 531, 532, 533, 534, 538, 539, 541,
         542, 548, 552, 553, 554, 555, 556, 557, 558, 559, 560, 561, 564, 565, 567, 568, 569, 570,
         572, 575, 576, 581, 582, 583, 584, 585, 586, 587, 588, 590, 592}  # fmt: skip
"""The address of a link comes below the paragraph that it is in, which was printed by then."""
_DEFINITION = re.compile(r"^(?:> )?\[[^\n]+\]: .*\n?", re.MULTILINE)


@cache
def examples() -> dict[int, tuple[str, str]]:
    """Give (section, Markdown) by number."""
    if not FILE.exists():
        pytest.fail(f"{FILE} is missing: `make test` fetches it (scripts/commonmark.py)")
    return {e["example"]: (e["section"], e["markdown"]) for e in json.loads(FILE.read_bytes())}


def test_all_examples_are_there():
    """Version 0.31.2 has 652."""
    assert list(examples()) == list(range(1, 653))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [1, 3, 17])
def test_each_example_ends_as_the_whole(length, size):
    """In pieces of 1, 3 and 17 characters."""
    differing = {}
    for number, (_, text) in examples().items():
        if number not in LATER:
            got, whole = streamed(cut(text, length), *size).lines(), at_once(text, *size)
            if got != whole:
                differing[number] = (text, got, whole)

    assert differing == {}


def test_an_address_that_comes_later_is_shown_as_it_was_written():
    """The only examples that end otherwise; as soon as one does not, it has to leave the list."""
    texts = {number: examples()[number][1] for number in LATER}
    shown = {number: streamed(cut(text, 1), 80, 24).lines() for number, text in texts.items()}

    wanted = {number: at_once(_DEFINITION.sub("", text), 80, 24) for number, text in texts.items()}
    assert {n: lines[: len(wanted[n])] for n, lines in shown.items()} == wanted
    differing = {}
    for number, text in texts.items():
        rest = [line for line in shown[number][len(wanted[number]) :] if line]
        definitions = [found[0].strip("> \n") for found in _DEFINITION.finditer(text)]
        # A second one of the same name, and one whose name is none there, lead nowhere.
        if rest != [line for line in definitions if line in rest] or not rest:
            differing[number] = (text, rest)
    assert differing == {}
    assert [n for n, text in texts.items() if shown[n] == at_once(text, 80, 24)] == []


@pytest.mark.parametrize("length", [1, 17])
def test_the_examples_of_a_section_in_a_row_end_as_the_whole(length):
    """Blocks of all kinds above and below each other, taller than the screen."""
    sections = defaultdict(list)
    for number, (section, text) in examples().items():
        if number not in LATER:
            sections[section].append(text)
    differing = {}
    for section, texts in sections.items():
        text = "\n\n".join(texts)
        # An address counts from where it stands: all of a section's stand above it.
        known: dict[str, Any] = {}
        parser().parse(text, known)
        links = known.get("references", {}).items()
        text = "".join(f"[{name}]: <{link['href']}>\n" for name, link in links) + f"\n{text}"
        got, whole = streamed(cut(text, length), 40, 10).lines(), at_once(text, 40, 10)
        if got != whole:
            differing[section] = [
                pair for pair in zip(got, whole, strict=False) if len(set(pair)) > 1
            ]

    assert differing == {}
