"""
The short form of a schema: `name, age int, tags list, note? text: what stood out`.

    schema  = field { "," field }
    field   = name [ "?" ] [ kind ] [ ":" description ]
    kind    = str | text | int | float | number | bool | list | KIND list | A|B|C | KIND|null

Between bars stand either words to choose from or kinds: `age int|null` is a whole number or
null, `risk low|high` one of two words. Every field is required unless it has a `?`, and no
other is allowed. A description goes to the next comma.
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
_NULL: dict[str, Json] = {"type": "null"}


def from_short_form(text: str, flag: str = "--schema") -> dict[str, Json]:
    """
    Give the JSON Schema of a short form; `flag` is how errors name it.

    Raises:
        UsageError: names the field and what is wrong with it.

    """
    properties: dict[str, Json] = {}
    required: list[str] = []
    for part in text.split(","):
        found = _FIELD.fullmatch(part.strip())
        if found is None:
            raise UsageError(
                f'{flag}: "{part.strip()[:60]}" is no field', hint="name, age int, tags list"
            )
        name, optional, kind, description = found.groups()
        if name in properties:
            raise UsageError(f'{flag}: the field "{name}" stands there twice')
        properties[name] = {**_kind(name, kind, flag), **_described(description)}
        if not optional:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _kind(name: str, words: str | None, flag: str) -> dict[str, Json]:
    words = (words or "str").strip()
    if words in _KINDS:
        return dict(_KINDS[words])
    if "|" in words:
        choices = [choice.strip() for choice in words.split("|")]
        if "" in choices or len(set(choices)) < len(choices):
            raise UsageError(f'{flag}: an empty or repeated choice for the field "{name}": {words}')
        return _union(name, choices, flag)
    if _is_kind(words):
        inner = words.rpartition(" ")[0]
        return {"type": "array", "items": dict(_KINDS[inner.strip()])}
    if words == "null":
        raise UsageError(f'{flag}: null alone is no kind for the field "{name}"', hint="int|null")
    raise UsageError(
        f'{flag}: "{words}" is no kind for the field "{name}"',
        hint="str, int, float, bool, list, `int list`, int|null, or choices: low|high",
    )


def _union(name: str, choices: list[str], flag: str) -> dict[str, Json]:
    """Give kinds that a value may be of, or the words that it may be."""
    kinds = [choice for choice in choices if choice == "null" or _is_kind(choice)]
    if not kinds:
        return {"enum": choices}
    words = [choice for choice in choices if choice not in kinds]
    if words and kinds != ["null"]:
        raise UsageError(
            f'{flag}: words and kinds together for the field "{name}": {"|".join(choices)}',
            hint="either words (low|high), or kinds (int|null); null goes with both",
        )
    if words:
        return {"enum": [*words, None]}
    parts = [_NULL if kind == "null" else _kind(name, kind, flag) for kind in kinds]
    if all(part.keys() == {"type"} for part in parts):
        types = list(dict.fromkeys(part["type"] for part in parts))
        return {"type": types if len(types) > 1 else types[0]}
    return {"anyOf": parts}


def _is_kind(words: str) -> bool:
    inner, _, last = words.rpartition(" ")
    return words in _KINDS or (last == "list" and inner.strip() in _KINDS)


def _described(description: str | None) -> dict[str, Json]:
    return {"description": description.strip()} if description else {}
