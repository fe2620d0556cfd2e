"""JSON read strictly: what could not be written again as it was is refused."""

import contextlib
import math
import random
import re
import struct
import time

import pytest

from gradient_cli.wire import json as json_module
from gradient_cli.wire.json import MOST_LEVELS, NestedTooDeeply, TooManyValues, line, loads
from gradient_cli.wire.strict import parse, spelled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expecting value at line 1, column 1"),
        ("{}\n{}", "extra data at line 2, column 1"),
        ("NaN", "NaN is no JSON"),
        ('{"a": -Infinity}', "-Infinity is no JSON"),
        ("1e400", "1e400 is too large a number"),
        ("[-1e999]", "-1e999 is too large a number"),
        (
            "12345678901234567.89",
            "12345678901234567.89 has digits that are lost: it would become 1.2345678901234568e+16",
        ),
        (
            "0.30000000000000000001",
            "0.30000000000000000001 has digits that are lost: it would become 0.3",
        ),
        ("1e-400", "1e-400 has digits that are lost: it would become 0.0"),
        (
            "9007199254740993.0",
            "9007199254740993.0 has digits that are lost: it would become 9007199254740992.0",
        ),
        ("1" * 5000, "an integer of 5000 digits is too large a number"),
        ('{"a": 1, "a": 2}', 'the name "a" stands there twice'),
        ('{"a\\n::error::": 1, "a\\n::error::": 2}', 'the name "a\\n::error::" stands there twice'),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused(text, words):
    """In one line that names the thing, whatever the text holds."""
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        parse(text)


@pytest.mark.parametrize("text", ["1e308", "5e-324", "9" * 4300, '{"a": null}', "[1.5, true]"])
def test_what_is_json_is_read(text):
    """Large and small numbers included."""
    assert parse(line(parse(text))) == parse(text)


@pytest.mark.parametrize("form", ["%r", "%.17g", "%.30e", "%.800e"])
def test_every_double_is_read_in_any_of_its_spellings(form):
    """Other languages write seventeen digits, or all that there are; none of them is refused."""
    source = random.Random(7)
    doubles = [struct.unpack("d", source.randbytes(8))[0] for _ in range(500)]
    doubles = [number for number in doubles if math.isfinite(number)]

    assert doubles == [parse(form % number) for number in doubles]


@pytest.mark.parametrize(
    "text", ["1.10", "1E5", "0.10000000000000001", "-0.0", "0e9", "100", "2.50"]
)
def test_a_number_knows_how_it_was_spelled(text):
    """Where it becomes a text, it is the text that the user wrote."""
    assert text == spelled(parse(text))


@pytest.mark.parametrize(
    "text", ["0." + "1" * 2_000_000, "1e" + "1" * 2_000_000, "0e-" + "1" * 9_000]
)
def test_a_long_number_takes_no_time(text):
    """A megabyte of digits is read or refused at once."""
    begun = time.process_time()

    with contextlib.suppress(ValueError):
        parse(text)

    assert time.process_time() - begun < 1


@pytest.mark.real
def test_a_repeated_name_is_found_in_linear_time():
    """A long answer cannot keep a run busy."""
    text = "{" + ",".join(f'"a{n}":1' for n in range(50_000)) + ',"a49999":2}'
    begun = time.process_time()

    with pytest.raises(ValueError, match="twice"):
        parse(text)

    assert time.process_time() - begun < 1


def nested(levels: int, inner: str = "1") -> str:
    """Give lists and objects within each other."""
    return (
        '[{"a":' * (levels // 2)
        + "[" * (levels % 2)
        + inner
        + "]" * (levels % 2)
        + "}]" * (levels // 2)
    )


@pytest.mark.parametrize("read", [parse, loads])
def test_nesting_has_one_limit_on_every_python(read):
    """Where each Python itself gives up is its own affair, and too late for whoever walks it."""
    assert read(nested(MOST_LEVELS)) is not None
    for text in (nested(MOST_LEVELS + 1), "[" * 3000, nested(5000), "[" * 200_000, "[" * 400 + "}"):
        with pytest.raises(NestedTooDeeply, match="too deeply"):
            read(text)


@pytest.mark.parametrize("text", ["[1, [2]]" + " " * 9, "[" + "[],[{}]," * 400 + "0]"])
def test_breadth_is_no_depth(text):
    """Nor is a bracket in a text."""
    assert parse(text) is not None
    assert parse(f'["{"[" * 5000}", 1]')[1] == 1
    with pytest.raises(ValueError, match="column"):
        parse(f'["{"[" * 5000}", }}]')


def test_signs_within_a_text_are_no_values():
    """A long text may have more commas than a document may have values."""
    text = "a, [b] {c} " * 400_000

    assert loads(line({"text": text})) == {"text": text}
    with pytest.raises(TooManyValues):
        loads("[" + "[]," * 1_600_000 + "[]]")


@pytest.mark.parametrize("jumps", [0, 1, 2, 5, 1000])
def test_jumping_over_texts_finds_what_stands_outside(monkeypatch, jumps):
    """As an expression does that reads each text; quotes and backslashes stand anywhere."""
    monkeypatch.setattr(json_module, "_JUMPS", jumps)
    monkeypatch.setattr(json_module, "_SLASHES", 3)
    monkeypatch.setattr(json_module, "MOST_WEIGHT", 1_500)
    rng = random.Random(3)

    def value(depth=0):
        kind = rng.randrange(9 if depth < 3 else 5)
        if kind < 5:
            return [1, 'a"b\\', '\\\\",[],"', "x,[{", None][kind]
        if kind < 7:
            return [value(depth + 1) for _ in range(rng.randrange(6))]
        return {rng.choice(['k"', "\\"]): value(depth + 1) for _ in range(3)}

    found = set()
    for _ in range(1_000):
        text = line(value())
        is_heavy = json_module._is_heavy(text)
        found.add(is_heavy)

        assert is_heavy == json_module._is_heavy_outside(text, 1_500 - len(text))

    assert found == {True, False}
