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
from gradient_cli.cli.habits import command_hint, flag_hint, translated
from gradient_cli.cli.misread import spelled
from gradient_cli.cli.pages.command_page import in_words, value_name
from gradient_cli.cli.retyped import line, split, takes_value
from gradient_cli.settings.spelling import SWITCHES, WITH_VALUE
from gradient_cli.wire.request import OTHER_FIELDS

_LONGEST_QUOTE = 60

_NO_SUCH_COMMAND = r"""No such command ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\."""
"""The word is a Python literal."""
_KEY_FLAG = re.compile(
    r"--?(?!key-file|max)[\w-]*(key|token(?!s)|secret|passw|bearer|credential)", re.I
)
"""What a flag is called that somebody gives a key by."""
_KEY = re.compile(r"(sk|pk|rk|dop_v\d|doo_v\d|hf|gsk|xai)[-_][\w-]{6,}|bearer\b", re.IGNORECASE)
"""What looks like a key, wherever it stands."""


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
    if _KEY_FLAG.match(name):
        return (
            f"{message}: arguments are visible to every user of the machine",
            "set GRADIENT_MODEL_ACCESS_KEY, or use --key-file FILE or `gradient auth login`",
        )
    if one := _one_dash(name, _flags(error.ctx), argv):
        return f"unknown flag {quoted(one)}; did you mean -{one}?", None
    if _is_root(error.ctx):
        if not flag_hint(name, argv) and (found := _meant(name, _flags(error.ctx))):
            return f"{message}; did you mean {found}?", None
        return message, _root_flag(name, argv)
    arguments = _arguments(error.ctx, argv)
    if _takes_prompt(error.ctx) and (hint := flag_hint(name, arguments)):
        return message, _with_line(hint, _path(error), arguments, error.ctx)
    field = name.lstrip("-").replace("-", "_")
    if field in OTHER_FIELDS and "--param" in _flags(error.ctx):
        return message, f"that field of the request goes by --param {field}=JSON"
    if found := _meant(name, _flags(error.ctx)):
        return f"{message}; did you mean {found}?", None
    return message, _unknown_hint(name, error, arguments)


def _unknown_hint(name: str, error: Any, arguments: Sequence[str]) -> str | None:
    """Say what a flag may be that is near to none of a command's."""
    if re.search(r"[\s\d]", name) or (_takes_prompt(error.ctx) and not name.startswith("--")):
        whole = _retyped(_path(error), arguments, error.ctx)
        return f"a prompt that begins with a dash goes after --: {whole}"
    if "--param" in _flags(error.ctx):
        field = name.lstrip("-").replace("-", "_")
        return f"any other field of the request goes by --param {field}=JSON"
    return _other_commands_flag(name, error)


def _root_flag(name: str, argv: Sequence[str]) -> str:
    """Say what a flag before any command is good for."""
    if hint := flag_hint(name, argv):
        return _with_line(hint, "gradient respond", argv)
    if takes_value(name, WITH_VALUE, SWITCHES):
        said = translated(argv)
        if said is None or takes_value(argv[-1], WITH_VALUE, SWITCHES) == "next":
            return "flags follow the command; `gradient respond --help` lists them"
        if not split(said)[1]:
            said = [*said, "…"]
        return f"flags follow the command: {_retyped('gradient respond', said)}"
    if re.search(r"[\s\d]", name):
        return f"to ask: {_retyped('gradient respond', argv)}"
    return "`gradient --help` lists the commands; their flags follow them"


def _with_line(hint: str, command: str, argv: Sequence[str], ctx: Any = None) -> str:
    """Give a hint with the line that works, if all that was typed can be said here."""
    spelling = [(WITH_VALUE, SWITCHES)] if ctx is None else [spelled(ctx)]
    said = translated(argv, *spelling[0])
    if said is None or said == list(argv):
        return hint
    return f"{hint}: {_retyped(command, said, ctx)}"


def _other_commands_flag(name: str, error: Any) -> str | None:
    """Say how it is done where a flag is another command's."""
    if name in {"-o", "--output", "--format"} and "--json" in _flags(error.ctx):
        return f"{_path(error)} --json prints JSON"
    if name in {"--base-url", "--url", "--endpoint", "--host"}:
        if "--base-url" in _flags(error.ctx):
            return "--base-url URL is the address of the service"
        return "the endpoint is a setting: `gradient config set base_url URL`"
    return _help_hint(error)


def _one_dash(name: str, flags: list[str], argv: Sequence[str]) -> str | None:
    """Give the word of a long flag that has one dash, where the parser saw letters."""
    words = (word for word in argv if word[:1] == "-" and name.lstrip("-")[:1] in word[1:])
    return next((word for word in words if f"-{word.partition('=')[0]}" in flags), None)


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
    if _has_key(argv):
        return f'{command} "…"'
    if ctx is None:
        # Of the root's arguments a command that is there may be the first word behind its flags.
        flags, words = split(argv)
        return line(command, flags, words[1:] if words[:1] == ["respond"] else words)
    return line(command, *split(argv, *spelled(ctx)))


def _has_key(argv: Sequence[str]) -> bool:
    return any(_KEY_FLAG.match(word) or _KEY.search(word) for word in argv)


def _arguments(ctx: Any, argv: Sequence[str]) -> Sequence[str]:
    """Give what was typed behind a command's own name."""
    depth = len(ctx.command_path.split()) - 1
    return argv[depth:]


