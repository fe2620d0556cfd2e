"""
Markup that a server should have taken out of the text: reasoning in it, and Harmony's channels.

    <think>…</think>answer                           reasoning, then the answer; also <thinking>
    <|channel|>analysis<|message|>…<|end|>           reasoning
    <|start|>assistant<|channel|>final<|message|>…   the answer; commentary likewise

It counts only where a text begins, white space aside: anywhere else tags are text. The Splitter
takes pieces, cut anywhere, and looks at each character a fixed number of times.

    LEAD ──► TEXT                  what comes is passed on unseen
      ├────► THINKING ──► LEAD     behind the closing tag
      └────► HEADER ──► BODY ──► LEAD
"""

import re
from collections.abc import Callable, Iterator

ANSWER, COMMENTARY, REASONING = "answer", "commentary", "reasoning"

_THINKING = {"<think>": "</think>", "<thinking>": "</thinking>"}
_MESSAGE = "<|message|>"
_HARMONY = (
    "<|start|>assistant",
    "<|channel|>analysis",
    "<|channel|>commentary",
    "<|channel|>final",
    _MESSAGE,
    # A server that knows special tokens may have dropped the first of them.
    "assistant<|channel|>",
    "analysis<|message|>",
    "commentary<|message|>",
    "commentary to=functions.",
    "final<|message|>",
)
_CLOSED = tuple(_THINKING.values())
"""Reasoning that is over before it began: the template opened it, and the model had none."""
_LEADS = (*_THINKING, *_CLOSED, *_HARMONY)
LONGEST_LEAD = max(map(len, _LEADS))
_CLOSE = re.compile("|".join(map(re.escape, _CLOSED)))
_BEGUN = re.compile(r"\S")
_BETWEEN = ("<|start|>", "<|channel|>")
"""Where Harmony's markup has been seen, these alone begin a message."""
_ENDS = ("<|end|>", "<|return|>", "<|call|>")
_TOKENS = (*_ENDS, *_BETWEEN)
_TOKENS_BEGUN = {token[:length] for token in _TOKENS for length in range(2, len(token))}
LONGEST_TOKEN = max(map(len, _TOKENS))
_STRAY_FINAL = "<|channel|>final<|message|>"
LONGEST_HEADER = 300
SLICE = 4096
MOST_TAGS = 5_000
"""A text of more tags is made to be slow: the rest of it is text."""

Piece = tuple[str, str]
"""(channel, text)"""


