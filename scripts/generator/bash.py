"""
The completion script for bash: one function, no subshell, no Python; works in bash 3.2.
"""

from gradient_cli.cli.pages.command_tree import FILE, FOLDER, MODEL, PROFILE, WORDS, Node, Value

_HEAD = """\
# bash completion for gradient. Written by scripts/generate.py; do not edit.
# Source it, or copy it to ~/.local/share/bash-completion/completions/gradient

# Offer the words that begin like the one typed; nothing is forked.
_gradient_words() {
    local candidate
    for candidate in "$@"; do
        [[ $candidate == "$word"* ]] && COMPREPLY[${#COMPREPLY[@]}]=$candidate
    done
}

# Let readline offer file names, or folders with "dirnames".
_gradient_files() {
    type compopt >/dev/null 2>&1 && compopt -o "${1:-default}"
}

# Offer the profiles of the settings file.
_gradient_profiles() {
    local line file=${GRADIENT_CONFIG:-${XDG_CONFIG_HOME:-$HOME/.config}/gradient-cli/config.toml}
    [[ -r $file ]] || file="$HOME/Library/Application Support/gradient-cli/config.toml"
    _gradient_words demo
    [[ -r $file ]] || return 0
    while IFS= read -r line; do
        [[ $line =~ ^\\[profiles\\.([A-Za-z0-9_-]+)\\] ]] && _gradient_words "${BASH_REMATCH[1]}"
    done <"$file"
    return 0
}

# Offer the models that `gradient models` has left a list of.
_gradient_models() {
    local line file=${XDG_CONFIG_HOME:-$HOME/.config}/gradient-cli/models.txt
    [[ -r $file ]] || file="$HOME/Library/Application Support/gradient-cli/models.txt"
    [[ -r $file ]] || return 0
    while IFS= read -r line; do
        _gradient_words "$line"
    done <"$file"
    return 0
}

_gradient() {
    local IFS=$' \\t\\n' word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local path= only_arguments= i
    COMPREPLY=()
    if [[ $word == = ]]; then
        word=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -- ]] && only_arguments=1
        case $path:${COMP_WORDS[i]} in
"""

_TAIL = """\
    esac
    return 0
}

# -o default where compopt is missing (bash 3.2): file names wherever nothing else fits.
if type compopt >/dev/null 2>&1; then
    complete -F _gradient gradient
else
    complete -o default -F _gradient gradient
fi
"""


def script(root: Node) -> str:
    """Give the script."""
    nodes = list(root.walk())
    lines = [_HEAD.rstrip("\n")]
    for node in nodes:
        for child in node.children:
            lines.append(f'            "{node.name}:{child.path[-1]}") path="{child.name}" ;;')
    lines += ["        esac", "    done", "    case $path in"]
    for node in nodes:
        lines += _case(node)
    return "\n".join(lines) + "\n" + _TAIL


def _case(node: Node) -> list[str]:
    lines = [f'        "{node.name}")']
    valued = [flag for flag in node.flags if flag.value]
    if valued:
        lines.append("            [[ $only_arguments ]] || case $previous in")
        for flag in valued:
            action = _action(flag.value)
            lines.append(f"                {'|'.join(flag.names)}) {action}return 0 ;;")
        lines.append("            esac")
    flags = " ".join(name for flag in node.flags for name in flag.all_names)
    lines.append("            if [[ ! $only_arguments && $word == -* ]]; then")
    lines.append(f"                _gradient_words {flags}")
    lines.append("            else")
    lines.append(f"                {_arguments(node)}")
    lines += ["            fi", "            ;;"]
    return lines


def _arguments(node: Node) -> str:
    if node.children:
        return "_gradient_words " + " ".join(child.path[-1] for child in node.children)
    for argument in node.arguments:
        if action := _action(argument.value):
            return action.removesuffix("; ")
    return ":"


def _action(value: Value | None) -> str:
    assert value is not None
    match value.kind:
        case kind if kind == FILE:
            return "_gradient_files; "
        case kind if kind == FOLDER:
            return "_gradient_files dirnames; "
        case kind if kind == PROFILE:
            return "_gradient_profiles; "
        case kind if kind == MODEL:
            return "_gradient_models; "
        case kind if kind == WORDS:
            return f"_gradient_words {' '.join(value.words)}; "
    return ""
