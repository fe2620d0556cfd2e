"""The flags of `gradient check` that keep a run, and hold one against a former; see `ask.flag`."""

from functools import partial
from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.values import record

_baseline = partial(flag, "Against a baseline")


@record(kw_only=True)
class BaselineOptions:
    """Where a run is kept, and what it is held against."""

    save: Annotated[
        str | None, _baseline("--save", metavar="FILE", help="keep this run for later ones")
    ] = None
    baseline: Annotated[
        str | None,
        _baseline(
            "--baseline", metavar="FILE", help="fail only for what got worse since this saved run"
        ),
    ] = None
    alpha: Annotated[
        float | None,
        _baseline(
            "--alpha",
            metavar="P",
            least=0,
            most=1,
            help="how likely a drop may be by chance to count as worse (0.05)",
        ),
    ] = None
    last_failed: Annotated[
        str | None,
        _baseline("--last-failed", metavar="FILE", help="ask only what failed in this saved run"),
    ] = None

    def files(self) -> list[tuple[str, str]]:
        """Give (flag, path) of the file that is written."""
        return [("--save", self.save)] if self.save is not None else []

    def read(self) -> list[str]:
        """Give the paths of files that are read."""
        return [path for path in (self.baseline, self.last_failed) if path is not None]
