"""
Which test of a former run is which of this one.

    suite   by its path from the working folder; else by its text; else by its file name
    test    by its name, and its model where several stand side by side
    row     by its `name` or `id`; else by what stands in it, in order; else by its number
"""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import PurePath

from gradient_cli.check.baseline import ALPHA, Baseline, Key
from gradient_cli.check.case import Case, known_suite
from gradient_cli.check.report import PASSED, SKIPPED
from gradient_cli.check.saved_run import SavedRun, SavedTest, saved_case
from gradient_cli.errors import UsageError
from gradient_cli.values import record

MOST_NAMED = 10
_COUNTED = re.compile(r"row \d+")
"""What a row without a name is called."""
_CHANGED = "its row reads otherwise than then"
_Group = tuple[str, str, str | None]
"""A test: its suite, name and model."""


@record(kw_only=True)
class Matched:
    """A former run and the tests of this one."""

    run: SavedRun
    then: dict[Key, SavedTest] = field(default_factory=dict)
    changed: dict[Key, str] = field(default_factory=dict)
    gone: list[SavedTest] = field(default_factory=list)
    """What no test of this run's suites is."""
    elsewhere: list[SavedTest] = field(default_factory=list)
    """What stands in suites, or was asked of models, that this run was told to leave out."""

    def baseline(self, flag: str, asked: Sequence[Case], alpha: float = ALPHA) -> Baseline:
        """
        Give what this run is held against.

        Raises:
            UsageError: it has nothing to do with this run, or tests of it are gone.

        """
        keys = {(case.suite, case.title) for case in asked}
        found = self.then.keys() | self.changed.keys()
        if self.run.tests and not found:
            raise self._foreign(flag, asked)
        if not self.run.tests:
            why = f": {self.run.stop}" if self.run.stop else ""
            raise UsageError(
                f'{flag} "{self.run.path}" is a run that asked nothing{why}', hint="save it anew"
            )
        if self.gone:
            raise self._missing(flag)
        left_out = len(self.elsewhere) + sum(1 for key in found if key not in keys)
        return Baseline(
            run=self.run,
            then=self.then,
            changed=self.changed,
            alpha=alpha,
            left_out=left_out,
            notes=tuple(self._notes(asked)),
        )

    def kept(self, asked: Collection[Key]) -> list[SavedTest]:
        """Give what this run does not ask, and its suites still have."""
        left = [test for key, test in self.then.items() if key not in asked]
        return [*left, *self.elsewhere]

    def failed(self) -> set[Key]:
        """Give the keys of tests that did not pass, and of such rows of a test that did not."""
        rows: dict[_Group, list[SavedTest]] = defaultdict(list)
        for test in self.run.tests:
            rows[test.suite, test.test, test.model].append(test)
        good = {
            group
            for group, tests in rows.items()
            if tests[0].row is not None
            and sum(1 for test in tests if test.outcome == PASSED) >= tests[0].required
        }
        return {
            key
            for key, test in self.then.items()
            if test.outcome not in {PASSED, SKIPPED}
            and not good & {(test.suite, test.test, test.model), (test.suite, test.test, None)}
        } | set(self.changed)

    def _foreign(self, flag: str, asked: Sequence[Case]) -> UsageError:
        suites = {test.suite for test in self.run.tests}
        now = {known_suite(case.suite) for case in asked}
        if suites & now:
            return UsageError(
                f'{flag} "{self.run.path}" has none of the tests of this run',
                hint="is it the run of another suite, or of other models?",
            )
        return UsageError(
            f'{flag} "{self.run.path}" is of another suite: {_some(sorted(suites))}, '
            f"and this run asks {_some(sorted(now))}",
            hint="save a run of this suite with --save",
        )

    def _missing(self, flag: str) -> UsageError:
        named = _some([f'"{test.title}" ({test.suite})' for test in self.gone])
        are = "test is" if len(self.gone) == 1 else "tests are"
        return UsageError(
            f'{flag} "{self.run.path}": {len(self.gone)} of its {are} gone: {named}',
            hint="a test that is no longer asked cannot get worse; `-k` and `--tag` choose some, "
            "and --save without --baseline begins a new baseline",
        )

    def _notes(self, asked: Sequence[Case]) -> list[str]:
        notes = []
        if not self.run.is_complete:
            why = f": {self.run.stop}" if self.run.stop else ""
            notes.append(f"the baseline was cut short{why}")
        digests = {known_suite(case.suite): (case.suite, case.digest) for case in asked}
        for suite, (path, digest) in digests.items():
            before = self.run.suites.get(suite)
            if before is not None and digest and before != digest:
                notes.append(f"{path} reads otherwise than it did for the baseline")
        return notes


