"""
Where the settings live: the user's config folder, as platformdirs says.

Importing platformdirs costs 20 ms, and this runs before the early connection can open.
So on Linux the answer of the XDG specification is computed here, with plain strings; a test
holds it equal to platformdirs. Elsewhere platformdirs is asked.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from gradient_cli.errors import ConfigError

APP = "gradient-cli"
LONGEST_FILE = 1024 * 1024
"""Bytes; what is larger is no settings file: GRADIENT_CONFIG may name anything, such as a log."""


def config_path(environ: Mapping[str, str]) -> Path:
    """
    Give the path of config.toml; GRADIENT_CONFIG names another file.

    Raises:
        ConfigError: it begins with the `~` of somebody who is not known.

    """
    if named := environ.get("GRADIENT_CONFIG"):
        return expanded(named, "$GRADIENT_CONFIG")
    return Path(_folder(environ)) / "config.toml"


def credentials_path(environ: Mapping[str, str]) -> Path:
    """Give the path of credentials.toml, beside config.toml."""
    # Not with_name(), which has no answer where GRADIENT_CONFIG names `/` or `.` by mistake.
    return config_path(environ).parent / "credentials.toml"


def models_path(environ: Mapping[str, str]) -> Path:
    """Give the path of the list that `gradient models` leaves for the completion of -m."""
    return Path(_folder(environ)) / "models.txt"


def expanded(text: str, source: str) -> Path:
    """
    Give a path with its `~` filled in; `source` says in errors where it came from.

    Raises:
        ConfigError: it is the `~` of somebody who is not known.

    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(f'{source}: nobody knows the home folder in "{text}"') from None


def _folder(environ: Mapping[str, str]) -> str:
    if sys.platform != "linux":
        import platformdirs

        return platformdirs.user_config_dir(APP, appauthor=False)
    # XDG Base Directory 0.8: a relative value is ignored, an empty one counts as unset.
    base = environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        base = f"{environ.get('HOME') or _home_of_user()}/.config"
    return f"{base}/{APP}"


def _home_of_user() -> str:
    """Give the home folder that the system's user list has; `/` for a user it does not know."""
    if sys.platform == "win32":
        return "/"
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"
