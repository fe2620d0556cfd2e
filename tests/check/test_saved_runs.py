"""A run that was saved: read again as it was, refused where it is damaged, matched by its tests."""

import json
from dataclasses import replace

import pytest

from gradient_cli.check import saved_run
from gradient_cli.check.baseline import Baseline
from gradient_cli.check.case import Case, Row
from gradient_cli.check.comparison import BETTER, FLAKY, NEW, SAME, UNJUDGED, UNSURE_NOW, WORSE
from gradient_cli.check.matching import match
from gradient_cli.check.report import Report, Tally
from gradient_cli.check.saved_run import (
    SavedRun,
    SavedTest,
    read_run,
    render,
    saved_case,
    saved_test,
)
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from tests.check.known_report import attempt, report, result

OK, NO, UNSURE, FAULT = (
    ExitStatus.OK, ExitStatus.EXPECTATION, ExitStatus.UNSURE, ExitStatus.SERVICE,
)  # fmt: skip


@pytest.fixture
def saved(tmp_path):
    """Give a saved run's file, and what it holds."""
    path = tmp_path / "b.json"
    path.write_text(render(report(), "1.2.3"))
    return path, json.loads(path.read_text())


def test_what_was_saved_is_read_again(saved):
    """Every test with its attempts; the run with why it ended, and its models."""
    path, _ = saved

    run = read_run("--baseline", str(path))

    assert run.tests == tuple(saved_test(one) for one in report().results)
    assert (run.path, run.started, run.is_complete) == (str(path), "2026-01-02T03:04:05Z", False)
    assert (run.stop, run.suites) == ("the time is over", {"suites/s.toml": "d" * 64})
    assert run.asked == ("m", "model-a", "model-b")
    assert run.answered == ("m-1", "model-a", "model-c")
    by_title = {test.title: test for test in run.tests}
    assert (by_title["twice"].passes, by_title["twice"].judged) == (2, 3)
    assert (by_title["down"].passes, by_title["down"].judged) == (0, 0)
    assert by_title["rows [na|me]"].row == "na|me"
    assert by_title["side (model-b)"].model == "model-b"
    assert by_title["good"].why == ""
    assert by_title["left out"].outcome == "skipped"
    assert by_title["rows [row 1]"].required == 4


def test_a_run_that_asked_nothing_keeps_what_older_ones_asked():
    """A refusal has one result, which is none; the kept tests stand there still."""
    kept = saved_test(report().results[0])
    refusal = replace(report(), is_refusal=True, stop=None)

    table = json.loads(render(refusal, "1", [kept]))

    assert [test["test"] for test in table["tests"]] == ["good"]
    assert (table["complete"], table["stop"]) == (True, None)


def test_a_long_answer_is_kept_in_part():
    """It says so; a refusal stands for an answer."""
    long = "x" * (saved_run.MOST_CHARACTERS + 1)

    whole, cut, refused = saved_test(
        result(
            "a", attempt(text=long[:-1]), attempt(2, text=long), attempt(3, text="", refusal="no")
        )
    ).attempts

    assert (whole.is_cut, len(whole.text)) == (False, saved_run.MOST_CHARACTERS)
    assert (cut.is_cut, len(cut.text)) == (True, saved_run.MOST_CHARACTERS)
    assert refused.text == "no"


def spoiled(table: dict, key: str, value: object) -> dict:
    """Give a table with another value at `tests.0.outcome` or so; MISSING takes it out."""
    table = json.loads(json.dumps(table))
    *way, last = key.split(".")
    inner = table
    for step in way:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    if value is MISSING:
        del inner[last]
    else:
        inner[last] = value
    return table


MISSING = object()


