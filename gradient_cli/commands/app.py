"""
The command tree: names and one-line helps as literals, modules loaded when asked for.

A command lives in the module of its name and offers `app`, a `typer.Typer` made by
`new_app()`. A command function takes `ctx: typer.Context` (its `obj` is the Invocation)
and values; it returns an exit status.
"""

from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: dict[str, str] = {
    "respond": "Ask once; stdout is the answer.",
    "check": "Run suites of prompts with expectations.",
    "batch": "Answer many prompts, resumable.",
    "models": "List the model ids that this key may use.",
    "auth": "Log in, see who you are, log out.",
    "config": "Show and change settings.",
    "doctor": "Find out what is wrong with this set-up.",
    "mock": "Serve a scripted Responses endpoint on loopback.",
    "help": "Explain a command or a topic.",
}
"""name -> help. Each is a module of this package; a test holds the helps equal."""


class LazyGroup(TyperGroup):
    """A group that imports a command's module when that command is used."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # vendored click's Context
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]  # as above
        """Load one command, or None if there is no such."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"gradient_cli.commands.{cmd_name}")
        return typer.main.get_command(module.app)  # type: ignore[return-value]  # always one of ours


def new_app(**settings: object) -> typer.Typer:
    """Give a Typer whose help and errors are plain text: rich costs 70 ms and draws boxes."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **settings,  # type: ignore[arg-type]  # passed through
    )
