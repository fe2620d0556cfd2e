"""
What `doctor` finds: a line each, with the remedy and the status that a failure means.

And what can be found without settings and network: the program, its installation, the terminal.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gradient_cli import __version__
from gradient_cli.errors import GradientError
from gradient_cli.exits import ExitStatus
from gradient_cli.terminal.streams import Terminal
from gradient_cli.values import record

OK, WARN, FAIL = "ok", "warn", "fail"

PROGRAM = "gradient"
OTHERS = ("gradient", "gradient-adk")
"""Distributions that a newcomer may take for this one: both are retired, both are in the way."""


@record
class Finding:
    """One line of the examination."""

    name: str
    state: str
    message: str
    hint: str | None = None
    status: ExitStatus = ExitStatus.OK
    """What a failure means; OK unless the state is `fail`."""


def from_error(name: str, error: GradientError) -> Finding:
    """Give the finding for an error."""
    return Finding(name, FAIL, error.message, error.hint, error.status)


def program() -> Iterator[Finding]:
    """Say what runs."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("program", OK, f"gradient {__version__}, Python {version}, {sys.executable}")


def bytecode() -> Iterator[Finding]:
    """Say whether each start compiles everything anew."""
    from importlib.util import find_spec

    missing = [
        name
        for name in ("gradient_cli", "httpx", "typer")
        if (spec := find_spec(name)) and spec.cached and not Path(spec.cached).exists()
    ]
    if not missing:
        yield Finding("bytecode", OK, "compiled")
        return
    why = "PYTHONDONTWRITEBYTECODE is set" if sys.dont_write_bytecode else "it cannot be written"
    yield Finding(
        "bytecode",
        WARN,
        f"{', '.join(missing)} not compiled, so each start takes several times longer: {why}",
        f"{sys.executable} -m compileall -q {Path(__file__).parents[2]}",
    )


def programs_on_path(environ: Mapping[str, str], ours: Path | None = None) -> Iterator[Finding]:
    """Say which programs are called `gradient`, and whether this one comes first."""
    found = list(_on_path(PROGRAM, environ))
    ours = ours or _own_program()
    mine = [path for path in found if _is_same(path, ours)]
    others = [path for path in found if path not in mine]
    if not mine:
        what = f"; there is {others[0]}" if others else ""
        yield Finding(
            "PATH",
            WARN,
            f"`gradient` is not this program{what}",
            f"this one runs as {ours if ours.exists() else f'{sys.executable} -m gradient_cli'}",
        )
    elif others and found[0] in others:
        yield Finding(
            "PATH",
            WARN,
            f"{found[0]} comes before {mine[0]}",
            "remove the other one, or change the order of PATH",
        )
    elif others:
        yield Finding("PATH", OK, f"{mine[0]}; after it there is {others[0]}, too")
    else:
        yield Finding("PATH", OK, str(mine[0]))


def _on_path(program: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Give each executable of a name on PATH; two folders that are one count once."""
    seen = set()
    names = [program, f"{program}.exe"] if os.name == "nt" else [program]
    for folder in environ.get("PATH", "").split(os.pathsep):
        for name in names:
            path = Path(folder or ".") / name
            if os.path.isfile(path) and os.access(path, os.X_OK):
                real = path.resolve()
                if real not in seen:
                    seen.add(real)
                    yield path


def _own_program() -> Path:
    """Give the script that started this, or that would."""
    started = Path(sys.argv[0])
    if started.stem == PROGRAM and started.is_file():
        return started
    return Path(sys.executable).with_name(PROGRAM)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def installed_others() -> Iterator[Finding]:
    """Say whether a retired distribution with our name is installed beside us."""
    from importlib.metadata import PackageNotFoundError, version

    for name in OTHERS:
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        yield Finding(
            "packages",
            WARN,
            f"{name} {found} is installed here; it is another program",
            f"{sys.executable} -m pip uninstall {name}, then install gradient-cli again",
        )


def terminal(streams: Terminal, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say whether the terminal will show what is written, which is always UTF-8."""
    if not (streams.stdout_is_tty or streams.stderr_is_tty):
        yield Finding("terminal", OK, "none; output is UTF-8")
        return
    width, height = streams.size()
    what = f"{environ.get('TERM') or 'unnamed'}, {width} x {height}"
    # The first of these that is set decides (POSIX, 8.2).
    locale = next((v for n in ("LC_ALL", "LC_CTYPE", "LANG") if (v := environ.get(n))), "")
    if os.name == "posix" and "utf" not in locale.lower():
        yield Finding(
            "terminal",
            WARN,
            f'{what}; its locale is "{locale or "C"}", but output is UTF-8',
            "export LC_CTYPE=C.UTF-8",
        )
    elif environ.get("TERM") == "dumb":
        yield Finding("terminal", WARN, f"{what}; no colour, no live output", "set TERM")
    else:
        yield Finding("terminal", OK, f"{what}, UTF-8")
