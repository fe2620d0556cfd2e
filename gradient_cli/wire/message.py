"""One message of an answer while it arrives: its text, split into channels, and its refusal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from gradient_cli.values import mutable_record, record
from gradient_cli.wire.json import Json
from gradient_cli.wire.markup import ANSWER, COMMENTARY, REASONING, Splitter, stray
from gradient_cli.wire.surrogates import PairJoiner


@record
class Reading:
    """How an answer is read."""

    splits_markup: bool = True
    """Reasoning and channels that stand in the text are taken out of it (markup.py)."""
    refusal_is_text: bool = False
    """The words of a refusal are the answer."""
    is_printed: bool = False
    """The answer is shown as it comes: what was shown cannot be taken back."""


@record
class Said:
    """What an answer's messages come to."""

    text: str = ""
    commentary: str = ""
    reasoning: str = ""
    """What stood in the text as such."""
    refusal: str = ""
    parts: tuple[str, ...] = ()
    """The text, message by message."""
    foreign: tuple[str, ...] = ()
    """Texts of messages that are not the assistant's."""
    has_stray_tag: bool = False
    """The text holds the end of reasoning that never began."""


def is_part(said: Said, streamed: Said, text: str) -> bool:
    """
    Tell whether the streamed text counts, because what was repeated is but a part of it.

    Not if the rest of it turns out to be something else: commentary whose phase came late,
    somebody else's message.
    """
    if said.text not in text:
        return False
    aside = (said.commentary, said.reasoning, said.refusal, *said.foreign)
    known = (streamed.commentary, streamed.reasoning, streamed.refusal, *streamed.foreign)
    return not any(
        part.strip() and part in text and not any(part in other for other in known)
        for part in aside
    )


@mutable_record
class Text:
    """Text while it arrives: joined now and then, so that many tiny pieces stay cheap."""

    pieces: list[str] = field(default_factory=list)

    def add(self, piece: str) -> None:
        """Take in a piece."""
        self.pieces.append(piece)
        if len(self.pieces) >= 4096:
            self._compact()

    def _compact(self) -> None:
        # Doubling: the large first piece is joined again only when the rest has its size.
        tail = "".join(self.pieces[1:])
        if len(self.pieces[0]) <= len(tail) or len(self.pieces) < 2:
            self.pieces = [self.pieces[0] + tail]
        else:
            self.pieces = [self.pieces[0], tail]

    def size(self) -> int:
        """Give its length."""
        return sum(map(len, self.pieces))

    def joined(self) -> str:
        """Give all of it; joined once, because it may be long."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""


_WEIGHT = 2000
"""Bytes of a message of no words."""


class Message:
    """One message while it arrives."""

    def __init__(self, number: int, reading: Reading) -> None:
        self.is_assistant = True
        self.is_commentary = False
        self.is_announced = False
        """An item said that it begins, or ended it."""
        self.number = number
        self._splitter = Splitter() if reading.splits_markup else None
        self._pairs, self._refusal_pairs = PairJoiner(), PairJoiner()
        self._channels = {ANSWER: Text(), COMMENTARY: Text(), REASONING: Text()}
        self._refusal = Text()
        self._searched: str | None = None
        self._stray: tuple[str, str] | None = None
        self.whole: list[tuple[bool, str]] = []
        """Its parts as repeated at their end: (is a refusal, text)."""

    @property
    def has_words(self) -> bool:
        """Tell whether anything of it came."""
        return bool(self._refusal.pieces) or any(text.pieces for text in self._channels.values())

    @property
    def has_answered(self) -> bool:
        """Tell whether some of it was taken for the answer."""
        return bool(self._channels[ANSWER].pieces) and self.is_answer

    @property
    def is_answer(self) -> bool:
        """Tell whether its text is the answer."""
        return self.is_assistant and not self.is_commentary

    def update(self, fields: Mapping[str, Json]) -> None:
        """Take in what its item says, at its begin or its end."""
        self.is_assistant = fields.get("role") in (None, "", "assistant")
        self.is_commentary = fields.get("phase") == "commentary"
        self.is_announced = True

    def feed(self, text: str) -> Iterator[tuple[str, str]]:
        """Take in a piece of text; give (channel, text) as far as it is known."""
        if text := self._pairs.feed(text):
            yield from self._split(text)

    def goes_on(self, text: str) -> bool:
        """Take in a piece that can only be more of the answer; False if that is not sure."""
        is_plain = self._splitter is None or self._splitter.is_plain
        if not (is_plain and self.is_answer and text.isascii() and not self._pairs.holds):
            return False
        self._channels[ANSWER].add(text)
        return True

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        if self._splitter is None or self._splitter.is_plain:
            self._channels[ANSWER].add(text)
            yield ANSWER, text
            return
        for channel, piece in self._splitter.feed(text):
            if piece:
                self._channels[channel].add(piece)
                yield channel, piece

    def refuse(self, text: str) -> str:
        """Take in a piece of a refusal; give it with whole characters."""
        if text := self._refusal_pairs.feed(text):
            self._refusal.add(text)
        return text

    def close(self) -> Iterator[tuple[str, str]]:
        """Give what was held back: half a character, half a tag."""
        if half := self._pairs.close():
            yield from self._split(half)
        for channel, piece in self._splitter.close() if self._splitter else ():
            if piece:
                self._channels[channel].add(piece)
                yield channel, piece

    def add(self, text: str) -> None:
        """Take in the end of the answer as it is."""
        self._channels[ANSWER].add(text)

    def text(self, channel: str) -> str:
        """Give what a channel got."""
        return self._channels[channel].joined()

    def weight(self) -> int:
        """Give about how many bytes it keeps; what was repeated word for word is there once."""
        texts = (self._refusal, *self._channels.values())
        known = {id(text.pieces[0]) for text in texts if text.pieces}
        repeated = (text for _, text in self.whole if id(text) not in known)
        return _WEIGHT + sum(text.size() for text in texts) + sum(map(len, repeated))

    def compact(self) -> None:
        """Join the pieces of each text."""
        for text in (self._refusal, *self._channels.values()):
            text.joined()

    def repeat(self, parts: Iterable[tuple[bool, str]]) -> None:
        """Take in parts that are repeated at their end; the same text is not kept twice."""
        for is_refusal, text in parts:
            said = self.refusal() if is_refusal else self.text(ANSWER)
            self.whole.append((is_refusal, said if said == text else text))

    def refusal(self) -> str:
        """Give the words of its refusal."""
        return self._refusal.joined()

    def stray(self) -> tuple[str, str] | None:
        """Give (reasoning, answer) where reasoning ends in it that did not begin, or None."""
        answer = self.text(ANSWER)
        if self._searched is not answer:  # It may be long, and is asked for several times.
            self._searched, self._stray = answer, stray(answer)
        return self._stray

    @property
    def may_be_stray(self) -> bool:
        """Tell whether reasoning may end in it that did not begin."""
        return self.is_answer and self._splitter is not None and not self._splitter.has_split
