"""The page of a report in Chromium: a cell of the table of models opens all answers."""

import re
import shutil
import subprocess

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here"),
]
SUITE = """[[test]]
name = "rows"
prompt = "Row {{ q }}"
expect = "yes"
repeat = 3
require = 1
[[test.case]]
q = "<b>one</b>"
[[test.case]]
q = "two"
[[test]]
name = "alone"
prompt = "alone"
expect = "yes"
"""


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Give a function: the page's document as a browser has it, at an address of the page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(SUITE)
    (tmp_path / "config.toml").touch()
    told = (
        Behaviour(text="no <script>alert(1)</script>", model="b", match="two", times=0),
        Behaviour(text="yes", times=0),
    )
    with MockServer(Script(behaviours=told)) as server:
        argv = ["check", "s.toml", "-m", "a", "-m", "b", "--html", "page.html", "-j", "1"]
        environ = {"GRADIENT_CONFIG": str(tmp_path / "config.toml")}
        run([*argv, "--base-url", server.url], Invocation(Terminal.recording(), environ))

    def document(address: str = "") -> str:
        page = (tmp_path / "page.html").as_uri()
        return subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page + address],
            capture_output=True, text=True, timeout=60, check=True,
        ).stdout  # fmt: skip

    return document


def panel(document: str) -> str:
    return re.search(r'<div id="side".*?</section>', document, re.DOTALL)[0]


def test_a_cell_opens_the_answers_of_all_models(shown):
    """Side by side, rows that differ first; three attempts that said the same are shown once."""
    found = panel(shown("#side=t2"))

    assert "hidden" not in found.partition(">")[0]
    assert found.index("row 2") < found.index("row 1")
    assert found.count('class="side"') == 2
    assert found.count("3 × the same: attempts 1, 2, 3") == 4
    assert found.count("no &lt;script&gt;alert(1)&lt;/script&gt;") == 1
    assert "<script>" not in found


def test_a_test_without_rows_opens_too(shown):
    found = panel(shown("#side=t3"))

    assert found.count("<h3") == 2
    assert found.count("<pre") == 2


def test_nothing_is_open_at_first(shown):
    assert "hidden" in panel(shown()).partition(">")[0]
