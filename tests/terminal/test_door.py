"""The door: what a line for people may hold, and what becomes of it."""

import re

import pytest

from gradient_cli.terminal.door import Flow, Line, one_line, page
from gradient_cli.terminal.streams import LOGS, Terminal, is_obeyed
from tests.hostile import HOSTILE

COMMANDS = [
    "::error::pwned",
    "  ::error file=a,line=1::pwned",
    "\u3000::set-output name=x::y",
    "\t::add-mask::x",
    "::unheard-of::x",
    "::",
    "a ##[error]pwned",
    "##[group]x",
    "##vso[task.setvariable variable=x]y",
    "x ##VSO[task.complete result=Succeeded]",
    "##teamcity[testFailed name='x']",
    "section_start:1560896352:x\r\x1b[0Kpwned",
    "section_end:1560896352:x",
    "a\n::error::pwned",
    "a\r::error::pwned",
    "a\r\n::error::pwned",
    "a\x85::error::pwned",
    "a\u2028##[error]pwned",
    "a\x0b::stop-commands::x",
    "said: ::error::pwned",
    "##\u200b[error]x",
    "#\x00#[error]x",
    ":\x00:error::x",
]
"""What a runner would obey, or has obeyed, in a line or after a line end in it."""
OBEYED = re.compile(r"##\[|##vso|##teamcity|section_(?:start|end):|\A\s*::", re.IGNORECASE)
CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0001]"
)


@pytest.mark.parametrize("text", [*COMMANDS, *HOSTILE])
def test_one_line_stays_one_and_does_nothing(text):
    """No control character, no bidi control, no line end; whatever stands before and behind."""
    for given in (text, f"name {text} end", text * 3):
        for in_log in (False, True):
            assert CONTROL.search(one_line(given, in_log=in_log)) is None
            assert len(page(given, in_log=in_log).splitlines()) == 1


@pytest.mark.parametrize("text", COMMANDS)
def test_no_log_takes_a_line_for_a_command(text):
    """Of GitHub, GitLab, Azure and TeamCity; anywhere in a line."""
    for given in (text, f"label: {text}", f"{text} {text}"):
        shown = one_line(given, in_log=True)

        assert OBEYED.search(shown) is None
        assert "::error" not in shown
        assert "pwned" not in given or "pwned" in shown


@pytest.mark.parametrize(
    "text", ["std::vec::Vec", "a.py::test_b", "## a", "#[derive]", "a section", "é ñ 日本 👩‍🚀"]
)
def test_words_stay_as_they_are(text):
    """In a log, too: nothing is broken that nobody would obey."""
    assert one_line(text) == one_line(text, in_log=True) == text


def test_outside_of_a_log_commands_are_words():
    """A terminal obeys none of them."""
    assert one_line("##[error] ::x section_start:") == "##[error] ::x section_start:"


def test_a_lead_of_our_own_keeps_its_colour():
    """What stands behind it does not get one."""
    assert page(Line("\x1b[31mFAIL\x1b[0m", " \x1b[2J"), in_log=True) == (
        "\x1b[31mFAIL\x1b[0m ␛[2J\n"
    )


@pytest.mark.parametrize("name", LOGS)
def test_each_runner_is_known_by_its_variable(name):
    """Set and not off."""
    assert is_obeyed({name: "true"})
    assert is_obeyed({name: "2023.11"})
    assert not is_obeyed({name: ""})
    assert not is_obeyed({name: "false"})
    assert not is_obeyed({"CI": "true"})


@pytest.mark.sampled
@pytest.mark.parametrize("length", [1, 2, 5, 1000])
@pytest.mark.parametrize("text", COMMANDS)
def test_reasoning_in_pieces_is_no_command(text, length):
    """A model's own lines stay, cut anywhere; each is looked at when it is whole."""
    written: list[str] = []
    flow = Flow(written.append, in_log=True)
    whole = f"one\n{text}\ntwo"
    for start in range(0, len(whole), length):
        flow.feed(whole[start : start + length])
    flow.end()

    lines = "".join(written).split("\n")
    assert (lines[0], lines[-1]) == ("one", "two")
    assert [line for line in lines if OBEYED.search(line)] == []


def test_reasoning_outside_of_a_log_does_not_wait():
    """Each piece at once, harmless in a pipe as well."""
    written: list[str] = []
    flow = Flow(written.append, in_log=False)
    flow.feed("half a line\x1b[2J")

    assert written == ["half a line␛[2J"]


@pytest.mark.parametrize("is_tty", [False, True])
def test_every_way_for_lines_leads_through_the_door(is_tty):
    """Notes, listings, questions, lines that are drawn again: on a terminal and in a pipe."""
    terminal = Terminal.recording(is_tty=is_tty)
    terminal.in_log = True
    bad = "x\n::error::pwned ##[error]\x1b]0;t\x07\x9b\u202e"
    terminal.note(bad)
    terminal.note([bad, bad])
    terminal.say(bad)
    terminal.ask(bad)
    terminal.redraw(bad)
    terminal.note_above(bad)
    ours = re.sub(r"\r|\x1b\[K", "", terminal.stderr_text + terminal.stdout_text)

    assert CONTROL.sub("", ours.replace("\n", "")) == ours.replace("\n", "")
    assert [line for line in ours.split("\n") if OBEYED.search(line) or "::error" in line] == []


def test_a_line_that_is_drawn_again_has_room():
    """Wide characters take two columns; a line that wrapped could not be erased."""
    terminal = Terminal.recording(is_tty=True, size=(10, 5))
    terminal.redraw("日本語日本語日本語")

    assert terminal.stderr_text == "\r日本語日\x1b[K"


def test_json_on_a_terminal_means_the_same():
    """A request that is shown, and a reply: escaped, not changed."""
    terminal = Terminal.recording(is_tty=True)
    terminal.write_request('{"a":"\u202e\x9b"}\n'.encode())

    assert terminal.stdout_text == '{"a":"\\u202e\\u009b"}\n'


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("gradient: no key", "\x1b[1;31mgradient: \x1b[0mno key\n"),
        ("hint: log in", "\x1b[36mhint: \x1b[0mlog in\n"),
        ("warning: old", "\x1b[33mwarning: \x1b[0mold\n"),
        ("429: waiting 4 s", "429: waiting 4 s\n"),
        ("gradient: \x1b[31mred\nhint: x", "\x1b[1;31mgradient: \x1b[0m␛[31mred\\nhint: x\n"),
        ("| " + "x" * 100, "| " + "x" * 36 + "…\n"),
        ("| short", "| short\n"),
    ],
)
def test_on_a_terminal_errors_stand_out_and_excerpts_are_one_row(line, shown):
    """By colours of ours; what a line says is made harmless as ever."""
    terminal = Terminal.recording(is_tty=True, size=(40, 24))
    terminal.has_error_color = True

    terminal.note(line)

    assert terminal.stderr_text == shown


def test_without_colour_or_a_terminal_lines_stay_as_they_are():
    """NO_COLOR, a pipe, a log."""
    for is_tty in (True, False):
        terminal = Terminal.recording(is_tty=is_tty, size=(40, 24))
        terminal.note(["gradient: no key", "hint: log in"])
        assert terminal.stderr_text == "gradient: no key\nhint: log in\n"
