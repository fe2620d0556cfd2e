"""
What a service does by itself, in the typed dialect: the events between an item's begin and end.

    web_search_call     in_progress, searching, completed
    mcp_call            in_progress, mcp_call_arguments.delta, .done, completed
"""

from collections.abc import Iterator, Mapping

from gradient_cli.wire.json import Json

WORK_BEGINS_WITH = ("id", "type", "name", "server_label", "call_id", "action")
"""What an item says when it begins."""
_PHASES = {
    "web_search_call": "searching",
    "file_search_call": "searching",
    "code_interpreter_call": "interpreting",
    "image_generation_call": "generating",
}
_WRITTEN = {
    "mcp_call": ("arguments", "mcp_call_arguments"),
    "code_interpreter_call": ("code", "code_interpreter_call_code"),
    "custom_tool_call": ("input", "custom_tool_call_input"),
}
"""Kinds that the model writes something for -> the field, and the name of its events."""


def working(
    item: Mapping[str, Json], place: Mapping[str, Json]
) -> Iterator[tuple[str, dict[str, Json]]]:
    """Give (type, fields) of the events; `place` is what each of them names."""
    kind = str(item.get("type"))
    field, name = _WRITTEN.get(kind, ("", ""))
    has_phases = kind.endswith(("_call", "_list_tools")) and kind != "custom_tool_call"
    if has_phases:
        yield f"response.{kind}.in_progress", dict(place)
    if isinstance(text := item.get(field), str):
        yield f"response.{name}.delta", {**place, "delta": text}
        yield f"response.{name}.done", {**place, field: text}
    if phase := _PHASES.get(kind):
        yield f"response.{kind}.{phase}", dict(place)
    if has_phases:
        end = "failed" if item.get("status") == "failed" else "completed"
        yield f"response.{kind}.{end}", dict(place)
