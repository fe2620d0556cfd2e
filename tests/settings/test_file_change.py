"""Settings files are replaced as a whole, in private, one writer at a time."""

import os
from threading import Thread

import pytest

from gradient_cli.errors import ConfigError, UsageError
from gradient_cli.settings.file_change import change_file


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_new_file_and_its_folder_are_private(tmp_path):
    """Whatever the umask says: the key is readable by its owner alone."""
    path = tmp_path / "new" / "credentials.toml"
    before = os.umask(0)
    try:
        change_file(path, lambda old: old + "x", keep_mode=False)
    finally:
        os.umask(before)

    assert (mode(path), mode(path.parent), path.read_text()) == (0o600, 0o700, "x")


def test_a_file_of_keys_that_others_could_read_becomes_private(tmp_path):
    """The next login mends the mode."""
    path = tmp_path / "credentials.toml"
    path.write_text("x")
    path.chmod(0o644)

    change_file(path, lambda old: old, keep_mode=False)

    assert mode(path) == 0o600


def test_a_settings_file_keeps_its_mode(tmp_path):
    """A team's shared settings stay readable."""
    path = tmp_path / "config.toml"
    path.write_text("x")
    path.chmod(0o644)

    change_file(path, lambda old: old + "y", keep_mode=True)

    assert (mode(path), path.read_text()) == (0o644, "xy")


def test_a_link_stays_a_link(tmp_path):
    """Settings kept in a folder of dotfiles are changed there."""
    real = tmp_path / "dotfiles.toml"
    real.write_text("x")
    link = tmp_path / "config.toml"
    link.symlink_to(real)

    change_file(link, lambda old: old + "y", keep_mode=True)

    assert link.is_symlink()
    assert real.read_text() == "xy"


def test_a_change_that_fails_leaves_the_file_and_no_litter(tmp_path):
    """An error in the middle costs nothing."""
    path = tmp_path / "config.toml"
    path.write_text("x")

    def fail(old):
        raise UsageError("no")

    with pytest.raises(UsageError):
        change_file(path, fail, keep_mode=True)
    with pytest.raises(ConfigError, match="not UTF-8"):
        change_file(path, lambda old: "y" * 99999 + "\ud800", keep_mode=True)

    assert path.read_text() == "x"
    assert list(tmp_path.iterdir()) == [path]


def test_no_text_deletes_the_file(tmp_path):
    """A file of keys without a key is gone."""
    path = tmp_path / "credentials.toml"
    path.write_text("x")

    change_file(path, lambda old: None, keep_mode=False)

    assert not path.exists()


@pytest.mark.real
def test_two_writers_lose_nothing(tmp_path):
    """Each reads what the other has written."""
    path = tmp_path / "config.toml"

    def write(letter):
        for _ in range(25):
            change_file(path, lambda old: old + letter, keep_mode=True)

    writers = [Thread(target=write, args=(letter,)) for letter in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(path.read_text()) == sorted("abcd" * 25)


@pytest.mark.real
def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    """A file where the folder should be."""
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="cannot be written"):
        change_file(tmp_path / "file" / "config.toml", lambda old: "x", keep_mode=True)
