"""
ITEMS: lines, JSONL rows or files, read one after the other as they are needed.

    read_items ─► Item ─► shard and limit are the caller's filter: `chosen`

Lines end at a newline and nowhere else: U+2028 and the like are text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json, dumps
from gradient_cli.wire.strict import parse, spelled

ROW_SUFFIXES = (".jsonl", ".ndjson")
OWN_FIELDS = ("id", "prompt", "vars")
"""The fields of a row that are ours; all others are the request's."""


@record
class Item:
    """One thing to ask about."""

    number: int
    """From 1, in the order of ITEMS, whatever shard takes it."""
    id: str | int
    where: str
    """Such as `rows.jsonl:12`, for errors."""
    text: str | None = None
    """A line, or a file's content."""
    path: str | None = None
    """The file that the text came from."""
    prompt: str | None = None
    """A row's own prompt."""
    variables: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Json] = field(default_factory=dict)
    """Fields of the request; they win over flags."""


def read_lines(stream: BinaryIO, name: str) -> Iterator[Item]:
    """
    Give each line that is not empty.

    Raises:
        UsageError: a line is not UTF-8.

    """
    number = 0
    for position, raw in enumerate(stream, 1):
        text = _decoded(raw, f"{name}:{position}", is_first=position == 1)
        if text.strip():
            number += 1
            yield Item(number, number, f"{name}:{position}", text=text)


def read_rows(stream: BinaryIO, name: str) -> Iterator[Item]:
    """
    Give each JSON row.

    Raises:
        UsageError: a line is no JSON object, or one of our own fields is of the wrong kind.

    """
    number = 0
    for position, raw in enumerate(stream, 1):
        where = f"{name}:{position}"
        text = _decoded(raw, where, is_first=position == 1)
        if text.strip():
            number += 1
            yield _row(number, text, where)


def read_files(pattern: str) -> Iterator[Item]:
    """
    Give each file that matches a pattern, in the order of their names.

    Raises:
        UsageError: none matches, or one cannot be read.

    """
    from glob import glob

    # Not Path.glob: the pattern may be absolute, and the names stay as the user wrote them.
    found = glob(pattern, recursive=True)  # noqa: PTH207  # as said
    paths = sorted(path for path in found if _is_file(path))
    if not paths:
        raise UsageError(f'--each-file "{pattern}" matches no file', hint="quote the pattern")
    for number, path in enumerate(paths, 1):
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f'cannot read "{path}": {reason}') from None
        text = _decoded(raw, path, is_first=True, is_line=False)
        yield Item(number, path, path, text=text, path=path)


def _is_file(path: str) -> bool:
    """Tell a file from a folder; what cannot be looked at counts, so that it is named."""
    try:
        return Path(path).is_file()
    except OSError:
        return True


def is_rows(path: str) -> bool:
    """Tell whether a file's name says that it holds JSON rows."""
    return path.lower().endswith(ROW_SUFFIXES)


@record
class Shard:
    """The part of all items that this run takes: every N-th, from the I-th."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """
        Read `I/N`, I from 1 to N.

        Raises:
            UsageError: it is something else.

        """
        found = re.fullmatch("([0-9]{1,9})/([0-9]{1,9})", text)
        if found and 1 <= int(found[1]) <= int(found[2]):
            return cls(int(found[1]), int(found[2]))
        raise UsageError(
            f'--shard "{text}" is not I/N with I from 1 to N',
            hint="a job array that counts from 0 adds 1: --shard $((INDEX + 1))/8",
        )

    def chosen(self, items: Iterable[Item], limit: int | None = None) -> Iterator[Item]:
        """Give the shard's items, at most `limit` of them."""
        taken = 0
        for item in items:
            if limit is not None and taken >= limit:
                return
            if (item.number - 1) % self.count == self.index - 1:
                taken += 1
                yield item


def count_lines(path: str) -> int:
    """Give the number of lines, fast; empty ones count, too: it is for a progress bar."""
    count = 0
    last = b"\n"
    with Path(path).open("rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def _decoded(raw: bytes, where: str, *, is_first: bool, is_line: bool = True) -> str:
    if is_line:
        raw = raw.removesuffix(b"\n").removesuffix(b"\r")
    if is_first:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{where}: not UTF-8 at byte {error.start}", hint="iconv -f LATIN1 -t UTF-8"
        ) from None


def _row(number: int, text: str, where: str) -> Item:
    try:
        row = parse(text)
    except ValueError as error:
        raise UsageError(
            f"{where}: no JSON: {str(error).replace('line 1, ', '')}",
            hint="--lines takes each line as text",
        ) from None
    if not isinstance(row, dict):
        raise UsageError(
            f"{where}: no JSON object", hint='{"id": "a1", "prompt": "…"}; --lines takes text'
        )
    identity = row.get("id", number)
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise UsageError(f'{where}: "id" is neither a text nor a whole number')
    prompt = row.get("prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise UsageError(f'{where}: "prompt" is no text', hint='"input" takes a list of items')
    fields = {name: value for name, value in row.items() if name not in OWN_FIELDS}
    return Item(
        number,
        identity,
        where,
        prompt=prompt,
        variables=_variables(row.get("vars"), where),
        fields=fields,
    )


def _variables(given: Json, where: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise UsageError(f'{where}: "vars" is no object', hint='"vars": {"name": "value"}')
    for name, value in given.items():
        if isinstance(value, dict | list) or value is None:
            raise UsageError(f'{where}: the variable "{name}" is neither text nor number')
    return {name: _words(value) for name, value in given.items()}


def _words(value: Json) -> str:
    """Give a variable's value as a text: a number as it stands in the row."""
    if isinstance(value, str):
        return value
    return spelled(value) if isinstance(value, float) else dumps(value)
