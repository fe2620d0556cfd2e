"""
The family of errors. Each child owns one exit status; `__main__` is the only catcher.

    GradientError
    ├── ExpectationFailed        1  a complete answer that is not what was asked for
    │   └── NoAnswer                a complete reply that is none: empty, refused, a wrong call
    ├── UsageError               2  nothing was sent
    │   ├── ConfigError             a settings file that cannot be read as meant
    │   ├── StdinError              stdin never came, is binary, or too large
    │   ├── ReplayMiss              no recording for this request
    │   ├── WriteFailed             a full disk, a stream or file that takes no more
    │   └── MachineExhausted        this machine gives no more files, threads or memory
    ├── CredentialError          3  no key, 401, 403
    ├── RequestRejected          4  any other 4xx
    ├── ServiceError             5  5xx, `response.failed`
    │   ├── ConnectionFailed        DNS, TCP, TLS, a broken transfer before the answer began
    │   └── BrokenReply             what came is not the protocol
    ├── RateLimited              6  429 or quota, after the retries
    │   └── QuotaUsedUp             the account has nothing left: waiting does not help
    ├── TimedOut                 7  --timeout or --max-time
    ├── IncompleteAnswer         8  cut by a limit or filter, or no terminal event
    └── NotSure                  9  a decision less probable than --sure asks

    OutputClosed                    the reader of stdout is gone: die by SIGPIPE
    Terminated                      SIGTERM arrived: clean up, then die by it
    OutOfTime                       --max-time is over, and so is the time to say it
"""

import errno
import os

from gradient_cli.exits import ExitStatus


class GradientError(Exception):
    """
    Something a user can act upon.

    Shown as `gradient: MESSAGE` and, if there is one, `hint: HINT`.
    The message is lower case, has no full stop, quotes values from the user
    and never holds a secret.
    """

    status: ExitStatus = ExitStatus.BUG
    attempts: int | None = None
    """Requests that were sent before it, where somebody counted."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.request_id = request_id
        """The server's id of the exchange, for a support ticket."""
        self.http_status = http_status
        """The HTTP status that caused this, if one did."""
        self.code = code
        """The server's own word for it, such as `rate_limit_exceeded`."""


class ExpectationFailed(GradientError):
    """A complete answer that failed what was expected of it."""

    status = ExitStatus.EXPECTATION


class NoAnswer(ExpectationFailed):
    """A complete reply that is no answer: empty, a refusal, a call that nobody offered."""


class UsageError(GradientError):
    """The command line, a file or a variable is not usable; nothing was sent."""

    status = ExitStatus.USAGE


class ConfigError(UsageError):
    """A settings file is broken or says something unknown."""


class StdinError(UsageError):
    """What should come on stdin did not, or is not text."""


class ReplayMiss(UsageError):
    """The recordings hold no answer to this request."""


class WriteFailed(UsageError):
    """What was to be written could not be, or not all of it; the message names what is lost."""


class MachineExhausted(UsageError):
    """No more open files, threads or memory are to be had here; the service is not to blame."""

    @classmethod
    def behind(cls, error: BaseException) -> "MachineExhausted | None":
        """Give the error that this one means, if the machine has come to an end of something."""
        seen: BaseException | None = error
        while seen is not None:
            if what := _exhausted(seen):
                return cls(f"this machine gives no more {what}", hint=_MORE.get(what))
            seen = seen.__cause__ or seen.__context__
        return None


_FILES = "open files"
_OF_ERRNO = {
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: "memory",
    errno.ENOSPC: "room on the disk",
    getattr(errno, "EDQUOT", errno.ENOSPC): "room on the disk",
}
_MORE = {
    _FILES: "`ulimit -n 1024` allows more; -j N asks fewer at a time",
    "threads": "`ulimit -u`, or the container's limit of processes, allows more",
}


def _exhausted(error: BaseException) -> str | None:
    match error:
        case MemoryError():
            return "memory"
        case RuntimeError() if "start new thread" in str(error):
            return "threads"
        case OSError(errno=int(number)) if number in _OF_ERRNO:
            return _OF_ERRNO[number]
        case ImportError() | OSError() if _has_no_files_left():
            # A library that was not loaded, a resolver without a socket: they say it in words.
            return _FILES
    return None


def _has_no_files_left() -> bool:
    try:
        os.close(os.open(os.sep, os.O_RDONLY))
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}
    return False


class CredentialError(GradientError):
    """There is no key, or the service does not accept it."""

    status = ExitStatus.CREDENTIALS


class RequestRejected(GradientError):
    """The service understood and refused: any 4xx but 401, 403 and 429."""

    status = ExitStatus.REQUEST


class ServiceError(GradientError):
    """The service failed: 5xx, `response.failed`, an `error` event."""

    status = ExitStatus.SERVICE


class ConnectionFailed(ServiceError):
    """The service could not be reached, or broke off before it answered."""


class BrokenReply(ServiceError):
    """What came back is not the protocol: no JSON, HTML, a frame that is not whole JSON."""


class RateLimited(GradientError):
    """429 or a quota, and the retries are used up or the wait is too long."""

    status = ExitStatus.RATE_LIMIT


class QuotaUsedUp(RateLimited):
    """The account has nothing left: no waiting mends it."""


class TimedOut(GradientError):
    """Silence longer than --timeout, or a run longer than --max-time."""

    status = ExitStatus.TIMEOUT


class IncompleteAnswer(GradientError):
    """The answer stopped before its end: a limit, a filter, or a cut stream."""

    status = ExitStatus.INCOMPLETE


class NotSure(GradientError):
    """A decision that is less probable than what was asked for: neither yes nor no."""

    status = ExitStatus.UNSURE


class OutputClosed(Exception):
    """Whoever read our stdout has gone; there is nobody to tell."""


class Terminated(BaseException):
    """SIGTERM arrived; unwinds like KeyboardInterrupt so that files are cleaned up."""


class OutOfTime(BaseException):
    """The run is long over; unwinds like Terminated, and writes nothing more to stdout."""


NO_SECRETS = (
    "in CI a secret that is not there is empty: pull requests from forks get none, and a name "
    "may be misspelt; elsewhere set it, or `gradient auth login` stores a key"
)
"""What to do about a variable for the key that is set but empty."""


def run_timed_out() -> TimedOut:
    """Give the error for a run that is longer than --max-time."""
    return TimedOut("the run took longer than --max-time", hint="raise --max-time SECONDS")
