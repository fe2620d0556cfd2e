"""
What became of each test since a baseline, as frozen values; every report shows them.

    worse     fewer pass, and that is no chance; or what was asked once passed and fails now
    better    the same the other way round
    flaky     it passes sometimes, then and now
    same      any difference may be chance
    new       not in the baseline, or expecting something else: judged as usual
    unsure    it became unsure, or still is: told, and no failure
    unjudged  too much of it could not be judged to tell: judged as usual
"""

from collections.abc import Mapping

from gradient_cli.values import record

WORSE, BETTER, FLAKY, SAME, NEW, UNSURE_NOW, UNJUDGED = STATES = (
    "worse",
    "better",
    "flaky",
    "same",
    "new",
    "unsure",
    "unjudged",
)


MOST_SIGHTS = 12
"""Lines about what comparisons could have seen; `--json` has that of each test."""


@record
class Count:
    """How many passed, of how many that were judged: rows, or attempts of one test."""

    passes: int
    judged: int

    def __str__(self) -> str:
        """Give it as 3/4."""
        return f"{self.passes}/{self.judged}"


@record
class Fall:
    """A row, or a test, that passed then and fails now."""

    key: tuple[str, str]
    name: str
    then: str
    """An answer that passed; model text."""
    now: str
    """One that failed."""


@record(kw_only=True)
class Change:
    """What became of one test."""

    state: str
    then: Count | None = None
    """None: there is nothing to hold it against."""
    now: Count | None = None
    chance: float | None = None
    """How likely a drop as large as this were by chance alone, 0 to 1."""
    is_regression: bool = False
    """It got worse and fails."""
    is_forgiven: bool = False
    """It does not pass, and nothing speaks for it that it got worse."""
    why: str = ""
    """What else there is to know; lower case, no full stop."""
    sight: str = ""
    """What the comparison could have seen."""
    fell: tuple[Fall, ...] = ()
    """What passed then and fails now: rows, or the test."""
    rose: tuple[str, ...] = ()
    spared: tuple[tuple[str, str], ...] = ()
    """Keys of the rows that did not pass, and are not counted against it."""

    @property
    def is_measured(self) -> bool:
        """Tell whether chance was reckoned with: something changed, and more than one asked."""
        many = self.then is not None and self.then.judged > 1
        return many and self.state in {WORSE, BETTER}

    @property
    def words(self) -> str:
        """Give it on one line: worse, 40/40 in the baseline."""
        parts = [self.state]
        if self.then:
            parts.append(f"{self.then} in the baseline")
        if self.chance is not None and self.is_measured:
            parts.append(f"p {self.chance:.2g}")
        if self.why:
            parts.append(self.why)
        return ", ".join(parts)


@record(kw_only=True)
class Comparison:
    """A whole run against a baseline."""

    path: str
    """The file as the user named it."""
    started: str
    asked: tuple[str, ...]
    answered: tuple[str, ...]
    """The models of the baseline."""
    alpha: float
    changes: Mapping[tuple[str, str], Change]
    """key of a test -> what became of it, in the order of the suites; skipped tests have none."""
    left_out: int = 0
    """How many tests and rows of the baseline this run was told not to ask."""
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Give state -> number of tests; every state is there."""
        found = dict.fromkeys(STATES, 0)
        for change in self.changes.values():
            found[change.state] += 1
        return found

    @property
    def forgiven(self) -> set[tuple[str, str]]:
        """Give the keys of tests that do not pass and do not count."""
        return {key for key, change in self.changes.items() if change.is_forgiven}

    @property
    def spared(self) -> set[tuple[str, str]]:
        """Give the keys of the rows that are not counted against their test."""
        return {key for change in self.changes.values() for key in change.spared}

    def summary(self) -> str:
        """Give one line: what it was held against, and how many of which state."""
        counts = [f"{n} {state}" for state, n in self.counts.items() if n] or ["nothing compared"]
        models = ", ".join(["", *(self.asked or self.answered)])
        left = f"; {self.left_out} of it not asked" if self.left_out else ""
        return f"against {self.path} ({self.started}{models}): {', '.join(counts)}{left}"

    @property
    def fallen(self) -> set[tuple[str, str]]:
        """Give the keys of tests and rows by which something got worse."""
        worse = (change for change in self.changes.values() if change.state == WORSE)
        return {fall.key for change in worse for fall in change.fell}

    def sights(self) -> list[str]:
        """Give what the comparisons could have seen, those that say the same together."""
        found: dict[str, list[str]] = {}
        for (_, title), change in self.changes.items():
            if change.sight:
                found.setdefault(change.sight, []).append(title)
        lines = [
            f"{words} ({f'{len(titles)} tests' if len(titles) > 1 else titles[0]})"
            if len(self.changes) > 1
            else words
            for words, titles in found.items()
        ]
        left = len(lines) - MOST_SIGHTS
        return [*lines[:MOST_SIGHTS], *([f"and {left} more such lines"] if left > 0 else [])]
