"""An answer that came is not lost because its file cannot be written."""

import os

import pytest

from gradient_cli.batch import results
from gradient_cli.batch.results import FileResults
from gradient_cli.errors import UsageError
from gradient_cli.terminal import ways
from tests.home import Home


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a user whose disk fills up while the answer is under way."""
    monkeypatch.chdir(tmp_path)

    def full(fd, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ways, "write_whole", full)
    return Home(tmp_path)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "flags", [(), ("--no-stream",), ("--expect", "demo"), ("--format", "text")]
)
def test_it_goes_to_stdout(home, tmp_path, flags):
    """With status 2, the old file as it was, and a hint where to look."""
    (tmp_path / "out").write_text("OLD")
    _, whole, _ = home.runs("respond", "-p", "demo", "hi", *flags)

    status, out, err = home.runs("respond", "-p", "demo", "hi", "-o", "out", *flags)

    assert (status, out) == (2, whole)
    assert 'cannot write "out": no space left on device' in err
    assert "hint: the answer went to stdout instead" in err
    assert ((tmp_path / "out").read_text(), sorted(os.listdir(tmp_path))) == (
        "OLD",
        ["gradient-cli", "out"],
    )


def test_as_json_the_object_says_so(home, tmp_path):
    """One object on stdout, with the answer and the error."""
    status, out, _ = home.runs("respond", "-p", "demo", "hi", "-o", "out", "--json")

    assert status == 2
    assert '"exit_code":2' in out.replace(" ", "")
    assert "demo profile" in out


def test_an_answer_that_fails_is_not_printed_in_its_place(home):
    """It would not have been in the file either."""
    status, out, _ = home.runs("respond", "-p", "demo", "hi", "-o", "out", "--expect", "NEVER")

    assert (status, out) == (1, "")


def test_half_a_line_that_stays_gets_nothing_behind_it(tmp_path, monkeypatch):
    """The disk is gone for good: a row is never glued to the torn one."""
    out = FileResults(str(tmp_path / "out.jsonl"))
    out.write(b'{"id":1}\n')

    def gone(*arguments):
        raise OSError(5, "Input/output error")

    def torn(fd, line):
        os.write(fd, line[:4])
        fault = OSError(5, "Input/output error")
        fault.written = 4
        raise fault

    monkeypatch.setattr(results, "write_whole", torn)
    monkeypatch.setattr(results.os, "ftruncate", gone)
    with pytest.raises(UsageError, match="input/output error"):
        out.write(b'{"id":2}\n')
    monkeypatch.undo()
    with pytest.raises(UsageError, match="input/output error"):
        out.write(b'{"id":3}\n')

    out.close()
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"id":1}\n{"id'
