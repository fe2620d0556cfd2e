"""
The loop: asks, answers the calls of the answer, and asks again, until an answer has none.

    request ─► Asker ─► outcome ─► policy ── Rest ──► the outcome, with all that led to it
                 ▲                    │
                 └── results ◄── runs ┘ Answer

It is an Asker itself, so expectations, repairs, suites and batches need not know of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, assert_never

from gradient_cli.ask.client import Asker
from gradient_cli.ask.exchange import Exchange, Outcome, Watcher
from gradient_cli.ask.tools.policy import Answer, Enough, Rest, Task, asked_again, next_move, said
from gradient_cli.errors import GradientError
from gradient_cli.programs.command import Command
from gradient_cli.values import record
from gradient_cli.wire.calls import Step
from gradient_cli.wire.events import CommentaryDelta, Event, TextDelta
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import Request
from gradient_cli.wire.response import Reading, Response

STEP = "gradient.step"
"""The `type` of a call that was answered, in `--format events`."""


class Answering(Protocol):
    """What answers calls: programs, or a recording of what they said."""

    def __call__(self, tasks: Sequence[Task]) -> tuple[Step, ...]:
        """
        Answer calls, in their order.

        Raises:
            GradientError: they cannot be answered.

        """


@record
class Rules:
    """Which calls are answered, and how many."""

    programs: "dict[str, Command]"
    most: int
    answer: Answering
    tell: Callable[[str], None]
    """Says a line for people."""
    clock: Callable[[], float]


class Rounds:
    """Asks through another Asker until nothing is called any more."""

    def __init__(self, inner: Asker, rules: Rules) -> None:
        self._inner = inner
        self._rules = rules
        self._last: tuple[Json, int] | None = None
        """What was added last to a conversation, and how many calls it had by then."""

    def ask(
        self, request: Request, watcher: Watcher | None = None, reading: Reading | None = None
    ) -> Outcome:
        """Ask, with as many rounds as it takes; see `Asker.ask`."""
        rules = self._rules
        onlooker = _Onlooker(watcher) if watcher else None
        reading = replace(reading, is_printed=False) if reading else None
        before = self._count(request)
        found = self._inner.ask(request, onlooker, reading)
        while True:
            count = before + len(found.response.steps)
            move = next_move(request, found, rules.programs, count=count, most=rules.most)
            match move:
                case Rest(note):
                    if note:
                        rules.tell(note)
                    _pass_answer(found, watcher)
                    return replace(found, asked=request)
                case Enough(error):
                    return replace(found, asked=request, error=error)
                case Answer(tasks):
                    pass
                case _:
                    assert_never(move)
            _pass_words(found, watcher)
            began = rules.clock()
            try:
                results = rules.answer(tasks)
            except GradientError as error:
                return replace(found, asked=request, error=error)
            took_ms = round((rules.clock() - began) * 1000)
            _pass_steps(results, watcher)
            added = said(found.response, results)
            self._last = added[-1], count + len(results)
            request = asked_again(request, added)
            again = self._inner.ask(request, onlooker, reading)
            found = _gone_on(found, results, added, again, took_ms)

    def _count(self, request: Request) -> int:
        """Give how many calls led to a request, where it goes on from what was said here."""
        given = request.input
        if self._last is None or not isinstance(given, tuple):
            return 0
        last, count = self._last
        return count if any(item is last for item in given) else 0

    def text(
        self, method: str, path: str, body: Json = None, model: str | None = None
    ) -> tuple[str, Exchange, int]:
        """Give what another call is answered with."""
        return self._inner.text(method, path, body, model)

    def close(self) -> None:
        """Let the connections go."""
        self._inner.close()


class _Onlooker:
    """Stands before who looks on, and holds the text back: calls may follow it."""

    def __init__(self, watcher: Watcher) -> None:
        self.frame = watcher.frame
        self._watcher = watcher

    def event(self, event: Event) -> None:
        if not isinstance(event, TextDelta):
            self._watcher.event(event)


def _pass_answer(found: Outcome, watcher: Watcher | None) -> None:
    """Show the text of the last answer, which no call follows."""
    if watcher and found.response.text:
        watcher.event(TextDelta(found.response.text))


def _pass_words(found: Outcome, watcher: Watcher | None) -> None:
    """Show what the model said before it called: it is not its answer."""
    if watcher and found.response.text:
        watcher.event(CommentaryDelta(found.response.text))


def _pass_steps(steps: tuple[Step, ...], watcher: Watcher | None) -> None:
    """Show what came of the calls to who looks at events."""
    for step in steps:
        if watcher:
            watcher.frame(STEP, line({"type": STEP, **step.as_document()}))


def _with(response: Response, before: Response, steps: tuple[Step, ...]) -> Response:
    """Give a response with what was done for it: by programs, and by the service itself."""
    done = (*before.server_calls, *response.server_calls)
    return replace(response, steps=steps, server_calls=done)


def _gone_on(
    before: Outcome,
    steps: tuple[Step, ...],
    added: tuple[object, ...],
    again: Outcome,
    took_ms: int,
) -> Outcome:
    """Give the outcome of the next round, with all that led to it."""
    joined = before.followed_by(
        replace(again, response=_with(again.response, before.response, steps), said=added),
        between_ms=took_ms,
    )
    took = [before.answer_ms, took_ms, again.answer_ms]
    return replace(joined, answer_ms=sum(ms or 0 for ms in took))
