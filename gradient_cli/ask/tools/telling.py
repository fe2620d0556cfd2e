"""
What the model is told of a call: the program's words, or why there are none. Pure.

    ended with status 0       its stdout, the last line end apart
    more than 1 MB            the beginning, and that the rest was cut
    not UTF-8                 that it is not, with U+FFFD in place of each bad byte
    another status, too long  that, the end of stderr, and what stdout had
"""

import shlex
import signal
from collections.abc import Callable

from gradient_cli.ask.result_text import result_text
from gradient_cli.programs.command import Command
from gradient_cli.programs.running import Done
from gradient_cli.wire.calls import Step, ToolCall

MOST_OUTPUT = 1_000_000
"""Bytes of a result."""
MOST_STDERR = 2_000
"""Characters of the end of stderr."""
MOST_ARGUMENTS = 200
"""Characters of arguments in a line for people."""
MOST_CONFIRMED = 4_000
"""Characters of arguments in a question of --confirm."""

Veil = Callable[[str], str]
"""Takes the key out of a text."""


def result(call: ToolCall, done: Done, seconds: float, timeout_s: float, veil: Veil) -> Step:
    """Give what a run came to, which took so many seconds."""
    error = _error(done, timeout_s)
    words = result_text(done.stdout, most=MOST_OUTPUT, is_cut=done.is_truncated)
    if error:
        words = _failure(error, done, words)
    return Step(
        call=call,
        output=veil(words),
        exit_code=done.status,
        error=error,
        ms=round(seconds * 1000),
    )


def _error(done: Done, timeout_s: float) -> str | None:
    if done.timed_out:
        return f"it took longer than {timeout_s:g} s and was ended"
    if done.status < 0:
        return f"it was ended by {_signal(-done.status)}"
    return f"it ended with status {done.status}" if done.status else None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _failure(error: str, done: Done, words: str) -> str:
    said = done.stderr.decode("utf-8", "replace").strip()[-MOST_STDERR:]
    parts = [f"error: the program gave no result: {error}"]
    parts += [f"the end of its stderr:\n{said}"] if said else []
    parts += [f"its stdout:\n{words}"] if words else []
    return "\n".join(parts)


def refused(call: ToolCall, complaint: str) -> Step:
    """Give what the model is told of arguments that do not fit: nothing was run."""
    error = f"the arguments do not fit the function's parameters: {complaint}"
    return Step(call=call, output=f"error: {error}; nothing was run", error=error)


def declined(call: ToolCall) -> Step:
    """Give what the model is told where the user did not want the run."""
    error = "the user declined to run it"
    return Step(call=call, output=f"error: {error}", error=error)


# For people -----------------------------------------------------------------------------------


def run_line(step: Step, *, is_recorded: bool = False) -> str:
    """Give the line that tells of a call; it goes through the door like any other."""
    arguments = step.call.arguments.strip() or "{}"
    if len(arguments) > MOST_ARGUMENTS:
        arguments = f"{arguments[: MOST_ARGUMENTS - 1]}…"
    where = ", recorded" if is_recorded else ""
    size = len(step.output.encode("utf-8", "replace"))
    what = step.error or f"{size:,} byte{'' if size == 1 else 's'} in {step.ms / 1000:.1f} s"
    return f"tool {step.call.name} {arguments}: {what}{where}"


def question(task_name: str, arguments: str, command: Command) -> list[str]:
    """Give the lines that ask whether a program may be run."""
    shown = arguments[:MOST_CONFIRMED]
    if left := len(arguments) - len(shown):
        shown += f"… and {left:,} more characters, which are not shown"
    return [f"the model calls {task_name} {shown}", f"run {shlex.join(command.words)}? [y/N] "]
