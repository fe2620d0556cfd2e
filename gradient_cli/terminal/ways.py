"""
The ways in which a file gets its content: through a descriptor, by a neighbour, or in place.

    replace_file    neighbour (0600) ─► content ─► the old file's mode ─► rename over it
"""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from gradient_cli.errors import WriteFailed
from gradient_cli.terminal.places import check_stranger
from gradient_cli.terminal.writing import write_whole

if TYPE_CHECKING:
    from gradient_cli.terminal.writing import RemainingS

PRIVATE = 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_NEW |= getattr(os, "O_BINARY", 0)


class Way(Protocol):
    """How a file gets its content."""

    def write(self, data: bytes) -> None:
        """Write all of it; OSError if that fails, and then an old file is as it was."""

    def close(self) -> None:
        """Let go; may be called twice."""


def replace_file(target: Path, data: bytes, mode: int | None = None) -> None:
    """
    Put a file in the place of another; whoever opens it sees all of the old or of the new one.

    It gets the old one's mode; where there is none, `mode`, or what the umask leaves.

    Raises:
        OSError: it cannot be written; the old one is as it was.

    """
    neighbour = neighbour_of(target)
    fd = os.open(neighbour, _NEW, PRIVATE)
    try:
        try:
            write_whole(fd, data)
            _take_after(fd, target, mode)
            _sync(fd)
        finally:
            os.close(fd)
        os.replace(neighbour, target)  # noqa: PTH105  # not followed: a link there is replaced
    except BaseException:
        with suppress(OSError):
            neighbour.unlink()
        raise


@contextmanager
def private_file(target: Path) -> Iterator[BinaryIO]:
    """
    Give a file to fill that only its owner may read; it takes its place when it is whole.

    Whatever stands there, a link too, is replaced and not written to. OSError if it cannot be.
    """
    neighbour = neighbour_of(target)
    try:
        with os.fdopen(os.open(neighbour, _NEW, PRIVATE), "wb") as file:
            yield file
            file.flush()
            _sync(file.fileno())
        os.replace(neighbour, target)  # noqa: PTH105  # not followed: a link there is replaced
    except BaseException:
        with suppress(OSError):
            neighbour.unlink()
        raise


def neighbour_of(target: Path) -> Path:
    """Give a name beside a file that nobody else has, and that is short whatever its own is."""
    return target.with_name(f".gradient-{os.urandom(6).hex()}.tmp")


class Opened:
    """A descriptor to write to: of a stream, or one that we were started with; a Way."""

    def __init__(self, fd: int, remaining_s: "RemainingS | None") -> None:
        self._fd: int | None = fd
        self._remaining_s = remaining_s

    def write(self, data: bytes) -> None:
        """Write all of it, and hear what the system says of it."""
        assert self._fd is not None
        write_whole(self._fd, data, self._remaining_s)
        fd, self._fd = self._fd, None
        os.close(fd)  # Not left to close(): some systems tell only now what was lost.

    def close(self) -> None:
        """Let go of the descriptor."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


class _Replaced:
    """A file that a neighbour takes the place of; holds the descriptor that this will need."""

    def __init__(self, target: Path) -> None:
        self._target = target
        neighbour = neighbour_of(target)
        self._held: int | None = os.open(neighbour, _NEW, PRIVATE)
        neighbour.unlink()  # So that nothing is left of a run that is killed.

    def write(self, data: bytes) -> None:
        self.close()
        try:
            replace_file(self._target, data)
        except OSError as error:
            if error.errno not in _NO_RENAME or not self._target.is_file():
                raise
            place = _InPlace(self._target)
            try:
                place.write(data)
            finally:
                place.close()

    def close(self) -> None:
        fd, self._held = self._held, None
        if fd is not None:
            os.close(fd)


_NO_RENAME = {errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES}
"""A mount of its own, and a folder of which only the files' owners may take files away."""


class _InPlace:
    """A file that is written over: it cannot be replaced where it is."""

    def __init__(self, target: Path) -> None:
        check_stranger(str(target), target)
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._fd: int | None = os.open(target, flags)
        self._path = target

    def write(self, data: bytes) -> None:
        assert self._fd is not None
        fd = self._fd
        old = _content(fd)
        try:
            _reserve(fd, len(data))
            _put(fd, data)
            _sync(fd)
        except BaseException:
            self._restore(fd, old)
            raise

    def _restore(self, fd: int, old: bytes) -> None:
        """Put the old content back; where even that fails, keep it elsewhere."""
        try:
            if _content(fd) != old:
                _put(fd, old)
        except OSError:
            kept = _kept_elsewhere(old)
            words = f'what it held is in "{kept}"' if kept else "what it held is lost"
            raise WriteFailed(f'"{self._path}" was half written; {words}') from None

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def way_to(target: Path) -> Way:
    """Give the way to a file or to the name of one."""
    if not os.path.exists(target):
        return _Replaced(target)
    if not may_write(target):
        raise OSError(errno.EACCES, "permission denied")
    if _is_mount(target):
        return _InPlace(target)
    try:
        return _Replaced(target)
    except OSError as error:
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            raise
        return _InPlace(target)  # Closed to us, or read-only: the file itself is neither.


def may_write(target: Path) -> bool:
    """Tell whether what stands there may be written to, by who we are now."""
    return os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _is_mount(target: Path) -> bool:
    """Tell a file that something is mounted on: it can be written, and never replaced."""
    try:
        table = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return False
    name = os.fsencode(target)
    for special in b"\\ \t\n":
        name = name.replace(bytes([special]), b"\\%03o" % special)
    return any(line.split(b" ", 5)[4] == name for line in table.splitlines())


# The content ------------------------------------------------------------------------------


def _take_after(fd: int, target: Path, mode: int | None) -> None:
    """Give a neighbour the mode of the file whose place it takes, and its owner if we may."""
    if sys.platform == "win32":  # Rights there come from the folder.
        return
    try:
        old = target.lstat()
    except FileNotFoundError:
        old = None
    if old is None or not stat.S_ISREG(old.st_mode):
        os.fchmod(fd, 0o666 & ~_umask() if mode is None else mode)
        return
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.fchown(fd, old.st_uid, old.st_gid)
    os.fchmod(fd, stat.S_IMODE(old.st_mode))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _content(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    pieces = []
    while piece := os.read(fd, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _reserve(fd: int, size: int) -> None:
    """Make sure that there is room for so many bytes, before the first old one is touched."""
    before = os.fstat(fd).st_size
    if size <= before or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(fd, before, size - before)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO}:
            os.ftruncate(fd, before)
            raise


def _put(fd: int, data: bytes) -> None:
    os.lseek(fd, 0, os.SEEK_SET)
    write_whole(fd, data)
    os.ftruncate(fd, len(data))


def _sync(fd: int) -> None:
    """Hear now what the system would say too late; not every file can be asked."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EROFS}:
            raise


def _kept_elsewhere(data: bytes) -> str | None:
    import tempfile

    try:
        fd, name = tempfile.mkstemp(prefix="gradient-")
        try:
            write_whole(fd, data)
        finally:
            os.close(fd)
    except OSError:
        return None
    return name
