"""
Lines of OUT, as far as the ledger needs to know them: no JSON decoder for the usual ones.

    {"id":…,"key":"…","ok":…,"at":"…","run":"…","data":…,     …,"stale":{"why":"…","at":"…"}}

`key` is the hash of what was asked and expected, `at` the instant of the answer, `run` the
settings that it was asked with. `data` is the row's own, `stale` says why a line was set aside.
"""

import re
from collections import Counter
from collections.abc import Iterator
from json import JSONDecoder
from json.encoder import encode_basestring
from pathlib import Path
from typing import BinaryIO

from gradient_cli.batch.key_table import fingerprint
from gradient_cli.batch.results import CHUNK, json_object, no_result
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical, dumps, line
from gradient_cli.wire.strict import exact

_HEAD = re.compile(
    rb'\{"id":("(?:[^"\\]|\\.)*"|[^",]*),"key":"([0-9a-f]{64})","ok":(true|false)'
    rb'(?:,"at":"([^"\\]*)","run":"([0-9a-f]*)")?(,"data":)?'
)
_STALE = re.compile(rb',"stale":\{"why":"([^"\\]*)","at":"([^"\\]*)"\}\}$')
_ANY_JSON = JSONDecoder()


@record
class Row:
    """A row, as far as its result has to know it."""

    id: str | int
    key: str
    data: Json = None

    def stamp(self) -> bytes:
        """Give the digest of what its line must say."""
        known = id_json(self.id)
        if self.data is None:
            return fingerprint(known, self.key.encode())
        return fingerprint(known, self.key.encode(), canonical(self.data).encode())


def id_json(identity: str | int) -> bytes:
    """Give an id as JSON."""
    if isinstance(identity, int):
        return b"%d" % identity
    return encode_basestring(identity).encode("utf-8", "surrogatepass")


@record
class Entry:
    """A line of OUT or of the answers set aside."""

    offset: int
    id: bytes
    """As JSON."""
    key: bytes
    is_ok: bool
    """It is an answer, which need not be asked for again; a decision is one, whatever it is."""
    at: bytes
    """b"" for a line that does not say."""
    run: bytes
    stamp: bytes
    raw: bytes
    """The line without its newline, and without the mark of a stale one."""
    mark: bytes = b""
    """What a line that was set aside ends with, from `,"stale":` on; b"" for a line of OUT."""

    @property
    def why(self) -> str:
        """Give why it was set aside; "" for a line of OUT."""
        found = _STALE.search(self.mark)
        return found[1].decode("utf-8", "replace") if found else ""

    @property
    def answer(self) -> bytes:
        """Give the digest by which two copies of one answer are known; b"" if there is none."""
        return fingerprint(self.key, self.at) if self.at else b""

    @property
    def marked_at(self) -> str:
        """Give when it was set aside; "" for a line of OUT."""
        found = _STALE.search(self.mark)
        return found[2].decode("utf-8", "replace") if found else ""

    def named(self, row: Row) -> bytes:
        """Give the line as another row's, with its newline; nothing else of it changes."""
        carried = b"" if row.data is None else b',"data":' + line(exact(row.data)).encode()
        match = _HEAD.match(self.raw)
        if match is None:
            rest = {n: said for n, said in self.said().items() if n not in {"id", "data"}}
            rest_json = line(exact(rest)).encode()[1:]
            return b'{"id":' + line(row.id).encode() + carried + b"," + rest_json + b"\n"
        end = match.start(6) if match[6] else match.end()
        head = b'{"id":' + line(row.id).encode() + self.raw[match.end(1) : end]
        after = _behind_data(self.raw[match.end() :]) if match[6] else self.raw[end:]
        return head + carried + after + b"\n"

    def aside(self, why: str, at: str) -> bytes:
        """Give the line as one that is set aside, with its newline."""
        return self.raw[:-1] + _mark(why, at) + b"\n"

    def whole(self) -> bytes:
        """Give the line as it stands, with its newline."""
        return (self.raw[:-1] + self.mark if self.mark else self.raw) + b"\n"

    def said(self) -> dict[str, Json]:
        """Give the whole line."""
        return json_object(self.raw) or {}


