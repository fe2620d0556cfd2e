"""
How much of a reply is kept: the answer by its own size, whatever the wire needs to say it.

A stream says a long answer several times, and each piece in an event that may have many times
its length. How much may come is the Budget's business (transport/limits.py).
"""

from gradient_cli.transport.limits import too_large
from gradient_cli.wire.response import Fold

EVERY = 1 << 20
"""Characters of events from one look to the next."""
FIRST = 10_000
"""Bytes of an answer of no words."""


class Scale:
    """Looks now and then at what a Fold keeps."""

    def __init__(self, fold: Fold, max_answer_bytes: int) -> None:
        self._fold = fold
        self._most = max_answer_bytes
        self._every = min(EVERY, max_answer_bytes // 8)
        self._since = 0

    def add(self, size: int) -> None:
        """
        Take note of an event of so many characters, before it is unpacked.

        Raises:
            BrokenReply: more is kept than the user's limit allows.

        """
        if size > EVERY:
            self._fold.compact()
        self._since += size
        if self._since > self._every:
            self._since = 0
            if self._fold.weight() > self._most + FIRST:
                raise too_large("the answer", self._most)
