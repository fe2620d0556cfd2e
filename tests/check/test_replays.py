"""Replayed suites: each answer once, to the test and attempt that it was recorded for."""

import json

import pytest

from gradient_cli.mock.script import Behaviour
from tests.check.test_suites import checked

pytestmark = pytest.mark.real

HEAD = '[[test]]\nname = "{name}"\nprompt = "same"\nexpect = "yes"\n'


@pytest.fixture
def suite(tmp_path):
    """Give a function that writes a suite and checks it; status, report, stderr."""

    def check(text: str, *flags: str, answers: tuple[str, ...] = (), name: str = "s.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        behaviours = tuple(Behaviour(text=one) for one in answers)
        status, out, err, _ = checked(
            tmp_path, str(path), "-j", "1", "--json", *flags,
            behaviours=behaviours or (Behaviour(text="unexpected"),),
        )  # fmt: skip
        return status, json.loads(out) if out else {}, err

    return check


def suite_of(*names: str, repeat: int = 1, require: int = 1) -> str:
    """Give a suite of tests that all ask the same."""
    each = f"repeat = {repeat}\nrequire = {require}\n"
    return "".join(HEAD.replace("{name}", name) + each for name in names)


def test_three_answers_do_not_serve_five_asks(suite, tmp_path):
    """The fourth and the fifth are a miss, and the run is no pass."""
    tapes = str(tmp_path / "tapes")
    suite(suite_of("a", repeat=3), "--record", tapes, answers=("yes", "no", "yes"))

    status, report, _ = suite(
        suite_of("a", repeat=3), "--repeat", "5", "--require", "4", "--replay", tapes
    )

    assert status == 2
    assert [a["exit_code"] for a in report["tests"][0]["attempts"]] == [0, 1, 0, 2, 2]


def test_a_renamed_test_is_a_miss_that_says_so(suite, tmp_path):
    """It does not pass with the answer of the test beside it."""
    tapes = str(tmp_path / "tapes")
    suite(suite_of("good", "bad"), "--record", tapes, answers=("yes", "no"))

    status, report, _ = suite(suite_of("good", "worse"), "--replay", tapes)

    good, worse = report["tests"]
    assert (status, good["verdict"], worse["verdict"]) == (2, "passed", "error")
    assert "recorded for" in worse["attempts"][0]["error"]
    assert "s.toml: bad #1" in worse["attempts"][0]["error"]
    assert any("s.toml: bad #1" in note for note in report["notes"])


def test_an_added_test_of_the_same_request_is_a_miss(suite, tmp_path):
    """Nobody asked for it when the tape was made."""
    tapes = str(tmp_path / "tapes")
    suite(suite_of("a"), "--record", tapes, answers=("yes",))

    status, report, _ = suite(suite_of("a", "b"), "--replay", tapes)

    assert status == 2
    assert [test["verdict"] for test in report["tests"]] == ["passed", "error"]


def test_the_same_suite_elsewhere_has_the_same_tapes(suite, tmp_path, monkeypatch):
    """Run from its folder, from the folder above, or by its whole path."""
    tapes = str(tmp_path / "tapes")
    monkeypatch.chdir(tmp_path)
    suite(suite_of("a"), "--record", tapes, answers=("yes",), name="sub/s.toml")

    for place in (tmp_path, tmp_path / "sub", tmp_path.parent):
        monkeypatch.chdir(place)
        status, _, _ = suite(suite_of("a"), "--replay", tapes, name="sub/s.toml")
        assert status == 0


def test_what_nothing_asked_for_is_named_or_refused(suite, tmp_path):
    """A removed test leaves its answer behind; with --strict-replay that is status 2."""
    tapes, junit = str(tmp_path / "tapes"), tmp_path / "r.xml"
    suite(suite_of("a", "b"), "--record", tapes, answers=("yes", "yes"))

    status, report, _ = suite(suite_of("a"), "--replay", tapes)
    strict, whole, _ = suite(
        suite_of("a"), "--replay", tapes, "--strict-replay", "--junit", str(junit)
    )

    assert status == 0
    assert any("1 recording was not asked for" in note for note in report["notes"])
    assert (strict, whole["ok"], whole["exit_code"]) == (2, False, 2)
    assert "s.toml: b #1" in whole["stop"]["reason"]
    assert 'errors="1"' in junit.read_text()
    assert "the run as a whole" in junit.read_text()


def test_tests_that_were_left_out_do_not_count(suite, tmp_path):
    """Their recordings are for another day."""
    tapes = str(tmp_path / "tapes")
    suite(suite_of("a", "b"), "--record", tapes, answers=("yes", "yes"))

    status, report, _ = suite(suite_of("a", "b"), "-k", "a", "--replay", tapes, "--strict-replay")

    assert (status, report["notes"]) == (0, [])


def test_every_vote_of_a_judge_is_replayed(suite, tmp_path):
    """Three asks of one request are three answers, in their order."""
    tapes = str(tmp_path / "tapes")
    text = suite_of("a").replace('expect = "yes"', 'judge = "fine"\njudge_votes = 3')
    recorded, _, _ = suite(text, "--record", tapes, answers=("x", "pass", "fail", "pass"))

    status, _, _ = suite(text, "--replay", tapes, "--strict-replay")

    assert (recorded, status) == (0, 0)
