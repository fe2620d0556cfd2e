"""The HTML report in a real browser: the script runs, nothing else does."""

import re
import shutil
import subprocess

import pytest

from gradient_cli.check.reporters import html
from tests.check.test_runs import HOSTILE, FakeAsker, case, report_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--no-first-run", "--enable-logging=stderr",
)  # fmt: skip

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's package `chromium`"),
]


@pytest.fixture
def shown(tmp_path):
    """Give a function that loads the page and gives (its DOM, what the browser complained of)."""
    cases = [case("fails", expect=["fine"]), case("works", expect=["ok"])]
    hostile = f"{HOSTILE}<img src=x onerror=\"document.title='owned'\">"
    report = report_of(FakeAsker({"fails": hostile, "works": "ok"}), *cases)
    page = tmp_path / "report.html"
    page.write_text(html.render(report))

    def show(state: str = "") -> tuple[str, list[str]]:
        done = subprocess.run(
            [str(CHROMIUM), *QUIET, f"--user-data-dir={tmp_path}/browser",
             "--dump-dom", f"{page.as_uri()}#{state}"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return done.stdout, complaints

    return show


def hidden(dom: str) -> list[str]:
    """Give the verdicts of the tests that the page does not show."""
    rows = re.findall(r'<details id="t\d+"[^>]*>', dom)
    return [re.findall(r'data-verdict="(\w+)"', row)[0] for row in rows if " hidden" in row]


def test_a_hostile_answer_stays_text(shown):
    """It runs no script and sets no title, and the page's own policy has nothing to block."""
    dom, complaints = shown()

    assert "<title>gradient check: not passed</title>" in dom
    assert complaints == []
    assert "2 of 2 shown" in dom
    assert "onerror" not in "".join(re.findall(r"<(?:img|script)[^>]*>", dom))


@pytest.mark.parametrize(
    ("state", "expected"),
    [("", []), ("verdict=passed", ["failed"]), ("search=works", ["failed"]), ("t2", [])],
)
def test_the_address_filters_the_tests(shown, state, expected):
    """A link to a filtered page shows what its sender saw."""
    dom, _ = shown(state)

    assert hidden(dom) == expected
