"""
The generated tables of README.md and docs/.

Each stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import re

from gradient_cli.cli.pages.command_tree import Node
from gradient_cli.exits import MEANINGS, SIGNALS

_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(text: str, root: Node) -> str:
    """Give a page with fresh tables; an unknown name is a KeyError."""
    tables = {"exit-status": exit_status, "commands": commands, "flags": flags}
    return _BLOCK.sub(lambda found: found[1] + tables[found[2]](root) + found[3], text)


def exit_status(root: Node) -> str:
    """Give the table of exit statuses."""
    rows = [(str(int(status)), *words) for status, words in MEANINGS.items()]
    return table(("status", "meaning", "a CI job reads it as"), [*rows, SIGNALS])


def commands(root: Node) -> str:
    """Give the table of commands and their subcommands."""
    rows = []
    for child in root.children:
        names = " \\| ".join(grandchild.path[-1] for grandchild in child.children)
        rows.append((f"`gradient {child.name}`{f' {names}' if names else ''}", child.summary))
    return table(("command", "what it does"), rows)


def flags(root: Node) -> str:
    """Give the tables of respond's options, one a group."""
    respond = [child for child in root.children if child.name == "respond"]
    parts = []
    for group in dict.fromkeys(flag.group for node in respond for flag in node.flags):
        rows = [
            (f"`{flag.term}`".replace("|", "\\|"), flag.help.replace("|", "\\|"))
            for flag in respond[0].flags
            if flag.group == group and "--help" not in flag.names
        ]
        if not rows:
            continue
        parts.append(table((group, "what it does"), rows))
    return "\n".join(parts)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Give a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