def _no_such_command(error: Any, word: str, argv: Sequence[str]) -> tuple[str, str | None]:
    ctx = getattr(error, "ctx", None)
    known = list(ctx.command.list_commands(ctx)) if ctx else list(COMMANDS)
    if re.match(_ODD_DASH, word):
        return _odd_dash(word, _flags(ctx))
    if _KEY.search(word):
        return "unknown command, which looks like a key", "`gradient auth login` asks for a key"
    message = f"unknown command {quoted(word)}"
    is_root = ctx is None or ctx.parent is None
    group = "" if is_root else _path(error).split()[-1]
    if hint := command_hint(word, () if _has_key(argv) else argv[1:], group):
        return message, hint
    if found := nearest(word, known):
        return f"{message}; did you mean {found}?", None
    if not is_root:
        return message, _below_hint(group, known, argv)
    return message, f"to ask: {_retyped('gradient respond', argv)}"


def _below_hint(group: str, known: list[str], argv: Sequence[str]) -> str:
    """Say what may follow a group's name; a prompt behind `batch` wants `run`."""
    flags, words = split(argv[1:], *_BATCH)
    files = [word for word in words if os.path.isfile(word)]
    has_items = bool({"-i", "--items", "--each-file"} & {*flags})
    is_line = has_items or files or any(" " in word for word in words)
    if group != "batch" or _has_key(argv) or not is_line:
        return f"one of {', '.join(known)}"
    if not has_items and len(files) == 1:
        flags, words = [*flags, "-i", *files], [word for word in words if word not in files]
    return f"to ask about each item: {line('gradient batch run', flags, words)}"


_BATCH = ({*WITH_VALUE, "-i", "--items", "--each-file", "-j", "--jobs"}, SWITCHES)


def _missing_command(error: Any) -> tuple[str, str | None]:
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return "a command is missing", "`gradient --help` lists the commands"
    names = ", ".join(ctx.command.list_commands(ctx))
    return f"`{ctx.command_path}` needs a command: {names}", _help_hint(error)


def _too_many(error: Any, extra: str, argv: Sequence[str]) -> tuple[str, str | None]:
    ctx = getattr(error, "ctx", None)
    if _KEY.search(extra):
        return "unexpected argument, which looks like a key", "`gradient auth login` asks for a key"
    prompt = ctx.params.get("prompt") if ctx is not None else None
    if ctx is not None and isinstance(prompt, str):
        words = [prompt, *extra.split()]
        if odd := next((word for word in words if re.match(_ODD_DASH, word)), None):
            return _odd_dash(odd, _flags(ctx))
        for name, flag in _FILE_FLAGS.items():
            if ctx.params.get(name) and os.path.exists(prompt):
                return _one_file_each(_path(error), flag, ctx.params[name], words)
        return f"more than one prompt: {quoted(extra)}", _whole_prompt(error, ctx, argv)
    return f"unexpected argument {quoted(extra)}", _of_no_use(error, argv)


def _whole_prompt(error: Any, ctx: Any, argv: Sequence[str]) -> str:
    """Give the line with one prompt; a file among the words is what the items are of."""
    arguments = _arguments(ctx, argv)
    flags, words = split(arguments, *spelled(ctx))
    if "items" in ctx.params and not ctx.params["items"] and not _has_key(argv):
        files = [word for word in words if os.path.isfile(word)]
        others = [word for word in words if word not in files]
        if len(files) == 1 and others:
            flags = [*flags, "-i", files[0]]
            return f"items are given by -i: {line(_path(error), flags, others)}"
    name, number, *_ = [str(ctx.params.get("output")), *words, ""]
    if f"--{name.replace('_', '-')}" in _flags(ctx) and re.fullmatch(r"[\d.]+", number):
        return f"-o names a file; --{name.replace('_', '-')} {number} sets the parameter"
    return f"quote the prompt: {_retyped(_path(error), arguments, ctx)}"


def _of_no_use(error: Any, argv: Sequence[str]) -> str | None:
    """Say what an argument was meant for that a command does not take."""
    path, words = _path(error), [word for word in argv if not word.startswith("-")]
    if _has_key(argv):
        return _help_hint(error)
    match path.split()[1:], words:
        case ["models"], [_, "default" | "set" | "use", model, *_]:
            return shlex.join(["gradient", "config", "set", "model", model])
        case ["models"], [_, _, *filters]:
            return shlex.join(["gradient", "models", *filters[:1]])
        case ["decide"], [_, first, second, *_] if os.path.isfile(first):
            return shlex.join(["gradient", "decide", "-f", first, second])
        case ["decide"], [_, first, second, *_] if os.path.isfile(second):
            return shlex.join(["gradient", "decide", "-f", second, first])
        case ["decide"], [_, *many]:
            return f"quote the question: {shlex.join(['gradient', 'decide', ' '.join(many)])}"
        case ["config", "show" | "path"], _:
            return "`gradient config show` lists all settings, each with its source"
    return _help_hint(error)


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
    name = value_name(parameter).strip("[]")
    if parameter.param_type_name == "option":
        return f"{_longest(parameter.opts)} is missing", _help_hint(error)
    path = _path(error)
    if path == "gradient check":
        return f"{name} is missing", "such as `gradient check tests/*.toml`; docs/gate.md has one"
    key, sign, value = str(error.ctx.params.get("key")).partition("=")
    if path == "gradient config set" and (_KEY_FLAG.match(f"--{key}") or _KEY.search(key + value)):
        return f"{name} is missing", "a secret is stored by `gradient auth login`"
    if path == "gradient config set" and sign and value:
        return f"{name} is missing", shlex.join(["gradient", "config", "set", key, value])
    return f"{name} is missing", _help_hint(error)


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
