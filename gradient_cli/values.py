"""
Records: what `@dataclass(frozen=True, slots=True)` gives, at a tenth of its price.

A frozen dataclass compiles some six methods of its own when it is defined, 0.4 ms each time;
the hundred that one answer loads would be a fifth of the program's start. Here the methods are
shared, "frozen" is a promise that the type checker holds, and the dataclass itself is made when
somebody first asks for it: by `fields`, `replace` or a `match`, or by making more objects than
the two that most classes have at most in a run.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform, overload

if sys.version_info >= (3, 14):
    from annotationlib import Format, get_annotations

    def _names_of(cls: type) -> "list[str]":
        return list(get_annotations(cls, format=Format.FORWARDREF))

else:

    def _names_of(cls: type) -> "list[str]":
        return list(vars(cls).get("__annotations__", ()))


Class = TypeVar("Class", bound=type)

MADE_BY_HAND = 2
"""Objects of a class; with the next one it is worth the 0.1 ms to compile its `__init__`."""

_MADE_LATER = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
"""By which the module dataclasses, and `match`, know one of its classes."""


@overload
def record(cls: Class) -> Class: ...
@overload
def record(*, kw_only: bool) -> Callable[[Class], Class]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Any = None, *, kw_only: bool = False) -> Any:
    """Make a class a record: fields in slots, compared, hashed and shown by their values."""
    return _with_slots(cls, kw_only) if cls else lambda cls: _with_slots(cls, kw_only)


@dataclass_transform(field_specifiers=(field,))
def mutable_record(cls: Class) -> Class:
    """Make a class a record whose fields change; it is compared by its values and has no hash."""
    made: Any = record(cls)
    made.__hash__ = None
    return made  # type: ignore[no-any-return]  # still the class


def _with_slots(written: Any, kw_only: bool) -> Any:
    """Give a class as it was written, but with slots; what dataclass makes of it comes later."""
    names = _names_of(written)
    inherited = {name for base in written.__mro__[1:] for name in vars(base).get("__slots__", ())}

    def make() -> None:
        """Let dataclass work on a copy, so that two threads may do it at once."""
        copy: Any = type(written)(written.__name__, written.__bases__, _body(written))
        dataclass(copy, eq=False, repr=False, kw_only=kw_only)
        for name in (*_MADE_LATER, "__init__"):
            setattr(made, name, vars(copy)[name])

    by_hand = [None] * MADE_BY_HAND

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807  # it stands for it
        if by_hand and _fill(self, made, args, named):
            del by_hand[:1]
            return
        make()  # Also where they do not fit: it has the words for what is wrong.
        made.__init__(self, *args, **named)

    body = _body(written, but=names) | {
        "__slots__": tuple(name for name in names if name not in inherited),
        "__qualname__": written.__qualname__,
        **{name: _MadeLater(name, make) for name in _MADE_LATER},
        "__init__": __init__,
        "__written__": (written, names, kw_only),
        "__eq__": _is_equal,
        "__hash__": _hash,
    }
    if written.__repr__ is object.__repr__:
        body["__repr__"] = _shown
    made: Any = type(written)(written.__name__, written.__bases__, body)
    return made


def _fill(of: Any, cls: type, args: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Do what the `__init__` of a class would; False if the arguments do not fit its fields."""
    plan = dict(_fields_of(cls))
    in_order = [name for name, (one, by_name) in plan.items() if one.init and not by_name]
    values: dict[str, Any] = {**dict(zip(in_order, args, strict=False)), **named}
    if len(values) != len(args) + len(named) or not values.keys() <= plan.keys():
        return False
    for name, (one, _) in plan.items():
        if name in values:
            if not one.init:
                return False
        elif one.default is not MISSING:
            values[name] = one.default
        elif one.default_factory is not MISSING:
            values[name] = one.default_factory()
        elif one.init:
            return False
    for name, value in values.items():
        object.__setattr__(of, name, value)
    if hasattr(of, "__post_init__"):
        of.__post_init__()
    return True


def _fields_of(cls: type) -> Iterator[tuple[str, tuple[Any, bool]]]:
    """Give each field, a parent's first, with whether it is given by its name alone."""
    for base in reversed(cls.__mro__):
        written, names, kw_only = vars(base).get("__written__", (None, (), False))
        for name in names:
            value = vars(written).get(name, MISSING)
            one = value if isinstance(value, Field) else field(default=value)
            yield name, (one, kw_only or one.kw_only is True)


def _body(of: type, but: Collection[str] = ()) -> dict[str, Any]:
    """Give what a class is made of: what stands in it, less what Python adds."""
    unwanted = {"__dict__", "__weakref__", *but}
    return {name: value for name, value in vars(of).items() if name not in unwanted}


class _MadeLater:
    """Stands on a class for a value of it, and gives way to it when somebody looks."""

    def __init__(self, name: str, make: Callable[[], None]) -> None:
        self._name = name
        self._make = make

    def __get__(self, instance: object, owner: type) -> object:
        self._make()
        return getattr(owner, self._name)


def _values(of: Any) -> tuple[object, ...]:
    return tuple(getattr(of, one.name) for one in fields(of) if one.compare)


def _is_equal(self: object, other: object) -> bool:
    return other.__class__ is self.__class__ and _values(self) == _values(other)


def _hash(self: object) -> int:
    return hash(_values(self))


def _shown(self: Any) -> str:
    parts = [f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr]
    return f"{type(self).__qualname__}({', '.join(parts)})"
