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
