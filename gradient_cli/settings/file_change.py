"""
Changing a settings file: one writer at a time, and never half a file.

    lock the folder ─► read ─► change ─► write a neighbour (0600) ─► rename over the old one

The neighbour is created with its final mode: there is no moment at which a key can be read
by others. A link, such as into a folder of dotfiles, stays a link.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gradient_cli.errors import ConfigError
from gradient_cli.settings.config_file import read_text

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

Change = Callable[[str], str | None]
"""From the old text to the new one; None deletes the file."""


def change_file(path: Path, change: Change, *, keep_mode: bool) -> None:
    """
    Change a file as a whole; its folder is made if need be (0700).

    A new file is 0600; an old one's mode is kept only if `keep_mode` says so.

    Raises:
        ConfigError: it cannot be read or written.
        GradientError: whatever `change` raises; the file is as it was.

    """
    try:
        target = Path(os.path.realpath(path))
        target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with _locked(target.parent):
            old = read_text(target) or ""
            new = change(old)
            if new is None:
                target.unlink(missing_ok=True)
            elif new != old or not keep_mode:
                _replace(target, new, _mode(target) if keep_mode else PRIVATE_FILE)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    except UnicodeEncodeError:
        raise ConfigError(f"{path} is not written: the new text is not UTF-8") from None


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return PRIVATE_FILE


def _replace(target: Path, text: str, mode: int) -> None:
    import secrets

    neighbour = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    descriptor = os.open(neighbour, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if mode != PRIVATE_FILE and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        neighbour.replace(target)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs of this program from changing files of the folder meanwhile."""
    if sys.platform == "win32":  # No folder is opened there; each change is whole all the same.
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
