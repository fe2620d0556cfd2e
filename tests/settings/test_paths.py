"""Where the settings live."""

import sys
from pathlib import Path

import platformdirs
import pytest

from gradient_cli.settings.paths import config_path, credentials_path


@pytest.mark.skipif(sys.platform != "linux", reason="computed by hand on Linux alone")
@pytest.mark.parametrize("base", [None, "", "/x", "/x/", "relative", "~/x", "  ", " /x ", "/x "])
@pytest.mark.parametrize("home", ["/home/someone", "/home/someone/", "", None])
def test_the_folder_is_the_one_of_platformdirs(monkeypatch, base, home):
    """Computing it by hand saves 20 ms and changes nothing."""
    environ = {k: v for k, v in {"XDG_CONFIG_HOME": base, "HOME": home}.items() if v is not None}
    for name in ("XDG_CONFIG_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    found = config_path(environ)

    assert found == platformdirs.user_config_path("gradient-cli", appauthor=False) / "config.toml"


def test_a_variable_names_another_file():
    """GRADIENT_CONFIG moves the settings, and the keys with them."""
    environ = {"GRADIENT_CONFIG": "/etc/team/gradient.toml"}

    assert config_path(environ) == Path("/etc/team/gradient.toml")
    assert credentials_path(environ) == Path("/etc/team/credentials.toml")


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["/", ".", "..", "~nobody-of-that-name/x", "x" * 300])
@pytest.mark.parametrize(
    "argv",
    [
        ("config", "show"),
        ("config", "set", "model", "x"),
        ("config", "unset", "model"),
        ("auth", "status"),
        ("auth", "login", "--with-key", "--no-check"),
        ("auth", "logout"),
    ],
)
def test_a_name_that_cannot_be_a_settings_file_is_an_error(home, name, argv):
    """Whichever command meets it: one line, status 2."""
    home.exports(GRADIENT_CONFIG=name)

    status, _, err = home.runs(*argv, stdin=b"sk-0123456789abcdef")

    assert status == 2
    assert err.count("\n") == 1


def test_a_path_that_cannot_be_one_is_told(home):
    """A NUL, or the `~` of somebody who is not known."""
    for text in (
        'key_file = "~nobody-of-that-name/key"',
        'instructions = "@~nobody-of-that-name/x.md"',
        r'key_file = "a\u0000b"',
        r'instructions = "@a\u0000b"',
    ):
        home.writes(text)

        assert home.runs("respond", "hi", "-m", "m", "--dry-run")[0] == 2
