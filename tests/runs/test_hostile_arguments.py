"""Arguments that a model chose to do harm: what does not fit never reaches a program."""

import json
from pathlib import Path

import pytest

from gradient_cli.expect.arguments import read_arguments
from tests.runs.test_run_tool import SEEN, Desk, calls

SHAPE = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 40, "pattern": "^[A-Za-z .'-]+$"},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
        "where": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    },
    "required": ["city"],
    "additionalProperties": False,
}
DEEP = '{"city": "Oslo", "where": ' + "[" * 5000 + "]" * 5000 + "}"
MISFITS = {
    "no JSON": "Oslo",
    "a shell's words": "; rm -rf ~",
    "two objects": '{"city": "Oslo"} {"city": "Rome"}',
    "an open object": '{"city": "Oslo"',
    "an open text": '{"city": "Oslo}',
    "a comma too many": '{"city": "Oslo",}',
    "single quotes": "{'city': 'Oslo'}",
    "a comment": '{"city": "Oslo" /* x */}',
    "a byte order mark": '\ufeff{"city": "Oslo"}',
    "a fence": '```json\n{"city": "Oslo"}\n```',
    "a list": '["Oslo"]',
    "a text": '"Oslo"',
    "a number": "7",
    "null": "null",
    "true": "true",
    "nothing of what is required": "{}",
    "no text at all": "",
    "blanks": "  \n",
    "a number for a text": '{"city": 7}',
    "null for a text": '{"city": null}',
    "a list for a text": '{"city": ["Oslo"]}',
    "an object for a text": '{"city": {"name": "Oslo"}}',
    "a text for a number": '{"city": "Oslo", "days": "3"}',
    "a fraction for a whole number": '{"city": "Oslo", "days": 2.5}',
    "true for a number": '{"city": "Oslo", "days": true}',
    "too much": '{"city": "Oslo", "days": 8}',
    "too large a number": '{"city": "Oslo", "days": 1e400}',
    "a number of 5,000 digits": '{"city": "Oslo", "days": ' + "9" * 5000 + "}",
    "NaN": '{"city": "Oslo", "days": NaN}',
    "Infinity": '{"city": "Oslo", "days": -Infinity}',
    "a name twice": '{"city": "Oslo", "city": "Rome"}',
    "a name twice, escaped": '{"city": "Oslo", "c\\u0069ty": "; reboot"}',
    "an unknown name": '{"city": "Oslo", "__proto__": {"x": 1}}',
    "a flag for a name": '{"city": "Oslo", "--config": "/etc/passwd"}',
    "a command": '{"city": "$(touch owned)"}',
    "backticks": '{"city": "`touch owned`"}',
    "a semicolon": '{"city": "Oslo; touch owned"}',
    "a line of its own": '{"city": "Oslo\\ntouch owned"}',
    "an end of line behind what fits": '{"city": "Oslo\\n"}',
    "a NUL": '{"city": "Oslo\\u0000"}',
    "an escape sequence": '{"city": "\\u001b]0;owned\\u0007"}',
    "half a character": '{"city": "\\ud800"}',
    "a megabyte": '{"city": "' + "x" * 1_000_000 + '"}',
    "a megabyte of names": "{" + ",".join(f'"n{i}": {i}' for i in range(80_000)) + "}",
    "deep nesting": DEEP,
    "nesting of 100,000": "[" * 100_000,
    "a control character in a text": '{"city": "Os\tlo"}',
    "too many items": '{"city": "Oslo", "where": ["a", "b", "c", "d"]}',
}
LOOSE = {"type": "object"}
FITS = {
    "quotes": {"city": "\"Oslo\" 'Rome'"},
    "a command": {"city": "$(touch owned) `touch owned` ; touch owned | sh && touch owned"},
    "lines": {"city": "Oslo\ntouch owned\n"},
    "flags": {"--help": "-rf", "-c": "touch owned"},
    "NUL and escapes": {"city": "a\0b\x1b[2J\u2028\u202e"},
    "a megabyte": {"city": "x" * 1_000_000},
    "depth": {"a": json.loads("[" * 90 + "]" * 90)},
    "numbers": {"a": 12345678901234567890, "b": -0.5, "c": 1e-7},
    "an empty name": {"": ""},
    "emoji": {"city": "\U0001f468\u200d\U0001f469"},
}


