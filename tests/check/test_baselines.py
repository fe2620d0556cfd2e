"""Baselines: a run is held against a former one, and fails only for what got worse."""

import json
import os
import re
import threading
import xml.etree.ElementTree as ET

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

pytestmark = pytest.mark.real

ONE = '[[test]]\nname = "one"\nprompt = "q1"\nexpect = "yes"\n'
TWO = '[[test]]\nname = "two"\nprompt = "q2"\nexpect = "yes"\n'
ROWS = """[[test]]
name = "rows"
prompt = "Row {{ q }}"
equals = "{{ want }}"
cases = "rows.csv"
"""
KEY = "sk-do-not-keep-me-1234567890"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    (tmp_path / "s.toml").write_text(ONE + TWO)
    return tmp_path


@pytest.fixture
def checked(folder):
    """Run `gradient check s.toml`; give (status, stdout, stderr, requests)."""

    def run_it(*flags: str, answers=("yes",), suites=("s.toml",), environ=None, behaviours=()):
        terminal = Terminal.recording()
        environ = {"GRADIENT_CONFIG": str(folder / "config.toml"), **(environ or {})}
        told = behaviours or tuple(Behaviour(text=text) for text in answers)
        with MockServer(Script(behaviours=told)) as server:
            argv = ["check", *suites, "--base-url", server.url, "--retries", "0", "-j", "1"]
            status = run([*argv, *flags], Invocation(terminal, environ))
            return status, terminal.stdout_text, terminal.stderr_text, list(server.requests)

    return run_it


def rows_of(folder, count: int, *, named: bool = True) -> None:
    (folder / "s.toml").write_text(ROWS)
    head = "id,q,want\n" if named else "q,want\n"
    lines = (f"{f'r{n},' if named else ''}{n},yes\n" for n in range(count))
    (folder / "rows.csv").write_text(head + "".join(lines))


def compared(out: str) -> dict:
    """Give name -> what became of it, of a report in JSON."""
    return {one["name"]: one for one in json.loads(out)["baseline"]["tests"]}


def test_what_failed_before_is_no_failure(checked):
    """Only what got worse fails: a test that failed then, too, is named and does not count."""
    assert checked("--save", "run.json", answers=("yes", "no"))[0] == 1

    status, out, _, _ = checked("--baseline", "run.json", answers=("yes", "no"))

    assert status == 0
    assert "known two  (s.toml:5)  0/1" in out
    assert "same, 0/1 in the baseline" in out
    assert "1 passed, 1 failed (1 no worse than in the baseline)" in out


def test_a_single_ask_that_flips_is_a_regression(checked):
    """What was asked once, passed and fails now counts, and both answers are shown."""
    checked("--save", "run.json", answers=("yes", "no"))

    status, out, _, _ = checked("--baseline", "run.json", answers=("nope", "no"))

    assert status == 1
    assert "FAIL  one  (s.toml:1)" in out
    assert "worse, 1/1 in the baseline" in out
    assert "| nope\n" in out
    assert "what it passed with then:\n      | yes\n" in out
    assert "asked once: one that passed and fails counts as worse, chance or not" in out


def test_what_rose_is_called_better(checked):
    checked("--save", "run.json", answers=("no", "yes"))

    status, out, _, _ = checked("--baseline", "run.json", "--json", answers=("yes", "yes"))

    assert status == 0
    assert {name: one["state"] for name, one in compared(out).items()} == {
        "one": "better",
        "two": "same",
    }


@pytest.mark.parametrize(
    ("then", "now", "state", "status"),
    [
        (3, 0, "worse", 1),  # 1/20
        (3, 1, "same", 0),
        (2, 1, "flaky", 0),
        (1, 3, "same", 0),
        (0, 3, "better", 0),
        (3, 3, "same", 0),
    ],
)
def test_repeats_are_compared_by_fisher(checked, folder, then, now, state, status):
    """Three of three and then one of three may be chance; none of three is not."""
    (folder / "s.toml").write_text(ONE + "repeat = 3\n")

    def answers(passes: int) -> tuple[str, ...]:
        return ("yes",) * passes + ("no",) * (3 - passes)

    checked("--save", "run.json", answers=answers(then))
    found, out, _, _ = checked("--baseline", "run.json", "--json", answers=answers(now))

    change = compared(out)["one"]
    assert (change["state"], found) == (state, status)
    assert change["then"] == {"passes": then, "judged": 3}


