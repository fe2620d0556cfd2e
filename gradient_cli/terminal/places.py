"""
Where a path leads, before anything is written there.

    a/b ─► each part in turn ─► a link: whose? ─► where it leads ─► Place: a file, or a descriptor

In a folder that everybody may write to (/tmp), a stranger can lay a link in our way: what we
write would land wherever they like. So a link there counts only if it is ours, or belongs to
whoever owns the folder, as in the kernel's own rule (fs.protected_symlinks), which knows
nothing of a rename. The same holds for a pipe or a file of theirs.
"""

import os
import stat
import sys
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.values import record

MOST_LINKS = 40
_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}


@record
class Place:
    """Where a path leads: to a file or a name for one, or to an open descriptor of ours."""

    path: Path
    """Without links; of a descriptor, the name as it was given."""
    descriptor: int | None = None


def place_of(path: str) -> Place:
    """
    Give where a path leads, whether something is there or not.

    Raises:
        UsageError: its links go in a circle or are a stranger's, the working folder is gone, a
            folder on the way is closed to us, or a name is too long.

    """
    try:
        if os.name != "posix":
            return Place(Path(path).resolve())
        return _followed(path)
    except OSError as error:
        words = error.strerror or "its links go in a circle"
        raise UsageError(f'cannot write "{path}": {words.lower()}') from None


def resolved(path: str) -> Path:
    """
    Give where a path leads, whether something is there or not.

    Raises:
        UsageError: as `place_of`.

    """
    return place_of(path).path


def _followed(path: str) -> Place:
    here = "/" if path.startswith("/") else os.getcwd()  # noqa: PTH109  # strings, as below
    left = _parts(path)
    links = 0
    while left:
        name = left.pop()
        if name == "..":
            here = os.path.dirname(here)  # noqa: PTH120  # here has no link in it
            continue
        if not left and (number := _descriptor(here, name)) is not None:
            return Place(Path(path), number)
        there = os.path.join(here, name)  # noqa: PTH118  # a string: pathlib is slow here
        try:
            kind = os.lstat(there)
        except FileNotFoundError:
            _check_rest(left)
            return Place(Path(there, *reversed(left)))
        if not stat.S_ISLNK(kind.st_mode):
            here = there
            continue
        links += 1
        if links > MOST_LINKS:
            raise OSError
        _check_owner(path, "link", kind, here)
        target = os.readlink(there)  # noqa: PTH115
        if _is_magic(there, target):
            return Place(Path(there))
        here = "/" if target.startswith("/") else here
        left += _parts(target)
    check_stranger(path, Path(here))
    return Place(Path(here))


def _parts(path: str) -> list[str]:
    """Give the names in a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in {"", "."}]


def _check_rest(left: list[str]) -> None:
    """Let the system refuse the names of what is not there, as it would when they are made."""
    for name in left:
        if len(os.fsencode(name)) > 255:
            raise OSError(36, "file name too long")


def _descriptor(folder: str, name: str) -> int | None:
    """Give the descriptor that a name in a folder stands for, if it is one of this process."""
    if folder == "/dev" and name in _STREAMS:
        return _STREAMS[name]
    if not (name.isascii() and name.isdecimal()) or len(name) > 9:
        return None
    mine = f"/proc/{os.getpid()}"
    is_ours = folder in {"/dev/fd", f"{mine}/fd"} or (
        folder.startswith(f"{mine}/task/") and folder.endswith("/fd")
    )
    return int(name) if is_ours else None


def _is_magic(link: str, target: str) -> bool:
    """Tell a link of /proc, which leads to an open file, whatever its words say."""
    return link.startswith("/proc/") and "/fd/" in link and not Path(target).is_symlink()


def check_stranger(path: str, place: Path) -> None:
    """
    Refuse what a stranger has put into a folder that everybody may write to.

    Raises:
        UsageError: what stands there is neither ours nor of the folder's owner.
        OSError: it cannot be looked at.

    """
    try:
        kind = place.lstat()
    except FileNotFoundError:
        return
    what = "file" if stat.S_ISREG(kind.st_mode) else "pipe"
    is_sticky = place.parent.stat().st_mode & stat.S_ISVTX
    if is_sticky and not stat.S_ISDIR(kind.st_mode):
        _check_owner(path, what, kind, str(place.parent))


def _check_owner(path: str, what: str, kind: os.stat_result, folder: str) -> None:
    if sys.platform == "win32":  # Nobody writes to a folder of everybody's there.
        return
    shared = os.stat(folder)  # noqa: PTH116
    if shared.st_mode & stat.S_IWOTH and kind.st_uid not in {os.geteuid(), shared.st_uid}:
        raise UsageError(
            f'cannot write "{path}": there is a {what} of somebody else\'s on the way, '
            "in a folder that everybody may write to",
            hint="name a file in a folder of your own",
        )
