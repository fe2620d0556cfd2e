"""
JSONL: each line is a row, a JSON object.

    {"id": …, "prompt": …, "vars": {…}, "data": …, any field of the request}
    {"custom_id": …, "body": {…}}                     as OpenAI's batch files have them
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from gradient_cli.batch.items.item import Bad, Item, numbered
from gradient_cli.errors import UsageError
from gradient_cli.terminal.tables import decoded
from gradient_cli.wire.json import Json, dumps
from gradient_cli.wire.request import PATH
from gradient_cli.wire.strict import parse, spelled

OWN_FIELDS = frozenset({"id", "prompt", "vars", "data"})
"""The fields of a row that are ours; all others are the request's."""
BATCH_FIELDS = frozenset({"custom_id", "method", "url", "body"})
_EMPTY: Mapping[str, str] = {}


class Rows:
    """Lines of JSON objects."""

    has_own_ids = True

    def read(self, stream: BinaryIO, name: str, bad: Bad, prefix: str = "") -> Iterator[Item]:
        """Give each row; its id is the number of its line if it says no other."""
        is_first = True
        for number, raw in enumerate(stream, 1):
            where = f"{name}:{number}"
            try:
                text = decoded(raw, where, is_first=number == 1)
                if not text or text.isspace():
                    continue
                if is_first:
                    _check_lines(text, where)
                    is_first = False
                yield item_of(_parsed(text, where), where, numbered(prefix, number))
            except _NotLines:
                raise
            except UsageError as error:
                bad(error)


class _NotLines(UsageError):
    """The rows are not lines: each further line would be as wrong."""


def _check_lines(first: str, where: str) -> None:
    if first.strip() in {"{", "[", "[{"}:
        raise _NotLines(
            f"{where}: a row that goes over several lines",
            hint="`jq -c .` makes a line of each object, `jq -c '.[]'` of those in an array",
        )


def _parsed(text: str, where: str) -> Json:
    try:
        return parse(text)
    except ValueError as error:
        words = str(error).replace("line 1, ", "")
        raise UsageError(
            f"{where}: no JSON: {words}", hint="--lines takes each line as text"
        ) from None


def item_of(row: Json, where: str, number: str | int) -> Item:
    """
    Give the item that a row says.

    Raises:
        UsageError: it is no object, or one of our own fields is of the wrong kind.

    """
    if not isinstance(row, dict):
        raise UsageError(
            f"{where}: no JSON object", hint='{"id": "a1", "prompt": "…"}; --lines takes text'
        )
    _check_whole(row, where)
    if "custom_id" in row and "body" in row:
        return _batch_item(row, where)
    identity = row.get("id", number)
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise UsageError(
            f'{where}: "id" is neither a text nor a whole number', hint=_hint_of(identity)
        )
    prompt = row.get("prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise UsageError(f'{where}: "prompt" is no text', hint='"input" takes a list of items')
    return Item(
        identity,
        where,
        prompt=prompt,
        variables=_variables(row["vars"], where) if row.get("vars") is not None else _EMPTY,
        fields={name: value for name, value in row.items() if name not in OWN_FIELDS},
        is_named="id" in row,
        data=row.get("data"),
        source=row,
    )


def _hint_of(identity: Json) -> str | None:
    """Give what helps with an id that is none: it is pandas that makes such."""
    if isinstance(identity, dict):
        return "pandas: to_json(FILE, orient='records', lines=True)"
    if identity is None:
        return "jq -c 'del(.id | nulls)' leaves it out, and the row has its number"
    if isinstance(identity, float) and identity.is_integer():
        return "jq -c '.id |= floor'; pandas makes floats of a column where one is missing"
    return None


def _batch_item(row: Mapping[str, Json], where: str) -> Item:
    """Give the item of a line of OpenAI's batch files."""
    identity, body = row["custom_id"], row["body"]
    if not isinstance(identity, str) or not isinstance(body, dict):
        raise UsageError(f'{where}: "custom_id" is a text and "body" an object')
    if row.get("url", PATH) != PATH or "messages" in body:
        raise UsageError(
            f"{where}: this line is for {row.get('url', 'another path')}, not for {PATH}",
            hint=f"jq -c '.url = \"{PATH}\" | .body.input = .body.messages | del(.body.messages)'",
        )
    if unknown := [name for name in row if name not in BATCH_FIELDS]:
        raise UsageError(f'{where}: unknown field "{unknown[0]}" beside "body"')
    return Item(identity, where, fields=body, is_body=True, source=row)


def _variables(given: Json, where: str) -> dict[str, str]:
    if not isinstance(given, dict):
        raise UsageError(f'{where}: "vars" is no object', hint='"vars": {"name": "value"}')
    found = {}
    for name, value in given.items():
        if isinstance(value, str):
            found[name] = value
        elif isinstance(value, dict | list):
            raise UsageError(
                f'{where}: the variable "{name}" is neither text nor number',
                hint=f"jq -c '.vars.{name} |= tojson' makes a text of it",
            )
        else:
            found[name] = _words(value)
    return found


def _words(value: Json) -> str:
    """Give a variable's value as a text: a number as it stands in the row, null as nothing."""
    if value is None:
        return ""
    return spelled(value) if isinstance(value, float) else dumps(value)


def _check_whole(row: Json, where: str) -> None:
    """Refuse half a character: no server and no file could take it."""
    try:
        dumps(row).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise UsageError(
            f"{where}: {half} is half a character", hint="an emoji was cut in two on its way"
        ) from None
