"""
What an answer cites: the annotations of its text, whatever their kind, in one form.

    {"type": "url_citation", "url", "title", "start_index", "end_index"}       of a part of text
    {"type": "url_citation", "url_citation": {"url", …}}                       chat-like
    {"type": "file_citation", "file_id", "filename", "index"}             files, containers
    "https://…", {"url", "title"}                                        a list beside the answer

    ──► {"type", "url", "title", "start", "end"}, and "file_id" where there is one

`start` and `end` are characters of the whole answer, which may have several messages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradient_cli.wire.items import is_message, text_of
from gradient_cli.wire.json import Json

Object = Mapping[str, Json]
Citation = Mapping[str, Json]
MOST_MISSES = 100
"""Parts that are looked for in vain; each costs the rest of the answer."""
_ADDRESSES = ("url", "uri", "link", "source_url")
_TITLES = ("title", "filename", "file_name", "name", "document_title")


def citations(
    items: Iterable[Object],
    streamed: Sequence[Json],
    body: Json,
    text: str,
    *,
    is_one_piece: bool = True,
) -> tuple[Citation, ...]:
    """
    Give what is cited, each once, in the order of the answer.

    `streamed` are the annotations that came while it was written; those of the items count
    where there are any. `body` may have a list beside the answer. `is_one_piece`: the answer is
    one text as it came, so that their places are places in it.
    """
    found = list(_of_items(items, text))
    if not found:
        shift = 0 if is_one_piece else None
        found = [_citation(one, shift, len(text)) for one in streamed]
    if not found:
        found = [_citation(one, None, 0) for one in _beside(body)]
    unique = {tuple(one.items()): one for one in found if one}
    return tuple(unique.values())


def _of_items(items: Iterable[Object], text: str) -> Iterator[Citation]:
    place, misses = 0, 0
    for item in items:
        is_ours = item.get("role") in (None, "", "assistant")
        if not (is_message(item) and is_ours) or item.get("phase") == "commentary":
            continue
        for part in _parts(item):
            said = text_of(part.get("text")) or ""
            start = text.find(said, place) if said and misses < MOST_MISSES else -1
            shift = None if start < 0 else start
            misses += start < 0
            place = place if start < 0 else start + len(said)
            for annotation in _list(part.get("annotations")):
                if made := _citation(annotation, shift, len(said)):
                    yield made


def _parts(item: Object) -> list[Object]:
    content = item.get("content")
    if isinstance(content, str):
        return [{"text": content, "annotations": item.get("annotations")}]
    parts = [part for part in _list(content) if isinstance(part, Mapping)]
    return parts or [item]


def _citation(annotation: Json, shift: int | None, size: int) -> dict[str, Json]:
    """
    Give one annotation in our form; {} for what is none.

    `shift`: where its part begins in the answer; None: nobody knows.
    """
    if isinstance(annotation, str):
        annotation = {"url": annotation}
    if not isinstance(annotation, Mapping):
        return {}
    kind = text_of(annotation.get("type")) or "url_citation"
    inner = annotation.get(kind)
    given = {**annotation, **inner} if isinstance(inner, Mapping) else annotation
    start, end = _range(given, size)
    file_id = text_of(given.get("file_id"))
    made: dict[str, Json] = {
        "type": kind,
        "url": _first(given, _ADDRESSES),
        "title": _first(given, _TITLES),
        "start": None if shift is None or start is None else start + shift,
        "end": None if shift is None or end is None else end + shift,
    }
    if file_id:
        made["file_id"] = file_id
    return made if made["url"] or made["title"] or file_id else {}


def _range(given: Object, size: int) -> tuple[int | None, int | None]:
    start = given.get("start_index", given.get("index"))
    end = given.get("end_index", start)
    if not (type(start) is int and type(end) is int and 0 <= start <= end <= size):
        return None, None
    return start, end


def _first(given: Object, names: Iterable[str]) -> str | None:
    return next((found for name in names if (found := text_of(given.get(name)))), None)


def _beside(body: Json) -> list[Json]:
    if not isinstance(body, Mapping):
        return []
    return _list(body.get("citations")) or _list(body.get("search_results"))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def found_by(items: Iterable[Object]) -> list[Citation]:
    """Give what the service's searches found, cited or not: addresses and files, each once."""
    found: list[Json] = []
    for item in items:
        action = item.get("action")
        found += _list(item.get("results"))
        if isinstance(action, Mapping):
            found += _list(action.get("sources")) or [action]
    made = (
        _citation({**one, "type": "found"}, None, 0) for one in found if isinstance(one, Mapping)
    )
    return list({(one["url"], one["title"]): one for one in made if one}.values())
