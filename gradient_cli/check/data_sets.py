"""
Data sets: a test that is asked once for each row of a table.

    cases = "reviews.csv"   .csv, .tsv      the header names the columns (terminal/tables.py)
                            .jsonl, .ndjson a JSON object a line
                            .toml           [[case]] tables
    [[test.case]]           rows that stand in the suite

A column is a variable. What stands in it is data: no file is opened for it, and no template in
it is filled. A row is called by its column `name` or `id`, else by its number.
"""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from gradient_cli.check.case import Case, Row
from gradient_cli.errors import UsageError
from gradient_cli.terminal.foreign import foreign
from gradient_cli.terminal.opener import Opener
from gradient_cli.terminal.tables import Text, decoded, read_head, rows_of, uneven
from gradient_cli.wire.json import Json, dumps
from gradient_cli.wire.strict import Number, parse, spelled

FORMS = (".csv", ".tsv", ".jsonl", ".ndjson", ".toml")
HEAD = 512
"""Bytes by which a file is told that is no text."""

_Columns = tuple[int, Mapping[str, str]]
"""The line of a row, and its columns."""


def spread(case: Case, opener: Opener) -> list[Case]:
    """
    Give a test once for each of its rows; one without a data set as it is.

    Raises:
        UsageError: names file and row of what is wrong.

    """
    if case.cases is not None:
        file = opener.path(case.cases)
        rows = list(_rows(case, opener))
    elif case.inline:
        file = case.suite
        rows = [(line, _texts(row, f"{file}:{line}")) for line, row in case.inline]
    else:
        return [case]
    if not rows:
        raise _fault(case, "cases", f'"{file}" has no row: nothing would be asked')
    count = case.required.count
    if count is not None and count > len(rows):
        words = f'`require` {count} is above the {len(rows)} rows of "{file}"'
        raise _fault(case, "require", words)
    found: dict[str, int] = {}
    tests = []
    for number, (line, columns) in enumerate(rows, 1):
        name = f"row {number}"
        if case.has_named_rows:
            name = _name(columns, number, f"{file}:{line}")
        if name in found:
            raise UsageError(
                f'{file}:{line}: a second row is called "{name}"',
                hint=f"the first one stands at line {found[name]}",
            )
        found[name] = line
        row = Row(
            test=case.name,
            name=name,
            file=file,
            line=line,
            variables=columns,
            group=_group(case, columns, f"{file}:{line}"),
        )
        tests.append(replace(case, name=f"{case.name} [{name}]", row=row))
    return tests


def refuse_doubles(cases: Iterable[Case]) -> None:
    """
    Make sure that no test is called as a row of another one.

    Raises:
        UsageError: names the second.

    """
    seen: dict[tuple[str, str], Case] = {}
    for case in cases:
        first = seen.setdefault((case.suite, case.title), case)
        if first is not case:
            raise UsageError(
                f'{case.suite}:{case.line}: a second test is called "{case.name}"',
                hint=f"the first one stands at line {first.line}",
            )


def settled(cases: Sequence[Case]) -> list[Case]:
    """Give the tests that are asked, each row with how many of them must pass."""
    asked = Counter(_whole(case) for case in cases if case.row)
    return [_settled(case, asked[_whole(case)]) for case in cases]


def _settled(case: Case, of: int) -> Case:
    if case.row is None:
        return case
    # Of a part of the rows, chosen by -k, a count can ask for all of them at most.
    required = min(of, case.required.of(of))
    return replace(case, row=replace(case.row, of=of, required=required))


def _whole(case: Case) -> tuple[str, str, str | None]:
    return case.suite, case.row.test if case.row else "", case.model


def _fault(case: Case, key: str, words: str) -> UsageError:
    return UsageError(f"{case.suite}:{case.places.get(key, case.line)}: {words}")


def _name(columns: Mapping[str, str], number: int, where: str) -> str:
    for column in ("name", "id"):
        if column in columns:
            if not columns[column].strip():
                raise UsageError(f"{where}: the column `{column}` is empty")
            return columns[column]
    return f"row {number}"


