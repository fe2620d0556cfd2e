"""
What the command line names, checked before anything is sent: programs, limits, who is asked.

    ToolOptions ─► Kit ─► over(client) ─► Rounds
"""

import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Protocol

from gradient_cli.ask.client import Asker
from gradient_cli.ask.flaws import offered_functions
from gradient_cli.ask.run_options import ToolOptions
from gradient_cli.ask.session import Session, Tell
from gradient_cli.ask.tools import telling
from gradient_cli.ask.tools.policy import Task
from gradient_cli.ask.tools.rounds import Rounds, Rules
from gradient_cli.ask.tools.runs import Means, replayed, run_all
from gradient_cli.ask.workers import descriptors
from gradient_cli.errors import MachineExhausted, UsageError
from gradient_cli.expect.arguments import is_sound
from gradient_cli.programs.command import Command, named_commands
from gradient_cli.programs.running import prepare
from gradient_cli.settings.keyring import ACCOUNT_VARIABLES, OWN_VARIABLE, TELLING, without_keys
from gradient_cli.terminal.streams import Terminal
from gradient_cli.transport.redaction import clean_text
from gradient_cli.wire.calls import Step
from gradient_cli.wire.request import Request

FLAG = "--run-tool"
TIMEOUT_S = 30.0
MOST_CALLS = 20
DESCRIPTORS = 8
"""What one program needs while it is started and heard, beside a connection."""


class Sign(Protocol):
    """A sign of life on the terminal, which questions must not be written over by."""

    def rest(self) -> None:
        """Take it away."""

    def begin(self, words: str = "") -> None:
        """Show it anew, with what is being done."""


class Kit:
    """The programs of a run, for all of its clients."""

    def __init__(
        self, options: ToolOptions, session: Session, tell: Tell, *, confirms: bool = False
    ) -> None:
        """
        Read the flags; nothing is started.

        Raises:
            UsageError: a flag cannot be read, or a program is not there.

        """
        self._session = session
        self._tell = tell
        self._timeout_s = TIMEOUT_S if options.tool_timeout is None else options.tool_timeout
        if not 0 < self._timeout_s < math.inf:
            raise UsageError(f"--tool-timeout {self._timeout_s:g} is out of range: above 0 seconds")
        self._most = MOST_CALLS if options.max_tool_calls is None else options.max_tool_calls
        environ = session.invocation.environ
        self._is_replay = bool(session.proof.replay)
        programs = named_commands(
            FLAG, options.run_tool or (), environ, will_start=not self._is_replay
        )
        self._programs = {name: _found(one, environ.get("PATH")) for name, one in programs.items()}
        proof = session.proof
        if not (proof.replay or proof.dry_run or proof.curl):
            prepare()
            _check_machine()
        self._asking = Lock()
        """One question at a time, of --confirm."""
        self.sign: Sign | None = None
        """Where one is shown."""
        self._confirms = confirms and not self._is_replay
        if self._confirms:
            _check_terminal(session.invocation.terminal)

    def check(self, requests: Iterable[Request]) -> None:
        """
        Make sure that each function with a program is offered, and says what its arguments are.

        Raises:
            UsageError: none of the requests has it, or no call could be checked.

        """
        missing = dict(self._programs)
        for request in requests:
            for name, parameters in offered_functions(request.body().get("tools")):
                missing.pop(name, None)
                if name in self._programs and not is_sound(parameters):
                    raise UsageError(
                        f'{FLAG} {name}: the `parameters` of "{name}" are no JSON Schema for an '
                        "object, so no call could be checked",
                        hint='"parameters": {"type": "object", "properties": {…}}',
                    )
        if missing:
            name = next(iter(missing))
            raise UsageError(
                f"{FLAG} {name}: no tool of this name is offered to the model",
                hint="--tool FILE|JSON defines it: "
                f'{{"name": "{name}", "parameters": {{"type": "object", …}}}}',
            )

    def over(self, client: Asker) -> Rounds:
        """Give a client that answers calls."""
        rules = Rules(
            self._programs, self._most, self._answer, self._tell, self._session.invocation.clock
        )
        return Rounds(client, rules)

    def _answer(self, tasks: Sequence[Task]) -> tuple[Step, ...]:
        if self._is_replay:
            return replayed(tasks, self._session.recorded_results(), self._tell)
        if self.sign:
            names = dict.fromkeys(task.call.name for task in tasks)
            self.sign.begin(f"running {', '.join(names)}")
        steps = run_all(tasks, self._means())
        if self.sign:
            self.sign.begin()
        return steps

    def _means(self) -> Means:
        session = self._session
        environ = session.invocation.environ
        secret = session.credential().secret
        key = secret.reveal() if secret else ""
        names = (OWN_VARIABLE, *ACCOUNT_VARIABLES)
        secrets = [key, *(environ[name].strip() for name in names if name in environ)]
        secrets = [one for one in secrets if len(one) >= TELLING]
        return Means(
            without_keys(environ, key),
            self._timeout_s,
            session.remaining_s,
            lambda text: clean_text(text, secrets),
            self._tell,
            self._confirm if self._confirms else None,
            session.keep_results,
        )

    def _confirm(self, task: Task) -> bool:
        """Ask whether a program may be run; anything but yes is no."""
        terminal = self._session.invocation.terminal
        with self._asking:
            if self.sign:
                self.sign.rest()
            *lines, last = telling.question(task.call.name, task.arguments.text, task.program)
            terminal.note(lines)
            terminal.ask(last)
            said = terminal.stdin.readline() if terminal.stdin else b""
            if not said.endswith(b"\n"):
                terminal.note("")
        return said.strip().lower() in {b"y", b"yes"}


def _found(command: Command, path: str | None) -> Command:
    """Give a command with the place of its program: no other file is looked at when it starts."""
    place = shutil.which(command.program, path=path) or command.program
    return replace(command, words=(place, *command.words[1:]))


def _check_machine() -> None:
    """
    Make sure, before anything is paid for, that a program can be started, and its run be told.

    Raises:
        MachineExhausted: there are not enough descriptors.

    """
    import gradient_cli.terminal.door  # noqa: F401  # by then, nothing of ours may be missing

    free = descriptors(DESCRIPTORS)
    if free < DESCRIPTORS:
        raise MachineExhausted(
            f"this machine gives only {free} more open files, which is not enough to run a program",
            hint="`ulimit -n 256` allows more",
        )


def _check_terminal(terminal: Terminal) -> None:
    if not (terminal.stdin_is_tty and terminal.stderr_is_tty):
        raise UsageError(
            "--confirm asks on a terminal, and stdin or stderr is none",
            hint="give the prompt as PROMPT or -f FILE; without --confirm nobody is asked",
        )
