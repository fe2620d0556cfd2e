"""
What is said of a run of suites while it goes on.

    on a terminal    one line on stderr, redrawn
    elsewhere        the report itself, test by test as they finish: a log shows how far a run
                     came, whatever becomes of it; and a line where nothing finishes for long
    -v               what is asked and what came, for each attempt
    -q               nothing
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress

from gradient_cli.ask.client import Outcome
from gradient_cli.check.attempt import Attempt
from gradient_cli.check.comparison import Change
from gradient_cli.check.report import PASSED, Result, Test
from gradient_cli.check.reporters.text import lines_of
from gradient_cli.check.runner import Watch
from gradient_cli.check.shown_name import shown
from gradient_cli.check.trial import Prepared
from gradient_cli.errors import GradientError, OutputClosed
from gradient_cli.exits import in_words
from gradient_cli.render.ticker import Ticker
from gradient_cli.terminal.door import Line
from gradient_cli.wire.json import line

SILENT_S = 30.0
"""How long nothing may be said where there is no terminal."""
IN_SIGHT = 24
"""Lines of a log that people see at once: what stands further up is said again at the end."""
_LONG = ("input", "instructions", "text", "tools")
"""Parts of a request that a line has no room for."""

Say = Callable[[list[str | Line]], None]


class Progress:
    """Tells of a run; one for each, used by its main thread, `asking` and `came` by all."""

    def __init__(
        self,
        ticker: Ticker,
        total: int,
        *,
        moves: bool,
        say: Say | None,
        is_colored: bool = False,
        is_verbose: bool = False,
        against: Callable[[Test], Change | None] = lambda test: None,
    ) -> None:
        """`total` attempts; `say` takes the lines of a finished test, None: nobody wants them."""
        self._ticker = ticker
        self._total = total
        self._moves = moves
        self._say = say
        self._is_colored = is_colored
        self._is_verbose = is_verbose
        self._against = against
        self._done = 0
        self._lines = 0
        self._told: dict[tuple[str, str], int] = {}
        self._last = time.monotonic()
        self.fault: GradientError | OutputClosed | None = None
        """Why a line could not be written."""

    def watch(self, keep: Callable[[Result], None]) -> Watch:
        """Give what a runner is to call; `keep` takes each test that has finished."""

        def on_attempt(result: Result, attempt: Attempt) -> None:
            self._count(result, attempt)
            if result.is_finished:
                keep(result)
                if not result.row:  # The report has the rows of a data set together.
                    self._tell(result)

        if not self._is_verbose:
            return Watch(on_attempt, self._idle)
        return Watch(on_attempt, self._idle, self._asking, self._came)

    def told(self) -> Collection[tuple[str, str]]:
        """Give the tests of which nothing more need be said: they passed, or stand in sight."""
        return {key for key, end in self._told.items() if self._lines - end < IN_SIGHT}

    def _count(self, result: Result, attempt: Attempt) -> None:
        self._done += 1
        if self._moves:
            word = in_words(attempt.status)
            self._ticker.show(f"{self._done}/{self._total}  {result.name}: {word}")

    def _tell(self, result: Result) -> None:
        if self._say is None:
            return
        lines = list(lines_of(result, self._against(result), is_colored=self._is_colored))
        self._lines += len(lines)
        self._told[result.key] = 1 << 60 if result.verdict == PASSED else self._lines
        self._last = time.monotonic()
        try:
            self._say(lines)
        except (
            GradientError,
            OutputClosed,
        ) as error:  # The answers that are still to come were paid for, too.
            self.fault, self._say = error, None

    def _idle(self) -> None:
        if self._say is None or time.monotonic() - self._last < SILENT_S:
            return
        self._last = time.monotonic()
        self._ticker.say(f"{self._done} of {self._total} answers are there; waiting for more")

    def _asking(self, test: Prepared, number: int) -> None:
        body = test.request.shown()
        size = sum(len(str(body[key])) for key in ("input", "instructions") if body.get(key))
        fields = {key: value for key, value in body.items() if key not in _LONG}
        words = f"{size:,} characters, {line(fields)}"
        self._ticker.say(f"asking {_name(test, number)}: {words}")

    def _came(self, test: Prepared, number: int, outcome: Outcome) -> None:
        failure = f", {outcome.error.message}" if outcome.error else ""
        with suppress(GradientError):
            self._ticker.say(f"came {_name(test, number)}: {outcome.summary()}{failure}")


def _name(test: Prepared, number: int) -> str:
    of = f" {number}/{test.case.repeat}" if test.case.repeat > 1 else ""
    return f'"{shown(test.case.name)}"{of}'
