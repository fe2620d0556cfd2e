"""One answer to a test: who judges it, in which order, what it costs, and what becomes of it."""

import itertools
from dataclasses import replace

import pytest

from gradient_cli.ask.client import Outcome
from gradient_cli.ask.sureness import Sureness
from gradient_cli.check import trial
from gradient_cli.check.attempt import Finding, Ruling
from gradient_cli.check.inquiry import Inquiry, point_of, posed
from gradient_cli.check.judge import Bench
from gradient_cli.check.runner import Limits, Runner, Watch
from gradient_cli.check.trial import Prepared, attempt_of, body_of, status_of
from gradient_cli.check.wants import Wants
from gradient_cli.errors import IncompleteAnswer, ServiceError, TimedOut, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.expect.expectations import Expectations
from gradient_cli.wire.request import LongText, Request
from gradient_cli.wire.response import Response
from tests.check.test_points import Texts
from tests.check.test_runs import FakeAsker, case

ASKS_JUDGE = "<criterion-"


class Replies(FakeAsker):
    """Gives whole responses, or outcomes, in turn."""

    def ask(self, request, watcher=None, reading=None):
        self.asked.append(request.input)
        found = self.answers.pop(0)
        return found if isinstance(found, Outcome) else Outcome(found, total_ms=5)


class Programs:
    """Stands for programs: says what it is told to, and keeps what it was asked."""

    def __init__(self, *findings: Finding, fault=None) -> None:
        self.findings, self.fault, self.asked = findings, fault, []

    def judge(self, names, answer: str) -> Ruling:
        self.asked.append((names, answer))
        return Ruling(self.findings, total_ms=30, fault=self.fault)


def tried(asker, *, expect=("ok",), bench=Bench(), **more):  # noqa: B008
    """Give what became of one attempt."""
    one = case("t", expect=list(expect)) if expect else case("t")
    if "programs" in more:
        one = replace(one, wants=replace(one.wants, checks=("c",)))
    test = Prepared(
        one, more.pop("request", Request(input="t")), lambda: asker, "rerun",
        expectations=Expectations.build(prefix="", **more.pop("expected", {"expect": expect})),
        bench=bench, **more,
    )  # fmt: skip
    return attempt_of(test, 1, asker, lambda outcome: None)


@pytest.mark.parametrize(
    ("findings", "unsure_fails", "status"),
    [
        ([], False, 0), ([(True, False)], False, 0), ([(False, False)], False, 1),
        ([(False, True)], False, 9), ([(False, True)], True, 1), ([(False, True), (True, False)], False, 9),
        ([(False, True), (False, False)], False, 1),
    ],
)  # fmt: skip
def test_what_is_not_met_outranks_what_is_unsure(findings, unsure_fails, status):
    """A failure is one, whatever else was not sure."""
    found = [Finding("x", is_met, is_unsure=is_unsure) for is_met, is_unsure in findings]

    assert status_of(found, unsure_fails=unsure_fails) == status


def test_an_answer_that_has_failed_is_worth_no_further_call():
    """Programs first, then decisions, then judges; the first no ends it."""
    no = Finding("checks", False, "c says no")
    asker = FakeAsker({ASKS_JUDGE: "pass", "t": "ok"})

    failed = tried(FakeAsker({"t": "bad"}), bench=Bench(("polite",)), programs=Programs(no))
    assert (len(failed.findings), failed.status) == (1, 1)
    checked = tried(asker, bench=Bench(("polite",)), programs=Programs(no))
    assert ([one.expectation for one in checked.findings][1:], checked.status) == (["checks"], 1)
    assert len(asker.asked) == 1
    unsure = Programs(replace(no, is_unsure=True))
    judged = tried(asker, bench=Bench(("polite",)), programs=unsure)
    assert ([one.expectation for one in judged.findings][1:], judged.status) == (
        ["checks", "judge"], 9,
    )  # fmt: skip
    assert unsure.asked == [(("c",), "ok")]


def test_all_is_asked_where_it_is_held_against_labels():
    """A calibration needs every verdict, also of what failed."""
    asker = FakeAsker({ASKS_JUDGE: "fail", "t": "bad"})

    found = tried(asker, bench=Bench(("polite", "short")), is_calibrating=True)

    assert [one.expectation for one in found.findings][1:] == ["judge", "judge"]
    assert found.status == 1


def test_judges_and_programs_count_as_what_they_cost():
    """Their tokens with the answer's; their time apart."""
    asker = FakeAsker({ASKS_JUDGE: "pass", "t": "ok"})

    found = tried(asker, bench=Bench(("polite",), votes=2), programs=Programs())

    assert found.usage.total_tokens == 30
    assert (found.total_ms, found.judged_ms, found.sends) == (5, 40, 1)
    alone = tried(FakeAsker({"t": "ok"}))
    assert (alone.usage.total_tokens, alone.judged_ms) == (10, 0)