def _group(case: Case, columns: Mapping[str, str], where: str) -> str | None:
    if case.group is None:
        return None
    if case.group not in columns:
        known = ", ".join(columns) or "none"
        raise UsageError(f"{where}: there is no column `{case.group}` to group by", hint=known)
    return columns[case.group]


def _rows(case: Case, opener: Opener) -> Iterator[_Columns]:
    assert case.cases is not None
    name, path = case.cases, opener.path(case.cases)
    try:
        with opener.open(name) as file:
            if found := foreign(file.read(HEAD), path):
                raise UsageError(f'"{path}" is {found.what}', hint=found.remedy)
            if not name.lower().endswith(FORMS):
                raise _nameless(path)
            file.seek(0)
            if name.lower().endswith((".csv", ".tsv")):
                yield from _table(file, path, "\t" if name.lower().endswith(".tsv") else None)
            elif name.lower().endswith(".toml"):
                yield from _toml(file, path)
            else:
                yield from _lines(file, path)
    except UsageError as error:
        if not error.message.startswith(f"{path}:"):
            raise _located(error, case) from None
        raise


def _nameless(path: str) -> UsageError:
    hint = None
    if path.lower().endswith(".json"):
        hint = f"jq -c '.[]' {shlex.quote(path)} makes .jsonl of an array"
    return UsageError(f'"{path}" is no data set by its name: {", ".join(FORMS)}', hint=hint)


def _located(error: UsageError, case: Case) -> UsageError:
    line = case.places.get("cases", case.line)
    return UsageError(f"{case.suite}:{line}: cases: {error.message}", hint=error.hint)


def _table(file: BinaryIO, path: str, delimiter: str | None) -> Iterator[_Columns]:
    text = Text(file, path)
    head = read_head(text, path, delimiter)
    for line, cells in rows_of(text, head, path):
        if len(cells) != len(head.names):
            raise uneven(f"{path}:{line}", cells, head)
        columns = dict(zip(head.names, cells, strict=True))
        columns |= zip(head.variables, cells, strict=True)
        columns.pop("", None)
        yield line, columns


def _lines(file: Iterable[bytes], path: str) -> Iterator[_Columns]:
    for number, raw in enumerate(file, 1):
        where = f"{path}:{number}"
        text = decoded(raw, where, is_first=number == 1)
        if not text.strip():
            continue
        try:
            row = parse(text)
        except ValueError as error:
            raise UsageError(f"{where}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise UsageError(f"{where}: a row is a JSON object")
        yield number, _texts(row, where)


def _toml(file: BinaryIO, path: str) -> Iterator[_Columns]:
    import tomllib

    from gradient_cli.check.positions import Lines

    try:
        text = file.read().decode("utf-8-sig")
        table = tomllib.loads(text, parse_float=_written)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {error}") from None
    rows = table.get("case", [])
    is_list = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if set(table) - {"case"} or not is_list:
        raise UsageError(f"{path}: a data set in TOML has [[case]] tables and nothing else")
    places = Lines.of_headers(text, "case", len(rows))
    for line, row in zip(places, rows, strict=True):
        yield line, _texts(row, f"{path}:{line}")


def _written(digits: str) -> Number:
    """Give a number of TOML that knows how it was written."""
    number = Number(digits)
    number.digits = digits
    return number


def _texts(row: Mapping[str, Json], where: str) -> dict[str, str]:
    """Give the columns of a row as texts: a number as it stands there, null as nothing."""
    inner = row.get("vars")
    if isinstance(inner, dict):
        row = {**{name: value for name, value in row.items() if name != "vars"}, **inner}
    found = {}
    for name, value in row.items():
        match value:
            case str():
                found[name] = value
            case None:
                found[name] = ""
            case float():
                found[name] = spelled(value)
            case bool() | int() | dict() | list():
                try:
                    found[name] = dumps(value)
                except (TypeError, ValueError):
                    raise UsageError(f"{where}: `{name}` is no text and no number") from None
            case _:  # a date of TOML
                found[name] = str(value)
    return found
