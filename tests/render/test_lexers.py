"""Colours never cost a letter: every lexer that Pygments has, over text of every kind."""

import pytest
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers
from pygments.token import Name, Text

from gradient_cli.render import lexers
from gradient_cli.render.lexers import Colours

NAMES = sorted(aliases[0] for _, aliases, *_ in get_all_lexers(plugins=False) if aliases)
SAMPLES = {
    "yaml": "---\na: 1 # n\nb:\n  - x: &r {q: [1, 2]}\n  - |\n    text\n\n    more\n\n"
    '  - >-\n    folded\nc: *r\nd: "q\\n"\n? k\n: v\n%TAG ! x\n...\n',
    "dockerfile": "FROM python:3.12 AS b\nRUN apt-get update && \\\n    apt-get install -y x\n"
    'ENV A=1\nCOPY --from=b /x /y\nRUN <<EOF\necho $A\nEOF\nCMD ["a", "b"]\n',
    "diff": "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n"
    " \n\\ No newline at end of file\n",
    "nginx": "server {\n  listen 80;\n  location ~ \\.php$ {\n    proxy_pass http://$host:80/;\n"
    '  }\n  if ($x = "y") { return 301; }\n}\n',
    "lines": 'def f(x):\n    """doc\n    more"""\n    return {\'a\': [1, 2.5e3], "b": `c`}  # n\n'
    "/* c\n */ int main(void) { // x\n<?php echo \"a $b\"; ?>\n<a href='x'>&amp;</a>\n"
    "{% if x %}{{ y }}{% endif %}\n$ ls -l | grep x\n>>> 1 + 1\n2\n\n<<EOF\nx #{y}\nEOF\n"
    "%w[a b] =~ /re/x é 日本 \U0001f600 \t␛ \x00\n]]>)}]\n\\begin{x}\n-- *)\n'''\nend\n",
}
PLAIN = {"jlcon", "tnt"}
"""Lexers that cannot read what is no session and no theorem: without colours, not without text."""


def coloured(name: str, code: str) -> tuple[str, bool]:
    """Give back the text of some code, and whether its lexer was trusted to the end."""
    colours = Colours(name)
    lines = ["".join(text for _, text in colours.tokens(line)) for line in code.split("\n")]
    return "\n".join(lines), colours._lexer is not None


def every(step: int):
    """Give a share of all names for a quick look, the rest as `real`."""
    return [
        name if number % step == 0 else pytest.param(name, marks=pytest.mark.real)
        for number, name in enumerate(NAMES)
    ]


def test_the_list_of_lexers_is_not_short():
    """Pygments has 600."""
    assert len(NAMES) >= 550


@pytest.mark.sampled
@pytest.mark.parametrize("name", every(12))
def test_a_lexer_gives_back_what_it_got(name):
    """Line by line, over files that are its own and such that are not."""
    found = {kind: coloured(name, code) for kind, code in SAMPLES.items()}

    assert {kind: text for kind, (text, _) in found.items()} == SAMPLES
    assert name in PLAIN or all(is_trusted for _, is_trusted in found.values())


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["yaml", "docker", "diff", "nginx", "json", "html+php", "console"])
def test_a_language_has_its_colours(name):
    """Colours come line by line, and from lexers of every make."""
    code = {"yaml": "a: 1", "docker": "FROM x", "diff": "+a", "nginx": "listen 80;"}
    line = code.get(name, '{"a": 1}' if name == "json" else "<p>" if "php" in name else "$ ls")

    assert len({kind for kind, _ in Colours(name).tokens(line)} - {Text, None}) >= 1


@pytest.mark.real
def test_a_string_over_lines_stays_one():
    """The states of a lexer are kept between lines."""
    colours = Colours("python")
    kinds = [colours.tokens(line)[0][0] for line in ('"""a', "b", 'c"""', "d")]

    assert kinds[0] == kinds[1] == kinds[2] != kinds[3]


def test_a_block_within_yaml_stays_one():
    """YAML keeps its indents in a context of its own."""
    colours = Colours("yaml")
    lines = [colours.tokens(line) for line in ("a: |", "  x: y", "b: 1")]

    assert lines[1][-1] == (Name.Constant, "x: y")
    assert lines[2][0] == (Name.Tag, "b")


class _Bad(Lexer):
    """A lexer that fails in some way from its second line on."""

    def __init__(self, fault):
        super().__init__()
        self.fault, self.lines = fault, 0

    def get_tokens_unprocessed(self, text):
        self.lines += 1
        if self.lines > 1:
            self.fault()
            text = text.replace("b", "")
        yield 0, Text, text


def _raise(error):
    raise error


@pytest.mark.parametrize(
    "fault",
    [
        lambda: _raise(IndexError("x")),
        lambda: _raise(RecursionError),
        lambda: _raise(AttributeError("indent")),
        lambda: _raise(AssertionError),
        lambda: _raise(UnicodeError),
        lambda: None,
    ],
)
def test_a_lexer_that_fails_costs_colours_only(fault):
    """What it raises, or what it leaves out, is not missed; it is not asked again."""
    colours = Colours("text")
    colours._lexer = lexers._Whole(bad := _Bad(fault))

    shown = ["".join(text for _, text in colours.tokens(line)) for line in ("a", "b", "bc")]

    assert shown == ["a", "b", "bc"]
    assert bad.lines == 2


def test_a_lexer_that_turns_in_a_circle_ends():
    """Rules without a letter that call each other for ever."""
    colours = Colours("python")
    stateful = colours._lexer
    stateful._lexer._tokens = {"root": [(lambda *_: stateful.empty, None, "#push")]}
    stateful.empty = type("Match", (), {"end": lambda self: 0})()

    assert colours.tokens("a") == [(None, "a")]


@pytest.mark.parametrize("line", ["(" * 50_000, "'" * 50_000, "a" * 1_000_000])
def test_a_line_that_is_too_long_is_not_lexed(line):
    """Several lexers are quadratic within a line."""
    assert Colours("python").tokens(line) == [(None, line)]


def test_a_slow_lexer_is_given_up(monkeypatch):
    """A block has so much time, and no more."""
    monkeypatch.setattr(lexers, "MOST_SECONDS", -1.0)
    colours = Colours("python")

    assert "".join(text for _, text in colours.tokens("x = 1")) == "x = 1"
    assert colours.tokens("x = 1") == [(None, "x = 1")]
