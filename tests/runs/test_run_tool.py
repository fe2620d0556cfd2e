"""`gradient respond --run-tool`: what a program is given, what the model is told, what is kept."""

import json
import sys
import time
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal
from tests.captures import KEY

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = json.dumps({"name": "f", "parameters": PARAMETERS})
OSLO = {"name": "f", "arguments": '{"city": "Oslo"}'}
SEEN = Behaviour(text="It is {{ tool f }}.", sees="", times=0)


def calls(*several: dict, **more) -> Behaviour:
    """Give a reply that calls."""
    return Behaviour(text="", calls=several, times=0, **more)


class Desk:
    """Runs commands against a mock whose model calls; keeps what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[dict] = []
        self.environ: dict[str, str] = {}

    def program(self, code: str, name: str = "f.py") -> str:
        """Give the command of a Python program; `said` in it is what came on stdin."""
        path = self.folder / name
        path.write_text(f"import os, sys, time\nsaid = sys.stdin.read()\n{code}\n")
        return f"{sys.executable} -S {path}"

    def runs(self, *argv: str, script: tuple = (calls(OSLO), SEEN), stdin=None, is_tty=False):
        """Give the status, stdout and stderr of a run."""
        terminal = Terminal.recording(stdin, is_tty=is_tty)

        with MockServer(Script(behaviours=script)) as server:
            environ = {
                "HOME": str(self.folder),
                "XDG_CONFIG_HOME": str(self.folder),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "GRADIENT_MODEL_ACCESS_KEY": KEY,
                "PATH": "/usr/bin:/bin",
                "COPY": f"it is {KEY}",
                **self.environ,
            }
            given = [*argv, "--no-stdin"] if stdin is None and argv[0] == "respond" else argv
            status = run([*given, "--retries", "0"], Invocation(terminal, environ))
            self.asked += [record.body for record in server.requests]
        return status, terminal.stdout_text, terminal.stderr_text

    def asks(self, *argv: str, program: str = "print(said.strip())", **named):
        """Give what comes of a question with one tool and its program."""
        run_tool = f"f={self.program(program)}"
        return self.runs(
            "respond", "-m", "m", "--tool", TOOL, "--run-tool", run_tool, "sun?", *argv, **named
        )


@pytest.fixture
def desk(tmp_path):
    """Give a desk with a folder of its own."""
    return Desk(tmp_path)


@pytest.mark.parametrize("dialect", ["typed", "chunk"])
@pytest.mark.parametrize("stream", ["--stream", "--no-stream"])
def test_a_call_is_answered_by_its_program(desk, dialect, stream):
    """Arguments go in as JSON, the result comes back, and the last answer is printed."""
    script = (calls(OSLO, dialect=dialect), Behaviour(text=SEEN.text, sees="", dialect=dialect))

    status, stdout, stderr = desk.asks(stream, script=script)

    assert (status, stdout) == (0, 'It is {"city":"Oslo"}.\n')
    assert 'tool f {"city": "Oslo"}: 15 bytes in' in stderr
    assert [item.get("type") for item in desk.asked[1]["input"]] == [
        None,
        "function_call",
        "function_call_output",
    ]
    assert desk.asked[1]["tools"] == desk.asked[0]["tools"]


def test_the_object_has_the_steps(desk):
    """What was called, what came back, and what all of it used."""
    status, stdout, _ = desk.asks("--json", program="print('warm')")

    found = json.loads(stdout)
    (step,) = found["steps"]
    assert status == 0
    assert (step["name"], step["output"], step["ok"]) == ("f", "warm", True)
    assert (step["exit_code"], step["error"]) == (0, None)
    assert found["tool_calls"] == []
    assert found["attempts"] == 2
    assert found["usage"]["total_tokens"] > found["response"]["usage"]["total_tokens"]


def test_events_have_a_line_a_step(desk):
    """And the last line has them all."""
    _, stdout, _ = desk.asks("--format", "events")

    kinds = [json.loads(line) for line in stdout.splitlines()]
    steps = [line for line in kinds if line["type"] == "gradient.step"]
    assert [step["output"] for step in steps] == ['{"city":"Oslo"}']
    assert len(kinds[-1]["steps"]) == 1


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("sys.exit('no such city')", "error: the program gave no result: it ended with status 1"),
        ("sys.exit('no such city')", "no such city"),
        ("print('half'); sys.exit(3)", "its stdout:\nhalf"),
        ("os.kill(os.getpid(), 11)", "it was ended by SIGSEGV"),
        ("sys.stdout.buffer.write(b'caf\\xe9')", "not UTF-8 (byte 0xe9 at offset 3)"),
        ("sys.stdout.buffer.write(b'caf\\xe9')", "caf\N{REPLACEMENT CHARACTER}"),
        ("print('x' * 2_000_000)", "this output was cut after 1,000,000 bytes"),
    ],
)
def test_the_model_is_told_what_went_wrong(desk, code, told):
    """And the run goes on: it is the model that has to say something to it."""
    status, _, _ = desk.asks(program=code)

    output = desk.asked[1]["input"][-1]["output"]
    assert status == 0
    assert told in output
    assert len(output.encode()) < 1_001_000


@pytest.mark.real
def test_a_program_that_takes_too_long_is_ended(desk):
    """The model is told so."""
    began = time.monotonic()
    status, stdout, _ = desk.asks("--tool-timeout", "0.3", "--json", program="time.sleep(60)")

    (step,) = json.loads(stdout)["steps"]
    assert status == 0
    assert step["error"] == "it took longer than 0.3 s and was ended"
    assert time.monotonic() - began < 10


@pytest.mark.real
def test_the_whole_run_has_an_end(desk):
    """--max-time counts the programs, too."""
    began = time.monotonic()
    status, _, stderr = desk.asks("--max-time", "0.8", program="time.sleep(60)")

    assert status == 7
    assert "longer than --max-time" in stderr
    assert time.monotonic() - began < 3


@pytest.mark.real
def test_what_was_run_is_told_where_the_run_ends(desk):
    """One is done, another is ended by --max-time: the first one's line is there."""
    several = [{"name": "f", "arguments": f'{{"city": "{n}"}}'} for n in range(2)]

    status, _, stderr = desk.asks(
        "--max-time", "1", program="time.sleep(60 * int(said[9]))", script=(calls(*several), SEEN)
    )

    assert status == 7
    assert 'tool f {"city": "0"}: 0 bytes' in stderr
    assert 'tool f {"city": "1"}' not in stderr


