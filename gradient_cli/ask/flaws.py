"""
Why a complete reply may yet be no answer: one place decides it for respond, check and batch.

    it is refused                      1   --allow-refusal takes the words
    it waits, or is not finished       8   an approval, a custom tool, a message
    it calls what was not offered      1   or with arguments that do not fit
    it is empty                        1   --allow-empty takes it
    it used every token it might       8   unless what was expected proves it whole
"""

from collections.abc import Iterator, Mapping

from gradient_cli.ask.exchange import Outcome
from gradient_cli.errors import GradientError, IncompleteAnswer, NoAnswer
from gradient_cli.values import record
from gradient_cli.wire.calls import ToolCall, parsed_arguments
from gradient_cli.wire.events import is_count
from gradient_cli.wire.items import call_words
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import Request
from gradient_cli.wire.response import Reading, Response

LIMITS = ("max_output_tokens", "max_tokens", "max_completion_tokens")
MOST_WORDS = 300
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"), " ")


@record(kw_only=True)
class Allowed:
    """What is taken for an answer although it is none by itself."""

    incomplete: bool = False
    empty: bool = False
    refusal: bool = False
    tags: bool = False
    """Reasoning that stands in the text stays there."""

    def reading(self, *, is_printed: bool = False) -> Reading:
        """Give how an answer is read."""
        return Reading(
            splits_markup=not self.tags, refusal_is_text=self.refusal, is_printed=is_printed
        )


def terms_of(request: Request) -> dict[str, Json]:
    """Give what a request says that bears on judging its answer, for judging it later."""
    body = request.body()
    terms = {name: body[name] for name in (*LIMITS, "tool_choice", "prompt") if name in body}
    tools = [
        {"name": name, "parameters": wanted}
        for name, wanted in offered_functions(body.get("tools"))
    ]
    return {**terms, "tools": tools}


def accepted(outcome: Outcome, allowed: Allowed) -> Outcome:
    """Give the outcome without its error, where a cut by a limit is allowed."""
    is_limit = outcome.response.status == "incomplete"
    if allowed.incomplete and is_limit and isinstance(outcome.error, IncompleteAnswer):
        from dataclasses import replace

        return replace(outcome, error=None)
    return outcome


def flaw(request: Request | None, response: Response, allowed: Allowed) -> GradientError | None:
    """Give why a complete reply is no answer, or None; `request`: None where nobody kept it."""
    if response.refusal and not allowed.refusal:
        return NoAnswer(
            f'the model refused: "{_shortened(response.refusal)}"',
            hint="--allow-refusal takes its words for the answer",
        )
    if waiting := _waiting(response, allowed):
        return waiting
    if response.tool_calls:
        return _bad_call(request, response) if request else _unfit(response.tool_calls, {})
    if not allowed.empty and is_blank(response.text):
        return _empty(request, response)
    return None


def silent_cut(
    request: Request | None, response: Response, allowed: Allowed
) -> IncompleteAnswer | None:
    """
    Give the error for an answer that used exactly the tokens that it might, or None.

    llama.cpp calls such an answer completed. More than the limit says nothing: it was not obeyed.
    """
    limit = _used_up(request, response)
    if limit is None or allowed.incomplete or response.tool_calls:
        return None
    return IncompleteAnswer(
        f"the answer used {_all_tokens(limit)} that it may have, so it may be cut, "
        "although the service calls it complete",
        hint="raise --max-output-tokens, or accept it with --allow-incomplete",
    )


def is_blank(text: str) -> bool:
    """Tell whether a text shows nothing."""
    return not text.translate(_INVISIBLE).strip() if len(text) < 10_000 else not text.strip()


def _used_up(request: Request | None, response: Response) -> int | None:
    """Give the limit of tokens if the answer used exactly so many."""
    used = response.usage.output_tokens if response.usage else None
    if used is None or request is None:
        return None
    body = request.body()
    sent = [body.get(name) for name in LIMITS]
    return used if any(is_count(limit) and limit == used for limit in sent) else None


def sent_limit(request: Request) -> int | None:
    """Give the limit of tokens that a request carries; None for none."""
    body = request.body()
    return next((body[name] for name in LIMITS if is_count(body.get(name))), None)


def _all_tokens(count: int) -> str:
    return "the one token" if count == 1 else f"all {count:,} tokens"


