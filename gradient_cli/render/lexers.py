"""
Colours for code line by line, by whatever lexer Pygments has for it.

    made of regular expressions   the states that it is in are kept between lines
    one within another            both are fed: what the inner one leaves over goes to the outer
    anything else                 each line alone

The work for a line does not grow with the block. Colour is never worth a letter: a lexer that
raises, that gives back other text than it got, that takes long or turns in a circle, is not
asked again, and the block goes on without colours.
"""

import time
from collections.abc import Iterator
from typing import Any

from pygments.lexer import (  # type: ignore[attr-defined]  # the stubs lack do_insertions
    DelegatingLexer,
    ExtendedRegexLexer,
    Lexer,
    LexerContext,
    RegexLexer,
    do_insertions,
)
from pygments.lexers import get_lexer_by_name
from pygments.token import Error, Whitespace
from pygments.util import ClassNotFound

LONGEST_LINE = 1000
"""Characters of a line that is coloured; several lexers are quadratic within a line."""
MOST_SECONDS, MORE_SECONDS = 0.5, 1e-5
"""Processor time for a block, and for each of its characters: several times what they need."""
MOST_STATES = 1000
MOST_EMPTY_STEPS = 100
"""Changes of state without a letter read: it turns in a circle."""

Tokens = Iterator[tuple[int, Any, str]]
"""(position, token type, text), as Pygments gives them."""


class Colours:
    """The colours of one block of code."""

    def __init__(self, name: str) -> None:
        self._lexer = _by_name(name)
        self._seconds_left = MOST_SECONDS

    def tokens(self, line: str) -> list[tuple[Any, str]]:
        """Give (token type or None, text) for one line without its newline."""
        if self._lexer is None or len(line) > LONGEST_LINE:
            return [(None, line)]
        begun = time.thread_time()
        try:
            found = [(kind, text) for _, kind, text in self._lexer.line(f"{line}\n")]
        except Exception:  # 600 lexers, and any text: what they may raise is in no list
            found = []
        self._seconds_left += MORE_SECONDS * len(line) - (time.thread_time() - begun)
        is_whole = "".join(text for _, text in found) == f"{line}\n"
        if not is_whole or self._seconds_left < 0:
            self._lexer = None
        if not is_whole:
            return [(None, line)]
        return [(kind, text) for kind, piece in found if (text := piece.rstrip("\n"))]


class _Circle(Exception):
    """A lexer reads nothing and does not end."""


class _Whole:
    """A lexer that is asked for each line alone."""

    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer

    def line(self, text: str) -> Tokens:
        """Give the tokens of a line, its newline included."""
        found: Tokens = self._lexer.get_tokens_unprocessed(text)
        return found


class _Stateful:
    """A lexer of regular expressions, which goes on with the states it was in."""

    def __init__(self, lexer: RegexLexer) -> None:
        self._lexer = lexer
        self._has_context = isinstance(lexer, ExtendedRegexLexer)
        self._context = _context(lexer)("", 0, ["root"])

    def line(self, text: str) -> Tokens:
        """Give the tokens of a line, its newline included."""
        context, idle = self._context, 0
        context.text, context.pos, context.end = text, 0, len(text)
        while (before := context.pos) < len(text):
            yield from self._step()
            idle = idle + 1 if context.pos == before else 0
            if idle > MOST_EMPTY_STEPS or len(context.stack) > MOST_STATES:
                raise _Circle

    def _step(self) -> Tokens:
        """Follow the first rule that fits where the lexer stands."""
        context = self._context
        rules = self._lexer._tokens[context.stack[-1]]  # type: ignore[attr-defined]  # made at first
        for matches, action, change in rules:
            if found := matches(context.text, context.pos, context.end):
                yield from self._act(found, action)
                self._change(change)
                return
        letter = context.text[context.pos]
        if letter == "\n":
            context.stack = ["root"]
        yield context.pos, Whitespace if letter == "\n" else Error, letter
        context.pos += 1

    def _act(self, found: Any, action: Any) -> Tokens:
        context = self._context
        if self._has_context and callable(action):
            # It moves the position itself, and may change the states.
            yield from action(self._lexer, found, context)
            return
        if callable(action):
            yield from action(self._lexer, found)
        elif action is not None:
            yield found.start(), action, found.group()
        context.pos = found.end()

    def _change(self, change: Any) -> None:
        """Enter and leave states: a count to leave, `#push`, or names in a row."""
        stack = self._context.stack
        if isinstance(change, int):
            del stack[max(1, len(stack) + change) :]
            return
        for name in (change,) if isinstance(change, str) else change or ():
            if name == "#push":
                stack.append(stack[-1])
            elif not name.startswith("#pop"):
                stack.append(name)
            elif len(stack) > 1:
                stack.pop()


def _context(lexer: RegexLexer) -> type[LexerContext]:
    """Give what keeps a lexer's states: YAML has more than a stack of them."""
    if lexer.name != "YAML":
        return LexerContext
    from pygments.lexers.data import YamlLexerContext

    return YamlLexerContext


class _Nested:
    """A language in which another one stands: PHP in HTML, a template in YAML."""

    def __init__(self, lexer: DelegatingLexer) -> None:
        self._inner = _line_lexer(lexer.language_lexer)
        self._outer = _line_lexer(lexer.root_lexer)
        self._needle = lexer.needle

    def line(self, text: str) -> Tokens:
        """Give the tokens of a line, its newline included."""
        left_over, waiting = "", []
        insertions: list[tuple[int, list[tuple[int, Any, str]]]] = []
        for token in self._inner.line(text):
            if token[1] is not self._needle:
                waiting.append(token)
                continue
            if waiting:
                insertions.append((len(left_over), waiting))
                waiting = []
            left_over += token[2]
        if waiting:
            insertions.append((len(left_over), waiting))
        outer = self._outer.line(left_over) if left_over else iter(())
        found: Tokens = do_insertions(insertions, outer)
        return found


_LineLexer = _Whole | _Stateful | _Nested


def _line_lexer(lexer: Lexer) -> _LineLexer:
    if isinstance(lexer, DelegatingLexer):
        return _Nested(lexer)
    return _Stateful(lexer) if isinstance(lexer, RegexLexer) else _Whole(lexer)


def _by_name(name: str) -> _LineLexer | None:
    try:
        return _line_lexer(get_lexer_by_name(name, stripnl=False, ensurenl=False))
    except ClassNotFound:
        return None
