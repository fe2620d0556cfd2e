"""Files that a stranger names: below the roots, through no link out, and never waited for."""

import os
from pathlib import Path

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.terminal.opener import Opener


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """Give a folder with a suite's folder in it and a secret beside it; we stand inside."""
    inside = tmp_path / "work"
    (inside / "suite" / "deep").mkdir(parents=True)
    (tmp_path / "secret").write_text("SECRET")
    (inside / "top.txt").write_text("top")
    (inside / "suite" / "a.txt").write_text("a")
    (inside / "suite" / "deep" / "b.txt").write_text("b")
    monkeypatch.chdir(inside)
    return inside


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "a"),
        ("./a.txt", "a"),
        ("deep/b.txt", "b"),
        ("deep/../a.txt", "a"),
        ("../top.txt", "top"),
        ("../suite/a.txt", "a"),
    ],
)
def test_what_lies_below_a_root_is_read(name, text, place):
    """The working folder, or the suite's own; `..` within them is no harm."""
    assert Opener.beside("suite/s.toml").read(name) == text


def test_an_absolute_path_below_a_root_is_read(place):
    """It leads nowhere else."""
    assert Opener.beside("suite/s.toml").read(str(place / "top.txt")) == "top"


def test_a_link_within_is_followed(place):
    """Only where it leads counts."""
    (place / "suite" / "link").symlink_to("../top.txt")
    (place / "suite" / "folder").symlink_to("deep")

    assert Opener.beside("suite/s.toml").read("link") == "top"
    assert Opener.beside("suite/s.toml").read("folder/b.txt") == "b"


WAYS_OUT = {
    "dots": "../../secret",
    "dots in the middle": "deep/../../../secret",
    "absolute": "{outside}/secret",
    "a link": "link",
    "a link to a link": "second",
    "a link to a folder": "folder/secret",
    "a link that is absolute": "absolute",
    "a loop back": "../../work/../secret",
    "the system's": "/etc/hostname",
    "a process's": "/proc/self/environ",
    "stdin": "/dev/stdin",
    "what is not there": "../../nothing",
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", WAYS_OUT)
def test_nothing_leads_out(name, place):
    """Status 2 before the file is opened, whether it is there or not."""
    outside = place.parent
    (place / "suite" / "link").symlink_to("../../secret")
    (place / "suite" / "second").symlink_to("link")
    (place / "suite" / "folder").symlink_to("../..")
    (place / "suite" / "absolute").symlink_to(outside / "secret")
    opener = Opener.beside("suite/s.toml")
    way = WAYS_OUT[name].replace("{outside}", str(outside))

    for act in (opener.read, opener.read_short):
        with pytest.raises(UsageError, match="leads out of") as caught:
            act(way)
        assert "--root" in str(caught.value.hint)


def test_another_root_stands_in_for_both(place):
    """It can be narrower than the working folder, or elsewhere."""
    narrow = Opener.beside("suite/s.toml", "suite/deep")

    assert narrow.read("deep/b.txt") == "b"
    for name in ("a.txt", "../top.txt"):
        with pytest.raises(UsageError, match="leads out of"):
            narrow.read(name)
    assert Opener.beside("suite/s.toml", "..").read("../../secret") == "SECRET"
    with pytest.raises(UsageError, match="is not a folder"):
        Opener.beside("suite/s.toml", "nowhere")


def test_what_a_prompt_file_names_has_the_same_roots(place):
    """Its names are relative to itself."""
    inner = Opener.beside("suite/s.toml").beside_named("deep/p.md")

    assert inner.read("b.txt") == "b"
    assert inner.read("../a.txt") == "a"
    with pytest.raises(UsageError, match="leads out of"):
        inner.read("../../../secret")


def test_what_is_no_file_is_refused(place):
    """A pipe is not waited for, a folder is none, a name with a NUL is no path."""
    os.mkfifo(place / "suite" / "pipe")
    opener = Opener.beside("suite/s.toml")

    for name in ("pipe", "deep", "a\0b", "nothing"):
        with pytest.raises(UsageError):
            opener.read(name)
    assert not any(map(opener.is_file, ("pipe", "deep", "a\0b", "nothing")))


def test_a_link_that_comes_after_the_look_is_not_followed(place, monkeypatch):
    """Between the look and the opening somebody may swap a folder for a link."""
    opener = Opener.beside("suite/s.toml")
    look = Opener._inside

    def look_and_swap(self: Opener, name: str) -> tuple[Path, Path]:
        found = look(self, name)
        (place / "suite" / "deep" / "b.txt").unlink()
        (place / "suite" / "deep").rmdir()
        (place / "suite" / "deep").symlink_to(place.parent)
        (place.parent / "b.txt").write_text("SECRET")
        return found

    monkeypatch.setattr(Opener, "_inside", look_and_swap)

    with pytest.raises(UsageError, match="cannot read"):
        opener.read("deep/b.txt")


def test_a_working_folder_that_is_gone_is_no_root(place, tmp_path, monkeypatch):
    """What lies beside the suite is read all the same."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert Opener.beside(str(place / "suite" / "s.toml")).read("a.txt") == "a"
    with pytest.raises(UsageError):
        Opener.beside("s.toml").read("a.txt")


def test_no_descriptor_is_left_open(place):
    """A long run of suites opens many."""
    opener = Opener.beside("suite/s.toml")
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        opener.read("deep/b.txt")
        with pytest.raises(UsageError):
            opener.read("deep")
        with pytest.raises(UsageError):
            opener.read("nothing/at/all")

    assert len(os.listdir("/proc/self/fd")) == before
