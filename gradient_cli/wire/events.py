"""
The events of an answer, as the rest of the house sees them, whatever dialect the server speaks.

    Started             who answers: id and model, as soon as they are known
    Item                an item of the output begins or ends: whose words the pieces are
    TextDelta           a piece of the text
    RefusalDelta        a piece of a refusal
    ReasoningDelta      a piece of the thinking; never part of the answer
    CommentaryDelta     a piece of what is said on the way; never part of the answer
    Cited               what the text cites
    ToolCallDelta       a piece of a function call; `key` tells calls apart
    UsageReport         how many tokens; the last one counts
    Final               a whole response object: the body, or the terminal event's
    Ended               the terminal signal: how the server says it ended
    Unknown             anything else, kept so that nothing vanishes

A dialect gives them as they travel: a TextDelta is a piece of some message then. The Fold
sorts them (message.py): a TextDelta that it hands on is a piece of the answer, in order.
"""

from collections.abc import Iterable, Mapping

from gradient_cli.values import record
from gradient_cli.wire.json import Json
from gradient_cli.wire.surrogates import byte_size


@record
class Usage:
    """Token counts of one exchange; None where the server did not say."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    """Part of the input that was read from a cache."""
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    """Part of the output that was thinking."""
    total_tokens: int | None = None


MOST_TOKENS = 10**15
"""Counts above it are nonsense, and too large to be reckoned with."""


def is_count(value: Json) -> bool:
    """Tell whether a value that a server or a file calls a count can be one."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS


def total_tokens(usage: Usage | None) -> int:
    """Give the tokens of an exchange; 0 where the server did not say."""
    if usage is None:
        return 0
    return usage.total_tokens or (usage.input_tokens or 0) + (usage.output_tokens or 0)


def add_usage(usages: Iterable[Usage | None]) -> Usage | None:
    """Add up several exchanges; None, here and for each count, if none of them reported it."""
    known = [usage for usage in usages if usage]
    if len(known) <= 1:
        return known[0] if known else None

    def added(counts: Iterable[int | None]) -> int | None:
        reported = [count for count in counts if count is not None]
        return sum(reported) if reported else None

    return Usage(
        input_tokens=added(usage.input_tokens for usage in known),
        cached_tokens=added(usage.cached_tokens for usage in known),
        output_tokens=added(usage.output_tokens for usage in known),
        reasoning_tokens=added(usage.reasoning_tokens for usage in known),
        total_tokens=sum(total_tokens(usage) for usage in known),
    )


@record
class Started:
    """The server has begun to answer."""

    id: str | None
    model: str | None
    created: int | None = None
    """Unix seconds."""
    is_chunk: bool = False
    """Said by the chunk dialect, which has no final object of its own."""


@record
class Item:
    """An item of the output, as the server sent it, when it begins and when it ends."""

    fields: Mapping[str, Json]
    index: int | None = None
    is_done: bool = False


@record
class TextDelta:
    """A piece of text, in order of arrival; of the message that index or id name, if they do."""

    text: str
    index: int | None = None
    item_id: str | None = None


@record
class RefusalDelta:
    """A piece of the words by which the model refuses."""

    text: str
    index: int | None = None
    item_id: str | None = None


@record
class ReasoningDelta:
    """A piece of the model's reasoning."""

    text: str


@record
class CommentaryDelta:
    """A piece of what the model says before its answer, about what it does."""

    text: str


NAMELESS = "position "
"""A key that names no call: the one under way; followed by a number, the one at this place."""


@record
class ToolCallDelta:
    """
    A piece of a function call.

    `arguments` is appended unless `is_whole`, which replaces what came before.
    """

    key: str
    """What tells one call from another: index, item id or call id; or NAMELESS."""
    call_id: str | None = None
    name: str | None = None
    arguments: str = ""
    is_whole: bool = False
    is_first: bool = False
    """It may begin a call; with another `call_id` it does, whatever its key."""


@record
class Cited:
    """An annotation of the text, as the server sent it while the text was written."""

    annotation: Json


@record
class UsageReport:
    """Token counts; a later report replaces an earlier one."""

    usage: Usage
    raw: Json = None
    """As the server wrote it."""


@record
class Tokens:
    """
    The tokens of a text with their log probabilities, where the server sends them.

    A probability that is none (above 0, no number) is None.
    """

    tokens: tuple[tuple[bytes, float | None], ...]
    is_whole: bool = False
    """All of the text's tokens; they replace what came piece by piece."""


@record
class WholeText:
    """The full text of one part, repeated at its end (`*.done`); used if its deltas got lost."""

    text: str
    index: int | None = None
    item_id: str | None = None
    is_refusal: bool = False


@record
class Final:
    """The response object as the server sent it, and what it holds."""

    response: Json
    items: tuple[Mapping[str, Json], ...]
    """The output; for chat-like bodies their message as such an item."""
    reasoning: str
    tool_calls: tuple[ToolCallDelta, ...]


@record
class Ended:
    """
    How the server says that the answer ended.

    `status`: completed, incomplete, failed or cancelled.
    """

    status: str
    finish_reason: str | None = None
    """stop, length, tool_calls, content_filter, or the reason in `incomplete_details`."""
    message: str | None = None
    """The server's own words on a failure."""
    code: str | None = None
    """The server's own code of a failure."""
    is_final: bool = True
    """Nothing more will come; False where usage may still follow (chunk dialect)."""


@record
class Unknown:
    """An event this program has no use for."""

    type: str


Event = (
    Started
    | Item
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | CommentaryDelta
    | ToolCallDelta
    | Cited
    | UsageReport
    | Tokens
    | WholeText
    | Final
    | Ended
    | Unknown
)


_PIECES = (TextDelta, ReasoningDelta, RefusalDelta, CommentaryDelta)


def brought(events: Iterable[Event]) -> tuple[int, bool]:
    """Give how many bytes of new text events bring; and whether it is all old words."""
    said, is_again = 0, False
    for event in events:
        if isinstance(event, _PIECES):
            said += byte_size(event.text)
        elif isinstance(event, ToolCallDelta):
            said += 0 if event.is_whole else byte_size(event.arguments)
            is_again = is_again or event.is_whole
        else:
            is_again = is_again or _is_repetition(event)
    return said, is_again and not said


def _is_repetition(event: Event) -> bool:
    """Tell whether an event says again what pieces have said: at the end of a part, of all."""
    match event:
        case WholeText() | Final() | Item(is_done=True):
            return True
        case Unknown(kind):
            return kind.endswith(".done")
        case _:
            return False