@pytest.mark.parametrize(
    ("key", "values", "words"),
    [
        ("suites", [MISSING, {}, [7]], "`suites` is missing or of another kind"),
        ("suites.0.sha256", [MISSING, 7], "`sha256` is missing"),
        ("models", [MISSING, []], "`models` is no table"),
        ("models.asked", [None, [7]], "`asked` is missing"),
        ("started", [7], "`started` is missing"),
        ("complete", [1, None], "`complete` is missing"),
        ("stop", [7, MISSING], "`stop` is missing"),
        ("tests", [MISSING, {}, [[]]], "`tests` is missing"),
        ("tests.0.outcome", ["odd"], 'the outcome "odd" is none'),
        ("tests.0.outcome", [7], "`outcome` is missing"),
        ("tests.0.case", [7, MISSING], "`case` is missing"),
        ("tests.0.repeat", ["1", True, 1.5], "`repeat` is missing"),
        ("tests.0.attempts", [None], "`attempts` is missing"),
        ("tests.0.attempts.0.outcome", ["x"], 'the outcome "x" is none'),
        ("tests.0.attempts.0.cut", [0], "`cut` is missing"),
        ("tests.0.answered", ["m"], "`answered` is missing"),
        ("tests.0.why", [None], "`why` is missing"),
        ("tests.1.test", ["good"], "a test stands in it twice"),
    ],
)
def test_a_file_that_is_damaged_is_refused(saved, key, values, words):
    """With what is wrong: nobody is held against half of a run."""
    path, table = saved
    for value in values:
        path.write_text(json.dumps(spoiled(table, key, value)))
        with pytest.raises(UsageError) as caught:
            read_run("--baseline", str(path))
        assert caught.value.message.startswith(f'--baseline "{path}" is damaged: {words}')


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b" \n", "is empty"),
        (b"{}", "is no saved run"),
        (b"[1]", "is no saved run"),
        (b"hello", "is no saved run"),
        (b"<testsuites/>", "is no saved run: it looks like a report in XML or HTML"),
        (b'{"ok":true,"tests":[]}', "is no saved run: it is what --json or --json-lines wrote"),
        (b'{"type":"gradient.test"}', "is no saved run: it is what --json or --json-lines wrote"),
    ],
)
def test_what_is_no_saved_run_is_told(tmp_path, data, words):
    """By what else it may be."""
    path = tmp_path / "b.json"
    path.write_bytes(data)

    with pytest.raises(UsageError) as caught:
        read_run("--last-failed", str(path))

    assert caught.value.message == f'--last-failed "{path}" {words}'


def test_a_file_that_is_torn_or_of_another_time_is_told(saved):
    """The beginning of one; a format that this program does not read."""
    path, table = saved
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="is torn"):
        read_run("--baseline", str(path))
    for number, shown in ((99, "99"), (True, "true"), ("1", '"1"'), (None, "null")):
        path.write_text(json.dumps({**table, "format": number}))
        with pytest.raises(UsageError, match=f"has the format {shown}, and this gradient reads"):
            read_run("--baseline", str(path))


def test_a_file_that_cannot_be_read_or_is_too_large_is_told(saved, monkeypatch, tmp_path):
    """A folder, none, a name that is none; and nobody reads without end."""
    path, _ = saved
    for bad in (tmp_path, tmp_path / "gone", "a\0b"):
        with pytest.raises(UsageError, match="cannot read --baseline"):
            read_run("--baseline", str(bad))
    monkeypatch.setattr(saved_run, "MOST_BYTES", 1_000_000)
    assert read_run("--baseline", str(path)).tests
    path.write_bytes(b" " * 1_000_001)
    with pytest.raises(UsageError, match="is larger than 1 MB"):
        read_run("--baseline", str(path))
    path.write_bytes(b" " * 1_000_000)
    with pytest.raises(UsageError, match="is empty"):
        read_run("--baseline", str(path))


# What was which --------------------------------------------------------------------------------


def case(name: str, *, suite: str = "s.toml", model: str | None = None, models=(), **more) -> Case:
    return Case(suite=suite, line=1, name=name, prompt="p", model=model, models=models, **more)


def rows(*texts: str, name: str = "rows", names: tuple[str, ...] = ()) -> list[Case]:
    """Give a test for each text, as rows of a data set; counted, or with names."""
    called = names or tuple(f"row {n}" for n in range(1, len(texts) + 1))
    return [
        case(f"{name} [{own}]", row=Row(test=name, name=own, file="d", line=n, variables={"v": text}))
        for n, (own, text) in enumerate(zip(called, texts, strict=True))
    ]  # fmt: skip


