"""
What the body of an error says, whatever its shape.

Servers disagree on error bodies; all of these are read:

    {"error": {"message", "type", "param", "code"}}     vLLM, OpenAI, llama.cpp
    {"error": "Unauthorized"}                           vLLM's key check
    {"id", "message", "request_id"}                     DigitalOcean's gateway
    {"type": "error", "error": {…}}                     DigitalOcean's /v1/messages
    {"object": "error", "message"}                      old vLLM
    {"detail": "…" | [{"loc", "msg"}]}                  FastAPI
    data: {any of these}                                LiteLLM, whose streams fail so
    text, HTML, nothing

The words are the server's, so they are cut, stripped of markup and control characters, and
the key is taken out of them should it be there.
"""

import re
from collections.abc import Mapping

from gradient_cli.values import record
from gradient_cli.wire.json import Json, loads

LONGEST_WORDS = 300
"""Characters of a server's message that are shown."""
SHORTEST_KEY = 8
"""What is shorter may be part of any word: a key `k` would make `un[key]nown` of `unknown`."""


@record
class Complaint:
    """What an error body says, whatever its shape."""

    words: str
    code: str | None = None
    request_id: str | None = None
    is_markup: bool = False


def without_key(text: str, hidden: tuple[str, ...]) -> str:
    """Give a server's text without the key and the like, which it may have repeated."""
    for secret in hidden:
        if len(secret) >= SHORTEST_KEY:
            text = text.replace(secret, "[key]")
    return text


def read_complaint(body: bytes, hidden: tuple[str, ...] = ()) -> Complaint:
    """Read an error body of any shape."""
    text = body.decode("utf-8", "replace")
    try:
        payload = loads(_unframed(text))
    except ValueError:
        is_markup = text.lstrip()[:1] == "<"
        return Complaint(
            words_of(_without_markup(text) if is_markup else text, hidden), None, None, is_markup
        )
    return _complaint(payload, hidden)


def _unframed(text: str) -> str:
    """Give the first JSON of a body that is an event stream, or the text as it is."""
    if not text.lstrip().startswith(("data:", "event:", "id:", ":")):
        return text
    lines = (line.partition(":") for line in re.split("\r\n|\r|\n", text))
    payloads = (value.strip() for name, _, value in lines if name == "data")
    return next((payload for payload in payloads if payload.startswith("{")), text)


def _complaint(payload: Json, hidden: tuple[str, ...]) -> Complaint:
    if not isinstance(payload, Mapping):
        return Complaint(words_of(str(payload), hidden))
    inner = payload.get("error")
    source = inner if isinstance(inner, Mapping) else payload
    words = source.get("message")
    if not isinstance(words, str):
        words = inner if isinstance(inner, str) else _detail(payload.get("detail"))
    code = source.get("code") or source.get("type") or payload.get("id")
    identity = payload.get("request_id") or source.get("request_id")
    return Complaint(
        words_of(words, hidden),
        without_key(str(code), hidden)
        if isinstance(code, str | int) and not isinstance(code, bool)
        else None,
        without_key(identity, hidden) if isinstance(identity, str) else None,
    )


def _detail(detail: Json) -> str:
    if isinstance(detail, str):
        return detail
    parts = []
    for entry in detail if isinstance(detail, list) else []:
        if isinstance(entry, Mapping):
            place = entry.get("loc")
            where = ".".join(map(str, place)) if isinstance(place, list) else ""
            parts.append(f"{where}: {entry.get('msg', '')}".strip(": "))
    return "; ".join(parts)


def _without_markup(text: str) -> str:
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1\s*>", " ", text)
    return re.sub(r"(?s)<[^>]*>", " ", text)


def words_of(text: str, hidden: tuple[str, ...]) -> str:
    """Give one safe line."""
    text = without_key(text, hidden)
    text = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text).strip()
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"
