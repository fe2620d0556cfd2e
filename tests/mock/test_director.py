"""Whose turn it is in a mock's script, and that a long script costs no more a request."""

import re
import time
from random import Random

import pytest

from gradient_cli.mock.director import Director
from gradient_cli.mock.script import Behaviour


class Plain:
    """The rule in its plainest words: of all that fit, the first that is not used up."""

    def __init__(self, behaviours, *, is_looped):
        some = [one for one in behaviours if not one.is_for_any]
        some.sort(key=lambda one: one.sees is None)
        self.all = some + [one for one in behaviours if one.is_for_any]
        self.used = [0] * len(self.all)
        self.is_looped = is_looped

    def choose(self, prompt, model, seen=()):
        fitting = [n for n, one in enumerate(self.all) if fits(one, prompt, model, seen)]
        for _ in range(2):
            for n in fitting:
                if self.all[n].most_times in {0} or self.used[n] < self.all[n].most_times:
                    self.used[n] += 1
                    return self.all[n]
            for n in fitting if self.is_looped else ():
                self.used[n] = 0
        return self.all[fitting[-1]] if fitting else Behaviour()


def fits(one, prompt, model, seen):
    is_seen = one.sees is None or one.sees in seen or (one.sees == "" and bool(seen))
    is_found = one.match is None or bool(re.search(one.match, prompt))
    return is_seen and is_found and one.model in {None, model}


def drawn(random: Random, number: int) -> Behaviour:
    kind = random.randrange(4)
    return Behaviour(
        text=f"answer {number}",
        times=random.choice([None, None, 0, 1, 2, 3]),
        match=random.choice(["a", "^b", "c$"]) if kind in {1, 2} else None,
        model=random.choice(["small", "large"]) if kind == 2 else None,
        sees=random.choice(["", "look"]) if kind == 3 else None,
    )


@pytest.mark.real
@pytest.mark.parametrize("is_looped", [False, True])
def test_each_request_gets_the_first_that_fits_and_is_not_used_up(is_looped):
    """Two hundred scripts by chance, held against the rule as one would write it down."""
    for seed in range(200):
        random = Random(seed)
        script = [drawn(random, n) for n in range(random.randrange(6))]
        director, plain = (made(script, is_looped=is_looped) for made in (Director, Plain))
        for turn in range(25):
            prompt = random.choice(["a", "b", "abc", "x"])
            model = random.choice(["small", "large"])
            seen = random.choice([(), ("look",), ("other",)])

            chosen = director.choose(prompt, model, seen)

            assert chosen == plain.choose(prompt, model, seen), (seed, turn, script)


@pytest.mark.real
def test_a_script_of_fifty_thousand_answers_is_not_searched_for_each():
    """A search of all would take minutes."""
    director = Director([Behaviour(text=f"{n}") for n in range(50_000)], is_looped=True)
    began = time.process_time()

    told = [director.choose("hi", "any").text for _ in range(50_001)]

    assert told == [*(f"{n}" for n in range(50_000)), "0"]
    assert time.process_time() - began < 5


@pytest.mark.real
def test_patterns_of_a_long_script_are_compiled_once():
    """`re` itself forgets after some hundreds, and would compile all of them anew each time."""
    behaviours = [Behaviour(text=f"{n}", match=f"^review {n}$") for n in range(2_000)]
    director = Director(behaviours, is_looped=False)
    began = time.process_time()

    told = [director.choose(f"review {n}", "any").text for n in range(0, 2_000, 20)]

    assert told == [f"{n}" for n in range(0, 2_000, 20)]
    assert time.process_time() - began < 1.5
