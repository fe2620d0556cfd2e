"""
What a run shows while it runs: the answer to stdout, everything for people to stderr.

    format     stdout
    text       each piece as it arrives
    markdown   live on a terminal
    events     each server event as a line, then the result
    json       one object at the end
"""

from typing import TYPE_CHECKING, Protocol, assert_never

from gradient_cli.ask.question_options import OutputOptions
from gradient_cli.errors import GradientError
from gradient_cli.render.document import Result, as_document, as_last_line
from gradient_cli.render.event_lines import EventLines
from gradient_cli.render.notices import error_lines, usage_line
from gradient_cli.render.plain_text import TextRenderer, Write
from gradient_cli.runs.look import Look
from gradient_cli.terminal.spinner import Spinner
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.events import (
    CommentaryDelta,
    Event,
    Item,
    ReasoningDelta,
    TextDelta,
    Unknown,
)
from gradient_cli.wire.json import line
from gradient_cli.wire.response import Response

if TYPE_CHECKING:
    from gradient_cli.render.markdown import MarkdownRenderer

DIM = "\x1b[2m"
RESET = "\x1b[0m"


class Notices:
    """Lines for people on stderr, above the screen once there is one."""

    def __init__(self, terminal: Terminal, output: OutputOptions) -> None:
        self.screen: Screen | None = None
        self._terminal = terminal
        self._is_quiet = output.quiet
        self._is_verbose = output.verbose and not output.quiet

    def tell(self, text: str) -> None:
        """Say a line, unless quiet."""
        if not self._is_quiet:
            self._say(text)

    def detail(self, text: str) -> None:
        """Say a line that only --verbose shows."""
        if self._is_verbose:
            self._say(text)

    def _say(self, text: str) -> None:
        if self.screen:
            self.screen.say(text)
        else:
            self._terminal.note(text)


class Renderer(Protocol):
    """Shows an answer on stdout."""

    def show(self, text: str) -> None:
        """Show one piece."""

    def close(self, response: Response) -> None:
        """Show the end."""

    def abort(self) -> None:
        """Leave a whole line behind; the run was interrupted."""