def _behind_data(raw: bytes) -> bytes:
    """Give what follows the value that begins here."""
    text = raw.decode("utf-8", "surrogatepass")
    _, end = _ANY_JSON.raw_decode(text)
    return text[end:].encode("utf-8", "surrogatepass")


def _mark(why: str, at: str) -> bytes:
    return f',"stale":{{"why":"{why}","at":"{at}"}}}}'.encode()


def entries(path: Path, shown: str) -> Iterator[Entry]:
    """
    Give every whole line of a file of results; `shown` is its name for errors.

    Raises:
        UsageError: one is no result.

    """
    offset = 0
    with path.open("rb", buffering=CHUNK) as file:
        for number, whole in enumerate(file, 1):
            raw = whole.rstrip(b"\n")
            if not whole.endswith(b"\n") and json_object(raw) is None:
                return  # Torn: whoever wrote it is at it, or dead.
            if raw.strip():
                yield _entry(raw, offset, shown, number)
            offset += len(whole)


def entry_at(file: BinaryIO, offset: int) -> Entry:
    """Give the line that begins at an offset."""
    file.seek(offset)
    return _entry(file.readline().rstrip(b"\n"), offset, "a line")


def _entry(raw: bytes, offset: int, shown: str, number: int = 0) -> Entry:
    # Once for each line of a million: what a group or a name costs here is paid that often.
    mark = b""
    if raw.endswith(b'"}}') and (found := _STALE.search(raw)):
        raw, mark = raw[: found.start()] + b"}", found[0]
    match = _HEAD.match(raw)
    if match is None:
        return _decoded(raw, offset, f"{shown}:{number}" if number else shown, mark)
    known, key, ok, at, run, has_data = match.groups(b"")
    if not (has_data or raw.startswith((b",", b"}"), match.end())):
        return _decoded(raw, offset, f"{shown}:{number}" if number else shown, mark)
    if b"\\" in known:
        known = dumps(_ANY_JSON.decode(known.decode())).encode("utf-8", "surrogatepass")
    if has_data:
        data, _ = _ANY_JSON.raw_decode(raw[match.end() :].decode("utf-8", "surrogatepass"))
        stamp = fingerprint(known, key, canonical(data).encode())
    else:
        stamp = fingerprint(known, key)
    is_ok = ok == b"true" or is_decided(raw)
    return Entry(offset, known, key, is_ok, at, run, stamp, raw, mark)


def _decoded(raw: bytes, offset: int, where: str, mark: bytes) -> Entry:
    """
    Give a line that somebody has written anew: its meaning is its JSON.

    Raises:
        UsageError: it is no result.

    """
    value = json_object(raw)
    key = value.get("key") if value else None
    if value is None or not isinstance(key, str) or not re.fullmatch("[0-9a-f]{64}", key):
        raise no_result(where)
    identity = value.get("id")
    row = Row(identity if isinstance(identity, str | int) else "", key, value.get("data"))
    stale = value.pop("stale", None)
    if isinstance(stale, dict):
        why, at = (re.sub(r'["\\]', "", str(stale.get(name))) for name in ("why", "at"))
        mark = _mark(why, at)
    return Entry(
        offset,
        dumps(identity).encode("utf-8", "surrogatepass"),
        key.encode(),
        value.get("ok") is True or is_decided(raw),
        _text(value.get("at")),
        _text(value.get("run")),
        row.stamp(),
        line(value).encode() if isinstance(stale, dict) else raw,
        mark,
    )


def is_decided(raw: bytes) -> bool:
    """Tell whether a line holds a decision; one that is unsure would be the same again."""
    if b'"decision"' not in raw:
        return False
    said = json_object(raw)
    return said is not None and isinstance(said.get("decision"), str)


def decided_statuses(path: Path, shown: str) -> Counter[int]:
    """Count the statuses of the decisions of a file that are not 0: unsure, or not as expected."""
    found: Counter[int] = Counter()
    for entry in entries(path, shown):
        if is_decided(entry.raw) and (said := entry.said()).get("ok") is not True:
            found[int(said.get("exit_code") or 0)] += 1
    return found


def _text(value: Json) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else b""
