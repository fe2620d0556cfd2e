"""Code is on the screen as the model wrote it: no margin, no newline, no blank line lost."""

import pytest

from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.render.page import Printer, parser
from gradient_cli.wire.response import Response
from tests.render.screen import Terminal, at_once, cut, streamed

LONG = (
    "curl -sS https://example.com/api/v1/items?limit=100 -H 'Accept: application/json'"
    " | jq -r '.items[].name' | sort -u"
)
PLACES = {
    "alone": f"Run:\n\n```sh\n{LONG}\n```\n\nend\n",
    "in an item": f"1. Run:\n\n   ```sh\n   {LONG}\n   ```\n\nend\n",
    "in a quote": f"> ```sh\n> {LONG}\n> ```\n\nend\n",
    "indented": f"Run:\n\n    {LONG}\n\nend\n",
    "never closed": f"```\n{LONG}",
    "taller than the screen": f"```\n{LONG * 20}\n```\n\nend\n",
    "wide characters": f"```\n{'日本語と' * 30}\n```\n\nend\n",
    "emoji": f"```\n{'👩‍🚀é ' * 30}\n```\n\nend\n",
}


def written(text: str, columns: int, *, has_color: bool = False, each: int = 1) -> str:
    """Give what went to the terminal, but for its escape sequences."""
    terminal = Terminal(columns, 10)
    parts: list[str] = []
    terminal.write, emulate = parts.append, terminal.write
    renderer = MarkdownRenderer(
        lambda piece: (parts.append(piece), emulate(piece))[0],
        terminal.size,
        has_color=has_color,
        may_move=False,
        has_thread=False,
    )
    for piece in cut(text, each):
        renderer.show(piece)
    renderer.close(Response())
    return "".join(parts)


@pytest.mark.sampled
@pytest.mark.parametrize("name", [name for name in PLACES if name != "emoji"])
@pytest.mark.parametrize("columns", [20, 60, 200])
def test_no_newline_stands_in_a_line_of_code(name, columns):
    """The terminal wraps it; wherever the block stands."""
    longest = max((line.strip("> ") for line in PLACES[name].split("\n")), key=len)

    assert longest in written(PLACES[name], columns)


@pytest.mark.sampled
@pytest.mark.parametrize("columns", [20, 60])
@pytest.mark.parametrize("length", [0, 1, 17])
@pytest.mark.parametrize("name", PLACES)
def test_a_wrapped_line_is_drawn_where_it_belongs(name, columns, length):
    """Rows that the terminal made are counted: nothing is erased or there twice."""
    if name == "emoji":
        pytest.skip("pyte and rich do not agree on the columns of joined emoji")
    got = streamed(cut(PLACES[name], length), columns, 10).lines()

    assert got == at_once(PLACES[name], columns, 10)


@pytest.mark.sampled
@pytest.mark.parametrize("columns", [20, 40, 80])
@pytest.mark.parametrize("lead", ["", "  ", "> ", "- "])
def test_blank_lines_of_code_stay(columns, lead):
    """In 20 columns, too."""
    code = "```\n\n\na\n\n\nb\n   \nc\n```"
    inner = lead if lead != "- " else "  "
    text = lead + code.replace("\n", f"\n{inner}") + "\n\nend\n"
    lines = [line.strip(" ▌•") for line in at_once(text, columns, 40)]
    at = lines.index("a")

    assert lines[at - 2 : at + 6] == ["", "", "a", "", "", "b", "", "c"]
    assert streamed(cut(text, 3), columns, 40).lines() == at_once(text, columns, 40)


def test_code_has_no_margin_and_keeps_its_blanks():
    """A patch is copied with the one blank of its empty lines."""
    rows = Printer(80, has_color=True).blocks(
        parser().parse("- ```diff\n  +a  \n   \n   b\n  ```\n"), after_block=False
    )
    plain = written("```diff\n+a  \n \n b\n```\n", 80).split("\n")

    assert plain[:3] == ["+a  ", " ", " b"]
    assert any(row.endswith(" ") for row in rows)