def test_who_could_not_judge_is_named(monkeypatch):
    """With what helps in the words of a suite; what it cost is counted."""
    judge = tried(FakeAsker({ASKS_JUDGE: ServiceError("down"), "t": "ok"}), bench=Bench(("p",)))
    assert (judge.status, judge.error) == (ExitStatus.SERVICE, "the judge: down")
    program = tried(FakeAsker({"t": "ok"}), programs=Programs(fault=UsageError("c ended with 2")))
    assert (program.status, program.error) == (ExitStatus.USAGE, "c ended with 2")
    assert program.judged_ms == 30
    monkeypatch.setattr(trial, "decide_on", lambda *_: Ruling(fault=TimedOut("too slow")))
    inquiry = Inquiry((posed(point_of("Is it?"), Texts(), None),), "jev")
    decision = tried(FakeAsker({"t": "ok"}), inquiry=inquiry, bench=Bench(("p",)))
    assert (decision.status, decision.error) == (ExitStatus.TIMEOUT, "the decision: too slow")


def test_an_answer_that_is_none_is_judged_by_nobody():
    """It was cut, refused, or never came."""
    for response, status in (
        (Outcome(Response(text="ok"), IncompleteAnswer("cut")), 8),
        (Response(text="", refusal="no", status="completed"), 1),
        (Response(text="", status="completed"), 1),
    ):
        asker = Replies([response])
        found = tried(asker, bench=Bench(("polite",)))
        assert (found.status, len(asker.asked)) == (status, 1)
        assert found.findings or found.error
    down = tried(Replies([Outcome(Response(text="half"), ServiceError("down"), attempts=3)]))
    assert (down.status, down.error, down.text, down.sends) == (5, "down", "half", 3)


def test_a_judge_whose_reply_is_none_has_not_judged():
    """Cut off, refused, empty: no verdict on somebody else's answer, whatever word stands there."""
    for response, status in (
        (Outcome(Response(text="pass"), IncompleteAnswer("cut")), 8),
        (Response(text="", refusal="I will not", status="completed"), 5),
        (Response(text="", status="completed"), 5),
    ):
        asker = Replies([Response(text="ok", status="completed"), response])
        found = tried(asker, bench=Bench(("polite",)))
        assert (found.status, found.error.startswith("the judge: ")) == (status, True)
        assert found.findings == ()


def test_a_judge_is_as_sure_as_its_votes():
    """Less than wanted is unsure; a tie is no pass; one vote is no share."""

    def judged(*votes: str, sure: float | None = None):
        asker = FakeAsker({ASKS_JUDGE: list(votes), "t": "ok"})
        return tried(asker, bench=Bench(("polite",), votes=len(votes), sure=sure)).findings[-1]

    most = judged("pass", "pass", "fail", sure=0.7)
    assert (most.is_met, most.is_unsure, most.decision) == (False, True, "pass")
    assert most.message == "not sure enough: 2 of 3 votes say pass; sure wants 0.7: polite"
    assert most.probability["value"] == pytest.approx(2 / 3)
    enough = judged("pass", "pass", "pass", "fail", sure=0.75)
    assert (enough.is_met, enough.message, enough.excerpt) == (True, "", "")
    no = judged("fail", "fail", "fail", "pass", sure=0.75)
    assert (no.is_met, no.is_unsure, no.decision) == (False, False, "fail")
    assert no.message == "1 of 4 votes say pass: polite"
    assert (round(no.probability["low"], 2), round(no.probability["high"], 2)) == (0.3, 0.95)
    alone = judged("pass", sure=0.99)
    assert (alone.is_met, alone.probability) == (True, None)


def test_votes_on_a_label_take_as_long_as_all_of_them(monkeypatch):
    """One after the other; the most frequent one is the answer."""
    ticks = itertools.count(100, 0.25)
    monkeypatch.setattr(trial.time, "monotonic", lambda: next(ticks))
    asker = FakeAsker({"t": ["a", "b", "a"]})

    found = tried(asker, expect=(), expected={"one_of": ("a", "b")}, sureness=Sureness(votes=3))

    assert (found.status, found.total_ms, found.usage.total_tokens) == (0, 5 + 250, 30)
    [label] = [one for one in found.findings if one.expectation == "one_of"]
    assert (label.is_met, label.decision) == (True, "a")
    assert label.probability["value"] == pytest.approx(2 / 3)