@pytest.mark.real
def test_calls_of_one_answer_run_at_once(desk):
    """Their results go back in the order of the calls."""
    several = [{"name": "f", "arguments": f'{{"city": "{n}"}}'} for n in range(5)]
    code = "n = int(said[9]); time.sleep(1.5 - n / 4); print(n)"
    began = time.monotonic()

    status, stdout, _ = desk.asks(program=code, script=(calls(*several), SEEN))

    assert status == 0
    assert stdout.split() == ["It", "is", "0", "1", "2", "3", "4."]
    assert time.monotonic() - began < 4


@pytest.mark.real
@pytest.mark.parametrize(("most", "status", "requests"), [("0", 8, 1), ("2", 8, 3), ("3", 8, 4)])
def test_no_more_calls_than_allowed(desk, most, status, requests):
    """A model that calls for ever is incomplete, and the last calls are not run."""
    found, _, stderr = desk.asks("--max-tool-calls", most, script=(calls(OSLO),))

    assert found == status
    assert len(desk.asked) == requests
    assert f"--max-tool-calls is {most}" in stderr


@pytest.mark.real
def test_twenty_calls_are_the_limit(desk):
    """Unless the user says another."""
    status, stdout, _ = desk.asks("--json", script=(calls(*[OSLO] * 7),), program="print(1)")

    assert status == 8
    assert len(json.loads(stdout)["steps"]) == 14


def test_the_limit_holds_over_repairs(desk):
    """What --repair asks again is the same question."""
    wrong = Behaviour(text="warm", sees="", times=1)
    again = Behaviour(text="", calls=(OSLO,), match="cannot be used", times=0)

    flags = ("--schema", "t int", "--repair", "2", "--max-tool-calls", "1")
    status, _, stderr = desk.asks(*flags, script=(calls(OSLO), wrong, again))

    assert status == 8
    assert "asks for 2 function calls; --max-tool-calls is 1" in stderr


def test_the_program_has_no_key(desk):
    """Not by its name, and not in a variable of another name."""
    status, _, _ = desk.asks(program="print(dict(os.environ))")

    told = desk.asked[1]["input"][-1]["output"]
    assert status == 0
    assert KEY not in told
    assert "PATH" in told
    assert "COPY" not in told


def test_a_key_that_a_program_prints_goes_nowhere(desk):
    """It knows it from elsewhere; neither the model nor a thread gets it."""
    thread = desk.folder / "t.jsonl"

    status, stdout, stderr = desk.asks("--thread", str(thread), program=f"print({KEY!r})")

    assert status == 0
    assert KEY not in stdout + stderr + thread.read_text() + json.dumps(desk.asked)


