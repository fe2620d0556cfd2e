"""
The JUnit report against what the public schemas demand, written down here as rules.

    windyroad   Ant's own format, strict: order, attributes, one verdict a case
    jenkins     the editions of the Jenkins plugins: attributes, order, times as numbers
    pytest      what pytest itself is held against: as Jenkins', names required

`file` and `line` are in none of them, in pytest's older family and GitLab's reader.
"""

import re
import xml.etree.ElementTree as ET

import pytest

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.report import Report, Result
from gradient_cli.check.reporters import junit
from gradient_cli.check.stop import Stop
from gradient_cli.exits import ExitStatus
from tests.home import Home

CASE = {"name", "classname", "time"}
BEYOND = {"file", "line"}
RULES = {
    "windyroad": (
        {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"},
        {"skipped"}, ["properties", "testcase*", "system-out", "system-err"],
    ),
    "jenkins": (
        {"name", "tests"},
        {"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id",
         "package"}, ["properties?", "testcase*", "system-out?", "system-err?"],
    ),
    "pytest": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package"},
        ["properties?", "testcase*", "system-out?", "system-err?"],
    ),
}  # fmt: skip


def faults(text: str, schema: str) -> list[str]:
    """Give what a schema would say against a document."""
    needed, more, order = RULES[schema]
    root = ET.fromstring(text)
    found = [] if root.tag == "testsuites" and not root.attrib else ["root"]
    pattern = "".join(
        f"(?:{tag.rstrip('*?')} ){tag[-1] if tag[-1] in '*?' else ''}" for tag in order
    )
    for number, suite in enumerate(root):
        names = set(suite.attrib)
        if not needed <= names <= needed | more:
            found.append(f"suite: {names ^ needed}")
        if not re.fullmatch(pattern, "".join(f"{child.tag} " for child in suite)):
            found.append(f"order: {[child.tag for child in suite]}")
        if suite.get("id") != str(number):
            found.append("id")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", "")):
            found.append("timestamp")
        cases = suite.findall("testcase")
        tags = [child.tag for case in cases for child in case]
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if int(suite.get(count, "0")) != tags.count(tag):
                found.append(count)
        if int(suite.attrib["tests"]) != len(cases):
            found.append("tests")
        for case in cases:
            if set(case.attrib) - BEYOND != CASE or len(case) > 1:
                found.append(f"case: {case.attrib}")
            for verdict in case:
                allowed = {"skipped": [{"message"}, set()]}.get(verdict.tag, [{"message", "type"}])
                if (
                    verdict.tag not in {"failure", "error", "skipped"}
                    or set(verdict.attrib) not in allowed
                ):
                    found.append(f"verdict: {verdict.tag} {verdict.attrib}")
        times = [float(e.attrib["time"]) for e in (suite, *cases)]
        found += ["time"] if min(times) < 0 else []
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    return [*found, *(["collision"] if len(set(names)) < len(names) else [])]


def result(name: str, status: int = 0, suite: str = "tests/a.toml", **more: object) -> Result:
    findings = (Finding("expect", False, "no \x1b ]]> <", "x"),) if status == 1 else ()
    error = "refused" if status > 1 else None
    attempts = (Attempt(1, ExitStatus(status), "x", findings=findings, error=error, total_ms=1500),)
    values = {"attempts": attempts, "model": "m", **more}
    return Result(suite, 7, name, 1, 1, {}, (), "rerun", **values)


def report(*results: Result, stop: Stop | None = None) -> Report:
    return Report(results, "2026-01-01T00:00:00", 1.0, stop)


NOT_RUN = result("late", attempts=())
SKIPPED = result("skip", attempts=(), skip='not <"yet">')
REPORTS = {
    "nothing": report(),
    "all verdicts": report(result("a"), result("b", 1), result("c", 5), SKIPPED),
    "fail fast": report(result("b", 1), NOT_RUN, stop=Stop("stopped")),
    "cut": report(result("b"), NOT_RUN, stop=Stop("terminated", signal_status=143)),
    "as a whole": report(result("a"), stop=Stop("stale", None, ExitStatus.USAGE, is_early=False)),
    "two suites": report(result("a"), result("a", suite="tests/b.toml")),
    "one stem": report(result("a"), result("a", suite="tests/a.jsonl")),
    "two models": report(result("a"), result("a", model="n")),
}


@pytest.mark.parametrize("schema", RULES)
@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_what_the_schemas_take(name, schema):
    """Whatever became of the tests, and no two cases are the same."""
    assert faults(junit.render(REPORTS[name]), schema) == []


@pytest.mark.parametrize("schema", RULES)
def test_the_rules_find_faults(schema):
    """So that they prove something."""
    good = junit.render(REPORTS["all verdicts"])

    assert faults(good.replace('tests="4"', 'tests="5"'), schema) == ["tests"]
    assert faults(good.replace("<properties>", "<x/><properties>"), schema)
    assert faults(good.replace("<skipped", "<skiped").replace("</skipped", "</skiped"), schema)


@pytest.mark.parametrize(("name", "tag"), [("fail fast", "skipped"), ("cut", "error")])
def test_what_was_not_run_is_an_error_only_if_the_run_was_cut(name, tag):
    """--fail-fast was asked for; a signal, a budget and a clock were not."""
    *_, last = ET.fromstring(junit.render(REPORTS[name])).iter("testcase")

    assert [child.tag for child in last] == [tag]


