"""
Suites: files of prompts with expectations, read strictly.

    [defaults]              for every test of the file
    model = "…"
    [[test]]                TOML; in a .jsonl file, one object a line
    name = "refund policy"
    prompt = "How many days for a refund? Number only."
    expect_re = '^30$'

A suite cannot pass by accident: an empty file, an unknown key, a test that expects nothing, a
pattern or a schema that is none, two tests of one name are errors with file and line.
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from gradient_cli.check.case import Case
from gradient_cli.check.foreign_suite import refuse_bytes, refuse_foreign
from gradient_cli.check.positions import Lines
from gradient_cli.check.shares import Required, share_of
from gradient_cli.check.shown_name import logged
from gradient_cli.check.suite_reader import (
    ADDED_KEYS,
    FORM_KEYS,
    MOST_REPEATS,
    NOT_IN_DEFAULTS,
    PROMPT_KEYS,
    Reader,
    near_words,
)
from gradient_cli.errors import UsageError
from gradient_cli.wire.encodings import conversion, wide_name
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse

PROMPT_YML = (".prompt.yml", ".prompt.yaml")
"""Endings of files in the format of GitHub Models' evaluations."""
_Table = tuple[dict[str, Json], Lines, tuple[str, ...]]
"""A test's keys and values, their lines, and the variables that the test itself sets."""


