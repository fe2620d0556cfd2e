"""
Imports that wait for their use: nothing is run before, all of it then, and once.

`waiting` names a module of the test's own among those that may wait.
"""

import importlib
import sys
import threading
from dataclasses import dataclass

import pytest

from gradient_cli.cli import later


@pytest.fixture
def waiting(tmp_path, monkeypatch):
    """Give a function that imports a module of such a text, which may wait."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [later.Finder(), *sys.meta_path])
    monkeypatch.setattr(later, "LATER", frozenset({"later_one", "later_two"}))

    def give(text: str, name: str = "later_one"):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield give
    for name in later.LATER:
        sys.modules.pop(name, None)


def test_a_module_is_run_when_it_is_looked_at_and_once(waiting, tmp_path):
    """Imports of it, however often, and its own name, run nothing."""
    path = str(tmp_path / "ran")
    module = waiting(f"with open({path!r}, 'a') as file: file.write('x')\nvalue = 7")

    assert importlib.import_module("later_one") is module
    assert (module.__name__, module.__spec__.name) == ("later_one", "later_one")
    assert not (tmp_path / "ran").exists()
    assert (module.value, module.value) == (7, 7)
    assert (tmp_path / "ran").read_text() == "x"
    assert type(module) is type(sys)


def test_a_name_taken_while_importing_is_there(waiting):
    """`from module import name` runs it at once."""
    waiting("value = 7")

    from later_one import value  # type: ignore[import-not-found]  # made above

    assert value == 7


def test_modules_that_wait_may_need_each_other(waiting):
    """A circle ends as it does without waiting."""
    waiting("import later_one\ntwo = 2\ndef both(): return later_one.one + two", "later_two")
    module = waiting("import later_two\none = 1\nboth = later_two.both")

    assert module.both() == 3


def test_a_module_that_fails_says_so_each_time(waiting):
    """And is run again: what was in its way may be gone."""
    module = waiting("import sys\nif not hasattr(sys, 'later_ok'): raise OSError('no')\nvalue = 7")

    for _ in range(2):
        with pytest.raises(OSError, match="no"):
            _ = module.value
    sys.later_ok = True  # type: ignore[attr-defined]  # for the module
    try:
        assert module.value == 7
    finally:
        del sys.later_ok  # type: ignore[attr-defined]  # as above


def test_an_unknown_name_is_unknown(waiting):
    """As of any module."""
    module = waiting("value = 7")

    with pytest.raises(AttributeError, match="'later_one' has no attribute 'other'"):
        _ = module.other


def test_no_thread_sees_a_module_half_run(waiting):
    """Eight look at once at what takes its time; all see the end of it."""
    module = waiting("import time\nfirst = 1\ntime.sleep(0.05)\nlast = 2")
    start, seen = threading.Barrier(8), []

    def look():
        start.wait()
        seen.append((module.first, module.last))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [(1, 2)] * 8


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="later ones ask inspect for more")
def test_a_docstring_alone_runs_no_inspect(monkeypatch):
    """A dataclass without one is named for itself; everybody else gets the real signature."""
    import dataclasses

    monkeypatch.setattr(sys, "meta_path", [later.Finder(), *sys.meta_path])
    monkeypatch.setattr(dataclasses, "inspect", None)  # put back at the end
    monkeypatch.delitem(sys.modules, "inspect")
    module = dataclasses.inspect = importlib.import_module("inspect")  # type: ignore[attr-defined]

    @dataclass
    class Plain:
        value: int

    assert Plain.__doc__ == "Plain"
    assert type(module) is later._Waiting
    assert str(module.signature(lambda value: value)) == "(value)"
