"""Live Markdown ends as the whole text would have looked at once, and no line is there twice."""

import random
import re

import pytest

from gradient_cli.render.blocks import Blocks
from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.render.page import Printer, parser
from gradient_cli.wire.response import Response, ToolCall
from tests.hostile import HOSTILE
from tests.render.screen import Terminal, at_once, cut, documents, streamed

CORPUS = documents()
SIZES = [(80, 24), (40, 10)]


def test_the_corpus_is_not_small():
    """Forty documents at least."""
    assert len(CORPUS) >= 40


@pytest.mark.sampled
@pytest.mark.parametrize("name", CORPUS)
def test_tokens_end_as_the_whole(name):
    """A model's tokens, on a screen of 80 by 24; each third is drawn."""
    text = CORPUS[name]

    assert streamed(cut(text, 0), 80, 24, each=3).lines() == at_once(text, 80, 24)


@pytest.mark.real
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [0, 1, 3, 17])
@pytest.mark.parametrize("name", CORPUS)
def test_pieces_of_any_length_end_as_the_whole(name, length, size):
    """1, 3, 17 characters and tokens; a wide screen and a small one."""
    text = CORPUS[name]

    assert streamed(cut(text, length), *size).lines() == at_once(text, *size)


@pytest.mark.sampled
@pytest.mark.parametrize("size", SIZES)
def test_an_answer_taller_than_the_screen_scrolls_once(size):
    """All documents in a row: nothing duplicated or lost in the scrollback."""
    text = "\n\n".join(CORPUS[name] for name in CORPUS if name != "fence that never ends")

    assert streamed(cut(text, 17), *size).lines() == at_once(text, *size)


LONG = {
    "fence": "```python\n" + "\n".join(f"x{n} = {n}  # {n}" for n in range(80)) + "\n```\n",
    "table": "| a | b |\n|---|---|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(80)),
    "list": "".join(f"{n}. item number {n}\n" for n in range(1, 120)),
    "nested": "- a\n" + "".join(f"  - inner {n}\n" for n in range(60)),
    "paragraph": " ".join(f"word{n}" for n in range(600)),
    "quote": "".join(f"> line {n}\n>\n" for n in range(60)),
    "item": "- " + " ".join(f"word{n} **b{n}** `c`" for n in range(150)) + "\n- next\n",
    "numbered item": "1. a\n2. "
    + " ".join(f"word{n} *b{n}*" for n in range(200))
    + "\n   - inner\n",
    "lines of a quote": "\n".join(
        f"> words of line number {n} that\n> go on and on" for n in range(90)
    )
    + "\nlazy\n\nAfter.\n",
    "lines of an item": "* a\n"
    + "\n".join(f"  words of line number {n} that\ngo on lazily" for n in range(90))
    + "\n\n  more\n",
}
MARKS_OF = {"paragraph": "", "item": "- ", "numbered item": "12. ", "quote": "> "}


@pytest.mark.sampled
@pytest.mark.parametrize("name", LONG)
def test_one_block_taller_than_the_screen_is_whole(name):
    """A single long block of each kind."""
    text = LONG[name]

    assert streamed(cut(text, 7), 80, 24, each=40).lines() == at_once(text, 80, 24)


def test_text_is_on_the_screen_before_its_block_ends():
    """Tokens appear as they come."""
    terminal = Terminal(80, 24)
    renderer = MarkdownRenderer(
        terminal.write, lambda: (80, 24), has_color=False, may_move=True, has_thread=False
    )

    renderer.show("Once upon")

    assert terminal.lines() == ["Once upon"]


ROWS = "| a | b |\n|---|---|\n" + "".join(f"| {n} | {n} |\n" for n in range(30))


@pytest.mark.sampled
@pytest.mark.parametrize(
    "above",
    [
        "One.\n\n",
        "# One\n\n",
        "- one\n\n",
        "```\none\n```\n",
        "- one\n- ",
        f"{ROWS}\n",
        f"{ROWS}- ",
    ],
)
def test_tokens_of_a_later_block_appear_as_they_come(above):
    """A paragraph has no newline before its end: it must not wait for one."""
    words = [f"word{n} " for n in range(40)]
    seen: list[str] = []

    streamed([*cut(above, 90), *words], 80, 24, watch=lambda t: seen.append(" ".join(t.lines())))

    shown = seen[-len(words) :]
    assert [w for w, screen in zip(words, shown, strict=True) if w.strip() not in screen] == []


def made_up(seed: int) -> str:
    """Give Markdown that nobody would write, of all marks that mean something."""
    dice = random.Random(seed)
    text = "".join(dice.choice(MARKS) for _ in range(dice.randint(2, 24)))
    # A definition counts from where it stands: what was printed before is not printed again.
    return f"[x]: /u\n\n{text}"


MARKS = [
    *("a", "b c", "word word word ", "**bold**", "*e", "`c", "`", "1", ".", "=", "|", "\\"),
    *("\n", "\n", "\n\n", "\n\n", "  \n", "    ", "  ", "\t", "&amp;", "[x]", "[l](/v)", "![i](u)"),
    *("- ", "* ", "+ ", "1. ", "2. ", "3) ", "12", "# ", "#", "---", "===", "-", "> ", "* * *"),
    *("```\n", "```py\n", "~~~\n", "<div>\n", "<b>", "</b>", "<!--", "-->", "</kbd>", "<kbd>"),
    *("| a | b |\n", "|--|--|\n", "a | b\n", "text that is so long that it wraps here, at 40 "),
]


