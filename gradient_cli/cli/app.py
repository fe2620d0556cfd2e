"""
The command tree: names from `table`, modules loaded when asked for.

A command lives in the module of its name and offers `app`, a `typer.Typer` made by
`new_app()`. A command function takes `ctx: typer.Context` (its `obj` is the Invocation)
and values; it returns an exit status.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from gradient_cli.ask.invocation import Invocation
from gradient_cli.cli.commands import COMMANDS
from gradient_cli.cli.pages.command_page import HelpfulCommand, HelpfulGroup
from gradient_cli.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])


class LazyGroup(HelpfulGroup):
    """A group that imports a command's module when that command is used."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # vendored click's Context
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]  # as above
        """Load one command, or None if there is no such."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"gradient_cli.cli.{cmd_name}")
        return _made(module.app)  # type: ignore[no-any-return]  # always one of ours

    def help_page(self, ctx: typer.Context, width: int) -> str:
        """Give the overview, which knows the commands without loading them."""
        from gradient_cli.cli.pages import overview

        return overview.text(width)

    def short_page(self, ctx: typer.Context, width: int) -> str:
        """Give what `gradient -h` prints."""
        from gradient_cli.cli.pages import short_page

        return short_page.overview(width)


class App(typer.Typer):
    """A Typer whose commands have our help page unless they bring another class."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
        """Register a command, as Typer does."""
        settings.setdefault("cls", HelpfulCommand)
        return super().command(name, **settings)


def new_app(**settings: Any) -> App:
    """Give a Typer whose help and errors are plain text: rich costs 70 ms and draws boxes."""
    settings.setdefault("cls", HelpfulGroup)
    return App(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )


@cache
def _made(app: typer.Typer) -> Any:
    """Make a command's parser, once for each that is run in one process."""
    return typer.main.get_command(app)


def root() -> Any:
    """Give the whole tree; no command's module is loaded yet."""
    app = new_app(cls=LazyGroup)

    @app.callback()
    def gradient() -> None:
        """Prompt a Responses endpoint: DigitalOcean Inference, or any other."""

    return typer.main.get_command(app)


def dispatch(argv: list[str], invocation: Invocation) -> int:
    """
    Run the command that `argv` names and give its exit status.

    Raises:
        UsageError: the command line is not usable.
        GradientError: whatever the command raises.
        KeyboardInterrupt: a question on the terminal was broken off.

    """
    # The parser's own errors; Typer (0.28) exports only one child of their common parent.
    parser_error: Any = typer.BadParameter.__mro__[2]
    command = root()
    try:
        # Not main(), which makes a status of Ctrl-C: we have to die by it.
        with command.make_context("gradient", list(argv), obj=invocation) as context:
            status = command.invoke(context)
    except typer.Exit as end:
        status = end.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except parser_error as error:
        from gradient_cli.cli.usage import usage_message

        message, hint = usage_message(error, argv)
        raise UsageError(message, hint=hint) from error
    return int(status or 0)