def load_suite(path: str) -> list[Case]:
    """
    Read a suite.

    Raises:
        UsageError: names file and line, and what would be right.

    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        words = (error.strerror or "").lower()
        raise UsageError(f'cannot read "{path}": {words}', hint=_instead_of(path)) from None
    except UnicodeDecodeError as error:
        refuse_bytes(path, error.object)
        raise UsageError(
            f'"{path}" is not UTF-8: bad byte at offset {error.start}',
            hint=conversion(wide_name(error.object), path),
        ) from None
    digest = hashlib.sha256(text.encode()).hexdigest()
    if path.endswith(PROMPT_YML):
        from gradient_cli.check.prompt_yml import load_prompt_yml

        return [replace(load_prompt_yml(path, text), digest=digest)]
    refuse_foreign(path, text)
    tables = _jsonl(path, text) if path.endswith((".jsonl", ".ndjson")) else _toml(path, text)
    if not tables:
        raise UsageError(f"{path}: the suite has no test", hint="[[test]] begins one")
    tests = [
        replace(Reader(path, table, place).case(), own_variables=own, digest=digest)
        for table, place, own in tables
    ]
    seen: dict[str, Case] = {}
    for test in tests:
        if test.name in seen:
            raise UsageError(
                f'{path}:{test.line}: a second test is called "{test.name}"',
                hint=f"the first one stands at line {seen[test.name].line}",
            )
        seen[test.name] = test
    return tests


def _instead_of(path: str) -> str | None:
    """Say what was meant by the name of a suite that is none."""
    import shlex

    if os.path.isdir(path):
        return f"gradient check {shlex.quote(path.rstrip('/') or '/')}/*.toml"
    if " " in path and "/" not in path:
        return f"a suite is a file; to ask: gradient respond {shlex.quote(path)}"
    with suppress(OSError, ValueError):
        there = Path(path)
        names = [entry.name for entry in there.parent.iterdir()]
        if near := get_close_matches(there.name, names, 1, 0.6):
            return f"gradient check {shlex.quote(str(there.parent / near[0]))}"
    return None


def select(tests: Sequence[Case], patterns: Sequence[str], tags: Sequence[str] = ()) -> list[Case]:
    """
    Give the tests that a pattern and a tag select, in their own order; without any, all.

    A pattern selects the test of this very name, with all of its rows; without one, those
    whose name holds it, where `name [row]` is that of a row.

    Raises:
        UsageError: one of them selects none, or they select none together.

    """
    if tags:
        known = {tag for test in tests for tag in test.tags}
        for tag in tags:
            if tag not in known:
                near = near_words(tag, sorted(known))
                raise UsageError(f'--tag "{tag}": no test has this tag{near}')
        return select([test for test in tests if set(tags) & set(test.tags)], patterns)
    if not patterns:
        return list(tests)
    chosen = {id(test) for pattern in patterns for test in _selected(tests, pattern)}
    return [test for test in tests if id(test) in chosen]


def _selected(tests: Sequence[Case], pattern: str) -> list[Case]:
    found = (
        [test for test in tests if pattern in _names_of(test)]
        or [test for test in tests if pattern in map(logged, _names_of(test))]
        or [test for test in tests if pattern.casefold() in test.name.casefold()]
    )
    if not found:
        near = get_close_matches(pattern, [test.name for test in tests], 1, 0.3)
        hint = f'the nearest is "{near[0]}"' if near else "`-k` is a part of a test's name"
        raise UsageError(f'-k "{pattern}" matches none of {len(tests)} tests', hint=hint)
    return found


def _names_of(test: Case) -> list[str]:
    return [test.name, test.row.test] if test.row else [test.name]


def repeated(test: Case, repeat: int | None, require: str | None) -> Case:
    """
    Give the test with what the command line says of repeats.

    Of a test with rows each attempt of a row must pass; `require` says how many rows.

    Raises:
        UsageError: more passes are required than there are attempts.

    """
    many = test.repeat if repeat is None else repeat
    required = test.required if require is None else _required(require)
    if test.cases or test.inline or test.row:
        if not 1 <= many <= MOST_REPEATS:
            raise UsageError(f"--repeat {many} is out of range: 1 to {MOST_REPEATS}")
        return replace(test, repeat=many, require=many, required=required)
    if require is None and repeat is not None and required.share is None:
        required = Required()
    wanted = required.of(many)
    if not 1 <= many <= MOST_REPEATS:
        raise UsageError(f"--repeat {many} is out of range: 1 to {MOST_REPEATS}")
    if not 1 <= wanted <= many:
        raise UsageError(f'--require {wanted} is out of range for "{test.name}": 1 to {many}')
    return replace(test, repeat=many, require=wanted)


def side_by_side(test: Case, given: Sequence[str]) -> list[Case]:
    """
    Give the test once for each model: those of the command line, else those of the suite.

    Raises:
        UsageError: the command line names one twice.

    """
    if len(set(given)) < len(given):
        raise UsageError(
            f'-m "{next(m for m in given if list(given).count(m) > 1)}" is given twice'
        )
    models = tuple(given) or test.models
    if len(models) > 1:
        return [replace(test, models=models, model=model) for model in models]
    return [replace(test, models=(), model=models[0])] if models else [test]


def _required(given: str) -> Required:
    if (share := share_of(given)) is not None:
        return Required(share=share)
    if given.isascii() and given.isdigit() and int(given):
        return Required(count=int(given))
    raise UsageError(f'--require "{given}" is neither a number, 1 or more, nor a share such as 90%')


def _toml(path: str, text: str) -> list[_Table]:
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from None
    except RecursionError:
        raise UsageError(f"{path}: it is nested too deeply") from None
    except ValueError as error:  # a number with more digits than Python reads
        raise UsageError(f"{path}: {str(error).split(';')[0].lower()}") from None
    places = Lines.of_toml(text)
    defaults, tests = table.pop("defaults", {}), table.pop("test", [])
    for key in table:
        raise UsageError(
            f"{path}:{places.top(key)}: unknown key `{key}`{near_words(key, ['defaults', 'test'])}",
            hint="a suite has [defaults] and [[test]]",
        )
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise UsageError(f"{path}: `test` is a list of tables: [[test]]")
    if not isinstance(defaults, dict):
        raise UsageError(f"{path}: `defaults` is a table: [defaults]")
    _check_defaults(path, defaults, places.of_defaults())
    return [
        (_joined(defaults, test), places.of_test(n), _names(test)) for n, test in enumerate(tests)
    ]


def _not_toml(path: str, text: str, said: str) -> UsageError:
    """Give tomllib's error with file and line, as all errors of suites have them."""
    words, _, place = said.partition(" (at ")
    found = re.match(r"line (\d+), column (\d+)", place)
    line = int(found[1]) if found else text.count("\n") + 1
    where = f" at column {found[2]}" if found else ", at the end of the file"
    words = f"{words[:1].lower()}{words[1:]}"
    hint = "texts need quotes; see https://toml.io"
    if not path.endswith(".toml"):
        hint = "a suite is TOML with [[test]] in it, JSONL or a .prompt.yml; docs/gate.md has one"
    return UsageError(f"{path}:{line}: not TOML: {words}{where}", hint=hint)


