"""
The tools of `--tool`: JSON, a file, or one of the service's own by its name.

    {…} or […]                JSON
    @FILE, or a file's name   JSON in a file; a name that the service knows is no file
    NAME                      {"type": NAME}
    NAME:FIELD=VALUE,…        the same with the wire's own fields; FIELD.NAME nests

VALUE is JSON where it reads as JSON (3, true, ["a"], "a, b"), the content of @FILE, or a text;
the fields that are texts on the wire are texts whatever they look like. A name that nobody
knows is sent as it is, unless it looks like a file's, or nearly like a name that is known.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gradient_cli.ask import flag_values
from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

KNOWN = (
    "web_search", "web_fetch", "knowledge_base_retrieval", "mcp", "file_search",
    "code_interpreter", "image_generation", "computer_use_preview", "web_search_preview",
    "local_shell", "tool_search",
)  # fmt: skip
"""Tools that services are known to run; others are sent all the same."""
_TEXTS = frozenset(
    {
        "authorization", "connector_id", "knowledge_base_id", "name", "description",
        "server_description", "server_label", "server_url", "model", "api_key", "headers",
    }
)  # fmt: skip
"""Fields whose values are texts, and the names below `headers`."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_FIELD = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")
_JSON = re.compile(r'[\[{"]|-?[0-9]|(?:true|false|null)\Z')
NEAR = 0.88
"""How alike a name must be to one that is known to be taken for a slip."""

Note = Callable[[str], None]


def tools(values: Iterable[str], note: Note) -> tuple[Json, ...]:
    """
    Give the tools of `--tool`, in the wire's flat form; `note` tells what a reader should know.

    Raises:
        UsageError: no tool, no file, or a field that is none.

    """
    found: list[Json] = []
    for value in values:
        given = _given(value, note)
        found.extend(_tool(tool) for tool in (given if isinstance(given, list) else [given]))
    return tuple(found)


def _given(value: str, note: Note) -> Json:
    if value.lstrip()[:1] in {"{", "["} or value.startswith("@"):
        return flag_values.json_or_file("--tool", value)
    name, sign, fields = value.partition(":")
    is_name = _NAME.fullmatch(name) is not None
    if is_name and (name in KNOWN or (sign and "=" in fields)) and not os.path.exists(value):
        return _named(name, flag_values.utf8(fields), note)
    if name in KNOWN and not sign:
        return {"type": name}
    if os.path.exists(value) or not is_name or sign:
        return _from_file(value)
    return _unknown(name, note)


def _from_file(path: str) -> Json:
    try:
        return flag_values.json_or_file("--tool", path)
    except UsageError as error:
        if not os.path.exists(path):
            shown = f"{path.partition(':')[0]}:…" if "=" in path else path
            error.message = f'--tool "{shown[:60]}" is no JSON, no file, and no tool of a service'
            error.hint = "--tool FILE.json, --tool web_search, --tool web_search:max_uses=3"
        raise


def _unknown(name: str, note: Note) -> Json:
    """Give a tool of a name that is not known, unless something else was meant."""
    from difflib import get_close_matches

    _check_slip(name)
    beside = [found for ending in (".json", ".jsonc") if os.path.exists(found := name + ending)]
    if near := beside or get_close_matches(name, _files(), 1, 0.85):
        raise UsageError(
            f'--tool "{name}" is no file, and no tool that is known',
            hint=f'--tool {near[0]}; a service\'s tool of this name: \'{{"type": "{name}"}}\'',
        )
    note(f'note: --tool {name} is no file: it is sent as the service\'s own, {{"type": "{name}"}}')
    return {"type": name}


def _files() -> list[str]:
    try:
        return [path.name for path in Path().glob("*.json")]
    except OSError:
        return []


def _check_slip(name: str) -> None:
    from difflib import get_close_matches

    near = get_close_matches(name, KNOWN, 1, NEAR)
    if name not in KNOWN and near and not name.startswith(near[0]):
        raise UsageError(
            f'--tool "{name}" is not known; did you mean {near[0]}?',
            hint=f'if it is the service\'s own: --tool \'{{"type": "{name}"}}\'',
        )


# NAME:FIELD=VALUE,… ---------------------------------------------------------------------------


def _named(name: str, fields: str, note: Note) -> Json:
    _check_slip(name)
    tool: dict[str, Json] = {"type": name}
    if not fields:
        return tool
    for field, value in _pairs(name, fields):
        _put(tool, name, field, _value(name, field, value, note))
    return tool


def _pairs(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Give (field, value); a comma within quotes or brackets belongs to the value."""
    for part in _split(text):
        field, sign, value = part.partition("=")
        field = field.strip()
        if not sign or not _FIELD.fullmatch(field) or not value.strip():
            raise UsageError(
                f'--tool {name}: "{_shown(part)}" is not FIELD=VALUE',
                hint=f"--tool {name}:FIELD=VALUE,…; a comma within a value: "
                'FIELD=\'"a,b"\', a list: FIELD=\'["a","b"]\'',
            )
        yield field, value.strip()


def _split(text: str) -> Iterator[str]:
    depth, start, is_quoted, is_escaped = 0, 0, False, False
    for place, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_quoted:
            is_escaped = character == "\\"
            is_quoted = character != '"'
        elif character == '"' and text[place - 1] in "=[{,: ":
            is_quoted = True
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and depth <= 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _value(name: str, field: str, value: str, note: Note) -> Json:
    from gradient_cli.wire.tool_secrets import is_secret

    steps = field.split(".")
    if value.startswith("@"):
        try:
            text = flag_values.text_or_file(value).strip()
        except UsageError as error:
            error.message = f"--tool {name}: {field}: {error.message}"
            raise
        if not text:
            raise UsageError(f"--tool {name}: {field}: {value[1:]} is empty")
        return text
    if is_secret(steps[0]):
        note(
            f"warning: --tool {name}: {field} can be read in the list of processes; "
            f"{field}=@FILE keeps it out of there"
        )
    if steps[0] in _TEXTS and value[0] not in '"{':
        return value
    if _JSON.match(value) is None:
        return value
    try:
        return flag_values.parse_json(f"--tool {name}: {field}", value)
    except UsageError:
        # 5f0c-… begins like a number; a bracket or a quotation mark means JSON.
        if value[0] in '[{"':
            raise
        return value


def _put(tool: dict[str, Json], name: str, field: str, value: Json) -> None:
    *path, last = field.split(".")
    holder = tool
    for step in path:
        holder = holder.setdefault(step, {})
        if not isinstance(holder, dict):
            raise UsageError(f"--tool {name}: {field}: what it leads into is no object")
    if last in holder:
        raise UsageError(f"--tool {name}: {field} is given twice")
    holder[last] = value


def _shown(part: str) -> str:
    """Give a part of a tool as an error may show it: the name of a field, no value."""
    found = re.match(r"[A-Za-z_]{0,30}", part.strip())
    name = found[0] if found else ""
    return name if name == part else f"{name}…"


# Definitions ----------------------------------------------------------------------------------


def _tool(tool: Json) -> Json:
    """Give a definition flat; the form of the chat endpoint is {type, function: {…}}."""
    if isinstance(tool, dict):
        inner = tool.get("function")
        flat = {"type": "function", **(inner if isinstance(inner, dict) else tool)}
        if flat.get("type") != "function" or isinstance(flat.get("name"), str):
            return flat
    fields = f"its fields: {', '.join(tool)[:60]}" if isinstance(tool, dict) else "it is no object"
    raise UsageError(
        f"--tool: a function without a name; {fields}",
        hint='{"type": "function", "name": "get_weather", "parameters": {"type": "object", …}}',
    )
