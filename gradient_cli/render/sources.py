"""
What an answer rests on, as lines for people: a numbered list of its sources, each once.

    sources:
    [1] Release notes: https://docs.example.com/releases
    [2] handbook.pdf (file-17)

Where nothing is cited, what the service's searches found is listed as just that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradient_cli.wire.json import Json
from gradient_cli.wire.response import Response

MOST_SOURCES = 30
MOST_TITLE = 120
MOST_ADDRESS = 600

Citation = Mapping[str, Json]


def source_lines(response: Response) -> list[str]:
    """Give the list, with its heading; [] where there is nothing to list."""
    if response.citations:
        return ["sources:", *_numbered(response.citations)]
    if not response.server_calls:
        return []
    from gradient_cli.wire.citations import found_by

    found = _numbered(found_by(response.server_calls))
    return ["found by the service, cited nowhere:", *found] if found else []


def failure_lines(calls: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """Say which of the service's own calls failed: the answer may rest on nothing."""
    for call in calls:
        error = call.get("error")
        if call.get("status") != "failed" and not error:
            continue
        words = error.get("message") if isinstance(error, Mapping) else error
        why = f": {_cut(str(words), MOST_TITLE)}" if words else ""
        yield f"warning: the service's {name_of(call)} failed{why}"


def name_of(call: Mapping[str, Json]) -> str:
    """Name a call of the service's: `web_search_call` is a web search, a named one a tool."""
    name = call.get("name")
    if isinstance(name, str) and name:
        return f'tool "{_cut(name, 60)}"'
    return str(call.get("type")).removesuffix("_call").replace("_", " ")


def _numbered(citations: Iterable[Citation]) -> list[str]:
    titles: dict[str, str] = {}
    for citation in citations:
        address = citation.get("url") or citation.get("file_id") or ""
        key = str(address) or str(citation.get("title"))
        titles.setdefault(key, "")
        titles[key] = titles[key] or str(citation.get("title") or "")
    lines = [f"[{n}] {_line(key, title)}" for n, (key, title) in enumerate(titles.items(), 1)]
    more = len(lines) - MOST_SOURCES
    return [*lines[:MOST_SOURCES], f"and {more} more"] if more > 0 else lines


def _line(key: str, title: str) -> str:
    address = _cut(key, MOST_ADDRESS)
    if not title or title == key:
        return address
    words = _cut(title, MOST_TITLE)
    return f"{words}: {address}" if "://" in key else f"{words} ({address})"


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
