"""
A run kept for later runs to be held against: what `--save` writes, and how it is read again.

    type      "gradient.run"        format    1; another one is refused
    started, gradient, complete, stop
    suites    [{suite, sha256}]     models    {asked: [...], answered: [...]}
    tests     one a test or a row of a data set, a line each:
              suite, test, case, content, model, asked, answered, expects, repeat, required,
              outcome, attempts[{outcome, text, cut}], why

An outcome is passed, failed, unsure, error, skipped or not run. No header and no key is in it.
A file may come from anywhere: what is not as above is refused with its name, whatever it is.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from gradient_cli.check.attempt import Attempt
from gradient_cli.check.case import Case, Row, known_suite
from gradient_cli.check.report import (
    ERROR,
    FAILED,
    NOT_RUN,
    PASSED,
    SKIPPED,
    UNSURE,
    Report,
    Result,
    verdict_of,
)
from gradient_cli.check.reporters.explain import first_words
from gradient_cli.check.shown_name import shown
from gradient_cli.check.suite_reader import MOST_REPEATS
from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical, line
from gradient_cli.wire.strict import parse

TYPE = "gradient.run"
FORMAT = 1
BEGINS = b'{"type":"gradient.run"'
"""How a saved run begins, whatever its format."""
OUTCOMES = (PASSED, FAILED, UNSURE, ERROR, SKIPPED, NOT_RUN)
JUDGED = (PASSED, FAILED)
"""Outcomes that say something about an answer."""
MOST_BYTES = 200_000_000
MOST_CHARACTERS = 2000
"""Of an answer that are kept, to be shown beside a later one."""
_ANEW = "gradient check SUITE... --save FILE makes one"


@record
class SavedAttempt:
    """One answer, as far as a later run is shown it."""

    outcome: str
    text: str = ""
    is_cut: bool = False


@record(kw_only=True)
class SavedTest:
    """One test, or one row of a data set, as it was."""

    suite: str
    """The suite as seen from the working folder."""
    test: str
    row: str | None = None
    content: str | None = None
    """A hash of the row's columns."""
    model: str | None = None
    """The model, where several were asked side by side."""
    asked: str | None = None
    answered: tuple[str, ...] = ()
    expects: str = ""
    """A hash of what was expected."""
    repeat: int = 1
    required: int = 1
    """How many attempts had to pass; of a row, how many rows of its test."""
    outcome: str = PASSED
    attempts: tuple[SavedAttempt, ...] = ()
    why: str = ""
    """The first words about a test that did not pass."""

    @property
    def passes(self) -> int:
        """Count the attempts that passed."""
        return sum(1 for attempt in self.attempts if attempt.outcome == PASSED)

    @property
    def judged(self) -> int:
        """Count the attempts that passed or failed."""
        return sum(1 for attempt in self.attempts if attempt.outcome in JUDGED)

    @property
    def title(self) -> str:
        """Give the test's name, its row, and the model where there were several."""
        row = f" [{self.row}]" if self.row is not None else ""
        model = f" ({self.model})" if self.model else ""
        return f"{self.test}{row}{model}"


@record(kw_only=True)
class SavedRun:
    """A whole run, as it was."""

    path: str
    """The file as the user named it."""
    started: str = ""
    """UTC, ISO 8601."""
    is_complete: bool = True
    stop: str = ""
    """Why it ended before its end."""
    suites: Mapping[str, str]
    """suite -> SHA-256 of its text."""
    asked: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    tests: tuple[SavedTest, ...] = ()


def content_of(row: Row | None) -> str | None:
    """Give a hash of a row's columns."""
    return _hash(dict(row.variables)) if row else None


def expects_of(expected: Sequence[tuple[str, str]]) -> str:
    """Give a hash of what a test expects, as its suite says it."""
    return _hash([list(pair) for pair in expected])


