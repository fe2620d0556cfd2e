"""The early connection's glance at the command line reads it as the parser does."""

import random

import pytest
import typer

from gradient_cli.cli.app import root
from gradient_cli.settings.likely import _NO_EARLY_FLAGS, _peek

WORDS = [
    *("-p", "--profile", "-plocal", "--profile=x", "--base-url", "--base-url=u", "--", "-", "hi"),
    *("-m", "--model", "-mp", "-qp", "-qvx", "-qm", "--ca-bundle", "--ca-bundle=f", "--proxy"),
    *("--key-file", "-n", "--stop", "-f", "-u", "--stream", "--no-stream", "-s", "--json", ""),
]


def parsed(words):
    """(profile, base URL, whether the early connection is forbidden) by the real parser."""
    with root().make_context("gradient", ["respond"]) as context:
        command = root().get_command(context, "respond")
        # Of the root: click remembers the first names that a help flag had.
        with typer.Context(command, parent=context) as inner:
            given, _, order = command.make_parser(inner).parse_args(list(words))
    seen = {param.name for param in order}
    names = {
        flag.removeprefix("--").removeprefix("-").replace("-", "_") for flag in _NO_EARLY_FLAGS
    }
    return given.get("profile"), given.get("base_url"), bool(names & seen)


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(20))
def test_the_glance_agrees_with_the_parser(seed):
    """Whatever stands where: what looks like a flag may be a value, and the other way round."""
    chance = random.Random(seed)
    agreed = 0
    for _ in range(100):
        words = [chance.choice(WORDS) for _ in range(chance.randrange(1, 7))]
        glance = _peek(words)
        if glance is None:
            continue
        profile, base_url, is_forbidden = parsed(words)
        assert not is_forbidden, words
        assert glance.get("--base-url") == base_url, words
        if len({"-p", "--profile"} & glance.keys()) < 2:
            assert (glance.get("-p") or glance.get("--profile") or None) == (profile or None), words
        agreed += 1

    assert agreed > 10
