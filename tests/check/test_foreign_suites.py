"""Files that are no suites are named as what they are, with what to do instead."""

import json

import pytest

from gradient_cli.check.suite import load_suite
from gradient_cli.errors import UsageError

PROMPTFOO = """\
description: x
prompts:
  - 'Translate {{text}}'
providers: [openai:gpt-4]
tests:
  - vars: {text: a}
    assert:
      - type: contains
        value: b
"""
TESTS = [{"name": "a", "prompt": "x", "expect": "y"}, {"name": "b", "prompt": "x", "expect": "y"}]
GOOD = "".join(json.dumps(test) + "\n" for test in TESTS)


@pytest.mark.parametrize(
    ("name", "text", "words", "hint"),
    [
        ("promptfooconfig.yaml", PROMPTFOO, "this is promptfoo's YAML", "docs/migration.md"),
        ("s.toml", PROMPTFOO, "this is promptfoo's YAML", "docs/migration.md"),
        ("s.yml", "tests:\n- x\n", "this is YAML", "docs/migration.md"),
        ("s.toml", "# c\n\n---\nname: a\n", "this is YAML", "docs/migration.md"),
        ("s.json", json.dumps(TESTS), "this is JSON", "jq -c '.[]' s.json > s.jsonl"),
        ("s.json", json.dumps(TESTS, indent=1), "this is JSON", "jq -c '.[]' s.json > s.jsonl"),
        ("s.json", json.dumps({"tests": []}, indent=1), "this is JSON", "jq"),
        ("s.toml", json.dumps(TESTS), "this is JSON", "s.jsonl"),
        ("s.jsonl", json.dumps(TESTS[0], indent=1), "this is JSON", "> new-s.jsonl"),
        ("s.toml", GOOD, "this is JSONL", "its name must say so: s.jsonl"),
        ("s", GOOD, "this is JSONL", "its name must say so: s.jsonl"),
        (
            "p.json",
            json.dumps({"prompts": ["x"], "tests": [{"assert": []}]}, indent=1),
            "this is promptfoo's JSON",
            "docs/migration.md",
        ),
        (
            "test_llm.py",
            "from deepeval import assert_test\n",
            "this is Python",
            "docs/migration.md",
        ),
        ("rows.csv", "a,b\n1,2\n", "this is a table", 'cases = "rows.csv"'),
    ],
)
def test_another_language_is_named(name, text, words, hint, tmp_path, monkeypatch):
    """By its ending or by its first words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)

    with pytest.raises(UsageError) as caught:
        load_suite(name)

    assert caught.value.message.startswith(
        f"{name}: {words}; a suite is TOML, JSONL (a test a line)"
    )
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.jsonl", GOOD),
        ("s.jsonl", GOOD.splitlines()[0]),
        ("s.ndjson", f"\n{GOOD}\n"),
        ("s.toml", '# a: b\n[[test]]\nname = "a"\nprompt = "x"\nexpect = "y"\n'),
        ("s.toml", 'test = [{ name = "a", prompt = "x", expect = "y" }]\n'),
        ("json", '[[test]]\nname = "prompts: tests:"\nprompt = "x"\nexpect = "y"\n'),
    ],
)
def test_a_suite_is_taken_for_one(name, text, tmp_path):
    """Whatever stands in its texts."""
    (tmp_path / name).write_text(text)

    assert load_suite(str(tmp_path / name))[0].name


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[test]]\nname = a\n", "2: not TOML: invalid value at column 8"),
        ('[[test]]\nname = "a\n', "2: not TOML: illegal character '\\n' at column 10"),
        ('[[test]]\nname = """a\n', "3: not TOML: unterminated string, at the end of the file"),
        ("[[test]\n", "1: not TOML: expected ']]' at the end of an array declaration at column 7"),
    ],
)
def test_broken_toml_has_file_and_line(text, place, tmp_path, monkeypatch):
    """As every fault of a suite, so that an annotation finds it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(text)

    with pytest.raises(UsageError) as caught:
        load_suite("s.toml")

    assert caught.value.message == f"s.toml:{place}"


def test_what_is_no_text_is_named(tmp_path):
    """With the program that reads it."""
    (tmp_path / "s.toml").write_bytes(b"\x1f\x8b\x08\x00\xff")

    with pytest.raises(UsageError, match="it is compressed by gzip"):
        load_suite(str(tmp_path / "s.toml"))
