"""
The short form of a schema: `name, age int, tags list, note? text: what stood out`.

    schema  = field { "," field }
    field   = name [ "?" ] [ kind ] [ ":" description ]
    kind    = str | text | int | float | number | bool | list | KIND list | A|B|C

Every field is required unless it has a `?`, and no other is allowed. A description goes to the
next comma.
"""

import re

from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)(\?)?(?:\s+([^:]+?))?\s*(?::\s*(.+))?", re.DOTALL)

_KINDS: dict[str, dict[str, Json]] = {
    "str": {"type": "string"},
    "string": {"type": "string"},
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}


def is_short_form(text: str) -> bool:
    """Tell a short form from a file's name: a comma or a space between words, no JSON."""
    words = text.strip()
    return bool(words) and words[0] not in "{[" and re.search(r"[,\s]", words) is not None


def from_short_form(text: str) -> dict[str, Json]:
    """
    Give the JSON Schema of a short form.

    Raises:
        UsageError: names the field and what is wrong with it.

    """
    properties: dict[str, Json] = {}
    required: list[str] = []
    for part in text.split(","):
        found = _FIELD.fullmatch(part.strip())
        if found is None:
            raise UsageError(
                f'--schema: "{part.strip()}" is no field', hint="name, age int, tags list"
            )
        name, optional, kind, description = found.groups()
        if name in properties:
            raise UsageError(f'--schema: the field "{name}" stands there twice')
        properties[name] = {**_kind(name, kind), **_described(description)}
        if not optional:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _kind(name: str, words: str | None) -> dict[str, Json]:
    words = (words or "str").strip()
    if words in _KINDS:
        return dict(_KINDS[words])
    if "|" in words:
        return {"enum": [choice.strip() for choice in words.split("|")]}
    inner, _, last = words.rpartition(" ")
    if last == "list" and inner.strip() in _KINDS:
        return {"type": "array", "items": dict(_KINDS[inner.strip()])}
    raise UsageError(
        f'--schema: "{words}" is no kind for the field "{name}"',
        hint="str, int, float, bool, list, `int list`, or choices: low|high",
    )


def _described(description: str | None) -> dict[str, Json]:
    return {"description": description.strip()} if description else {}
