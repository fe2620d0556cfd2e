"""
Workers: as many threads as were asked for, or as this machine gives.

    jobs ─► room_for: descriptors ─► start: threads ─► none? the main thread does the work

What a limit takes away is taken before anything is sent, and said in one line.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from gradient_cli.errors import MachineExhausted

Tell = Callable[[str], None]

EACH = 2
"""Descriptors of a worker: its connection, and a second one while that is made anew."""
ALL_TOGETHER = 16
"""Descriptors for what comes and goes: a report, a recording, a resolver, a late library."""
LEAST = 3
"""Fewer are not enough for one answer."""


def room_for(jobs: int, tell: Tell, *, more: int = 0) -> int:
    """
    Give how many workers have descriptors enough; the soft limit is raised where that helps.

    `more`: descriptors of a worker beside those of its connection.

    Raises:
        MachineExhausted: there are not enough for one.

    """
    each = EACH + more
    wanted = jobs * each + ALL_TOGETHER
    free = descriptors(wanted)
    if free >= wanted:
        return jobs
    if free < LEAST:
        raise MachineExhausted(
            f"this machine gives only {free} more open files, which is not enough for one answer",
            hint="`ulimit -n 256` allows more",
        )
    room = max(1, (free - min(ALL_TOGETHER, free // 2)) // each)
    if room >= jobs:
        return jobs
    tell(f"note: this machine gives only {free} more open files: -j {room} instead of {jobs}")
    return room


def descriptors(wanted: int) -> int:
    """Give how many of so many descriptors can be had; the soft limit is raised where it helps."""
    free = free_descriptors(wanted)
    if free < wanted:
        raise_limit(wanted - free)
        free = free_descriptors(wanted)
    return free


def start(work: Callable[[], None], jobs: int, tell: Tell) -> list[threading.Thread]:
    """
    Start threads that do the work, so many if there are as many to be had.

    Where there is none at all, the work is done by the time that this returns.
    """
    workers: list[threading.Thread] = []
    for _ in range(jobs):
        # Daemons: a process that dies by a signal does not wait for them.
        worker = threading.Thread(target=work, daemon=True)
        try:
            worker.start()
        except RuntimeError:
            break
        workers.append(worker)
    if len(workers) < jobs and jobs > 1:
        got = max(1, len(workers))
        tell(f"note: this machine gives no more threads: -j {got} instead of {jobs}")
    if not workers:
        work()
    return workers


def free_descriptors(most: int) -> int:
    """Count the descriptors that can be had, up to `most`: by having them, for nobody knows."""
    held: list[int] = []
    try:
        first = os.open(os.devnull, os.O_RDONLY)
        held.append(first)
        while len(held) < most:
            held.append(os.dup(first))
    except OSError:
        pass
    for fd in held:
        os.close(fd)
    return len(held)


def raise_limit(missing: int) -> None:
    """Raise the soft limit by as much as is missing: a Mac's is 256, its hard one has no end."""
    if sys.platform == "win32":  # It has no such limit.
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + missing
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and wanted > soft:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
