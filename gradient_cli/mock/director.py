"""Who answers next: the behaviours of a script in their turns, for many threads."""

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from threading import Lock

from gradient_cli.mock.script import Behaviour

Finds = Callable[[str], object]
"""Whether a pattern is found in a prompt."""


class Director:
    """
    Chooses the behaviour for each request.

    A script may hold an answer for each of very many requests: what is for any of them is
    taken in its turn, and looked for by nobody.
    """

    def __init__(self, behaviours: Sequence[Behaviour], *, is_looped: bool) -> None:
        self._is_looped = is_looped
        self._lock = Lock()
        # What was written for some requests comes before what is for any.
        some = sorted(
            (behaviour for behaviour in behaviours if not behaviour.is_for_any),
            key=lambda behaviour: behaviour.sees is None,
        )
        self._some = [_Part(behaviour) for behaviour in some]
        self._any = [behaviour for behaviour in behaviours if behaviour.is_for_any]
        self._turn = self._used = 0
        """Which of those for any is next, and how often it was used."""

    def choose(self, prompt: str, model: str, seen: Collection[str] = ()) -> Behaviour:
        """
        Give the behaviour for a request; where none fits, the mock's own words.

        `seen`: the functions whose results it brings back.
        """
        fits = partial(_Part.fits, prompt=prompt, model=model, seen=seen)
        with self._lock:
            if found := self._next(fits):
                return found
            if self._is_looped:
                for part in self._some:
                    part.used *= not fits(part)
                self._turn = self._used = 0
                if found := self._next(fits):
                    return found
            if self._any:
                return self._any[-1]
            last = next((part for part in reversed(self._some) if fits(part)), None)
            return last.behaviour if last else Behaviour()

    def _next(self, fits: Callable[["_Part"], bool]) -> Behaviour | None:
        for part in self._some:
            if not part.is_used_up and fits(part):
                part.used += 1
                return part.behaviour
        while self._turn < len(self._any):
            behaviour = self._any[self._turn]
            self._used += 1
            if behaviour.most_times in {0, self._used}:
                self._turn, self._used = self._turn + (behaviour.most_times > 0), 0
            return behaviour
        return None


class _Part:
    """A behaviour for some requests alone."""

    __slots__ = ("_finds", "behaviour", "used")

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.used = 0
        # Compiled here: `re` itself keeps some hundreds.
        self._finds: Finds | None = None
        if behaviour.match is not None:
            self._finds = re.compile(behaviour.match).search

    @property
    def is_used_up(self) -> bool:
        return 0 < self.behaviour.most_times <= self.used

    def fits(self, prompt: str, model: str, seen: Collection[str]) -> bool:
        behaviour = self.behaviour
        if behaviour.model is not None and behaviour.model != model:
            return False
        wanted = behaviour.sees
        if wanted is not None and not (wanted in seen or (seen and not wanted)):
            return False
        return self._finds is None or self._finds(prompt) is not None
