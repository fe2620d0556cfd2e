"""
Checks that only a program can make: SQL that parses, code that compiles.

    the answer ─► stdin of COMMAND ─► 0 it passes, 1 it fails with what was printed
                                      anything else: it could not be judged, an error

The command line alone names programs (--run-check NAME=COMMAND); a suite names the NAME. None
of an answer's words ever becomes a word of the command.
"""

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.session import Session
from gradient_cli.check.attempt import Finding, Ruling
from gradient_cli.check.suite_options import WhichOptions
from gradient_cli.errors import GradientError, TimedOut, UsageError, run_timed_out
from gradient_cli.expect.excerpt import excerpt
from gradient_cli.settings.keyring import TELLING, without_keys
from gradient_cli.values import record

if TYPE_CHECKING:
    from gradient_cli.programs.command import Command
    from gradient_cli.programs.running import Done

MOST_PRINTED = 10_000
"""Bytes that are kept of what a program prints."""
DESCRIPTORS = 6
"""Of a program while it runs: our ends of three pipes, and what listens to them."""
_PASSING = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
"""What other workers' programs take, they give back: waited for, as the answer was paid for."""
_TRIES_S = (0.1, 0.3, 1.0, 3.0)
_SIGNS = {126: "it cannot be executed", 127: "it is not there"}
"""What shells and `env` mean by their own statuses."""


def _endless() -> float | None:
    return None


@record
class Programs:
    """The programs of a run."""

    commands: "Mapping[str, Command]" = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Without keys."""
    longest_s: float = 30.0
    remaining_s: Callable[[], float | None] = _endless
    """Seconds that the run may still take; None: no end."""
    key: str = field(default="", repr=False)
    """The one in use, which is in nothing that a report shows."""

    def within(self, session: Session) -> "Programs":
        """Give the same for tests that are asked with a session's key, wherever it is from."""
        secret = session.credential().secret if self.commands and not session.proof.replay else None
        if secret is None:
            return self
        key = secret.reveal()
        return replace(self, environ=without_keys(self.environ, key), key=key)

    def judge(self, names: Sequence[str], answer: str) -> Ruling:
        """Run each on an answer in turn; the first that cannot judge it ends it."""
        began = time.monotonic()
        findings: list[Finding] = []
        fault = None
        stdin = _line_ended(answer).encode("utf-8", "replace")
        for name in names:
            found = self._one(self.commands[name], stdin)
            if isinstance(found, GradientError):
                fault = found
                break
            findings.append(found if found.is_met else replace(found, excerpt=excerpt(answer)))
        ms = round((time.monotonic() - began) * 1000)
        return Ruling(tuple(findings), total_ms=ms, fault=fault)

    def check_names(self, names: Sequence[str]) -> None:
        """
        Refuse a check that the command line has no program for.

        Raises:
            UsageError: begins with the suite's key.

        """
        for name in names:
            if name not in self.commands:
                near = get_close_matches(name, self.commands, 1)
                hint = f"; did you mean `{near[0]}`?" if near else ""
                raise UsageError(
                    f'checks: no --run-check has the name "{name}"{hint}',
                    hint=f"the command line alone names programs: --run-check '{name}=COMMAND'",
                )

    def refuse_unused(self, named: set[str]) -> None:
        """
        Refuse a program that no test names: what was to be checked is not.

        Raises:
            UsageError: names it.

        """
        for name in self.commands:
            if name not in named:
                raise UsageError(
                    f"--run-check {name}: no test names it",
                    hint=f'checks = ["{name}"] in a test or in [defaults]',
                )

    def _one(self, command: "Command", stdin: bytes) -> Finding | GradientError:
        left = self.remaining_s()
        if left is not None and left <= 0:
            return run_timed_out()
        longest_s = self.longest_s if left is None else min(self.longest_s, left)
        try:
            done = self._run(command, stdin, longest_s)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            return UsageError(
                f'the check {command.name} cannot run "{command.program}": {why.lower()}'
            )
        if done.timed_out and longest_s < self.longest_s:
            return run_timed_out()
        return self._verdict(command, done)

    def _run(self, command: "Command", stdin: bytes, longest_s: float) -> "Done":
        from gradient_cli.programs.running import run_program

        for pause_s in _TRIES_S:
            try:
                return run_program(
                    command.words, self.environ, longest_s, MOST_PRINTED, stdin=stdin
                )
            except OSError as error:
                if error.errno not in _PASSING:
                    raise
            time.sleep(pause_s)
        return run_program(command.words, self.environ, longest_s, MOST_PRINTED, stdin=stdin)

    def _verdict(self, command: "Command", done: "Done") -> Finding | GradientError:
        name = command.name
        if done.timed_out:
            return TimedOut(
                f"the check {name} took longer than {self.longest_s:g} s",
                hint="--check-timeout SECONDS allows more",
            )
        if done.status == 0:
            return Finding("checks", is_met=True)
        said = self._said(done)
        if done.status == 1:
            return Finding("checks", False, f"{name} says no{': ' if said else ''}{said}")
        how = f"status {done.status}" if done.status > 0 else f"signal {-done.status}"
        sign = f", {_SIGNS[done.status]}" if done.status in _SIGNS else ""
        return UsageError(
            f"the check {name} ended with {how}{sign}{': ' if said else ''}{said}",
            hint="a check ends with 0 if the answer passes, with 1 if it fails",
        )

    def _said(self, done: "Done") -> str:
        """Give what a program printed: its stdout, its last words, or both."""
        parts = [done.stdout, b"(more was printed)" if done.is_truncated else b""]
        parts.append(done.stderr[-MOST_PRINTED:])
        text = [part.decode("utf-8", "replace").strip() for part in parts]
        said = "\n".join(part for part in text if part)
        if len(self.key) < TELLING:
            return said
        from gradient_cli.transport.redaction import clean_text

        return clean_text(said, [self.key])


def programs_of(which: WhichOptions, invocation: Invocation) -> Programs:
    """
    Give the programs of a run, with an environment that holds no key.

    Raises:
        UsageError: one is not NAME=COMMAND, or is not there.

    """
    if not which.run_checks:
        return Programs()
    # Now, while they can be had: what is missing later would cost an answer.
    for name in ("programs.running", "transport.redaction"):
        import_module(f"gradient_cli.{name}")
    from gradient_cli.programs.command import named_commands

    return Programs(
        named_commands("--run-check", which.run_checks, invocation.environ),
        without_keys(invocation.environ),
        which.check_timeout,
        invocation.left_s,
    )


def _line_ended(answer: str) -> str:
    """Give an answer as `respond` prints it to a pipe."""
    return answer if not answer or answer.endswith("\n") else f"{answer}\n"