def _empty(request: Request | None, response: Response) -> NoAnswer:
    accept = "--allow-empty accepts it"
    if response.reasoning and (limit := _used_up(request, response)) is not None:
        return NoAnswer(
            f"the answer is empty: reasoning used up {_all_tokens(limit)} that it may have",
            hint="raise --max-output-tokens",
        )
    if response.server_calls:
        from gradient_cli.render.sources import name_of

        return NoAnswer(
            "the answer is empty: the service did work of its own "
            f"({name_of(response.server_calls[-1])}), and the model said nothing",
            hint=f"--json shows it as `server_calls`; {accept}",
        )
    if response.commentary:
        return NoAnswer(
            "the answer is empty: the model only commented on what it does",
            hint=f"--show-reasoning shows it; {accept}",
        )
    if response.reasoning:
        return NoAnswer(
            "the answer is empty: the model only reasoned",
            hint=f"--show-reasoning shows it; {accept}",
        )
    return NoAnswer("the answer is empty", hint=accept)


def _waiting(response: Response, allowed: Allowed) -> IncompleteAnswer | None:
    for item in response.pending:
        kind, name = item.get("type"), item.get("name")
        named = f' "{_shortened(name)}"' if isinstance(name, str) and name else ""
        if kind == "message" and allowed.incomplete:
            continue
        if kind == "message":
            return IncompleteAnswer(
                "the answer is not finished: the service calls its message incomplete",
                hint="try again, or accept it with --allow-incomplete",
            )
        if kind == "function_call":
            return IncompleteAnswer(
                f"the call of{named or ' a function'} is not finished", hint="try again"
            )
        if kind == "mcp_approval_request":
            return IncompleteAnswer(
                f"the answer waits: the service asks whether it may call{named or ' a tool'}",
                hint="require_approval=never in --tool mcp:… lets it call without asking",
            )
        return IncompleteAnswer(f"the answer waits for the result of {call_words(item)}{named}")
    return None


# Function calls -------------------------------------------------------------------------------


def _bad_call(request: Request, response: Response) -> NoAnswer | None:
    """Give what is wrong with the first call that was not offered, or does not fit."""
    body = request.body()
    if body.get("prompt") is not None:
        return _unfit(response.tool_calls, {})  # a stored prompt has tools that nobody sees here
    offered = dict(offered_functions(body.get("tools")))
    choice = allowed_names(body.get("tool_choice"))
    for call in response.tool_calls:
        named = f'the model called "{_shortened(call.name)}"'
        if choice == ():
            return NoAnswer(f"{named}, although --tool-choice is none")
        if call.name not in offered:
            tools = ", ".join(offered) or "none"
            return NoAnswer(
                f"{named}, which is no tool of this request", hint=f"its tools: {tools}"
            )
        if choice is not None and call.name not in choice:
            return NoAnswer(f"{named}; --tool-choice allows only {', '.join(choice)}")
    return _unfit(response.tool_calls, offered)


def _unfit(calls: tuple[ToolCall, ...], offered: Mapping[str, Json]) -> NoAnswer | None:
    for call in calls:
        arguments = parsed_arguments(call.arguments)
        if arguments is None:
            return NoAnswer(f'the arguments of "{_shortened(call.name)}" are no JSON object')
        parameters = offered.get(call.name)
        if isinstance(parameters, Mapping) and parameters:
            from gradient_cli.expect.arguments import complaint

            if wrong := complaint(parameters, call.arguments):
                return NoAnswer(
                    f'the arguments of "{_shortened(call.name)}" do not fit its parameters: {wrong}'
                )
    return None


def offered_functions(tools: Json) -> Iterator[tuple[str, Json]]:
    """Give (name, parameters) of each function that may be called, those of namespaces too."""
    for tool in tools if isinstance(tools, list) else []:
        if not isinstance(tool, Mapping):
            continue
        yield from offered_functions(tool.get("tools"))
        inner = tool.get("function")
        function = inner if isinstance(inner, Mapping) else tool
        if tool.get("type") in (None, "function") and isinstance(function.get("name"), str):
            yield function["name"], function.get("parameters")


def allowed_names(choice: Json) -> tuple[str, ...] | None:
    """Give the names of the functions that may be called: () for none, None for all."""
    if choice == "none":
        return ()
    if not isinstance(choice, Mapping):
        return None
    if choice.get("type") == "none":
        return ()
    if choice.get("type") == "allowed_tools":
        return tuple(name for name, _ in offered_functions(choice.get("tools"))) or None
    inner = choice.get("function")
    name = choice.get("name") or (inner.get("name") if isinstance(inner, Mapping) else None)
    return (name,) if choice.get("type") == "function" and isinstance(name, str) else None


def _shortened(words: str) -> str:
    text = " ".join(words.split())
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