@pytest.mark.parametrize(
    ("fell", "rose", "status", "state"),
    [(4, 0, 0, "same"), (5, 0, 1, "worse"), (8, 2, 0, "same"), (9, 2, 1, "worse")],
)
def test_rows_are_compared_by_mcnemar(checked, folder, fell, rose, status, state):
    """Only rows that changed tell anything: 5 of 5 are 1/32, 8 of 10 are 0.055."""
    rows_of(folder, 20)
    then = ["yes"] * 20
    then[:rose] = ["no"] * rose
    now = ["yes"] * 20
    now[rose : rose + fell] = ["no"] * fell

    checked("--save", "run.json", answers=then)
    found, out, _, _ = checked("--baseline", "run.json", "--json", answers=now)

    change = compared(out)["rows"]
    assert (found, change["state"]) == (status, state)
    assert (len(change["fell"]), len(change["rose"])) == (fell, rose)
    assert "20 cases: a drop of" in change["sight"]


def test_alpha_moves_the_line(checked, folder):
    rows_of(folder, 20)
    checked("--save", "run.json", answers=["yes"] * 20)
    now = ["no"] * 4 + ["yes"] * 16

    assert checked("--baseline", "run.json", answers=now)[0] == 0
    assert checked("--baseline", "run.json", "--alpha", "0.1", answers=now)[0] == 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--alpha", "0.1"), "--alpha is of no use without --baseline"),
        (("--baseline", "run.json", "--alpha", "0"), "--alpha 0 is out of range"),
        (("--baseline", "run.json", "--alpha", "1"), "--alpha 1 is out of range"),
    ],
)
def test_an_alpha_that_says_nothing_is_refused(checked, flags, words):
    checked("--save", "run.json", answers=("yes",))

    status, _, err, requests = checked(*flags)

    assert status == 2
    assert words in err
    assert not requests


def test_few_cases_are_said_to_be_too_few(checked, folder):
    """Three of which one falls may be chance; the report says that it could not have told."""
    rows_of(folder, 3)
    checked("--save", "run.json", answers=("yes",) * 3)

    status, out, _, _ = checked("--baseline", "run.json", answers=("yes", "yes", "no"))

    assert status == 0
    assert "3 cases are too few to tell" in out


def test_few_cases_that_all_fall_are_a_regression(checked, folder):
    rows_of(folder, 3)
    checked("--save", "run.json", answers=("yes",) * 3)

    assert checked("--baseline", "run.json", answers=("no",) * 3)[0] == 1


def test_worse_but_enough_passes(checked, folder):
    """`require` is the user's own word for good enough; that it got worse is said."""
    rows_of(folder, 20)
    (folder / "s.toml").write_text(ROWS + 'require = "50%"\n')
    checked("--save", "run.json", answers=["yes"] * 20)

    status, out, _, _ = checked("--baseline", "run.json", answers=["no"] * 6 + ["yes"] * 14)

    assert status == 0
    assert "worse, 20/20 in the baseline" in out
    assert "it got worse, and still meets its `require`" in out


def test_a_new_test_is_judged_as_usual(checked, folder):
    (folder / "s.toml").write_text(ONE)
    checked("--save", "run.json")
    (folder / "s.toml").write_text(ONE + TWO)

    status, out, _, _ = checked("--baseline", "run.json", answers=("yes", "no"))

    assert status == 1
    assert "FAIL  two" in out
    assert "; new" in out
    assert "s.toml reads otherwise than it did for the baseline" in out


def test_a_test_that_expects_something_else_is_new(checked, folder):
    checked("--save", "run.json", answers=("yes", "no"))
    (folder / "s.toml").write_text(ONE + TWO.replace("yes", "no way"))

    status, out, _, _ = checked("--baseline", "run.json", answers=("yes", "no"))

    assert status == 1
    assert "new, it expects something else than then" in out


def test_new_rows_are_held_to_the_share_that_all_must_meet(checked, folder):
    """Rows that were always bad are forgiven, new bad ones are not."""
    rows_of(folder, 10)
    checked("--save", "run.json", answers=["no"] * 10)
    rows_of(folder, 12)

    status, out, _, _ = checked("--baseline", "run.json", answers=["no"] * 12)

    assert status == 1
    assert "0/2 of its new cases pass, 2 required" in out


