"""
What files of results say as a whole, in a few megabytes whatever their length.

    lines of OUT ─► Digest: statuses, labels, models, latencies, tokens, the most frequent errors
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import field
from pathlib import Path
from typing import BinaryIO, cast

from gradient_cli.batch.key_table import KeyTable, fingerprint
from gradient_cli.batch.ledger import ASKED_AGAIN
from gradient_cli.batch.spending import NOTHING, Spent, spent_in
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.values import mutable_record
from gradient_cli.wire.events import is_count
from gradient_cli.wire.json import Json
from gradient_cli.wire.strict import parse

QUANTILES = (0.5, 0.9, 0.99)
MOST_LABELS = 1000
MOST_ERRORS = 1000

EXACT_BITS = 12
"""Counts below 4,096 are kept as they are, larger ones to 1 part in 2,048."""


class Spread:
    """Many counts, 0 and above, each kept in one of some thousands of steps."""

    def __init__(self) -> None:
        self.sum = 0
        self._largest: int | None = None
        self._steps: Counter[int] = Counter()
        """Lower end of a step -> the counts in it."""

    def __bool__(self) -> bool:
        return self._largest is not None

    def add(self, count: int) -> None:
        """Take in one count."""
        self.sum += count
        self._largest = count if self._largest is None else max(self._largest, count)
        coarse = max(0, count.bit_length() - EXACT_BITS)
        self._steps[count >> coarse << coarse] += 1

    def quantiles(self) -> dict[str, int | None]:
        """
        Give p50, p90, p99 and max; None where there are none.

        A quantile of 4,096 and above may be given up to 0.05 % too small; max is exact.
        """
        total = self._steps.total()
        ranks = {f"p{round(100 * share)}": int(share * total) for share in QUANTILES}
        found: dict[str, int | None] = dict.fromkeys(ranks)
        passed = 0
        for step, count in sorted(self._steps.items()):
            for name, rank in ranks.items():
                if passed <= rank < passed + count:
                    found[name] = step
            passed += count
        return {**found, "max": self._largest}


@mutable_record
class Digest:
    """The counts of files of results; of a row that has several lines, one counts."""

    total: int = 0
    """Rows."""
    lines: int = 0
    stale: int = 0
    """Lines that were set aside, and count for nothing but what was paid."""
    statuses: Counter[int] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    """Of the labels, decisions that are not sure enough."""
    decided: int = 0
    """Rows that a decision model has answered."""
    models: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    latencies_ms: Spread = field(default_factory=Spread)
    tokens: Spread = field(default_factory=Spread)
    """Tokens of each answer that has a count, input and output."""
    tokens_in: Spread = field(default_factory=Spread)
    tokens_out: Spread = field(default_factory=Spread)
    spent: Spent = NOTHING
    """What was paid in all, over repairs, retries and runs."""

    @property
    def duplicates(self) -> int:
        """Give the lines beyond the one that counts of each row."""
        return self.lines - self.total

    def add(self, row: dict[str, Json]) -> None:
        """Take in one result."""
        self.total += 1
        status = row.get("exit_code")
        self.statuses[status if isinstance(status, int) else 70] += 1
        error = row.get("error")
        message = error.get("message") if isinstance(error, dict) else None
        _count(self.labels, row.get("label"), MOST_LABELS)
        self.decided += isinstance(row.get("decision"), str)
        if row.get("unsure") is True and row.get("label") in self.labels:
            _count(self.unsure, row.get("label"), MOST_LABELS)
        _count(self.models, row.get("model"), MOST_LABELS)
        _count(self.errors, message, MOST_ERRORS)
        if is_count(row.get("total_ms")):
            self.latencies_ms.add(row["total_ms"])
        usage = row.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        for name, spread in (
            ("total_tokens", self.tokens),
            ("input_tokens", self.tokens_in),
            ("output_tokens", self.tokens_out),
        ):
            if is_count(usage.get(name)):
                spread.add(usage[name])

    def as_document(self) -> dict[str, Json]:
        """Give the public object of `--json`."""
        return {
            "total": self.total,
            "ok": self.statuses[0],
            "failed": self.total - self.statuses[0] - self.statuses[ExitStatus.UNSURE],
            "lines": self.lines,
            "duplicates": self.duplicates,
            "stale": self.stale,
            "exit_codes": {str(status): self.statuses[status] for status in sorted(self.statuses)},
            "labels": dict(self.labels.most_common()),
            "decided": self.decided,
            "unsure": {"total": self.unsure.total(), "labels": dict(self.unsure.most_common())},
            "models": dict(self.models.most_common()),
            "errors": dict(self.errors.most_common(10)),
            "total_ms": self.latencies_ms.quantiles(),
            "total_tokens": {**self.tokens.quantiles(), "sum": self.tokens.sum},
            "input_tokens": {**self.tokens_in.quantiles(), "sum": self.tokens_in.sum},
            "output_tokens": {**self.tokens_out.quantiles(), "sum": self.tokens_out.sum},
            "spent": self.spent.as_document(),
        }


def _count(counter: Counter[str], name: Json, most: int) -> None:
    """Count a name; beyond `most` different ones only those that are known already."""
    if isinstance(name, str) and (name in counter or len(counter) < most):
        counter[name] += 1


def digest(paths: Sequence[str], stdin: BinaryIO | None) -> Digest:
    """
    Read files of results; `-` is stdin.

    Raises:
        UsageError: one cannot be read, or a line but the last is no result.

    """
    with ExitStack() as stack:
        try:
            files = [(path, stack.enter_context(_opened(path, stdin))) for path in paths]
            return _digest(files)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            name = error.filename or " ".join(paths)
            raise UsageError(f'cannot read "{name}": {reason}') from None


def _opened(path: str, stdin: BinaryIO | None) -> BinaryIO:
    """Give a file that can be read more than once."""
    if path != "-" and Path(path).is_file():
        return Path(path).open("rb")
    if path != "-":
        with Path(path).open("rb") as stream:
            return _kept(stream)
    if stdin is None:
        raise UsageError("`-` means stdin, and stdin is closed")
    return _kept(stdin)


def _kept(stream: BinaryIO) -> BinaryIO:
    """Give what comes from a pipe as a file, which has no name."""
    kept = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  # the caller closes it
    shutil.copyfileobj(stream, kept)
    return kept


def _digest(files: Sequence[tuple[str, BinaryIO]]) -> Digest:
    found = Digest()
    counting = _Counting()
    for number, file, row in _rows(files):
        found.lines += 1
        counting.look(number, file, row)
    if counting.has_doubles and len(files) > 1:
        for number, file, row in _rows(files):
            counting.look_again(number, file, row)
    for number, file, row in _rows(files):
        if counting.is_counted(number, file, row):
            found.add(row)
            found.spent += spent_in(row)
    for row in _stale(files):
        found.stale += 1
        # What was asked again stands in its successor's sum.
        found.spent += NOTHING if row["stale"].get("why") == ASKED_AGAIN else spent_in(row)
    return found


def _rows(files: Sequence[tuple[str, BinaryIO]]) -> Iterator[tuple[int, int, dict[str, Json]]]:
    """Give (number of the line over all files, number of the file, result)."""
    number = 0
    for place, (path, file) in enumerate(files):
        file.seek(0)
        for at, line in enumerate(file, 1):
            row = _decoded(line)
            if row is not None and not isinstance(row.get("stale"), dict):
                number += 1
                yield number, place, row
            elif row is None and line.strip() and line.endswith(b"\n"):
                name = "stdin" if path == "-" else path
                raise UsageError(f"{name}:{at} is no result of a batch")


def _stale(files: Sequence[tuple[str, BinaryIO]]) -> Iterator[dict[str, Json]]:
    for _, file in files:
        file.seek(0)
        for line in file:
            if b'"stale":' in line:
                row = _decoded(line)
                if row is not None and isinstance(row.get("stale"), dict):
                    yield row


class _Counting:
    """
    Knows which of a row's lines counts: the last, but a good answer before any failure.

    In one file a row is its id: another prompt's answer is no second row. Files may be of
    different ITEMS, whose ids are the same: there a row is its id and its content.
    """

    def __init__(self) -> None:
        self.has_doubles = False
        self._in_file = KeyTable()
        """Row of a file -> the number of its line, doubled, plus 1 if it is ok."""
        self._over_all = KeyTable()
        self._ids = KeyTable()

    def look(self, number: int, file: int, row: dict[str, Json]) -> None:
        """Take note of a line."""
        name = _in_file(file, row)
        if name is None:
            return
        everywhere = fingerprint(name.partition(b" ")[2])
        self.has_doubles = self.has_doubles or self._ids.get(everywhere) > 0
        self._ids.set(everywhere, 1)
        self._keep(self._in_file, fingerprint(name), number, row)

    def look_again(self, number: int, file: int, row: dict[str, Json]) -> None:
        """Take note of a line that counts in its file."""
        name = _over_all(row)
        if name is not None and self._counts_in_file(number, file, row):
            self._keep(self._over_all, name, number, row)

    def is_counted(self, number: int, file: int, row: dict[str, Json]) -> bool:
        """Tell whether a line counts."""
        name = _over_all(row)
        if name is None or not self.has_doubles:
            return True
        if not self._counts_in_file(number, file, row):
            return False
        best = self._over_all.get(name) >> 1
        return best in {0, number}

    def _counts_in_file(self, number: int, file: int, row: dict[str, Json]) -> bool:
        name = _in_file(file, row)
        return name is None or self._in_file.get(fingerprint(name)) >> 1 == number

    @staticmethod
    def _keep(table: KeyTable, name: bytes, number: int, row: dict[str, Json]) -> None:
        is_ok = row["ok"] is True or isinstance(row.get("decision"), str)
        if is_ok or not table.get(name) & 1:
            table.set(name, 2 * number + is_ok)


def _in_file(file: int, row: dict[str, Json]) -> bytes | None:
    """Give what a row of a file is known by."""
    return f"{file} {row['id']!r}".encode("utf-8", "replace") if "id" in row else None


def _over_all(row: dict[str, Json]) -> bytes | None:
    """Give what a row is known by among several files; None where it has no id."""
    if "id" not in row:
        return None
    return fingerprint(f"{row['id']!r} {row.get('key')}".encode("utf-8", "replace"))


def _decoded(line: bytes) -> dict[str, Json] | None:
    try:
        row = parse(line.decode())
    except ValueError:
        return None
    return row if isinstance(row, dict) and "ok" in row else None