def run_of(*cases: Case, outcome: str = "passed", **more) -> SavedRun:
    tests = tuple(replace(saved_case(one), outcome=outcome) for one in cases)
    return SavedRun(path="b.json", suites=more.pop("suites", {}), tests=tests, **more)


def matched(then: SavedRun, now: list[Case], left_out=(), *, models_chosen: bool = False):
    return match(then, now, left_out, models_chosen=models_chosen)


def test_a_test_is_found_by_its_name():
    """Others are gone, or new."""
    found = matched(run_of(case("a"), case("b")), [case("a"), case("c")])

    assert list(found.then) == [("s.toml", "a")]
    assert [test.test for test in found.gone] == ["b"]
    assert found.elsewhere == []


def test_rows_are_found_by_what_stands_in_them():
    """A row on top moves no pair; one that reads otherwise is another; equal ones keep order."""
    then = run_of(*rows("a", "b", "c"))

    moved = matched(then, rows("new", "a", "b", "c"))
    assert {key[1]: test.row for key, test in moved.then.items()} == {
        "rows [row 2]": "row 1", "rows [row 3]": "row 2", "rows [row 4]": "row 3",
    }  # fmt: skip
    assert (moved.changed, moved.gone) == ({}, [])
    changed = matched(then, rows("a", "B", "c"))
    assert list(changed.changed) == [("s.toml", "rows [row 2]")]
    assert changed.gone == []
    gone = matched(then, rows("a", "c"))
    assert [test.row for test in gone.gone] == ["row 2"]
    doubled = matched(run_of(*rows("x", "x")), rows("x", "x"))
    assert [test.row for test in doubled.then.values()] == ["row 1", "row 2"]


def test_rows_with_names_are_found_by_them():
    """Another row of the same content is another row."""
    then = run_of(*rows("a", "a", names=("one", "two")))

    found = matched(then, rows("a", "a", names=("two", "three")))

    assert {key[1]: test.row for key, test in found.then.items()} == {"rows [two]": "two"}
    assert [test.row for test in found.gone] == ["one"]


def test_a_suite_is_found_by_its_path_its_text_or_its_name(tmp_path, monkeypatch):
    """In this order; and not by a name that two have."""
    monkeypatch.chdir(tmp_path)
    then = run_of(case("a", suite="old/s.toml"), suites={"old/s.toml": "d1"})

    by_text = matched(then, [case("a", suite="other.toml", digest="d1")])
    by_name = matched(then, [case("a", suite="new/s.toml", digest="d2")])
    neither = matched(then, [case("a", suite="new/t.toml", digest="d2")])
    two = matched(
        run_of(case("a", suite="x/s.toml"), case("a", suite="y/s.toml")),
        [case("a", suite="z/s.toml")],
    )

    assert [len(found.then) for found in (by_text, by_name, neither, two)] == [1, 1, 0, 0]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "s.toml").touch()
    still = matched(then, [case("a", suite="new/s.toml", digest="d2")])
    assert (len(still.then), len(still.elsewhere), still.gone) == (0, 1, [])


def test_models_side_by_side_are_held_against_their_own():
    """One alone then, and now; a model that the command line leaves out is no loss."""
    both = ("m", "n")
    now = [case("a", model="m", models=both), case("a", model="n", models=both)]
    alone = run_of(case("a", model="m"))

    assert [key[1] for key in matched(run_of(*now), now).then] == ["a (m)", "a (n)"]
    assert [key[1] for key in matched(alone, now).then] == ["a (m)"]
    assert [key[1] for key in matched(run_of(*now), [case("a", model="m")]).then] == ["a"]
    less = matched(run_of(*now), [case("a", model="m")])
    assert [test.model for test in less.gone] == ["n"]
    chosen = matched(run_of(*now), [case("a", model="m")], models_chosen=True)
    assert ([test.model for test in chosen.elsewhere], chosen.gone) == (["n"], [])


def test_a_test_that_is_skipped_now_is_not_gone():
    """Nor is it anything that this run asks."""
    found = matched(run_of(case("a"), *rows("x"), case("z")), [case("b")], [
        case("a", skip="slow"), *(replace(one, skip="slow") for one in rows("x", "y")),
    ])  # fmt: skip

    assert (found.then, [test.test for test in found.gone]) == ({}, ["z"])


