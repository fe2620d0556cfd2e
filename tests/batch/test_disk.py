"""A disk that is full, or refuses: one line says so, and what stood there stands there still."""

import errno
import os
from pathlib import Path

import pytest

from gradient_cli.batch import results as results_module
from gradient_cli.batch.aside import Aside
from gradient_cli.batch.results import FileResults, open_results
from gradient_cli.errors import UsageError

LINE = b'{"id":1,"key":"%s","ok":true}\n' % (b"a" * 64)


@pytest.fixture
def out(tmp_path):
    """Give OUT and, beside it, an answer that was set aside."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(LINE)
    (tmp_path / "out.stale.jsonl").write_bytes(LINE)
    return path


@pytest.fixture
def full_disk(monkeypatch):
    """Let nothing reach the disk."""

    def fsync(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)


def files(folder: Path) -> dict[str, bytes]:
    """Give what lies in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_in_the_place_of_what_is_set_aside_is_named(tmp_path):
    """It is told before anything is asked."""
    (tmp_path / "out.stale.jsonl").mkdir()

    with pytest.raises(UsageError, match=r'cannot write ".*out\.stale\.jsonl": is a directory'):
        Aside(tmp_path / "out.jsonl")


def test_an_answer_that_cannot_be_set_aside_is_told(tmp_path):
    """The folder went away meanwhile."""
    aside = Aside(tmp_path / "gone" / "out.jsonl")

    with pytest.raises(UsageError, match=r'cannot write ".*out\.stale\.jsonl": no such file'):
        aside.add(LINE)


def test_what_is_set_aside_on_a_full_disk_is_told(out, full_disk):
    """Whoever moves an answer must know that its copy is safe."""
    aside = Aside(out)
    aside.add(LINE)

    with pytest.raises(UsageError, match=r'cannot write ".*stale\.jsonl": no space left on device'):
        aside.flush()


def test_a_full_disk_leaves_what_was_set_aside_as_it_was(out, full_disk):
    """The new file takes the old one's place in one step, or not at all."""
    before = files(out.parent)

    with pytest.raises(UsageError, match="no space left"):
        Aside(out).rewrite(lambda place, entry: None)

    assert files(out.parent) == before


def test_a_full_disk_leaves_out_as_it_was(out, full_disk):
    """And no temporary file beside it; what is written next is written to the old one."""
    results = FileResults(str(out))
    before = files(out.parent)

    with pytest.raises(UsageError, match=r'cannot write ".*out\.jsonl": no space left on device'):
        results.replace(lambda file: file.write(b"half") and None)

    assert files(out.parent) == before
    results.write(LINE)
    results.close()
    assert out.read_bytes() == LINE * 2


def test_a_run_that_is_stopped_while_out_is_replaced_leaves_it_as_it_was(out):
    """Ctrl-C is no fault of the disk."""
    results = FileResults(str(out))
    before = files(out.parent)

    def fill(file) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        results.replace(fill)

    assert files(out.parent) == before
    results.close()


@pytest.mark.parametrize("name", ["", "gone/out.jsonl"], ids=["a folder", "in no folder"])
def test_an_out_that_cannot_be_is_told(tmp_path, name):
    """`-o` with a typing error must cost no request."""
    path = os.path.join(tmp_path, name)  # with the "/" at its end

    with pytest.raises(UsageError, match="cannot write"):
        open_results(path, lambda data: None)


@pytest.mark.parametrize("parent", ["gone", "file"])
def test_an_out_that_cannot_be_opened_is_told(tmp_path, parent):
    """Its folder was taken away, or is a file."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match=r'cannot write ".*out\.jsonl": no'):
        FileResults(str(tmp_path / parent / "out.jsonl"))


def test_a_run_that_ended_just_now_may_have_replaced_out(out, monkeypatch):
    """The lock of a file that nobody can find any more protects nothing."""
    locked = []
    real = results_module.has_locked

    def slow(fd: int) -> bool:
        if not locked:  # The other run replaces OUT between our two steps.
            out.with_name("new").write_bytes(LINE * 2)
            out.with_name("new").replace(out)
        locked.append(fd)
        return real(fd)

    monkeypatch.setattr(results_module, "has_locked", slow)

    results = FileResults(str(out))
    results.write(LINE)
    results.close()

    assert len(locked) == 2
    assert out.read_bytes() == LINE * 3


def test_a_new_out_that_nothing_was_written_to_is_taken_back(tmp_path):
    """An old one, or one with a result, stays."""
    new, old, used = (str(tmp_path / name) for name in ("new", "old", "used"))
    Path(old).touch()
    for path in (new, old, used):
        results = FileResults(path)
        if path == used:
            results.write(LINE)
        results.discard()
        results.close()

    assert sorted(files(tmp_path)) == ["old", "used"]
