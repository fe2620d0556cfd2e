"""
Tests held against labels: which decisions of a test a row says the right word for.

    Prepared, its row ─► aims_of ─► Aim, one a decision, label or judge
    results           ─► studies ─► Study: what was said of each row, and what was right

The column that says what is right is the test's `label`, that of the decision, or the one that
is called `label` or `expected`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gradient_cli.ask.decision import words_of
from gradient_cli.ask.sureness import Sureness, with_tokens
from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.calibration import TIE, Agreement, Sample, agreement
from gradient_cli.check.judge import FAIL, PASS
from gradient_cli.check.report import Result
from gradient_cli.check.trial import Prepared
from gradient_cli.errors import UsageError
from gradient_cli.expect.labels import match_label
from gradient_cli.values import record
from gradient_cli.wire.decision import HALF, NO, YES, YesNo

COLUMNS = ("label", "expected")
"""Where the right word is looked for, if nobody says."""
_SAME = {"true": 0, "1": 0, "yes": 0, "pass": 0, "false": 1, "0": 1, "no": 1, "fail": 1}
"""Words for a yes and a no, whatever a table calls them."""


@record
class Aim:
    """One thing that a test says of a row, and what would be right."""

    kind: str
    """decide, one_of or judge."""
    place: int
    """Among those of its kind, from 0."""
    question: str
    words: tuple[str, ...]
    """Those that can be said."""
    right: str
    """The one that is right."""
    is_yes_or_no: bool


def calibrating(test: Prepared) -> Prepared:
    """Give the test as it is asked for a calibration: everything, and each row once."""
    wanted = test.sureness
    if wanted is None and test.case.wants.one_of and test.given is None:
        is_alone = not (test.inquiry.points or test.bench.criteria)
        wanted = Sureness() if is_alone else None
        if wanted:
            test = replace(test, request=with_tokens(test.request))
    case = replace(test.case, repeat=1, require=1)
    wanted = replace(wanted, sure=None) if wanted else None
    return replace(test, case=case, sureness=wanted, is_calibrating=True)


def aims_of(test: Prepared) -> tuple[Aim, ...]:
    """
    Give what of a test is held against its row; nothing for a test without rows or decisions.

    Raises:
        UsageError: a row does not say what is right.

    """
    row, aims = test.case.row, []
    if row is None:
        return ()
    points = test.inquiry.points
    for place, point in enumerate(points):
        words = words_of(point.question)
        right = _right(test, point.label, words, is_one=len(points) == 1)
        is_yes_or_no = isinstance(point.question, YesNo)
        aims.append(Aim("decide", place, point.text, words, right, is_yes_or_no))
    labels = tuple(test.expectations.labels) if test.sureness else ()
    if labels:
        right = _right(test, None, labels, is_one=True)
        aims.append(Aim("one_of", 0, "one_of", labels, right, is_yes_or_no=False))
    criteria = test.bench.criteria
    for place, criterion in enumerate(criteria):
        right = _right(test, None, (PASS, FAIL), is_one=len(criteria) == 1)
        aims.append(Aim("judge", place, criterion, (PASS, FAIL), right, is_yes_or_no=True))
    return tuple(aims)


def _right(test: Prepared, named: str | None, words: Sequence[str], *, is_one: bool) -> str:
    row = test.case.row
    assert row
    column = named or test.case.label
    if column is None:
        column = next((name for name in COLUMNS if name in row.variables), None)
    where = f"{test.case.suite}:{test.case.line}"
    if column is None:
        raise UsageError(
            f"{where}: no column says what is right",
            hint=f'label = "COLUMN" names it; there are {", ".join(row.variables)}',
        )
    if named is None and not is_one:
        raise UsageError(
            f"{where}: one label cannot be right for several decisions",
            hint='decide = [{ question = "…", label = "COLUMN" }, …]; judges in tests of their own',
        )
    place = f"{row.file}:{row.line}"
    if column not in row.variables:
        raise UsageError(f"{place}: there is no column `{column}`, which says what is right")
    return _word(row.variables[column], words, f"{place}: `{column}`")


def _word(given: str, words: Sequence[str], where: str) -> str:
    """Give the word that a label means."""
    if found := match_label(given, words):
        return found
    is_two = tuple(words) in {(YES, NO), (PASS, FAIL)}
    if is_two and (place := _SAME.get(given.strip().casefold())) is not None:
        return words[place]
    raise UsageError(f'{where} is "{given[:80]}", which is none of {", ".join(words)}')


@record
class Said:
    """What was said of one row, and what was right."""

    row: str
    word: str | None
    """None: nothing was decided."""
    right: str
    probability: float | None = None


@record
class Study:
    """All that one test says of its rows by one decision, for one model."""

    suite: str
    line: int
    name: str
    model: str | None
    aim: Aim
    source: str
    """model, tokens, votes or judge."""
    decider: str
    """The model that decided, as it calls itself; "" where none did."""
    said: tuple[Said, ...]
    lost: int
    """Rows that could not be judged."""

    @property
    def rows(self) -> int:
        """Give how many rows were judged."""
        return len(self.said)

    @property
    def samples(self) -> list[Sample]:
        """Give those that have a word with a probability."""
        return [
            Sample(one.probability, one.word == one.right)
            for one in self.said
            if one.word is not None and one.probability is not None
        ]

    @property
    def agreement(self) -> Agreement | None:
        """Give yes and no against labels; None where there are other words."""
        decided = [one for one in self.said if one.word is not None]
        if not self.aim.is_yes_or_no or not decided:
            return None
        yes = self.aim.words[0]
        return agreement(
            [one.word == yes for one in decided], [one.right == yes for one in decided]
        )

    @property
    def right(self) -> int:
        """Count the rows of which the right word was said."""
        return sum(one.word == one.right for one in self.said)


Key = tuple[str, int, str, str | None, str, int]


def studies(
    results: Iterable[Result], aims: Mapping[tuple[str, str], tuple[Aim, ...]]
) -> list[Study]:
    """Give what came of each aim; `aims` by the key of a result."""
    found: dict[Key, list[tuple[Result, Aim]]] = {}
    for result in results:
        for aim in aims.get(result.key, ()) if result.attempts else ():
            name = result.row.test if result.row else result.name
            key = (result.suite, result.line, name, result.of_model, aim.kind, aim.place)
            found.setdefault(key, []).append((result, aim))
    return [_study(key, pairs) for key, pairs in found.items()]


def _study(key: Key, pairs: Sequence[tuple[Result, Aim]]) -> Study:
    judged = [(result, aim) for result, aim in pairs if result.attempts[0].error is None]
    said, sources, deciders = [], {}, {}
    for result, aim in judged:
        finding = _finding(result.attempts[0], aim)
        name = result.row.name if result.row else result.name
        if finding is None or not finding.decision:
            said.append(Said(name, None, aim.right))
            continue
        odds = finding.probability or {}
        sources[str(odds.get("from", aim.kind))] = True
        deciders[str(odds.get("model") or "")] = True
        said.append(Said(name, _decided(finding, aim), aim.right, odds.get("value")))
    suite, line, test, model, _, _ = key
    source, decider = next(iter(sources), ""), ", ".join(filter(None, deciders))
    aim, lost = pairs[0][1], len(pairs) - len(judged)
    return Study(suite, line, test, model, aim, source, decider, tuple(said), lost)


def _finding(attempt: Attempt, aim: Aim) -> Finding | None:
    of_kind = [finding for finding in attempt.findings if finding.expectation == aim.kind]
    return of_kind[aim.place] if aim.place < len(of_kind) else None


def _decided(finding: Finding, aim: Aim) -> str | None:
    """Give the word; of two that are equally probable none was decided."""
    value = (finding.probability or {}).get("value")
    is_even = aim.is_yes_or_no and isinstance(value, float) and value <= HALF + TIE
    return None if is_even else finding.decision