def test_a_test_that_is_gone_is_status_2_before_anything_is_asked(checked, folder):
    checked("--save", "run.json")
    (folder / "s.toml").write_text(ONE)

    status, _, err, requests = checked("--baseline", "run.json", "--junit", "j.xml")

    assert status == 2
    assert not requests
    assert '1 of its test is gone: "two" (s.toml)' in err
    assert "is gone" in (folder / "j.xml").read_text()


def test_a_row_that_is_gone_is_status_2(checked, folder):
    rows_of(folder, 5)
    checked("--save", "run.json")
    rows_of(folder, 4)

    status, _, err, _ = checked("--baseline", "run.json")

    assert status == 2
    assert '"rows [r4]" (s.toml)' in err


def test_what_is_left_out_is_not_gone(checked):
    checked("--save", "run.json", answers=("yes", "no"))

    status, out, _, requests = checked("--baseline", "run.json", "-k", "one")

    assert status == 0
    assert len(requests) == 1
    assert "1 of it not asked" in out


def test_a_skipped_test_is_not_gone(checked, folder):
    rows_of(folder, 3)
    (folder / "s.toml").write_text(ROWS + ONE)
    checked("--save", "run.json")
    (folder / "s.toml").write_text(ROWS + 'skip = "later"\n' + ONE)

    assert checked("--baseline", "run.json")[0] == 0


def test_a_row_put_in_above_moves_no_pair(checked, folder):
    """Rows without a name are known by what stands in them, not by their place."""
    rows_of(folder, 8, named=False)
    then = ["yes"] * 4 + ["no"] * 4
    checked("--save", "run.json", answers=then)
    text = (folder / "rows.csv").read_text()
    (folder / "rows.csv").write_text(text.replace("q,want\n", "q,want\nabove,yes\n"))

    _, out, _, _ = checked("--baseline", "run.json", "--json", answers=["yes", *then])

    change = compared(out)["rows"]
    assert change["state"] == "same"
    assert not change["fell"]
    assert not change["rose"]
    assert change["why"] == "1 of its cases are new"


def test_a_row_that_reads_otherwise_is_another_case(checked, folder):
    """A label that was mended is no drop, and no missing row either."""
    rows_of(folder, 6)
    checked("--save", "run.json", answers=["yes"] * 6)
    text = (folder / "rows.csv").read_text()
    (folder / "rows.csv").write_text(text.replace("r2,2,yes", "r2,2,no"))

    status, out, _, _ = checked("--baseline", "run.json", "--json", answers=["yes"] * 6)

    change = compared(out)["rows"]
    assert change["now"] == {"passes": 5, "judged": 5}
    assert status == 1  # the one new case fails, and all are required


def test_what_cannot_be_judged_is_no_pass(checked):
    """An error counts as it always does, whatever the baseline says."""
    checked("--save", "run.json", answers=("yes", "no"))
    cut = (Behaviour(text="yes"), Behaviour(text="no", end="incomplete"))

    status, out, _, _ = checked("--baseline", "run.json", behaviours=cut)

    assert status == 8
    assert "unjudged" in out


def test_one_row_that_cannot_be_judged_decides_nothing(checked, folder):
    """Of twenty rows one is cut; if it had failed, nothing would have got worse."""
    rows_of(folder, 20)
    answers = ["no"] * 4 + ["yes"] * 16
    checked("--save", "run.json", answers=answers)
    told = tuple(Behaviour(text=text) for text in answers[:-1])

    status, _, _, _ = checked(
        "--baseline", "run.json", behaviours=(*told, Behaviour(text="y", end="incomplete"))
    )

    assert status == 0


def test_a_service_that_is_down_is_no_pass(checked, folder):
    rows_of(folder, 20)
    checked("--save", "run.json", answers=["no"] * 4 + ["yes"] * 16)

    assert checked("--baseline", "run.json", behaviours=(Behaviour(status=500, times=0),))[0] == 5


def test_fail_fast_goes_on_over_what_failed_before(checked):
    checked("--save", "run.json", answers=("no", "yes"))

    status, _, _, requests = checked("--baseline", "run.json", "--fail-fast", answers=("no", "yes"))

    assert status == 0
    assert len(requests) == 2


