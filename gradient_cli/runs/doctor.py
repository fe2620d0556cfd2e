"""
What is wrong with this set-up, line by line, with the remedy.

Each line is ok, warn or fail; the exit status is the worst of what failed.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions
from gradient_cli.doctor import findings, steps
from gradient_cli.doctor.findings import FAIL, OK, WARN, Finding
from gradient_cli.exits import worst
from gradient_cli.terminal.color import wants_color
from gradient_cli.terminal.door import Line
from gradient_cli.wire.json import Json, line

COLORS = {OK: "\x1b[32m", WARN: "\x1b[33m", FAIL: "\x1b[31m"}
RESET = "\x1b[0m"
NAME_COLUMNS = 8


def run(network: NetworkOptions, invocation: Invocation, *, is_json: bool) -> int:
    """Examine one thing after the other; each line is printed as soon as it is known."""
    terminal = invocation.terminal
    has_color = wants_color(None, invocation.environ, terminal.stdout_is_tty)
    found = []
    for finding in _examine(invocation, network):
        found.append(finding)
        if not is_json:
            terminal.say(_lines(finding, has_color=has_color))
    status = worst(finding.status for finding in found)
    if is_json:
        terminal.write_json(line(_document(found, int(status))) + "\n")
    return status


def _examine(invocation: Invocation, network: NetworkOptions) -> Iterator[Finding]:
    environ = invocation.environ
    return chain(
        findings.program(),
        findings.bytecode(),
        findings.programs_on_path(environ),
        findings.installed_others(),
        findings.terminal(invocation.terminal, environ),
        steps.examine(invocation, network),
    )


def _lines(finding: Finding, *, has_color: bool) -> Iterator[str | Line]:
    state = finding.state.ljust(4)
    if has_color:
        state = f"{COLORS[finding.state]}{state}{RESET}"
    yield Line(state, f"  {finding.name.ljust(NAME_COLUMNS)}  {finding.message}")
    if finding.hint and finding.state != OK:
        yield f"{'':{4 + 2 + NAME_COLUMNS + 2}}hint: {finding.hint}"


def _document(found: Iterable[Finding], status: int) -> dict[str, Json]:
    return {
        "ok": status == 0,
        "exit_code": status,
        "checks": [
            {
                "name": finding.name,
                "state": finding.state,
                "message": finding.message,
                "hint": finding.hint,
            }
            for finding in found
        ],
    }