def match(
    run: SavedRun, asked: Iterable[Case], left_out: Iterable[Case], *, models_chosen: bool
) -> Matched:
    """
    Find the tests of a former run among those of this one's suites.

    `models_chosen`: the command line names the models, so that another one is no loss.
    """
    cases = [*asked, *left_out]
    names = _suites(run, cases)
    old: dict[_Group, list[SavedTest]] = defaultdict(list)
    for test in run.tests:
        old[names.get(test.suite, test.suite), test.test, test.model].append(test)
    new: dict[_Group, list[tuple[Case, SavedTest]]] = defaultdict(list)
    for case in cases:
        identity = saved_case(case)
        new[identity.suite, identity.test, identity.model].append((case, identity))
    found = Matched(run=run)
    for group, members in new.items():
        _match_rows(_former(old, group, members[0][0]), members, found)
    skipped = {(known_suite(case.suite), case.name) for case in cases if case.skip is not None}
    asked_tests = {(suite, test) for suite, test, _ in new}
    suites = {suite for suite, _, _ in new}
    for (suite, name, _), left in old.items():
        if (suite, name) in skipped:
            continue
        is_model = models_chosen and (suite, name) in asked_tests
        is_suite = suite not in suites and os.path.exists(suite)
        (found.elsewhere if is_model or is_suite else found.gone).extend(left)
    return found


def _suites(run: SavedRun, cases: Iterable[Case]) -> dict[str, str]:
    """Give the former name of a suite -> the one that it has now."""
    former = dict.fromkeys(test.suite for test in run.tests)
    now = {known_suite(case.suite): case.digest for case in cases}
    found: dict[str, str] = {name: name for name in former if name in now}
    for is_same in (_is_same_text, _is_same_file):
        for name in now:
            if name in found.values():
                continue
            others = [old for old in former if old not in found and is_same(run, old, name, now)]
            if len(others) == 1:
                found[others[0]] = name
    return found


def _is_same_text(run: SavedRun, old: str, name: str, now: Mapping[str, str]) -> bool:
    return bool(now[name]) and run.suites.get(old) == now[name]


def _is_same_file(run: SavedRun, old: str, name: str, now: Mapping[str, str]) -> bool:
    return PurePath(old).name == PurePath(name).name and not os.path.exists(old)


def _former(old: dict[_Group, list[SavedTest]], group: _Group, case: Case) -> list[SavedTest]:
    """Take what a test was: of the same model if there were several in one of the runs."""
    if group in old:
        return old.pop(group)
    suite, test, model = group
    if model is None:
        # One model now, several then: the one that is asked.
        key = (suite, test, case.model)
        return old.pop(key, []) if case.model else []
    alone = old.get((suite, test, None), [])
    if alone and all(one.asked == model for one in alone):
        return [replace(one, model=model) for one in old.pop((suite, test, None))]
    return []


def _match_rows(
    former: Sequence[SavedTest], members: Sequence[tuple[Case, SavedTest]], found: Matched
) -> None:
    """Note for each row, or the test alone, what it was, and what none of them is."""
    if any(case.skip is not None for case, _ in members):
        return
    by_content: dict[tuple[str | None, str | None], list[SavedTest]] = defaultdict(list)
    for test in reversed(former):
        by_content[_name_of(test), test.content].append(test)
    unmatched = []
    for case, identity in members:
        same = by_content[_name_of(identity), identity.content]
        if same:
            found.then[case.suite, case.title] = same.pop()
        else:
            unmatched.append((case, identity))
    left = {test.row: test for tests in by_content.values() for test in tests}
    for case, identity in unmatched:
        if identity.row is not None and left.pop(identity.row, None) is not None:
            found.changed[case.suite, case.title] = _CHANGED
    found.gone.extend(left.values())


def _name_of(test: SavedTest) -> str | None:
    """Give the name that a row was given; None for one that is counted, and for a test alone."""
    return None if test.row is None or _COUNTED.fullmatch(test.row) else test.row


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
