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
from typing import Protocol

from gradient_cli.ask import flag_values
from gradient_cli.errors import UsageError
from gradient_cli.terminal.intake import read_short_file
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


class Files(Protocol):
    """Where files are read."""

    def read_short(self, name: str) -> str:
        """Give a file; UsageError if it cannot be had."""

    def is_file(self, name: str) -> bool:
        """Tell whether there is one of this name."""


class Reader:
    """Reads tools as they are written on a command line, or in a suite."""

    def __init__(self, note: Note, files: Files | None = None, flag: str = "--tool") -> None:
        """`note` tells what a reader should know; `flag` is how errors name a tool."""
        self._note = note
        self._files = files or _Here()
        self._flag = flag

    def tools(self, values: Iterable[Json]) -> tuple[Json, ...]:
        """
        Give the tools in the wire's flat form; a value is a text, or a definition itself.

        Raises:
            UsageError: no tool, no file, or a field that is none.

        """
        found: list[Json] = []
        for value in values:
            given = self._given(value) if isinstance(value, str) else value
            found.extend(map(self._tool, given if isinstance(given, list) else [given]))
        return tuple(found)

    def _given(self, value: str) -> Json:
        if value.lstrip()[:1] in {"{", "["}:
            return flag_values.parse_json(self._flag, flag_values.utf8(value))
        if value.startswith("@"):
            return self._from_file(value[1:], value)
        name, sign, fields = value.partition(":")
        is_name = _NAME.fullmatch(name) is not None
        if is_name and (name in KNOWN or (sign and "=" in fields)) and not self._is_there(value):
            return self._named(name, flag_values.utf8(fields))
        if name in KNOWN and not sign:
            return {"type": name}
        if self._is_there(value) or not is_name or sign:
            return self._from_file(value, value)
        return self._unknown(name)

    def _is_there(self, name: str) -> bool:
        return self._files.is_file(name)

    def _from_file(self, path: str, value: str) -> Json:
        if not self._is_there(path):
            shown = f"{value.partition(':')[0]}:…" if "=" in value else value
            raise UsageError(
                f'{self._flag} "{shown[:60]}" is no JSON, no file, and no tool of a service',
                hint=f"{self._flag} FILE.json, {self._flag} web_search, "
                f"{self._flag} web_search:max_uses=3",
            )
        return flag_values.parse_json(f'{self._flag} "{path}"', self._files.read_short(path))

    def _unknown(self, name: str) -> Json:
        """Give a tool of a name that is not known, unless something else was meant."""
        self._check_slip(name)
        beside = [found for end in (".json", ".jsonc") if self._is_there(found := name + end)]
        if near := beside or self._near_files(name):
            raise UsageError(
                f'{self._flag} "{name}" is no file, and no tool that is known',
                hint=f"{self._flag} {near[0]}; a service's tool of this name: "
                f'\'{{"type": "{name}"}}\'',
            )
        self._note(
            f"note: {self._flag} {name} is no file: it is sent as the service's own, "
            f'{{"type": "{name}"}}'
        )
        return {"type": name}

    def _near_files(self, name: str) -> list[str]:
        from difflib import get_close_matches

        if not isinstance(self._files, _Here):
            return []
        try:
            names = [path.name for path in Path().glob("*.json")]
        except OSError:
            return []
        return get_close_matches(name, names, 1, 0.85)

    def _check_slip(self, name: str) -> None:
        from difflib import get_close_matches

        near = get_close_matches(name, KNOWN, 1, NEAR)
        if name not in KNOWN and near and not name.startswith(near[0]):
            raise UsageError(
                f'{self._flag} "{name}" is not known; did you mean {near[0]}?',
                hint=f'if it is the service\'s own: \'{{"type": "{name}"}}\'',
            )

    # NAME:FIELD=VALUE,… -----------------------------------------------------------------------

    def _named(self, name: str, fields: str) -> Json:
        self._check_slip(name)
        tool: dict[str, Json] = {"type": name}
        flag = f"{self._flag} {name}"
        for field, value in _pairs(flag, name, fields) if fields else ():
            _put(tool, flag, field, self._value(flag, field, value))
        return tool

    def _value(self, flag: str, field: str, value: str) -> Json:
        from gradient_cli.wire.tool_secrets import is_secret

        step = field.partition(".")[0]
        if value.startswith("@"):
            return self._content(flag, field, value)
        if is_secret(step):
            self._note(
                f"warning: {flag}: {field} can be read in the list of processes; "
                f"{field}=@FILE keeps it out of there"
            )
        if (step in _TEXTS and value[0] not in '"{') or _JSON.match(value) is None:
            return value
        try:
            return flag_values.parse_json(f"{flag}: {field}", value)
        except UsageError:
            # 5f0c-… begins like a number; a bracket or a quotation mark means JSON.
            if value[0] in '[{"':
                raise
            return value

    def _content(self, flag: str, field: str, value: str) -> str:
        try:
            text = flag_values.text_or_file(value, self._files.read_short).strip()
        except UsageError as error:
            error.message = f"{flag}: {field}: {error.message}"
            raise
        if not text:
            raise UsageError(f"{flag}: {field}: {value[1:]} is empty")
        return text

    def _tool(self, tool: Json) -> Json:
        """Give a definition flat; the form of the chat endpoint is {type, function: {…}}."""
        if isinstance(tool, dict):
            inner = tool.get("function")
            flat = {"type": "function", **(inner if isinstance(inner, dict) else tool)}
            if flat.get("type") != "function" or isinstance(flat.get("name"), str):
                return flat
        fields = (
            f"its fields: {', '.join(tool)[:60]}" if isinstance(tool, dict) else "it is no object"
        )
        raise UsageError(
            f"{self._flag}: a function without a name; {fields}",
            hint='{"type": "function", "name": "get_weather", "parameters": {"type": "object", …}}',
        )


class _Here:
    """Files as the user names them."""

    def read_short(self, name: str) -> str:
        return read_short_file(name)

    def is_file(self, name: str) -> bool:
        return os.path.exists(name)


def _pairs(flag: str, name: str, text: str) -> Iterator[tuple[str, str]]:
    """Give (field, value); a comma within quotes or brackets belongs to the value."""
    for part in _split(text):
        field, sign, value = part.partition("=")
        field = field.strip()
        if not sign or not _FIELD.fullmatch(field) or not value.strip():
            raise UsageError(
                f'{flag}: "{_shown(part)}" is not FIELD=VALUE',
                hint=f"{name}:FIELD=VALUE,…; a comma within a value: "
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


def _put(tool: dict[str, Json], flag: str, field: str, value: Json) -> None:
    *path, last = field.split(".")
    holder = tool
    for step in path:
        holder = holder.setdefault(step, {})
        if not isinstance(holder, dict):
            raise UsageError(f"{flag}: {field}: what it leads into is no object")
    if last in holder:
        raise UsageError(f"{flag}: {field} is given twice")
    holder[last] = value


def _shown(part: str) -> str:
    """Give a part of a tool as an error may show it: the name of a field, no value."""
    found = re.match(r"[A-Za-z_]{0,30}", part.strip())
    name = found[0] if found else ""
    return name if name == part else f"{name}…"
