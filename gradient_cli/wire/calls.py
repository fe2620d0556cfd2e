"""
The function calls of an answer, put together from their pieces, in the order in which they began;
and those on the way to it that were answered here.
"""

import json
from collections.abc import Iterable
from dataclasses import field

from gradient_cli.values import mutable_record, record
from gradient_cli.wire.events import NAMELESS, ToolCallDelta
from gradient_cli.wire.json import Json


@record
class ToolCall:
    """One function call that the model asks for."""

    name: str
    arguments: str
    """JSON as the model wrote it; it may be broken."""
    call_id: str

    def as_item(self) -> dict[str, Json]:
        """Give the wire's own item: what stdout prints and a next request repeats."""
        return {
            "type": "function_call",
            "name": self.name,
            "arguments": self.arguments,
            "call_id": self.call_id,
        }


@record(kw_only=True)
class Step:
    """One call, and the result that the model was told."""

    call: ToolCall
    output: str = ""
    """What the model was told: the result, or why there is none."""
    exit_code: int | None = None
    """The program's exit status; negative: the signal that ended it; None: it did not run."""
    error: str | None = None
    """Why this is no result; lower case, no full stop. None: it is one."""
    ms: int = 0
    """What the program took."""

    def as_item(self) -> dict[str, Json]:
        """Give the wire's own item for the result."""
        return {
            "type": "function_call_output",
            "call_id": self.call.call_id,
            "output": self.output,
        }

    def as_document(self) -> dict[str, Json]:
        """Give the public object, as `steps` of `--json` has it."""
        return {
            "name": self.call.name,
            "arguments": self.call.arguments,
            "call_id": self.call.call_id,
            "output": self.output,
            "ok": self.error is None,
            "exit_code": self.exit_code,
            "error": self.error,
            "ms": self.ms,
        }


@mutable_record
class _CallParts:
    """A function call while it arrives."""

    name: str = ""
    call_id: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, delta: ToolCallDelta) -> None:
        self.name = delta.name or self.name
        self.call_id = delta.call_id or self.call_id
        if delta.is_whole and delta.arguments:
            self.arguments = [delta.arguments]
        elif delta.arguments and not delta.is_whole:
            self.arguments.append(delta.arguments)

    def is_other(self, delta: ToolCallDelta) -> bool:
        """Tell whether a piece that may begin a call begins another than this one."""
        if self.call_id and delta.call_id:
            return self.call_id != delta.call_id
        return delta.key.startswith(NAMELESS) and bool(self.name and delta.name)

    def whole(self, position: int) -> ToolCall:
        # gpt-oss may leave control tokens behind a name: `get_cart<|channel|>commentary`.
        name = self.name.partition("<|")[0].rstrip() or self.name
        return ToolCall(name, "".join(self.arguments), self.call_id or f"call_{position}")


_WEIGHT = 500
"""Bytes of a call without arguments."""


@mutable_record
class Calls:
    """The function calls of an answer while they arrive."""

    parts: list[_CallParts] = field(default_factory=list)
    _by_key: dict[str, _CallParts] = field(default_factory=dict)

    def add(self, delta: ToolCallDelta) -> None:
        """Take in a piece of a call."""
        part = self._by_key.get(delta.key)
        if part and delta.is_first and part.is_other(delta):
            part = None  # Servers number calls wrongly, too: two with the same index.
        elif self.parts and not delta.name and (part is None or delta.key == NAMELESS):
            # A piece of a call that began under another key: the one under way.
            part = self.parts[-1]
        if part is None:
            part = _CallParts()
            self.parts.append(part)
        self._by_key[delta.key] = part
        part.add(delta)

    def weight(self) -> int:
        """Give about how many bytes they keep."""
        arguments = sum(len(piece) for part in self.parts for piece in part.arguments)
        return arguments + _WEIGHT * (len(self.parts) + len(self._by_key))

    def whole(self) -> tuple[ToolCall, ...]:
        """Give the calls as far as they came."""
        return tuple(part.whole(n) for n, part in enumerate(self.parts) if part.name)


def reconciled(
    streamed: tuple[ToolCall, ...], repeated: Iterable[ToolCallDelta]
) -> tuple[ToolCall, ...]:
    """
    Give the calls that a stream and its final object come to.

    One list only: vLLM gives other call ids in the final object than in the stream
    (vllm#47916), so listing both would double every call. Of a call's arguments those of the
    final object count, unless they are broken and the streamed ones are not.
    """
    again = Calls()
    for delta in repeated:
        again.add(delta)
    final = again.whole()
    if len(final) != len(streamed):
        return final if len(final) > len(streamed) else streamed
    return tuple(
        ToolCall(piece.name, whole.arguments, piece.call_id) if _is_better(whole, piece) else piece
        for piece, whole in zip(streamed, final, strict=True)
    )


def _is_better(whole: ToolCall, piece: ToolCall) -> bool:
    """Tell whether the final object's arguments count."""
    if not whole.arguments or whole.name != piece.name:
        return False
    is_broken = parsed_arguments(whole.arguments) is None
    return not is_broken or not piece.arguments or parsed_arguments(piece.arguments) is None


def parsed_arguments(arguments: str) -> dict[str, Json] | None:
    """Give a call's arguments as an object; None if they are none. Nothing at all is `{}`."""
    try:
        found = json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
