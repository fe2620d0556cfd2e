"""
What a file of results says as a whole, in a few megabytes whatever its length.

    lines of OUT ─► Digest: statuses, labels, latencies, tokens, the most frequent errors
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gradient_cli.batch.keys import KeyTable
from gradient_cli.errors import UsageError
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


@dataclass(slots=True)
class Digest:
    """The counts of a file of results."""

    total: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    latencies_ms: Spread = field(default_factory=Spread)
    tokens: Spread = field(default_factory=Spread)
    """Tokens of each answer that has a count, input and output."""

    def add(self, row: dict[str, Json]) -> None:
        """Take in one result."""
        self.total += 1
        status = row.get("exit_code")
        self.statuses[status if isinstance(status, int) else 70] += 1
        label = row.get("label")
        if isinstance(label, str) and (label in self.labels or len(self.labels) < MOST_LABELS):
            self.labels[label] += 1
        error = row.get("error")
        if isinstance(error, dict):
            message = str(error.get("message"))
            if message in self.errors or len(self.errors) < MOST_ERRORS:
                self.errors[message] += 1
        if is_count(row.get("total_ms")):
            self.latencies_ms.add(row["total_ms"])
        usage = row.get("usage")
        if isinstance(usage, dict) and is_count(usage.get("total_tokens")):
            self.tokens.add(usage["total_tokens"])

    def as_document(self) -> dict[str, Json]:
        """Give the public object of `--json`."""
        return {
            "total": self.total,
            "ok": self.statuses[0],
            "failed": self.total - self.statuses[0],
            "exit_codes": {str(status): self.statuses[status] for status in sorted(self.statuses)},
            "labels": dict(self.labels.most_common()),
            "errors": dict(self.errors.most_common(10)),
            "total_ms": self.latencies_ms.quantiles(),
            "total_tokens": {**self.tokens.quantiles(), "sum": self.tokens.sum},
        }


def digest(path: str) -> Digest:
    """
    Read a file of results.

    Raises:
        UsageError: it cannot be read, or a line but the last is no result.

    """
    try:
        counting = _Counting()
        found = Digest()
        for number, row in _rows(path):
            counting.look(number, row)
            found.add(row)
        if not counting.has_doubles:
            return found
        found = Digest()
        for number, row in _rows(path):
            if counting.is_counted(number, row):
                found.add(row)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot read "{path}": {reason}') from None
    return found


def _rows(path: str) -> Iterator[tuple[int, dict[str, Json]]]:
    """Give (line number, result) of each line."""
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            row = _decoded(line)
            if row is not None:
                yield number, row
            elif line.strip() and line.endswith(b"\n"):
                raise UsageError(f"{path}:{number} is no result of a batch")


class _Counting:
    """Knows which of a row's lines counts: the last, but a good answer before any failure."""

    def __init__(self) -> None:
        self.has_doubles = False
        """A killed run has left two lines of a row."""
        self._lines = KeyTable()
        """Row -> the number of its line, doubled, plus 1 if it is ok."""

    def look(self, number: int, row: dict[str, Json]) -> None:
        """Take note of a line."""
        name = _name(row)
        if name is None:
            return
        before = self._lines.get(name)
        self.has_doubles = self.has_doubles or before > 0
        is_ok = row["ok"] is True
        if is_ok or not before & 1:
            self._lines.set(name, 2 * number + is_ok)

    def is_counted(self, number: int, row: dict[str, Json]) -> bool:
        """Tell whether a line counts."""
        name = _name(row)
        return name is None or self._lines.get(name) >> 1 == number


def _name(row: dict[str, Json]) -> str | None:
    """Give what a row is known by: shards that `cat` has joined may share keys, but not ids."""
    if "id" not in row or "key" not in row:
        return None
    return sha256(f"{row['id']} {row['key']}".encode("utf-8", "replace")).hexdigest()


def _decoded(line: bytes) -> dict[str, Json] | None:
    try:
        row = parse(line.decode())
    except ValueError:
        return None
    return row if isinstance(row, dict) and "ok" in row else None
