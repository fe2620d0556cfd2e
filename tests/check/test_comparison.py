"""What became of each test, as every report says it."""

from gradient_cli.check.comparison import (
    BETTER,
    FLAKY,
    MOST_SIGHTS,
    NEW,
    SAME,
    WORSE,
    Change,
    Comparison,
    Count,
    Fall,
)
from gradient_cli.exits import ExitStatus
from tests.check.known_report import attempt, result


def compared(*changes: Change, **more) -> Comparison:
    """Give a comparison of tests t0, t1, …"""
    return Comparison(
        path="b.json",
        started="2026-01-01",
        asked=("a-model",),
        answered=("a-model-1",),
        alpha=0.05,
        changes={("s.toml", f"t{n}"): change for n, change in enumerate(changes)},
        **more,
    )


def test_a_change_is_told_on_one_line():
    """With its chance where chance was reckoned with, and only there."""
    many, one = Count(40, 40), Count(1, 1)

    assert Change(state=NEW).words == "new"
    assert Change(state=NEW, why="it expects something else").words == (
        "new, it expects something else"
    )
    assert Change(state=SAME, then=many, chance=0.5).words == "same, 40/40 in the baseline"
    assert Change(state=WORSE, then=one, chance=0.5).words == "worse, 1/1 in the baseline"
    assert Change(state=WORSE, then=many).words == "worse, 40/40 in the baseline"
    for state in (WORSE, BETTER):
        words = Change(state=state, then=many, chance=0.01234, why="2 are new").words
        assert words == f"{state}, 40/40 in the baseline, p 0.012, 2 are new"
    assert not Change(state=WORSE).is_measured
    assert not Change(state=FLAKY, then=many).is_measured


def test_a_change_that_says_nothing_blames_nobody():
    """A build is broken by what is said to have got worse, and by nothing else."""
    found = Change(state=SAME)

    assert (found.is_regression, found.is_forgiven) == (False, False)
    assert (found.fell, found.rose, found.spared, found.sight) == ((), (), (), "")


def test_a_summary_counts_the_states_that_there_are():
    """And says which models it was; what this run was told to leave out counts, too."""
    found = compared(Change(state=SAME), Change(state=WORSE), Change(state=SAME), left_out=3)

    assert found.counts == {
        "worse": 1, "better": 0, "flaky": 0, "same": 2, "new": 0, "unsure": 0, "unjudged": 0,
    }  # fmt: skip
    assert found.summary() == (
        "against b.json (2026-01-01, a-model): 1 worse, 2 same; 3 of it not asked"
    )
    assert compared().summary() == "against b.json (2026-01-01, a-model): nothing compared"


def test_what_fell_is_what_fell_of_those_that_got_worse():
    """A row that fell in a test that did not get worse is no alarm."""
    fall = Fall(("s.toml", "t0 [a]"), "a", "yes", "no")
    other = Fall(("s.toml", "t1 [b]"), "b", "yes", "no")
    found = compared(
        Change(state=WORSE, fell=(fall,), is_regression=True, spared=(("s.toml", "t0 [c]"),)),
        Change(state=SAME, fell=(other,), is_forgiven=True, spared=(("s.toml", "t1 [b]"),)),
    )

    assert found.fallen == {fall.key}
    assert found.forgiven == {("s.toml", "t1")}
    assert found.spared == {("s.toml", "t0 [c]"), ("s.toml", "t1 [b]")}


def test_what_could_have_been_seen_is_said_once_for_all_that_say_the_same():
    """One test needs no name; one of several has its own."""
    same = Change(state=SAME, sight="asked once")

    assert compared(same).sights() == ["asked once"]
    assert compared(same, Change(state=SAME)).sights() == ["asked once (t0)"]
    assert compared(same, same, Change(state=SAME, sight="4 cases")).sights() == [
        "asked once (2 tests)",
        "4 cases (t2)",
    ]


def test_lines_of_what_could_have_been_seen_have_an_end():
    """A suite of thousands says the most usual ones."""

    def many(count: int) -> list[str]:
        return compared(*(Change(state=SAME, sight=f"{n} cases") for n in range(count))).sights()

    assert len(many(MOST_SIGHTS)) == MOST_SIGHTS
    assert many(MOST_SIGHTS)[-1] == f"{MOST_SIGHTS - 1} cases (t{MOST_SIGHTS - 1})"
    assert many(MOST_SIGHTS + 2)[-1] == "and 2 more such lines"
    assert len(many(MOST_SIGHTS + 2)) == MOST_SIGHTS + 1


def test_the_attempt_that_tells_best_why_is_the_worst_and_then_the_first():
    """One that could not be judged before one that failed; none where the test passed."""
    kinds = {"p": ExitStatus.OK, "f": ExitStatus.EXPECTATION, "e": ExitStatus.SERVICE}

    def problem(letters: str, **more) -> int | None:
        attempts = [attempt(n, kinds[one]) for n, one in enumerate(letters, 1)]
        found = result("t", *attempts, **more).problem
        return found and found.number

    assert [problem(letters) for letters in ("pp", "pf", "fe", "eff", "ff", "pfe")] == [
        None, 2, 2, 1, 1, 3,
    ]  # fmt: skip
    assert problem("pf", require=1) is None
