"""
Showing an answer can never lose it.

Whatever the layout of an answer comes to grief over, its text goes on plainly from where it
stood, one warning at the end says so, and the status is what it would have been.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from gradient_cli.errors import GradientError, OutputClosed
from gradient_cli.render.plain_text import TextRenderer, Write
from gradient_cli.terminal.sanitize import Sanitizer
from gradient_cli.wire.response import Response


class Layout(Protocol):
    """Shows an answer laid out, and knows what of it is not printed for good."""

    def show(self, text: str) -> None:
        """Show one piece."""

    def close(self, response: Response) -> None:
        """Show the end."""

    def abort(self) -> None:
        """Leave a whole line behind; the run was interrupted."""

    def rest(self) -> str:
        """Give what is not printed for good, and leave the cursor where it goes on."""


class Unfailing:
    """Shows an answer by a layout as long as that works, and plainly from then on."""

    def __init__(
        self, make: Callable[[], Layout], write: Write, warn: Callable[[str], None]
    ) -> None:
        self._warn = warn
        self._layout: Layout | None = None
        self._sanitizer = Sanitizer()
        self._plain = TextRenderer(
            lambda text: write(text.replace("\n", "\r\n")), self._sanitizer.close
        )
        self._fault: Exception | None = None
        self._is_warned = False
        try:
            self._layout = make()
        except Exception as fault:
            self._give_up(fault)

    def show(self, text: str) -> None:
        """
        Show one piece.

        Raises:
            OutputClosed: the terminal has gone.

        """
        if self._layout is None:
            self._plain.show(self._sanitizer.feed(text))
            return
        try:
            self._layout.show(text)
        except (GradientError, OutputClosed):
            raise
        except Exception as fault:
            self._give_up(fault)

    def close(self, response: Response) -> None:
        """Show the end."""
        if self._layout:
            try:
                self._layout.close(response)
                return
            except (GradientError, OutputClosed):
                raise
            except Exception as fault:
                self._give_up(fault)
        self._plain.close(response)
        self._say_so()

    def abort(self) -> None:
        """Leave a whole line behind, and all that came; the run was interrupted."""
        if self._layout:
            try:
                self._layout.abort()
                return
            except (GradientError, OutputClosed):
                raise
            except Exception as fault:
                self._give_up(fault)
        self._plain.abort()
        self._say_so()

    def _give_up(self, fault: Exception) -> None:
        """Go on plainly with what the layout had not printed; what was held back is in it."""
        self._fault, layout, self._layout = fault, self._layout, None
        if layout:
            self._plain.show(layout.rest())

    def _say_so(self) -> None:
        if self._fault and not self._is_warned:
            self._is_warned = True
            self._warn(
                f"warning: the answer could not be laid out ({_name(self._fault)}) "
                "and is shown as it came; please report this"
            )


def _name(fault: Exception) -> str:
    """Give the kind of a fault and where it was raised; no word of what it says."""
    frames = traceback.extract_tb(fault.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{place}"
