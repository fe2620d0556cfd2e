"""
The JUnit report against the public schemas, and against what no schema can say.

    ant       Ant's own format, strict, as windyroad's schema has it: its facts in tests/data
    jenkins   the schema of Jenkins' xUnit plugin; `make test` fetches it (scripts/junit_schemas.py)
    pytest    that schema's stricter edition of before, by which pytest measures itself

`file` and `line` are in Jenkins' alone.
"""

import re
import sys
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
import xmlschema

from gradient_cli.check.attempt import Attempt, Finding
from gradient_cli.check.report import Report, Result
from gradient_cli.check.reporters import junit
from gradient_cli.check.stop import Stop
from gradient_cli.exits import ExitStatus
from tests.check import known_report
from tests.home import Home

FETCHED = Path(sys.prefix, "junit-schemas")
OWN = Path(__file__).parents[1] / "data" / "ant-junit.xsd"
SCHEMAS = ["ant", *(pytest.param(name, marks=pytest.mark.real) for name in ("jenkins", "pytest"))]
PLACED = re.compile(r' file="[^"]*" line="\d+"')


@cache
def schema(name: str) -> xmlschema.XMLSchema10:
    """Give a schema by its name."""
    path = OWN if name == "ant" else FETCHED / f"{name}.xsd"
    if not path.exists():
        pytest.fail(f"{path} is missing: `make test` fetches it (scripts/junit_schemas.py)")
    return xmlschema.XMLSchema10(path)


def refusals(text: str, name: str) -> list[str]:
    """Give what a schema says against a document; of the two attributes where it knows them."""
    text = text if name == "jenkins" else PLACED.sub("", text)
    root = ET.fromstring(text)
    return [f"{error.path}: {error.reason}" for error in schema(name).iter_errors(root)]


def faults(text: str) -> list[str]:
    """Give what is wrong with a document that every schema would take."""
    found = []
    for number, suite in enumerate(ET.fromstring(text)):
        cases = suite.findall("testcase")
        tags = [child.tag for case in cases for child in case]
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if int(suite.get(count, "0")) != tags.count(tag):
                found.append(count)
        if int(suite.attrib["tests"]) != len(cases):
            found.append("tests")
        if suite.get("id") != str(number):
            found.append("id")
        found += ["time" for each in (suite, *cases) if float(each.attrib["time"]) < 0]
    names = [(c.get("classname"), c.get("name")) for c in ET.fromstring(text).iter("testcase")]
    return [*found, *(["collision"] if len(set(names)) < len(names) else [])]


def result(name: str, status: int = 0, suite: str = "tests/a.toml", **more: object) -> Result:
    findings = (Finding("expect", False, "no \x1b ]]> <", "x"),) if status == 1 else ()
    error = "refused" if status > 1 else None
    attempts = (Attempt(1, ExitStatus(status), "x", findings=findings, error=error, total_ms=1500),)
    values = {"attempts": attempts, "model": "m", **more}
    return Result(suite, 7, name, 1, 1, {}, (), "rerun", **values)


def report(*results: Result, stop: Stop | None = None) -> Report:
    return Report(results, "2026-01-01T00:00:00", 1.0, stop)


NAMES = (
    "", " ", "\t\n", "a\n\n b", "\x00\x1b[2J\x7f\x85", "]]><x/>&amp;&#0;<!--", "\ud800\udfff", "\ufffe\uffff",
    "'\"", "../../x", "é\u2028\u202e\U0001f600", "a" * 100_000, "{}%s $HOME", "x.toml", ".toml", "/",
)  # fmt: skip
"""What a suite, a test or a file may be called."""
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
    "everything": known_report.report(),
    "all well": known_report.plain(),
    **{f"named {name[:9]!a}": report(result(name, 1), result(name, suite=name)) for name in NAMES},
}


@pytest.mark.parametrize("taker", SCHEMAS)
@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_what_the_schemas_take(name, taker):
    """Whatever became of the tests, and whatever they are called."""
    assert refusals(junit.render(REPORTS[name]), taker) == []


@pytest.mark.parametrize("name", REPORTS)
def test_no_two_cases_are_the_same_and_all_are_counted(name):
    """Readers add up what they find, and keep one case of a name."""
    assert faults(junit.render(REPORTS[name])) == []


@pytest.mark.parametrize("taker", SCHEMAS)
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<properties>", "<x/><properties>"),
        ("<skipped", "<skiped"),
        ("<failure type", "<failure kind"),
        (' tests="4"', ""),
        (' name="a"', ""),
        ("</testsuite>", "</testsuite>words"),
    ],
)
def test_the_schemas_refuse(good, bad, taker):
    """So that they prove something."""
    text = junit.render(REPORTS["all verdicts"])

    assert good in text
    assert refusals(text.replace(good, bad, 1), taker)


@pytest.mark.parametrize("taker", ["ant", pytest.param("pytest", marks=pytest.mark.real)])
def test_the_place_of_a_test_is_all_that_the_stricter_two_refuse(taker):
    """As the guide says; GitLab and CircleCI lead to the source by it."""
    root = ET.fromstring(junit.render(REPORTS["all verdicts"]))

    found = {(e.elem.tag, e.reason.split("'")[1]) for e in schema(taker).iter_errors(root)}
    assert found == {("testcase", "file"), ("testcase", "line")}


def test_what_cannot_be_counted_is_found():
    """So that the counts prove something."""
    good = junit.render(REPORTS["all verdicts"])

    assert faults(good.replace('tests="4"', 'tests="5"')) == ["tests"]
    assert faults(good.replace('name="c"', 'name="a"')) == ["collision"]


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


@pytest.mark.parametrize("taker", SCHEMAS)
@pytest.mark.parametrize("text", ["[[test]]\nexpct = 1\n", "\x00", "", None])
def test_the_report_of_a_suite_that_is_refused_is_taken_too(home, tmp_path, text, taker):
    """Of one that is wrong, is no text, has no test, is not there; its name is odd as well."""
    if text is not None:
        (tmp_path / "a <&> b.toml").write_text(text)

    status, _, _ = home.runs("check", "a <&> b.toml", "-p", "demo", "--junit", "r.xml")
    report = (tmp_path / "r.xml").read_text()

    assert (status, refusals(report, taker), faults(report)) == (2, [], [])
    assert "<error" in report


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
