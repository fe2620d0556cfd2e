"""`gradient respond --thread`: what is sent, what is kept, what is refused before it is sent."""

import json
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal
from tests.captures import KEY

CALL = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c1"}
ASKED = [{"role": "user", "content": "x"}, CALL]


@pytest.fixture
def talk(tmp_path):
    """Give a function that takes one turn, and gives status, stderr and the thread's items."""
    path = tmp_path / "talk.jsonl"

    def talk(*flags: str, stdin: bytes | None = None, history: list | None = None, **behaviour):
        if history is not None:
            path.write_text("".join(json.dumps(item) + "\n" for item in history))
        terminal = Terminal.recording(stdin)
        with MockServer(Script(behaviours=(Behaviour(**behaviour or {"text": "ok"}),))) as server:
            environ = {
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "GRADIENT_MODEL_ACCESS_KEY": KEY,
            }
            argv = ["respond", "-m", "any", "--retries", "0", "--thread", str(path), *flags]
            status = run(argv, Invocation(terminal, environ))
        return status, terminal.stderr_text, items(path)

    return talk


def items(path: Path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_call_and_its_output_are_two_turns(talk):
    """The model calls, the user answers the call, the model speaks."""
    tool = ("--tool", '{"type":"function","name":"f"}')
    status, _, kept = talk("sun?", *tool, text="", calls=({"name": "f", "arguments": "{}"},))
    assert (status, [i.get("type") for i in kept]) == (0, [None, "function_call"])

    status, _, kept = talk("--no-stdin", "--tool-output", f"{kept[1]['call_id']}=sunny")

    assert status == 0
    assert kept[2]["output"] == "sunny"
    assert kept[3]["role"] == "assistant"


@pytest.mark.parametrize(
    ("flags", "stdin"),
    [(["hi", "--no-stdin"], b""), ([], b"hi\n"), (["-"], b"hi\n"), (["-f", "FILE"], b"")],
)
def test_no_prompt_passes_over_an_open_call(talk, tmp_path, flags, stdin):
    """Wherever it comes from: an argument, stdin, or a file."""
    (tmp_path / "f.txt").write_text("hi")
    flags = [str(tmp_path / "f.txt") if flag == "FILE" else flag for flag in flags]

    status, said, kept = talk(*flags, stdin=stdin, history=ASKED)

    assert status == 2
    assert "the model waits for the output of c1" in said
    assert kept == ASKED


def test_a_thread_needs_no_previous_response(talk):
    """The service would have the history twice."""
    status, error, kept = talk("hi", "--previous-response-id", "r1")

    assert (status, kept) == (2, [])
    assert "exclude each other" in error


def test_two_outputs_of_one_call_are_refused(talk):
    """Neither is dropped in silence."""
    flags = ["--no-stdin", "--tool-output", "c1=a", "--tool-output", "c1=b"]

    status, said, kept = talk(*flags, history=ASKED)

    assert status == 2
    assert 'no call "c1" is open' in said
    assert kept == ASKED


@pytest.mark.parametrize(
    ("status", "flags", "behaviour"),
    [
        (1, ["--expect", "z"], {"text": "ok"}),
        (4, [], {"status": 404}),
        (8, [], {"text": "Hello there", "end": "length"}),
    ],
)
def test_a_turn_that_failed_is_not_kept(talk, status, flags, behaviour):
    """The thread holds whole turns that met what was asked."""
    found, _, kept = talk("hi", "--no-stdin", *flags, history=ASKED[:1], **behaviour)

    assert (found, kept) == (status, ASKED[:1])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("TWO", [{"role": "user", "content": "TWO"}]),
        ([{"role": "user", "content": "TWO"}], [{"role": "user", "content": "TWO"}]),
        (
            [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "TWO"}],
            [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "TWO"}],
        ),
    ],
)
def test_the_input_of_a_body_is_this_turn(talk, given, kept):
    """It is sent, and it is kept."""
    body = json.dumps({"input": given, "seed": 1})

    status, _, found = talk("--body", body, history=ASKED[:1], text="{{ prompt }}")

    assert status == 0
    assert found[:-1] == [ASKED[0], *kept]
    assert "TWO" in found[-1]["content"]


def test_a_body_may_answer_an_open_call(talk):
    """As --tool-output does."""
    output = {"type": "function_call_output", "call_id": "c1", "output": "42"}

    status, _, kept = talk("--body", json.dumps({"input": [output]}), history=ASKED)

    assert (status, kept[:3]) == (0, [*ASKED, output])


@pytest.mark.parametrize("given", ["hi", [{"role": "user", "content": "hi"}]])
def test_a_body_passes_over_no_open_call(talk, given):
    """Like any other prompt."""
    status, said, kept = talk("--body", json.dumps({"input": given}), history=ASKED)

    assert (status, kept) == (2, ASKED)
    assert "the model waits for the output of c1" in said


@pytest.mark.parametrize("given", [7, {"role": "user"}, [7], [{"content": "x"}], [[]], True])
def test_an_input_that_is_none_is_refused(talk, given):
    """Before it is sent, and before it is kept."""
    status, said, kept = talk("--body", json.dumps({"input": given}), history=ASKED[:1])

    assert (status, kept) == (2, ASKED[:1])
    assert "--body" in said


