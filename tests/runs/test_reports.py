"""The reports of `check`: in their places before anything is asked, and never older than the run."""

import json
import os
import subprocess
import sys
from html import unescape
from xml.etree import ElementTree

import pytest

from tests.captures import capture
from tests.home import Home
from tests.replay_server import Play

SUITE = '[[test]]\nname = "a"\nprompt = "p"\nexpect = "demo"\n'
GREEN = '<?xml version="1.0"?><testsuites><testsuite tests="1" errors="0"/></testsuites>'


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a user in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(SUITE)
    return Home(tmp_path)


def error_of(path):
    """Give file, line and message of the one error in a JUnit report."""
    (case,) = ElementTree.parse(path).iter("testcase")
    (error,) = case.iter("error")
    return case.get("file"), error.get("message")


@pytest.mark.parametrize("flag", ["--junit", "--html"])
@pytest.mark.parametrize("name", ["a.toml", "sub/a.toml", "a.jsonl", "suite-without-ending"])
def test_a_suite_is_never_taken_for_the_name_of_a_report(home, tmp_path, flag, name):
    """FILE was forgotten: the suite behind the flag is what would be written over."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(SUITE if not name.endswith("l") or "toml" in name else '{"name": "a"}\n')
    before = path.read_text()

    status, out, err = home.runs("check", flag, name, "s.toml", "-p", "demo")

    assert (status, out, path.read_text()) == (2, "", before)
    assert f'{flag} "{name}": that is a suite, not the name of a report' in err


@pytest.mark.parametrize("name", ["s.toml", "./s.toml", "link"])
def test_a_report_is_not_the_suite_that_is_run(home, tmp_path, name):
    """By whatever name."""
    (tmp_path / "link").symlink_to("s.toml")

    status, _, _ = home.runs("check", "s.toml", "--html", name, "-p", "demo")

    assert (status, (tmp_path / "s.toml").read_text()) == (2, SUITE)


@pytest.mark.parametrize("key", ["files", "prompt_file", "vars"])
def test_a_report_is_no_file_that_a_test_reads(home, tmp_path, key):
    """A policy, a prompt: whatever the suite names."""
    (tmp_path / "policy.md").write_text("<b>Thirty days.</b>")
    named = {
        "files": 'files = ["policy.md"]\nprompt = "p"',
        "prompt_file": 'prompt_file = "policy.md"',
        "vars": 'vars = { x = "@policy.md" }\nprompt = "{{ x }}"',
    }[key]
    (tmp_path / "s.toml").write_text(f'[[test]]\nname = "a"\n{named}\nexpect = "demo"\n')

    status, _, err = home.runs("check", "s.toml", "--junit", "policy.md", "-p", "demo")

    assert (status, (tmp_path / "policy.md").read_text()) == (2, "<b>Thirty days.</b>"), err
    assert "is a file that this run reads" in err


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "suite", "words"),
    [
        ((), SUITE.replace("expect", "expct"), "expct"),
        ((), "", "no test"),
        ((), "[[test", ""),
        (("-k", "nothing"), SUITE, "nothing"),
        (("missing.toml",), SUITE, "missing.toml"),
        (("--no-such-flag",), SUITE, "--no-such-flag"),
        (("-j", "none"), SUITE, "none"),
        (("--replay", "no-tapes"), SUITE, "no-tapes"),
    ],
)
def test_a_run_that_is_refused_replaces_the_report_of_the_run_before(
    home, tmp_path, arguments, suite, words
):
    """A green report that stays would pass in CI."""
    (tmp_path / "s.toml").write_text(suite)
    for name in ("r.xml", "r.html"):
        (tmp_path / name).write_text(GREEN)

    status, _, err = home.runs(
        "check", "s.toml", "--junit", "r.xml", "--html=r.html", "-p", "demo", *arguments
    )

    assert status == 2
    where, message = error_of(tmp_path / "r.xml")
    assert words in message
    assert words in err
    assert where in {None, "s.toml"}
    assert (where is None) is not message.startswith("usage (2): s.toml:")
    assert words in unescape((tmp_path / "r.html").read_text())


def test_a_refused_run_says_file_and_line(home, tmp_path):
    """In the report, and on GitHub as an annotation at that line."""
    (tmp_path / "s.toml").write_text(f"{SUITE}\n{SUITE.replace('expect', 'expct')}")
    summary = tmp_path / "summary.md"

    status, out, _ = home.exports(GITHUB_STEP_SUMMARY=str(summary)).runs(
        "check", "s.toml", "--junit", "r.xml", "--github", "-p", "demo"
    )

    assert status == 2
    assert "::error file=s.toml,line=" in out
    assert error_of(tmp_path / "r.xml")[1].startswith("usage (2): s.toml:9: unknown key")
    assert "expct" in summary.read_text()


def test_a_refused_run_has_a_json_report(home):
    """One object, as from every run with --json."""
    status, out, _ = home.runs("check", "s.toml", "-k", "nothing", "--json", "-p", "demo")

    assert status == 2
    assert '"exit_code":2' in out.replace(" ", "")


ON_GITHUB = {"GITHUB_ACTIONS": "true"}
REFUSED = [
    (SUITE.replace("expect", "expct"), {}, (), "file=s.toml,line=4,", "unknown key `expct`"),
    ("[[test]]\nname=", {}, (), "file=s.toml,line=2,", "not TOML"),
    (SUITE + "profile='zz'\n", {}, (), "file=s.toml,line=5,", 'there is no profile "zz"'),
    (SUITE, {}, (), "title=", "no key for https://"),
    (SUITE, {"MODEL_ACCESS_KEY": ""}, (), "title=", "$MODEL_ACCESS_KEY is set but empty"),
    (
        SUITE,
        {"GRADIENT_PROFILE": "zz"},
        (),
        "title=",
        '$GRADIENT_PROFILE: there is no profile "zz"',
    ),
    (SUITE, {"GRADIENT_INFERENCE_ENDPOINT": "ftp://x"}, (), "title=", "neither http nor https"),
    (SUITE, {"GRADIENT_CONFIG": "nowhere"}, (), "title=", "GRADIENT_CONFIG"),
    (SUITE, {}, ("--replay", "no-tapes"), "title=", "no-tapes"),
    (SUITE, {}, ("--timeout", "0", "-p", "demo"), "title=", "--timeout 0"),
    (SUITE, {}, ("--no-such-flag",), "title=", "--no-such-flag"),
    (SUITE, {}, ("-k", "nothing", "-p", "demo"), "title=", "nothing"),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("suite", "environ", "flags", "place", "words"), REFUSED)
def test_github_hears_why_nothing_was_asked(home, tmp_path, suite, environ, flags, place, words):
    """An annotation, at the suite's line where that is to blame, and the job summary."""
    (tmp_path / "s.toml").write_text(suite)
    (tmp_path / "r.xml").write_text(GREEN)
    home.exports(GRADIENT_MODEL="any", **ON_GITHUB, GITHUB_STEP_SUMMARY="sum.md", **environ)

    status, out, _ = home.runs("check", "s.toml", "--junit", "r.xml", *flags)

    summary = unescape((tmp_path / "sum.md").read_text())
    assert status in {2, 3}
    (line,) = [row for row in out.splitlines() if row.startswith("::error ")]
    assert line.startswith(f"::error {place}")
    assert words in line
    assert words in summary
    assert "Stopped: " in summary
    where, message = error_of(tmp_path / "r.xml")
    assert (where is None, words in message) == (place == "title=", True)


