"""
A behaviour applied to a request: what is said, in which pieces, and how it ends.

    behaviour + request ──► Answer
                            ├── parts   Thought, Speech, Refusal, Call: each in pieces of about
                            │           a word; Item: as it is
                            ├── end     as scripted, or incomplete where the token limit cut it
                            └── usage   a piece counts as a token

Pure: the dialects (`typed`, `chunks`) make JSON of it, and the server sends that.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from gradient_cli.mock.instance import instance_text
from gradient_cli.mock.script import Behaviour
from gradient_cli.mock.tool_outputs import result_text, text_of
from gradient_cli.mock.tool_use import ToolUse, tool_use
from gradient_cli.values import record
from gradient_cli.wire.json import Json
from gradient_cli.wire.response import ToolCall

_PIECE = re.compile(r"\s*\S+(?:\s+\Z)?|\s+")
_PLACE = re.compile(r"\{\{ (prompt|model|characters|tool)(?: ([^\s{}]+))? \}\}")
_ARGUMENT_PIECE = 8
"""Characters of a call's arguments that count as one piece."""
_NONE = ToolUse()


@record
class Thought:
    """Reasoning."""

    pieces: tuple[str, ...]


@record
class Speech:
    """A message of the answer."""

    pieces: tuple[str, ...]
    phase: str | None = None
    annotations: tuple[Mapping[str, Json], ...] = ()


@record
class Refusal:
    """Why there is no answer, in the model's words."""

    pieces: tuple[str, ...]


@record
class Call:
    """A function call; its arguments may be cut."""

    call: ToolCall
    pieces: tuple[str, ...]


@record
class Item:
    """An output item that the script gives as it is."""

    item: Mapping[str, Json]
    pieces: tuple[str, ...] = ()
    is_work: bool = False
    """The service's own work, which has a beginning and an end."""


Part = Thought | Speech | Refusal | Call | Item


