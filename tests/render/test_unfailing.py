"""Whatever a layout comes to grief over, the whole answer is on the screen, with one warning."""

import random
import re
import threading

import pytest

from gradient_cli.errors import OutputClosed, UsageError
from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.render.unfailing import Unfailing
from gradient_cli.wire.response import Response, ToolCall
from tests.render.screen import Terminal, cut

FAULTS = [IndexError, KeyError, RecursionError, AssertionError, ValueError, MemoryError, OSError]


class Breaking:
    """A part of a renderer that raises at one of its calls; the rest of it is as it was."""

    def __init__(self, inner, name: str, calls: int, fault: type[Exception]) -> None:
        self._inner, self._name, self._left, self._fault = inner, name, calls, fault

    def __getattr__(self, name):
        if name == self._name:
            self._left -= 1
            if self._left <= 0:
                raise self._fault("a word that nobody may see")
        return getattr(self._inner, name)


def shown(text: str, part: str, calls: int, fault, *, size=(60, 12), length=7, may_move=True):
    """Give the terminal after an answer whose layout breaks, and the warnings."""
    terminal = Terminal(*size)
    warnings: list[str] = []
    now = [0]

    def make() -> MarkdownRenderer:
        renderer = MarkdownRenderer(
            terminal.write,
            terminal.size,
            has_color=True,
            may_move=may_move,
            has_thread=False,
            clock=lambda: float(now[0]),
        )
        owner, _, method = part.rpartition(".")
        if owner:
            setattr(renderer, owner, Breaking(getattr(renderer, owner), method, calls, fault))
        return renderer

    unfailing = Unfailing(make, terminal.write, warnings.append)
    for piece in cut(text, length):
        now[0] += 1
        unfailing.show(piece)
    unfailing.close(Response())
    return terminal, warnings


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def is_in_order(wanted: list[str], found: str) -> bool:
    """Tell whether all letters of some words are in a text, in their order."""
    letters = iter(re.sub(r"[\W_]", "", found))
    return all(letter in letters for letter in "".join(wanted))


PROSE = " ".join(f"word{n}" for n in range(150))
LONG = {
    "paragraph": PROSE,
    "list": "".join(f"- item{n} of it\n" for n in range(40)),
    "quote": f"> {PROSE}\n",
    "code": "```\n" + "".join(f"line{n} = {n}\n\n" for n in range(40)) + "```\n",
    "table": "| a | b |\n|---|---|\n" + "".join(f"| left{n} | right{n} |\n" for n in range(40)),
    "many": "\n\n".join([f"# Head\n\n{PROSE[:200]}\n\n- x1\n- x2\n\n```\ncode1\n```"] * 4),
}


@pytest.mark.sampled
@pytest.mark.parametrize(
    "seed", [*range(20), *(pytest.param(n, marks=pytest.mark.real) for n in range(20, 200))]
)
def test_the_whole_text_is_on_the_screen(seed):
    """A part that raises at a random call, on a screen of random size: 200 times."""
    dice = random.Random(seed)
    name = dice.choice(list(LONG))
    part = dice.choice(["_blocks.advance", "_region.draw", "_blocks.feed", "_blocks.mark"])
    size = (dice.choice([20, 60, 100]), dice.choice([6, 12, 40]))
    terminal, warnings = shown(
        LONG[name], part, dice.randint(1, 60), dice.choice(FAULTS), size=size,
        length=dice.choice([0, 3, 40]), may_move=dice.random() < 0.9,
    )  # fmt: skip

    assert is_in_order(words(LONG[name]), "\n".join(terminal.lines()))
    assert len(warnings) <= 1
    assert all("a word that nobody" not in warning for warning in warnings)


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["paragraph", "list", "quote", "code", "many"])
@pytest.mark.parametrize("calls", [2, 9, 30])
def test_it_goes_on_from_where_it_stood(name, calls):
    """What is printed for good is not printed again."""
    terminal, warnings = shown(LONG[name], "_region.draw", calls, KeyError, length=9)

    found = "".join(words(" ".join(terminal.lines())))
    assert len(warnings) == 1
    assert len(found) <= len("".join(words(LONG[name]))) + 1


def test_a_layout_that_cannot_be_made_is_none():
    """A library that is not there: the text is, and the warning names the fault."""
    terminal = Terminal(60, 12)
    warnings: list[str] = []

    def make():
        raise ModuleNotFoundError("rich")

    unfailing = Unfailing(make, terminal.write, warnings.append)
    unfailing.show("# a\x1b[2J")
    unfailing.show("b\n")
    unfailing.close(Response(tool_calls=(ToolCall("f", "{}", "c"),)))

    assert terminal.lines()[0] == "# a␛[2Jb"
    assert terminal.lines()[1].startswith('{"type":"function_call"')
    assert len(warnings) == 1
    assert "ModuleNotFoundError" in warnings[0]


@pytest.mark.parametrize("fault", [OutputClosed(), UsageError("a disk is full")])
def test_a_screen_that_has_gone_is_no_fault_of_the_layout(fault):
    """Who cannot write cannot write plainly either."""

    def write(text: str) -> None:
        raise fault

    def make() -> MarkdownRenderer:
        return MarkdownRenderer(
            write, lambda: (80, 24), has_color=False, may_move=True, has_thread=False
        )

    unfailing = Unfailing(make, write, lambda text: None)

    with pytest.raises(type(fault)):
        unfailing.show("hello")


def test_a_fault_in_the_thread_loses_nothing():
    """The thread ends; the main thread goes on plainly, at the latest at the end."""
    terminal = Terminal(60, 12)
    warnings: list[str] = []
    failed = threading.Event()

    def make() -> MarkdownRenderer:
        renderer = MarkdownRenderer(terminal.write, terminal.size, has_color=False, may_move=True)
        draw = renderer._region.draw

        def once(*args):
            if threading.current_thread() is not threading.main_thread():
                failed.set()
                raise IndexError
            draw(*args)

        renderer._region.draw = once
        return renderer

    unfailing = Unfailing(make, terminal.write, warnings.append)
    unfailing.show("one ")
    unfailing.show("two ")
    assert failed.wait(5)
    unfailing.show("three ")
    unfailing.close(Response())

    assert " ".join(terminal.lines()).split() == ["one", "two", "three"]
    assert len(warnings) == 1


def test_an_interrupted_answer_that_could_not_be_laid_out_is_there():
    """Ctrl-C after the fault: what came is on the screen, the warning below it."""
    terminal = Terminal(60, 12)
    warnings: list[str] = []

    class Bad:
        def show(self, text):
            raise IndexError

        def rest(self):
            return "all of it"

    unfailing = Unfailing(Bad, terminal.write, warnings.append)
    unfailing.show("all of it")
    unfailing.abort()
    unfailing.abort()

    assert terminal.lines() == ["all of it"]
    assert terminal.screen.cursor.x == 0
    assert len(warnings) == 1
