"""Wherever a user's JSON is read: what would not come out as it went in is refused."""

import json

import pytest

ASKS = ("-m", "m", "--base-url", "http://127.0.0.1:9", "-n")

WRONG = {
    "NaN": "NaN is no JSON",
    "-Infinity": "-Infinity is no JSON",
    "1e999": "1e999 is too large a number",
    "0.30000000000000000001": "digits that are lost",
    "7" * 4400: "an integer of 4400 digits",
    '{"a": 1, "a": 2}': 'the name "a" stands there twice',
    "[" * 4000: "nested too deeply",
}


@pytest.fixture(params=WRONG, ids=[text[:24] for text in WRONG])
def wrong(request):
    """Give (JSON that must be refused, the words that say so)."""
    return request.param, WRONG[request.param]


def test_in_a_parameter(home, wrong):
    """`--param x=NaN` would be no JSON on the wire."""
    status, stdout, stderr = home.runs("respond", "hi", *ASKS, "--param", f"x={wrong[0]}")

    assert (status, stdout) == (2, "")
    assert wrong[1] in stderr


@pytest.mark.sampled
@pytest.mark.parametrize("flag", ["--body", "--tool", "--schema"])
def test_in_a_file(home, wrong, flag):
    """A body, a tool, a schema."""
    file = home.folder / "file.json"
    file.write_text(f'{{"type": "object", "name": "f", "description": {wrong[0]}}}')

    status, stdout, stderr = home.runs("respond", "hi", *ASKS, flag, str(file))

    assert (status, stdout) == (2, "")
    assert wrong[1] in stderr


def test_in_a_body_on_stdin(home, wrong):
    """A body that another program writes is held to the same."""
    body = f'{{"input": "hi", "seed": {wrong[0]}}}'

    status, stdout, stderr = home.runs("respond", *ASKS, "--body", "-", stdin=body.encode())

    assert (status, stdout) == (2, "")
    assert wrong[1] in stderr


def test_in_a_thread(home, wrong):
    """A line of a thread is sent each time."""
    file = home.folder / "t.jsonl"
    file.write_text(f'{{"role": "user", "content": {wrong[0]}}}\n')

    status, stdout, stderr = home.runs("respond", "hi", *ASKS, "--thread", str(file))

    assert (status, stdout) == (2, "")
    assert f"{file}:1" in stderr
    assert wrong[1] in stderr


@pytest.mark.sampled
@pytest.mark.parametrize("field", ["seed", "vars", "id", "prompt"])
def test_in_a_row(home, wrong, field):
    """A field, a variable, and what is no field at all."""
    value = f'{{"x": {wrong[0]}}}' if field == "vars" else wrong[0]
    row = f'{{"prompt": "{{{{ x }}}}", "{field}": {value}}}'
    if field == "prompt":
        row = f'{{"prompt": {value}}}'

    status, stdout, stderr = home.runs(
        "batch", "run", "-i", "-", "--jsonl", *ASKS, stdin=row.encode()
    )

    assert (status, stdout) == (2, "")
    assert wrong[1] in stderr


def test_a_row_that_says_its_prompt_twice(home):
    """The first of the two would be dropped without a word."""
    row = b'{"id": "a", "prompt": "delete nothing", "prompt": "delete everything"}'

    status, _, stderr = home.runs("batch", "run", "-i", "-", "--jsonl", *ASKS, stdin=row)

    assert status == 2
    assert 'the name "prompt" stands there twice' in stderr


def test_in_a_suite(home, wrong):
    """A row of a suite."""
    suite = home.folder / "s.jsonl"
    suite.write_text(
        f'{{"name": "a", "prompt": "x", "expect": "y", "params": {{"x": {wrong[0]}}}}}\n'
    )

    status, _, stderr = home.runs(
        "check", str(suite), "-m", "m", "--base-url", "http://127.0.0.1:9"
    )

    assert status == 2
    assert wrong[1] in stderr


def test_in_a_setting(home, wrong):
    """`config set params.x` writes what a request will carry."""
    status, _, _ = home.runs("config", "set", "params.x", wrong[0])

    assert (status, home.config.exists()) == (2, False)


def test_in_a_result_that_is_resumed(home, wrong):
    """A line that somebody has written anew is read whole, and is a result or is refused."""
    out = home.folder / "out.jsonl"
    out.write_text(f'{{"ok": true, "key": "{"a" * 64}", "id": 1, "x": {wrong[0]}}}\n')
    before = out.read_bytes()
    argv = ("batch", "run", "-i", "-", "--lines", *ASKS[:4], "-o", str(out))

    status, _, stderr = home.runs(*argv, stdin=b"hi\n")

    assert (status, out.read_bytes()) == (2, before)
    assert "out.jsonl:1 is no result of a batch" in stderr


@pytest.mark.parametrize(
    "number", ["1.10", "1E5", "0.10000000000000001", "12345678901234567890", "-0.0"]
)
def test_a_number_in_a_prompt_is_the_text_of_the_row(home, number):
    """A price of 1.10 is no price of 1.1."""
    row = f'{{"prompt": "for {{{{ x }}}}", "vars": {{"x": {number}}}}}'

    _, stdout, _ = home.runs("batch", "run", "-i", "-", "--jsonl", *ASKS, stdin=row.encode())

    assert json.loads(stdout)["input"] == f"for {number}"


@pytest.mark.parametrize("number", ["12345678901234567890123", "1e-7", "0.1", "-0.0", "5e-324"])
def test_a_number_in_a_request_keeps_its_value(home, number):
    """Python's integers have no end, and a double that is read is the double that is sent."""
    _, stdout, _ = home.runs("respond", "hi", *ASKS, "--param", f"x={number}")

    assert f'"x":{float(number) if "." in number or "e" in number else number}' in stdout
