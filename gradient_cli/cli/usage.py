"""
Errors of usage in one line, with the nearest flag or command.

Typer's parser raises its own exceptions, which are not part of its public interface:
they are known here by their class's name and their attributes, never imported.
"""

import itertools
import os
import re
import shlex
from ast import literal_eval
from collections.abc import Iterable, Sequence
from typing import Any

from gradient_cli.cli.commands import COMMANDS
from gradient_cli.cli.habits import command_hint, flag_hint
from gradient_cli.cli.pages.command_page import in_words, value_name
from gradient_cli.cli.retyped import line, split
from gradient_cli.wire.request import OTHER_FIELDS

_LONGEST_QUOTE = 60

_NO_SUCH_COMMAND = r"""No such command ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\."""
"""The word is a Python literal."""
_KEY_FLAGS = ("--api-key", "--key", "--token", "--api_key")


def usage_message(error: Any, argv: Sequence[str] = ()) -> tuple[str, str | None]:
    """
    Give (message, hint) for an exception of Typer's parser; `argv` is what it was given.

    The message is lower case, has no full stop and names the flag; the hint is what to
    type next, or None where the message says it.
    """
    known = {
        "NoSuchOption": lambda error: _no_such_option(error, argv),
        "BadOptionUsage": _bad_option,
        "MissingParameter": _missing,
        "BadParameter": _bad_value,
        "NoArgsIsHelpError": _missing_command,
    }
    if explain := known.get(type(error).__name__):
        return explain(error)
    message = str(getattr(error, "message", error))
    if found := re.match(_NO_SUCH_COMMAND, message, re.DOTALL):
        return _no_such_command(error, literal_eval(found[1]), argv)
    if found := re.match(r"Got unexpected extra argument.*? \((.*)\)$", message, re.DOTALL):
        return _too_many(error, found[1], argv)
    if message.startswith("Missing command"):
        return _missing_command(error)
    return _sentence(message), _help_hint(error)


def quoted(value: str) -> str:
    """Give a user's value in double quotes, cut at 60 characters, without control characters."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)
    return f'"{clean}"' if len(clean) <= _LONGEST_QUOTE else f'"{clean[:_LONGEST_QUOTE]}..."'


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that is most like this one, or None if none is near."""
    from difflib import get_close_matches  # 3 ms that only a mistake pays

    # Dashes are alike in all flags: with them, --seed would be near to --user.
    bare = {name.lstrip("-"): name for name in known}
    near = get_close_matches(word.lstrip("-"), bare, 1, 0.6)
    return bare[near[0]] if near else None


def _no_such_option(error: Any, argv: Sequence[str]) -> tuple[str, str | None]:
    name = str(error.option_name)
    message = f"unknown flag {quoted(name)}"
    if name.startswith(_KEY_FLAGS):
        return (
            f"{message}: arguments are visible to every user of the machine",
            "set GRADIENT_MODEL_ACCESS_KEY, or use --key-file FILE or `gradient auth login`",
        )
    field = name.lstrip("-").replace("-", "_")
    takes_fields = "--param" in _flags(error.ctx)
    if takes_fields and field in OTHER_FIELDS:
        return message, f"that field of the request goes by --param {field}=JSON"
    is_root = _is_root(error.ctx)
    if (hint := flag_hint(name)) and (is_root or _takes_prompt(error.ctx)):
        return message, hint
    if found := _meant(name, _flags(error.ctx)):
        return f"{message}; did you mean {found}?", None
    if is_root:
        return message, f"flags follow the command: {_retyped('gradient respond', argv)}"
    if re.search(r"[\s\d]", name) or (_takes_prompt(error.ctx) and not name.startswith("--")):
        whole = _retyped(_path(error), _arguments(error.ctx, argv), error.ctx)
        return message, f"a prompt that begins with a dash goes after --: {whole}"
    if takes_fields:
        return message, f"any other field of the request goes by --param {field}=JSON"
    return message, _help_hint(error)


def _meant(name: str, flags: list[str]) -> str | None:
    """Give the flags that a word may stand for: those that it begins, else the nearest."""
    longer = [flag for flag in flags if flag.startswith(name)]
    if not longer or len(name) <= len("--x"):
        return nearest(name, flags)
    *others, last = sorted(longer, key=len)[:4]
    return f"{', '.join(others)} or {last}" if others else last


def _bad_option(error: Any) -> tuple[str, str | None]:
    wrong = "takes no value" if "does not take" in str(error.message) else "needs a value"
    return f"{error.option_name} {wrong}", _help_hint(error)


def _is_root(ctx: Any) -> bool:
    return ctx is not None and ctx.parent is None and hasattr(ctx.command, "list_commands")


def _takes_prompt(ctx: Any) -> bool:
    return ctx is not None and any(p.name == "prompt" for p in ctx.command.params)


def _flags(ctx: Any) -> list[str]:
    if ctx is None:
        return []
    options = (p for p in ctx.command.get_params(ctx) if p.param_type_name == "option")
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


def _retyped(command: str, argv: Sequence[str], ctx: Any = None) -> str:
    """Give the line as it works: one prompt, quoted, flags kept; a key is never said again."""
    if any(word.startswith(_KEY_FLAGS) for word in argv):
        return f'{command} "…"'
    if ctx is None:
        # Of the root's arguments a command that is there may be the first word behind its flags.
        flags, words = split(argv)
        return line(command, flags, words[1:] if words[:1] == ["respond"] else words)
    with_value = {name for name, takes in _spelling(ctx) if takes}
    switches = {name for name, takes in _spelling(ctx) if not takes}
    return line(command, *split(argv, with_value, switches))


