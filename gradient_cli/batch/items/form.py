"""
Which form ITEMS have: by flag, else by name, else text lines.

    --lines --csv --tsv --jsonl      .csv .tsv .tab  .jsonl .ndjson .jl .jsonlines  .json

Text is the last guess: what looks like JSON, and has neither a flag nor a name that says so,
is refused. Lines of a table cannot be told from other lines.
"""

from gradient_cli.batch.items.array import Array
from gradient_cli.batch.items.item import Form
from gradient_cli.batch.items.lines import Lines
from gradient_cli.batch.items.rows import Rows
from gradient_cli.batch.items.table import Table
from gradient_cli.errors import UsageError
from gradient_cli.terminal.foreign import foreign
from gradient_cli.terminal.tables import BOM
from gradient_cli.wire.strict import parse

SUFFIXES = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".jl": "jsonl", ".jsonlines": "jsonl", ".json": "jsonl",
}  # fmt: skip
HEAD = 1 << 16
"""Bytes at the beginning of a stream that are looked at."""


def choose_form(name: str, head: bytes, flag: str | None = None) -> Form:
    """
    Give the form of a stream that begins with `head`.

    `flag` is the form that the user named: lines, csv, tsv, jsonl.

    Raises:
        UsageError: it is no text, or looks like JSON and nothing says whether it is.

    """
    if found := foreign(head, name):
        kind = flag or "csv"
        raise UsageError(
            f'"{name}" is {found.what}',
            hint=f"{found.remedy} | gradient batch run … -i - --{kind}",
        )
    if b"\0" in head:
        raise UsageError(f'"{name}" is binary: a NUL byte at offset {head.index(0)}')
    chosen = flag or next((f for end, f in SUFFIXES.items() if name.lower().endswith(end)), None)
    if chosen == "csv":
        return Table()
    if chosen == "tsv":
        return Table("\t")
    begun = head.removeprefix(BOM).lstrip()
    if chosen == "jsonl":
        return Array() if begun.startswith(b"[") else Rows()
    if chosen is None:
        _check_no_json(name, begun)
    return Lines()


def _check_no_json(name: str, begun: bytes) -> None:
    first = begun.split(b"\n", 1)[0].rstrip()
    is_open = first in {b"{", b"["} or first.startswith((b"[{", b'{"'))
    if not is_open and not _is_object(first):
        return
    flags = "--jsonl takes rows, --lines takes each line as text"
    what = "an array" if first.startswith(b"[") else "a JSON object"
    raise UsageError(
        f"the first line of {name} is {what}, and its name does not say so", hint=flags
    )


def _is_object(line: bytes) -> bool:
    if not line.startswith(b"{"):
        return False
    try:
        return isinstance(parse(line.decode()), dict)
    except ValueError:
        return False
