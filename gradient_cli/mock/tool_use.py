"""
A model that uses what it is offered: the demo's, and replies with `obey_tools`.

    a function, no result yet      it is called, with a small instance of its parameters
    a function, and its result     the answer repeats the result
    a service's tool               it is used before the answer, which cites a made-up page
"""

from collections.abc import Mapping

from gradient_cli.mock.instance import instance
from gradient_cli.mock.tool_outputs import results_of
from gradient_cli.values import record
from gradient_cli.wire.json import Json, dumps

PAGE = {
    "type": "url_citation",
    "url": "https://docs.example.com/canned",
    "title": "A canned page; nothing was searched",
}
_SEARCHES = ("search", "retrieval", "fetch")


@record
class ToolUse:
    """What is done with the tools of a request."""

    calls: tuple[Mapping[str, str], ...] = ()
    server_calls: tuple[Mapping[str, Json], ...] = ()
    annotations: tuple[Mapping[str, Json], ...] = ()
    prefix: str = ""
    """What the answer begins with."""

    @property
    def is_call(self) -> bool:
        """Whether nothing is said, because functions are called."""
        return bool(self.calls)


def tool_use(request: Mapping[str, Json], prompt: str) -> ToolUse:
    """Give what is done with the tools that a request offers."""
    tools = request.get("tools")
    offered = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    if request.get("tool_choice") == "none" or not offered:
        return ToolUse()
    results = results_of(request)
    functions = [tool for tool in offered if tool.get("type", "function") == "function"]
    wanted = _chosen(request.get("tool_choice"))
    called = [tool for tool in functions if wanted in (None, tool.get("name"))]
    if called and not results:
        return ToolUse(calls=(_call(called[0]),))
    said = "".join(f"{one.name or 'The tool'} gave: {one.text}\n" for one in results)
    work = [item for tool in offered if tool not in functions for item in _work(tool, prompt)]
    cited = (PAGE,) if work else ()
    return ToolUse((), tuple(work), cited, f"{said}\n" if said else "")


def _chosen(choice: Json) -> str | None:
    name = choice.get("name") if isinstance(choice, dict) else None
    return name if isinstance(name, str) else None


def _call(tool: Mapping[str, Json]) -> dict[str, str]:
    arguments = instance(tool.get("parameters"))
    return {
        "name": str(tool.get("name")),
        "arguments": dumps(arguments if isinstance(arguments, dict) else {}),
    }


def _work(tool: Mapping[str, Json], prompt: str) -> list[dict[str, Json]]:
    kind = str(tool.get("type"))
    if kind == "mcp":
        label = {"server_label": tool.get("server_label")}
        call = {"name": "canned", "arguments": "{}", "output": "nothing was asked"}
        return [
            {"type": "mcp_list_tools", **label, "tools": []},
            {"type": "mcp_call", **label, **call},
        ]
    item: dict[str, Json] = {"type": f"{kind}_call"}
    if kind.startswith("web_search"):
        item = {"type": "web_search_call"}
    if any(word in kind for word in _SEARCHES):
        item["action"] = {"type": "search", "query": " ".join(prompt.split())[:60]}
    return [item]