@pytest.mark.parametrize("flags", [("-p", "demo"), ("-p", "demo", "-k", "nothing"), ("--bad",), ()])
def test_json_on_stdout_is_json_alone_on_github_too(home, tmp_path, flags):
    """The runner hears stderr as well."""
    (tmp_path / "s.toml").write_text(SUITE.replace("demo", "no such word"))

    status, out, err = home.exports(**ON_GITHUB).runs("check", "s.toml", "--json", *flags)

    assert status != 0
    assert json.loads(out)["exit_code"] == status
    assert err.count("::error ") == 1


def test_an_unreachable_service_is_an_annotation_at_its_test(home, tmp_path):
    """And stands in the summary."""
    home.exports(GRADIENT_MODEL="any", **ON_GITHUB, GITHUB_STEP_SUMMARY="sum.md")

    status, out, _ = home.runs(
        "check", "s.toml", "--base-url", "http://127.0.0.1:9", "--retries", "0"
    )

    assert status == 5
    assert "::error file=s.toml,line=1,title=gradient check%3A a::service (5): cannot conn" in out
    assert "cannot connect to" in (tmp_path / "sum.md").read_text()


def test_what_was_never_a_report_is_not_replaced_by_a_refusal(home, tmp_path):
    """Nobody knows yet what the run would have read."""
    (tmp_path / "notes.md").write_text("precious")

    status, _, _ = home.runs(
        "check", "s.toml", "--junit", "notes.md", "-k", "nothing", "-p", "demo"
    )

    assert (status, (tmp_path / "notes.md").read_text()) == (2, "precious")


