"""
A script as a TOML file; every key is known or refused.

    dialect = "chunk"                # typed (the default) or chunk
    loop = true                      # begin anew after the last reply, which otherwise stays
    models = ["mock-small"]          # what GET /v1/models lists
    key = "sk-made-up"               # any other is refused with 401
    limit_per_minute = 120

    [[reply]]                        # the fields of a Behaviour
    status = 429
    headers = { Retry-After = "1" }
    times = 2

    [[reply]]
    text = "Hello"
    token_delay = 0.05

    [[decision]]                     # for POST /v1/systemone: odds by word
    odds = { yes = 0.97, bug = 0.8 }
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from gradient_cli.errors import UsageError
from gradient_cli.mock.script import DIALECTS, Behaviour, Script, WrongScript, check, one_of
from gradient_cli.wire.encodings import conversion, wide_name
from gradient_cli.wire.json import Json, dumps

_FIELDS = MappingProxyType({"loop": "is_looped"})
"""Keys whose field has another name."""


def load_script(path: Path) -> Script:
    """
    Read a script from a TOML file.

    Raises:
        UsageError: it cannot be read, or says something unknown; names file and line.

    """
    import tomllib

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f'cannot read "{path}": {(error.strerror or str(error)).lower()}'
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f'"{path}" is not UTF-8: byte {error.start}',
            hint=conversion(wide_name(error.object), str(path)),
        ) from None
    try:
        table = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {_lowered(str(error))}") from None
    return _script(path, text, table)


def _script(path: Path, text: str, table: Mapping[str, Json]) -> Script:
    with _placed(path, text, None):
        settings = _settings({name: table[name] for name in table if name not in LISTS})
        given = {name: _tables(name, table.get(name, [])) for name in LISTS}
    made: dict[str, list[Behaviour]] = {name: [] for name in LISTS}
    for name, readers in LISTS.items():
        for number, one in enumerate(given[name]):
            with _placed(path, text, (name, number)):
                made[name].append(_behaviour(one, readers))
    return replace(
        Script(**settings),
        behaviours=tuple(made["reply"]) or (Behaviour(),),
        decisions=tuple(made["decision"]),
    )


def _behaviour(table: Mapping[str, Json], readers: "Mapping[str, Reader]") -> Behaviour:
    fields = _read(table, readers)
    if fields.keys() & _SAYING:
        # Who says that the model calls a function does not want words of ours before it.
        fields.setdefault("text", "")
    return check(Behaviour(**fields))


def _tables(name: str, value: Json) -> list[dict[str, Json]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise WrongScript(name, f"is a list of tables: [[{name}]]")
    return value


def _settings(table: Mapping[str, Json]) -> dict[str, Json]:
    settings = {_FIELDS.get(name, name): value for name, value in _read(table, SETTINGS).items()}
    one_of("dialect", settings.get("dialect", "typed"), DIALECTS)
    return settings


@contextmanager
def _placed(path: Path, text: str, where: tuple[str, int] | None) -> Iterator[None]:
    """Name file and line where something in the given table, or before the first, is wrong."""
    try:
        yield
    except WrongScript as wrong:
        line = _line_of(text, wrong.key, where)
        raise UsageError(f"{path}:{line}: {wrong}", hint=wrong.hint) from None


# What each key may hold -------------------------------------------------------------------

Reader = Callable[[str, Json], Json]
"""Takes a key and its value in the file; gives what the field wants, or raises WrongScript."""


def _read(table: Mapping[str, Json], readers: Mapping[str, Reader]) -> dict[str, Json]:
    for name in table:
        if name not in readers:
            from difflib import get_close_matches

            near = get_close_matches(name, readers, 1)
            advice = f"; did you mean `{near[0]}`?" if near else ""
            raise WrongScript(name, f"is no known key{advice}", f"known: {', '.join(readers)}")
    return {name: readers[name](name, value) for name, value in table.items()}


def _kind(words: str, *kinds: type) -> Reader:
    def read(key: str, value: Json) -> Json:
        # TOML keeps true apart from 1; Python does not.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise WrongScript(key, f"must be {words}")
        return value

    return read


_text = _kind("a text", str)
_number = _kind("a number", int, float)
_whole = _kind("a whole number", int)
_flag = _kind("true or false", bool)


def _positive(key: str, value: Json) -> Json:
    if _whole(key, value) < 1:
        raise WrongScript(key, f"{value} is out of range: 1 and above")
    return value


def _texts(key: str, value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise WrongScript(key, "must be a list of texts")
    return tuple(value)


def _headers(key: str, value: Json) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        isinstance(one, str | int) and not isinstance(one, bool) for one in value.values()
    ):
        raise WrongScript(key, "must be a table of texts", '{ Retry-After = "1" }')
    return {name: str(one) for name, one in value.items()}


def _odds(key: str, value: Json) -> dict[str, float]:
    if not isinstance(value, dict):
        raise WrongScript(key, "must be a table of probabilities", "odds = { yes = 0.97 }")
    return {word: float(_number(key, one)) for word, one in value.items()}


def _objects(key: str, value: Json) -> tuple[dict[str, Json], ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise WrongScript(key, "must be a list of tables", f'{key} = [{{ type = "..." }}]')
    try:
        dumps(value)
    except (TypeError, ValueError):
        raise WrongScript(key, "holds what JSON cannot say, such as a date") from None
    return tuple(value)


def _calls(key: str, value: Json) -> tuple[dict[str, str], ...]:
    if not isinstance(value, list):
        raise WrongScript(key, "must be a list of calls", _CALL)
    return tuple(_call(key, call) for call in value)


def _call(key: str, call: Json) -> dict[str, str]:
    name = call.get("name") if isinstance(call, dict) else None
    if not isinstance(name, str) or not name or set(call) - {"name", "arguments"}:
        raise WrongScript(key, "must hold calls of a `name` and `arguments`", _CALL)
    arguments = call.get("arguments", {})
    if not isinstance(arguments, str | dict):
        raise WrongScript(key, "must hold `arguments` as a table, or as JSON text", _CALL)
    return {
        "name": name,
        "arguments": arguments if isinstance(arguments, str) else dumps(arguments),
    }


_CALL = 'calls = [{ name = "weather", arguments = { city = "Oslo" } }]'

SETTINGS: Mapping[str, Reader] = {
    "dialect": _text,
    "loop": _flag,
    "models": _texts,
    "key": _text,
    "limit_per_minute": _positive,
}
"""The keys at the top of a script."""
REPLY: Mapping[str, Reader] = {
    "text": _text,
    "messages": _texts,
    "commentary": _text,
    "refusal": _text,
    "annotations": _objects,
    "server_calls": _objects,
    "items": _objects,
    "final_text": _text,
    "hides_limit": _flag,
    "reasoning": _text,
    "calls": _calls,
    "obey_schema": _flag,
    "obey_tools": _flag,
    "dialect": _text,
    "status": _whole,
    "headers": _headers,
    "body": _text,
    "delay": _number,
    "first_token": _number,
    "token_delay": _number,
    "end": _text,
    "after": _whole,
    "times": _whole,
    "match": _text,
    "model": _text,
    "sees": _text,
}
"""The keys of a [[reply]]: the fields of a Behaviour."""
DECISION: Mapping[str, Reader] = {
    "odds": _odds,
    **{name: REPLY[name] for name in ("status", "headers", "body", "delay")},
    **{name: REPLY[name] for name in ("times", "match", "model")},
}
"""The keys of a [[decision]]."""
LISTS: Mapping[str, Mapping[str, Reader]] = {"reply": REPLY, "decision": DECISION}
_SAYING = {"calls", "commentary", "items", "refusal"}
"""Keys that say something by themselves, without a text."""


# Where it stands --------------------------------------------------------------------------


def _line_of(text: str, key: str, where: tuple[str, int] | None) -> int:
    """Give the line of a key in the n-th [[reply]] or [[decision]], or before the first."""
    lines = text.splitlines()
    heads = [
        (found[1], n)
        for n, line in enumerate(lines)
        if (found := re.match(r"\s*\[\[\s*(\w+)\s*\]\]", line)) and found[1] in LISTS
    ]
    begin, end = 0, heads[0][1] if heads else len(lines)
    if where is not None:
        of_name = [place for place, (name, _) in enumerate(heads) if name == where[0]]
        if where[1] < len(of_name):
            place = of_name[where[1]]
            begin = heads[place][1]
            end = heads[place + 1][1] if place + 1 < len(heads) else len(lines)
        else:
            begin, end = 0, len(lines)
    spelled = re.compile(rf"""(^|[\s{{,.\[])["']?{re.escape(key)}["']?\s*[=\].]""")
    for number in range(begin, end):
        if spelled.search(lines[number]):
            return number + 1
    return begin + 1


def _lowered(words: str) -> str:
    return words[:1].lower() + words[1:]
