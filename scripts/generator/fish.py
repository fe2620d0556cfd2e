"""
The completion script for fish: static `complete` lines, conditions of builtins alone.
"""

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
# fish completion for gradient. Written by scripts/generate.py; do not edit.
# Copy it to ~/.config/fish/completions/gradient.fish

# Succeed if the command typed so far is the one given, such as "batch run".
function __gradient_at
    set -l path
    set -l words (commandline -opc)
    for word in $words[2..]
        switch "$path:$word"
%s
        end
    end
    test "$path" = "$argv[1]"
end

# Print the profiles of the settings file.
function __gradient_profiles
    echo demo
    set -l folder $HOME/.config
    set -q XDG_CONFIG_HOME; and test -n "$XDG_CONFIG_HOME"; and set folder $XDG_CONFIG_HOME
    set -l file $folder/gradient-cli/config.toml
    test -r $file; or set file "$HOME/Library/Application Support/gradient-cli/config.toml"
    set -q GRADIENT_CONFIG; and test -n "$GRADIENT_CONFIG"; and set file $GRADIENT_CONFIG
    test -r $file; and string match -rg '^\\[profiles\\.([A-Za-z0-9_-]+)\\]' <$file
end

# Print the models that `gradient models` has left a list of.
function __gradient_models
    set -l folder $HOME/.config
    set -q XDG_CONFIG_HOME; and test -n "$XDG_CONFIG_HOME"; and set folder $XDG_CONFIG_HOME
    set -l file $folder/gradient-cli/models.txt
    test -r $file; or set file "$HOME/Library/Application Support/gradient-cli/models.txt"
    test -r $file; and string trim <$file
end

complete -c gradient -e
complete -c gradient -f
"""


def script(root: Node) -> str:
    """Give the script."""
    nodes = list(root.walk())
    cases = "\n".join(
        f"            case '{node.name}:{child.path[-1]}'\n                set path '{child.name}'"
        for node in nodes
        for child in node.children
    )
    lines = [_HEAD % cases]
    for node in nodes:
        start = f"complete -c gradient -n '__gradient_at {_quote_inside(node.name)}'"
        for child in node.children:
            lines.append(f"{start} -a {child.path[-1]} -d {_quote(child.summary)}")
        for argument in node.arguments:
            if action := _action(argument.value):
                lines.append(f"{start} {action}".replace(" -x -a", " -a").replace(" -r -F", " -F"))
        for flag in node.flags:
            lines += _flag_lines(start, flag)
    return "\n".join(lines) + "\n"


def _flag_lines(start: str, flag: Flag) -> list[str]:
    spelled = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names
    )
    value = f" {_action(flag.value) or '-x'}" if flag.value else ""
    lines = [f"{start} {spelled}{value} -d {_quote(flag.short_help)}"]
    for name in flag.negations:
        lines.append(f"{start} -l {name[2:]} -d {_quote('not: ' + flag.short_help)}")
    return lines


def _action(value: Value) -> str:
    match value.kind:
        case kind if kind == FILE:
            return "-r -F"
        case kind if kind == FOLDER:
            return "-x -a '(__fish_complete_directories)'"
        case kind if kind == PROFILE:
            return "-x -a '(__gradient_profiles)'"
        case kind if kind == MODEL:
            return "-x -a '(__gradient_models)'"
        case kind if kind == WORDS:
            return f"-x -a {_quote(' '.join(value.words))}"
    return ""


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_inside(text: str) -> str:
    """Quote a command's name within the single quotes of a condition."""
    return f'"{text}"'