def test_what_failed_is_what_is_asked_again():
    """Rows of a test that passed with enough of them did not fail; skipped ones neither."""
    one = [replace(row, row=replace(row.row, required=1)) for row in rows("x", "y")]
    tests = [case(name) for name in ("good", "bad", "left")]
    then = run_of(*tests, *one, *rows("a", "b", name="all"))
    outcomes = ("passed", "failed", "skipped", "passed", "failed", "passed", "error")
    required = (1, 1, 1, 1, 1, 2, 2)
    then = replace(then, tests=tuple(
        replace(test, outcome=outcome, required=count)
        for test, outcome, count in zip(then.tests, outcomes, required, strict=True)
    ))  # fmt: skip

    found = matched(then, [*tests, *one, *rows("a", "b", name="all")])

    assert {key[1] for key in found.failed()} == {"bad", "all [row 2]"}


def test_a_run_that_has_nothing_to_do_with_this_one_is_refused():
    """Another suite, none of its tests, nothing asked, tests that are gone."""
    now = [case("a")]

    def refused(then: SavedRun) -> str:
        with pytest.raises(UsageError) as caught:
            matched(then, now).baseline("--baseline", now)
        return caught.value.message

    assert refused(run_of(case("b"))) == '--baseline "b.json" has none of the tests of this run'
    assert "is of another suite: t.toml, and this run asks s.toml" in refused(
        run_of(case("a", suite="t.toml"))
    )
    assert refused(run_of(stop="interrupted")).endswith("a run that asked nothing: interrupted")
    assert refused(run_of()).endswith("is a run that asked nothing")
    assert refused(run_of(case("a"), case("b"))) == (
        '--baseline "b.json": 1 of its test is gone: "b" (s.toml)'
    )
    many = refused(run_of(case("a"), *(case(f"t{n:02}") for n in range(12))))
    assert ": 12 of its tests are gone: " in many
    assert many.endswith('"t09" (s.toml) and 2 more')


def test_a_baseline_knows_what_this_run_leaves_out():
    """And notes that it was cut short, or that a suite reads otherwise."""
    now, rest = [case("a", digest="d2")], [case("b", digest="d2")]
    then = run_of(case("a"), case("b"), is_complete=False, stop="no time", suites={"s.toml": "d1"})

    found = matched(then, now, rest)
    held = found.baseline("--baseline", now)

    assert held.left_out == 1
    assert held.notes == (
        "the baseline was cut short: no time",
        "s.toml reads otherwise than it did for the baseline",
    )
    assert [test.test for test in found.kept({("s.toml", "a")})] == ["b"]
    same = run_of(case("a"), case("b"), suites={"s.toml": "d2"})
    assert matched(same, now, rest).baseline("--baseline", now).notes == ()
    unknown = matched(run_of(case("a")), now)
    assert unknown.baseline("--baseline", now).notes == ()


# What became of it -------------------------------------------------------------------------------


def became(then: str, now: str, *, rest: tuple[str, ...] = (), **more):
    """Give the change of a test whose attempts were these: p passed, f failed, e error, u unsure."""
    kinds = {"p": OK, "f": NO, "e": FAULT, "u": UNSURE}

    def made(letters: str):
        attempts = [attempt(n, kinds[one]) for n, one in enumerate(letters, 1)]
        return result("t", *attempts, suite="s.toml", require=more.get("require", len(letters)))

    before = saved_test(made(then))
    held = Baseline(
        run=SavedRun(path="b", suites={}, tests=(before,)),
        then={("s.toml", "t"): replace(before, **more.get("was", {}))},
        changed=more.get("changed", {}),
    )
    return held.change(made(now))


