"""
Live Markdown: an answer laid out while it arrives.

    pieces ─► Sanitizer ─► Blocks ─► final lines ─┐
                                 └─► open lines ──┴─► LiveRegion ─► terminal

A frame is drawn at most 20 times a second, and never so often that drawing takes more than a
tenth of the time. A thread draws the frame that is due when no further piece comes.
"""

import threading
import time
from collections.abc import Callable

from gradient_cli.errors import OutputClosed
from gradient_cli.render.blocks import Blocks
from gradient_cli.render.live import NEWLINE, LiveRegion
from gradient_cli.render.page import Printer
from gradient_cli.terminal.sanitize import Sanitizer
from gradient_cli.wire.json import line
from gradient_cli.wire.response import Response

FRAMES_PER_SECOND = 20
IDLE_SHARE = 9
"""For one part of drawing, so many parts of not drawing: a tenth of the time at most."""


class MarkdownRenderer:
    """
    Shows an answer on a terminal.

    `size` gives (columns, rows) and is asked at each frame. Where the cursor may not move,
    each block is printed once, when it is final.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        size: Callable[[], tuple[int, int]],
        *,
        has_color: bool,
        may_move: bool,
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
        self._closed: OutputClosed | None = None
        self._has_thread = has_thread
        self._thread: threading.Thread | None = None

    def _printer(self) -> Printer:
        return Printer(self._columns, has_color=self._has_color)

    def show(self, text: str) -> None:
        """
        Take in one piece; it is on the screen within a frame.

        Raises:
            OutputClosed: the terminal has gone.

        """
        with self._lock:
            if self._closed:
                raise self._closed
            self._blocks.feed(self._sanitizer.feed(text))
            if self._clock() >= self._next_frame:
                self._frame()
                return
        self._is_due.set()
        if self._has_thread and self._thread is None:
            self._thread = threading.Thread(target=self._draw_when_due, daemon=True)
            self._thread.start()

    def close(self, response: Response) -> None:
        """Show the rest; then function calls, one JSON object a line."""
        with self._lock:
            self._is_over = True
            self._blocks.feed(self._sanitizer.close())
            self._frame(is_last=True)
        self._is_due.set()
        for call in response.tool_calls:
            # ASCII: a call's arguments are a model's text, too.
            self._write(line(call.as_item()).encode("ascii", "backslashreplace").decode() + NEWLINE)

    def abort(self) -> None:
        """Leave a whole line behind, the colours reset; safe at any moment."""
        self._is_over = True
        # A frame that was interrupted has let go of the lock; one in the thread ends soon.
        has_lock = self._lock.acquire(timeout=1)
        if self._may_move:
            self._region.leave()
        if has_lock:
            self._lock.release()

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
                except OutputClosed as error:
                    self._closed = error
                    return

    def _frame(self, *, is_last: bool = False) -> None:
        begun = self._clock()
        self._follow_size()
        step = self._blocks.advance(is_last=is_last)
        if self._follow_size():
            # The window changed while that was laid out: it would be drawn on other rows.
            final, step = step.final, self._blocks.advance(is_last=is_last)
            step.final[:0] = final
        if self._may_move:
            self._region.draw(step.final, step.open, self._rows, step.growth)
        elif step.final:
            self._write("".join(f"{row}\n" for row in step.final))
        ended = self._clock()
        cost = ended - begun
        self._next_frame = max(begun + 1 / FRAMES_PER_SECOND, ended + IDLE_SHARE * cost)

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
