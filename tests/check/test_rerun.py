"""The command that runs one test again: pasted into any shell, it runs that test the same way."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions
from gradient_cli.check.case import Case, Row
from gradient_cli.check.rerun import rerun_line, shell_line
from gradient_cli.check.suite_options import TapeOptions, WhichOptions
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.json import line

NAMES = [
    "plain",
    'it\'s "quoted" $HOME `id` \\ !! *',
    "a [b] (c) {d} ~ # & | ; < >",
    "##[error] no",
    "a::b",
    "::error::x",
    "x ::set-output name=a::b",
    "##vso[task.complete] ##teamcity[x]",
    "section_start:1:x section_end",
    "two\nlines",
    "tab\there",
    "\x1b[31mred\x07",
    "right\u202eleft\u200b",
    "caf\u00e9 \U0001f600 \u2028 line",
    "-k",
    "--help",
    " blanks ",
    "%25 100%",
    "=x",
]


class Place:
    """A folder with a suite, and a service for it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def check(self, words: list[str], environ: dict[str, str] | None = None):
        """Run `gradient check WORDS`; give its status and what it printed."""
        terminal = Terminal.recording()
        settings = {
            "GRADIENT_CONFIG": "config.toml",
            "GRADIENT_INFERENCE_ENDPOINT": self._url,
            "PATH": "/usr/bin:/bin",
        }
        status = run(["check", *words], Invocation(terminal, {**settings, **(environ or {})}))
        return status, terminal.stdout_text


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Give a place where every answer is y."""
    monkeypatch.chdir(tmp_path)
    Path("config.toml").touch()
    with MockServer(Script(behaviours=(Behaviour(text="y", times=0),))) as server:
        yield Place(server.url)


def split(command: str, shell: str) -> list[str]:
    """Let a real shell split a command."""
    done = subprocess.run(
        [shell, "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True
    )
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.real
@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true"}])
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_whatever_is_in_a_name_it_works_when_pasted(place, shell, environ):
    """Taken from the log of a terminal or of a CI runner, it runs this test and no other."""
    tests = [{"name": name, "prompt": "x", "expect": "z"} for name in NAMES]
    Path("s.jsonl").write_text("".join(line(test) + "\n" for test in tests))

    status, out = place.check(["s.jsonl", "-j", "1"], environ)

    # What failed far above the end is said again there.
    reruns = re.findall("^ +rerun: (.*)", out, re.MULTILINE)[: len(NAMES)]
    assert (status, len(reruns)) == (1, len(NAMES))
    for name, command in zip(NAMES, reruns, strict=True):
        words = split(command, shell)
        assert words[:2] == ["gradient", "check"]
        status, report = place.check([*words[2:], "--json"], environ)
        assert [test["name"] for test in json.loads(report)["tests"]] == [name], command


FLAGS = [
    *("--tag", "smoke"),
    *("--repeat", "3"),
    *("--require", "2"),
    *("--root", "."),
    *("--key-file", "key"),
    *("--run-check", "c=sh -c 'exit 1'"),
    *("--check-timeout", "7.5"),
    *("--profile", "odd"),
    *("--timeout", "9"),
    *("--max-time", "99"),
    *("--retries", "0"),
]
SUITE = '[[test]]\nname = "a"\ntags = "smoke"\nprompt = "x"\nchecks = "c"\n'


@pytest.mark.real
def test_it_keeps_what_decides_the_result(place):
    """Each flag that says how a test is asked and judged; what says which and how quick goes."""
    Path("s.toml").write_text(SUITE)
    Path("config.toml").write_text("[profiles.odd]\ntemperature = 0.5\n")
    Path("key").write_text("sk-test-0123456789\n")
    Path("key").chmod(0o600)
    others = ["-j", "2", "-k", "a", "--fail-fast", "--max-total-tokens", "99", "--junit", "r.xml"]

    status, out = place.check(["s.toml", *FLAGS, *others, "-m", "any"])

    (command,) = re.findall("rerun: (.*)", out)
    words = split(command, "sh")
    assert status == 1
    assert words == ["gradient", "check", "s.toml", "-k", "a", "-m", "any", *sorted_flags(words)]
    assert place.check(words[2:])[0] == 1


def sorted_flags(words: list[str]) -> list[str]:
    """Give the flags that were given, in the order in which they came back."""
    given = list(zip(FLAGS[::2], FLAGS[1::2], strict=True))
    order = [flag for flag in words if flag in FLAGS[::2]]
    assert sorted(order) == sorted(FLAGS[::2])
    return [word for flag in order for word in (flag, dict(given)[flag])]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"proxy": "http://me:secret@proxy:3128"}, []),
        ({"proxy": "http://proxy:3128"}, ["--proxy", "http://proxy:3128"]),
        ({"key_file": "-"}, []),
        ({"key_file": "k"}, ["--key-file", "k"]),
    ],
)
def test_it_keeps_no_secret(flags, words):
    """A password in a URL, a key that came on stdin."""
    case = Case(suite="s.toml", line=1, name="a")

    found = rerun_line(case, "a", (WhichOptions(), TapeOptions(), NetworkOptions(**flags)))

    assert found.split() == ["gradient", "check", "s.toml", "-k", "a", *words]


def test_of_one_row_no_share_is_required():
    """`--require 90%` is about all rows; the command for all of them keeps it."""
    row = Row(test="a", name="r", file="s.toml", line=2)
    case = Case(suite="s.toml", line=1, name="a [r]", row=row)
    how = (WhichOptions(require="90%"),)

    assert rerun_line(case, "a [r]", how) == "gradient check s.toml -k 'a [r]'"
    assert rerun_line(case, "a", how) == "gradient check s.toml -k a --require 90%"


def test_a_suite_may_look_like_a_flag():
    """Its name is a path all the same."""
    case = Case(suite="-x.toml", line=1, name="a")

    assert rerun_line(case, "a", ()) == "gradient check ./-x.toml -k a"


def test_quotes_split_what_a_runner_obeys():
    """A shell puts it together again."""
    text = shell_line(["##[error]", "::error::", "section_start"])

    assert text == "'#''#[error]' '':'':error:: section''_start"
