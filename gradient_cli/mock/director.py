"""Who answers next: the behaviours of a script in their turns, for many threads."""

import re
from threading import Lock

from gradient_cli.mock.script import Behaviour, Script


class Director:
    """Chooses the behaviour for each request."""

    def __init__(self, script: Script) -> None:
        self._behaviours = script.behaviours
        self._is_looped = script.is_looped
        self._lock = Lock()
        self._used = [0] * len(script.behaviours)
        numbers = range(len(script.behaviours))
        # What was written for some requests comes before what is for any.
        self._order = sorted(numbers, key=lambda n: script.behaviours[n].is_for_any)

    def choose(self, prompt: str, model: str) -> Behaviour:
        """Give the behaviour for a request; where none fits, the mock's own words."""
        fitting = [n for n in self._order if _fits(self._behaviours[n], prompt, model)]
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


def _fits(behaviour: Behaviour, prompt: str, model: str) -> bool:
    if behaviour.model is not None and behaviour.model != model:
        return False
    return behaviour.match is None or re.search(behaviour.match, prompt) is not None
