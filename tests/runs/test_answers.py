"""Whether a reply is an answer, through the whole program: stdout, files, threads, rows, suites."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.terminal.streams import Terminal
from tests.captures import KEY
from tests.fakes import sse
from tests.replay_server import Framing, Play, ReplayServer, framed

Gradient = Callable[..., tuple[int, str, str]]
TOOL = ("--tool", '{"type":"function","name":"f"}')
APPROVAL = {"type": "mcp_approval_request", "id": "a1", "name": "rm", "arguments": "{}"}


def message(text: str, **fields: Any) -> dict[str, Any]:
    parts = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "content": parts, **fields}


REFUSAL = {**message(""), "content": [{"type": "refusal", "refusal": "I can't."}]}
COMMENTARY = message("Let me look.", phase="commentary")
FINAL = message("42", phase="final_answer")
THOUGHTS = {"type": "reasoning", "id": "r1", "summary": [], "content": []}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"word": "rm"}'}


def body(*items: dict[str, Any], used: int = 3) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": used, "total_tokens": used + 1}
    return {"id": "r", "model": "m", "status": "completed", "output": list(items), "usage": usage}


def whole(*items: dict[str, Any], used: int = 3) -> bytes:
    data = json.dumps(body(*items, used=used)).encode()
    return framed(data, Framing.LENGTH, content_type="application/json")


def streamed(text: str, *items: dict[str, Any]) -> bytes:
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": text}
    return framed(sse(delta, {"type": "response.completed", "response": body(*items)}))


@pytest.fixture(scope="module")
def server():
    with ReplayServer(Play(b"")) as server:
        yield server


@pytest.fixture
def gradient(server, tmp_path, monkeypatch) -> Gradient:
    """Give a function that runs the program against one reply, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def gradient(reply: bytes, *argv: str) -> tuple[int, str, str]:
        server.then(Play(reply))
        terminal = Terminal.recording()
        environ = {
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
            "GRADIENT_MODEL_ACCESS_KEY": KEY,
            "GRADIENT_MODEL": "m",
        }
        status = run([*argv, "--retries", "0"], Invocation(terminal, environ))
        return status, terminal.stdout_text, terminal.stderr_text

    return gradient


NONE = {
    "empty": (whole(message(" \n")), 1),
    "refused": (whole(REFUSAL), 1),
    "only commented": (whole(COMMENTARY), 1),
    "a call of nobody's": (whole(CALL), 1),
    "waits": (whole(message("so far"), APPROVAL), 8),
    "a part": (whole(message("half", status="incomplete")), 8),
}


@pytest.mark.parametrize("name", NONE)
def test_a_file_is_never_replaced_by_what_is_no_answer(name, gradient, tmp_path):
    """-o keeps the old file, a thread its turns."""
    reply, expected = NONE[name]
    (tmp_path / "old").write_text("old")
    (tmp_path / "talk.jsonl").write_text('{"role":"user","content":"q"}\n')

    status, out, _ = gradient(reply, "respond", "hi", "-o", "old", "--thread", "talk.jsonl")

    assert (status, out) == (expected, "")
    assert (tmp_path / "old").read_text() == "old"
    assert (tmp_path / "talk.jsonl").read_text() == '{"role":"user","content":"q"}\n'


@pytest.mark.sampled
@pytest.mark.parametrize("name", NONE)
def test_a_row_without_an_answer_is_not_ok(name, gradient, tmp_path):
    """It is asked again by the next run, and got by it."""
    reply, expected = NONE[name]
    (tmp_path / "items.txt").write_text("hi\n")
    ask = ("batch", "run", "-i", "items.txt", "-o", "out.jsonl", "-q")

    first = gradient(reply, *ask)[0]
    failed = json.loads((tmp_path / "out.jsonl").read_text())
    second = gradient(whole(message("42")), *ask)[0]
    answered = json.loads((tmp_path / "out.jsonl").read_text())

    assert (first, failed["ok"], failed["exit_code"]) == (expected, False, expected)
    assert (second, answered["ok"], answered["text"]) == (0, True, "42")


@pytest.mark.parametrize("name", NONE)
def test_a_suite_does_not_pass_without_an_answer(name, gradient, tmp_path):
    """A ban is met by nothing at all; that is no pass."""
    reply, expected = NONE[name]
    (tmp_path / "s.toml").write_text('[[test]]\nname = "a"\nprompt = "x"\nreject = "zzz"\n')

    assert gradient(reply, "check", "s.toml")[0] == expected


def test_the_report_says_what_was_said(gradient, tmp_path):
    """Refusal, commentary and what waits stand beside the text."""
    (tmp_path / "s.toml").write_text('[[test]]\nname = "a"\nprompt = "x"\nreject = "zzz"\n')

    out = gradient(whole(COMMENTARY, REFUSAL, APPROVAL), "check", "s.toml", "--json")[1]

    (attempt,) = json.loads(out)["tests"][0]["attempts"]
    assert attempt["commentary"] == "Let me look."
    assert attempt["refusal"] == "I can't."
    assert attempt["pending"] == [APPROVAL]
    assert attempt["checks"][0]["expectation"] == "answer"


@pytest.mark.parametrize("key", ["allow_refusal = true", "allow_refusal = false"])
def test_a_suite_may_want_a_refusal(key, gradient, tmp_path):
    """Its words are the answer then, and judged."""
    test = f'[[test]]\nname = "a"\nprompt = "x"\nexpect = "can\'t"\n{key}\n'
    (tmp_path / "s.toml").write_text(test)

    assert gradient(whole(REFUSAL), "check", "s.toml")[0] == int("false" in key)


