"""
Whole groups of flags as parameters of a command.

    @app.command()
    @expand
    def respond(ctx: typer.Context, request: RequestOptions, network: NetworkOptions) -> int: ...

Typer reads a command's signature; `expand` gives it one in which each group stands as its
fields, and puts the group together again before the function is called. A field's description
(`ask.flag`) becomes Typer's here, and nowhere else.
"""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, get_type_hints

import typer

from gradient_cli.ask.flag import Flag
from gradient_cli.ask.flag_values import utf8
from gradient_cli.errors import UsageError


def expand(function: Callable[..., int]) -> Callable[..., int]:
    """Give the command with each group of options among its parameters replaced by its fields."""
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {}
    flat: list[inspect.Parameter] = []
    for parameter in inspect.signature(function).parameters.values():
        kind = hints[parameter.name]
        if is_dataclass(kind):
            groups[parameter.name] = kind
            flat.extend(_parameters(groups[parameter.name]))
        else:
            flat.append(parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(function)
    def command(**values: Any) -> int:
        for name, kind in groups.items():
            values[name] = kind(
                **{
                    field.name: _text(kind, field.name, values.pop(field.name))
                    for field in fields(kind)
                }
            )
        return function(**values)

    command.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]  # read by inspect
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    del command.__wrapped__  # inspect would follow it
    return command


def _text(group: type[Any], name: str, value: Any) -> Any:
    """
    Give a flag's value as the text that it is; a name of a file may be any bytes.

    Raises:
        UsageError: it is not UTF-8, and could not stand in a request.

    """
    if isinstance(value, list):
        return [_text(group, name, one) for one in value]
    if not isinstance(value, str) or value.isascii() or _is_path(group, name):
        return value
    try:
        return utf8(value)
    except UsageError as error:
        error.message = f"{_flag(group, name).names[-1]} {error.message}"
        raise


def _is_path(group: type[Any], name: str) -> bool:
    """Tell whether a flag may hold any bytes, as a file's name; who reads it knows what to do."""
    return bool(_PATH.search(_flag(group, name).metavar or ""))


_PATH = re.compile("FILE|PATH|DIR|ITEMS|OUT|GLOB|CALL_ID|COMMAND")


def _flag(group: type[Any], name: str) -> Flag:
    """Give the description of a group's field."""
    (found,) = get_type_hints(group, include_extras=True)[name].__metadata__
    return found  # type: ignore[no-any-return]  # the only thing that stands there


def _parameters(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=_with_option(hints[field.name]),
        )
        for field in fields(group)
    ]


def _with_option(hint: Any) -> Any:
    """Give a field's annotation with Typer's option in place of our description."""
    (flag,) = hint.__metadata__
    return Annotated[hint.__origin__, option(flag)]


def option(flag: Flag) -> Any:
    """Give Typer's option for a flag."""
    return typer.Option(
        *flag.names,
        help=flag.help,
        metavar=flag.metavar,
        min=flag.least,
        max=flag.most,
        callback=_one_of(flag.choices) if flag.choices else None,
        rich_help_panel=flag.panel,
        show_default=False,
    )


def _one_of(values: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """Give a callback that refuses any other value."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in values:
            from gradient_cli.cli.usage import nearest

            near = nearest(value, values)
            advice = f"; did you mean {near}?" if near else ""
            raise typer.BadParameter(f'"{value}" is not one of {", ".join(values)}{advice}')
        return value

    return check