def test_last_failed_asks_only_what_failed(checked):
    checked("--save", "run.json", answers=("yes", "no"))

    status, _, _, requests = checked("--last-failed", "run.json")

    assert status == 0
    assert [request.body["input"] for request in requests] == ["q2"]


def test_last_failed_asks_only_the_rows_that_failed(checked, folder):
    rows_of(folder, 6)
    checked("--save", "run.json", answers=("yes", "no", "yes", "no", "yes", "yes"))

    _, _, _, requests = checked("--last-failed", "run.json")

    assert [request.body["input"] for request in requests] == ["Row 1", "Row 3"]


def test_rows_of_a_test_that_passed_did_not_fail(checked, folder):
    rows_of(folder, 6)
    (folder / "s.toml").write_text(ROWS + 'require = "50%"\n' + ONE)
    checked("--save", "run.json", answers=("no", *["yes"] * 5, "no"))

    _, _, _, requests = checked("--last-failed", "run.json")

    assert [request.body["input"] for request in requests] == ["q1"]


def test_last_failed_of_a_good_run_is_status_2(checked):
    checked("--save", "run.json")

    status, _, err, requests = checked("--last-failed", "run.json")

    assert status == 2
    assert not requests
    assert "none of the tests chosen failed there" in err


def test_last_failed_kept_in_its_own_file_forgets_nothing(checked, folder):
    checked("--save", "run.json", answers=("yes", "no"))
    checked("--last-failed", "run.json", "--save", "run.json", answers=("no",))

    _, _, _, requests = checked("--last-failed", "run.json", "--save", "run.json")
    tests = json.loads((folder / "run.json").read_text())["tests"]

    assert [request.body["input"] for request in requests] == ["q2"]
    assert {test["test"]: test["outcome"] for test in tests} == {"one": "passed", "two": "passed"}


def test_a_run_that_got_worse_is_not_the_next_baseline(checked, folder):
    """With one name for both the file is replaced only by a run that is all right."""
    both = ("--save", "run.json", "--baseline", "run.json")
    first = checked(*both)
    kept = (folder / "run.json").read_bytes()

    second = checked(*both, answers=("yes", "no"))
    third = checked(*both, answers=("yes", "no"))

    assert (first[0], second[0], third[0]) == (0, 1, 1)
    assert 'there is no "run.json" yet: this run is judged as usual' in first[2]
    assert '"run.json" stays as it was' in second[2]
    assert (folder / "run.json").read_bytes() == kept


def test_a_first_run_that_fails_is_no_baseline(checked, folder):
    both = ("--save", "run.json", "--baseline", "./run.json")

    assert checked(*both, answers=("yes", "no"))[0] == 1
    assert not (folder / "run.json").exists()


def test_a_good_run_takes_the_place_and_keeps_what_it_did_not_ask(checked, folder):
    both = ("--save", "run.json", "--baseline", "run.json")
    checked("--save", "run.json", answers=("no", "yes"))

    assert checked(*both, "-k", "one", answers=("yes",))[0] == 0
    tests = json.loads((folder / "run.json").read_text())["tests"]

    assert {test["test"]: test["outcome"] for test in tests} == {"one": "passed", "two": "passed"}


def test_a_missing_baseline_of_another_name_is_status_2(checked):
    status, _, err, requests = checked("--baseline", "none.json", "--save", "run.json")

    assert status == 2
    assert not requests
    assert 'cannot read --baseline "none.json": no such file or directory' in err


def test_a_run_is_kept_at_every_end(checked, folder):
    """As every report; a run that asked nothing says so, and is no baseline."""
    (folder / "s.toml").write_text(ONE + 'exspect = "x"\n')
    assert checked("--save", "run.json")[0] == 2
    (folder / "s.toml").write_text(ONE)

    status, _, err, _ = checked("--baseline", "run.json")

    assert status == 2
    assert "a run that asked nothing: s.toml:5: unknown key `exspect`" in err


def test_a_run_that_was_cut_short_says_so(checked):
    checked("--save", "run.json", "--fail-fast", answers=("no",))

    status, out, _, _ = checked("--baseline", "run.json", answers=("no", "no"))

    assert status == 1  # "two" was not asked then: judged as usual
    assert "the baseline was cut short" in out
    assert "not run in the baseline" in out


