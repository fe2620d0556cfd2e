"""
How much of an answer is read: one number of the user's, and what follows from it.

    text        what the pieces of an answer bring, counted as text: the number itself
    aside       wire that brings no text: comments, pings, fields nobody knows: the number, too
    one event   the final object holds the whole text, escaped: a quarter more
    the wire    the text again and again, escaped, in small pieces: twenty times the number,
                and six times where that is much

Only the text is kept, and the event under way: what else comes costs time, and has an end.
"""

from gradient_cli.errors import BrokenReply

DEFAULT_MAX_ANSWER_BYTES = 100_000_000


def most_of_wire(max_answer_bytes: int) -> int:
    """
    Give how many bytes a reply may take on the wire.

    A typed stream says a text five times, JSON may write it three times as long, and a piece of
    a few letters comes in some hundred bytes; nobody writes 200 MB of those.
    """
    return min(20 * max_answer_bytes, max(6 * max_answer_bytes, 200_000_000))


MOST_REPETITIONS = 4
"""At the end of the text, of its part, of its item, and in the final object."""
FRAMING = 4096
"""Bytes that may stand around one piece of text: names, ids, log probabilities."""
ENVELOPE = 128
"""Bytes of an event that are not its data."""
LONGEST_ESCAPE = 6
"""Bytes that JSON takes for one."""


def largest_event(max_answer_bytes: int) -> int:
    """Give how many bytes one event, or a plain body, may have."""
    return max_answer_bytes + max_answer_bytes // 4


def too_large(what: str, max_answer_bytes: int) -> BrokenReply:
    """Give the error for more than the user's limit."""
    return BrokenReply(
        f"{what} is larger than {max_answer_bytes:,} bytes",
        hint="`gradient config set max_answer_bytes N` raises the limit",
    )


class Budget:
    """What one reply has brought: who reads its bytes counts them, who decodes them settles."""

    def __init__(self, max_answer_bytes: int = DEFAULT_MAX_ANSWER_BYTES) -> None:
        self.max_answer_bytes = max_answer_bytes
        self._largest_event = largest_event(max_answer_bytes)
        self._most_of_wire = most_of_wire(max_answer_bytes)
        self._wire = 0
        self._open = 0
        """Bytes of the event under way."""
        self._said = 0
        """Bytes of text."""
        self._spoken = 0
        """Bytes of the wire that brought it."""
        self._repeated = 0
        """Bytes of the wire that said it again."""

    def received(self, size: int, open_bytes: int) -> None:
        """
        Count bytes of a stream; `open_bytes`: since the last blank line.

        Raises:
            BrokenReply: it is too much.

        """
        # Of what came before: only that has been settled.
        aside = self._wire - self._open - self._spoken - self._repeated
        self._wire += size
        self._open = open_bytes
        if (
            open_bytes > self._largest_event
            or aside > self.max_answer_bytes
            or self._wire > self._most_of_wire
        ):
            raise too_large("the answer", self.max_answer_bytes)

    def settle(self, size: int, said: int, is_repetition: bool = False) -> None:
        """
        Take note of what an event of `size` bytes brought: `said` bytes of text, or old words.

        Raises:
            BrokenReply: the text is too long.

        """
        if said:
            self._said += said
            self._spoken += ENVELOPE + min(size, LONGEST_ESCAPE * said + FRAMING)
            if self._said > self.max_answer_bytes:
                raise too_large("the answer", self.max_answer_bytes)
        elif is_repetition:
            left = MOST_REPETITIONS * self._spoken - self._repeated
            self._repeated += max(0, min(size, left))
