"""
Explain a replay miss: the recorded request that is nearest, and what differs.

    --- recorded 3f9c2a71
    +++ asked
     model: "llama3.3-70b-instruct"
    -temperature: 0.2
    +temperature: 0.7
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.transport.recording import request_of
from gradient_cli.wire.json import Json, dumps

MAX_FILES = 2000
"""Recordings that are compared; looking for a neighbour must not take longer than the run."""
MAX_BYTES = 64 * 1024 * 1024
"""Of all recordings that are compared; what goes beyond is passed over."""
MAX_LINES = 40
"""Lines of the diff that are shown."""


def explain(asked: Mapping[str, Json], folder: Path) -> str:
    """Give a diff from the nearest recorded request, each line after a newline; "" for none."""
    try:
        return _explained(asked, folder)
    except RecursionError:
        return ""  # A request that nobody can print is no help.


def _explained(asked: Mapping[str, Json], folder: Path) -> str:
    # One after the other: all at once they may be more than fits.
    found = max(_recorded(folder), key=lambda pair: _likeness(asked, pair[1]), default=None)
    if found is None:
        return "; the folder holds none"
    name, nearest = found
    from difflib import unified_diff

    old, new = list(_lines(nearest)), list(_lines(asked))
    diff = list(unified_diff(old, new, f"recorded {name[:8]}", "asked", lineterm="", n=1))
    if len(diff) > MAX_LINES:
        diff[MAX_LINES:] = [f"… {len(diff) - MAX_LINES} more lines"]
    return "; the nearest differs in:" + "".join(f"\n{line}" for line in diff)


def _recorded(folder: Path) -> Iterator[tuple[str, Mapping[str, Json]]]:
    left = MAX_BYTES
    for path in sorted(folder.glob("*.json"))[:MAX_FILES]:
        try:
            left -= (size := path.stat().st_size)
            if left < 0:
                left += size
                continue
            request = request_of(path)
        except (OSError, UsageError):
            continue
        yield path.stem, request.as_json()


def _likeness(asked: Mapping[str, Json], other: Mapping[str, Json]) -> float:
    """Give a number that grows with the fields and the words that two requests share."""
    mine: Json = asked.get("body") or {}
    theirs: Json = other.get("body") or {}
    if asked["path"] != other.get("path") or not isinstance(theirs, dict):
        return -1.0
    names = mine.keys() | theirs.keys()
    same = sum(1 for name in names if mine.get(name) == theirs.get(name))
    return same + 2 * _shared_words(dumps(mine.get("input")), dumps(theirs.get("input")))


def _shared_words(one: str, other: str) -> float:
    ours, theirs = set(one[:20_000].split()), set(other[:20_000].split())
    return len(ours & theirs) / max(1, len(ours | theirs))


def _lines(request: Mapping[str, Json]) -> Iterator[str]:
    """Give a request as lines: one for each field, and each line of a long text its own."""
    yield f"{request.get('method')} {request.get('path')}"
    body = request.get("body")
    if not isinstance(body, dict):
        return
    for name in sorted(body):
        value = body[name]
        if isinstance(value, str) and "\n" in value:
            yield f"{name}:"
            yield from (f"    {line}" for line in value.splitlines())
        elif isinstance(value, dict | list):
            yield f"{name}:"
            yield from (f"    {line}" for line in _pretty(value))
        else:
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"


def _pretty(value: Json) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=1).splitlines()
