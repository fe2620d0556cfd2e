"""`gradient completions`: printed, or put where the shells look."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("bash", "gradient.bash"),
        ("zsh", "_gradient"),
        ("fish", "gradient.fish"),
        ("powershell", "gradient.ps1"),
    ],
)
def test_a_script_is_printed_as_it_is(home, shell, script):
    """For `source <(gradient completions bash)` and for package builders."""
    status, stdout, stderr = home.runs("completions", shell)

    assert (status, stderr) == (0, "")
    assert stdout == (ROOT / "completions" / script).read_text()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", "data/bash-completion/completions/gradient"),
        ("zsh", "data/zsh/site-functions/_gradient"),
        ("fish", "config/fish/completions/gradient.fish"),
    ],
)
def test_it_is_put_where_the_shell_looks(home, shell, place):
    """The man pages too; what was written is said, and once more is no harm."""
    for variable, folder in (("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config")):
        home.exports(**{variable: str(home.folder / folder)})
    home.exports(SHELL=f"/usr/bin/{shell}")

    for _ in range(2):
        status, stdout, stderr = home.runs("completions", "--install")
        assert status == 0
    assert str(home.folder / place) in stdout
    assert ("fpath" in stderr) == (shell == "zsh")
    assert (home.folder / place).read_text().startswith("#")
    assert ".TH" in (home.folder / "data/man/man1/gradient.1").read_text()
    assert (home.folder / "data/man/man5/gradient-suite.5").is_file()


@pytest.mark.parametrize(
    ("argv", "environ", "words"),
    [
        (["tcsh"], {}, '"tcsh" is no shell'),
        ([], {"SHELL": ""}, "no shell is named"),
        (["powershell", "--install"], {}, ">> $PROFILE"),
    ],
)
def test_what_has_no_completions_is_said(home, argv, environ, words):
    """With the names of those that have."""
    home.exports(**environ)

    status, stdout, stderr = home.runs("completions", *argv)

    assert (status, stdout) == (2, "")
    assert words in stderr
