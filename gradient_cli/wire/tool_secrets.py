"""
What of a service's tool is nobody's business: tokens and headers with which it goes elsewhere.

    {"type": "mcp", "server_url": …, "authorization": TOKEN, "headers": {NAME: TOKEN}}

They are sent, and stand nowhere else: not in what is printed, recorded or told of a request.
The parameters of a function are a schema, in which such names mean nothing.
"""

from collections.abc import Iterator, Mapping

from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

HIDDEN = "[hidden]"
"""What stands in the place of a secret."""
SHORTEST = 8
"""Characters of a secret that is looked for in what a server says; shorter ones may be words."""
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
    tools = body.get("tools") if isinstance(body, Mapping) else None
    found: set[str] = set()
    for secret in _secrets(tools) if tools else ():
        found.add(secret)
        # `Bearer TOKEN`: a server may repeat the token alone.
        found.add(secret.rpartition(" ")[2])
    return tuple(sorted((one for one in found if len(one) >= SHORTEST), key=lambda s: (-len(s), s)))


def check_secrets(tools: Json) -> None:
    """
    Refuse a mark where a secret should stand: somebody sends what was printed.

    Raises:
        UsageError: there is one.

    """
    if HIDDEN in _secrets(tools):
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


def _secrets(value: Json) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one)
    elif isinstance(value, Mapping) and not _is_function(value):
        for name, one in value.items():
            if is_secret(name):
                yield from _texts(one)
            elif name not in _SCHEMAS:
                yield from _secrets(one)


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for one in value.values():
                yield from _texts(one)
        case list() | tuple():
            for one in value:
                yield from _texts(one)
