"""Records behave as frozen dataclasses do, wherever anybody looks."""

import copy
import threading
from dataclasses import field, fields, is_dataclass, replace

import pytest

from gradient_cli.values import MADE_BY_HAND, mutable_record, record


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


@record
class Base:
    """A record with a default and a list of its own."""

    name: str
    words: list[str] = field(default_factory=list)


@record
class Child(Base):
    """A record that adds to another, and works something out."""

    length: int = field(default=0, init=False)

    def __post_init__(self):
        """Count."""
        object.__setattr__(self, "length", len(self.name))


def test_the_init_is_compiled_where_it_is_worth_it():
    """A class that makes an object or two pays nothing; from the next but one on nobody pays."""

    @record
    class Fresh:
        number: int = 1

    before = Fresh.__init__
    assert [Fresh().number for _ in range(MADE_BY_HAND)] == [1] * MADE_BY_HAND
    assert Fresh.__init__ is before
    assert Fresh().number == 1
    after = Fresh.__init__
    assert after is not before
    assert Fresh(2).number == 2
    assert Fresh.__init__ is after


def test_a_class_is_only_loaded_until_somebody_asks():
    """Of dataclass nothing is asked for it; whoever looks finds what it gives."""

    @record
    class Fresh:
        number: int = 1
        words: list[str] = field(default_factory=list, repr=False)

    assert not isinstance(vars(Fresh)["__dataclass_fields__"], dict)

    assert [one.name for one in fields(Fresh)] == ["number", "words"]
    assert Fresh.__match_args__ == ("number", "words")
    assert isinstance(vars(Fresh)["__dataclass_fields__"], dict)
    assert (Fresh(), is_dataclass(Fresh)) == (Fresh(1, []), True)


def test_many_threads_may_make_the_first_object():
    """Workers begin at once, each with the same classes."""

    @record
    class Fresh:
        number: int = 1
        words: list[str] = field(default_factory=list, repr=False)

    together = threading.Barrier(8)
    made = []

    def make():
        together.wait(5)
        made.append(Fresh(words=["x"]))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert made == [Fresh(1, ["x"])] * 8
    assert Fresh().words == []


def test_a_child_that_shows_itself_hides_what_its_parent_hides():
    """A `__repr__` of a class's own is kept, and is its children's too."""

    @record
    class Hidden:
        secret: str

        def __repr__(self):
            return "Hidden"

    @record
    class More(Hidden):
        other: int = 0

    assert (repr(Hidden("s3")), repr(More("s3"))) == ("Hidden", "Hidden")
    assert copy.copy(More("s3", 2)) == More("s3", 2)


def test_a_child_of_a_record_is_made_whole_whichever_comes_first():
    """Parent and child each have their own way of being made."""
    child = Child("four", ["x"])
    parent = Base(name="two")

    assert (child.name, child.words, child.length) == ("four", ["x"], 4)
    assert (parent.name, parent.words) == ("two", [])
    assert Base("a").words is not Base("a").words


def test_what_is_wrong_is_told_each_time():
    """A missing or unknown argument is a TypeError that names the class's init."""

    @record
    class Strict:
        number: int

    for _ in range(2):
        with pytest.raises(TypeError, match="number"):
            Strict()
        with pytest.raises(TypeError, match="colour"):
            Strict(1, colour="red")


def test_a_mutable_record_is_compared_and_changes_and_has_no_hash():
    """What changes must not be the key of anything."""

    @mutable_record
    class Count:
        number: int = 0

    one = Count()
    one.number += 1
    assert one == Count(1)
    assert one != Count()
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


CALLS = [
    *(((1,), {}), ((1, "x"), {}), ((), {"number": 1, "words": ["a"]}), ((1,), {"word": "x"})),
    *(((), {}), ((1, "x", [], 4), {}), ((1,), {"number": 2}), ((1,), {"no_such": 2})),
    *(((1,), {"worked_out": 2}), ((1, "x", ["y"], 9), {}), ((1,), {"by_name": 9})),
]


@pytest.mark.parametrize(("args", "named"), CALLS)
def test_the_first_objects_are_made_as_the_later_ones(args, named):
    """By hand and by the compiled init: the same values, or the same words about what is wrong."""

    @record
    class Parent:
        number: int
        word: str = "w"

    @record
    class Fresh(Parent):
        words: list[str] = field(default_factory=list)
        by_name: int = field(default=3, kw_only=True)
        worked_out: int = field(default=0, init=False)

        def __post_init__(self):
            object.__setattr__(self, "worked_out", self.number + self.by_name)

    def made():
        try:
            return Fresh(*args, **named)
        except TypeError as error:
            return str(error)

    first, *others = [made() for _ in range(MADE_BY_HAND + 2)]

    assert others == [first] * (MADE_BY_HAND + 1)
    assert isinstance(first, str) == ((args, named) not in [*CALLS[:4], CALLS[10]])
