"""
Records: what `@dataclass(frozen=True, slots=True)` gives, at a quarter of its price.

A frozen dataclass compiles some six methods of its own when it is defined, 0.4 ms each time;
the seventy that one answer loads would be a sixth of the program's start. Here the methods are
shared, "frozen" is a promise that the type checker holds, and `__init__`, which has to be a
class's own, is compiled when the first object is made: most classes never make one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)


@overload
def record(cls: Class) -> Class: ...
@overload
def record(*, kw_only: bool) -> Callable[[Class], Class]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Any = None, *, kw_only: bool = False) -> Any:
    """Make a class a record: fields in slots, compared, hashed and shown by their values."""

    def made(cls: Any) -> Any:
        cls = dataclass(cls, slots=True, eq=False, repr=False, init=False, kw_only=kw_only)
        _compile_when_used(cls)
        cls.__eq__, cls.__hash__ = _is_equal, _hash
        if cls.__repr__ is object.__repr__:
            cls.__repr__ = _shown
        return cls

    return made if cls is None else made(cls)


@dataclass_transform(field_specifiers=(field,))
def mutable_record(cls: Class) -> Class:
    """Make a class a record whose fields change; it is compared by its values and has no hash."""
    made: Any = record(cls)
    made.__hash__ = None
    return made  # type: ignore[no-any-return]  # still the class


def _compile_when_used(cls: Any) -> None:
    """Put an `__init__` in place that makes way for the real one when it is called."""

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807  # it stands for it
        # A child has the same fields: what dataclass writes for it is what it owes the parent.
        child: Any = dataclass(type(cls.__name__, (cls,), {}), eq=False, repr=False)
        cls.__init__ = vars(child)["__init__"]
        cls.__init__(self, *args, **named)

    cls.__init__ = __init__


def _values(of: Any) -> tuple[object, ...]:
    return tuple(getattr(of, one.name) for one in fields(of) if one.compare)


def _is_equal(self: object, other: object) -> bool:
    return other.__class__ is self.__class__ and _values(self) == _values(other)


def _hash(self: object) -> int:
    return hash(_values(self))


def _shown(self: Any) -> str:
    parts = [f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr]
    return f"{type(self).__qualname__}({', '.join(parts)})"
