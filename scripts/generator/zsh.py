"""
The completion function for zsh, for a folder in $fpath.
"""

import re

from gradient_cli.cli.pages.command_tree import (
    FILE,
    FOLDER,
    MODEL,
    PROFILE,
    WORDS,
    Flag,
    Node,
    Value,
)

_HEAD = """\
#compdef gradient
# zsh completion for gradient. Written by scripts/generate.py; do not edit.
# Copy it as _gradient into a folder of $fpath.

# Offer the profiles of the settings file.
_gradient_profiles() {
  local line file=${GRADIENT_CONFIG:-${XDG_CONFIG_HOME:-$HOME/.config}/gradient-cli/config.toml}
  local -a profiles=(demo)
  [[ -r $file ]] || file="$HOME/Library/Application Support/gradient-cli/config.toml"
  if [[ -r $file ]]; then
    while IFS= read -r line; do
      [[ $line =~ '^\\[profiles\\.([A-Za-z0-9_-]+)\\]' ]] && profiles+=("$match[1]")
    done <"$file"
  fi
  _describe -t profiles profile profiles
}

# Offer the models that `gradient models` has left a list of.
_gradient_models() {
  local file=${XDG_CONFIG_HOME:-$HOME/.config}/gradient-cli/models.txt
  [[ -r $file ]] || file="$HOME/Library/Application Support/gradient-cli/models.txt"
  [[ -r $file ]] || return 1
  local -a models=("${(@f)$(<$file)}")
  compadd -a models
}
"""

_TAIL = """\
if [[ $funcstack[1] == _gradient ]]; then
  _gradient "$@"
else
  compdef _gradient gradient
fi
"""


def script(root: Node) -> str:
    """Give the script."""
    return "\n".join([_HEAD, *map(_function, root.walk()), _TAIL])


def _function(node: Node) -> str:
    specs = [_spec(flag) for flag in node.flags]
    if not node.children:
        specs += [_positional(number, node) for number in range(len(node.arguments))]
        body = " \\\n".join(["  _arguments -s -S", *(f"    {spec}" for spec in specs)])
        return f"{_function_name(node)}() {{\n{body}\n}}\n"
    title = "gradient" if not node.path else node.name
    specs += [f"'1:{title} command:->command'", "'*::argument:->argument'"]
    call = " \\\n".join(["  _arguments -C -s -S", *(f"    {spec}" for spec in specs)])
    names = "\n".join(f"      {_quote(f'{c.path[-1]}:{_plain(c.summary)}')}" for c in node.children)
    cases = "\n".join(f"        {c.path[-1]}) {_function_name(c)} ;;" for c in node.children)
    return (
        f"{_function_name(node)}() {{\n"
        "  local context state state_descr line\n  typeset -A opt_args\n"
        f"  local -a commands=(\n{names}\n  )\n{call}\n"
        "  case $state in\n"
        f"    command) _describe -t commands '{title} command' commands ;;\n"
        f"    argument)\n      case $words[1] in\n{cases}\n      esac\n      ;;\n  esac\n}}\n"
    )


def _function_name(node: Node) -> str:
    return "_".join(["_gradient", *node.path]).replace("-", "_")


def _spec(flag: Flag) -> str:
    """One line for `_arguments`: what excludes it, its names, its help, its value."""
    if flag.value is None:
        message = f"[{_bracketed(flag.short_help)}]"
    else:
        message = f"[{_bracketed(flag.short_help)}]:{_plain(flag.value.name)}:{_action(flag.value)}"
    names = [_with_value_mark(name) if flag.value else name for name in flag.all_names]
    if flag.is_repeatable:
        repeated = [f"\\*{name}" if len(names) == 1 else name for name in names]
        start = repeated[0] if len(names) == 1 else f"\\*{{{','.join(names)}}}"
        return f"{start}{_quote(message)}"
    excluded = f"({' '.join(flag.all_names)})"
    start = names[0] if len(names) == 1 else f"{{{','.join(names)}}}"
    return f"{_quote(excluded)}{start}{_quote(message)}"


def _with_value_mark(name: str) -> str:
    """`--flag=` takes `--flag=x` and `--flag x`; `-f+` takes `-fx` and `-f x`."""
    return f"{name}=" if name.startswith("--") else f"{name}+"


def _positional(number: int, node: Node) -> str:
    argument = node.arguments[number]
    position = "*" if argument.is_many else str(number + 1)
    message = _plain(argument.help or argument.value.name)
    return _quote(f"{position}:{message}:{_action(argument.value)}")


def _action(value: Value) -> str:
    match value.kind:
        case kind if kind == FILE:
            return "_files"
        case kind if kind == FOLDER:
            return "_files -/"
        case kind if kind == PROFILE:
            return "_gradient_profiles"
        case kind if kind == MODEL:
            return "_gradient_models"
        case kind if kind == WORDS:
            return f"({' '.join(value.words)})"
    return ""


def _plain(text: str) -> str:
    """A colon ends a field, so it is escaped."""
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _bracketed(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text).replace(":", "\\:")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
