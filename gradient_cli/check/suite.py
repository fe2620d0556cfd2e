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

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from difflib import get_close_matches
from pathlib import Path

from gradient_cli.check.positions import Lines
from gradient_cli.errors import UsageError
from gradient_cli.expect.expectations import Expectations
from gradient_cli.expect.extract import Extraction
from gradient_cli.expect.load import load_schema
from gradient_cli.settings.keys import REQUEST_KEYS
from gradient_cli.values import record
from gradient_cli.wire.json import Json

MOST_REPEATS = 1000

TEXT_KEYS = ("name", "prompt", "prompt_file", "profile", "judge", "judge_model", "equals", "schema",
             "extract_lang")  # fmt: skip
LIST_KEYS = ("files", "expect", "expect_re", "reject", "reject_re", "one_of")
COUNT_KEYS = ("repeat", "require", "judge_votes", "max_output_tokens_used")
EXPECTATION_KEYS = (
    "equals",
    "expect",
    "expect_re",
    "reject",
    "reject_re",
    "one_of",
    "schema",
    "max_output_tokens_used",
    "max_seconds",
    "judge",
)
EXTRACT_KEYS = ("extract", "extract_last", "extract_lang")
OTHER_KEYS = ("vars", "max_seconds", "extract", "extract_last")
KEYS = (*TEXT_KEYS, *LIST_KEYS, *COUNT_KEYS, *OTHER_KEYS, *REQUEST_KEYS)
NOT_IN_DEFAULTS = ("name", "prompt", "prompt_file")


@record(kw_only=True)
class Case:
    """One test as its suite says it."""

    suite: str
    """The file as the user named it."""
    line: int
    """Where the test stands in it, from 1."""
    name: str
    prompt: str | None = None
    prompt_file: str | None = None
    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    own_variables: tuple[str, ...] = ()
    """Names of those that the test itself sets; each must be used, one of [defaults] may be."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    """Request fields, by the names of the settings."""
    profile: str | None = None
    repeat: int = 1
    require: int = 1
    expectations: Expectations = field(default_factory=Expectations)
    expected: tuple[tuple[str, str], ...] = ()
    """(key, value) of each expectation, for reports."""
    judge: str | None = None
    judge_model: str | None = None
    judge_votes: int = 1

    @property
    def folder(self) -> Path:
        """The folder that the suite's paths are relative to."""
        return Path(self.suite).parent


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
        raise UsageError(f'cannot read "{path}": {(error.strerror or "").lower()}') from None
    except UnicodeDecodeError as error:
        raise UsageError(f'"{path}" is not UTF-8: bad byte at offset {error.start}') from None
    tables = _jsonl(path, text) if path.endswith((".jsonl", ".ndjson")) else _toml(path, text)
    if not tables:
        raise UsageError(f"{path}: the suite has no test", hint="[[test]] begins one")
    tests = [
        replace(_Reader(path, table, place).case(), own_variables=own)
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


def select(tests: Sequence[Case], pattern: str | None) -> list[Case]:
    """
    Give the tests of this very name; without one, those whose name holds it, in any case.

    Raises:
        UsageError: none does.

    """
    if pattern is None:
        return list(tests)
    found = [test for test in tests if test.name == pattern] or [
        test for test in tests if pattern.casefold() in test.name.casefold()
    ]
    if not found:
        near = get_close_matches(pattern, [test.name for test in tests], 1, 0.3)
        hint = f'the nearest is "{near[0]}"' if near else "`-k` is a part of a test's name"
        raise UsageError(f'-k "{pattern}" matches none of {len(tests)} tests', hint=hint)
    return found


def repeated(test: Case, repeat: int | None, require: int | None) -> Case:
    """
    Give the test with what the command line says of repeats.

    Raises:
        UsageError: more passes are required than there are attempts.

    """
    many = test.repeat if repeat is None else repeat
    wanted = require if require is not None else (test.require if repeat is None else many)
    if not 1 <= many <= MOST_REPEATS:
        raise UsageError(f"--repeat {many} is out of range: 1 to {MOST_REPEATS}")
    if not 1 <= wanted <= many:
        raise UsageError(f'--require {wanted} is out of range for "{test.name}": 1 to {many}')
    return replace(test, repeat=many, require=wanted)


def _toml(path: str, text: str) -> list[_Table]:
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path}: {error}", hint="texts need quotes; see https://toml.io"
        ) from None
    except RecursionError:
        raise UsageError(f"{path}: it is nested too deeply") from None
    except ValueError as error:  # a number with more digits than Python reads
        raise UsageError(f"{path}: {str(error).split(';')[0].lower()}") from None
    places = Lines.of_toml(text)
    defaults, tests = table.pop("defaults", {}), table.pop("test", [])
    for key in table:
        raise UsageError(
            f"{path}:{places.top(key)}: unknown key `{key}`{_near(key, ['defaults', 'test'])}",
            hint="a suite has [defaults] and [[test]]",
        )
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise UsageError(f"{path}: `test` is a list of tables: [[test]]")
    if not isinstance(defaults, dict):
        raise UsageError(f"{path}: `defaults` is a table: [defaults]")
    for key in NOT_IN_DEFAULTS:
        if key in defaults:
            raise UsageError(f"{path}:{places.defaults(key)}: `{key}` belongs to a test")
    _Reader(path, defaults, places.of_defaults()).check_keys()
    return [
        (_joined(defaults, test), places.of_test(n), _names(test)) for n, test in enumerate(tests)
    ]


