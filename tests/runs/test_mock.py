"""`gradient mock`: flags become a script; the program serves it until a signal ends it."""

import json
import signal
import subprocess
import sys
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest

from gradient_cli.ask.invocation import Invocation
from gradient_cli.cli.pages import mock_rows
from gradient_cli.errors import Terminated
from gradient_cli.mock import script_file
from gradient_cli.mock.script import ENDS, Behaviour
from gradient_cli.mock.server import MockServer
from gradient_cli.runs import mock
from gradient_cli.terminal.streams import Terminal


@pytest.fixture
def parsed(monkeypatch, home):
    """Give a function: a command line becomes the script that would be served."""

    def parse(*argv: str):
        served = SimpleNamespace(script=None)

        def keep(invocation, script, address):
            served.script = script
            return 0

        monkeypatch.setattr(mock, "serve", keep)
        status, _, stderr = home.runs("mock", *argv)
        return served.script if status == 0 else (status, stderr)

    return parse


def test_without_flags_it_says_hello(parsed):
    """And gives JSON where JSON is wanted."""
    assert parsed().behaviours == (Behaviour(obey_schema=True),)


def test_replies_take_turns(parsed, tmp_path):
    """From the command line or from files."""
    file = tmp_path / "reply.txt"
    file.write_text("two\n")

    script = parsed("--reply", "one", "--reply", f"@{file}", "--token-delay", "0.5", "--loop")

    assert script.is_looped
    assert script.behaviours == (
        Behaviour(text="one", token_delay=0.5),
        Behaviour(text="two\n", token_delay=0.5),
    )


def test_failures_come_first(parsed):
    """A refusal, then a broken answer, then what was to be said."""
    script = parsed(
        "--status", "429", "--header", "Retry-After: 2", "--times", "3",
        "--end", "cut", "--after", "2", "--reply", "a b c",
    )  # fmt: skip

    assert script.behaviours == (
        Behaviour(text="a b c", status=429, headers={"Retry-After": "2"}, times=3),
        Behaviour(text="a b c", end="cut", after=2, times=3),
        Behaviour(text="a b c"),
    )


def test_a_body_may_be_a_page(parsed):
    """With 200, unless --status says another."""
    first = parsed("--body", "<html>", "--header", "X: y").behaviours[0]

    assert (first.status, first.body, first.headers) == (200, "<html>", {"X": "y"})


def test_calls_of_one_name_are_all_kept(parsed):
    """Their arguments may be anything, as a model's may."""
    (behaviour,) = parsed("--call", "f={}", "--call", "f=oops", "--call", "g").behaviours

    assert behaviour.text == ""
    assert behaviour.calls == (
        {"name": "f", "arguments": "{}"},
        {"name": "f", "arguments": "oops"},
        {"name": "g", "arguments": "{}"},
    )


def test_flags_come_before_the_file(parsed, tmp_path):
    """Its replies follow those of the flags, and its settings give way."""
    file = tmp_path / "s.toml"
    file.write_text('dialect = "chunk"\nkey = "a"\n[[reply]]\ntext = "from the file"\n')

    script = parsed("--script", str(file), "--status", "503", "--key", "b")

    assert (script.dialect, script.key) == ("chunk", "b")
    assert [(b.status, b.text) for b in script.behaviours][1:] == [(200, "from the file")]
    assert script.behaviours[0].status == 503


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--end", "ct"), '--end "ct" is not one of completed, incomplete'),
        (("--status", "42"), "--status 42 is out of range: 200 to 599"),
        (("--dialect", "chnk"), "did you mean chunk?"),
        (("--header", "A: b"), "--header belongs to --status or --body"),
        (("--status", "429", "--header", "Retry-After"), "is not NAME: VALUE"),
        (("--after", "1"), "--after belongs to --end"),
        (("--times", "2"), "--times belongs to --status, --body or --end"),
        (("--call", "={}"), '--call "={}" is not NAME=JSON'),
        (("--delay", "-1"), "--delay -1.0 is out of range: 0 and above"),
        (("--delay", "nan"), "--delay nan is out of range"),
        (("--script", "no/such.toml"), 'cannot read "no/such.toml"'),
    ],
)
def test_a_wrong_flag_is_named(parsed, argv, words):
    """In one line, with status 2."""
    status, stderr = parsed(*argv)

    assert status == 2
    assert words in stderr


