"""How a run is shown: decided once, from flags, settings and what stdout and stderr are."""

from gradient_cli.ask.question_options import OutputOptions
from gradient_cli.ask.session import Session
from gradient_cli.errors import UsageError
from gradient_cli.terminal.color import may_move_cursor, wants_color
from gradient_cli.values import record
from gradient_cli.wire.json import Json


@record(kw_only=True)
class Look:
    """How a run is shown."""

    format: str = "text"
    """text, markdown, json or events; auto is decided by then."""
    is_held: bool = False
    """stdout waits for the verdict: a schema, labels, a code block, a repair, --whole."""
    is_whole: bool = False
    """stdout gets nothing but what a run that succeeded has to say."""
    is_silent: bool = False
    """stdout gets nothing: the answer goes to a file."""
    shows_reasoning: bool = False
    shows_usage: bool = False
    may_move: bool = False
    """The cursor on stdout may be moved."""
    may_spin: bool = False
    """A sign of life may be shown on stderr."""
    has_color: bool = False
    """Colour on stdout."""
    has_error_color: bool = False
    """Colour on stderr."""
    is_quiet: bool = False


def look_of(output: OutputOptions, session: Session, *, is_held: bool) -> Look:
    """
    Decide how the run is shown; `is_held`: what is expected needs the whole answer.

    Raises:
        UsageError: --whole beside a format that prints an object on failure, too.

    """
    terminal, environ = session.invocation.terminal, session.invocation.environ
    settings = session.settings
    name = settings.get("format")
    if name == "auto":
        name = "markdown" if terminal.stdout_is_tty else "text"
    if output.whole and name in {"json", "events"}:
        raise UsageError(
            f"--whole prints nothing on failure, --format {name} an object",
            hint='leave --whole out, and read "ok" or the exit status',
        )
    color = settings.get("color")
    if color != "auto":
        terminal.has_error_color = wants_color(color, environ, terminal.stderr_is_tty)
    return Look(
        format=name,
        is_held=is_held or output.whole,
        is_whole=output.whole,
        is_silent=output.output is not None,
        shows_reasoning=bool(settings.get("show_reasoning")) and not output.quiet,
        shows_usage=bool(settings.get("usage")),
        has_color=wants_color(color, environ, terminal.stdout_is_tty),
        has_error_color=wants_color(color, environ, terminal.stderr_is_tty),
        may_move=may_move_cursor(environ, terminal.stdout_is_tty),
        may_spin=not output.quiet and may_move_cursor(environ, terminal.stderr_is_tty),
        is_quiet=output.quiet,
    )


def output_flags(output: OutputOptions) -> dict[str, Json]:
    """
    Give the output flags that have a setting of the same name.

    Raises:
        UsageError: --json beside another --format.

    """
    if output.json and output.format not in {None, "json"}:
        raise UsageError(f"--json and --format {output.format} exclude each other")
    named = {
        "format": "json" if output.json else output.format,
        "color": output.color,
        "show_reasoning": output.show_reasoning,
        "usage": output.usage,
    }
    return {name: value for name, value in named.items() if value is not None}
