"""
Which tool the model must use: a word of the user's, and the wire's form of it.

    none, auto, required    as they are
    NAME of a function      {type, name}, and {function: {name}} beside it
    NAME of a custom tool   {type: custom, name}
    a service's tool        {type: web_search}; of an MCP server, by its label too
"""

from collections.abc import Mapping

from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

PLAIN_CHOICES = ("none", "auto", "required")


def choice_of(choice: str, tools: Json) -> Json:
    """
    Give the wire's form of a choice; `tools` are those that are offered.

    The endpoint documents {type, function: {name}}; vLLM and OpenAI read {type, name}.
    A named function is sent with both, so that each finds its own.
    """
    if choice in PLAIN_CHOICES:
        return choice
    offered = _objects(tools)
    named = [tool for tool in offered if _name(tool) == choice]
    if any(tool.get("type") == "custom" for tool in named):
        return {"type": "custom", "name": choice}
    if not named and (of_service := _of_service(choice, offered)):
        return of_service
    return {"type": "function", "name": choice, "function": {"name": choice}}


def _of_service(choice: str, offered: list[Mapping[str, Json]]) -> dict[str, Json] | None:
    for tool in offered:
        kind, label = tool.get("type"), tool.get("server_label")
        if kind not in (None, "function") and choice in (kind, label):
            return {"type": kind, "server_label": label} if label else {"type": kind}
    return None


def check_choice(choice: str | None, tools: Json) -> None:
    """
    Refuse a choice of a tool that is not offered.

    Raises:
        UsageError: names the choice and the tools.

    """
    if choice is None or choice in PLAIN_CHOICES:
        return
    offered = _objects(tools)
    kinds = [tool.get("type") for tool in offered if tool.get("type") not in (None, "function")]
    labels = [tool.get("server_label") for tool in offered]
    names = [*map(_name, offered), *kinds, *labels]
    if choice not in names:
        given = ", ".join(dict.fromkeys(str(name) for name in names if name)) or "none"
        raise UsageError(
            f'--tool-choice "{choice}" is no tool of this request; its tools: {given}',
            hint="--tool defines one; or none, auto, required",
        )


def _objects(tools: Json) -> list[Mapping[str, Json]]:
    found = tools if isinstance(tools, list | tuple) else []
    return [tool for tool in found if isinstance(tool, Mapping)]


def _name(tool: Mapping[str, Json]) -> Json:
    function = tool.get("function")
    return tool.get("name") or (function.get("name") if isinstance(function, Mapping) else None)
