"""Records behave as frozen dataclasses do, wherever anybody looks."""

from dataclasses import field, replace

import pytest

from gradient_cli.values import record


@record
class Point:
    """A record for these tests."""

    x: int
    y: list[int] | int = 0
    secret: str = field(default="s3cret", repr=False)
    seen: int = field(default=0, compare=False)


@record(kw_only=True)
class Named:
    """One whose fields have to be named."""

    x: int = 0


def test_records_are_compared_and_hashed_by_their_values():
    """Two of the same values are one key of a dict; a field may be left out of that."""
    assert Point(1, 2) == Point(1, 2, seen=5)
    assert Point(1, 2) != Point(1, 3)
    assert Named(x=1) != Point(1)
    assert {Point(1, 2): "a"}[Point(1, 2)] == "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1, []))


def test_a_record_shows_its_values_but_no_secret():
    """For a traceback, which anyone may read."""
    assert repr(Point(1)) == "Point(x=1, y=0, seen=0)"


def test_records_can_be_replaced_and_matched():
    """What the rest of the code does with them."""
    match replace(Point(1), y=7):
        case Point(x, y):
            assert (x, y) == (1, 7)


def test_a_record_has_slots_and_names_where_it_wants_them():
    """A misspelled field is an error, not a new one."""
    with pytest.raises(AttributeError):
        object.__setattr__(Point(1), "z", 1)
    with pytest.raises(TypeError):
        Named(1)
