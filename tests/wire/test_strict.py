"""JSON read strictly: what could not be written again as it was is refused."""

import re
import time

import pytest

from gradient_cli.wire.json import line
from gradient_cli.wire.strict import parse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expecting value at line 1, column 1"),
        ("{}\n{}", "extra data at line 2, column 1"),
        ("NaN", "NaN is no JSON"),
        ('{"a": -Infinity}', "-Infinity is no JSON"),
        ("1e400", "1e400 is too large a number"),
        ("[-1e999]", "-1e999 is too large a number"),
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


@pytest.mark.parametrize("text", ["1e308", "1e-400", "9" * 4300, '{"a": null}', "[1.5, true]"])
def test_what_is_json_is_read(text):
    """Large and small numbers included."""
    assert parse(line(parse(text))) == parse(text)


def test_a_repeated_name_is_found_in_linear_time():
    """A long answer cannot keep a run busy."""
    text = "{" + ",".join(f'"a{n}":1' for n in range(50_000)) + ',"a49999":2}'
    begun = time.process_time()

    with pytest.raises(ValueError, match="twice"):
        parse(text)

    assert time.process_time() - begun < 1
