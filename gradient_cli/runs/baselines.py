"""
Former runs of suites: read before anything is asked, and this one kept at its end.

    --save F                   written at every end, as every report
    --save F --last-failed F   what was not asked this time stays in it
    --save F --baseline F      written only by a run whose status is 0: a run that got worse
                               would else be what the next one is held against, and pass. Where
                               F is not there yet, the run is judged as usual
"""

import os
from collections.abc import Callable, Sequence

from gradient_cli.check.baseline import ALPHA, Baseline
from gradient_cli.check.baseline_options import BaselineOptions
from gradient_cli.check.case import Case
from gradient_cli.check.matching import Matched, match
from gradient_cli.check.report import Report
from gradient_cli.check.saved_run import SavedRun, SavedTest, read_run, render
from gradient_cli.errors import UsageError
from gradient_cli.terminal.places import place_of


class Baselines:
    """What the flags say of former runs; one for a run."""

    def __init__(self, options: BaselineOptions) -> None:
        self._options = options
        self._baseline: SavedRun | None = None
        self._failed: SavedRun | None = None
        self._kept: list[SavedTest] = []
        """Tests of the file that is written, which this run does not ask."""
        self.save = options.save

    def files(self) -> list[tuple[str, str]]:
        """Give (flag, path) of the file that is written."""
        return self._options.files()

    def others(self, flag: str) -> list[str]:
        """Give the files that a report must not replace; its own successor is none to `--save`."""
        return [] if flag == "--save" else self._options.read()

    def read(self, note: Callable[[str], None]) -> None:
        """
        Read the former runs; `note` hears where there is none yet.

        Raises:
            UsageError: one is missing or wrong, or a flag has no use.

        """
        options = self._options
        if options.alpha is not None:
            if options.baseline is None:
                raise UsageError("--alpha is of no use without --baseline")
            if not 0 < options.alpha < 1:
                raise UsageError(f"--alpha {options.alpha:g} is out of range: above 0, below 1")
        if options.baseline is not None and self._is_first():
            note(f'note: there is no "{options.baseline}" yet: this run is judged as usual')
        elif options.baseline is not None:
            self._baseline = read_run("--baseline", options.baseline)
        if options.last_failed is not None:
            self._failed = read_run("--last-failed", options.last_failed)

    def _is_first(self) -> bool:
        """Tell a run that is to make the baseline which it names."""
        baseline = self._options.baseline or ""
        return self.is_guarded and not os.path.lexists(baseline)

    @property
    def is_guarded(self) -> bool:
        """Tell whether the run is kept in the place of what it is held against."""
        return _is_same(self.save, self._options.baseline)

    def narrow(self, chosen: list[Case], left_out: Sequence[Case]) -> list[Case]:
        """
        Give what failed last time, of the tests that were chosen.

        Raises:
            UsageError: nothing did.

        """
        if self._failed is None:
            return chosen
        matched = match(self._failed, chosen, left_out, models_chosen=True)
        matched.gone.clear()  # It is not asked for either way.
        matched.baseline("--last-failed", chosen)
        failed = matched.failed()
        found = [case for case in chosen if (case.suite, case.title) in failed]
        if not found:
            raise UsageError(
                f'--last-failed "{self._failed.path}": none of the tests chosen failed there',
                hint="without it, all are asked",
            )
        return found

    def against(
        self, asked: Sequence[Case], left_out: Sequence[Case], models: Sequence[str]
    ) -> Baseline | None:
        """
        Give what this run is held against, and note what is kept of the file it replaces.

        Raises:
            UsageError: it is of another suite, or tests of it are gone.

        """
        keys = {(case.suite, case.title) for case in asked}
        if self._failed and _is_same(self.save, self._options.last_failed):
            self._kept = match(self._failed, asked, left_out, models_chosen=True).kept(keys)
        if self._baseline is None:
            return None
        matched: Matched = match(self._baseline, asked, left_out, models_chosen=bool(models))
        alpha = ALPHA if self._options.alpha is None else self._options.alpha
        found = matched.baseline("--baseline", asked, alpha)
        if self.is_guarded:
            self._kept = matched.kept(keys)
        return found

    def render(self, report: Report) -> str:
        """Give what is kept of a run."""
        from gradient_cli import __version__

        return render(report, __version__, self._kept)

    def may_write(self, report: Report, note: Callable[[str], None]) -> bool:
        """Tell whether a run is kept; `note` hears why not."""
        if not report.exit_code:
            return True
        if self.is_guarded:
            note(
                f'note: "{self.save}" stays as it was, because this run is not all right; '
                "--save with another name keeps it"
            )
            return False
        # A command line that was wrong is no reason to lose what failed.
        return not (report.is_refusal and _is_same(self.save, self._options.last_failed))


def _is_same(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    return place_of(one).path == place_of(other).path
