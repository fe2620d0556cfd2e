"""
The exit statuses, and how many of them become one.

0, 1, 2 and above are `grep`'s rule: 0 is yes, 1 is no, the rest could not be judged.
README's and the man page's tables are generated from MEANINGS.
"""

from collections.abc import Iterable
from enum import IntEnum


class ExitStatus(IntEnum):
    """What a process says when it ends; each is public and never renumbered."""

    OK = 0
    EXPECTATION = 1
    USAGE = 2
    CREDENTIALS = 3
    REQUEST = 4
    SERVICE = 5
    RATE_LIMIT = 6
    TIMEOUT = 7
    INCOMPLETE = 8
    UNSURE = 9
    BUG = 70


MEANINGS: dict[ExitStatus, tuple[str, str]] = {
    ExitStatus.OK: ("a complete answer, every expectation met", "pass"),
    ExitStatus.EXPECTATION: (
        "a complete answer that failed an expectation (schema, one-of, missing code block too), "
        "or none: empty, a refusal, a call that was not offered",
        "the model is wrong",
    ),
    ExitStatus.USAGE: (
        "usage: flags, missing file, bad suite or schema, unset variable, stdin never came, "
        "replay miss: nothing was sent; a full disk, no more files or threads on this machine",
        "fix the script",
    ),
    ExitStatus.CREDENTIALS: ("no key, 401, 403", "fix the secret"),
    ExitStatus.REQUEST: (
        "any other 4xx: unknown model, too long, bad field",
        "fix the request",
    ),
    ExitStatus.SERVICE: (
        "5xx, connection, DNS, TLS, response.failed, an unreadable answer",
        "retry the job",
    ),
    ExitStatus.RATE_LIMIT: ("429 or quota, after the retries", "wait"),
    ExitStatus.TIMEOUT: ("--timeout or --max-time", "retry"),
    ExitStatus.INCOMPLETE: (
        "incomplete: cut by the token limit or a filter, waiting for somebody, "
        "or the stream lost a part, or its terminal event",
        "raise the limit, or retry",
    ),
    ExitStatus.UNSURE: (
        "not sure enough (--sure, --votes): neither yes nor no",
        "ask a person, or a better model",
    ),
    ExitStatus.BUG: (
        "a bug in gradient (traceback, please report), or a broken installation",
        "report",
    ),
}
"""status -> (what it means, what a CI job should make of it)."""

_NAMES = {0: "passed", 130: "interrupted", 143: "terminated"}


def in_words(status: int) -> str:
    """Give a status with its name, for people: service (5)."""
    if status in _NAMES:
        return f"{_NAMES[status]} ({status})"
    return f"{ExitStatus(status).name.lower().replace('_', ' ')} ({status})"


SIGNALS = (
    "130, 141, 143",
    "SIGINT, the reader closed the pipe, SIGTERM: the process dies by the signal itself",
    "",
)
"""The row below the table: the statuses a shell shows for a death by signal."""

_WORST_FIRST = (70, 3, 4, 2, 5, 6, 7, 8, 1, 9, 0)


def worst(statuses: Iterable[int]) -> ExitStatus:
    """
    Give the one status that sums up many; OK for none.

    An error always outranks a failed expectation: 70, 3, 4, 2, 5, 6, 7, 8, 1, 9, 0.
    """
    return ExitStatus(min(statuses, key=_WORST_FIRST.index, default=0))
