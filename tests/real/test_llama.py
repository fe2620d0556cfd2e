"""The program against llama.cpp's own server, with a model that always says the same."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.captures import answers, tool

pytestmark = pytest.mark.real

ASK = ("respond", "-m", "tiny-qwen3", "--temperature", "0")


def printed(text: str) -> bytes:
    """Give what a pipe gets for an answer: its bytes, its last line ended; nothing for nothing."""
    return text.encode() if text.endswith("\n") or not text else text.encode() + b"\n"


@pytest.mark.parametrize("way", ["--stream", "--no-stream"])
@pytest.mark.parametrize("prompt", answers())
def test_the_answer_arrives_byte_for_byte(prompt, way, llama, run_gradient):
    """Odd line ends, escapes, look-alikes of the protocol: a pipe gets what the model said."""
    flags = ("--allow-empty", "--think-tags", "keep")
    done = run_gradient(*ASK, way, *flags, prompt, url=llama.url)

    assert done.stdout == printed(answers()[prompt])
    assert done.returncode == 0, done.stderr


def test_an_empty_answer_is_none(llama, run_gradient):
    """Nothing said is no answer, unless it may be."""
    done = run_gradient(*ASK, "Say nothing.", url=llama.url)
    allowed = run_gradient(*ASK, "--no-stdin", "--allow-empty", "Say nothing.", url=llama.url)

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"the answer is empty" in done.stderr
    assert (allowed.returncode, allowed.stdout, allowed.stderr) == (0, b"", b"")


def test_reasoning_in_the_text_is_no_answer(llama, run_gradient):
    """Without a reasoning parser the thoughts come in front of the answer."""
    asked = next(p for p, said in answers().items() if said.startswith("<think>") and "4" in said)

    plain = run_gradient(*ASK, asked, url=llama.url)
    shown = run_gradient(*ASK, "--show-reasoning", "--no-stream", asked, url=llama.url)

    assert plain.stdout == shown.stdout == b"4\n"
    assert b"Two and two" in shown.stderr


def test_a_limit_that_was_reached_is_told(llama, run_gradient):
    """llama.cpp says "completed" of an answer that the limit has cut: it is not believed."""
    cut = (*ASK, "--max-output-tokens", "8", "Sing.")
    done = run_gradient(*cut, url=llama.url)
    allowed = run_gradient(*cut, "--allow-incomplete", url=llama.url)

    assert (done.returncode, allowed.returncode) == (8, 0)
    assert done.stdout == allowed.stdout == b"30 green bottles hanging on the wall\n"
    assert b"used all 8 tokens" in done.stderr


@pytest.mark.parametrize("way", ["--stream", "--no-stream"])
def test_a_function_call_is_one_json_line(way, llama, run_gradient):
    """A call for a function is an answer that a script can read."""
    question, function = tool()
    done = run_gradient(*ASK, way, "--tool", json.dumps(function), question, url=llama.url)

    assert done.returncode == 0, done.stderr
    call = json.loads(done.stdout)
    assert (call["type"], call["name"]) == ("function_call", "get_weather")
    assert json.loads(call["arguments"]) == {"city": "Paris"}
    assert call["call_id"]
    assert done.stdout.count(b"\n") == 1


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("get_weather", 0),
        ('get_weather={"city": "Paris"}', 0),
        ('get_weather={"city": "Rome"}', 1),
        ("book_flight", 1),
    ],
)
def test_a_call_is_expected_of_a_real_model(wanted, status, llama, run_gradient):
    """A test of an agent, without an agent."""
    question, function = tool()
    asked = ("--tool", json.dumps(function), "--expect-call", wanted, question)
    done = run_gradient(*ASK, *asked, url=llama.url)

    assert done.returncode == status, done.stderr
    assert (b"expect-call" in done.stderr) == bool(status)


def test_stdin_is_the_prompt(llama, run_gradient):
    """A prompt that comes through a pipe is the prompt."""
    done = run_gradient(*ASK, url=llama.url, stdin=b"ping")

    assert done.stdout == b"pong\n"


def test_the_document_tells_everything(llama, run_gradient):
    """--json is one object with the text, the status and the server's own final object."""
    done = run_gradient(*ASK, "--json", "Say hello.", url=llama.url)

    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert document["exit_code"] == done.returncode == 0
    assert document["text"] == "Hello, world!"
    assert document["status"] == "completed"
    assert document["usage"]["output_tokens"] > 0
    assert document["response"]["status"] == "completed"


def test_every_event_is_a_line(llama, run_gradient):
    """--format events: each line is JSON for every reader of lines, the last one ours."""
    prompt = "Use odd line ends."
    done = run_gradient(*ASK, "--format", "events", prompt, url=llama.url)

    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == answers()[prompt]
    assert events[-1]["type"] == "gradient.result"


@pytest.mark.parametrize(("key", "words"), [("sk-wrong", b"not accepted"), (None, b"key")])
def test_a_wrong_key_is_a_credential_error(key, words, llama, run_gradient):
    """401 is status 3; the key itself is never shown."""
    done = run_gradient(*ASK, "hi", url=llama.url, key=key)

    assert done.returncode == 3
    assert done.stdout == b""
    assert words in done.stderr
    assert b"sk-wrong" not in done.stderr


