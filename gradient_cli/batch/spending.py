"""
What answers cost in tokens: `spent` of a line adds up over repairs, retries and runs.
"""

from gradient_cli.batch.key_table import KeyTable
from gradient_cli.values import record
from gradient_cli.wire.events import Usage, is_count
from gradient_cli.wire.json import Json

FIELDS = ("input_tokens", "output_tokens", "total_tokens")


@record
class Spent:
    """Tokens that were paid for."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*(getattr(self, name) + getattr(other, name) for name in FIELDS))

    def __bool__(self) -> bool:
        return self.total_tokens > 0

    def as_document(self) -> dict[str, Json] | None:
        """Give the object of a line; None where nothing is known to have been paid."""
        return {name: getattr(self, name) for name in FIELDS} if self else None


NOTHING = Spent()


def spent_on(usage: Usage | None) -> Spent:
    """Give what an exchange cost."""
    if usage is None:
        return NOTHING
    came, went = usage.input_tokens or 0, usage.output_tokens or 0
    return Spent(came, went, usage.total_tokens or came + went)


def spent_in(row: dict[str, Json]) -> Spent:
    """Give what a line says; one from before `spent` was there says it by its `usage`."""
    said = row.get("spent") or row.get("usage")
    if not isinstance(said, dict):
        return NOTHING
    came, went, total = (_count(said.get(name)) for name in FIELDS)
    return Spent(came, went, total or came + went)


def _count(value: Json) -> int:
    return value if is_count(value) else 0


class Spending:
    """What was paid for any number of rows, in a few megabytes."""

    def __init__(self) -> None:
        self._tables = tuple(KeyTable() for _ in FIELDS)

    def learn(self, name: bytes, spent: Spent) -> None:
        """Take note of what was paid; a larger sum holds the smaller one."""
        if spent.total_tokens > self.of(name).total_tokens:
            for field, table in zip(FIELDS, self._tables, strict=True):
                table.set(name, getattr(spent, field) + 1)

    def of(self, name: bytes) -> Spent:
        """Give what was paid."""
        return Spent(*(max(0, table.get(name) - 1) for table in self._tables))

    def close(self) -> None:
        """Let go."""
        for table in self._tables:
            table.close()
