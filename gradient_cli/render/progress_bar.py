"""
The sight of a long run, on stderr: a bar on a terminal, elsewhere a line every 10 s.

    Meter      the numbers: done, failed, rate, tokens a minute, time left, the wait
    Progress   shows them until it is stopped
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gradient_cli.terminal.streams import Terminal
from gradient_cli.values import mutable_record

LINE_EVERY_S = 10.0
BAR_AFTER_S = 0.3
REDRAWN_A_SECOND = 5


@mutable_record
class Meter:
    """The numbers of a run; whoever runs it counts them up."""

    clock: Callable[[], float]
    wait_s: Callable[[], float] = lambda: 0.0
    """Seconds for which the service lets nobody send."""
    total: int | None = None
    """Items in all; None where that is not known."""
    done: int = 0
    """Results of this run, failures too."""
    failed: int = 0
    skipped: int = 0
    """Items that needed no asking."""
    tokens: int = 0
    started: float = 0.0

    def begin(self) -> None:
        """Take the time."""
        self.started = self.clock()

    @property
    def seconds(self) -> float:
        """Give the time since `begin`."""
        return max(self.clock() - self.started, 1e-6)

    @property
    def rate(self) -> float:
        """Give results a second."""
        return self.done / self.seconds

    @property
    def left_s(self) -> float | None:
        """Give the seconds until the end at this rate; None where nobody can know."""
        if self.total is None or not self.done:
            return None
        return max(0, self.total - self.done - self.skipped) / self.rate

    def words(self) -> list[str]:
        """Give all of it as short phrases, the most wanted first."""
        of = f" of {self.total:,}" if self.total is not None else ""
        found = [f"{self.done + self.skipped:,}{of} done"]
        if self.failed:
            found.append(f"{self.failed:,} failed")
        if (left := self.left_s) is not None:
            found.append(f"{duration(left)} left")
        if (wait := self.wait_s()) >= 1:
            found.append(f"waiting {duration(wait)} for the rate limit")
        if self.done:
            found.append(f"{self.rate:,.1f} a second")
        if self.tokens:
            found.append(f"{60 * self.tokens / self.seconds:,.0f} tokens a minute")
        return found


class Progress:
    """Shows a meter until it is stopped; also a context manager."""

    def __init__(self, terminal: Terminal, meter: Meter, *, has_bar: bool) -> None:
        self._terminal = terminal
        self._meter = meter
        self._has_bar = has_bar
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Progress":
        show = self._show_bar if self._has_bar else self._show_lines
        thread = threading.Thread(target=show, daemon=True)
        with suppress(RuntimeError):  # No more threads: then without it.
            thread.start()
            self._thread = thread
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopped.set()
        if self._thread is not None and self._has_bar:
            # It has a cursor to bring back.
            self._thread.join(1.0)

    def _show_lines(self) -> None:
        while not self._stopped.wait(LINE_EVERY_S):
            self._terminal.note(", ".join(self._meter.words()))

    def _show_bar(self) -> None:
        if self._stopped.wait(BAR_AFTER_S):
            return
        bar = _bar(self._terminal, self._meter)
        with bar:
            while not self._stopped.wait(1 / REDRAWN_A_SECOND):
                # The window may have another width by now.
                bar.console.width = self._terminal.size()[0]
                bar.update(
                    bar.task_ids[0],
                    total=self._meter.total,
                    completed=self._meter.done + self._meter.skipped,
                    refresh=True,
                )


class _Writer:
    """stderr as rich wants it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        self._terminal.write_stderr(text)
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def _bar(terminal: Terminal, meter: Meter) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, Task
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Words(ProgressColumn):
        """The meter's phrases, as many as there is room for."""

        def render(self, task: Task) -> Text:
            room = console.width - BAR_WIDTH - 2
            found = ""
            for words in meter.words():
                longer = f"{found} · {words}" if found else words
                if len(longer) > room:
                    break
                found = longer
            return Text(found, no_wrap=True, style="red" if meter.failed else "")

    console = Console(
        file=_Writer(terminal),  # type: ignore[arg-type]  # all that rich calls
        force_terminal=True,
        width=terminal.size()[0],
        legacy_windows=False,
    )
    bar = RichProgress(
        BarColumn(bar_width=BAR_WIDTH),
        Words(),
        console=console,
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("batch", total=meter.total)
    return bar


BAR_WIDTH = 20


def duration(seconds: float) -> str:
    """Give a time as people say it."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
