"""
The completion script for PowerShell: a table and a native argument completer.
"""

from gradient_cli.cli.pages.command_tree import FILE, FOLDER, MODEL, PROFILE, WORDS, Node, Value

_HEAD = """\
# PowerShell completion for gradient. Written by scripts/generate.py; do not edit.
# Dot-source it in $PROFILE:  . path/to/gradient.ps1

$script:GradientCommands = @{
"""

_TAIL = """\
}

Register-ArgumentCompleter -Native -CommandName gradient -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $path = ''
    $previous = ''
    $elements = $commandAst.CommandElements
    for ($i = 1; $i -lt $elements.Count; $i++) {
        if ($elements[$i].Extent.EndOffset -ge $cursorPosition -and $wordToComplete) { break }
        $previous = $elements[$i].Extent.Text
        $next = ("$path $previous").Trim()
        if ($script:GradientCommands.ContainsKey($next)) { $path = $next }
    }
    $here = $script:GradientCommands[$path]

    if ($here.Takes.ContainsKey($previous)) {
        $values = $here.Takes[$previous]
        if ($values -eq 'files') { return }
        if ($values -eq 'models') {
            $list = Join-Path $env:LOCALAPPDATA 'gradient-cli/models.txt'
            $values = if (Test-Path $list) { Get-Content $list } else { @() }
        }
        $offered = @{}
        foreach ($value in $values) { $offered[$value] = $value }
    } elseif ($wordToComplete -like '-*') {
        $offered = $here.Flags
    } else {
        $offered = $here.Words
    }
    $offered.Keys | Where-Object { $_ -like "$wordToComplete*" } | Sort-Object | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new(
            $_, $_, 'ParameterValue', $offered[$_])
    }
}
"""


def script(root: Node) -> str:
    """Give the script."""
    return _HEAD + "".join(map(_entry, root.walk())) + _TAIL


def _entry(node: Node) -> str:
    flags = [(name, flag.short_help) for flag in node.flags for name in flag.all_names]
    if len({name.lower() for name, _ in flags}) < len(flags):
        raise ValueError(f"{node.name}: a hashtable of PowerShell tells no -v from -V")
    words = [(child.path[-1], child.summary) for child in node.children]
    for argument in node.arguments:
        words += [(word, word) for word in argument.value.words]
    values = [
        (name, _values(flag.value)) for flag in node.flags if flag.value for name in flag.names
    ]
    return (
        f"    {_quote(node.name)} = @{{\n"
        f"        Words = @{{{_pairs(words)}}}\n"
        f"        Flags = @{{{_pairs(flags)}}}\n"
        f"        Takes = @{{{''.join(_line(name, text) for name, text in values)}}}\n"
        "    }\n"
    )


def _pairs(pairs: list[tuple[str, str]]) -> str:
    return "".join(_line(name, _quote(text or name)) for name, text in pairs)


def _line(name: str, value: str) -> str:
    return f"\n            {_quote(name)} = {value}"


def _values(value: Value) -> str:
    match value.kind:
        case kind if kind in (FILE, FOLDER):
            return "'files'"
        case kind if kind == PROFILE:
            return "@('demo')"
        case kind if kind == MODEL:
            return "'models'"
        case kind if kind == WORDS:
            return f"@({', '.join(map(_quote, value.words))})"
    return "@()"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
