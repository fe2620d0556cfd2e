"""How much of an answer is read: one number of the user's, and what follows from it."""

from gradient_cli.errors import BrokenReply

DEFAULT_MAX_ANSWER_BYTES = 100_000_000

REPETITIONS = 6
"""
How often a stream may say the whole answer: in its pieces, at the end of the text, of the
part and of the item, and in the final object; once more for the framing.
"""


def too_large(what: str, max_answer_bytes: int) -> BrokenReply:
    """Give the error for more than the user's limit."""
    return BrokenReply(
        f"{what} is larger than {max_answer_bytes:,} bytes",
        hint="`gradient config set max_answer_bytes N` raises the limit",
    )