def test_a_case_says_where_it_stands_and_how_long_it_took():
    """The class is what Jenkins shows; waits and judges are part of the time."""
    judged = Attempt(1, ExitStatus.OK, total_ms=1500, judged_ms=500)
    text = junit.render(report(result("a", attempts=(judged,))))

    (case,) = ET.fromstring(text).iter("testcase")
    assert case.attrib == {
        "name": "a", "classname": "tests/a", "file": "tests/a.toml", "line": "7", "time": "2.000",
    }  # fmt: skip
    assert '<property name="model" value="m"/>' in text


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a user in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


TEST = '[[test]]\nname = "{0}"\nprompt = "{0}"\nexpect = "demo"\n'


@pytest.mark.real
def test_a_skipped_test_is_not_asked_and_says_why(home, tmp_path):
    """It stands at its place, and its files need not be there."""
    skipped = '[[test]]\nname = "b"\nprompt = "b"\nfiles = ["gone"]\nexpect = "x"\nskip = "why"\n'
    (tmp_path / "s.toml").write_text(TEST.format("a") + skipped + TEST.format("c"))

    status, out, _ = home.runs("check", "s.toml", "-p", "demo", "--junit", "r.xml")
    cases = list(ET.parse(tmp_path / "r.xml").iter("testcase"))

    assert status == 0
    assert "skip  b  (s.toml:5)\n      skipped: why\n" in out
    assert "3 tests: 2 passed, 1 skipped" in out
    assert [(c.get("name"), [k.tag for k in c]) for c in cases] == [
        ("a", []), ("b", ["skipped"]), ("c", []),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("suite", "flags", "words"),
    [
        (TEST.format("a") + 'skip = "x"\n', (), "every test is skipped"),
        (TEST.format("a") + 'skip = " "\n', (), "s.toml:5: `skip` is empty"),
        ('[defaults]\nskip = "x"\n' + TEST.format("a"), (), "s.toml:2: `skip` belongs to a test"),
        (TEST.format("a") + 'tags = "smoke"\n', ("--tag", "smok"), "did you mean `smoke`?"),
        (TEST.format("a") + 'tags = "x"\n' + TEST.format("b"), ("--tag", "x", "-k", "b"), "-k"),
    ],
)
def test_a_suite_cannot_pass_by_leaving_everything_out(home, tmp_path, suite, flags, words):
    """Status 2, with a reason."""
    (tmp_path / "s.toml").write_text(suite)

    status, _, err = home.runs("check", "s.toml", "-p", "demo", *flags)

    assert (status, words in err) == (2, True), err


@pytest.mark.real
def test_tags_of_defaults_and_test_add_up_and_select(home, tmp_path):
    """--tag twice: either."""
    first = TEST.format("a") + 'tags = ["slow"]\n'
    (tmp_path / "s.toml").write_text(
        '[defaults]\ntags = "all"\n' + first + TEST.format("b") + 'tags = "x"\n' + TEST.format("c")
    )

    def count(*tags: str) -> str:
        flags = [word for tag in tags for word in ("--tag", tag)]
        return home.runs("check", "s.toml", "-p", "demo", "-q", *flags)[1].split(" ")[0]

    assert [count("slow"), count("slow", "x"), count("all")] == ["1", "2", "3"]


@pytest.mark.parametrize("ending", ["toml", "jsonl"])
def test_the_question_may_stand_in_defaults(home, tmp_path, ending):
    """A test that has its own prompt takes nothing of that of [defaults]."""
    (tmp_path / "p.md").write_text("about {{ what }}")
    text = {
        "toml": '[defaults]\nprompt_file = "p.md"\nexpect = "demo"\nvars = { what = "x" }\n'
        '[[test]]\nname = "a"\nvars = { what = "y" }\n[[test]]\nname = "b"\nprompt = "own"\n',
        "jsonl": '{"defaults": {"prompt_file": "p.md", "expect": "demo", "vars": {"what": "x"}}}\n'
        '{"name": "a", "vars": {"what": "y"}}\n{"name": "b", "prompt": "own"}\n',
    }[ending]
    (tmp_path / f"s.{ending}").write_text(text)

    status, out, err = home.runs("check", f"s.{ending}", "-p", "demo", "--json")

    assert status == 0, err
    assert '"input":"about y"' in out
    assert '"input":"own"' in out


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ('{"name": "a", "prompt": "p", "expect": "d"}\n{"defaults": {}}\n', "the first line"),
        ('{"defaults": {"expct": "x"}}\n', "s.jsonl:1: unknown key `expct`; did you mean `expect`"),
        ('{"defaults": 1}\n', "`defaults` is a table"),
        ('{"defaults": {"expect": "x"}}\n', "has no test"),
    ],
)
def test_defaults_of_lines_are_read_as_strictly(home, tmp_path, second, words):
    """First, known, and not all there is."""
    (tmp_path / "s.jsonl").write_text(second)

    status, _, err = home.runs("check", "s.jsonl", "-p", "demo")

    assert (status, words in err) == (2, True), err
