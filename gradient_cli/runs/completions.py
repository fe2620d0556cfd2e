"""
The completion scripts, which are plain text: printed, or put where each shell looks.

    bash         $XDG_DATA_HOME/bash-completion/completions/gradient
    zsh          $XDG_DATA_HOME/zsh/site-functions/_gradient       a folder of $fpath
    fish         $XDG_CONFIG_HOME/fish/completions/gradient.fish
    powershell   printed alone: $PROFILE is the user's

The man pages go to $XDG_DATA_HOME/man, where man(1) looks for what is in ~/.local/bin.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

import gradient_cli
from gradient_cli.ask.invocation import Invocation
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.settings.paths import base_folder
from gradient_cli.terminal.files import open_target

SCRIPTS: Mapping[str, str] = {
    "bash": "gradient.bash",
    "zsh": "_gradient",
    "fish": "gradient.fish",
    "powershell": "gradient.ps1",
}
_MAN = {"man1": "gradient.1", "man5": "gradient-suite.5"}


def run(shell: str | None, invocation: Invocation, *, is_installed: bool) -> int:
    """
    Print a shell's script or install it.

    Raises:
        UsageError: the shell is not known, or a file cannot be written.

    """
    environ, terminal = invocation.environ, invocation.terminal
    shell = shell or PurePath(environ.get("SHELL", "")).name
    if shell not in SCRIPTS:
        raise UsageError(
            f'"{shell}" is no shell that has completions' if shell else "no shell is named",
            hint=f"gradient completions {'|'.join(SCRIPTS)}",
        )
    text = _shipped("completions", SCRIPTS[shell])
    if not is_installed:
        terminal.write_data(text)
        return ExitStatus.OK
    for target, content in {_place(shell, environ): text, **_manuals(environ)}.items():
        open_target(str(target), makes_folders=True).write(content.decode())
        terminal.say(f"wrote {target}")
    if shell == "zsh":
        folder = _place(shell, environ).parent
        terminal.note(f"hint: in ~/.zshrc, before compinit: fpath=({folder} $fpath)")
    return ExitStatus.OK


def _shipped(folder: str, name: str) -> bytes:
    """Give a file that comes with the package; in a clone it lies beside the package."""
    package = Path(gradient_cli.__file__).parent
    for place in (package / "shipped" / folder, package.parent / folder):
        if (place / name).is_file():
            return (place / name).read_bytes()
    raise UsageError(f"this installation has no {folder}/{name}", hint="install it anew")


def _place(shell: str, environ: Mapping[str, str]) -> Path:
    """Give where a shell looks for the completions of its user."""
    if shell == "powershell":
        raise UsageError(
            "PowerShell has no folder for completions",
            hint="gradient completions powershell >> $PROFILE",
        )
    if shell == "fish":
        return Path(
            base_folder("XDG_CONFIG_HOME", ".config", environ), "fish/completions/gradient.fish"
        )
    data = Path(base_folder("XDG_DATA_HOME", ".local/share", environ))
    if shell == "zsh":
        return data / "zsh/site-functions/_gradient"
    own = environ.get("BASH_COMPLETION_USER_DIR")
    return (Path(own) if own else data / "bash-completion") / "completions/gradient"


def _manuals(environ: Mapping[str, str]) -> dict[Path, bytes]:
    if os.name != "posix":
        return {}
    folder = Path(base_folder("XDG_DATA_HOME", ".local/share", environ), "man")
    return {folder / section / name: _shipped("man", name) for section, name in _MAN.items()}