@pytest.mark.parametrize(
    ("then", "now", "state", "is_regression", "is_forgiven"),
    [
        ("p", "p", SAME, False, False),
        ("p", "f", WORSE, True, False),
        ("f", "p", BETTER, False, False),
        ("f", "f", SAME, False, True),
        ("ppp", "ppf", SAME, False, True),
        ("ppp", "fff", WORSE, True, False),
        ("pfp", "fpf", FLAKY, False, True),
        ("pppppp", "ffffff", WORSE, True, False),
        ("pppppppp", "ppffffff", WORSE, True, False),
        ("pppppppp", "ppppppff", SAME, False, True),
        ("p", "e", UNJUDGED, False, False),
        ("ppppp", "peeee", UNJUDGED, False, False),
        ("ppp", "pee", SAME, False, True),
        ("fff", "fee", SAME, False, True),
        ("p", "u", UNSURE_NOW, False, True),
    ],
)
def test_a_test_that_was_asked_again_is_held_against_what_it_was(
    then, now, state, is_regression, is_forgiven
):
    """Worse where that is no chance; what could not be judged decides nothing for it."""
    found = became(then, now)

    assert (found.state, found.is_regression, found.is_forgiven) == (
        state, is_regression, is_forgiven,
    )  # fmt: skip


def test_what_fell_and_what_could_have_been_seen_is_told():
    """An answer of then beside one of now; how large a drop would have shown."""
    found = became("pp", "ff")
    [fall] = found.fell
    assert (fall.name, fall.then, fall.now) == ("t", "fine", "fine")
    assert (str(found.then), str(found.now)) == ("2/2", "0/2")
    assert became("ff", "ff").fell == ()
    assert became("pp", "pp").fell == ()

    assert became("p", "p").sight == (
        "asked once: one that passed and fails counts as worse, chance or not"
    )
    assert became("f", "f").sight == ""
    assert became("ppp", "ppp").sight == (
        "3 attempts, then 3 are too few to tell: only if all failed would it be noticed for sure"
    )
    assert became("ppf", "ppp").sight == "3 attempts, then 3 are too few to tell a drop from chance"
    assert "would have been noticed with 80 %" in became("p" * 20, "p" * 20).sight


def test_what_cannot_be_held_against_what_it_was_is_new():
    """It expects something else, was never judged, or reads otherwise."""
    assert became("p", "f", was={"expects": "other"}).why == "it expects something else than then"
    assert became("e", "f").why == "error in the baseline"
    assert became("p", "f", changed={("s.toml", "t"): "its row reads otherwise"}).why == (
        "its row reads otherwise"
    )
    for found in (became("e", "p"), became("p", "p", was={"expects": "x"})):
        assert (found.state, found.then, str(found.now)) == (NEW, None, "1/1")


def test_another_model_then_is_named():
    """What differs may be the model's doing."""
    assert became("p", "p", was={"asked": "m-0"}).why == "of m-0 then"
    assert became("p", "p", was={"asked": None}).why == ""
    assert became("p", "p").why == ""


def test_unsure_is_told_with_what_it_was():
    """It has not got worse for sure; what says nothing of it now is new."""
    assert became("f", "u").why == "failed in the baseline"
    assert became("u", "u").why == "unsure in the baseline"
    assert became("e", "u").state == NEW
    assert became("p", "u", was={"expects": "x"}).state == NEW
    assert SavedTest(suite="s", test="t").title == "t"


# Data sets -----------------------------------------------------------------------------------------


def rows_became(then: str, now: str, *, required: int | None = None):
    """Give the change of a data set whose rows were these letters; - is one that is not there."""
    kinds = {"p": OK, "f": NO, "e": FAULT, "u": UNSURE}

    def made(letters: str) -> list:
        count = required or len(letters)
        return [
            result(
                f"t [r{n}]", *([] if one == "." else [attempt(1, kinds[one])]), suite="s.toml",
                repeat=1, require=1,
                row=Row(test="t", name=f"r{n}", file="d", line=n, of=len(letters), required=count),
            )
            for n, one in enumerate(letters, 1)
            if one != "-"
        ]  # fmt: skip

    before = {one.key: saved_test(one) for one in made(then)}
    held = Baseline(
        run=SavedRun(path="b", suites={}, tests=tuple(before.values())), then=before, changed={}
    )
    return held.change(Tally(tuple(made(now))))


