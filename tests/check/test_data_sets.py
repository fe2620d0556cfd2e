"""Data sets: a test that is asked once for each row; what is wrong with one names file and row."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.check.data_sets import spread
from gradient_cli.check.suite import load_suite
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.opener import Opener
from gradient_cli.terminal.streams import Terminal
from tests.check.test_suites import refused

SUITE = """
[[test]]
name = "tone"
prompt = "How is: {{ review }}"
equals = "{{ expected }}"
cases = "reviews.csv"
"""
REVIEWS = "id,review,expected\na1,fine,good\na2,awful,bad\na3,great,good\n"


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Run `gradient check s.toml` in a folder; give (status, stdout, stderr, requests)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    (tmp_path / "s.toml").write_text(SUITE)

    def run_it(*flags: str, answers=("good", "bad", "good"), environ=None):
        terminal = Terminal.recording()
        environ = {"GRADIENT_CONFIG": str(tmp_path / "config.toml"), **(environ or {})}
        behaviours = tuple(Behaviour(text=text) for text in answers)
        with MockServer(Script(behaviours=behaviours)) as server:
            argv = ["check", "s.toml", "--base-url", server.url, "--retries", "0", "-j", "1"]
            status = run([*argv, *flags], Invocation(terminal, environ))
            return status, terminal.stdout_text, terminal.stderr_text, list(server.requests)

    return run_it


def prompts(requests) -> list[str]:
    return [request.body["input"] for request in requests]


def test_a_row_is_a_question(checked):
    """Its columns are variables, in the prompt and in what is expected."""
    status, out, _, requests = checked()

    assert status == 0
    assert prompts(requests) == ["How is: fine", "How is: awful", "How is: great"]
    assert "pass  tone  (s.toml:2)  3/3 cases, 95 % interval 0.44-1.00, 3 required" in out
    assert "1 test (3 cases): 1 passed" in out


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("require", "status"),
    [(None, 1), ('"60%"', 0), ('"66.6%"', 0), ('"66.7%"', 1), ("2", 0), ("3", 1), ('"100%"', 1)],
)
def test_a_share_or_a_count_of_rows_must_pass(checked, tmp_path, require, status):
    """Of three rows two pass; a share is rounded up, and without one it is all."""
    line = f"require = {require}\n" if require else ""
    (tmp_path / "s.toml").write_text(SUITE + line)

    assert checked(answers=("good", "bad", "no"))[0] == status


def test_a_count_of_attempts_in_defaults_is_none_of_rows(checked, tmp_path):
    """One of two attempts would become one of three rows."""
    (tmp_path / "s.toml").write_text("[defaults]\nrequire = 1\nrepeat = 2\n" + SUITE)

    status, out, _, requests = checked(answers=("good", "good", "no"))

    assert (status, len(requests)) == (1, 6)
    assert "1/3 cases" in out


def test_every_attempt_of_a_row_must_pass(checked):
    """--repeat asks each row so often."""
    answers = ("good", "good", "bad", "bad", "good", "no")

    status, out, _, requests = checked("--repeat", "2", answers=answers)

    assert (status, len(requests)) == (1, 6)
    assert "2/3 cases" in out


@pytest.mark.real
def test_the_command_line_can_ask_for_a_share(checked):
    """--require takes what `require` takes."""
    answers = ("good", "bad", "no")

    assert checked("--require", "60%", answers=answers)[0] == 0
    assert checked("--require", "3", answers=answers)[0] == 1
    assert checked("--require", "0%")[0] == checked("--require", "some")[0] == 2


def test_what_stands_in_a_row_is_data(checked, tmp_path):
    """A cell opens no file and is no template."""
    (tmp_path / "secret.txt").write_text("hidden")
    (tmp_path / "reviews.csv").write_text("review,expected\n@secret.txt,good\n{{ x }},good\n")

    _, _, _, requests = checked(answers=("good", "good"))

    assert prompts(requests) == ["How is: @secret.txt", "How is: {{ x }}"]


FORMS = {
    "r.tsv": "id\treview\texpected\na1\tfine, yes\tgood\n",
    "r.jsonl": '{"id": "a1", "review": "fine, yes", "expected": "good"}\n\n',
    "r.ndjson": '{"id": "a1", "vars": {"review": "fine, yes", "expected": "good"}}\n',
    "r.toml": '[[case]]\nid = "a1"\nreview = "fine, yes"\nexpected = "good"\n',
    "r.csv": 'sep=;\nid;review;expected\na1;"fine, yes";good\n',
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_the_same(checked, tmp_path, name):
    """CSV, TSV, JSON lines and TOML."""
    (tmp_path / name).write_text(FORMS[name])
    (tmp_path / "s.toml").write_text(SUITE.replace("reviews.csv", name))

    status, out, _, requests = checked("--json", answers=("good",))

    assert (status, prompts(requests)) == (0, ["How is: fine, yes"])
    (test,) = json.loads(out)["tests"]
    assert test["name"] == "tone [a1]"


def test_rows_may_stand_in_the_suite(checked, tmp_path):
    """Each at its own line."""
    rows = '[[test.case]]\nreview = "x"\nexpected = "good"\n[[test.case]]\nreview = "y"\nexpected = 7\n'
    (tmp_path / "s.toml").write_text(SUITE.replace('cases = "reviews.csv"\n', rows))

    status, out, _, _ = checked("--json", answers=("good", "7"))

    assert status == 0
    cases = [test["case"] for test in json.loads(out)["tests"]]
    assert [(c["name"], c["file"], c["line"]) for c in cases] == [
        ("row 1", "s.toml", 6),
        ("row 2", "s.toml", 9),
    ]


FAULTS = {
    "a ragged row": ("reviews.csv", REVIEWS + "a4,x\n", "reviews.csv:5: 2 cells"),
    "no row": ("reviews.csv", "id,review,expected\n", '"reviews.csv" has no row'),
    "an empty file": ("reviews.csv", "", "reviews.csv:1: there is no header"),
    "a bad byte": ("reviews.csv", REVIEWS.encode() + b"a4,\xff,x\n", "reviews.csv:5: not UTF-8"),
    "an id twice": ("reviews.csv", REVIEWS + "a1,x,y\n", 'reviews.csv:5: a second row is called "a1"'),
    "an empty id": ("reviews.csv", REVIEWS + ",x,y\n", "reviews.csv:5: the column `id` is empty"),
    "an unset variable": (
        "reviews.csv", "review,expect\nfine,good\n", "is not set; did you mean expect?, row reviews.csv:2",
    ),
    "an empty label": ("reviews.csv", REVIEWS + "a4,x,\n", "equals: the row says nothing to be equal to, row reviews.csv:5"),
    "no column that is used": (
        "s.toml", SUITE.replace("{{ review }}", "x").replace("{{ expected }}", "y"),
        "s.toml:6: cases: no column is used, row reviews.csv:2",
    ),
    "no such file": ("s.toml", SUITE.replace("reviews", "revues"), 's.toml:6: cases: cannot read "revues.csv"'),
    "a file from outside": ("s.toml", SUITE.replace("reviews", "../reviews"), "s.toml:6: cases: "),
    "a quote without an end": (
        "reviews.csv", REVIEWS + 'a4,"x,y\na5,x,y\na6,x,y\n', "reviews.csv:5: a quoted cell has no end",
    ),
    "a gzip": ("reviews.csv", b"\x1f\x8b\x08\0", 's.toml:6: cases: "reviews.csv" is compressed by gzip'),
    "a column to group by that is none": (
        "s.toml", SUITE + 'group = "kind"\n', "reviews.csv:2: there is no column `kind`",
    ),
    "a group without rows": (
        "s.toml", SUITE.replace('cases = "reviews.csv"', 'group = "id"'), "s.toml:6: `group` names a column",
    ),
    "more required than there are rows": ("s.toml", SUITE + "require = 4\n", "s.toml:7: `require` 4 is above the 3 rows"),
    "a share above all": ("s.toml", SUITE + 'require = "101%"\n', "s.toml:7: `require` must be"),
    "a share of nothing": ("s.toml", SUITE + 'require = "0%"\n', "s.toml:7: `require` must be"),
    "a variable that is a column": ("s.toml", SUITE + 'vars = { review = "x" }\n', "s.toml:7: vars: `review` is a column"),
    "two data sets": ("s.toml", SUITE + "[[test.case]]\na = 1\n", "`cases` and [[test.case]] exclude each other"),
    "a test that is called as a row": (
        "s.toml", SUITE + '[[test]]\nname = "tone [a2]"\nprompt = "x"\nexpect = "y"\n', 'a second test is called "tone [a2]"',
    ),
}  # fmt: skip


TOML = SUITE.replace("reviews.csv", "r.toml")
FAULTY_TOML = {
    "no TOML": ("[[case]\n", "r.toml: "),
    "a bad byte": (
        b"[[case]]\nreview = 'x'\nexpected = '\xff'\n",
        "r.toml:3: not UTF-8 at byte 34",
    ),
    "deep": (f"[[case]]\na = {'[' * 2000}{']' * 2000}\n", "r.toml: "),
    "another table": ("[[case]]\nreview = 'x'\n[other]\n", "[[case]] tables and nothing else"),
    "no list of tables": ("case = [1]\n", "[[case]] tables and nothing else"),
    "one table": ("[case]\nreview = 'x'\n", "[[case]] tables and nothing else"),
    "a date in a list": (
        "[[case]]\nreview = 'x'\n\n[[case]]\nexpected = [2026-01-01]\n",
        "r.toml:4: `expected` is no text and no number",
    ),
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Give a folder with a suite and its data set, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    (tmp_path / "s.toml").write_text(SUITE)
    return tmp_path


@pytest.mark.parametrize("fault", FAULTS)
def test_a_data_set_cannot_pass_by_accident(place, fault):
    """What is wrong with it is status 2, says where, and nothing is sent."""
    name, text, words = FAULTS[fault]
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    assert words in refused(place, "s.toml")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("rows.txt", b"review,expected\n", '"rows.txt" is no data set by its name: .csv, '),
        ("rows.json", b"[]", "hint: jq -c '.[]' rows.json makes .jsonl of an array"),
        ("rows.xlsx", b"PK\3\4", '"rows.xlsx" is an Excel workbook'),
        ("rows.parquet", b"PAR1", "hint: duckdb -c"),
        ("rows.csv.gz", b"\x1f\x8b\x08", "hint: gunzip -c rows.csv.gz"),
    ],
)
def test_a_file_of_another_form_is_named_with_what_reads_it(place, name, data, words):
    """What a table is kept in elsewhere has its tool; a name alone says no form."""
    (place / name).write_bytes(data)
    (place / "s.toml").write_text(SUITE.replace("reviews.csv", name))

    assert words in refused(place, "s.toml")


def test_a_row_stands_where_it_begins(place):
    """A cell in quotes may go over lines; reports and annotations name the first."""
    (place / "reviews.csv").write_text('review,expected\n"a\n\nb",good\n\nfine,\n')

    assert "row reviews.csv:6" in refused(place, "s.toml")

    (place / "reviews.csv").write_text('review,expected\n"a\n\nb",\nfine,good\n')

    assert "row reviews.csv:2" in refused(place, "s.toml")


@pytest.mark.parametrize("fault", FAULTY_TOML)
def test_rows_in_toml_say_where_they_are_wrong(place, fault):
    """As those of any other form."""
    text, words = FAULTY_TOML[fault]
    (place / "r.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (place / "s.toml").write_text(TOML)

    said = refused(place, "s.toml")

    assert words in said
    assert said.startswith("gradient: r.toml:")


def test_values_of_rows_are_texts_as_they_stand_there(place):
    """A model is shown 1.10 where the file says 1.10; an empty line is no row."""
    (place / "r.jsonl").write_text(
        '{"review": 1.10, "expected": null}\n\n \n{"review": [1, "a"], "expected": true}\n'
        '{"id": 3, "vars": {"review": {"k": 1}, "expected": 10000000000000000000000}}\n'
    )
    (place / "r.toml").write_text(
        "[[case]]\nreview = 2026-01-01\nexpected = 1.10\n\n[[case]]\nreview = 07:32:00\n"
    )
    found = {}
    for name in ("r.jsonl", "r.toml"):
        (place / "s.toml").write_text(
            SUITE.replace("reviews.csv", name).replace('equals = "{{ expected }}"', 'expect = "x"')
        )
        [case] = load_suite("s.toml")
        rows = spread(case, Opener.beside("s.toml"))
        found[name] = [(one.name, one.row.line, dict(one.row.variables)) for one in rows]

    assert found["r.jsonl"] == [
        ("tone [row 1]", 1, {"review": "1.10", "expected": ""}),
        ("tone [row 2]", 4, {"review": '[1,"a"]', "expected": "true"}),
        ("tone [3]", 5, {"id": "3", "review": '{"k":1}', "expected": "10000000000000000000000"}),
    ]
    assert found["r.toml"] == [
        ("tone [row 1]", 1, {"review": "2026-01-01", "expected": "1.10"}),
        ("tone [row 2]", 5, {"review": "07:32:00"}),
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [("{", "not JSON"), ("[1]", "a row is a JSON object"), ('{"a": NaN}', "not JSON")],
)
def test_a_line_that_is_no_row_says_where_it_stands(checked, tmp_path, row, words):
    """In JSON lines too."""
    (tmp_path / "r.jsonl").write_text('{"review": "x", "expected": "y"}\n' + row + "\n")
    (tmp_path / "s.toml").write_text(SUITE.replace("reviews.csv", "r.jsonl"))

    status, _, err, requests = checked()

    assert (status, requests) == (2, [])
    assert f"r.jsonl:2: {words}" in err


def test_a_name_selects_a_row_or_all_of_them(checked):
    """The share is one of those that are asked."""
    assert prompts(checked("-k", "tone [a2]", answers=("bad",))[3]) == ["How is: awful"]
    assert len(checked("-k", "tone")[3]) == 3


@pytest.mark.real
def test_the_log_names_the_worst_rows_and_counts_the_rest(checked, tmp_path):
    """Twenty rows that fail are no screenful."""
    rows = "".join(f"r{n},x,good\n" for n in range(20))
    (tmp_path / "reviews.csv").write_text("id,review,expected\n" + rows)

    status, out, _, _ = checked(answers=("no",) * 20)

    assert status == 1
    assert "FAIL  tone  (s.toml:2)  0/20 cases" in out
    assert "r0  (reviews.csv:2)" in out
    assert "not passed either: r3, r4" in out
    assert "and 7 more" in out
    assert len(out.splitlines()) < 20


@pytest.mark.real
def test_rates_are_given_by_a_column(checked, tmp_path):
    """In the log and for programs."""
    (tmp_path / "s.toml").write_text(SUITE + 'group = "expected"\nrequire = 2\n')

    _, out, _, _ = checked(answers=("good", "bad", "no"))
    _, data, _, _ = checked("--json", answers=("good", "bad", "no"))

    assert "good: 1/2" in out
    assert "bad: 1/1" in out
    assert json.loads(data)["sets"][0]["groups"] == {"good": [1, 2], "bad": [1, 1]}


@pytest.mark.real
def test_junit_has_a_testcase_for_each_row(checked, tmp_path):
    """Named apart; a failure that the test can do without is skipped, and said."""
    (tmp_path / "s.toml").write_text(SUITE + "require = 2\n")

    spared = checked("--junit", "spared.xml", answers=("good", "no", "good"))
    failed = checked("--junit", "failed.xml", answers=("good", "no", "no"))

    assert (spared[0], failed[0]) == (0, 1)
    cases = ET.parse("spared.xml").findall(".//testcase")
    assert [case.get("name") for case in cases] == ["tone [a1]", "tone [a2]", "tone [a3]"]
    assert (
        cases[1].find("skipped").get("message").startswith("not passed, and not required: equals")
    )
    suite = ET.parse("failed.xml").find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    assert len(suite.findall(".//failure")) == 2


def test_an_annotation_names_file_and_row(checked):
    """Where one would look."""
    _, out, _, _ = checked("--github", answers=("good", "no", "good"))

    assert "::error file=reviews.csv,line=3,title=gradient check%3A tone [a2]::equals" in out


def test_the_page_folds_rows_below_their_test(checked):
    """One line for the test, those that did not pass first."""
    checked("--html", "h.html", answers=("good", "no", "good"))

    page = Path("h.html").read_text()
    assert page.count('class="test failed"') == 1
    assert page.count('<details class="more case ') == 3
    assert page.index('class="more case failed"') < page.index('class="more case passed"')


def test_a_report_does_not_replace_a_data_set(checked):
    """Its name stands where that of the report was forgotten."""
    status, _, err, _ = checked("--junit", "reviews.csv")

    assert status == 2
    assert "reviews.csv" in err
    assert Path("reviews.csv").read_text() == REVIEWS


@pytest.mark.real
def test_fail_fast_waits_for_the_test(checked, tmp_path):
    """A row that fails is no test that does."""
    (tmp_path / "s.toml").write_text(SUITE + "require = 1\n")

    assert len(checked("--fail-fast", answers=("no", "bad", "good"))[3]) == 3
    (tmp_path / "s.toml").write_text(SUITE)
    assert len(checked("--fail-fast", answers=("no", "bad", "good"))[3]) < 3


@pytest.mark.real
def test_models_stand_side_by_side(checked, tmp_path):
    """Every row for every model, each with a verdict of its own."""
    status, out, _, requests = checked("-m", "a", "-m", "b", answers=("good", "bad", "good", "no"))

    assert status == 1
    assert [r.body["model"] for r in requests] == ["a", "a", "a", "b", "b", "b"]
    assert "pass  tone (a)  (s.toml:2)  3/3 cases" in out
    assert "FAIL  tone (b)  (s.toml:2)  0/3 cases" in out
    assert "-k tone -m b" in out


@pytest.mark.real
def test_a_table_of_tests_by_models_says_which_is_good_enough(checked, tmp_path):
    """With rates, tokens and median seconds, in the log and in the job summary."""
    summary = tmp_path / "summary.md"
    environ = {"GITHUB_STEP_SUMMARY": str(summary)}

    _, out, _, _ = checked(
        "-m", "a", "-m", "b", "--github", answers=("good", "bad", "good", "no"), environ=environ
    )

    lines = out.splitlines()
    end = next(n for n, line in enumerate(lines) if line.startswith("tests passed"))
    head, row, total = lines[end - 2 : end + 1]
    assert head.split() == ["a", "b"]
    assert [cell.split(",")[0] for cell in row.split("  ") if cell] == ["tone", "3/3", "0/3"]
    assert "1/1" in total
    assert "0/1" in total
    assert "tokens" in row
    assert "| tests passed | 1/1" in summary.read_text()


def test_one_model_makes_no_table(checked):
    """There is nothing to compare."""
    assert "tests passed" not in checked("-m", "a")[1]


@pytest.mark.real
def test_a_page_is_written_over_by_the_next_run(checked):
    """Its style has braces, and is no suite in JSON for that."""
    assert [checked("--html", "h.html")[0], checked("--html", "h.html")[0]] == [0, 0]
