"""
Files that appear whole or not at all: a temporary neighbour, renamed when it is complete.
"""

import os
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.terminal.streams import encode


def check_target(path: str) -> None:
    """
    Make sure, before anything is paid for, that a file can be written.

    Raises:
        UsageError: its folder is missing or read-only, or it is a folder itself.

    """
    if path == "-":
        raise UsageError('"-" is no file here', hint="/dev/stdout is one, and ./- is another")
    target, folder = Path(path), resolved(path).parent
    if target.is_dir():
        raise UsageError(f'cannot write "{path}": it is a folder')
    if _is_stream(target):
        if not os.access(target, os.W_OK):
            raise UsageError(f'cannot write "{path}": permission denied')
        return
    if not folder.is_dir():
        raise UsageError(f'cannot write "{path}": there is no folder "{folder}"')
    if not os.access(folder if not target.exists() else target, os.W_OK):
        raise UsageError(f'cannot write "{path}": permission denied')


def resolved(path: str) -> Path:
    """
    Give where a path leads to, whether something is there or not.

    Raises:
        UsageError: its links go in a circle, the working directory is gone, a folder on the
            way is closed to us, or a name is too long. pathlib's questions would raise, too.

    """
    try:
        target = Path(path).resolve()
        target.exists()
        return target
    except (OSError, RuntimeError) as error:
        words = getattr(error, "strerror", None) or "its links go in a circle"
        raise UsageError(f'cannot write "{path}": {words.lower()}') from None


def write_file(path: str, text: str) -> None:
    """
    Replace a file by a text, or leave it as it was.

    A link keeps being one, a file keeps its mode, and what is no file (a device, a named
    pipe) is written to directly.

    Raises:
        UsageError: it cannot be written.

    """
    target = Path(path)
    try:
        if _is_stream(target):
            with target.open("wb") as file:
                file.write(encode(text))
            return
        _replace(target.resolve(), encode(text))
    except OSError as error:
        raise UsageError(
            f'cannot write "{path}": {(error.strerror or str(error)).lower()}'
        ) from None


def _is_stream(target: Path) -> bool:
    """
    Tell a device or a pipe; asked of the path as it is given.

    /dev/stdout and a shell's >(...) can be opened, but lead to a name that cannot.
    """
    return target.exists() and not target.is_file()


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