@pytest.mark.real
def test_a_forced_call_is_made_once(desk):
    """A tool choice that is met does not make the model call for ever."""
    for choice in ("required", "f"):
        desk.asked.clear()
        status, _, _ = desk.asks("--tool-choice", choice)

        assert status == 0
        assert desk.asked[0]["tool_choice"] != "auto"
        assert desk.asked[1]["tool_choice"] == "auto"


def test_words_before_a_call_are_no_answer(desk):
    """They are commentary."""
    first = Behaviour(text="Let me see.", calls=(OSLO,), times=0)

    status, stdout, stderr = desk.asks("--show-reasoning", script=(first, SEEN))

    assert (status, stdout) == (0, 'It is {"city":"Oslo"}.\n')
    assert "Let me see." in stderr
    assert [i["content"] for i in desk.asked[1]["input"] if i.get("role") == "assistant"] == [
        "Let me see."
    ]


# Who may be called ----------------------------------------------------------------------------


def test_a_function_of_nobody_is_the_answer(desk):
    """What no program answers is printed as ever, and nothing of that answer is run."""
    other = {"name": "g", "arguments": "{}"}
    tools = json.dumps([json.loads(TOOL), {"name": "g"}])

    status, stdout, stderr = desk.asks("--tool", tools, script=(calls(OSLO, other),))

    assert status == 0
    assert [json.loads(line)["name"] for line in stdout.splitlines()] == ["f", "g"]
    assert "no --run-tool answers g" in stderr
    assert len(desk.asked) == 1


def test_a_function_that_was_not_offered_is_no_answer(desk):
    """Whatever it is called."""
    status, _, stderr = desk.asks(script=(calls({"name": "rm", "arguments": "{}"}),))

    assert status == 1
    assert 'the model called "rm", which is no tool of this request' in stderr


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--run-tool", "f"], "NAME=COMMAND"),
        (["--run-tool", "=ls"], "NAME=COMMAND"),
        (["--run-tool", "f="], "no command"),
        (["--run-tool", "f='ls"], "no closing quotation"),
        (["--run-tool", "f=/nowhere/x"], "no such program"),
        (["--run-tool", "f=no-such-program-anywhere"], "no such program"),
        (["--run-tool", "f=ls", "--run-tool", "f=cat"], "twice"),
        (["--run-tool", "g=ls"], "no tool of this name is offered"),
        (["--tool-timeout", "3"], "belongs to --run-tool"),
        (["--max-tool-calls", "3"], "belongs to --run-tool"),
        (["--confirm"], "belongs to --run-tool"),
        (["--run-tool", "f=ls", "--tool-timeout", "0"], "out of range"),
        (["--run-tool", "f=ls", "--tool-timeout", "inf"], "out of range"),
        (["--run-tool", "f=ls", "--tool-timeout", "nan"], "out of range"),
        (["--run-tool", "f=ls", "--confirm"], "asks on a terminal"),
        (
            ["--run-tool", "h=ls", "--tool", '{"name":"h","parameters":{"type":7}}'],
            "no JSON Schema",
        ),
        (["--run-tool", "h=ls", "--tool", '{"name":"h","parameters":"any"}'], "no JSON Schema"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk, flags, words):
    """Before anything is sent."""
    status, _, stderr = desk.runs("respond", "-m", "m", "--tool", TOOL, "hi", *flags)

    assert status == 2
    assert words in stderr
    assert desk.asked == []


def test_a_program_that_cannot_be_started_ends_the_run(desk):
    """A mistake of the user's is not told to the model as if it were a result."""
    script = desk.folder / "f"
    script.write_text("no first line\n")
    script.chmod(0o755)

    status, _, stderr = desk.runs(
        "respond", "-m", "m", "--tool", TOOL, "--run-tool", f"f={script}", "sun?"
    )

    assert status == 2
    assert "--run-tool f: cannot start" in stderr
    assert len(desk.asked) == 1


# With all the rest ----------------------------------------------------------------------------


def test_a_thread_keeps_calls_and_results(desk):
    """A next turn sends them again."""
    thread = desk.folder / "t.jsonl"
    desk.asks("--thread", str(thread))

    kept = [json.loads(line) for line in thread.read_text().splitlines()]
    assert [item.get("type", item.get("role")) for item in kept] == [
        "user",
        "function_call",
        "function_call_output",
        "message",
    ]
    again = ("respond", "-m", "m", "--thread", str(thread), "and now?")
    status, _, _ = desk.runs(*again, script=(Behaviour(text="the same"),))
    assert status == 0
    assert desk.asked[-1]["input"][:4] == kept


