"""Where items come from: files of a folder, pipes, stdin, and what is said where nothing comes."""

import errno
import os
import tempfile
import threading

import pytest

from gradient_cli.batch.items import source as source_module
from gradient_cli.batch.items.array import Array
from gradient_cli.batch.items.choice import Choice, refuse_out
from gradient_cli.batch.items.folder import matching, read_files
from gradient_cli.batch.items.form import choose_form
from gradient_cli.batch.items.item import raise_it
from gradient_cli.batch.items.lines import Lines
from gradient_cli.batch.items.source import open_source, stdin_source
from gradient_cli.errors import StdinError, UsageError
from gradient_cli.terminal.streams import Terminal


@pytest.fixture
def pipe():
    """Give a terminal whose stdin is a pipe, and the end to write to."""
    read, write = os.pipe()
    terminal = Terminal.recording()
    terminal.stdin = os.fdopen(read, "rb")
    with terminal.stdin, os.fdopen(write, "wb", buffering=0) as end:
        yield terminal, end


def content(source) -> bytes:
    """Read a source once, and let it go."""
    with source.open() as stream:
        found = stream.read()
    source.close()
    return found


# Files of a folder -------------------------------------------------------------------------


def test_each_bad_file_is_named_and_the_others_are_read(tmp_path, monkeypatch):
    """A picture, a text that is none, a file that went away: three errors, and two items."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\n")
    (tmp_path / "b.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 600)
    (tmp_path / "c.txt").write_bytes(b"ab\xff")
    (tmp_path / "d.txt").symlink_to("gone")
    (tmp_path / "e.txt").write_text("two")
    (tmp_path / "f.txt").mkdir()
    (tmp_path / "g.txt").touch()
    real = source_module.Path.read_bytes

    def read_bytes(path) -> bytes:
        if path.name == "g.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(source_module.Path, "read_bytes", read_bytes)
    bad: list[UsageError] = []

    items = list(read_files(["*.txt"], bad.append))

    assert [(item.id, item.text, item.path) for item in items] == [
        ("a.txt", "one\n", "a.txt"),
        ("e.txt", "two", "e.txt"),
    ]
    assert not any(item.is_named for item in items)  # Two files never have one name.
    assert [error.message for error in bad] == [
        '"b.txt" is a picture',
        "c.txt: not UTF-8 at byte 2",
        'cannot read "g.txt": permission denied',
    ]
    assert all(error.hint for error in bad[:2])


def test_patterns_give_each_file_once_and_by_name(tmp_path, monkeypatch):
    """Folders are none; a name that looks like a pattern may be a file's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    for name in ("b.md", "a.md", "[x].md", "deep/c.md"):
        (tmp_path / name).write_text("x")

    assert matching(["*.md", "a*"]) == ["[x].md", "a.md", "b.md"]
    assert matching(["**/*.md"]) == ["[x].md", "a.md", "b.md", "deep/c.md"]
    assert matching(["[x].md"]) == ["[x].md"]
    for pattern in ("*.pdf", "deep", "gone.md"):
        with pytest.raises(UsageError, match="matches no file") as caught:
            matching(["*.md", pattern])
        assert pattern in caught.value.message


def test_a_file_that_cannot_be_looked_at_is_named(monkeypatch):
    """It is not left out in silence: a name of 300 letters is too long for any file system."""
    bad: list[UsageError] = []

    assert list(read_files(["x" * 300], bad.append)) == []
    assert "cannot read" in bad[0].message


# Pipes and stdin ---------------------------------------------------------------------------


def test_a_pipe_is_kept_and_read_twice(pipe):
    """It comes in pieces; its size is what is there."""
    terminal, end = pipe
    end.write(b"one\ntw")
    end.write(b"o\n")
    end.close()

    source = open_source("-", terminal, lambda line: None)

    assert (source.name, source.size()) == ("stdin", 8)
    for _ in range(2):
        with source.open() as stream:
            assert stream.read() == b"one\ntwo\n"
    source.close()


def test_the_size_of_a_file_is_known(tmp_path):
    """A bar shows how far the reading is."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345")

    assert open_source(str(path), Terminal.recording(), lambda line: None).size() == 5


def test_a_pipe_that_others_have_made_impatient_is_waited_for(pipe, monkeypatch):
    """A neighbour in a pipeline may set O_NONBLOCK on what both share."""
    terminal, end = pipe
    os.set_blocking(terminal.stdin.fileno(), False)

    def select(*waited_for) -> None:
        assert waited_for == ([terminal.stdin.fileno()], [], [])
        end.write(b"late\n")
        end.close()

    monkeypatch.setattr(source_module.select, "select", select)

    source = open_source("-", terminal, lambda line: None)

    assert content(source) == b"late\n"


def test_who_waits_for_a_pipe_says_so(pipe, monkeypatch):
    """One line, once nothing has come for a while; none where something came at once."""
    monkeypatch.setattr(source_module, "NOTICE_AFTER_S", 0.02)
    terminal, end = pipe
    told: list[str] = []

    def note(line: str) -> None:
        told.append(line)
        end.write(b"late\n")
        end.close()

    open_source("-", terminal, note).close()

    assert told == ["waiting for stdin"]
    told.clear()
    monkeypatch.setattr(source_module, "NOTICE_AFTER_S", 30)
    open_source("-", Terminal.recording(b"at once\n"), told.append).close()
    assert told == []


def test_a_stdin_that_nobody_named_is_not_waited_for_without_end(pipe, monkeypatch):
    """A shell in a build's job has a stdin to which nobody writes."""
    monkeypatch.setattr(source_module, "NOTICE_AFTER_S", 0.01)
    terminal, _ = pipe
    told: list[str] = []

    with pytest.raises(StdinError, match=r"nothing came on stdin for 0\.03 s"):
        stdin_source(terminal, told.append, None, 0.03)

    assert told == ["waiting for items on stdin; -i FILE names them"]