def _spelling(ctx: Any) -> list[tuple[str, bool]]:
    """Give a command's flags, each with whether it takes a value."""
    options = [p for p in ctx.command.get_params(ctx) if p.param_type_name == "option"]
    return [(n, not o.is_flag) for o in options for n in (*o.opts, *o.secondary_opts)]


def _arguments(ctx: Any, argv: Sequence[str]) -> Sequence[str]:
    """Give what was typed behind a command's own name."""
    depth = len(ctx.command_path.split()) - 1
    return argv[depth:]


def _no_such_command(error: Any, word: str, argv: Sequence[str]) -> tuple[str, str | None]:
    ctx = getattr(error, "ctx", None)
    known = list(ctx.command.list_commands(ctx)) if ctx else list(COMMANDS)
    if re.match(_ODD_DASH, word):
        return _odd_dash(word, _flags(ctx))
    message = f"unknown command {quoted(word)}"
    is_root = ctx is None or ctx.parent is None
    has_key = any(other.startswith(_KEY_FLAGS) for other in argv)
    if is_root and (hint := command_hint(word, () if has_key else argv[1:])):
        return message, hint
    if found := nearest(word, known):
        return f"{message}; did you mean {found}?", None
    if not is_root:
        return message, f"one of {', '.join(known)}"
    return message, f"to ask: {_retyped('gradient respond', argv)}"


def _missing_command(error: Any) -> tuple[str, str | None]:
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return "a command is missing", "`gradient --help` lists the commands"
    names = ", ".join(ctx.command.list_commands(ctx))
    return f"`{ctx.command_path}` needs a command: {names}", _help_hint(error)


def _too_many(error: Any, extra: str, argv: Sequence[str]) -> tuple[str, str | None]:
    ctx = getattr(error, "ctx", None)
    prompt = ctx.params.get("prompt") if ctx is not None else None
    if ctx is not None and isinstance(prompt, str):
        words = [prompt, *extra.split()]
        if odd := next((word for word in words if re.match(_ODD_DASH, word)), None):
            return _odd_dash(odd, _flags(ctx))
        for name, flag in _FILE_FLAGS.items():
            if ctx.params.get(name) and os.path.exists(prompt):
                return _one_file_each(_path(error), flag, ctx.params[name], words)
        whole = _retyped(_path(error), _arguments(ctx, argv), ctx)
        return f"more than one prompt: {quoted(extra)}", f"quote the prompt: {whole}"
    return f"unexpected argument {quoted(extra)}", _help_hint(error)


_ODD_DASH = "[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+([A-Za-z][A-Za-z-]*)"
"""A flag after a dash that a word processor or a web page has made of one or two."""


def _odd_dash(word: str, flags: list[str]) -> tuple[str, str | None]:
    found = re.match(_ODD_DASH, word)
    name = found[1] if found else ""
    meant = f"-{name}" if f"-{name}" in flags else _meant(f"--{name}", flags) or f"--{name}"
    message = f"{quoted(word)} begins with U+{ord(word[0]):04X}, which only looks like a dash"
    return message, f"did you mean {meant}? type the dashes anew"


_FILE_FLAGS = {"file": "-f", "items": "-i", "each_file": "--each-file"}
"""Parameters that take a file each, and are repeatable."""


def _one_file_each(
    command: str, flag: str, given: Iterable[str], words: list[str]
) -> tuple[str, str | None]:
    """Say that -f takes one file, where a list of them was given, or a pattern without quotes."""
    more = list(itertools.takewhile(os.path.exists, words))
    files = [*given, *more]
    rest = shlex.quote(_cut(" ".join(words[len(more) :]) or "…"))
    message = f"{flag} takes one file; {quoted(more[0])} was taken for the prompt"
    if len(files) > 3:
        all_of_them = "-f" if flag == "-f" else "--each-file"
        return message, f"quote the pattern: {command} {all_of_them} 'PATTERN' {rest}"
    flags = " ".join(f"{flag} {shlex.quote(file)}" for file in files)
    return message, f"{command} {flags} {rest}"


def _missing(error: Any) -> tuple[str, str | None]:
    parameter = error.param
    if parameter is None:
        return _sentence(error.format_message()), _help_hint(error)
    if parameter.param_type_name == "option":
        return f"{_longest(parameter.opts)} is missing", _help_hint(error)
    return f"{value_name(parameter).strip('[]')} is missing", _help_hint(error)


def _bad_value(error: Any) -> tuple[str, str | None]:
    parameter = error.param
    reason = _sentence(str(error.message))
    if parameter is None:
        return reason, _help_hint(error)
    is_option = parameter.param_type_name == "option"
    name = _longest(parameter.opts) if is_option else value_name(parameter).strip("[]")
    choices = [str(choice) for choice in getattr(parameter.type, "choices", ())]
    if choices and (found := re.match(r"'(.*?)' is not one of ", reason, re.DOTALL)):
        near = nearest(found[1], choices)
        advice = f"; did you mean {near}?" if near else ""
        return f"{name}: {quoted(found[1])} is not one of {', '.join(choices)}{advice}", None
    return f"{name}: {reason}", None if "did you mean" in reason else _help_hint(error)


def _longest(names: Iterable[str]) -> str:
    return max(names, key=len)


def _sentence(text: str) -> str:
    """Make the house's form of a message: one line, lower case, no full stop."""
    line = in_words(" ".join(text.split()).removesuffix("."))
    line = line.replace("valid float", "number").replace("valid integer", "whole number")
    return line[:1].lower() + line[1:]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."


def _path(error: Any) -> str:
    ctx = getattr(error, "ctx", None)
    return ctx.command_path if ctx is not None else "gradient"


def _help_hint(error: Any) -> str | None:
    return f"`{_path(error)} --help` explains it" if getattr(error, "ctx", None) else None