def test_a_prompt_takes_the_place_of_a_body_s_input(talk):
    """As a flag does with its field; what is kept is what was sent."""
    status, _, kept = talk("ONE", "--no-stdin", "--body", '{"input":"TWO"}', text="{{ prompt }}")

    assert status == 0
    assert [item["content"] for item in kept] == ["ONE", "ONE"]


@pytest.mark.parametrize(
    "flags",
    [
        ["--param", 'input="x"'],
        ["--param", "input.a=1"],
        ["--param", 'previous_response_id="r1"'],
        ["--body", '{"previous_response_id": "r1"}'],
    ],
)
def test_nothing_takes_the_place_of_the_history(talk, flags):
    """Whichever way it comes."""
    status, said, kept = talk("hi", "--no-stdin", *flags, history=ASKED[:1])

    assert (status, kept) == (2, ASKED[:1])
    assert "exclude each other" in said


@pytest.mark.parametrize("flag", ["-n", "--curl"])
def test_a_look_at_the_request_leaves_nothing_behind(talk, tmp_path, flag):
    """Neither a thread nor a lock."""
    before = set(tmp_path.iterdir())

    status, _, kept = talk("hi", "--no-stdin", flag)

    assert (status, kept, set(tmp_path.iterdir())) == (0, [], before)


@pytest.mark.parametrize(
    "flags", [["--expect", "z"], ["--param", "x=NaN"], ["--tool-output", "c=1"]]
)
def test_a_new_thread_without_a_turn_is_no_file(talk, tmp_path, flags):
    """A run that failed, or was refused, leaves what it found."""
    before = set(tmp_path.iterdir())

    status, _, _ = talk("hi", "--no-stdin", *flags)

    assert status in {1, 2}
    assert set(tmp_path.iterdir()) == before


def waiting(*ids: str) -> list:
    """Give a history whose calls wait."""
    return [{"role": "user", "content": "x"}, *({**CALL, "call_id": one} for one in ids)]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("ids", "given", "outputs"),
    [
        (["call_ab=="], ["call_ab===sunny"], ["sunny"]),
        (["call_ab=="], ["call_ab===="], ["="]),
        (["a=b"], ["a=b=c=d"], ["c=d"]),
        (["c1"], ["c1="], [""]),
        (["c1"], ["c1=@/etc/passwd"], ["@/etc/passwd"]),
        (["c1"], ["c1=@@x"], ["@@x"]),
        (["c1"], ["c1=two\nlines\n"], ["two\nlines\n"]),
        (["c1", "c2"], ["c2=b", "c1=a"], ["b", "a"]),
        (["call_1", "call_11"], ["call_11=b", "call_1=a"], ["b", "a"]),
    ],
)
def test_a_result_is_taken_as_it_is(talk, ids, given, outputs):
    """An id may hold `=`, and a text that begins with `@` reads no file."""
    flags = [part for one in given for part in ("--tool-output", one)]

    status, stderr, kept = talk("--no-stdin", *flags, history=waiting(*ids))

    assert (status, stderr) == (0, "")
    assert [item["output"] for item in kept if "output" in item] == outputs


@pytest.mark.parametrize(
    ("ids", "given", "words"),
    [
        (["a", "a="], "a==x", "may answer a or a=: both wait"),
        (["a="], "a=x", 'no call "a" is open'),
        (["c1"], "sunny", "is not ID="),
        (["c1"], "=x", "is not ID="),
        (["c1"], "c2=x", 'no call "c2" is open'),
    ],
)
def test_a_result_of_no_call_is_refused(talk, ids, given, words):
    """Before anything is sent."""
    status, stderr, kept = talk("--no-stdin", "--tool-output", given, history=waiting(*ids))

    assert status == 2
    assert words in stderr
    assert kept == waiting(*ids)


def test_a_result_may_be_a_file(talk, tmp_path):
    """Of any bytes: what is not UTF-8 is said to the model."""
    (tmp_path / "a").write_bytes(b"sun\n")
    (tmp_path / "b=").write_bytes(b"caf\xe9 \x00")

    status, _, kept = talk(
        *("--no-stdin", "--tool-output-file", f"c1={tmp_path}/a"),
        *("--tool-output-file", f"c2=={tmp_path}/b="),
        history=waiting("c1", "c2="),
    )

    outputs = [item["output"] for item in kept if "output" in item]
    assert status == 0
    assert outputs[0] == "sun"
    assert outputs[1].startswith("note: this output is not UTF-8 (byte 0xe9 at offset 3)")
    assert outputs[1].endswith("caf\N{REPLACEMENT CHARACTER} \x00")


@pytest.mark.parametrize(
    ("flag", "words"), [("c1=/nowhere/x", "no such file"), ("c1=/", "is a directory")]
)
def test_a_file_that_cannot_be_read_is_refused(talk, flag, words):
    """Before anything is sent."""
    status, stderr, _ = talk("--no-stdin", "--tool-output-file", flag, history=waiting("c1"))

    assert status == 2
    assert words in stderr


def test_bytes_of_the_command_line_are_told(talk):
    """A result that is not UTF-8 is a result."""
    status, _, kept = talk("--no-stdin", "--tool-output", "c1=caf\udce9", history=waiting("c1"))

    assert status == 0
    assert "not UTF-8 (byte 0xe9 at offset 3)" in kept[2]["output"]
