"""
Payloads that no server sends: real ones with anything in the place of anything.

Whatever the types, the client gives an Outcome. The seed makes each run the same.
"""

import json
import random
from typing import Any

import pytest

from gradient_cli.transport.faults import Setting
from gradient_cli.wire.request import Request
from tests.captures import captures, streams
from tests.fakes import FakeReply, FakeTransport, asking_once

JUNK: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        10**400,
        "\u00b2",
        "\u0665\u0660\u0660",
        "9" * 5000,
        "",
        "x",
        "\ud800",
        "\x1b[31m",
        "response.completed",
    ),
    *([], [None], ["x"], [{}], {}, {"a": None}, {"type": "message"}),
]
BODIES = [
    *(one.body for one in captures() if one.server == "vllm" and one.name.startswith("ok-")),
    *streams().values(),
]


def spoiled(chance: random.Random, value: Any) -> Any:
    """Give a JSON value with parts of it replaced, lost or doubled."""
    if chance.random() < 0.08:
        return chance.choice(JUNK)
    match value:
        case dict():
            kept = {name: inner for name, inner in value.items() if chance.random() > 0.03}
            return {name: spoiled(chance, inner) for name, inner in kept.items()}
        case list():
            return [spoiled(chance, inner) for inner in value] * chance.choice([1, 1, 1, 2])
        case _:
            return value


def spoiled_reply(chance: random.Random) -> FakeReply:
    body = chance.choice(BODIES)
    if body.startswith(b"{"):
        data = json.dumps(spoiled(chance, json.loads(body))).encode()
        return FakeReply(chance.choice([200, 200, 400, 429, 500]), {}, [data])
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: {")]
    events = [spoiled(chance, json.loads(line)) for line in lines]
    if chance.random() < 0.3:
        chance.shuffle(events)
    return FakeReply(200, {}, [b"data: %b\n\n" % json.dumps(event).encode() for event in events])


@pytest.mark.real
@pytest.mark.parametrize(
    "seeds", [range(100), pytest.param(range(100, 3000), marks=pytest.mark.real)]
)
def test_whatever_comes_there_is_an_outcome(seeds):
    """No payload is a crash; what is no answer is an error with words."""
    for seed in seeds:
        transport = FakeTransport([spoiled_reply(random.Random(seed))])

        outcome = asking_once(transport, Setting("https://test.example")).ask(Request(input="hi"))

        assert outcome.status in {0, 3, 4, 5, 6, 8}, seed
        assert (outcome.error is None) == (outcome.response.status == "completed"), seed
        assert outcome.error is None or outcome.error.message, seed
