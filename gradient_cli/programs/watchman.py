"""
A child that outlives us: where this process is killed (-9), it ends the programs that still run.

    we ── "+PID", "-PID" ──► watchman        a pipe; its end comes with ours, whatever ends us
                                 └── SIGTERM to each group that is left, PATIENCE_S later SIGKILL

It holds nothing but its end of the pipe: no lock, no stream, no connection of ours.
POSIX only; elsewhere, and where no process is to be had, there is none.
"""

import os
import signal
import sys
import time
from contextlib import suppress

PATIENCE_S = 0.2


class Watchman:
    """Our end of the pipe."""

    def __init__(self) -> None:
        self._fd: int | None = None
        self._pid = 0

    def begin(self) -> None:
        """Be there before programs are started; best while there is one thread."""
        if sys.platform == "win32" or self._fd is not None:
            return
        try:
            ear, mouth = os.pipe()
        except OSError:
            return
        try:
            pid = os.fork()
        except OSError:
            os.close(ear)
            os.close(mouth)
            return
        if not pid:
            _watch(ear)
        os.close(ear)
        self._fd, self._pid = mouth, pid

    def note(self, sign: str, pid: int) -> None:
        """Say that a program began (+) or ended (-)."""
        if self._fd is not None:
            with suppress(OSError):
                os.write(self._fd, f"{sign}{pid}\n".encode())

    def end(self) -> None:
        """Let it go, now that no program is left."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)
                os.waitpid(self._pid, 0)


def _watch(ear: int) -> None:
    """Be the child: read to the end of the pipe, end what is left, leave."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        # Of another session, so that Ctrl-C is not for us; who ends us by name ends us too early.
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        for name in os.listdir("/dev/fd"):  # noqa: PTH208  # names are what is wanted
            if int(name) != ear:
                with suppress(OSError):
                    os.close(int(name))
        _end(_left(ear))
    finally:
        os._exit(0)


def _left(ear: int) -> set[int]:
    """Give the programs that have not ended when the pipe ends."""
    found: set[int] = set()
    rest = b""
    while piece := os.read(ear, 4096):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            pid = int(line[1:])
            found.add(pid) if line[:1] == b"+" else found.discard(pid)
    return found


def _end(groups: set[int]) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with suppress(OSError):
                os.killpg(group, number)
        if groups and number is signal.SIGTERM:
            time.sleep(PATIENCE_S)
