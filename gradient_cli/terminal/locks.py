"""
Locks on an open file, against other runs of this program; they end with the descriptor.

The file itself is locked, so that no `.lock` file stays behind. On POSIX by flock(2), which
keeps nobody from reading or writing; on Windows by a byte far behind any end, because a lock
there keeps others from the bytes that it covers.
"""

import os
import sys

_FAR = 2**31 - 2
"""The byte that is locked on Windows: as far as its C library counts."""


def has_locked(fd: int) -> bool:
    """
    Lock a file for as long as it is open; False if somebody else has it.

    Raises:
        OSError: the file system has no locks.

    """
    if sys.platform == "win32":
        return _has_locked_byte(fd)
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _has_locked_byte(fd: int) -> bool:
    if sys.platform != "win32":
        return True
    import msvcrt

    here = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        os.lseek(fd, _FAR, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
    except PermissionError:
        return False
    finally:
        os.lseek(fd, here, os.SEEK_SET)
    return True
