"""
Files that are no suites: told by their name and their first words, with what to do instead.

    .yaml .yml, promptfoo's      TOML says the same; docs/migration.md shows how
    .json                        a list of tests is JSONL, a test a line
    .csv .tsv                    a data set, which a test names
    .py                          deepeval's, pytest's
"""

import json
import re
import shlex

from gradient_cli.errors import UsageError
from gradient_cli.terminal.foreign import foreign

_MIGRATION = "docs/migration.md has the words of promptfoo, deepeval and GitHub Models in ours"
_BEGINS_YAML = re.compile(r"(---\s*$|%YAML|- |[\w.\"'-]+:(\s|$))")


def refuse_foreign(path: str, text: str) -> None:
    """
    Refuse what is written in another language than suites, before it is read as TOML or JSONL.

    Raises:
        UsageError: says which language it is, and what suites are.

    """
    kind, hint = _kind(path, text)
    if kind:
        raise UsageError(
            f"{path}: this is {kind}; a suite is TOML, JSONL (a test a line) or a .prompt.yml",
            hint=hint,
        )


def refuse_bytes(path: str, head: bytes) -> None:
    """
    Refuse what is no text.

    Raises:
        UsageError: says what it is.

    """
    found = foreign(head, path)
    if found:
        raise UsageError(f'cannot read "{path}": it is {found.what}', hint=found.remedy)


def _kind(path: str, text: str) -> tuple[str, str]:
    """Give what a file is, if it is no suite, and what to do; ("", "") for TOML and JSONL."""
    ending = path.rpartition(".")[2].lower()
    words = _first_words(text)
    if ending == "py":
        return "Python", _MIGRATION
    if ending in {"csv", "tsv"}:
        return "a table", f'a test asks once for each of its rows: cases = "{path}"'
    if ending in {"yaml", "yml"} or (ending != "jsonl" and _BEGINS_YAML.match(words)):
        whose = "promptfoo's YAML" if _is_promptfoo(text) else "YAML"
        return whose, _MIGRATION
    if words[:1] not in {"{", "["}:
        return "", ""
    jsonl = re.sub(r"(\.\w+)?$", ".jsonl", path, count=1)
    if not _is_json(text):
        is_misnamed = words[0] == "{" and ending not in {"jsonl", "ndjson"} and _is_json(words)
        return ("JSONL", f"its name must say so: {jsonl}") if is_misnamed else ("", "")
    if words[0] == "{" and ending in {"jsonl", "ndjson"} and "\n" not in text.strip():
        return "", ""
    if _is_promptfoo(text):
        return "promptfoo's JSON", _MIGRATION
    each = ".[]" if words[0] == "[" else "."
    new = shlex.quote(jsonl if jsonl != path else f"new-{path.rpartition('/')[2]}")
    return "JSON", f"jq -c '{each}' {shlex.quote(path)} > {new} puts a test on each line"


def _first_words(text: str) -> str:
    """Give the first line that is no comment and not empty."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def _is_json(text: str) -> bool:
    """Tell one JSON value, however many lines it has, from JSONL and from TOML's tables."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_promptfoo(text: str) -> bool:
    """Tell promptfoo's configuration by its keys."""
    keys = re.findall(
        r"^[\s{\"']*(providers|prompts|tests|defaultTest|assert)[\"']?\s*:", text, re.M
    )
    return len(set(keys)) > 1
