"""
What to do about the function calls of an answer: pure, nothing is started here.

    not complete, a refusal, something waits     Rest: it is judged as it is
    no calls, or some that others answer         Rest: the calls are the answer, as ever
    a call that was not offered or not allowed   Rest: `ask.flaws` says what is wrong with it
    more calls than are allowed                  Enough: status 8, none of them is run
    else                                         Answer: each is run, or told why it is not
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from gradient_cli.ask.conversation import answer_items, user_item
from gradient_cli.ask.exchange import Outcome
from gradient_cli.ask.flaws import allowed_names, offered_functions
from gradient_cli.errors import IncompleteAnswer
from gradient_cli.expect.arguments import Arguments, read_arguments
from gradient_cli.programs.command import Command
from gradient_cli.values import record
from gradient_cli.wire.calls import Step, ToolCall
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request
from gradient_cli.wire.response import Response


@record
class Rest:
    """Nothing is to be run."""

    note: str = ""
    """What people should know of it."""


@record
class Enough:
    """Too much is asked for."""

    error: IncompleteAnswer


@record
class Task:
    """A call, and the program that answers it if its arguments fit."""

    call: ToolCall
    program: Command
    arguments: Arguments


@record
class Answer:
    """The calls to answer, in their order."""

    tasks: tuple[Task, ...]


Move = Rest | Enough | Answer


def next_move(
    request: Request, outcome: Outcome, programs: Mapping[str, Command], *, count: int, most: int
) -> Move:
    """Decide about an outcome, after `count` calls of at most `most`."""
    response = outcome.response
    calls = response.tool_calls
    if outcome.error or not calls or response.refusal or response.pending:
        return Rest()
    body = request.body()
    definitions = _definitions(body.get("tools"))
    choice = allowed_names(body.get("tool_choice"))
    if any(call.name not in definitions or not _is_allowed(call, choice) for call in calls):
        return Rest()
    if strange := [call.name for call in calls if call.name not in programs]:
        note = f"note: no --run-tool answers {strange[0]}, so none of the {len(calls)} calls is run"
        return Rest(note if len(strange) < len(calls) else "")
    if count + len(calls) > most:
        wanted = f"{count + len(calls):,} function calls; --max-tool-calls is {most:,}"
        return Enough(
            IncompleteAnswer(
                f"the model asks for {wanted}",
                hint="raise --max-tool-calls N, if it was on its way to an answer",
                code="max_tool_calls",
            )
        )
    return Answer(
        tuple(
            Task(call, programs[call.name], read_arguments(definitions[call.name], call.arguments))
            for call in calls
        )
    )


def _definitions(tools: Json) -> Mapping[str, list[Json]]:
    """Give the parameters of each function, those of all its definitions."""
    found: dict[str, list[Json]] = {}
    for name, parameters in offered_functions(tools):
        found.setdefault(name, []).append(parameters)
    return found


def _is_allowed(call: ToolCall, choice: tuple[str, ...] | None) -> bool:
    return choice is None or call.name in choice


# Asking again ---------------------------------------------------------------------------------


def said(response: Response, steps: tuple[Step, ...]) -> tuple[Json, ...]:
    """Give what an answer with calls and their results add to a conversation."""
    return (*answer_items(response), *(step.as_item() for step in steps))


def asked_again(request: Request, added: tuple[Json, ...]) -> Request:
    """
    Give the request that goes on from here.

    A tool choice that makes the model call is met by now: kept, it would call for ever.
    """
    body = request.body()
    params = {
        name: value
        for name, value in request.params.items()
        if name.split(".")[0] not in {"input", "tool_choice"}
    }
    if freed := _freed(body.get("tool_choice")):
        params["tool_choice"] = freed
    return replace(
        request, input=(*_items(body.get("input")), *added), params=params, tool_choice=None
    )


def _items(given: Json) -> list[Json]:
    """Give an input as items."""
    if isinstance(given, LongText):
        given = json.loads(b'"' + b"".join(given.chunks) + b'"')
    if isinstance(given, str):
        return [user_item(given)] if given else []
    return list(given) if isinstance(given, list | tuple) else []


def _freed(choice: Json) -> Json:
    """Give a tool choice that leaves it to the model whether it calls."""
    if choice is None or choice in ("none", "auto"):
        return choice
    if isinstance(choice, Mapping) and choice.get("type") == "allowed_tools":
        return {**choice, "mode": "auto"}
    if isinstance(choice, Mapping) and choice.get("type") == "none":
        return choice
    return "auto"
