"""Files that are written: whole or not at all, and streams as they are."""

import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from gradient_cli.ask.conversation import open_thread
from gradient_cli.batch.results import open_results
from gradient_cli.errors import UsageError
from gradient_cli.terminal.files import check_target, open_target, write_file


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path):
    """And nothing is left beside it."""
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o640)

    check_target(str(path))
    write_file(str(path), "new")

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("-", '"-" is no file here'),
        ("", "it is a folder"),
        (".", "it is a folder"),
        ("no/such/out", "there is no folder"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_anything_is_paid(path, words):
    """An unset variable in a script is one of them."""
    with pytest.raises(UsageError, match=words):
        check_target(path)


def test_a_named_pipe_is_written_to(tmp_path):
    """It stays a pipe."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)

    check_target(str(path))
    write_file(str(path), "through")

    assert reader.communicate()[0] == b"through"
    assert path.is_fifo()


def test_a_socket_is_not_waited_for(tmp_path, monkeypatch):
    """It says ENXIO like a pipe that nobody reads, but nobody ever will."""
    monkeypatch.chdir(tmp_path)  # The name of a socket must be short.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")

        with pytest.raises(UsageError, match='cannot write "s"'):
            open_target("s", remaining_s=lambda: 0.0, note=print)


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_stdout_by_its_name_is_written_to(name):
    """Its name leads to one that cannot be opened: pipe:[123]."""
    if not Path(name).exists():
        pytest.skip("this system has no such name")
    code = (
        "import sys; from gradient_cli.terminal.files import check_target, write_file\n"
        "check_target(sys.argv[1]); write_file(sys.argv[1], 'through')"
    )
    done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, check=True)

    assert done.stdout == b"through"


def test_a_path_that_leads_nowhere_is_named(tmp_path, monkeypatch):
    """Links in a circle, a working directory that somebody has removed, a name too long."""
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    for path in (str(circle), "out", "x" * 300, str(tmp_path / "x" / ("x" * 300))):
        for use in (
            check_target,
            partial(open_results, write=print),
            partial(open_thread, note=print),
        ):
            with pytest.raises(UsageError, match="cannot write"):
                use(path)
