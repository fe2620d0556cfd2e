"""`gradient thread`, and a conversation that need not be named each time."""

import json

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.terminal.streams import Terminal

ITEMS = [
    {"role": "user", "content": "Sun?\x1b[2J"},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "secret thoughts"}]},
    {"type": "function_call", "name": "sky", "arguments": '{"city": "Oslo"}', "call_id": "c1"},
    {"type": "function_call_output", "call_id": "c1", "output": "clear"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "# Yes"}]},
]


@pytest.fixture
def talk(home):
    """A conversation beside the settings."""
    path = home.folder / "talk.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in ITEMS))
    return path


def kept(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_conversation_is_shown(home, talk):
    """Who said what, in the order in which it was said, and nothing that nobody said."""
    status, stdout, stderr = home.runs("thread", str(talk))

    assert (status, stderr) == (0, "")
    assert stdout == (
        'user:\nSun?\x1b[2J\n\ncall:\nsky {"city": "Oslo"}\n\noutput:\nclear\n\nassistant:\n# Yes\n'
    )


def test_on_a_terminal_it_is_laid_out_and_harmless(home, talk):
    """The same as when it was answered."""
    terminal = Terminal.recording(b"", is_tty=True)

    assert run(["thread", str(talk)], Invocation(terminal, home.environ)) == 0
    assert "# Yes" not in terminal.stdout_text
    assert "Yes" in terminal.stdout_text
    assert "\x1b[2J" not in terminal.stdout_text


@pytest.mark.real
@pytest.mark.parametrize("where", ["variable", "setting", "profile"])
def test_a_thread_need_not_be_named_each_time(home, where):
    """$GRADIENT_THREAD, `thread` in the settings; a flag wins, and "" is none."""
    path = home.folder / "kept.jsonl"
    config = {
        "variable": "",
        "setting": 'thread = "kept.jsonl"\n',
        "profile": '[profiles.demo]\nthread = "kept.jsonl"\n',
    }[where]
    if config:
        path = home.writes(config).config.parent / "kept.jsonl"
    else:
        home.exports(GRADIENT_THREAD=str(path))

    assert home.runs("respond", "-p", "demo", "one")[0] == 0
    assert home.runs("respond", "-p", "demo", "two")[0] == 0
    assert [item["content"] for item in kept(path)[::2]] == ["one", "two"]

    other = home.folder / "other.jsonl"
    assert home.runs("respond", "-p", "demo", "--thread", str(other), "three")[0] == 0
    assert home.runs("respond", "-p", "demo", "--thread", "", "four")[0] == 0
    assert (len(kept(path)), len(kept(other))) == (4, 2)
    assert "two" in home.runs("thread", "-p", "demo")[1]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "no conversation is named"),
        (["absent.jsonl"], 'there is no "absent.jsonl"'),
    ],
)
def test_what_is_no_conversation_is_said(home, argv, words):
    """One line, and what to type."""
    status, stdout, stderr = home.runs("thread", *argv)

    assert (status, stdout) == (2, "")
    assert words in stderr
    assert "hint: gradient" in stderr


def test_no_prompt_file_names_a_thread(home, tmp_path):
    """What a file of somebody else says is written nowhere."""
    prompt = tmp_path / "prompt.md"
    prompt.write_text('+++\nthread = "stolen.jsonl"\n+++\nhi')

    assert home.runs("respond", "-p", "demo", "--prompt-file", str(prompt))[0] == 2


@pytest.mark.parametrize("name", ["input", "input.0"])
def test_a_thread_is_not_said_twice(home, tmp_path, name):
    """A parameter `input`, or a part of it, would stand in the thread's place."""
    talk = tmp_path / "talk.jsonl"

    status, _, err = home.runs(
        "respond", "-p", "demo", "--thread", str(talk), "--param", f"{name}=1", "hi"
    )

    assert status == 2
    assert "the parameter `input` and the prompt exclude each other" in err
    assert not talk.exists()