def test_folders_of_reports_are_made(home, tmp_path):
    """A clean checkout has none."""
    status, _, err = home.runs(
        "check", "s.toml", "--junit", "out/a/r.xml", "--html", "out/b/r.html", "-p", "demo"
    )

    assert status == 0, err
    assert (tmp_path / "out/a/r.xml").stat().st_size
    assert (tmp_path / "out/b/r.html").stat().st_size


def test_a_place_that_cannot_be_is_known_before_anything_is_asked(home, tmp_path):
    """And the other report says so."""
    (tmp_path / "file").write_text("")

    status, _, err = home.runs(
        "check", "s.toml", "--html", "file/r.html", "--junit", "r.xml", "-p", "demo"
    )

    assert status == 2
    assert 'cannot write "file/r.html"' in err
    assert 'cannot write "file/r.html"' in error_of(tmp_path / "r.xml")[1]


LATE = """
import os, sys
sys.argv[0] = "gradient"
known = set()

import gradient_cli.transport.http as http
send = http.HttpTransport.send

def first(self, *arguments, **options):
    if not known:
        known.update(sys.modules)
    return send(self, *arguments, **options)

http.HttpTransport.send = first
leave = os._exit

def tell(status=0):
    late = sorted(name for name, module in list(sys.modules.items()) if module and name not in known)
    os.write(2, ("\\nlate:" + " ".join(late if known else ["nothing-was-sent"])).encode())
    leave(status)

os._exit = tell
from gradient_cli.__main__ import main
main()
"""


@pytest.mark.real
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "s.toml", "--junit", "r.xml", "--html", "r.html", "--github"),
        ("check", "s.toml", "--json", "--record", "tapes"),
        ("batch", "run", "{{ item }}", "-i", "items.txt", "-o", "out.jsonl"),
        ("batch", "run", "{{ item }}", "-i", "items.txt", "--one-of", "a,b"),
        ("respond", "hi"),
        ("respond", "hi", "--json", "-o", "out.txt"),
        ("respond", "hi", "--one-of", "a,b"),
        ("respond", "hi", "--record", "tapes"),
    ],
    ids=" ".join,
)
def test_nothing_is_loaded_after_the_first_request(home, tmp_path, world, replay_server, arguments):
    """An upgrade of the package meanwhile then costs no answer that was paid for."""
    (tmp_path / "s.toml").write_text(SUITE + 'expect_re = "x"\n')
    (tmp_path / "items.txt").write_text("one\n")
    replay_server.then(Play(capture("vllm", "ok-hello-stream").response))
    where = {"GRADIENT_INFERENCE_ENDPOINT": replay_server.url, "GRADIENT_MODEL_ACCESS_KEY": "k"}

    done = subprocess.run(
        [sys.executable, "-c", LATE, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **world, **where, "GRADIENT_MODEL": "m"},
        timeout=60,
        check=False,
    )

    late = done.stderr.rpartition("late:")[2].split()
    assert [name for name in late if not name.startswith("encodings.")] == [], done.stderr


def test_a_journal_keeps_no_other_report_from_being_held(home, tmp_path):
    """Each is written, in whatever order they were named."""
    for order in (
        ("--json-lines", "j.jsonl", "--junit", "r.xml"),
        ("--junit", "r.xml", "--json-lines", "j.jsonl"),
    ):
        status, _, err = home.runs("check", "s.toml", *order, "-p", "demo")

        assert status == 0, err
        for name in ("j.jsonl", "r.xml"):
            assert (tmp_path / name).stat().st_size
            (tmp_path / name).unlink()


@pytest.mark.parametrize("flag", ["--model", "-m", "--baseline", "--profile", "--", "-k"])
def test_a_value_that_looks_like_a_report_is_none(home, tmp_path, monkeypatch, flag):
    """A line that cannot be taken apart makes no file of what stands where a value does."""
    monkeypatch.chdir(tmp_path)

    status, _, _ = home.runs("check", flag, "--html=gone", "s.toml", "--nothing")

    assert status == 2
    assert not (tmp_path / "gone").exists()