@pytest.mark.parametrize("after_s", [0, 0.03])
def test_a_stdin_that_has_items_in_time_is_read(pipe, monkeypatch, after_s):
    """At once, or after the line that says so."""
    monkeypatch.setattr(source_module, "NOTICE_AFTER_S", 0.01)
    terminal, end = pipe
    told: list[str] = []

    def write() -> None:
        end.write(b"a\n")
        end.close()

    threading.Timer(after_s, write).start() if after_s else write()

    source = stdin_source(terminal, told.append, None, 5)

    assert content(source) == b"a\n"
    assert (told[:1] == []) is (not after_s)


def test_no_stdin_is_told(tmp_path):
    """Nothing to read, or closed: two errors of their own."""
    closed, screen = Terminal.recording(), Terminal.recording(b"", is_tty=True)

    for terminal in (closed, screen):
        with pytest.raises(UsageError, match="there are no items") as caught:
            stdin_source(terminal, lambda line: None)
        assert "-i FILE" in caught.value.hint
    with pytest.raises(UsageError, match="`-` means stdin, and stdin is closed"):
        open_source("-", closed, lambda line: None)


def test_a_temporary_folder_without_room_is_named(pipe, monkeypatch):
    """What comes from a pipe is kept; where that cannot be, it says what helps."""
    terminal, end = pipe
    end.write(b"a\n")
    end.close()

    def full(**flags) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)

    with pytest.raises(
        UsageError, match=r"cannot keep what came from stdin .*: no space left"
    ) as e:
        open_source("-", terminal, lambda line: None)
    assert "TMPDIR" in e.value.hint


def test_files_that_cannot_be_read_are_told(tmp_path):
    """A folder, a name with a typing error, a file that went away between two readings."""
    note = [].append
    with pytest.raises(UsageError, match="is a folder") as caught:
        open_source(str(tmp_path), Terminal.recording(), note)
    assert "--each-file" in caught.value.hint
    with pytest.raises(UsageError, match=r'cannot read ".*gone": no such file'):
        open_source(str(tmp_path / "gone"), Terminal.recording(), note)
    path = tmp_path / "a.txt"
    path.write_text("a\n")
    source = open_source(str(path), Terminal.recording(), note)
    path.unlink()
    with pytest.raises(UsageError, match=r'cannot read ".*a\.txt": no such file'):
        source.open()


def test_binary_items_are_refused():
    """Whatever the flag says."""
    for flag in (None, "lines", "csv"):
        with pytest.raises(UsageError, match=r'"x\.txt" is binary: a NUL byte at offset 2'):
            choose_form("x.txt", b"ab\0c", flag)


def test_a_flag_wins_over_a_name():
    """`data.csv` may be lines, and `lines.txt` rows."""
    assert isinstance(choose_form("a.csv", b"x\n", "lines"), Lines)
    assert isinstance(choose_form("a.txt", b'\xef\xbb\xbf [{"id": 1}]', "jsonl"), Array)


def test_a_file_that_cannot_be_looked_at_is_not_out(tmp_path):
    """Whoever reads it will say what is wrong with it."""
    refuse_out("-", "-", "ITEMS")
    refuse_out(str(tmp_path / "gone"), str(tmp_path / "out"), "ITEMS")
    (tmp_path / "a").touch()
    refuse_out(str(tmp_path / "a"), str(tmp_path / "out"), "ITEMS")


def test_who_takes_stdin():
    """Nobody else may then want it."""
    assert Choice().takes_stdin
    assert Choice(["a", "-"]).takes_stdin
    assert not Choice(["a"]).takes_stdin
    assert not Choice(None, ["*.txt"]).takes_stdin


# Arrays ------------------------------------------------------------------------------------


def elements(data: bytes) -> list:
    """Read an array."""
    import io

    return list(Array().read(io.BytesIO(data), "f", raise_it, ""))


def test_what_is_no_array_is_refused():
    """`--jsonl` says rows; something else began with a bracket."""
    with pytest.raises(UsageError, match="f:2: no array"):
        elements(b'\n{"id": 1}')


def test_an_element_without_end_takes_no_memory(monkeypatch):
    """A quote that nobody closed makes one element of a file of any size."""
    monkeypatch.setattr("gradient_cli.batch.items.array.PIECE", 8)
    monkeypatch.setattr("gradient_cli.batch.items.array.MOST_BYTES", 64)

    assert len(elements(b'[{"prompt": "%s"}]' % (b"a" * 20))) == 1
    with pytest.raises(UsageError, match="f:1: an element of more than 64 bytes"):
        elements(b'[{"prompt": "%s"}]' % (b"a" * 200))