@pytest.fixture
def desk(tmp_path):
    """Give a desk with a folder of its own."""
    return Desk(tmp_path)


def test_there_are_forty_and_more():
    """Nobody thins the table out unseen."""
    assert len(MISFITS) >= 40


@pytest.mark.sampled
@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_not_read(name):
    """It has a complaint in one line, and nothing that a program could be given."""
    found = read_arguments([SHAPE], MISFITS[name])

    assert found.text == ""
    assert found.complaint
    assert "\n" not in found.complaint
    assert len(found.complaint) < 1000


@pytest.mark.real
def test_what_does_not_fit_starts_no_program(desk):
    """All of them in turn: the model is told each time, and the program never runs."""
    mark = desk.folder / "mark"
    script = tuple(
        calls({"name": "f", "arguments": text}, sees=None if number == 0 else "")
        for number, text in enumerate(MISFITS.values())
    )
    turns = [*(_once(one) for one in script), SEEN]
    tool = json.dumps({"name": "f", "parameters": SHAPE})
    command = f"f={desk.program(f'open({str(mark)!r}, {chr(34)}w{chr(34)})')}"

    status, stdout, stderr = desk.runs(
        *("respond", "-m", "m", "--tool", tool, "--run-tool", command, "--max-tool-calls", "99"),
        *("sun?", "--json", "--no-stream"),
        script=tuple(turns),
    )

    steps = json.loads(stdout)["steps"]
    assert status == 0, stderr
    assert len(steps) == len(MISFITS)
    assert {step["exit_code"] for step in steps} == {None}
    assert all("do not fit" in step["error"] for step in steps)
    assert not mark.exists()
    assert not Path("owned").exists()
    assert all(line.isprintable() for line in stderr.splitlines())


def _once(behaviour):
    from dataclasses import replace

    return replace(behaviour, times=1)


@pytest.mark.sampled
@pytest.mark.parametrize("name", FITS)
def test_what_fits_comes_to_the_program_as_it_is(desk, name):
    """On stdin, as one line of JSON; nothing of it becomes a word of the command."""
    told = "import json; json.dump([sys.argv[1:], json.loads(said)], open('told', 'w'))"
    call = {"name": "f", "arguments": json.dumps(FITS[name])}
    tool = json.dumps({"name": "f", "parameters": LOOSE})
    code = f"os.chdir({str(desk.folder)!r}); assert said.count(chr(10)) == 1; {told}"
    command = f"f={desk.program(code)} word"

    status, stdout, _ = desk.runs(
        *(
            "respond",
            "-m",
            "m",
            "--tool",
            tool,
            "--run-tool",
            command,
            "sun?",
            "--json",
            "--no-stream",
        ),
        script=(calls(call), SEEN),
    )

    assert status == 0
    assert json.loads(stdout)["steps"][0]["error"] is None
    assert json.loads((desk.folder / "told").read_text()) == [["word"], FITS[name]]
    assert not (desk.folder / "owned").exists()


@pytest.mark.parametrize("parameters", [None, {"type": "object"}, {"minimum": "x"}, 7, "any", []])
def test_what_cannot_be_checked_does_not_fit(parameters):
    """No parameters take no arguments; what is no schema lets nothing pass."""
    found = read_arguments([parameters], '{"city": "Oslo"}')

    assert (found.complaint is None) is (parameters == {"type": "object"})


def test_all_definitions_of_a_name_count():
    """A second, looser one does not open a door."""
    assert read_arguments([SHAPE, LOOSE], '{"city": 7}').complaint
    assert read_arguments([LOOSE, SHAPE], '{"city": 7}').complaint
    assert read_arguments([LOOSE, SHAPE], '{"city": "Oslo"}').text == '{"city":"Oslo"}'


def test_nothing_at_all_is_no_arguments():
    """As some servers send it."""
    assert read_arguments([None], "").text == "{}"
    assert read_arguments([LOOSE], " ").text == "{}"