@pytest.mark.real
@pytest.mark.parametrize("first", [0, pytest.param(1000, marks=pytest.mark.real)])
def test_made_up_markdown_ends_as_the_whole(first):
    """However it is cut, and whichever moments are drawn."""
    for seed in range(first, first + (8 if first == 0 else 2000)):
        text = made_up(seed)
        once = at_once(text, 40, 10)
        for length, each in ((1, 1), (0, 1), (3, 2)):
            got = streamed(cut(text, length), 40, 10, each=each).lines()
            assert got == once, (seed, length, each, text)


@pytest.mark.sampled
@pytest.mark.parametrize("has_color", [False, True])
@pytest.mark.parametrize("name", ["paragraph", "item", "numbered item", "quote", "table"])
def test_work_for_a_long_block_does_not_grow(name, has_color):
    """A frame lays out the end of a block, not all of it."""
    blocks = Blocks(Printer(80, has_color=has_color), 24)
    sizes = []
    for piece in cut(LONG[name] if name == "table" else MARKS_OF[name] + LONG["paragraph"] * 2, 80):
        blocks.feed(piece)
        blocks.advance()
        sizes.append(len(blocks._source))

    assert max(sizes) < 24 * 80


def test_rows_end_with_their_text():
    """Blanks behind it would be copied, and wrapped when the window gets narrower."""
    text = "> quoted\n\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    rows = Printer(80, has_color=True).blocks(parser().parse(text), after_block=False)

    plain = [re.sub(r"\x1b\[[0-9;]*m", "", row) for row in rows]

    assert [row for row in plain if row.endswith("  ")] == []


def test_a_due_frame_is_drawn_without_a_further_piece():
    """The thread draws it; nothing waits for the next token."""
    import threading

    drawn = threading.Event()
    written: list[str] = []

    def write(text: str) -> None:
        written.append(text)
        if "upon" in "".join(written):
            drawn.set()

    renderer = MarkdownRenderer(write, lambda: (80, 24), has_color=False, may_move=True)
    renderer.show("Once")
    renderer.show(" upon")

    assert drawn.wait(5)
    renderer.close(Response())


def test_where_the_cursor_may_not_move_nothing_is_drawn_twice():
    """A dumb terminal or a pipe gets each block once, and no escape sequence."""
    written: list[str] = []
    renderer = MarkdownRenderer(
        written.append, lambda: (80, 24), has_color=False, may_move=False, has_thread=False
    )
    text = CORPUS["everything in a row"]
    for piece in cut(text, 3):
        renderer.show(piece)
    renderer.close(Response())

    lines = [line.rstrip() for line in "".join(written).split("\n")]
    assert "\x1b" not in "".join(written)
    assert lines[:-1] == [*at_once(text, 80, 24)] or lines[: len(lines) - 1] == at_once(
        text, 80, 24
    )


def test_a_wider_window_in_mid_stream_loses_nothing():
    """What is final stays; what comes after follows the new width."""
    terminal = Terminal(80, 24)
    renderer = MarkdownRenderer(
        terminal.write,
        lambda: (terminal.screen.columns, terminal.screen.lines),
        has_color=False,
        may_move=True,
        has_thread=False,
        clock=iter(range(10**6)).__next__,
    )
    words = [f"word{n}" for n in range(60)]
    for number, word in enumerate(words):
        if number == 30:
            terminal.screen.resize(24, 100)
        renderer.show(f"{word} ")
        if number % 10 == 9:
            renderer.show("\n\n")
    renderer.close(Response())

    assert [w for w in " ".join(terminal.lines()).split() if w.startswith("word")] == words


def test_an_interrupted_answer_leaves_a_whole_line():
    """Colours reset, no update left open, the cursor on a new line."""
    written: list[str] = []
    renderer = MarkdownRenderer(
        written.append, lambda: (80, 24), has_color=True, may_move=True, has_thread=False
    )
    renderer.show("**half")
    renderer.abort()

    assert "".join(written).endswith("\x1b[?2026l\x1b[0m\r\n")


def test_function_calls_and_what_waits_are_lines_of_their_own():
    """After the text, as in a pipe; control characters as escapes."""
    terminal = Terminal(80, 24)
    renderer = MarkdownRenderer(
        terminal.write, lambda: (80, 24), has_color=False, may_move=True, has_thread=False
    )
    renderer.show("Calling.")
    waiting = {"type": "mcp_approval_request", "name": "g"}
    calls = (ToolCall("f", '{"a":"\u202e"}', "c1"),)
    renderer.close(Response(tool_calls=calls, pending=(waiting,)))

    assert terminal.lines()[0] == "Calling."
    assert terminal.lines()[1].startswith('{"type":"function_call","name":"f"')
    assert "\\u202e" in "".join(terminal.lines()[1:])
    assert '{"type":"mcp_approval_request","name":"g"}' in terminal.lines()


@pytest.mark.real
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_to_a_terminal(text):
    """Cut at every place: the title, the cursor and the screen are as without it."""
    for position in range(len(text) + 1):
        terminal = streamed(["safe ", text[:position], text[position:], " end"], 80, 24)

        assert terminal.screen.title == ""
        assert len(terminal.lines()) == 1
        assert terminal.lines()[0].startswith("safe ")
        assert terminal.lines()[0].endswith("end")


LATE = "See [the *report*][1] and `[2]`, [3].\n\n- [1]\n\n[1]: https://a.example\n[2]: /b\n\nEnd.\n\n[3]: /c\n"


@pytest.mark.sampled
@pytest.mark.parametrize("length", [0, 1, 7, 200])
def test_an_address_below_its_link_is_not_lost(length):
    """What was printed is no link any more; `[2]` would have been none, as it is code."""
    text = " ".join(streamed(cut(LATE, length), 80, 24).lines())

    assert ("https://a.example" in text, "/c" in text, "/b" in text) == (True, True, False)
    assert length == 200 or text.index("https://a.example") < text.index("End.")
