"""
What came back from the functions that a reply has called: the outputs in a request.

    {"type":"function_call","name":NAME,"call_id":ID}, {"type":"function_call_output","call_id":ID}
    {"role":"assistant","tool_calls":[…]}, {"role":"tool","tool_call_id":ID}      chat-like

Only those behind the user's last words count: earlier ones belong to earlier turns.
"""

from collections.abc import Iterator, Mapping

from gradient_cli.values import record
from gradient_cli.wire.json import Json, dumps


@record
class Result:
    """The output of one call."""

    name: str
    """The function, "" where the request does not say which call that was."""
    text: str


def results_of(request: Json) -> list[Result]:
    """Give the outputs that a request brings back, in its order."""
    given = request.get("input") if isinstance(request, dict) else None
    names: dict[str, str] = {}
    found: list[Result] = []
    for item in given if isinstance(given, list) else []:
        if not isinstance(item, dict):
            continue
        names.update(_called(item))
        if _is_output(item):
            call_id = item.get("call_id", item.get("tool_call_id"))
            name = names.get(call_id, "") if isinstance(call_id, str) else ""
            found.append(Result(name, text_of(item.get("output", item.get("content")))))
        elif item.get("role") == "user":
            found = []
    return found


def result_text(request: Json, name: str) -> str:
    """Give what a function gave, each call's on lines of its own; of any, if `name` is empty."""
    found = [one.text for one in results_of(request) if not name or one.name == name]
    return "\n".join(found) if found else f"(no result of {name or 'a tool'})"


def text_of(content: Json) -> str:
    """Give the text of an output or of a message: a string, parts, or anything else as JSON."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return "" if content is None else dumps(content)
    parts = (part.get("text") for part in content if isinstance(part, dict))
    return "".join(part for part in parts if isinstance(part, str))


def _is_output(item: Mapping[str, Json]) -> bool:
    kind = item.get("type")
    return item.get("role") == "tool" or (isinstance(kind, str) and kind.endswith("_call_output"))


def _called(item: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Give (call id, name) of the calls that an item repeats."""
    name, call_id = item.get("name"), item.get("call_id")
    if isinstance(name, str) and isinstance(call_id, str):
        yield call_id, name
    calls = item.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and isinstance(call.get("id"), str):
            yield call["id"], name