def test_a_prompt_too_long_is_the_requests_fault(llama, run_gradient):
    """A context that does not hold the prompt is status 4, with the server's words."""
    done = run_gradient(*ASK, "word " * 3000, url=llama.url)

    assert done.returncode == 4
    assert b"context" in done.stderr


def test_a_saved_answer_is_the_same(llama, run_gradient, tmp_path):
    """-o holds the bytes that stdout would have had; stdout has none."""
    done = run_gradient(*ASK, "-o", "answer.txt", "Write python.", url=llama.url)

    assert done.returncode == 0
    assert done.stdout == b""
    assert (tmp_path / "answer.txt").read_bytes() == printed(answers()["Write python."])


def test_a_conversation_goes_on(llama, run_gradient, tmp_path):
    """The second turn sends the first answer back in a form that the server takes."""
    thread = str(tmp_path / "talk.jsonl")
    first = run_gradient(*ASK, "--thread", thread, "ping", url=llama.url)
    second = run_gradient(*ASK, "--thread", thread, "hi", url=llama.url)

    assert first.stdout == b"pong\n"
    assert second.returncode == 0, second.stderr
    assert (tmp_path / "talk.jsonl").read_bytes().count(b"\n") == 4


def test_a_repair_is_asked_for(llama, run_gradient):
    """The server takes the request that shows the model its own answer."""
    done = run_gradient(*ASK, "--one-of", "yes,no", "--repair", "1", "ping", url=llama.url)

    assert done.returncode == 1, done.stderr


def test_many_at_once_do_not_mix(llama, run_gradient):
    """Programs that run side by side each get their own answer."""
    prompts = list(answers())[:8]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda prompt: run_gradient(*ASK, prompt, url=llama.url), prompts))

    assert [one.stdout for one in done] == [printed(answers()[prompt]) for prompt in prompts]


def test_a_recorded_answer_needs_no_server(llama, run_gradient, tmp_path):
    """--record keeps the exchange, --replay gives it byte for byte from a server that is gone."""
    ask = (*ASK, "Use odd line ends.")
    first = run_gradient(*ask, "--record", "tapes", url=llama.url)

    again = run_gradient(*ask, "--replay", "tapes", url="http://127.0.0.1:9", key=None)

    assert first.returncode == again.returncode == 0, again.stderr
    assert again.stdout == first.stdout == printed(answers()["Use odd line ends."])
    (tape,) = (tmp_path / "tapes").iterdir()
    assert b"sk-local-test" not in tape.read_bytes()


def test_the_models_are_listed(llama, run_gradient):
    """`models` gives one id a line."""
    done = run_gradient("models", url=llama.url)

    assert done.stdout == b"tiny-qwen3\n"
    assert done.returncode == 0


def test_a_batch_is_answered_as_respond_answers(llama, run_gradient, tmp_path):
    """Many prompts at once, two at a time: each row has its own answer, byte for byte."""
    prompts = [
        prompt
        for prompt in answers()
        if "\n" not in prompt and prompt.strip() and answers()[prompt].strip()
    ]
    (tmp_path / "items.txt").write_text("".join(f"{prompt}\n" for prompt in prompts))

    flags = ("-m", "tiny-qwen3", "--temperature", "0", "-o", "out.jsonl", "-j", "2", "-q")
    keep = ("--think-tags", "keep")
    done = run_gradient("batch", "run", "-i", "items.txt", *flags, *keep, url=llama.url)

    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    rows = sorted(map(json.loads, lines), key=lambda row: row["id"])
    assert done.returncode == 0, done.stderr
    assert [row["text"] for row in rows] == [answers()[prompt] for prompt in prompts]


@pytest.mark.parametrize("way", ["--stream", "--no-stream"])
def test_its_call_is_run_and_the_result_goes_back(way, llama, run_gradient, tmp_path):
    """The model calls, a program answers, and the server takes the result."""
    question, function = tool()
    program = tmp_path / "weather"
    program.write_text("#!/bin/sh\ncat > asked\necho 21 degrees\n")
    program.chmod(0o755)
    command = ("--tool", json.dumps(function), "--run-tool", "get_weather=./weather")
    thread = ("--thread", "t.jsonl")

    # The tiny model has learnt nothing about results: it may call again, or say anything.
    done = run_gradient(
        *(*ASK, way, *command, *thread, "--json", "--max-tool-calls", "3", "--allow-empty"),
        question,
        url=llama.url,
    )

    found = json.loads(done.stdout)
    assert done.returncode in {0, 8}, done.stderr
    assert found["attempts"] >= 2
    assert found["error"] is None or found["error"]["code"] == "max_tool_calls"
    assert found["steps"][0]["name"] == "get_weather"
    assert found["steps"][0]["output"] == "21 degrees"
    assert json.loads((tmp_path / "asked").read_text()) == {"city": "Paris"}
