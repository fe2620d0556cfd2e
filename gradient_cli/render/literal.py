"""
What rich drops, doubles or misplaces in Markdown, made to show once and where it stands.

    HTML             rich shows none: `vector<int>` would lose a word, `<answer>` the answer.
                     Tags are shown as they were written; `<br>` breaks the line, and a whole
                     `<kbd>...</kbd>` keeps its style (rich fails at a lone `</kbd>`)
    images           rich shows them before their paragraph: they become text in their place
    autolinks        `<https://x>` is text and address in one: shown once
    tasks            `- [x] done` is a box with a tick
    entities         `&#x202e;` is a character only after parsing: made harmless here

A rule at the end of markdown-it's chain, so that each parser of ours gives such tokens.
"""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from gradient_cli.terminal.sanitize import visible

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\][ \t]+")
_PICTURE = "\N{CITYSCAPE AT DUSK}"
"""rich's sign for an image."""


def show_literally(state: StateCore) -> None:
    """Rewrite the tokens of a document."""
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type == "html_block":
            tokens += literal_paragraph(token.content, token.level, token.map)
            continue
        if token.children:
            token.children = _inline(token.children)
        elif token.type in {"fence", "code_block"}:
            token.content = visible(token.content)
        tokens.append(token)
    state.tokens = tokens
    for opening, _, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "list_item_open" and inline.children:
            _draw_box(inline.children[0])


def _draw_box(first: Token) -> None:
    """Make a box of what marks a task at the beginning of an item."""
    if first.type == "text" and (found := _TASK.match(first.content)):
        box = "☐" if found[1] == " " else "☑"
        first.content = f"{box} {first.content[found.end() :]}"


def literal_paragraph(text: str, level: int = 0, place: list[int] | None = None) -> list[Token]:
    """Give a paragraph that keeps its lines, with nothing in it read as Markdown."""
    children: list[Token] = []
    for line in text.rstrip("\n").split("\n"):
        children += [Token("hardbreak", "br", 0), _text(line)]
    return [
        Token("paragraph_open", "p", 1, map=place, level=level, block=True),
        Token("inline", "", 0, map=place, level=level + 1, children=children[1:], block=True),
        Token("paragraph_close", "p", -1, level=level, block=True),
    ]


def _inline(tokens: list[Token]) -> list[Token]:
    """Rewrite what stands within a paragraph, a heading or a cell."""
    pairs = _kbd_pairs(tokens)
    shown: list[Token] = []
    is_autolink = False
    for place, token in enumerate(tokens):
        match token.type:
            case "html_inline" if place in pairs:
                shown.append(token)
            case "html_inline" if _BREAK.fullmatch(token.content):
                shown.append(Token("hardbreak", "br", 0))
            case "html_inline":
                shown.append(_text(token.content))
            case "image":
                shown.append(_text(_image(token)))
            case "link_open" if token.markup == "autolink":
                is_autolink = True
            case "link_close" if is_autolink:
                is_autolink = False
            case "link_open":
                token.attrs["href"] = visible(str(token.attrs.get("href", "")))
                shown.append(token)
            case _:
                token.content = visible(token.content)
                shown.append(token)
    return shown


def _kbd_pairs(tokens: list[Token]) -> set[int]:
    """Give the places of `<kbd>` and `</kbd>` that belong together, with no link between."""
    found: set[int] = set()
    opened: int | None = None
    for place, token in enumerate(tokens):
        if token.type != "html_inline":
            opened = None if token.nesting else opened
        elif token.content == "<kbd>":
            opened = place
        elif token.content == "</kbd>" and opened is not None:
            found |= {opened, place}
            opened = None
    return found


def _image(token: Token) -> str:
    """Give the words of an image, and where it is."""
    words = "".join(child.content for child in token.children or [])
    address = str(token.attrs.get("src", ""))
    return " ".join(part for part in (_PICTURE, words, f"({address})" if address else "") if part)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=visible(content))
