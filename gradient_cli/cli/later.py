"""
Imports that wait for their use, where Python itself has none that do (before 3.15).

    import inspect      looked for, and not run
    inspect.signature   run now

What is named in `LATER` is imported by the libraries below every answer, for what no plain run
does: names in other scripts, coroutines, a trace of what went wrong, roots that no system has.
Together that is a tenth of the start. `importlib.util.LazyLoader` does the same, but runs a
module as soon as it is imported a second time, and two threads may see it half run.
"""

import sys
from _thread import RLock
from collections.abc import Sequence
from types import ModuleType

# Not from typing, whose import would hold up the first packet.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any

LATER = frozenset(
    {
        *("certifi", "email.parser", "idna", "inspect", "ipaddress", "locale"),
        *("mimetypes", "shutil", "socksio", "traceback"),
    }
)
"""Modules of which nobody on the way to an answer takes a name while being imported."""
_LOCK = RLock()
"""One for all: modules that wait need each other."""


class Finder:
    """Finds what may wait, before those who would have it run at once."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> "ModuleSpec | None":
        """Give the spec that another finder has, with a loader that waits."""
        if name not in LATER:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # of its shape
                return spec
        return None


class _Loader:
    """Makes a module that is run by the loader it was found with, when it is looked at."""

    def __init__(self, loader: "Any") -> None:
        self._loader = loader

    def create_module(self, spec: "ModuleSpec") -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]  # see Any

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        assert module.__spec__ is not None
        module.__spec__.loader = self._loader
        module.__class__ = _Waiting


class _Waiting(ModuleType):
    """A module that was not run yet; what says who it is, it knows."""

    def __getattribute__(self, name: str) -> "Any":
        known = object.__getattribute__(self, "__dict__")
        if name == "__class__" or (name[:2] == "__" and name in known):
            return object.__getattribute__(self, name)
        asked_by = sys._getframe(1).f_globals.get("__name__")
        if asked_by == "dataclasses" and name in _OF_DATACLASSES:
            return _OF_DATACLASSES[name]
        with _LOCK:
            if object.__getattribute__(self, "__class__") is _Waiting:
                _run(self, known)
        return getattr(self, name)


def _no_signature(cls: type) -> None:
    """
    Tell dataclasses (3.11 to 3.13) that a class has none to make its docstring of.

    h11 has one class without a docstring, for which inspect, ast and dis would be run.

    Raises:
        ValueError: always; dataclasses then takes the name alone.

    """
    raise ValueError(cls)


def _annotations(cls: type) -> "dict[str, Any]":
    """Give dataclasses (3.12, 3.13) what `inspect.get_annotations` gives for a class."""
    return dict(vars(cls).get("__annotations__", {}))


_OF_DATACLASSES = {"signature": _no_signature, "get_annotations": _annotations}
"""What they ask inspect for, which would be run for that alone."""


class _Running(ModuleType):
    """A module that is being run: others wait, the thread that runs it need not."""

    def __getattribute__(self, name: str) -> "Any":
        if name[:2] == "__":
            return object.__getattribute__(self, name)
        with _LOCK:
            return object.__getattribute__(self, name)


def _run(module: ModuleType, known: dict[str, "Any"]) -> None:
    """Run it; one that fails waits for the next who looks."""
    module.__class__ = _Running
    try:
        known["__loader__"].exec_module(module)
    except BaseException:
        module.__class__ = _Waiting
        raise
    module.__class__ = ModuleType
