"""
Help pages in plain text: examples first, usage, then the options in groups.

    HelpfulCommand, HelpfulGroup    Typer's two classes with this page for --help
    page(command, ctx, width)       the page itself

The groups are the `rich_help_panel` of each option; rich itself is not loaded: it costs
70 ms and draws boxes. The page goes to the invocation's terminal, so that a closed pipe
is noticed like everywhere else.
"""

import re
from copy import copy
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from gradient_cli.cli.pages import short_page
from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.cli.pages.layout import WIDTH, column, columns, paragraph
from gradient_cli.terminal.streams import Terminal

GROUPS = ("Input", "Request", "Output", "Expectations", "Network", "Proof")
"""The groups that respond, check and batch share, in the order of reading."""

_KINDS = {"float": "NUMBER", "integer": "N", "int": "N", "path": "PATH", "filename": "FILE"}

PLAIN_GROUP = "Options"
"""Where options without a panel go."""


def page(command: TyperCommand | TyperGroup, ctx: typer.Context, width: int = WIDTH) -> str:
    """Give the help page of a command as plain text, one final newline."""
    _, _, path = ctx.command_path.partition(" ")
    sections = [
        "\n".join(f"  {line}" for line in EXAMPLES.get(path, ())),
        f"Usage: {usage(command, ctx)}",
        description(command, width),
        *_listings(command, ctx, width),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def description(command: TyperCommand | TyperGroup, width: int = WIDTH) -> str:
    """Give a command's help, wrapped; what a docstring says of its errors is left out."""
    text = (command.help or "").partition("\f")[0].partition("Raises:")[0]
    blocks = [block for block in text.strip().split("\n\n") if block.strip()]
    return "\n\n".join(
        block.rstrip() if block.startswith(" ") else paragraph(block, width) for block in blocks
    )


def grouped(command: TyperCommand | TyperGroup, ctx: typer.Context) -> dict[str, list[Any]]:
    """Give the visible options by group, the groups in their order and plain ones last."""
    groups: dict[str, list[Any]] = {}
    for parameter in command.get_params(ctx):
        if parameter.param_type_name == "option" and not getattr(parameter, "hidden", False):
            name = getattr(parameter, "rich_help_panel", None) or PLAIN_GROUP
            groups.setdefault(name, []).append(parameter)
    known = [name for name in GROUPS if name in groups]
    others = [name for name in groups if name not in GROUPS and name != PLAIN_GROUP]
    return {name: groups[name] for name in [*known, *others, PLAIN_GROUP] if name in groups}


def option_term(option: Any) -> str:
    """Give an option as it is written: `-m, --model MODEL`, `--stream, --no-stream`."""
    names = sorted(option.opts, key=lambda name: name.startswith("--"))
    if option.is_flag or option.count:
        return ", ".join([*names, *option.secondary_opts])
    return f"{', '.join(names)} {value_name(option)}"


def value_name(parameter: Any) -> str:
    """Give the word that stands for a value: its metavar, its choices, or its kind."""
    if parameter.metavar:
        return str(parameter.metavar)
    if choices := getattr(parameter.type, "choices", ()):
        return "|".join(str(getattr(choice, "value", choice)) for choice in choices)
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return _KINDS.get(str(parameter.type.name).split()[0], "TEXT")


def option_help(option: Any, ctx: typer.Context) -> str:
    """Give what an option's help says, its default and its range in words."""
    text = (option.get_help_record(ctx) or ("", ""))[1]
    return in_words(text)


def in_words(text: str) -> str:
    """Turn Typer's `0<=x<=2` into `0 to 2`, and so on."""
    text = re.sub(r"(-?[\d.]+)<=x<=(-?[\d.]+)", r"\1 to \2", text)
    text = re.sub(r"x>=(-?[\d.]+)", r"\1 or more", text)
    return re.sub(r"x<=(-?[\d.]+)", r"\1 or less", text)


def usage(command: TyperCommand | TyperGroup, ctx: typer.Context) -> str:
    """Give the line that shows how a command is called."""
    parameters: list[Any] = list(command.get_params(ctx))
    arguments = [p for p in parameters if p.param_type_name == "argument" and not p.hidden]
    pieces = [ctx.command_path, "[OPTIONS]", *map(_argument_piece, arguments)]
    if isinstance(command, TyperGroup):
        pieces.append("COMMAND ...")
    return " ".join(pieces)


def _argument_piece(argument: Any) -> str:
    name = value_name(argument)
    if name.startswith("["):
        return name
    name += "..." if argument.nargs != 1 and not name.endswith("...") else ""
    return name if argument.required else f"[{name}]"


def argument_rows(command: TyperCommand | TyperGroup, ctx: typer.Context) -> list[tuple[str, str]]:
    """Give the documented arguments of a command with their help."""
    parameters: list[Any] = list(command.get_params(ctx))
    return [
        (value_name(argument).strip("[]"), argument.help)
        for argument in parameters
        if argument.param_type_name == "argument"
        and getattr(argument, "help", None)
        and not getattr(argument, "hidden", False)
    ]


def subcommand_rows(
    command: TyperCommand | TyperGroup, ctx: typer.Context
) -> list[tuple[str, str]]:
    """Give the visible commands of a group with the first sentence of their help."""
    if not isinstance(command, TyperGroup):
        return []
    named = [(name, command.get_command(ctx, name)) for name in command.list_commands(ctx)]
    return [
        (name, child.get_short_help_str(WIDTH))
        for name, child in named
        if child and not child.hidden
    ]


def _listings(command: TyperCommand | TyperGroup, ctx: typer.Context, width: int) -> list[str]:
    listings = [
        ("Arguments", argument_rows(command, ctx)),
        ("Commands", subcommand_rows(command, ctx)),
    ]
    for name, options in grouped(command, ctx).items():
        rows = [(option_term(option), option_help(option, ctx)) for option in options]
        listings.append((name, rows))
    start = column([term for _, rows in listings for term, _ in rows], width)
    return [f"{name}:\n{columns(rows, width, start)}" for name, rows in listings if rows]


def show(ctx: typer.Context, command: Any) -> None:
    """Write a command's help page to the terminal of the invocation, else to stdout."""
    invocation = ctx.find_root().obj
    if invocation is None:
        typer.echo(command.help_page(ctx, WIDTH), nl=False)
        return
    from gradient_cli.cli.pages.pager import show_page

    show_page(command.help_page(ctx, page_width(invocation.terminal)), invocation)


def page_width(terminal: Terminal) -> int:
    """Give the columns of a help page: the terminal's, from 50 to 80."""
    return max(50, min(terminal.size()[0], WIDTH))


def short(command: TyperCommand | TyperGroup, ctx: typer.Context, width: int = WIDTH) -> str:
    """Give what `-h` prints of a command: a screen."""
    _, _, path = ctx.command_path.partition(" ")
    rows: list[tuple[Any, str, str]] = [
        ((), name, text) for name, text in subcommand_rows(command, ctx)
    ]
    for options in grouped(command, ctx).values():
        rows += [(o.opts, _short_term(o), option_help(o, ctx)) for o in options]
    return short_page.page(path, usage(command, ctx), rows, width)


def _short_term(option: Any) -> str:
    """Give an option with one short and one long name, its value and nothing else."""
    short_names = [name for name in option.opts if not name.startswith("--")]
    long_names = [name for name in option.opts if name.startswith("--")]
    names = ", ".join([*short_names[:1], *long_names[:1]])
    return names if option.is_flag or option.count else f"{names} {value_name(option)}"


def _on_help_flag(ctx: typer.Context, parameter: Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        show(ctx, ctx.command)
        ctx.exit()


def _on_short_flag(ctx: typer.Context, parameter: Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        terminal = getattr(ctx.find_root().obj, "terminal", None)
        width = page_width(terminal) if terminal else WIDTH
        command: Any = ctx.command
        text = command.short_page(ctx, width)
        terminal.write(text) if terminal else typer.echo(text, nl=False)
        ctx.exit()


class _Helpful:
    """What both of Typer's classes get: the page, and a --help that shows it."""

    def help_page(self, ctx: typer.Context, width: int) -> str:
        """Give the help page at a width in columns."""
        return page(self, ctx, width)  # type: ignore[arg-type]  # mixed into those two alone

    def get_help(self, ctx: typer.Context) -> str:
        """Give the help page, for Typer's own callers."""
        return self.help_page(ctx, WIDTH)

    def get_help_option(self, ctx: typer.Context) -> Any:
        """Give Typer's help option, made to write to the terminal handed in."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # Typer's class comes next
        if option:
            option.callback = _on_help_flag
            option.help = "this page; -h is a short one"
        return option

    def short_page(self, ctx: typer.Context, width: int) -> str:
        """Give what `-h` prints."""
        return short(self, ctx, width)  # type: ignore[arg-type]  # as above

    def get_params(self, ctx: typer.Context) -> list[Any]:
        """Give Typer's parameters, with an `-h` of its own behind Typer's: the later one wins."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # as above
        if not parameters or set(parameters[-1].opts) != {"-h", "--help"}:
            return parameters
        only_h = copy(parameters[-1])
        only_h.opts, only_h.name, only_h.hidden = ["-h"], "short_help", True
        only_h.callback = _on_short_flag
        return [*parameters, only_h]


class HelpfulCommand(_Helpful, TyperCommand):  # type: ignore[misc]  # vendored click's Context
    """A command whose --help is the page above, and which sees what a parser would not."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # as above
        """Refuse what nobody means, and parse the rest."""
        from gradient_cli.cli import misread

        misread.check(ctx, args)
        return super().parse_args(ctx, args)


class HelpfulGroup(_Helpful, TyperGroup):  # type: ignore[misc]  # vendored click's Context
    """A group whose --help is the page above."""
