"""
A conversation that a file keeps, shown as it was said.

    on a terminal   the answers are laid out, what a model wrote is made harmless
    in a pipe       `user:`, `assistant:` and the like, each above its words
"""

import os
from collections.abc import Iterable, Iterator, Mapping

from gradient_cli.ask.conversation import open_thread, words_of
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question_options import OutputOptions
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import open_session
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.runs.look import Look, look_of
from gradient_cli.runs.screen import open_renderer
from gradient_cli.terminal.door import Line, one_line
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.json import Json
from gradient_cli.wire.response import Response

_BOLD, _RESET = "\x1b[1m", "\x1b[0m"


def run(file: str | None, profile: str | None, invocation: Invocation) -> int:
    """
    Show a conversation; without a file the one that the settings name.

    Raises:
        UsageError: no file is named, there is none, or it is no conversation.

    """
    terminal = invocation.terminal
    session = open_session(
        invocation,
        {} if file is None else {"thread": file},
        NetworkOptions(profile=profile),
        ProofOptions(),
        tell=terminal.note,
        detail=lambda _: None,
    )
    path = session.settings.get("thread")
    if not path:
        raise UsageError("no conversation is named", hint="gradient thread FILE")
    thread = open_thread(path, terminal.note, will_add=False)
    if not thread.items and not os.path.exists(path):
        raise UsageError(
            f'there is no "{path}"', hint=f'gradient respond --thread {path} "…" begins one'
        )
    _show(thread.items, terminal, look_of(OutputOptions(), session, is_held=False))
    return ExitStatus.OK


def _show(items: Iterable[Mapping[str, Json]], terminal: Terminal, look: Look) -> None:
    bold, reset = (_BOLD, _RESET) if look.has_color else ("", "")
    lead: list[str] = []
    for who, words in _spoken(items):
        # A role is whatever the file says, so it goes through the door like any line.
        terminal.say([*lead, Line(f"{bold}{one_line(who)}:{reset}", "")])
        is_live = look.format == "markdown" and who == "assistant"
        renderer = open_renderer(terminal, look, terminal.note, is_live=is_live)
        renderer.show(words)
        renderer.close(Response(status="completed", text=words))
        lead = [""]


def _spoken(items: Iterable[Mapping[str, Json]]) -> Iterator[tuple[str, str]]:
    """Give who said what; reasoning and what holds no words is left out."""
    for item in items:
        match item.get("type", "message"):
            case "message":
                who, words = str(item.get("role", "assistant")), words_of(item)
            case "function_call":
                who, words = "call", f"{item.get('name')} {item.get('arguments')}"
            case "function_call_output":
                who, words = "output", words_of(item)
            case _:
                continue
        if words.strip():
            yield who, words
