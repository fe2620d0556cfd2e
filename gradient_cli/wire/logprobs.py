"""
Token probabilities as servers send them; and what a piece of the text is worth by them.

    `logprobs` on a text delta, on its end, on a part of a message    typed
    `choices[0].logprobs.content`                                     chunks, chat-like bodies

Servers send none, an empty list, tokens of another text, or numbers that are no logarithm of
a probability: then there is no probability, and nothing is made up.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradient_cli.wire.json import Json

Token = tuple[bytes, float | None]
"""Its bytes, and the natural logarithm of its probability; None where that is none."""


def tokens_of(given: Json) -> tuple[Token, ...]:
    """Give the tokens of a `logprobs` list; empty where it is none."""
    found = given if isinstance(given, list) else []
    return tuple(_token(one) for one in found if isinstance(one, Mapping))


def tokens_weight(tokens: Sequence[Token]) -> int:
    """Give about how many bytes tokens need in memory."""
    return sum(150 + len(word) for word, _ in tokens)


def choice_tokens(choice: Mapping[str, Json]) -> tuple[Token, ...]:
    """Give the tokens of a choice of the chunk dialect."""
    logprobs = choice.get("logprobs")
    return tokens_of(logprobs.get("content")) if isinstance(logprobs, Mapping) else ()


def item_tokens(items: Iterable[Mapping[str, Json]]) -> tuple[Token, ...]:
    """Give the tokens of the messages of a whole output, in order."""
    return tuple(token for item in items for token in _of_item(item))


def _of_item(item: Mapping[str, Json]) -> Iterator[Token]:
    content = item.get("content")
    for part in content if isinstance(content, list) else []:
        if isinstance(part, Mapping) and part.get("type") == "output_text":
            yield from tokens_of(part.get("logprobs"))


def _token(one: Mapping[str, Json]) -> Token:
    return _bytes(one.get("bytes"), one.get("token")), _logarithm(one.get("logprob"))


def _logarithm(value: Json) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if -math.inf < value <= 0 else None


def _bytes(given: Json, text: Json) -> bytes:
    """Give a token's bytes: half a character has no text of its own."""
    if isinstance(given, list) and given:
        try:
            return bytes(given)
        except (TypeError, ValueError):
            pass
    return text.encode("utf-8", "replace") if isinstance(text, str) else b""


def probability(tokens: Sequence[Token], text: str, begin: int, end: int) -> float | None:
    """
    Give the probability of `text[begin:end]`, which ends what the tokens say.

    What stands around it (white space, quotes, a full stop, an end token) does not count, but
    where it shares a token with the piece. None where the tokens are of another text or have
    no probability.
    """
    said = b"".join(token for token, _ in tokens)
    whole = text.encode("utf-8", "replace")
    place = said.rfind(whole)
    if not whole or place < 0:
        return None
    first = place + len(text[:begin].encode("utf-8", "replace"))
    last = place + len(text[:end].encode("utf-8", "replace"))
    total, at = 0.0, 0
    for token, logprob in tokens:
        if at < last and at + len(token) > first:
            if logprob is None:
                return None
            total += logprob
        at += len(token)
    return math.exp(total)
