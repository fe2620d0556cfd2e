"""
The runs of one answer: all at once, each with an end; results in the order of the calls.

    tasks ─► arguments fit? ─► --confirm ─► programs, a thread each ─► steps ─► recording
    tasks ─► a replay's recording ─► steps         no program is started
"""

import errno
import time
from collections.abc import Callable, Mapping, Sequence

from gradient_cli.ask.tools import telling
from gradient_cli.ask.tools.policy import Task
from gradient_cli.ask.workers import room_for, start
from gradient_cli.errors import MachineExhausted, ReplayMiss, UsageError, run_timed_out
from gradient_cli.programs.running import Done, run_program
from gradient_cli.values import record
from gradient_cli.wire.calls import Step
from gradient_cli.wire.json import Json

AT_ONCE = 16
"""Programs of one answer at a time."""
EACH = 4
"""What a program takes of this machine, counted in workers: three pipes, and what polls them."""
HEARING_S = 0.1
"""How often whoever waits looks up: a signal is heard at the latest then."""

Tell = Callable[[str], None]


@record
class Means:
    """What a run needs of the world."""

    environ: Mapping[str, str]
    """Without keys."""
    timeout_s: float
    remaining_s: Callable[[], float | None]
    veil: Callable[[str], str]
    tell: Tell
    confirm: Callable[[Task], bool] | None = None
    """Asks the user before a run; None: nobody asks."""
    keep: Callable[[list[Json]], None] | None = None
    """Puts the results into a recording."""


def run_all(tasks: Sequence[Task], means: Means) -> tuple[Step, ...]:
    """
    Answer calls by their programs.

    Raises:
        GradientError: a program cannot be started, or the time of the whole run is up.

    """
    found: dict[int, Step] = {}
    for number, task in enumerate(tasks):
        if complaint := task.arguments.complaint:
            found[number] = telling.refused(task.call, complaint)
        elif means.confirm and not means.confirm(task):
            found[number] = telling.declined(task.call)
    work = _Work([one for one in enumerate(tasks) if one[0] not in found], means, found)
    try:
        work.done()
    finally:
        # Also where the run ends here: what was run is known by its line.
        for number in sorted(found):
            means.tell(telling.run_line(found[number]))
    steps = tuple(found[number] for number in range(len(tasks)))
    if means.keep:
        means.keep([step.as_document() for step in steps])
    return steps


def at_once(wanted: int) -> int:
    """
    Give how many programs may run at a time: no more than there are descriptors for.

    Raises:
        MachineExhausted: there are not enough for one.

    """
    if wanted <= 1:
        return wanted
    as_workers = min(wanted, AT_ONCE) * EACH
    return max(1, room_for(as_workers, lambda line: None) // EACH)


class _Work:
    """Runs that go on at once, in threads of their own; a single one needs none."""

    def __init__(self, left: list[tuple[int, Task]], means: Means, steps: dict[int, Step]) -> None:
        """`steps` gets what comes of each, by its number."""
        self._left = left
        self._means = means
        self._steps = steps
        self._fault: BaseException | None = None

    def done(self) -> None:
        """
        Do all of it.

        Raises:
            GradientError: one could not be done.

        """
        jobs = at_once(len(self._left))
        if jobs <= 1:
            self._serve()
        # As many as there are programs at a time: this thread only waits, and hears signals.
        for thread in start(self._serve, jobs, lambda line: None) if jobs > 1 else ():
            while thread.is_alive():
                thread.join(HEARING_S)
        if self._fault:
            raise self._fault

    def _serve(self) -> None:
        while self._left and self._fault is None:
            try:
                number, task = self._left.pop(0)
            except IndexError:
                return
            try:
                self._steps[number] = _step(task, self._means)
            except BaseException as fault:
                # Whoever waits raises it; in a thread it would end that alone.
                self._fault = self._fault or fault


def _step(task: Task, means: Means) -> Step:
    left_s = means.remaining_s()
    longest_s = means.timeout_s if left_s is None else min(means.timeout_s, left_s)
    began = time.monotonic()
    done = _run(task, means, longest_s)
    if done.timed_out and longest_s < means.timeout_s:
        raise run_timed_out()
    seconds = time.monotonic() - began
    return telling.result(task.call, done, seconds, means.timeout_s, means.veil)


def _run(task: Task, means: Means, longest_s: float) -> Done:
    command = task.program
    try:
        return run_program(
            command.words,
            means.environ,
            longest_s,
            telling.MOST_OUTPUT,
            stdin=f"{task.arguments.text}\n".encode(),
        )
    except (OSError, ValueError) as error:
        if exhausted := MachineExhausted.behind(error):
            raise exhausted from None
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        is_script = getattr(error, "errno", None) == errno.ENOEXEC
        raise UsageError(
            f'--run-tool {command.name}: cannot start "{command.program}": {reason}',
            hint="a script begins with #! and the program that reads it" if is_script else None,
        ) from None


# From a recording -----------------------------------------------------------------------------


def replayed(tasks: Sequence[Task], recorded: list[Json] | None, tell: Tell) -> tuple[Step, ...]:
    """
    Give what a recording has of these calls.

    Raises:
        ReplayMiss: it has nothing, or something else.

    """
    if recorded is None or len(recorded) != len(tasks):
        raise ReplayMiss(
            f"the recording has no results for the calls of {tasks[0].call.name}",
            hint="record anew, with --run-tool and --record: a replay starts no program",
        )
    steps = tuple(_recorded(task, one) for task, one in zip(tasks, recorded, strict=True))
    for step in steps:
        tell(telling.run_line(step, is_recorded=True))
    return steps


def _recorded(task: Task, given: Json) -> Step:
    try:
        step = Step(
            call=task.call,
            output=_as(str, given["output"]),
            exit_code=given["exit_code"] if given["exit_code"] is None else int(given["exit_code"]),
            error=given["error"] if given["error"] is None else _as(str, given["error"]),
            ms=max(0, int(given["ms"])),
        )
    except (KeyError, TypeError, ValueError):
        step = None
    if step is None or given["name"] != task.call.name:
        raise ReplayMiss(
            f"the recording's result for {task.call.name} is none of its",
            hint="record anew, with --run-tool and --record",
        )
    return step


def _as(kind: type[str], value: Json) -> str:
    if not isinstance(value, kind):
        raise TypeError
    return value