def saved(folder) -> str:
    return (folder / "run.json").read_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[: len(text) // 2], "is torn"),
        (lambda text: text[:-3], "is torn"),
        (lambda text: "", "is empty"),
        (lambda text: "{}", "is no saved run"),
        (lambda text: "[]", "is no saved run"),
        (lambda text: "null", "is no saved run"),
        (lambda text: "[" * 100_000, "is no saved run"),
        (lambda text: '<?xml version="1.0"?><testsuites/>', "looks like a report in XML"),
        (lambda text: '{"ok":true}', "--json or --json-lines"),
        (lambda text: text.replace('"format":1', '"format":2'), "has the format 2"),
        (lambda text: text.replace('"format":1', '"format":true'), "has the format true"),
        (lambda text: text.replace('"format":1', '"format":"1"'), 'has the format "1"'),
        (lambda text: text.replace('"outcome":"passed"', '"outcome":"great"'), "is damaged"),
        (lambda text: text.replace('"tests":[', '"tests":{'), "is torn"),
        (lambda text: text.replace('"repeat":1', '"repeat":"1"'), "`repeat` is missing"),
        (lambda text: text.replace('"two"', '"one"'), "a test stands in it twice"),
        (lambda text: text.replace('"test":"one",', ""), "`test` is missing"),
        (lambda text: text.replace("s.toml", "other.toml"), "is of another suite: other.toml"),
        (
            lambda text: text.replace('"one"', '"uno"').replace('"two"', '"dos"'),
            "none of the tests",
        ),
    ],
)
def test_what_is_no_baseline_is_refused_with_its_name(checked, folder, change, words):
    """Whatever the file holds, it is status 2 and a line, and nothing is asked."""
    checked("--save", "run.json")
    text = change(saved(folder))
    if "another suite" in words:
        digest = json.loads(saved(folder))["suites"][0]["sha256"]
        text = text.replace(digest, "0" * 64)
    (folder / "run.json").write_text(text)

    status, _, err, requests = checked("--baseline", "run.json")

    assert status == 2
    assert words in err
    assert "run.json" in err
    assert not requests


@pytest.mark.parametrize("flag", ["--junit", "--html", "--json-lines"])
@pytest.mark.parametrize("read", ["--baseline", "--last-failed"])
def test_a_report_takes_no_former_run_s_place(checked, folder, flag, read):
    checked("--save", "run.json", answers=("yes", "no"))
    before = saved(folder)

    status, _, err, requests = checked(read, "run.json", flag, "./run.json")

    assert status == 2
    assert "is a file that this run reads" in err
    assert not requests
    assert saved(folder) == before


@pytest.mark.parametrize("name", ["s.toml", "rows.csv", "notes.txt"])
def test_a_run_is_saved_over_no_other_file(checked, folder, name):
    rows_of(folder, 2)
    (folder / "notes.txt").write_text("mine")
    before = (folder / name).read_text()

    status, _, err, requests = checked("--save", name)

    assert status == 2
    assert not requests
    assert name in err
    assert (folder / name).read_text() == before


def test_a_run_moved_to_another_folder_is_found_by_its_file(checked, folder):
    checked("--save", "run.json")
    (folder / "evals").mkdir()
    (folder / "s.toml").rename(folder / "evals" / "s.toml")

    status, out, _, _ = checked("--baseline", "run.json", suites=("evals/s.toml",))

    assert status == 0
    assert "2 same" in out


def test_a_suite_that_is_not_asked_is_not_gone_while_it_is_there(checked, folder):
    (folder / "t.toml").write_text(TWO)
    (folder / "s.toml").write_text(ONE)
    checked("--save", "run.json", suites=("s.toml", "t.toml"))

    assert checked("--baseline", "run.json")[0] == 0
    (folder / "t.toml").unlink()
    assert checked("--baseline", "run.json")[0] == 2


def test_models_are_held_against_their_own(checked, folder):
    (folder / "s.toml").write_text(ONE)
    checked("--save", "run.json", "-m", "a", "-m", "b", answers=("yes", "no"))

    status, out, _, _ = checked("--baseline", "run.json", "-m", "b", answers=("no",))
    assert status == 0
    assert "1 of it not asked" in out

    assert checked("--baseline", "run.json", "-m", "a", answers=("no",))[0] == 1