def _names(test: Mapping[str, Json]) -> tuple[str, ...]:
    inner = test.get("vars")
    return tuple(inner) if isinstance(inner, dict) else ()


def _joined(defaults: Mapping[str, Json], test: Mapping[str, Json]) -> dict[str, Json]:
    joined = {**defaults, **test}
    for key in ("vars", "metadata", "params"):
        inner = [table[key] for table in (defaults, test) if isinstance(table.get(key), dict)]
        if len(inner) == 2:
            joined[key] = {**inner[0], **inner[1]}
    many = test.get("repeat")
    if isinstance(many, int) and "require" not in test and "require" in defaults:
        joined["require"] = min(defaults["require"], many)
    return joined


def _jsonl(path: str, text: str) -> list[_Table]:
    tables = []
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            table = _strict_json(row)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(table, dict):
            raise UsageError(f"{path}:{number}: a test is a JSON object")
        tables.append((table, Lines.fixed(number), _names(table)))
    return tables


def _strict_json(row: str) -> Json:
    """
    Decode a row; a key given twice is refused, because the first value would count for nothing.

    Raises:
        ValueError: it is no JSON, or says a thing twice.

    """

    def table(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in pairs:
            if key in found:
                raise ValueError(f"the key `{key}` is twice in an object")
            found[key] = value
        return found

    def constant(word: str) -> Json:
        raise ValueError(f"{word} is no number of JSON")

    try:
        return json.loads(row, object_pairs_hook=table, parse_constant=constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _near(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, 1)
    return f"; did you mean `{near[0]}`?" if near else ""


class _Reader:
    """Reads one table of a suite."""

    def __init__(self, path: str, table: Mapping[str, Json], lines: Lines) -> None:
        self._path = path
        self._table = table
        self._lines = lines

    def _fault(self, key: str, words: str, hint: str | None = None) -> UsageError:
        return UsageError(f"{self._path}:{self._lines.of(key)}: {words}", hint=hint)

    def check_keys(self) -> None:
        """Refuse unknown keys and values of the wrong kind."""
        for key, value in self._table.items():
            if key not in KEYS:
                raise self._fault(
                    key, f"unknown key `{key}`{_near(key, KEYS)}", f"known: {', '.join(KEYS)}"
                )
            self._check_kind(key, value)

    def _check_kind(self, key: str, value: Json) -> None:
        is_count = isinstance(value, int) and not isinstance(value, bool)
        if key in TEXT_KEYS and not isinstance(value, str):
            raise self._fault(key, f"`{key}` must be a text")
        if key in LIST_KEYS and not all(isinstance(text, str) for text in self._list(key)):
            raise self._fault(key, f"`{key}` must be a text or a list of texts")
        if key in COUNT_KEYS and not (is_count and value >= 1):
            raise self._fault(key, f"`{key}` must be a whole number, 1 or more")
        is_number = is_count or isinstance(value, float)
        if key == "max_seconds" and not (is_number and 0 < value < math.inf):
            raise self._fault(key, "`max_seconds` must be a number above 0")
        if key in {"extract", "extract_last"} and not isinstance(value, bool):
            raise self._fault(key, f"`{key}` must be true or false")
        if key == "vars" and not (
            isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
        ):
            raise self._fault(key, "`vars` must be a table of texts")
        kind = REQUEST_KEYS.get(key)
        if kind and not kind.accepts(value):
            raise self._fault(key, f"`{key}` must be {kind.words}")

    def _list(self, key: str) -> list[str]:
        value = self._table.get(key, [])
        return (
            [value]
            if isinstance(value, str)
            else list(value)
            if isinstance(value, list)
            else [value]
        )

    def case(self) -> Case:
        """Give the test, or raise what is wrong with it."""
        self.check_keys()
        table = self._table
        name = table.get("name") or f"line {self._lines.start}"
        if ("prompt" in table) == ("prompt_file" in table):
            both = "both `prompt` and" if "prompt" in table else "neither `prompt` nor"
            raise self._fault("prompt", f'"{name}" has {both} `prompt_file`')
        if "prompt" in table and not table["prompt"].strip() and not table.get("files"):
            raise self._fault("prompt", f'"{name}" has an empty `prompt`')
        if not any(key in table for key in EXPECTATION_KEYS) and not self._extraction():
            raise self._fault(
                "name", f'"{name}" expects nothing: every answer would pass',
                f"one of {', '.join(EXPECTATION_KEYS)}",
            )  # fmt: skip
        for key in EXPECTATION_KEYS:
            if table.get(key) == []:
                raise self._fault(key, f"{key} is empty: it says nothing about an answer")
        if "judge" in table and not table["judge"].strip():
            raise self._fault("judge", "`judge` is empty: it says nothing about an answer")
        repeat = table.get("repeat", 1)
        require = table.get("require", repeat)
        if repeat > MOST_REPEATS:
            raise self._fault("repeat", f"`repeat` {repeat} is above {MOST_REPEATS}")
        if require > repeat:
            raise self._fault("require", f"`require` {require} is above `repeat` {repeat}")
        return Case(
            suite=self._path,
            line=self._lines.start,
            name=name,
            prompt=table.get("prompt"),
            prompt_file=table.get("prompt_file"),
            files=tuple(self._list("files")),
            variables=table.get("vars", {}),
            fields={key: table[key] for key in REQUEST_KEYS if key in table},
            profile=table.get("profile"),
            repeat=repeat,
            require=require,
            expectations=self._expectations(),
            expected=self._expected(),
            judge=table.get("judge"),
            judge_model=table.get("judge_model"),
            judge_votes=table.get("judge_votes", 1),
        )

    def _expectations(self) -> Expectations:
        table = self._table
        key = "schema"
        try:
            schema = None
            if "schema" in table:
                schema = load_schema(table["schema"], "schema", Path(self._path).parent)
            labels = self._labels()
            key = next((k for k in EXPECTATION_KEYS if k in table and k != "schema"), "name")
            return Expectations.build(
                expect=self._list("expect"),
                expect_re=self._list("expect_re"),
                reject=self._list("reject"),
                reject_re=self._list("reject_re"),
                equals=table.get("equals"),
                one_of=labels,
                schema=schema,
                extract=self._extraction(),
                max_output_tokens_used=table.get("max_output_tokens_used"),
                max_seconds=table.get("max_seconds"),
                prefix="",
            )
        except UsageError as error:
            named = next((k for k in KEYS if error.message.startswith(f"{k} ")), key)
            named = next((k for k in KEYS if error.message.startswith(f"{k}:")), named)
            raise self._fault(named, error.message, error.hint) from None

    def _extraction(self) -> Extraction | None:
        language = self._table.get("extract_lang")
        is_last = bool(self._table.get("extract_last"))
        is_wanted = bool(self._table.get("extract")) or is_last or language is not None
        return Extraction(language, is_last) if is_wanted else None

    def _labels(self) -> list[str]:
        labels = self._list("one_of")
        if len(labels) == 1 and "," in labels[0]:
            return [label.strip() for label in labels[0].split(",")]
        return labels

    def _expected(self) -> tuple[tuple[str, str], ...]:
        found = []
        for key in EXPECTATION_KEYS:
            if key in self._table:
                value = self._table[key]
                values = value if isinstance(value, list) and key != "one_of" else [value]
                found += [(key, ", ".join(v) if isinstance(v, list) else str(v)) for v in values]
        for key in EXTRACT_KEYS:
            if value := self._table.get(key):
                found.append((key, "true" if value is True else str(value)))
        return tuple(found)
