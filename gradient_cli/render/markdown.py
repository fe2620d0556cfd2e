"""
Live Markdown: an answer laid out while it arrives.

    pieces ─► Sanitizer ─► Blocks ─► final lines ─┐
                                 └─► open lines ──┴─► LiveRegion ─► terminal

A frame is drawn at most 20 times a second, and never so often that drawing takes more than a
tenth of the time. A thread draws the frame that is due when no further piece comes.

Whatever happens in laying out, no text is lost: `rest` gives what is not printed for good, and
render/unfailing.py goes on with it plainly.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from gradient_cli.render.blocks import Blocks, Step
from gradient_cli.render.live import NEWLINE, Growth, LiveRegion
from gradient_cli.render.page import Printer
from gradient_cli.terminal.job_control import JobControl
from gradient_cli.terminal.sanitize import Sanitizer
from gradient_cli.wire.response import Response

FRAMES_PER_SECOND = 20
IDLE_SHARE = 9
"""For one part of drawing, so many parts of not drawing: a tenth of the time at most."""


class MarkdownRenderer:
    """
    Shows an answer on a terminal.

    `size` gives (columns, rows) and is asked at each frame. Where the cursor may not move,
    each block is printed once, when it is final. `jobs` tells when others wrote to the terminal.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        size: Callable[[], tuple[int, int]],
        *,
        has_color: bool,
        may_move: bool,
        jobs: JobControl | None = None,
        clock: Callable[[], float] = time.monotonic,
        has_thread: bool = True,
    ) -> None:
        self._write = write
        self._size = size
        self._has_color = has_color
        self._may_move = may_move
        self._clock = clock
        self._columns, self._rows = size()
        self._blocks = Blocks(self._printer(), self._rows)
        self._region = LiveRegion(write, self._columns)
        self._sanitizer = Sanitizer()
        self._lock = threading.Lock()
        self._next_frame = 0.0
        self._is_due = threading.Event()
        self._is_over = False
        self._jobs = jobs
        self._drawer: int | None = None
        """The thread that is drawing."""
        self._is_stop_due = False
        """Ctrl-Z came while this thread drew: it stops when the frame is whole."""
        self._printed = self._blocks.mark()
        """What was not final after the last frame that is whole, and all that came since."""
        self._since: list[str] = []
        self._fault: Exception | None = None
        """What ended the thread; for the next call."""
        self._has_thread = has_thread
        self._thread: threading.Thread | None = None
        if jobs:
            jobs.watch(self._pause)

    def _printer(self) -> Printer:
        return Printer(self._columns, has_color=self._has_color)

    def show(self, text: str) -> None:
        """
        Take in one piece; it is on the screen within a frame.

        Raises:
            OutputClosed: the terminal has gone.

        """
        with self._lock:
            self._feed(self._sanitizer.feed(text))
            is_drawn = self._clock() >= self._next_frame
            if is_drawn:
                self._frame()
        self._stop_if_due()
        if is_drawn:
            return
        self._is_due.set()
        if self._has_thread and self._thread is None:
            self._thread = threading.Thread(target=self._draw_when_due, daemon=True)
            with suppress(RuntimeError):  # No more threads: the next piece draws what is due.
                self._thread.start()

    def close(self, response: Response) -> None:
        """Show the rest; then calls and what waits, one JSON object a line."""
        with self._lock:
            self._feed(self._sanitizer.close())
            self._frame(is_last=True)
            self._is_over = True
        self._stop_if_due()
        self._is_due.set()
        self._release()
        for line in response.lines():
            # ASCII: a call's arguments are a model's text, too.
            said = line.removesuffix("\n").encode("ascii", "backslashreplace").decode()
            self._write(said + NEWLINE)

    def abort(self) -> None:
        """
        Leave a whole line behind, the colours reset; safe at any moment.

        Raises:
            Exception: what ended the thread.

        """
        if self._fault:
            raise self._fault
        self._is_over = True
        has_lock = self._wait_for_frame()
        if self._may_move:
            self._region.leave()
        if has_lock:
            self._lock.release()
        self._release()

    def rest(self) -> str:
        """Give the source that is not printed for good, and leave the cursor where it goes on."""
        self._is_over = True
        has_lock = self._wait_for_frame()
        text = "".join([*self._printed, *self._since, self._sanitizer.close()])
        if self._jobs and self._jobs.was_continued():
            self._region.forget()
        place = self._region.withdraw(text) if self._may_move else 0
        if has_lock:
            self._lock.release()
        self._release()
        return text[place:]

    def _wait_for_frame(self) -> bool:
        """Take the lock; a frame that was interrupted has let go of it, the thread's ends soon."""
        return self._lock.acquire(timeout=1)

    def _feed(self, text: str) -> None:
        self._since.append(text)
        if self._fault:
            raise self._fault
        self._blocks.feed(text)

    # Ctrl-Z -----------------------------------------------------------------------------------

    def _release(self) -> None:
        if self._jobs:
            self._jobs.release()
            self._jobs = None

    def _pause(self) -> bool:
        """Leave the terminal to others; False in the midst of a frame, which then ends first."""
        if self._drawer == threading.get_ident():
            self._is_stop_due = True
            return False
        has_lock = self._wait_for_frame()
        self._region.pause()
        if has_lock:
            self._lock.release()
        # What is open is drawn again as soon as we go on, without a further piece.
        self._is_due.set()
        return True

    def _stop_if_due(self) -> None:
        if self._is_stop_due and self._jobs:
            self._is_stop_due = False
            self._pause()
            self._jobs.stop()

    # Frames -----------------------------------------------------------------------------------

    def _draw_when_due(self) -> None:
        while True:
            self._is_due.wait()
            self._is_due.clear()
            time.sleep(max(0.0, self._next_frame - self._clock()))
            with self._lock:
                if self._is_over:
                    return
                try:
                    self._frame()
                except Exception as error:  # whatever it is: it belongs to the main thread
                    self._fault = error
                    return

    def _frame(self, *, is_last: bool = False) -> None:
        self._drawer = threading.get_ident()
        try:
            self._draw(is_last=is_last)
        finally:
            self._drawer = None
        self._printed, self._since = self._blocks.mark(), []

    def _draw(self, *, is_last: bool) -> None:
        begun = self._clock()
        self._follow_size()
        step = self._blocks.advance(is_last=is_last)
        if self._follow_size():
            # The window changed while that was laid out: it would be drawn on other rows.
            final, step = step.final, self._blocks.advance(is_last=is_last)
            step.final[:0] = final
        if self._may_move:
            self._draw_region(step)
        elif step.final:
            self._write("".join(f"{row}\n" for row in step.final))
        ended = self._clock()
        cost = ended - begun
        self._next_frame = max(begun + 1 / FRAMES_PER_SECOND, ended + IDLE_SHARE * cost)

    def _draw_region(self, step: Step) -> None:
        growth = step.growth
        if self._jobs:
            if self._jobs.was_continued():
                self._region.forget()
            if not self._jobs.is_in_front():
                step.open, growth = [], Growth.TAIL
        self._region.draw(step.final, step.open, self._rows, growth)

    def _follow_size(self) -> bool:
        """Lay out anew what is open, if the terminal has another size now; tell whether it has."""
        columns, rows = self._size()
        if (columns, rows) == (self._columns, self._rows):
            return False
        if self._may_move:
            self._region.resize(columns, rows)
        self._columns, self._rows = columns, rows
        self._blocks.resize(self._printer(), rows)
        return True
