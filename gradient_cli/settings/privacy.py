"""
Who else may read a key, or write the settings that say where a key goes and which program gives it.
"""

import os
import stat
import sys
from pathlib import Path

_MOUNTED = ("/run/secrets/", "/var/run/secrets/")
"""Where container engines put secrets, readable by all that is in the container."""


def readable_by_others(path: Path, mode: int) -> str | None:
    """Give a line for the user if others may read a file that holds a key."""
    if os.name != "posix" or not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    if str(path).startswith(_MOUNTED):
        return None
    return f"{path} can be read by others: chmod 600 {path}"


def writable_by_others(path: Path) -> str | None:
    """Give a line for the user if others may change a settings file, or replace it."""
    if os.name != "posix":
        return None
    for place, what in ((path, "can be written by others"), (path.parent, "is in a folder that")):
        try:
            found = place.stat()
        except OSError:
            return None
        if not _is_open(found):
            continue
        words = what if place == path else f"{what} others can write"
        return f"{path} {words}, and it says where keys go: chmod go-w {place}"
    return None


def _is_open(found: os.stat_result) -> bool:
    """Tell a mode by which others may write; a group of one's own has no others in it."""
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return False  # Only who owns a file may replace it there.
    if found.st_mode & stat.S_IWOTH:
        return True
    if sys.platform == "win32":
        return False
    if os.geteuid() and found.st_uid not in {0, os.geteuid()}:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and found.st_gid not in {0, os.getegid()}