def _check_defaults(path: str, defaults: Mapping[str, Json], places: Lines) -> None:
    for key in NOT_IN_DEFAULTS:
        if key in defaults:
            raise UsageError(f"{path}:{places.of(key)}: `{key}` belongs to a test")
    Reader(path, defaults, places).check_keys()


def _names(test: Mapping[str, Json]) -> tuple[str, ...]:
    inner = test.get("vars")
    return tuple(inner) if isinstance(inner, dict) else ()


def _joined(defaults: Mapping[str, Json], test: Mapping[str, Json]) -> dict[str, Json]:
    joined = {**defaults, **test}
    for key in ("vars", "metadata", "params"):
        inner = [table[key] for table in (defaults, test) if isinstance(table.get(key), dict)]
        if len(inner) == 2:
            joined[key] = {**inner[0], **inner[1]}
    for key in ADDED_KEYS:
        if key in defaults and key in test and test[key] != []:
            both = [*_listed(defaults[key]), *_listed(test[key])]
            # By their spelling: true and 1 are equal here, and two checks.
            joined[key] = list({repr(one): one for one in both}.values())
    for keys in (FORM_KEYS, PROMPT_KEYS, ("model", "models")):
        for key in keys:
            if key in defaults and key not in test and any(other in test for other in keys):
                del joined[key]
    _drop_strays(joined, test)
    usual = defaults.get("require")
    if isinstance(usual, int) and "require" not in test:
        if "cases" in test or "case" in test:
            # It counts attempts, and would be far too few of the rows.
            del joined["require"]
        elif isinstance(test.get("repeat"), int):
            joined["require"] = min(usual, test["repeat"])
    return joined


def _drop_strays(joined: dict[str, Json], test: Mapping[str, Json]) -> None:
    """Drop what [defaults] say for the tests that it is about, and this one is none of them."""
    has_rows = "cases" in joined or "case" in joined
    by_votes = "judge" in joined and joined.get("judge_votes") != 1 and "judge_votes" in joined
    is_about = {
        "sure": "decide" in joined or ("one_of" in joined and "answer" not in joined) or by_votes,
        "votes": "one_of" in joined,
        "label": has_rows,
    }
    for key, is_wanted in is_about.items():
        if key in joined and key not in test and not is_wanted:
            del joined[key]


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _jsonl(path: str, text: str) -> list[_Table]:
    tables: list[_Table] = []
    defaults: dict[str, Json] = {}
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            table = parse(row)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(table, dict):
            raise UsageError(f"{path}:{number}: a test is a JSON object")
        if set(table) == {"defaults"}:
            if tables or defaults:
                raise UsageError(f"{path}:{number}: `defaults` stand in the first line")
            defaults = table["defaults"]
            if not isinstance(defaults, dict):
                raise UsageError(f"{path}:{number}: `defaults` is a table")
            _check_defaults(path, defaults, Lines.fixed(number))
            continue
        tables.append((_joined(defaults, table), Lines.fixed(number), _names(table)))
    return tables
