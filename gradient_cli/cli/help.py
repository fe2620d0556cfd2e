"""
`gradient help [COMMAND...|TOPIC]`: a command's help page, or a short text on a topic.
"""

from typing import Annotated, Any

import typer

from gradient_cli import __version__
from gradient_cli.cli.app import new_app
from gradient_cli.cli.pages import overview, topics
from gradient_cli.cli.pages.command_page import page_width, show
from gradient_cli.cli.pages.command_tree import as_document, read_tree
from gradient_cli.cli.pages.pager import show_page
from gradient_cli.cli.usage import nearest, quoted
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.json import line

app = new_app()


@app.command(name="help", help="Explain a command or a topic.")
def explain(
    ctx: typer.Context,
    subject: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND...|TOPIC]", help="what to explain; nothing: the overview"),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="every command, flag and status as one JSON object")
    ] = False,
) -> int:
    """
    Print the page of a command or a topic.

    Raises:
        UsageError: there is neither such a command nor such a topic.

    """
    words = subject or []
    terminal = ctx.obj.terminal
    width = page_width(terminal)
    if json:
        if words:
            raise UsageError("`gradient help --json` tells everything", hint="leave out the words")
        terminal.write_json(line(as_document(read_tree(), __version__)) + "\n")
    elif not words:
        show_page(overview.text(width), ctx.obj)
    elif words == [RESULT_SCHEMA]:
        terminal.write(_result_schema())
    elif words == [SUITE_SCHEMA]:
        terminal.write(_suite_schema())
    elif len(words) == 1 and words[0] in topics.TOPICS:
        show_page(topics.text(topics.TOPICS[words[0]], width), ctx.obj)
    else:
        _explain_command(ctx, words)
    return ExitStatus.OK


RESULT_SCHEMA = "result-schema"
"""Prints the JSON Schema of `--json`, for programs; so it is no topic."""


SUITE_SCHEMA = "suite-schema"
"""Prints the JSON Schema of a suite, for editors."""


def _suite_schema() -> str:
    import json

    from gradient_cli.check.suite_schema import suite_schema

    return json.dumps(suite_schema(), indent=2) + "\n"


def _result_schema() -> str:
    from importlib.resources import files

    return files("gradient_cli.render").joinpath("result.schema.json").read_text("utf-8")


def _explain_command(ctx: typer.Context, words: list[str]) -> None:
    """Walk down the tree by name and show the last command's page."""
    here: Any = ctx.find_root()
    for word in words:
        find = getattr(here.command, "get_command", lambda *_: None)
        command = find(here, word)
        if command is None:
            raise _unknown(here, words, word)
        here = command.make_context(word, [], parent=here, resilient_parsing=True)
    show(here, here.command)


def _unknown(here: Any, words: list[str], word: str) -> UsageError:
    names: list[str] = getattr(here.command, "list_commands", lambda _: [])(here)
    known = [*names, *topics.TOPICS, RESULT_SCHEMA, SUITE_SCHEMA] if word == words[0] else names
    near = nearest(word, known)
    advice = f"; did you mean {near}?" if near else ""
    return UsageError(
        f"no help for {quoted(' '.join(words))}{advice}",
        hint="`gradient help` lists the commands and topics",
    )