class Splitter:
    """Splits the text of one message, piece by piece, into its channels."""

    def __init__(self) -> None:
        self._state: Callable[[str], Iterator[Piece]] = self._lead
        self._rest = ""
        """What a state has left to the next one."""
        self._blank: list[str] = []
        self._held = ""
        """What may be, or become, a tag."""
        self._close = ""
        self._channel = ANSWER
        self._has_answered = False
        self._is_harmony = False
        self._is_untouched = True
        self._steps = 0
        self.has_split = False
        """Markup was found."""
        self.is_plain = False
        """From here on all is the answer, as it comes."""

    def feed(self, piece: str) -> Iterator[Piece]:
        """Give what is known of the text so far, in order; a beginning tag is held back."""
        if self._is_untouched and self._has_no_tag(piece):
            # A whole text is handed on as it is: it may be long.
            self.is_plain, self._state = True, self._text
        self._is_untouched = False
        place = 0
        while place < len(piece):
            # In slices: each tag copies what is left behind it, and a hostile text is all tags.
            rest = piece[place:] if self.is_plain else piece[place : place + SLICE]
            place += len(rest)
            while rest:
                state, self._rest = self._state, ""
                yield from state(rest)
                rest = self._rest
                self._steps += bool(rest)
                if self._steps > MOST_TAGS and not self.is_plain:
                    rest, self._held = self._held + rest, ""
                    self.is_plain, self._state = True, self._text

    def _has_no_tag(self, piece: str) -> bool:
        """Tell whether a text begins with something else than a tag, or the beginning of one."""
        begun = _BEGUN.search(piece)
        head = piece[begun.start() : begun.start() + LONGEST_LEAD] if begun else ""
        return bool(head) and not any(
            lead.startswith(head) or head.startswith(lead) for lead in _LEADS
        )

    def close(self) -> Iterator[Piece]:
        """Give what is still held back: it was no tag."""
        held, self._held = self._held, ""
        if self._state == self._lead:
            blank = self._blank_before()
            text = blank + held if held or not self.has_split else ""
            self.is_plain = bool(text) and not self._is_harmony
            self._state = self._text if self.is_plain else self._lead
            yield from self._said(ANSWER, text)
        elif self._state == self._thinking:
            yield REASONING, held
        elif self._state == self._body and not held.startswith("<|"):
            yield from self._said(self._channel, held)
        # Else half a header, or half of the token that ends a message: nobody's words.

    # The states: each takes a piece, gives what it makes of it, and leaves the rest -----------

    def _text(self, piece: str) -> Iterator[Piece]:
        yield ANSWER, piece

    def _lead(self, piece: str) -> Iterator[Piece]:
        if not self._held:
            begun = piece.lstrip()
            self._blank.append(piece[: len(piece) - len(begun)])
            piece = begun
        text = self._held + piece
        leads = (*_LEADS, *_BETWEEN) if self._is_harmony else _LEADS
        if found := [lead for lead in leads if text.startswith(lead)]:
            self._begin(max(found, key=len), text)
        elif any(lead.startswith(text) for lead in leads):
            self._held = text
        else:
            blank, self._held = self._blank_before(), ""
            self._channel, self.is_plain = ANSWER, not self._is_harmony
            self._state, self._rest = self._text if self.is_plain else self._body, text
            yield from self._said(ANSWER, blank)

    def _begin(self, lead: str, text: str) -> None:
        self._blank, self._held, self.has_split = [], "", True
        if lead in _THINKING:
            self._close, self._state = _THINKING[lead], self._thinking
            self._rest = text.removeprefix(lead)
        elif lead in _CLOSED:
            self._rest = text.removeprefix(lead)
        else:
            self._is_harmony = True
            self._state, self._rest = self._header, text

    def _thinking(self, piece: str) -> Iterator[Piece]:
        text = self._held + piece
        place = text.find(self._close)
        if place >= 0:
            self._held, self._state = "", self._lead
            self._rest = text[place + len(self._close) :]
            yield REASONING, text[:place]
        else:
            kept = _overlap(text, (self._close,))
            self._held = text[len(text) - kept :]
            yield REASONING, text[: len(text) - kept]

    def _header(self, piece: str) -> Iterator[Piece]:
        text = self._held + piece
        header, found, rest = text.partition(_MESSAGE)
        if found:
            self._held, self._rest = "", rest
            self._channel, self._state = _channel(header), self._body
            if self._channel == ANSWER and self._has_answered:
                yield ANSWER, "\n\n"
        elif len(text) > LONGEST_HEADER:
            self._held, self._state = "", self._body
            self._channel = ANSWER
            yield from self._said(ANSWER, text)
        else:
            self._held = text

    def _body(self, piece: str) -> Iterator[Piece]:
        text, self._held = self._held + piece, ""
        place = text.find("<|")
        while place >= 0 and not text.startswith(_TOKENS, place):
            if len(text) - place < LONGEST_TOKEN and text[place:] in _TOKENS_BEGUN:
                break
            place = text.find("<|", place + 2)
        if place < 0:
            place = len(text) - text.endswith("<")
        yield from self._said(self._channel, text[:place])
        token = text[place:]
        if ended := next((end for end in _ENDS if token.startswith(end)), None):
            self._state, self._rest = self._lead, token.removeprefix(ended)
        elif token.startswith(_BETWEEN):
            self._state, self._rest = self._header, token
        else:
            self._held = token

    def _said(self, channel: str, text: str) -> Iterator[Piece]:
        if text:
            self._has_answered = self._has_answered or channel == ANSWER
            yield channel, text

    def _blank_before(self) -> str:
        """Give the white space before the text; behind a tag only what indents its first line."""
        blank, self._blank = "".join(self._blank), []
        if not self.has_split:
            return blank
        return blank[blank.rfind("\n") + 1 :] if "\n" in blank else ""


def stray(text: str) -> tuple[str, str] | None:
    """
    Give (reasoning, answer) of a text whose reasoning ends without having begun, or None.

    Some chat templates open the tag themselves: then only `</think>` is in the text.
    """
    if found := _CLOSE.search(text):
        place, close = found.start(), found[0]
        before = text[:place]
        if not any(tag in before for tag in _THINKING) and not _is_json(text):
            return before, _answer_of(text[place + len(close) :], "<think></think>")
    place = text.rfind(_STRAY_FINAL)
    if place > 0 and not _is_json(text):
        return text[:place].removesuffix("<|start|>assistant").removesuffix("<|end|>"), _answer_of(
            text[place:]
        )
    return None


def _answer_of(text: str, before: str = "") -> str:
    splitter = Splitter()
    pieces = [*splitter.feed(before + text), *splitter.close()]
    return "".join(piece for channel, piece in pieces if channel == ANSWER)


def _is_json(text: str) -> bool:
    """Tell whether a text is a JSON document as it stands: a tag in it is one of its texts."""
    if not text.lstrip().startswith(("{", "[", '"')):
        return False
    import json

    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _channel(header: str) -> str:
    """Give whose words follow a Harmony header."""
    _, found, role = header.rpartition("<|start|>")
    if found and not role.lstrip().startswith("assistant"):
        return COMMENTARY
    name = header.rpartition("<|channel|>")[2].strip()
    if name.startswith("analysis"):
        return REASONING
    return COMMENTARY if name.startswith("commentary") or " to=" in header else ANSWER


def _overlap(text: str, tags: tuple[str, ...]) -> int:
    """Give how many characters at the end of a text may begin one of the tags."""
    longest = max(map(len, tags)) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(tag.startswith(text[-length:]) for tag in tags):
            return length
    return 0
