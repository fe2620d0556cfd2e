"""
The one way to files that a stranger names: a suite, a prompt file, a row.

    name ─► beside the file that names it ─► links resolved ─► below a root, or refused ─► opened

The roots are the working folder and that of the file which names it, or the one that the user
gave. The path is opened folder by folder without following a link, so that a link which is
put there after the look leads nowhere either. A pipe or a device is no file.
"""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from gradient_cli.errors import UsageError
from gradient_cli.terminal.intake import DEFAULT_MAX_BYTES, PIECE, Text, decode, short
from gradient_cli.values import record


@record
class Opener:
    """Opens what one file names."""

    folder: Path
    """What relative names are relative to."""
    roots: tuple[Path, ...]
    """Real paths; what is opened lies below one of them."""
    seen: set[tuple[int, int]] = field(default_factory=set, compare=False)
    """Device and inode of each file that was opened."""

    @classmethod
    def beside(cls, path: str, root: str | None = None) -> "Opener":
        """
        Give the opener for what a file names.

        Raises:
            UsageError: `root` is no folder.

        """
        folder = Path(path).parent
        if root is None:
            return cls(folder, (*_found("."), *_found(folder)))
        if not os.path.isdir(root):
            raise UsageError(f'--root "{root}" is not a folder')
        return cls(folder, (_real(Path(root)),))

    def beside_named(self, name: str) -> "Opener":
        """Give the opener for what a named file names in its turn: with the same roots."""
        return Opener((self.folder / name).parent, self.roots, self.seen)

    def path(self, name: str) -> str:
        """Give the path for messages."""
        return str(self.folder / name)

    def is_file(self, name: str) -> bool:
        """
        Tell whether a name is that of a file.

        Raises:
            UsageError: it leads out of the roots.

        """
        if "\0" in name or "\n" in name:
            return False
        try:
            is_there = os.path.isfile(self.folder / name)
        except ValueError:
            return False
        if is_there:
            self._inside(name)
        return is_there

    def read(self, name: str, max_bytes: int = DEFAULT_MAX_BYTES) -> Text:
        """
        Give all of a file.

        Raises:
            UsageError: it leads out of the roots, or as `intake.read_file`.

        """
        with self.open(name) as file:
            pieces = iter(lambda: file.read(PIECE), b"")
            return decode(f'"{self.path(name)}"', pieces, max_bytes, UsageError)

    def read_short(self, name: str) -> str:
        """
        Give a file that is meant to be short.

        Raises:
            UsageError: as `read`, or it is longer than 8 MiB.

        """
        return short(self.path(name), self.read(name))

    def _inside(self, name: str) -> tuple[Path, Path]:
        """Give the root, and the way from there to the file, without links."""
        try:
            real = _real(self.folder / name)
        except (ValueError, OSError):
            raise UsageError(f'"{self.path(name)}" is no path that can be followed') from None
        for root in self.roots:
            if real.is_relative_to(root):
                return root, real.relative_to(root)
        where = " and ".join(dict.fromkeys(f'"{root}"' for root in self.roots))
        raise UsageError(
            f'"{self.path(name)}" leads out of {where}',
            hint="such files are read only from there; --root DIR names another folder",
        )

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """
        Open a file, to be read piece by piece.

        Raises:
            UsageError: it leads out of the roots, or cannot be read.

        """
        root, way = self._inside(name)
        try:
            handle = _descend(root, way.parts)
            kind = os.fstat(handle)
            if not stat.S_ISREG(kind.st_mode):
                os.close(handle)
                raise UsageError(f'cannot read "{self.path(name)}": it is no file')
            self.seen.add((kind.st_dev, kind.st_ino))
            with os.fdopen(handle, "rb") as file:
                yield file
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            raise UsageError(f'cannot read "{self.path(name)}": {words}') from None


def _found(folder: Path | str) -> tuple[Path, ...]:
    """Give where a folder really is; nothing where the working folder was removed."""
    try:
        return (_real(Path(folder)),)
    except OSError:
        return ()


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _descend(root: Path, parts: Sequence[str]) -> int:
    """Give a descriptor of the file, each step from the folder before it and through no link."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if sys.platform == "win32" or os.open not in os.supports_dir_fd or not parts:
        return os.open(root.joinpath(*parts), flags)
    no_link = os.O_NOFOLLOW | os.O_CLOEXEC
    # Enough where a folder may be passed through, but not listed.
    passing = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
    here = os.open(root, passing)
    try:
        for part in parts[:-1]:
            below = os.open(part, passing | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(parts[-1], flags | no_link, dir_fd=here)
    finally:
        with suppress(OSError):
            os.close(here)
