"""
The way of the flags of `batch run` to the request: down, and each floor once.

    cli/batch ─► runs/batch/run ─► batch/plan, batch/flags ─► ask/… ─► wire/request

Whoever is handed flags reads them and hands on values, so nobody has to look for a flag twice.
"""

import sys
from dataclasses import is_dataclass
from functools import cache
from inspect import get_annotations
from itertools import groupby, pairwise
from pathlib import Path, PurePath

import gradient_cli
from gradient_cli.ask.flag import Flag
from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions
from gradient_cli.ask.verdict import expected
from gradient_cli.batch.flags import Flags
from gradient_cli.batch.item_options import ItemOptions, RunOptions
from tests.house.test_floors import FLOORS

HOUSE = Path(gradient_cli.__file__).parent
MOST_FILES = 12
ARGV = (
    *("batch", "run", "Say {{ word }} of {{ item }}", "-i", "items.txt", "--dry-run"),
    *("-m", "any", "-s", "be brief", "--var", "word=much", "-f", "before.txt", "--shard", "1/2"),
    *("--expect", "x", "--schema", '{"type": "object"}', "--repair", "1", "--param", "seed=1"),
    *("--max-time", "60", "--base-url", "http://127.0.0.1:9"),
)


@cache
def is_group(cls):
    """Tell whether a class declares flags, or holds groups that do."""
    if not is_dataclass(cls):
        return False
    hints = get_annotations(cls).values()
    declares = any(
        isinstance(one, Flag) for hint in hints for one in getattr(hint, "__metadata__", ())
    )
    return declares or cls.__name__ == "Flags"


def traced(do):
    """Give the file of each call that is handed flags, until the first request is made."""
    way = []

    def note(frame, event, arg):
        code = frame.f_code
        path = Path(code.co_filename)
        if event != "call" or not path.is_relative_to(HOUSE) or path.name == "values.py":
            return
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if code.co_qualname == "Request.__post_init__":
            way.append("wire/request.py")
            sys.setprofile(None)
        elif any(is_group(type(frame.f_locals.get(name))) for name in given):
            way.append(str(path.relative_to(HOUSE)))

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
    return way


def floor(name):
    """Give the floor of a file."""
    home = PurePath(name).parts[0].removesuffix(".py")
    return next(height for height, rooms in enumerate(FLOORS) if home in rooms)


def climbs(way):
    """Give the steps that lead back up."""
    return [(a, b) for a, b in pairwise(way) if floor(b) > floor(a)]


def test_the_flags_of_a_batch_go_down_to_the_request(home, tmp_path, monkeypatch):
    """Each floor is entered once, none is climbed back to, and a dozen files see them at most."""
    monkeypatch.chdir(tmp_path)
    Path("items.txt").write_text("a\nb\n")
    Path("before.txt").write_text("before\n")
    found = []

    way = traced(lambda: found.append(home.runs(*ARGV)))

    assert found[0][0] == 0, found
    assert climbs(way) == []
    floors = [height for height, _ in groupby(way, floor)]
    assert floors == sorted(set(floors), reverse=True)
    assert (way[0], way[-1]) == ("cli/batch.py", "wire/request.py")
    assert len(set(way)) <= MOST_FILES


def test_a_climb_is_seen():
    """Neither the trace nor the rule is asleep: flags that go back up are found."""
    options = ExpectOptions(expect=["x"])
    said = RequestOptions(), RunOptions(), options, NetworkOptions()
    flags = Flags("a prompt", ItemOptions(), *said)

    way = traced(lambda: (expected(flags.expectations), flags.part()))

    assert climbs(way) == [("ask/verdict.py", "batch/flags.py")]