@pytest.mark.parametrize(
    ("flags", "script"),
    [
        (["--max-tool-calls", "1"], (calls(OSLO),)),
        ([], (calls(OSLO), Behaviour(status=500, sees="", times=0))),
        ([], (calls(OSLO), Behaviour(end="cut", after=1, sees="", times=0))),
        (["--expect", "never"], (calls(OSLO), SEEN)),
    ],
)
def test_a_turn_that_fails_is_not_in_the_thread(desk, flags, script):
    """All of it or nothing: no call stands there without its result."""
    thread = desk.folder / "t.jsonl"
    before = '{"role":"user","content":"hi"}\n{"role":"assistant","content":"hello"}\n'
    thread.write_text(before)

    status, _, _ = desk.asks("--thread", str(thread), *flags, script=script)

    assert status
    assert thread.read_text() == before


def test_the_last_answer_counts(desk):
    """For a schema, a label, a block of code and a file."""
    said = Behaviour(text='{"t": 21}', sees="", times=0)
    status, stdout, _ = desk.asks("--schema", "t int", script=(calls(OSLO), said))
    assert (status, stdout) == (0, '{"t": 21}\n')

    label = Behaviour(text="Yes.", sees="", times=0)
    status, stdout, _ = desk.asks("--one-of", "yes,no", script=(calls(OSLO), label))
    assert (status, stdout) == (0, "yes\n")

    block = Behaviour(text="see\n```\nx = 1\n```\n", sees="", times=0)
    out = desk.folder / "out"
    status, stdout, _ = desk.asks("-x", "-o", str(out), script=(calls(OSLO), block))
    assert (status, stdout, out.read_text()) == (0, "", "x = 1\n")


def test_a_repair_knows_the_results(desk):
    """The model is asked again with all that was said, its calls too."""
    wrong = Behaviour(text="warm", sees="", times=1)
    right = Behaviour(text='{"t": 21}', match="cannot be used", times=0)

    status, stdout, _ = desk.asks(
        "--schema", "t int", "--repair", "1", "--json", script=(calls(OSLO), wrong, right)
    )

    found = json.loads(stdout)
    assert status == 0
    assert len(found["steps"]) == 1
    assert found["attempts"] == 3
    kinds = [item.get("type", item.get("role")) for item in desk.asked[2]["input"]]
    assert kinds == ["user", "function_call", "function_call_output", "message", "user"]


def test_a_recording_holds_the_results(desk):
    """A replay gives the same answer and starts nothing, though the program is gone."""
    tape = str(desk.folder / "tape")
    mark = desk.folder / "mark"
    code = f"open({str(mark)!r}, 'a').write('x'); print('warm')"
    recorded = desk.asks("--record", tape, program=code)
    (desk.folder / "f.py").unlink()

    argv = ["respond", "-m", "m", "--tool", TOOL, "--run-tool", "f=/nowhere/f", "sun?"]
    replayed = desk.runs(*argv, "--replay", tape, "--strict-replay")

    assert recorded[:2] == replayed[:2] == (0, "It is warm.\n")
    assert mark.read_text() == "x"
    assert len(desk.asked) == 2


def test_a_recording_without_results_is_a_miss(desk):
    """It was made before there was a program to answer."""
    tape = str(desk.folder / "tape")
    argv = ["respond", "-m", "m", "--tool", TOOL, "sun?"]
    desk.runs(*argv, "--record", tape, script=(calls(OSLO),))

    status, _, stderr = desk.runs(*argv, "--run-tool", "f=ls", "--replay", tape)

    assert status == 2
    assert "the recording has no results for the calls of f" in stderr


@pytest.mark.parametrize(
    ("said", "output"), [(b"y\n", "ran"), (b"n\n", "declined"), (b"", "declined")]
)
def test_the_user_is_asked(desk, said, output):
    """On the terminal, with the arguments and the command."""
    status, _, stderr = desk.asks("--confirm", program="print('ran')", stdin=said, is_tty=True)

    assert status == 0
    assert output in desk.asked[1]["input"][-1]["output"]
    assert 'the model calls f {"city":"Oslo"}' in stderr
    assert "f.py? [y/N] " in stderr


