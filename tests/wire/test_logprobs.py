"""Token probabilities: read from every dialect, believed only where they are of this text."""

import math

import pytest

from gradient_cli.expect.labels import core
from gradient_cli.wire.dialects import decode
from gradient_cli.wire.logprobs import probability, tokens_of
from gradient_cli.wire.response import Fold


def token(text, p=0.9, **more):
    return {"token": text, "logprob": math.log(p), "top_logprobs": [], **more}


def response(*payloads):
    """Fold the events of payloads."""
    fold = Fold()
    for payload in payloads:
        for event in decode("", payload):
            fold.add(event)
    return fold.response()


PART = {"type": "output_text", "text": "yes", "logprobs": [token("yes", 0.8)]}
MESSAGE = {"type": "message", "role": "assistant", "status": "completed", "content": [PART]}
WHOLE = {"object": "response", "status": "completed", "output": [MESSAGE]}
DELTAS = [
    {"type": "response.output_text.delta", "delta": piece, "logprobs": [token(piece, 0.5)]}
    for piece in ("y", "es")
]
BARE = {**MESSAGE, "content": [{**PART, "logprobs": []}]}


@pytest.mark.parametrize(
    ("payloads", "expected"),
    [
        ([WHOLE], 0.8),
        ([*DELTAS, {"type": "response.completed", "response": {**WHOLE, "output": [BARE]}}], 0.25),
        ([*DELTAS, {"type": "response.completed", "response": WHOLE}], 0.8),
        (
            [
                {
                    "choices": [
                        {
                            "index": 0,
                            "delta": {"content": "yes"},
                            "logprobs": {"content": [token("yes", 0.7)]},
                        }
                    ]
                },
                {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            ],
            0.7,
        ),
        (
            [
                {
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": "yes"},
                            "finish_reason": "stop",
                            "logprobs": {"content": [token("yes", 0.6)]},
                        }
                    ]
                }
            ],
            0.6,
        ),
    ],
)
def test_every_dialect_carries_them(payloads, expected):
    """Whole and streamed, typed and in chunks; what the final object says counts."""
    found = response(*payloads)

    assert found.text == "yes"
    assert probability(found.tokens, found.text, 0, 3) == pytest.approx(expected)


def of(text, *tokens):
    """Give the probability of the label in a text."""
    return probability(tokens_of(list(tokens)), text, *core(text))


def test_what_stands_around_a_label_does_not_count():
    """White space, quotes, a full stop and an end token; a shared token does."""
    tokens = [token(" ", 0.1), token('"', 0.1), token("y", 0.5), token("es", 0.5)]

    assert of(' "yes".', *tokens, token('".', 0.1)) == pytest.approx(0.25)
    assert of("Yes", token("Yes", 0.9), token("<|end|>", 0.1)) == pytest.approx(0.9)
    assert of("yes.", token("yes.", 0.3)) == pytest.approx(0.3)


def test_reasoning_before_the_answer_does_not_count():
    """The label is the last that the tokens say."""
    tokens = [token("<think>yes?</think>", 0.1), token("\n", 0.2), token("yes", 0.9)]

    assert of("yes", *tokens) == pytest.approx(0.9)


def test_labels_that_share_their_first_token_are_told_apart():
    """Every token of the label counts."""
    assert of("not sure", token("not", 0.9), token(" sure", 0.5)) == pytest.approx(0.45)


def test_half_a_character_is_told_by_its_bytes():
    """Where the text of a token is no text."""
    first, second = token("\ufffd", 0.5, bytes=[0xC3]), token("\ufffd", 0.5, bytes=[0xA9])

    assert of("né", token("n", 0.5), first, second) == pytest.approx(0.125)


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [token("no", 0.9)],
        [{"token": "yes", "logprob": 0.1}],
        [{"token": "yes", "logprob": None}],
        [{"token": "yes", "logprob": "-0.1"}],
        [{"token": "yes", "logprob": True}],
        [{"token": "yes"}],
        [{"token": "yes", "logprob": float("-inf")}],
        ["yes"],
        [{"token": None, "logprob": -0.1}],
        [token("y", 0.9), {"token": "es", "logprob": 2}],
    ],
)
def test_what_is_no_probability_is_none(tokens):
    """Nothing is made up: an empty list, another text, numbers that are no logarithm of one."""
    assert of("yes", *tokens) is None


def test_a_list_that_is_none_is_no_tokens():
    """Some servers send null, some an object."""
    assert tokens_of(None) == tokens_of({"content": []}) == ()
