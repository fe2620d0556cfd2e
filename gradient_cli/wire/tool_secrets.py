"""
What of a service's tool is nobody's business: tokens and headers with which it goes elsewhere.

    {"type": "mcp", "server_url": …, "authorization": TOKEN, "headers": {NAME: TOKEN}}

They are sent, and stand nowhere else: not in what is printed, recorded or told of a request.
The parameters of a function are a schema, in which such names mean nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

HIDDEN = "[hidden]"
"""What stands in the place of a secret."""
SHORTEST = 8
"""Characters of a secret that is looked for anywhere; shorter ones may be words."""
_NAMES = frozenset(
    {"authorization", "headers", "api_key", "access_token", "token", "password", "client_secret"}
)

_SCHEMAS = frozenset({"parameters", "input_schema", "schema"})


def is_secret(field: str) -> bool:
    """Tell whether a field of a service's tool holds a secret."""
    return field.lower() in _NAMES


def secret_fields(tool: Mapping[str, Json]) -> Iterator[str]:
    """Give the names of a tool's fields that hold secrets."""
    return (name for name in tool if is_secret(name))


def hidden(body: Json, mark: str = HIDDEN) -> Json:
    """Give a request's or a response's body without its tools' secrets; itself if it has none."""
    if not isinstance(body, Mapping):
        return body
    changed = {"tools": _hidden_tools(body["tools"], mark)} if body.get("tools") else {}
    if isinstance(response := body.get("response"), Mapping):
        changed["response"] = hidden(response, mark)
    return {**body, **changed} if any(body[name] is not changed[name] for name in changed) else body


def secrets_of(body: Json) -> tuple[str, ...]:
    """Give the secrets of a request's tools, each once, the longest first."""
    found: set[str] = set()
    for _, secret in _named(body):
        found.add(secret)
        # `Bearer TOKEN`: a server may repeat the token alone.
        found.add(secret.rpartition(" ")[2])
    return tuple(sorted(filter(None, found), key=lambda s: (-len(s), s)))


def short_secrets_of(body: Json) -> tuple[tuple[str, str], ...]:
    """Give (field, secret) of those that may be words: hidden where the field is repeated."""
    short = ((name, secret) for name, secret in _named(body) if 0 < len(secret) < SHORTEST)
    return tuple(dict.fromkeys(short))


def without_echoes(data: bytes, named: Iterable[tuple[str, str]]) -> bytes:
    """Give JSON, however it is framed, without these fields' values."""
    for name, secret in named:
        field, value = (re.escape(json.dumps(one)[1:-1].encode()) for one in (name, secret))
        found = re.compile(rb'("(?i:%s)"\s*:\s*)"%s"' % (field, value))
        data = found.sub(lambda match: match[1] + b'"%s"' % HIDDEN.encode(), data)
    return data


def check_secrets(tools: Json) -> None:
    """
    Refuse a mark where a secret should stand: somebody sends what was printed.

    Raises:
        UsageError: there is one.

    """
    if any(secret == HIDDEN for _, secret in _named({"tools": tools})):
        raise UsageError(
            f"a tool's secret is {HIDDEN}: this is what --dry-run prints",
            hint="put the secret in its place, or give the tool by --tool",
        )


def _hidden_tools(value: Json, mark: str) -> Json:
    """Give a tool, a list of them, or a part of one, the very same where nothing is to hide."""
    if isinstance(value, list | tuple):
        inner = [_hidden_tools(one, mark) for one in value]
        is_same = all(a is b for a, b in zip(inner, value, strict=True))
        return value if is_same else inner
    if not isinstance(value, Mapping) or _is_function(value):
        return value
    made = {name: _hidden_field(name, one, mark) for name, one in value.items()}
    return value if all(made[name] is value[name] for name in made) else made


def _hidden_field(name: str, value: Json, mark: str) -> Json:
    if is_secret(name):
        return _masked(value, mark)
    return value if name in _SCHEMAS else _hidden_tools(value, mark)


def _is_function(tool: Mapping[str, Json]) -> bool:
    return tool.get("type") == "function"


def _masked(value: Json, mark: str) -> Json:
    """Give a secret as it is shown; of headers the names stay."""
    if isinstance(value, Mapping):
        return {name: _masked(one, mark) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one, mark) for one in value]
    return value if value in (None, "") else mark


def _named(body: Json) -> Iterator[tuple[str, str]]:
    """Give (field, secret) of all that a request's tools hold."""
    tools = body.get("tools") if isinstance(body, Mapping) else None
    return _secrets(tools) if tools else iter(())


def _secrets(value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one)
    elif isinstance(value, Mapping) and not _is_function(value):
        for name, one in value.items():
            if is_secret(name):
                yield from _texts(name, one)
            elif name not in _SCHEMAS:
                yield from _secrets(one)


def _texts(name: str, value: Json) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case Mapping():
            for inner, one in value.items():
                yield from _texts(inner, one)
        case list() | tuple():
            for one in value:
                yield from _texts(name, one)