@dataclass(frozen=True)
class Answer:
    """What the mock says to one request."""

    behaviour: Behaviour
    request: Mapping[str, Json]
    number: int
    """Which request of the server's life it answers; ids are made of it."""
    created: int
    """Seconds since the epoch."""

    @property
    def id(self) -> str:
        """The id of the response."""
        return f"resp_mock_{self.number}"

    @property
    def model(self) -> str:
        """The model, as asked for."""
        model = self.request.get("model")
        return model if isinstance(model, str) else "mock-small"

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Give what is said, as far as the token limit and the script let it come."""
        return tuple(_within(self._budget(), self._whole))

    @cached_property
    def _whole(self) -> tuple[Part, ...]:
        behaviour, use = self.behaviour, self._use
        if use.is_call:
            return tuple(self._called(use.calls))
        parts: list[Part] = []
        if behaviour.reasoning:
            parts.append(Thought(tuple(_PIECE.findall(behaviour.reasoning))))
        done = {"status": "completed"}
        work = (*behaviour.server_calls, *use.server_calls)
        parts.extend(Item({**done, **item}, is_work=True) for item in work)
        parts.extend(self._messages())
        if behaviour.refusal:
            parts.append(Refusal(tuple(_PIECE.findall(behaviour.refusal))))
        parts.extend(self._called(behaviour.calls))
        parts.extend(Item(item) for item in behaviour.items)
        return tuple(parts)

    @cached_property
    def _use(self) -> ToolUse:
        return (
            tool_use(self.request, prompt_of(self.request)) if self.behaviour.obey_tools else _NONE
        )

    def _called(self, calls: Iterable[Mapping[str, str]]) -> Iterator[Call]:
        for n, call in enumerate(calls):
            made = ToolCall(call["name"], call.get("arguments", "{}"), f"call_{self.number}_{n}")
            yield Call(made, _argument_pieces(made.arguments))

    def _messages(self) -> Iterator[Speech]:
        behaviour = self.behaviour
        phase = "final_answer" if behaviour.commentary else None
        if behaviour.commentary:
            yield Speech(tuple(_PIECE.findall(behaviour.commentary)), "commentary")
        texts = [text for text in (self._text(), *map(self._filled, behaviour.messages)) if text]
        for number, text in enumerate(texts, 1):
            cited = (*behaviour.annotations, *self._use.annotations) if number == len(texts) else ()
            yield Speech(tuple(_PIECE.findall(text)), phase, cited)

    def _text(self) -> str:
        if self.behaviour.obey_schema and (text := instance_text(self.request)) is not None:
            return text
        return self._use.prefix + self._filled(self.behaviour.text)

    def _filled(self, text: str) -> str:
        if "{{" not in text:
            return text
        prompt = prompt_of(self.request)
        known = {"prompt": prompt, "model": self.model, "characters": f"{len(prompt):,}"}

        def fill(place: re.Match[str]) -> str:
            if place[1] == "tool":
                return result_text(self.request, place[2] or "")
            return place[0] if place[2] else known[place[1]]

        return _PLACE.sub(fill, text)

    def _budget(self) -> int | None:
        """Give how many pieces may come; None is all."""
        limits = [self._limit]
        if self.behaviour.end != "completed":
            limits.append(self.behaviour.after)
        return min((limit for limit in limits if limit is not None), default=None)

    @property
    def _limit(self) -> int | None:
        for name in ("max_output_tokens", "max_tokens"):
            limit = self.request.get(name)
            if isinstance(limit, int) and not isinstance(limit, bool):
                return max(0, limit)
        return None

    @property
    def end(self) -> str:
        """How it ends, one of ENDS."""
        if self.behaviour.end != "completed" or self._limit is None:
            return self.behaviour.end
        is_cut = sum(len(part.pieces) for part in self._whole) > self._limit
        return "incomplete" if is_cut and not self.behaviour.hides_limit else "completed"

    @property
    def is_incomplete(self) -> bool:
        """Whether it is cut, and says so."""
        return self.end in {"incomplete", "incomplete-vllm"}

    @property
    def text(self) -> str:
        """The answer's text as far as it comes."""
        said = (part for part in self.parts if isinstance(part, Speech))
        return "\n\n".join("".join(part.pieces) for part in said if part.phase != "commentary")

    @property
    def refusal(self) -> str:
        """The words of its refusal as far as they come."""
        return "".join(
            piece for part in self.parts if isinstance(part, Refusal) for piece in part.pieces
        )

    @property
    def annotations(self) -> list[Json]:
        """What it cites."""
        said = (part for part in self.parts if isinstance(part, Speech))
        return [dict(cited) for part in said for cited in part.annotations]

    @property
    def reasoning(self) -> str:
        """The reasoning as far as it comes."""
        return "".join(
            piece for part in self.parts if isinstance(part, Thought) for piece in part.pieces
        )

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The function calls as far as they come."""
        return tuple(part.call for part in self.parts if isinstance(part, Call))

    @property
    def usage(self) -> dict[str, Json]:
        """The token counts, in the form of the Responses endpoint."""
        came = len(_PIECE.findall(prompt_of(self.request))) + 3
        thought = sum(len(part.pieces) for part in self.parts if isinstance(part, Thought))
        went = sum(len(part.pieces) for part in self.parts)
        return {
            "input_tokens": came,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": went,
            "output_tokens_details": {"reasoning_tokens": thought, "tool_output_tokens": 0},
            "total_tokens": came + went,
        }


def _argument_pieces(arguments: str) -> tuple[str, ...]:
    starts = range(0, len(arguments), _ARGUMENT_PIECE)
    return tuple(arguments[at : at + _ARGUMENT_PIECE] for at in starts) or ("",)


def _within(budget: int | None, parts: tuple[Part, ...]) -> Iterator[Part]:
    """Give the parts until the budget of pieces is used up; the last one may be cut."""
    for part in parts:
        if isinstance(part, Item):
            if budget != 0:
                yield part
            continue
        pieces = part.pieces if budget is None else tuple(islice(part.pieces, budget))
        if not pieces:
            return
        if len(pieces) == len(part.pieces):
            yield part
        else:
            yield _cut(part, pieces)
        budget = None if budget is None else budget - len(pieces)


def _cut(part: Part, pieces: tuple[str, ...]) -> Part:
    match part:
        case Thought():
            return Thought(pieces)
        case Speech():
            return Speech(pieces, part.phase)
        case Refusal():
            return Refusal(pieces)
        case Item():
            return part
        case Call(call, _):
            return Call(ToolCall(call.name, "".join(pieces), call.call_id), pieces)


def prompt_of(request: Mapping[str, Json]) -> str:
    """Give what came last from the caller: a message that is not the model's, or an output."""
    given = request.get("input")
    if isinstance(given, str):
        return given
    for item in reversed(given if isinstance(given, list) else []):
        if not isinstance(item, dict) or item.get("role") == "assistant":
            continue
        kind = item.get("type", "message")
        is_output = isinstance(kind, str) and kind.endswith("_output")
        if is_output or kind == "message" or "role" in item:
            return text_of(item.get("output") if is_output else item.get("content"))
        if kind == "mcp_approval_response":
            return "approve" if item.get("approve") is True else "deny"
    return ""