class Screen:
    """Watches one answer arrive and shows it."""

    def __init__(self, terminal: Terminal, look: Look) -> None:
        self._terminal = terminal
        self._look = look
        self._spinner = Spinner(terminal)
        self._lines = EventLines(terminal.write_json)
        self._renderer: Renderer | None = None
        self.shows_pieces = look.format in {"text", "markdown"} and not (
            look.is_silent or look.is_held
        )
        """Whether the answer is shown as it comes; else it waits, or goes elsewhere."""
        self._reasoning = _Reasoning(terminal, look) if look.shows_reasoning else None

    def prepare(self) -> None:
        """Load what the answer will need; meant for the time while a server thinks."""
        from gradient_cli.transport import sse

        sse.prepare()
        self._open_renderer()

    def _open_renderer(self) -> Renderer | None:
        """Give what shows the answer piece by piece, if it is shown so."""
        if self._renderer is None and self.shows_pieces:
            is_live = self._look.format == "markdown"
            self._renderer = open_renderer(self._terminal, self._look, self._warn, is_live=is_live)
        return self._renderer

    # The Watcher --------------------------------------------------------------------------

    def begin(self, words: str = "") -> None:
        """Show a sign of life until the next piece comes; `words` say what is being done."""
        self.rest()
        if self._look.may_spin:
            self._spinner = Spinner(self._terminal)
            self._spinner.words = words
            self._spinner.start()

    def rest(self) -> None:
        """Take the sign of life away: somebody is asked something."""
        self._spinner.stop()

    def frame(self, name: str, data: str) -> None:
        """Show one server event, if events are what is wanted."""
        if self._look.format == "events":
            self._spinner.stop()
            self._lines.frame(name, data)

    def event(self, event: Event) -> None:
        """Show one piece of the answer or of the reasoning."""
        match event:
            case TextDelta(text):
                self._spinner.stop()
                if self._reasoning:
                    self._reasoning.end()
                if renderer := self._renderer or self._open_renderer():
                    renderer.show(text)
            case ReasoningDelta(text) | CommentaryDelta(text) if self._reasoning:
                self._spinner.stop()
                self._reasoning.show(text)
            case Item() | Unknown() if self._look.may_spin:
                from gradient_cli.render.doing import doing

                self._spinner.words = doing(event, self._spinner.words)
            case _:
                pass

    def say(self, text: str) -> None:
        """Write one line for people, above the sign of life."""
        self._spinner.say(text)

    def _warn(self, text: str) -> None:
        if not self._look.is_quiet:
            self.say(text)

    # The end ------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Leave whole lines and no colours behind."""
        self._spinner.stop()
        if self._reasoning:
            self._reasoning.end()
        if self._renderer:
            self._renderer.abort()

    def end_answer(self, response: Response) -> None:
        """Show the end of what was shown as it came, so that notices begin on their own line."""
        self._spinner.stop()
        if self._reasoning:
            self._reasoning.end()
        if renderer := self._open_renderer():
            renderer.close(response)

    def close(
        self,
        result: Result,
        error: GradientError | None,
        *,
        is_answer: bool,
        is_saved: bool,
    ) -> None:
        """
        Show the result below an ended answer: what was held back, JSON, usage, the error.

        `is_answer`: it is one, whatever became of its file; `is_saved`: the file has it. An
        answer that could not be saved goes to stdout, and so does the object of a failure.
        """
        is_owed = not is_saved and (is_answer or self._look.format == "json")
        if not self._look.is_silent or is_owed or self._look.format == "events":
            self._close_stdout(result, is_answer=is_answer)
        if is_answer or self.shows_pieces:
            self._list_sources(result.response)
        if self._look.shows_usage:
            self._terminal.note(usage_line(result.usage, result.first_token_ms, result.total_ms))
        if error:
            self._terminal.note(error_lines(error))

    def _list_sources(self, response: Response) -> None:
        """List below the answer what it rests on; in JSON it stands anyway."""
        has_any = response.citations or response.server_calls
        if has_any and not self._look.is_quiet and self._look.format in {"text", "markdown"}:
            from gradient_cli.render.sources import source_lines

            if lines := source_lines(response):
                self._terminal.note(lines)

    def _close_stdout(self, result: Result, *, is_answer: bool) -> None:
        match self._look.format:
            case "json":
                self._terminal.write_json(line(as_document(result)) + "\n")
            case "events":
                self._lines.close(as_last_line(result))
            case "text" | "markdown":
                self._close_answer(result, is_answer=is_answer)
            case other:
                assert_never(other)  # type: ignore[arg-type]  # a str; the callers decide on auto

    def _close_answer(self, result: Result, *, is_answer: bool) -> None:
        if self.shows_pieces or not is_answer:
            return
        text = result.response.text if result.text is None else result.text
        is_live = self._look.format == "markdown" and result.text is None
        held = open_renderer(self._terminal, self._look, self._warn, is_live=is_live)
        held.show(text)
        held.close(result.response)


class _Reasoning:
    """The model's reasoning on stderr: dimmed and harmless on a terminal."""

    def __init__(self, terminal: Terminal, look: Look) -> None:
        from gradient_cli.terminal.door import Flow

        self._flow = Flow(terminal.write_stderr, in_log=terminal.in_log)
        self._terminal = terminal
        self._is_dim = look.has_error_color
        self._is_open = False
        self._last = ""

    def show(self, text: str) -> None:
        if not self._is_open and self._is_dim:
            self._terminal.write_stderr(DIM)
        self._is_open = True
        self._last = text[-1:]
        self._flow.feed(text)

    def end(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._flow.end()
        end = "" if self._last == "\n" else "\n"
        self._terminal.write_stderr((RESET if self._is_dim else "") + end)


def open_renderer(terminal: Terminal, look: Look, warn: Write, *, is_live: bool) -> Renderer:
    """Give what shows one text on stdout: laid out live, or as it is."""
    return _live_markdown(terminal, look, warn) if is_live else _plain(terminal)


def _plain(terminal: Terminal) -> TextRenderer:
    """Give what shows an answer as text: harmless on a terminal, elsewhere byte for byte."""
    if not terminal.stdout_is_tty:
        return TextRenderer(terminal.write)
    from gradient_cli.terminal.sanitize import Sanitizer

    sanitizer = Sanitizer()
    return TextRenderer(lambda text: terminal.write(sanitizer.feed(text)), sanitizer.close)


def _live_markdown(terminal: Terminal, look: Look, warn: Write) -> Renderer:
    from gradient_cli.render.unfailing import Unfailing
    from gradient_cli.terminal.job_control import open_job_control

    def layout() -> "MarkdownRenderer":
        from gradient_cli.render.markdown import MarkdownRenderer

        return MarkdownRenderer(
            terminal.write,
            terminal.size,
            has_color=look.has_color,
            may_move=look.may_move,
            jobs=open_job_control(1) if look.may_move else None,
        )

    return Unfailing(layout, terminal.write, warn)
