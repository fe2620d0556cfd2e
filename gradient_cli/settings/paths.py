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
    return f"{base_folder('XDG_CONFIG_HOME', '.config', environ)}/{APP}"


def base_folder(variable: str, below_home: str, environ: Mapping[str, str]) -> str:
    """Give a user's base folder of the XDG specification, such as `.config` below the home."""
    # XDG Base Directory 0.8: a relative value is ignored, an empty one counts as unset.
    base = environ.get(variable, "")
    if base.startswith("/"):
        return base
    return f"{environ.get('HOME') or _home_of_user()}/{below_home}"


def _home_of_user() -> str:
    """Give the home folder that the system's user list has; `/` for a user it does not know."""
    if sys.platform == "win32":
        return "/"
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"
