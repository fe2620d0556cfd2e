"""Who else may read a key or write the settings: said on each run, and by `doctor`."""

import os
import stat

import pytest

from gradient_cli.settings import privacy

MOST = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("mode", "is_said"),
    [(0o600, False), (0o644, False), (0o646, True), (0o602, True), (0o664, False)],
)
def test_settings_that_others_can_write_are_warned_of(home, mode, is_said):
    """They say where a key goes, and which program gives it; a group of one's own has no others."""
    home.writes(f'base_url = "{MOST}"\nmodel = "m"\n').config.chmod(mode)

    status, _, stderr = home.runs("respond", "hi", "-n")

    assert (status, "can be written by others" in stderr) == (0, is_said)
    assert not is_said or f"chmod go-w {home.config}" in stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to another group")
def test_a_group_of_others_counts(home):
    """0664 is no accident where the group is somebody else's."""
    home.writes(f'base_url = "{MOST}"\nmodel = "m"\n').config.chmod(0o664)
    os.chown(home.config, -1, 12345)

    assert "can be written by others" in home.runs("respond", "hi", "-n")[2]


@pytest.mark.parametrize(("mode", "is_said"), [(0o777, True), (0o1777, False), (0o700, False)])
def test_a_folder_that_others_can_write_is_warned_of(home, mode, is_said):
    """Another file can be put in the place of the settings; not so in /tmp."""
    home.writes(f'base_url = "{MOST}"\nmodel = "m"\n').folder.chmod(mode)

    stderr = home.runs("respond", "hi", "-n")[2]

    assert ("is in a folder that others can write" in stderr) == is_said


@pytest.mark.parametrize(
    ("mode", "is_said"), [(0o600, False), (0o400, False), (0o644, True), (0o640, True)]
)
@pytest.mark.parametrize("way", ["flag", "setting"])
def test_a_key_file_that_others_can_read_is_warned_of(home, mode, is_said, way):
    """As credentials.toml is; the key itself is never said."""
    file = home.folder / "key"
    file.write_text("sk-of-a-file-0123456789\n")
    file.chmod(mode)
    home.writes(
        f'base_url = "{MOST}"\nmodel = "m"\n'
        + (f'key_file = "{file}"\n' if way == "setting" else "")
    )
    flags = ("--key-file", str(file)) if way == "flag" else ()

    found = home.settings(**({"key_file": str(file)} if flags else {})).credential()

    assert found.secret is not None
    assert (found.warning is not None) == is_said
    assert not is_said or f"chmod 600 {file}" in found.warning
    assert "sk-of" not in str(found.warning)


def test_a_key_that_comes_through_a_pipe_is_nobody_s_to_read(home):
    """A shell's <(...) has a mode, too, and is gone when it is read."""
    reader, writer = os.pipe()
    os.write(writer, b"sk-of-a-pipe-0123456789\n")
    os.close(writer)

    found = home.settings(key_file=f"/dev/fd/{reader}").credential()
    os.close(reader)

    assert found.secret is not None
    assert found.warning is None


@pytest.mark.parametrize(
    ("me", "owner", "is_open"),
    [(1000, 1000, False), (1000, 0, False), (1000, 2000, True), (0, 2000, False), (0, 0, False)],
)
def test_who_owns_a_file_may_write_it_whatever_its_mode(monkeypatch, me, owner, is_open):
    """Root is trusted with everything, and trusts the owners of what it reads."""
    monkeypatch.setattr(os, "geteuid", lambda: me)
    found = os.stat_result((stat.S_IFREG | 0o600, 1, 1, 1, owner, 0, 0, 0, 0, 0))

    assert privacy._is_open(found) is is_open