def test_a_flag_that_would_do_nothing_is_an_error(parsed, tmp_path):
    """A delay of replies that only the file has."""
    file = tmp_path / "s.toml"
    file.write_text("[[reply]]\ntext = 'x'\n")

    status, stderr = parsed("--script", str(file), "--delay", "1")

    assert status == 2
    assert "there is none" in stderr


def test_every_key_of_a_script_is_explained():
    """`gradient help mock-script` knows what the reader of scripts knows."""

    def keys(rows):
        return {key for term, _ in rows for key in term.split(", ")}

    assert keys(mock_rows.MOCK_SETTINGS) == set(script_file.SETTINGS)
    assert keys(mock_rows.MOCK_REPLY) == set(script_file.REPLY)
    said = " ".join(description for _, description in mock_rows.MOCK_REPLY)
    assert all(end in said for end in ENDS if end != "completed")


def test_a_taken_port_is_named(home):
    """With a way out."""
    with MockServer() as server:
        port = server.url.rpartition(":")[2]

        status, _, stderr = home.runs("mock", "--port", port)

    assert status == 2
    assert f"cannot listen on 127.0.0.1:{port}: address already in use\n" in stderr
    assert "--port 0 takes a free one" in stderr


def run_once(*argv: str, is_tty: bool = False, key: str = "") -> tuple[str, str]:
    """Serve, ask for a path that hides an escape sequence, end; give stdout and stderr."""

    def ask(_seconds: float) -> None:
        host = terminal.stdout_text.strip().removeprefix("http://")
        connection = HTTPConnection(host)
        connection.putrequest("GET", "/%1b")
        connection.putheader("Authorization", f"Bearer {key}")
        connection.endheaders()
        connection.getresponse().read()
        connection.close()
        raise Terminated

    terminal = Terminal.recording(is_tty=is_tty)
    from gradient_cli.__main__ import run

    with pytest.raises(Terminated):
        run(["mock", "--port", "0", *argv], Invocation(terminal, {}, sleep=ask))
    return terminal.stdout_text, terminal.stderr_text


def test_the_log_tells_of_a_key_and_never_which():
    """A line for each request, and a sum at the end."""
    _, stderr = run_once(key="sk-secret")

    assert "sk-secret" not in stderr
    assert "GET /%1b 404 " in stderr
    assert "(with a key)" in stderr
    assert "1 request: 1 x 404" in stderr


def test_quiet_is_quiet():
    """Only the address, and on stdout."""
    stdout, stderr = run_once("--quiet", is_tty=True)

    assert stdout.startswith("http://127.0.0.1:")
    assert stderr == ""


def test_a_person_is_told_how_to_use_it():
    """Where stderr is a terminal."""
    stdout, stderr = run_once(is_tty=True)

    assert f"GRADIENT_INFERENCE_ENDPOINT={stdout.strip()} gradient respond" in stderr


@pytest.mark.sampled
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(world, number):
    """Also while a reply is being stalled."""
    with subprocess.Popen(
        [sys.executable, "-m", "gradient_cli", "mock", "--port", "0", "--end", "stall"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=world,
    ) as process:
        host = process.stdout.readline().decode().strip().removeprefix("http://")
        connection = HTTPConnection(host, timeout=10)
        connection.request("POST", "/v1/responses", json.dumps({"input": "hi", "stream": True}))
        connection.getresponse().read(10)

        process.send_signal(number)

        assert process.wait(10) == -number
        assert b"Traceback" not in process.stderr.read()
        connection.close()


def test_odds_say_how_a_decision_is_answered(parsed):
    """Each word with its probability; what is no number is named."""
    assert parsed("--odds", "yes=0.75, no=0.25").decisions[0].odds == {"yes": 0.75, "no": 0.25}

    status, stderr = parsed("--odds", "yes=0.75,no=much")

    assert status == 2
    assert '--odds "yes=0.75,no=much" is not WORD=P,...' in stderr
