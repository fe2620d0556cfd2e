"""The page for those who come from other tools: its suites run, and are no longer than theirs."""

import os
import re
from pathlib import Path

import pytest
import yaml

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.check.keys import KEYS
from gradient_cli.check.suite import load_suite
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

PAGE = (Path(__file__).parents[2] / "docs" / "migration.md").read_text()
BLOCKS = re.findall(r"^```(yaml|toml|python)\n(.*?)^```", PAGE, re.M | re.S)
(PROMPTFOO,) = [text for kind, text in BLOCKS if kind == "yaml"]
(DEEPEVAL,) = [text for kind, text in BLOCKS if kind == "python"]
SHOP, SHOES = [text for kind, text in BLOCKS if kind == "toml"]

GOOD = {
    "refund": "30",
    "parcel is late": "Dear customer,\nwe are sorry that your parcel is late.",
    "Triage": '{"urgency": 2, "team": "billing"}',
    "Bug, feature": "bug",
    "SQL query": "```sql\nSELECT month, sum(x) FROM sales GROUP BY month\n```",
}
"""What the prompt holds -> an answer that passes."""
BAD = {
    "equals": ("refund", "31"),
    "starts-with": ("parcel is late", "Hello, sorry about your parcel."),
    "icontains-all": ("parcel is late", "Dear customer, sorry."),
    "not-contains": ("parcel is late", "Dear customer, sorry, your parcel: guarantee."),
    "word-count": ("parcel is late", "Dear customer, sorry, your parcel" + " is late" * 60),
    "is-json": ("Triage", '{"urgency": "high", "team": "billing"}'),
    "not-regex": ("Triage", '{"urgency": 1, "team": "Unknown"}'),
    "contains-any": ("Bug, feature", "other"),
    "regex": ("Bug, feature", "bug feature"),
    "contains": ("SQL query", "```sql\nSELECT 1\n```"),
    "is-sql": ("SQL query", "```sql\nGROUP BY BROKEN\n```"),
    "not-regex again": ("SQL query", "```sql\nDROP TABLE x; -- GROUP BY\n```"),
    "not-icontains": ("refund", "30 as an AI"),
}
"""An assertion of the other tool -> an answer that fails it."""


def lines_of(text: str) -> int:
    """Count the lines that are not empty."""
    return sum(1 for line in text.splitlines() if line.strip())


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Give a function that runs a suite against answers, with `pass` and `fail` from the judge."""
    monkeypatch.chdir(tmp_path)
    Path("config.toml").touch()
    Path("policy.md").write_text("A full refund within 30 days.\n")
    Path("sql.sh").write_text("! grep -q BROKEN\n")

    def run_suite(suite: str, answers: dict[str, str], *flags: str, judge: str = "pass"):
        Path("shop.toml").write_text(suite)
        behaviours = [Behaviour(text=judge, match="<criterion-", times=0)]
        behaviours += [
            Behaviour(text=text, match=re.escape(words), times=0) for words, text in answers.items()
        ]
        terminal = Terminal.recording()
        environ = {"GRADIENT_CONFIG": "config.toml", "PATH": os.environ["PATH"]}
        with MockServer(Script(behaviours=tuple(behaviours))) as server:
            argv = ["check", "shop.toml", "--base-url", server.url, "--retries", "0", *flags]
            return run(argv, Invocation(terminal, environ)), terminal.stdout_text

    return run_suite


def test_the_configuration_has_fifteen_assertions():
    """As many as the page says."""
    found = yaml.safe_load(PROMPTFOO)
    asserted = [*found["defaultTest"]["assert"]]
    for test in found["tests"]:
        asserted += test["assert"]

    assert len(asserted) == 15
    assert len(found["tests"]) == SHOP.count("[[test]]")


def test_three_metrics_are_three():
    """As many as the page says, and as many criteria."""
    assert len(set(re.findall(r"\w+Metric\(|GEval\(", DEEPEVAL))) == 3
    assert SHOES.count("It ") + SHOES.count("Everything") == 3


@pytest.mark.parametrize(("theirs", "ours"), [(PROMPTFOO, SHOP), (DEEPEVAL, SHOES)])
def test_ours_is_not_longer(theirs, ours):
    """In lines that say something."""
    assert lines_of(ours) <= lines_of(theirs)


@pytest.mark.real
def test_right_answers_pass(shop):
    """All five tests."""
    status, out = shop(SHOP, GOOD, "--run-check", "sql=sh sql.sh")

    assert status == 0, out
    assert "5 passed" in out


@pytest.mark.real
@pytest.mark.parametrize("assertion", BAD)
def test_what_the_other_tool_would_refuse_is_refused(assertion, shop):
    """Each assertion has its counterpart: one wrong answer, one test that fails."""
    words, text = BAD[assertion]

    status, out = shop(SHOP, {**GOOD, words: text}, "--run-check", "sql=sh sql.sh")

    assert status == 1, out
    assert "4 passed, 1 failed" in out


@pytest.mark.real
def test_a_rubric_is_a_judge(shop):
    """And says why."""
    status, out = shop(SHOP, GOOD, "--run-check", "sql=sh sql.sh", judge="fail\nIt is rude.")

    assert status == 1
    assert "the judge says: It is rude." in out


@pytest.mark.parametrize(("judge", "status"), [("pass", 0), ("fail", 1)])
def test_the_metrics_are_judged(shop, judge, status):
    """Three criteria, three votes each."""
    answers = {"shoes": "A full refund within 30 days."}

    found, out = shop(SHOES, answers, "-m", "any", judge=judge)

    assert found == status, out


def test_every_word_of_ours_is_a_key():
    """What a table's right column names as `key =` is one; so are the keys without a value."""
    named = set(re.findall(r"`(\w+) = ", PAGE))

    assert len(named) > 15
    assert named - set(KEYS) == set()


def test_suites_of_the_page_load(tmp_path):
    """As they stand, with no key that is none."""
    for name, text in (("shop", SHOP), ("shoes", SHOES)):
        (tmp_path / f"{name}.toml").write_text(text)
        assert load_suite(str(tmp_path / f"{name}.toml"))
