"""
Whose words are whose: the one place that decides which text is the answer.

    Item, TextDelta, RefusalDelta ──► Messages ──► TextDelta         the answer, in order
                                         │         CommentaryDelta   phase `commentary`
                                         │         ReasoningDelta    markup in the text
                                         │         RefusalDelta
                                         └──────► Said               what they come to

A whole reply and a stream go the same way, the one in whole items, the other in pieces.
Only the assistant's messages are its answer; several are set apart by a blank line. A piece
belongs to the message that its id or index names; servers number those wrongly (vllm#45742),
so any other piece belongs to the message that began last.
"""

from collections.abc import Iterable, Iterator, Mapping

from gradient_cli.wire.events import (
    CommentaryDelta,
    Item,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    WholeText,
)
from gradient_cli.wire.items import BARE, is_message, lends_no_number, parts_of, text_of
from gradient_cli.wire.json import Json
from gradient_cli.wire.markup import ANSWER, COMMENTARY, REASONING
from gradient_cli.wire.message import Message, Reading, Said, Text

_PLACE = 200
"""Bytes of an id, and of where it leads."""
Shown = TextDelta | CommentaryDelta | ReasoningDelta | RefusalDelta


class Messages:
    """The messages of one answer, in the order in which they began."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._all: list[Message] = []
        self._by_place: dict[str | int, Message | None] = {}
        self._current: Message | None = None
        self._place: tuple[str | None, int | None] = (None, None)
        self._heard: Message | None = None
        """Whose text came last."""
        self._speaking: Message | None = None
        """Whose text was given last as the answer."""
        self._tail = ""
        self.is_out_of_order = False
        """What was given as the answer is not what the messages come to."""

    @classmethod
    def of_items(cls, items: Iterable[Mapping[str, Json]], reading: Reading) -> "Messages":
        """Give the messages of whole items."""
        messages = cls(reading)
        was_bare = False
        for item in items:
            if is_message(item):
                is_bare = item.get("type") in BARE
                messages._whole_item(item, goes_on=is_bare and was_bare)
                was_bare = is_bare
        for _ in messages.close():
            pass
        return messages

    @property
    def has_words(self) -> bool:
        """Tell whether any text came."""
        return any(message.has_words for message in self._all)

    @property
    def has_repeated(self) -> bool:
        """Tell whether any part was repeated at its end."""
        return any(message.whole for message in self._all)

    def weight(self) -> int:
        """Give about how many bytes they keep."""
        return sum(message.weight() for message in self._all) + _PLACE * len(self._by_place)

    def compact(self) -> None:
        """Join the pieces of each text."""
        for message in self._all:
            message.compact()

    # Pieces -------------------------------------------------------------------------------

    def item(self, item: Item) -> None:
        """Take in an item's begin or end: a message, or something else that is none."""
        fields, identity = item.fields, text_of(item.fields.get("id"))
        if not is_message(fields):
            self._set_aside(item, identity)
            return
        message = self._announced(item, identity) or self._begin()
        self._remember(identity, item.index, message)
        had_answered = message.has_answered
        message.update(fields)
        if had_answered and not message.is_answer:
            self.is_out_of_order = True
        if item.is_done and (repeated := list(parts_of(fields))):
            message.whole = []
            message.repeat(repeated)

    def _announced(self, item: Item, identity: str | None) -> Message | None:
        """Give the message that an item speaks of, if it has begun."""
        if identity is not None and (known := self._by_place.get(identity)):
            return known
        known = self._by_place.get(item.index) if item.index is not None else None
        if item.is_done:
            unnamed = self._current if self._current and not self._current.is_announced else None
            return known or unnamed
        is_same = known and identity is None and not known.has_words
        return known if is_same else None

    def _set_aside(self, item: Item, identity: str | None) -> None:
        """Take note of an item that is no message: text that names it is nobody's answer."""
        for place in (identity, item.index):
            if place is None or item.is_done:
                continue
            # What tools do and give; but reasoning and calls lend messages their numbers.
            if lends_no_number(item.fields):
                self._by_place[place] = None
            else:
                self._by_place.pop(place, None)

    def text(self, delta: TextDelta) -> Iterator[Shown]:
        """Take in a piece of text."""
        message = self._of(delta.item_id, delta.index)
        if message is None or not message.is_assistant:
            if message:
                for _ in message.feed(delta.text):
                    pass
            return
        if message is not self._heard:
            yield from self._close_before(message)
        for channel, piece in message.feed(delta.text):
            yield self._shown(message, channel, piece)

    def goes_on(self, delta: TextDelta) -> TextDelta | None:
        """Take in a piece that surely goes on with the answer as it is, and give it; else None."""
        message, text = self._speaking, delta.text
        if (
            message is None
            or message is not self._heard
            or message is not self._current
            or (delta.item_id, delta.index) != self._place
            or len(text) < 2
            or not message.goes_on(text)
        ):
            return None
        self._tail = text[-2:]
        return delta

    def _close_before(self, message: Message) -> Iterator[Shown]:
        """Give what earlier messages held back: what comes now stands behind it."""
        if self._heard and self._heard.number < message.number:
            yield from self._closed(self._heard)
        self._heard = message

    def refusal(self, delta: RefusalDelta) -> Iterator[Shown]:
        """Take in a piece of a refusal."""
        message = self._of(delta.item_id, delta.index)
        if message is None or not message.is_assistant:
            return
        if piece := message.refuse(delta.text):
            yield RefusalDelta(piece)
            if self._reading.refusal_is_text:
                for channel, said in message.feed(piece):
                    yield self._shown(message, channel, said)

    def whole(self, part: WholeText) -> None:
        """Take in a part that is repeated at its end."""
        if message := self._of(part.item_id, part.index):
            message.repeat([(part.is_refusal, part.text)])

    def close(self) -> Iterator[Shown]:
        """Give what was held back."""
        for message in self._all:
            yield from self._closed(message)

    def _closed(self, message: Message) -> Iterator[Shown]:
        for channel, piece in message.close():
            if message.is_assistant:
                yield self._shown(message, channel, piece)

    def owed(self, text: str) -> TextDelta:
        """Take in the end of the answer, which came in no piece, and give it."""
        message = self._speaking
        if message is None:
            message = self._speaking = self._begin(Reading(splits_markup=False))
        message.add(text)
        return TextDelta(text)

    def repeated(self) -> "Messages":
        """Give the same messages, made of the parts that were repeated at their end."""
        again = Messages(self._reading)
        for message in self._all:
            copy = again._begin()
            copy.is_assistant, copy.is_commentary = message.is_assistant, message.is_commentary
            again._parts(copy, message.whole)
        for _ in again.close():
            pass
        return again

    def _begin(self, reading: Reading | None = None) -> Message:
        message = self._current = Message(len(self._all), reading or self._reading)
        self._all.append(message)
        self._place = (None, None)
        return message

    def _remember(self, identity: str | None, index: int | None, message: Message | None) -> None:
        for place in (identity, index):
            if place is not None:
                self._by_place[place] = message
        self._place = (None, None)

    def _of(self, identity: str | None, index: int | None) -> Message | None:
        """Give the message that a piece belongs to; None: to something that is no message."""
        if self._current is not None and (identity, index) == self._place:
            return self._current
        for place in (identity, index):
            if place is not None and place in self._by_place:
                found = self._by_place[place]
                break
        else:
            found = self._current or self._begin()
            self._remember(identity, index, found)
        if found is self._current:
            self._place = (identity, index)
        return found

    def _shown(self, message: Message, channel: str, piece: str) -> Shown:
        if channel == REASONING:
            return ReasoningDelta(piece)
        if channel == COMMENTARY or message.is_commentary:
            return CommentaryDelta(piece)
        if message is not self._speaking:
            if self._speaking:
                # A message that goes on after a later one began has lost its place.
                self.is_out_of_order |= message.number < self._speaking.number
                piece = _gap(self._tail) + piece
            self._speaking = message
        self._tail = piece[-2:] if len(piece) > 1 else (self._tail + piece)[-2:]
        return TextDelta(piece)

    # Whole items --------------------------------------------------------------------------

    def _whole_item(self, fields: Mapping[str, Json], *, goes_on: bool) -> None:
        message = self._current if goes_on and self._current else self._begin()
        message.update(fields)
        self._parts(message, parts_of(fields))

    def _parts(self, message: Message, parts: Iterable[tuple[bool, str]]) -> None:
        for is_refusal, text in parts:
            if is_refusal:
                message.refuse(text)
            if not is_refusal or self._reading.refusal_is_text:
                for _ in message.feed(text):
                    pass

    # What they come to --------------------------------------------------------------------

    def said(self, *, is_printed: bool) -> Said:
        """
        Give what the messages come to.

        `is_printed`: the text stands somewhere already; reasoning that ends in it without
        having begun stays there then.
        """
        text, commentary, reasoning, refusal = Text(), Text(), Text(), Text()
        has_stray, parts = False, []
        for message in self._all:
            if not message.is_assistant:
                continue
            answer, aside = message.text(ANSWER), message.text(COMMENTARY)
            thoughts = message.text(REASONING)
            found = message.stray() if message.may_be_stray else None
            if found and is_printed:
                has_stray = True
            elif found:
                thoughts, answer = found
            if message.is_commentary:
                aside, answer = aside + answer, ""
            parts.append(answer)
            for whole, part in (
                (text, answer), (commentary, aside), (reasoning, thoughts),
                (refusal, message.refusal()),
            ):  # fmt: skip
                if part:
                    whole.add(_gap(whole.pieces[-1][-2:]) + part if whole.pieces else part)
        return Said(
            text.joined(),
            commentary.joined(),
            reasoning.joined(),
            refusal.joined(),
            tuple(parts),
            tuple(one.text(ANSWER) for one in self._all if not one.is_assistant),
            has_stray,
        )


def _gap(tail: str) -> str:
    """Give what makes a blank line behind a text that ends so."""
    if tail.endswith("\n\n") or not tail:
        return ""
    return "\n" if tail.endswith("\n") else "\n\n"
