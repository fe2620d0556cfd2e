"""
What the early connection must know of the flags, as a module that costs nothing to import.
"""

from gradient_cli.cli.pages.command_tree import Node

_HEAD = '''\
"""
The flags of the commands that ask, and which of them take a value.

Written by scripts/generate.py; do not edit. For `settings.likely`, which reads a command line
before anything is loaded that could.
"""

'''

COMMANDS = ("respond", "decide", "models")


def module(root: Node) -> str:
    """Give the module."""
    flags = [flag for node in root.walk() if node.name in COMMANDS for flag in node.flags]
    with_value = {name for flag in flags if flag.value for name in flag.all_names}
    switches = {name for flag in flags if not flag.value for name in flag.all_names}
    if both := with_value & switches:
        raise ValueError(f"a value for one command and none for another: {sorted(both)}")
    return _HEAD + _names("WITH_VALUE", with_value) + "\n" + _names("SWITCHES", switches)


def _names(name: str, names: set[str]) -> str:
    lines = "".join(f'        "{one}",\n' for one in sorted(names))
    return f"{name} = frozenset(\n    {{\n{lines}    }}\n)\n"