def test_nobody_is_asked_about_what_does_not_fit(desk):
    """It is not run anyway."""
    wrong = {"name": "f", "arguments": '{"city": 3}'}

    _, _, stderr = desk.asks("--confirm", stdin=b"y\n", is_tty=True, script=(calls(wrong), SEEN))

    assert "[y/N]" not in stderr


# Suites and rows ------------------------------------------------------------------------------

SUITE = """
[[test]]
name = "sun"
prompt = "sun?"
expect = "42"
params = { tools = [{ type = "function", name = "f", parameters = { type = "object" } }] }
"""


def test_a_suite_gets_its_program_from_the_command_line(desk):
    """And the report has the steps."""
    suite = desk.folder / "s.toml"
    suite.write_text(SUITE)
    run_tool = f"f={desk.program('print(7 * 6)')}"

    status, stdout, _ = desk.runs("check", str(suite), "-m", "m", "--run-tool", run_tool, "--json")

    (attempt,) = json.loads(stdout)["tests"][0]["attempts"]
    assert status == 0
    assert attempt["steps"][0]["output"] == "42"


def test_a_suite_can_name_no_program(desk):
    """Neither as a key of its own nor as a parameter of the request."""
    mark = desk.folder / "mark"
    for line in (f'run_tool = "f=touch {mark}"', f'params.run_tool = "f=touch {mark}"'):
        suite = desk.folder / "s.toml"
        suite.write_text(SUITE.replace("expect =", f"{line}\nexpect ="))

        desk.runs("check", str(suite), "-m", "m")

        assert not mark.exists()


def test_a_program_that_no_test_offers_is_refused(desk):
    """It would never be run."""
    suite = desk.folder / "s.toml"
    suite.write_text(SUITE)

    status, _, stderr = desk.runs("check", str(suite), "-m", "m", "--run-tool", "g=ls")

    assert status == 2
    assert "no tool of this name is offered" in stderr


@pytest.mark.real
def test_rows_are_answered_with_programs(desk):
    """Each row has its own calls; another command asks them again."""
    items, out = desk.folder / "items.txt", desk.folder / "out.jsonl"
    items.write_text("a\nb\nc\n")
    argv = ["batch", "run", "-m", "m", "--tool", TOOL, "-i", str(items), "-o", str(out)]
    command = f"f={desk.program('print(said.strip())')}"

    status, _, _ = desk.runs(*argv, "--run-tool", command)

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert status == 0
    assert [row["text"] for row in rows] == ['It is {"city":"Oslo"}.'] * 3
    assert [len(row["steps"]) for row in rows] == [1, 1, 1]
    assert len(desk.asked) == 6
    desk.runs(*argv, "--run-tool", command)
    assert len(desk.asked) == 6
    desk.runs(*argv, "--run-tool", f"{command} other")
    assert len(desk.asked) == 12


@pytest.mark.sampled
@pytest.mark.parametrize(
    "place", ["prompt file", "settings", "environment", "row", "thread", "body"]
)
def test_nothing_but_the_command_line_names_a_program(desk, place):
    """Wherever else it stands, it is refused or means nothing."""
    mark = desk.folder / "mark"
    command = f"f=touch {mark}"
    argv = ["respond", "-m", "m", "--tool", TOOL]
    match place:
        case "prompt file":
            (desk.folder / "p.md").write_text(f'---\nrun_tool = ["{command}"]\n---\nsun?\n')
            argv += ["--prompt-file", str(desk.folder / "p.md")]
        case "settings":
            (desk.folder / "gradient-cli").mkdir()
            (desk.folder / "gradient-cli" / "config.toml").write_text(f'run_tool = ["{command}"]\n')
            argv += ["sun?"]
        case "environment":
            desk.environ = {"GRADIENT_RUN_TOOL": command, "RUN_TOOL": command}
            argv += ["sun?"]
        case "row":
            (desk.folder / "i.jsonl").write_text(json.dumps({"prompt": "x", "run_tool": [command]}))
            argv = ["batch", "run", "-m", "m", "--tool", TOOL, "-i", str(desk.folder / "i.jsonl")]
        case "thread":
            (desk.folder / "t.jsonl").write_text(
                json.dumps({"role": "user", "content": "x", "run_tool": command}) + "\n"
            )
            argv += ["sun?", "--thread", str(desk.folder / "t.jsonl")]
        case "body":
            argv += ["--body", json.dumps({"input": "sun?", "run_tool": [command]})]

    desk.runs(*argv)

    assert not mark.exists()
