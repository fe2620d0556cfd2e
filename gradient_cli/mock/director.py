"""Who answers next: the behaviours of a script in their turns, for many threads."""

import re
from collections.abc import Collection, Sequence
from threading import Lock

from gradient_cli.mock.script import Behaviour


class Director:
    """Chooses the behaviour for each request."""

    def __init__(self, behaviours: Sequence[Behaviour], *, is_looped: bool) -> None:
        self._behaviours = behaviours
        self._is_looped = is_looped
        self._lock = Lock()
        self._used = [0] * len(behaviours)
        numbers = range(len(behaviours))
        # What was written for some requests comes before what is for any.
        self._order = sorted(
            numbers, key=lambda n: (behaviours[n].sees is None, behaviours[n].is_for_any)
        )

    def choose(self, prompt: str, model: str, seen: Collection[str] = ()) -> Behaviour:
        """
        Give the behaviour for a request; where none fits, the mock's own words.

        `seen`: the functions whose results it brings back.
        """
        fitting = [n for n in self._order if _fits(self._behaviours[n], prompt, model, seen)]
        if not fitting:
            return Behaviour()
        with self._lock:
            return self._behaviours[self._next(fitting)]

    def _next(self, fitting: list[int]) -> int:
        for _ in range(2):
            for number in fitting:
                times = self._behaviours[number].most_times
                if times == 0 or self._used[number] < times:
                    self._used[number] += 1
                    return number
            if not self._is_looped:
                break
            for number in fitting:
                self._used[number] = 0
        return fitting[-1]


def _fits(behaviour: Behaviour, prompt: str, model: str, seen: Collection[str]) -> bool:
    if behaviour.model is not None and behaviour.model != model:
        return False
    if behaviour.sees is not None and not (behaviour.sees in seen or (seen and not behaviour.sees)):
        return False
    return behaviour.match is None or re.search(behaviour.match, prompt) is not None