def test_a_row_says_what_was_said(gradient, tmp_path):
    """The same keys as --json, where there is something to say."""
    (tmp_path / "items.txt").write_text("hi\n")
    reply = whole(COMMENTARY, REFUSAL, APPROVAL)

    gradient(reply, "batch", "run", "-i", "items.txt", "-o", "out.jsonl", "-q")

    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert (row["commentary"], row["refusal"]) == ("Let me look.", "I can't.")
    assert row["pending"] == [APPROVAL]


def test_the_document_says_what_was_said(gradient):
    """`commentary`, `refusal` and `pending`; the last line of the events, too."""
    reply = whole(COMMENTARY, FINAL, APPROVAL)

    for form in ("json", "events"):
        status, out, _ = gradient(reply, "respond", "hi", "--format", form)

        found = json.loads(out.splitlines()[-1])
        assert (status, found["text"], found["commentary"]) == (8, "42", "Let me look.")
        assert (found["refusal"], found["pending"]) == (None, [APPROVAL])


@pytest.mark.parametrize("way", ["--stream", "--no-stream"])
def test_commentary_goes_where_reasoning_goes(way, gradient):
    """To stderr, and only if it is wanted."""
    reply = whole(COMMENTARY, FINAL)

    assert gradient(reply, "respond", "hi", way) == (0, "42\n", "")
    assert gradient(reply, "respond", "hi", way, "--show-reasoning") == (
        0,
        "42\n",
        "Let me look.\n",
    )


def test_a_thread_keeps_phase_and_reasoning(gradient, tmp_path):
    """As the server sent them, in its order."""
    gradient(whole(THOUGHTS, COMMENTARY, FINAL), "respond", "hi", "--thread", "talk.jsonl")

    kept = [json.loads(line) for line in (tmp_path / "talk.jsonl").read_text().splitlines()]
    assert kept[1:] == [THOUGHTS, COMMENTARY, FINAL]


def test_a_thread_keeps_what_the_stream_knew(gradient, tmp_path):
    """A final object with only the last piece of a message is no history."""
    reply = streamed("The answer is 42", THOUGHTS, FINAL)

    gradient(reply, "respond", "hi", "--thread", "talk.jsonl")

    kept = [json.loads(line) for line in (tmp_path / "talk.jsonl").read_text().splitlines()]
    assert [item.get("content") for item in kept] == ["hi", [], "The answer is 42"]


def test_an_empty_answer_that_may_be_ends_its_turn(gradient, tmp_path):
    """A question without an answer would be asked again by the next turn."""
    gradient(whole(message("")), "respond", "hi", "--thread", "talk.jsonl", "--allow-empty")

    kept = [json.loads(line) for line in (tmp_path / "talk.jsonl").read_text().splitlines()]
    assert [item["content"] for item in kept] == ["hi", ""]


def test_a_stream_that_printed_stray_reasoning_says_so(gradient):
    """What is printed cannot be taken back; what is held can."""
    reply = streamed("Hm.</think>\n\nyes", message("Hm.</think>\n\nyes"))

    status, out, err = gradient(reply, "respond", "hi")
    held = gradient(reply, "respond", "hi", "--one-of", "yes,no")

    assert (status, out) == (0, "Hm.</think>\n\nyes\n")
    assert "may be reasoning" in err
    assert held == (0, "yes\n", "")


@pytest.mark.parametrize("flags", [("--think-tags", "keep"), ()])
def test_tags_are_kept_by_a_flag_or_a_setting(flags, gradient, tmp_path):
    """The flag beats the setting."""
    (tmp_path / "gradient-cli").mkdir()
    setting = "split" if flags else "keep"
    (tmp_path / "gradient-cli" / "config.toml").write_text(f'think_tags = "{setting}"\n')

    _, out, _ = gradient(whole(message("<think>a</think>b")), "respond", "hi", *flags)

    assert out == "<think>a</think>b\n"


def test_calls_are_judged_as_they_are_printed(gradient):
    """Expectations see what stdout gets: the lines of calls, too."""
    reply = whole(CALL)

    assert gradient(reply, "respond", "hi", *TOOL, "--reject", "zzz")[0] == 0
    assert gradient(reply, "respond", "hi", *TOOL, "--reject", "rm")[0] == 1


PROOFS = [
    (("--one-of", "yes,no"), "yes", 0),
    (("--schema", "a int"), '{"a": 1}', 0),
    (("-x",), "```\nx\n```", 0),
    (("--expect", "yes"), "yes", 8),
    (("--expect", "no"), "yes", 8),
    (("--one-of", "yes,no"), "ye", 8),
    (("--schema", "a int"), '{"a":', 8),
    (("-x",), "```\nx\n", 8),
    (("--allow-incomplete",), "yes", 0),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("flags", "text", "expected"), PROOFS)
def test_what_proves_an_answer_whole(flags, text, expected, gradient):
    """Exactly the tokens that it might: only what was expected can tell that it is not cut."""
    reply = whole(message(text), used=8)

    assert gradient(reply, "respond", "hi", "--max-tokens", "8", *flags)[0] == expected
    assert gradient(reply, "respond", "hi", "--max-tokens", "9", *flags)[0] in {0, 1}


@pytest.mark.parametrize(("expectation", "expected"), [("equals", 0), ("expect", 8)])
def test_a_suite_believes_no_silent_cut(expectation, expected, gradient, tmp_path):
    """An exact answer is whole; one that only holds a word may be cut."""
    test = f'[[test]]\nname = "a"\nprompt = "x"\nmax_output_tokens = 8\n{expectation} = "yes"\n'
    (tmp_path / "s.toml").write_text(test)

    assert gradient(whole(message("yes"), used=8), "check", "s.toml")[0] == expected