def test_a_former_model_alone_is_held_against_itself(checked, folder):
    (folder / "s.toml").write_text(ONE)
    checked("--save", "run.json", "-m", "a", answers=("no",))

    _, out, _, _ = checked("--baseline", "run.json", "-m", "a", "-m", "b", "--json")

    states = {one["model"]: one["state"] for one in json.loads(out)["baseline"]["tests"]}
    assert states == {"a": "better", "b": "new"}


def test_another_model_in_its_place_is_named(checked, folder):
    """A new model is compared with the old one: that is what one wants to know."""
    (folder / "s.toml").write_text(ONE)
    checked("--save", "run.json", "-m", "a")

    status, out, _, _ = checked("--baseline", "run.json", "-m", "b", answers=("no",))

    assert status == 1
    assert "worse, 1/1 in the baseline, of a then" in out


def test_no_key_is_kept(checked, folder):
    """Not even one that the server says back."""
    status, _, _, _ = checked(
        "--save",
        "run.json",
        answers=(f"yes {KEY}", "yes"),
        environ={"GRADIENT_MODEL_ACCESS_KEY": KEY},
    )

    assert status == 0
    assert KEY not in saved(folder)
    assert "Bearer" not in saved(folder)


def test_every_report_says_what_became_of_a_test(checked, folder):
    """JUnit, HTML, the job summary and the annotations: a known failure is none."""
    checked("--save", "run.json", answers=("yes", "no"))
    summary = folder / "summary.md"

    status, out, _, _ = checked(
        "--baseline",
        "run.json",
        "--junit",
        "j.xml",
        "--html",
        "h.html",
        answers=("bad", "no"),
        environ={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
    )

    assert status == 1
    suite = ET.parse(folder / "j.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")
    skipped = suite.find("testcase[@name='two']/skipped")
    assert "no worse than in the baseline" in skipped.get("message")
    assert "worse, 1/1 in the baseline" in suite.find("system-out").text
    assert out.count("::error ") == 1
    assert "| worse | one | 1/1 | 0/1 |" in summary.read_text()
    assert (
        "against run&#46;json" in summary.read_text() or "against run.json" in summary.read_text()
    )
    page = (folder / "h.html").read_text()
    assert "against the baseline" in page.lower()
    assert "no worse than in the baseline" in page


def test_an_annotation_says_that_it_got_worse(checked, folder):
    rows_of(folder, 8)
    checked("--save", "run.json", answers=["yes"] * 8)

    _, out, _, _ = checked(
        "--baseline",
        "run.json",
        answers=["no"] * 6 + ["yes"] * 2,
        environ={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")},
    )

    assert out.count("::error file=rows.csv,line=") == 6
    assert out.count("got worse::it passed in the baseline%0A") == 6


def test_many_different_sights_do_not_fill_a_log(checked, folder):
    """Thirty data sets of thirty sizes: a dozen lines, and how many more there are."""
    text = ""
    for n in range(1, 31):
        rows = "".join(f'[[test.case]]\nq = "{n}.{k}"\n' for k in range(n))
        text += f'[[test]]\nname = "t{n}"\nprompt = "{{{{ q }}}}"\nexpect = "yes"\n{rows}'
    (folder / "s.toml").write_text(text)
    checked("--save", "run.json", answers=["yes"] * 465)

    status, out, _, _ = checked("--baseline", "run.json", answers=["yes"] * 465)

    assert status == 0
    assert sum(1 for line in out.splitlines() if re.search(r" \(t\d+\)$", line)) == 12
    assert "and 18 more such lines" in out
    assert "5 cases" in out
    assert "(t5)" in out


def test_a_baseline_may_come_from_a_pipe(checked, folder):
    """`--baseline <(git show main:run.json)`."""
    checked("--save", "run.json", answers=("yes", "no"))
    data = (folder / "run.json").read_bytes()
    os.mkfifo(folder / "pipe")
    writer = threading.Thread(target=lambda: (folder / "pipe").write_bytes(data), daemon=True)
    writer.start()

    assert checked("--baseline", "pipe", answers=("yes", "no"))[0] == 0


def test_a_baseline_of_too_many_attempts_is_damaged(checked, folder):
    """Whoever wrote the file may not choose how long the comparison takes."""
    checked("--save", "run.json")
    table = json.loads(saved(folder))
    table["tests"][0]["attempts"] *= 1001
    (folder / "run.json").write_text(json.dumps(table))

    status, _, err, _ = checked("--baseline", "run.json")

    assert status == 2
    assert "a test has more than 1000 attempts" in err
