"""Why a run of suites ended before its end, or is not right as a whole."""

from gradient_cli.errors import GradientError, Terminated
from gradient_cli.exits import ExitStatus
from gradient_cli.values import record


@record
class Stop:
    """Why a run ended before its end, or is not right as a whole."""

    reason: str
    """Lower case, no full stop."""
    hint: str | None = None
    status: ExitStatus = ExitStatus.OK
    """What it alone would end with; OK where what stopped it is a result already."""
    signal_status: int | None = None
    """130 or 143 where a signal ends the process, whatever was found until then."""
    is_early: bool = True
    """False: every test was asked, and something else is wrong."""

    @property
    def words(self) -> str:
        """The reason, after what became of the run."""
        return f"{'stopped' if self.is_early else 'not right'}: {self.reason}"


def stopped_by(error: BaseException) -> Stop:
    """Give why a run ended, for what ended it."""
    match error:
        case KeyboardInterrupt():
            return Stop("interrupted", signal_status=130)
        case Terminated():
            return Stop("terminated", signal_status=143)
        case GradientError():
            return Stop(error.message, error.hint, error.status)
        case _:
            return Stop("a bug in gradient", status=ExitStatus.BUG)