def saved_case(case: Case) -> SavedTest:
    """Give a test as it would be saved if it were not asked: to be found again."""
    return SavedTest(
        suite=known_suite(case.suite),
        test=case.row.test if case.row else case.name,
        row=case.row.name if case.row else None,
        content=content_of(case.row),
        model=case.model if case.models else None,
        asked=case.model,
        expects=expects_of(case.expected),
        repeat=case.repeat,
        outcome=SKIPPED if case.skip is not None else NOT_RUN,
    )


def saved_test(result: Result) -> SavedTest:
    """Give what is kept of a test."""
    row = result.row
    answered = (attempt.model for attempt in result.attempts if attempt.model)
    asked = result.request.get("model")
    return SavedTest(
        suite=known_suite(result.suite),
        test=row.test if row else result.name,
        row=row.name if row else None,
        content=content_of(row),
        model=result.of_model,
        asked=asked if isinstance(asked, str) else None,
        answered=tuple(dict.fromkeys(answered)),
        expects=expects_of(result.expectations),
        repeat=result.repeat,
        required=row.required if row else result.require,
        outcome=result.verdict,
        attempts=tuple(_attempt(attempt) for attempt in result.attempts),
        why="" if result.verdict == PASSED else shown(first_words(result))[:MOST_CHARACTERS],
    )


def _attempt(attempt: Attempt) -> SavedAttempt:
    text = attempt.text or attempt.refusal
    return SavedAttempt(
        verdict_of(attempt.status), text[:MOST_CHARACTERS], len(text) > MOST_CHARACTERS
    )


def _hash(value: Json) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


# Writing --------------------------------------------------------------------------------------


def render(report: Report, version: str, kept: Iterable[SavedTest] = ()) -> str:
    """Give the file; `kept`: tests of an older one that this run did not ask."""
    tests = [] if report.is_refusal else [saved_test(result) for result in report.results]
    tests += kept
    known = {known_suite(suite): digest for suite, digest in report.digests.items()}
    head = {
        "type": TYPE,
        "format": FORMAT,
        "gradient": version,
        "started": f"{report.started}Z",
        "complete": not (report.stop and report.stop.is_early),
        "stop": report.stop.reason if report.stop else None,
        "exit_code": report.exit_code,
        "suites": [{"suite": name, "sha256": digest} for name, digest in known.items()],
        "models": {
            "asked": list(dict.fromkeys(test.asked for test in tests if test.asked)),
            "answered": list(dict.fromkeys(name for test in tests for name in test.answered)),
        },
    }
    rows = ",\n".join(line(_table(test)) for test in tests)
    return f'{line(head)[:-1]},"tests":[\n{rows}\n]}}\n'


def _table(test: SavedTest) -> dict[str, Json]:
    return {
        "suite": test.suite,
        "test": test.test,
        "case": test.row,
        "content": test.content,
        "model": test.model,
        "asked": test.asked,
        "answered": list(test.answered),
        "expects": test.expects,
        "repeat": test.repeat,
        "required": test.required,
        "outcome": test.outcome,
        "attempts": [
            {"outcome": one.outcome, "text": one.text, "cut": one.is_cut} for one in test.attempts
        ],
        "why": test.why,
    }


# Reading --------------------------------------------------------------------------------------


def read_run(flag: str, path: str) -> SavedRun:
    """
    Read a saved run.

    Raises:
        UsageError: it is missing, torn, of another format, or something else.

    """
    text = _text_of(flag, path)
    if not text.strip():
        raise UsageError(f'{flag} "{path}" is empty', hint=_ANEW)
    try:
        table = parse(text)
    except ValueError:
        if text.encode("utf-8", "replace").startswith(BEGINS):
            raise UsageError(
                f'{flag} "{path}" is torn: the file of a saved run, but not all of it',
                hint="save it anew",
            ) from None
        raise UsageError(f'{flag} "{path}" is no saved run{_other(text)}', hint=_ANEW) from None
    if not isinstance(table, dict) or table.get("type") != TYPE:
        raise UsageError(f'{flag} "{path}" is no saved run{_other(text)}', hint=_ANEW)
    if type(table.get("format")) is not int or table["format"] != FORMAT:
        raise UsageError(
            f'{flag} "{path}" has the format {line(table.get("format"))[:40]}, and this gradient '
            f"reads {FORMAT}",
            hint="save it anew, or use the gradient that wrote it",
        )
    try:
        return _run(path, table)
    except _Wrong as wrong:
        raise UsageError(f'{flag} "{path}" is damaged: {wrong}', hint="save it anew") from None