def test_a_label_that_is_not_sure_enough_says_nothing_of_what_it_should_be():
    """What is less probable than wanted is neither right nor wrong."""
    asker = FakeAsker({"t": ["a", "b", "a"]})
    expected = {"one_of": ("a", "b"), "expect": ["b"], "max_seconds": 9}

    found = tried(asker, expect=(), expected=expected, sureness=Sureness(sure=0.9, votes=3))

    assert found.status == ExitStatus.UNSURE
    missed = [one for one in found.findings if not one.is_met]
    assert [(one.expectation, one.is_unsure, one.decision) for one in missed] == [
        ("one_of", True, "a")
    ]
    assert "2 of 3 answers" in missed[0].message


def test_a_given_answer_asks_nobody():
    """It is judged as it stands, and no request is sent."""
    asker = FakeAsker({ASKS_JUDGE: "pass"})

    found = tried(asker, given="ok then", bench=Bench(("polite",)))

    assert (found.status, found.text, found.sends, len(asker.asked)) == (0, "ok then", 0, 1)


def test_a_very_long_input_is_named_in_reports():
    """It is not repeated in each of them."""
    body = body_of(Request(input=LongText(["x"]), model="m"))

    assert (body["input"], body["model"]) == ("(a text of more than 8 MiB)", "m")
    assert body_of(Request(input="x"))["input"] == "x"


def runs(*tests: Prepared, jobs: int = 1, **limits):
    """Run them; give the report."""
    runner = Runner(tests, Limits(**limits), Watch(), "2026-01-01T00:00:00")
    runner.run(jobs)
    return runner.report()


def prepared(asker, name: str = "t", *, repeat: int = 1) -> Prepared:
    return Prepared(
        case(name, repeat=repeat, expect=["ok"]), Request(input=name), lambda: asker, "",
        expectations=Expectations.build(prefix="", expect=["ok"]),
    )  # fmt: skip


def test_a_budget_that_is_just_used_up_at_the_end_stopped_nothing():
    """Every test was asked: nothing was left out."""
    asker = FakeAsker({"t": "ok"})

    report = runs(prepared(asker, "t1"), prepared(asker, "t2"), max_total_tokens=20)
    assert (report.stop, report.status) == (None, 0)
    report = runs(prepared(asker, "t1"), prepared(asker, "t2"), max_total_tokens=10)
    assert report.stop.reason == "10 tokens were used, of 10 allowed"
    report = runs(prepared(asker, "t1"), prepared(asker, "t2"), max_total_tokens=11)
    assert report.stop is None


def test_an_answer_that_never_came_need_not_be_counted():
    """A budget is about what a service took, not about one that is down."""
    asker = FakeAsker({"t1": ServiceError("down"), "t2": "ok"})

    report = runs(prepared(asker, "t1"), prepared(asker, "t2"), max_total_tokens=99)

    assert [result.verdict for result in report.results] == ["error", "passed"]
    assert report.stop is None


def test_fail_fast_stops_where_a_test_cannot_pass_any_more():
    """Not at an attempt that others may outvote, nor at what is unsure."""
    asker = FakeAsker({"t1": ["no", "ok", "ok"], "t2": "ok"})
    first = prepared(asker, "t1", repeat=3)
    first = replace(first, case=replace(first.case, require=2))
    report = runs(first, prepared(asker, "t2"), fail_fast=True)
    assert (report.stop, report.counts["passed"]) == (None, 2)

    asker = FakeAsker({"t1": ["no", "no", "ok"], "t2": "ok"})
    first = replace(prepared(asker, "t1", repeat=3), case=first.case)
    report = runs(first, prepared(asker, "t2"), fail_fast=True)
    assert report.stop.reason == '"t1" did not pass, and --fail-fast was given'
    assert [len(result.attempts) for result in report.results] == [2, 0]


def test_a_machine_at_its_end_fails_one_test_and_not_the_run():
    """No more descriptors: the others may have theirs. A bug is raised."""
    import errno

    class Broken(FakeAsker):
        def ask(self, *_):
            raise self.answers["fault"]

    broken = Broken({"fault": OSError(errno.EMFILE, "Too many open files")})
    good = FakeAsker({"t": "ok"})

    report = runs(prepared(broken, "t1"), prepared(good, "t2"))

    assert [result.verdict for result in report.results] == ["error", "passed"]
    assert report.results[0].attempts[0].hint
    with pytest.raises(OSError, match="odd"):
        runs(prepared(Broken({"fault": OSError("odd")}), "t1"))


def test_what_the_model_was_is_known_from_the_request_or_the_answer():
    """The one that was asked for; else the one that answered."""
    asker = Replies([Response(text="ok", status="completed", model="m-1")] * 2)
    asked = replace(prepared(asker, "t1"), request=Request(input="t1", model="m"))

    report = runs(asked, prepared(asker, "t2"))

    assert [result.model for result in report.results] == ["m", "m-1"]
    assert Wants().ignore_case is False
