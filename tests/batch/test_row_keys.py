"""A row's key without its request: the same, at a fraction of the cost."""

import pytest

from gradient_cli.batch.items.item import Item
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.wire.request import Request

ITEMS = [
    Item(1, "x:1", text="plain"),
    Item(2, "x:2", text='"é\u2028\\ \x00 😀'),
    Item("a", "x:3", prompt="{{ name }} and more", variables={"name": "a value"}),
    Item(4, "x:4", prompt="p", fields={"temperature": 0.5}),
    Item(5, "x:5", text=" "),
    Item("f.txt", "f.txt", text="a file\n", path="f.txt"),
]
BASES = {
    "bare": Request(),
    "full": Request(model="m", temperature=0.5, stop=("x",), user="u", tools=({"type": "f"},)),
    "instructed": Request(instructions="be {{ name }}", stream=True),
    "based": Request(base={"a": 1, "input": "old", "z": [2]}),
    "nested": Request(params={"reasoning.effort": "low"}),
}


@pytest.mark.parametrize("variables", [{}, {"name": "x"}], ids=["", "with a variable"])
@pytest.mark.parametrize("prompt", [None, "sentiment", "of {{ item }}?"])
@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_a_key_made_fast_is_the_key_of_the_request(base, prompt, variables):
    """A resumed run must find what any other has made."""
    maker = RequestMaker(base, prompt, variables)

    assert [maker.key(item) for item in ITEMS] == [maker.request(item).key() for item in ITEMS]