def _text_of(flag: str, path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a path as the user wrote it
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        words = (getattr(error, "strerror", None) or str(error)).lower()
        raise UsageError(f'cannot read {flag} "{path}": {words}', hint=_ANEW) from None
    if len(data) > MOST_BYTES:
        raise UsageError(f'{flag} "{path}" is larger than {MOST_BYTES // 1_000_000} MB')
    # A bad byte makes it no JSON, or a text that is shown with a mark: nothing to stop for.
    return data.decode("utf-8-sig", "replace")


def _other(text: str) -> str:
    """Say what else it may be."""
    head = text[:200].lstrip().lower()
    if head.startswith("<"):
        return ": it looks like a report in XML or HTML"
    if head.startswith(('{"ok":', '{"type":"gradient.test"')):
        return ": it is what --json or --json-lines wrote"
    return ""


class _Wrong(Exception):
    """What is not as it should be."""


def _run(path: str, table: Mapping[str, Json]) -> SavedRun:
    suites = {_get(one, "suite", str): _get(one, "sha256", str) for one in _tables(table, "suites")}
    models = table.get("models")
    if not isinstance(models, dict):
        raise _Wrong("`models` is no table")
    tests = tuple(_read_test(one) for one in _tables(table, "tests"))
    keys = [(test.suite, test.test, test.row, test.model) for test in tests]
    if len(set(keys)) < len(keys):
        raise _Wrong("a test stands in it twice")
    return SavedRun(
        path=path,
        started=_get(table, "started", str),
        is_complete=_get(table, "complete", bool),
        stop=_get(table, "stop", str, None) or "",
        suites=suites,
        asked=_texts(models, "asked"),
        answered=_texts(models, "answered"),
        tests=tests,
    )


def _read_test(table: Mapping[str, Json]) -> SavedTest:
    outcome = _outcome(table)
    if len(_tables(table, "attempts")) > MOST_REPEATS:
        raise _Wrong(f"a test has more than {MOST_REPEATS} attempts")
    attempts = tuple(
        SavedAttempt(_outcome(one), _get(one, "text", str), _get(one, "cut", bool))
        for one in _tables(table, "attempts")
    )
    return SavedTest(
        suite=_get(table, "suite", str),
        test=_get(table, "test", str),
        row=_get(table, "case", str, None),
        content=_get(table, "content", str, None),
        model=_get(table, "model", str, None),
        asked=_get(table, "asked", str, None),
        answered=_texts(table, "answered"),
        expects=_get(table, "expects", str),
        repeat=_get(table, "repeat", int),
        required=_get(table, "required", int),
        outcome=outcome,
        attempts=attempts,
        why=_get(table, "why", str),
    )


def _outcome(table: Mapping[str, Json]) -> str:
    outcome: str = _get(table, "outcome", str)
    if outcome not in OUTCOMES:
        raise _Wrong(f"the outcome {line(outcome)[:60]} is none")
    return outcome


def _get(table: Mapping[str, Json], key: str, kind: type, otherwise: object = _Wrong) -> Json:
    """Give a value of a kind; null where `otherwise` is None."""
    value = table.get(key)
    if value is None and otherwise is None and key in table:
        return None
    if type(value) is not kind:
        raise _Wrong(f"`{key}` is missing or of another kind")
    return value


def _tables(table: Mapping[str, Json], key: str) -> list[Mapping[str, Json]]:
    return _list(table, key, dict)


def _texts(table: Mapping[str, Json], key: str) -> tuple[str, ...]:
    return tuple(_list(table, key, str))


def _list(table: Mapping[str, Json], key: str, kind: type) -> list[Json]:
    value = table.get(key)
    if not isinstance(value, list) or not all(type(one) is kind for one in value):
        raise _Wrong(f"`{key}` is missing or of another kind")
    return value