@pytest.mark.parametrize(
    ("then", "now", "state", "is_regression", "is_forgiven"),
    [
        ("pppppp", "pppppf", SAME, False, True),
        ("pppppp", "pfffff", WORSE, True, False),
        ("ppp", "fff", WORSE, True, False),
        ("fff", "ppp", BETTER, False, False),
        ("ffffff", "pppppf", BETTER, False, True),
        ("ppffff", "ffppff", SAME, False, True),
        ("pp", "ee", UNJUDGED, False, False),
        ("pppppp", "fffpee", UNJUDGED, False, False),
        ("ppp", "ppe", SAME, False, True),
        ("ppp", "ppu", UNSURE_NOW, False, True),
        ("---", "ppf", NEW, False, False),
        ("pp-", "pp.", SAME, False, False),
    ],
)
def test_rows_that_were_asked_again_are_held_against_what_they_were(
    then, now, state, is_regression, is_forgiven
):
    """Pairs of rows alone tell anything; a row that could not be judged decides nothing for it."""
    found = rows_became(then, now)

    assert (found.state, found.is_regression, found.is_forgiven) == (
        state, is_regression, is_forgiven,
    )  # fmt: skip


def test_rows_that_are_spared_are_not_what_made_it_fail():
    """Those that failed then as well, or all where it is forgiven."""
    worse = rows_became("ppppppf", "ffffffff"[:7])
    assert worse.spared == (("s.toml", "t [r7]"),)
    assert [fall.name for fall in worse.fell] == [f"r{n}" for n in range(1, 7)]
    same = rows_became("pf", "pf")
    assert same.spared == (("s.toml", "t [r2]"),)
    both = rows_became("pf", "fp")
    assert ([fall.name for fall in both.fell], both.rose) == (["r1"], ("r2",))


def test_new_rows_are_held_to_their_share():
    """A test that got no worse fails all the same if its new rows do."""
    found = rows_became("pf--", "pfff", required=2)
    assert (found.is_forgiven, found.why) == (
        False, "0/2 of its new cases pass, 1 required",
    )  # fmt: skip
    fine = rows_became("pf--", "pfpf", required=3)
    assert fine.why == "1/2 of its new cases pass, 2 required"
    good = rows_became("pf--", "pfpp", required=4)
    assert (good.is_forgiven, good.why) == (True, "2 of its cases are new")


def test_unsure_rows_are_told_with_what_they_were():
    """The most frequent first; they are spared, and the test is not worse for them."""
    found = rows_became("ppffu", "uuuuu")

    assert found.why == "of its unsure cases 2 passed then, 2 failed then, 1 unsure then"
    assert len(found.spared) == 5


def test_what_rows_could_have_shown_is_told():
    """One, none of which passed, too few, enough."""
    assert rows_became("f", "f").sight == "1 case, of which none passed: nothing could get worse"
    assert rows_became("ff", "ff").sight.startswith("2 cases, of which none")
    assert rows_became("pp", "pp").sight.startswith("2 cases are too few to tell: only if all")
    assert rows_became("pf", "pf").sight == "2 cases are too few to tell a drop from chance"
    assert "a drop of " in rows_became("p" * 40, "p" * 40).sight


def test_many_comparisons_have_their_alarms_by_chance():
    """From one such on, it is said."""
    tests = [result(f"t{n}", attempt(1), attempt(2), suite="s.toml") for n in range(20)]
    saved_ones = {one.key: saved_test(one) for one in tests}
    run = SavedRun(path="b", suites={}, tests=tuple(saved_ones.values()))
    held = Baseline(run=run, then=saved_ones, changed={}, notes=("known",))

    notes = held.compare(Report(tuple(tests), "", 0.0)).notes
    few = held.compare(Report(tuple(tests[:19]), "", 0.0)).notes

    assert notes == (
        "known",
        "20 comparisons at --alpha 0.05: by chance alone up to 1 would be called worse",
    )
    assert few == ("known",)


def test_what_was_not_asked_is_not_compared():
    """Skipped, or never begun."""
    tests = (result("a", skip="slow"), result("b"), result("c", attempt(1)))
    held = Baseline(run=SavedRun(path="b", suites={}), then={}, changed={})

    assert [key[1] for key in held.compare(Report(tests, "", 0.0)).changes] == ["c"]
