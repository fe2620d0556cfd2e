"""
The command tree as plain values: completions, man page, tables and `help --json` are made of it.

    Node ── path, summary, description, usage
         ── arguments: Argument
         ── flags: Flag      in the groups and the order of the help page
         ── children: Node
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gradient_cli.cli.app import LazyGroup
from gradient_cli.cli.commands import COMMANDS, SUMMARY
from gradient_cli.cli.pages.command_page import (
    description,
    grouped,
    option_help,
    usage,
    value_name,
)
from gradient_cli.cli.pages.topics import TOPICS
from gradient_cli.exits import MEANINGS
from gradient_cli.mock.script import ENDS
from gradient_cli.settings.setting_keys import KEYS
from gradient_cli.wire.json import Json

FILE, FOLDER, PROFILE, MODEL, WORDS, FREE = "file", "folder", "profile", "model", "words", "free"
"""
What completes a value: file names, folder names, profiles, models that `gradient models` has
left a list of, the words given, nothing.
"""

KNOWN_WORDS = {
    "--reasoning-effort": ("none", "low", "medium", "high", "max"),
    "--tool-choice": ("none", "auto", "required"),
    "--modality": ("text",),
    "--end": tuple(end for end in ENDS if end != "completed"),
}
"""Values worth offering where the flag takes others too."""

SETTING_COMMANDS = (("config", "set"), ("config", "unset"))
"""Their KEY is one of the settings."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a flag or an argument takes."""

    name: str
    """How it is written: FILE, N, auto|always|never."""
    kind: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """One option; `value` is None for a switch."""

    names: tuple[str, ...]
    """Short ones first."""
    negations: tuple[str, ...]
    value: Value | None
    help: str
    group: str
    is_repeatable: bool

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every spelling, the negations last."""
        return self.names + self.negations

    @property
    def term(self) -> str:
        """The flag as the help page writes it."""
        value = f" {self.value.name}" if self.value else ""
        return ", ".join(self.all_names) + value

    @property
    def short_help(self) -> str:
        """The help without its default, for a completion menu."""
        return re.sub(r"\s*\[(default|required|env)[^]]*\]$", "", self.help)


@dataclass(frozen=True, slots=True)
class Argument:
    """One positional; `is_many` if it repeats."""

    value: Value
    help: str
    is_many: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A command or a group of commands."""

    path: tuple[str, ...]
    """Without `gradient`; the root's is empty."""
    summary: str
    description: str
    usage: str
    arguments: tuple[Argument, ...]
    flags: tuple[Flag, ...]
    children: "tuple[Node, ...]"

    @property
    def name(self) -> str:
        """The whole command without `gradient`."""
        return " ".join(self.path)

    def walk(self) -> "Iterator[Node]":
        """Give this node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_tree() -> Node:
    """Give the root with everything below it; the root has `--help` and `--version`."""
    root: Any = LazyGroup(name="gradient", context_settings={"help_option_names": ["-h", "--help"]})
    context = root.make_context("gradient", [], resilient_parsing=True)
    children = [_node(root.get_command(context, name), context, (name,)) for name in COMMANDS]
    flags = (
        Flag(("-h", "--help"), (), None, "this page; -h is a short one", "Options", False),
        Flag(("-V", "--version"), (), None, "the version", "Options", False),
    )
    line = "gradient COMMAND [OPTIONS] [ARGUMENTS]"
    return Node((), SUMMARY, "", line, (), flags, tuple(children))


def _node(command: Any, parent: Any, path: tuple[str, ...]) -> Node:
    context = command.make_context(path[-1], [], parent=parent, resilient_parsing=True)
    names: list[str] = getattr(command, "list_commands", lambda _: [])(context)
    children = [
        _node(child, context, (*path, name))
        for name in names
        if not (child := command.get_command(context, name)).hidden
    ]
    text = description(command, 10_000)
    summary = COMMANDS[path[0]] if len(path) == 1 else command.get_short_help_str(200)
    arguments = [
        _argument(parameter, path)
        for parameter in command.get_params(context)
        if parameter.param_type_name == "argument" and not parameter.hidden
    ]
    flags = [
        _flag(option, group, context)
        for group, options in grouped(command, context).items()
        for option in options
    ]
    line = usage(command, context)
    return Node(path, summary, text, line, tuple(arguments), tuple(flags), tuple(children))


def _flag(option: Any, group: str, context: Any) -> Flag:
    names = tuple(sorted(option.opts, key=lambda name: name.startswith("--")))
    takes_value = not (option.is_flag or option.count)
    return Flag(
        names=names,
        negations=tuple(option.secondary_opts),
        value=_value(option, names) if takes_value else None,
        help=option_help(option, context),
        group=group,
        is_repeatable=bool(option.multiple or option.count),
    )


def _argument(parameter: Any, path: tuple[str, ...]) -> Argument:
    is_many = parameter.nargs != 1
    if path == ("help",):
        words = (*COMMANDS, *TOPICS)
        return Argument(Value(value_name(parameter), WORDS, words), parameter.help or "", is_many)
    if path in SETTING_COMMANDS and value_name(parameter) == "KEY":
        return Argument(Value("KEY", WORDS, tuple(sorted(KEYS))), parameter.help or "", is_many)
    return Argument(_value(parameter, ()), parameter.help or "", is_many)


def _value(parameter: Any, names: tuple[str, ...]) -> Value:
    name = value_name(parameter)
    if "--profile" in names:
        return Value(name, PROFILE)
    if "--model" in names:
        return Value(name, MODEL)
    for flag in names:
        if flag in KNOWN_WORDS:
            return Value(name, WORDS, KNOWN_WORDS[flag])
    if "|" in name and re.fullmatch(r"[a-z0-9_|-]+", name):
        return Value(name, WORDS, tuple(name.split("|")))
    if re.search(r"\b(DIR|FOLDER)\b", name):
        return Value(name, FOLDER)
    if re.search(r"FILE|PATH|SUITE|GLOB|ITEMS|OUT", name) and "@" not in name:
        return Value(name, FILE)
    return Value(name, FREE)


def as_document(root: Node, version: str) -> dict[str, Json]:
    """Give everything that can be called, for programs: `gradient help --json`."""
    return {
        "program": "gradient",
        "version": version,
        "commands": [_command_object(node) for node in root.walk() if node.path],
        "exit_statuses": [
            {"status": int(status), "meaning": meaning, "in_ci": reading}
            for status, (meaning, reading) in MEANINGS.items()
        ],
        "topics": {name: topic.summary for name, topic in TOPICS.items()},
    }


def _command_object(node: Node) -> dict[str, Json]:
    return {
        "command": f"gradient {node.name}",
        "summary": node.summary,
        "usage": node.usage,
        "is_group": bool(node.children),
        "arguments": [
            {
                "value": _value_object(argument.value),
                "help": argument.help,
                "is_repeatable": argument.is_many,
            }
            for argument in node.arguments
        ],
        "flags": [
            {
                "names": list(flag.names),
                "negations": list(flag.negations),
                "value": _value_object(flag.value) if flag.value else None,
                "help": flag.help,
                "group": flag.group,
                "is_repeatable": flag.is_repeatable,
            }
            for flag in node.flags
        ],
    }


def _value_object(value: Value) -> dict[str, Json]:
    return {"name": value.name, "kind": value.kind, "words": list(value.words)}
