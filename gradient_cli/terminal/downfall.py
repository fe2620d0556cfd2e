"""
What is said when the program itself comes to grief, and with which status it ends.

    2    this machine gives no more open files, threads, memory, room on a disk
    70   a broken installation: a module that is not there, or another one in its place
    70   a bug: the traceback, which shows code and never values

It is loaded before anything that may fail, and loads nothing when it is needed: there may be
nothing left to load it with.
"""

import os
import sys

from gradient_cli.errors import MachineExhausted

# Not from typing, whose import is one of those that may fail.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BUG = 70


def last_words(error: BaseException, tell: "Callable[[str], None]") -> int:
    """Say what ended the program; give its status."""
    if found := MachineExhausted.behind(error):
        tell(f"gradient: {found.message}")
        if found.hint:
            tell(f"hint: {found.hint}")
        return int(found.status)
    intruder = _intruder()
    if intruder is None and not isinstance(error, ImportError):
        for row in _traceback(error).split("\n"):
            tell(row)
        tell(f"gradient: a bug in gradient {_version()}; please report the above")
        return BUG
    words = " ".join(str(error).split()) or type(error).__name__
    tell(f"gradient: a broken installation: {type(error).__name__}: {words}")
    if intruder:
        name, file = intruder
        tell(f'hint: "{file}" from PYTHONPATH stands in the place of `{name}`: unset PYTHONPATH')
    else:
        tell("hint: install gradient-cli anew")
    return BUG


def _intruder() -> tuple[str, str] | None:
    """Give name and file of a module that PYTHONPATH has put before one of Python's own."""
    folders = [
        os.path.realpath(folder) + os.sep
        for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if folder
    ]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in sys.stdlib_module_names and isinstance(file, str):
            file = os.path.realpath(file)
            if any(file.startswith(folder) for folder in folders):
                return name, file
    # One that failed while it was loaded is in no list any more.
    for folder in folders:
        for name in sorted(sys.stdlib_module_names - sys.modules.keys()):
            for file in (f"{folder}{name}.py", f"{folder}{name}{os.sep}__init__.py"):
                if os.path.isfile(file):
                    return name, file
    return None


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error)).rstrip()


def _version() -> str:
    from gradient_cli import __version__

    return __version__
