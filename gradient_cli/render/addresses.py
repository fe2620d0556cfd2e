"""
Addresses of links that come below the text that names them.

    see [the report][1]        printed before the next line came
    [1]: https://x.example     defines what `[1]` leads to; Markdown shows it nowhere

What is printed cannot become a link any more, and its address would be lost. So a definition
that would have made one is shown as it was written.

Texts are found by the names in their brackets, and what is known is never copied: the work for
a definition does not depend on how many others there are.
"""

import re
from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from itertools import islice
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

References = MutableMapping[str, Any]
"""Definitions by name, as the parser keeps them."""


MOST_TEXTS = 20
"""Printed texts that are looked at again for one name."""
MOST_NAMES = 1000
_BRACKETS = re.compile(r"\[((?:\\.|[^\[\]\\]){1,999})\]")
"""Innermost: a name holds no brackets but escaped ones, and is at most 999 characters long."""


class Addresses:
    """What is defined in the source that is forgotten, and what may have named it before."""

    def __init__(self, parser: MarkdownIt) -> None:
        self._parser = parser
        self._references: dict[str, Any] = {}
        self._printed: dict[str, list[str]] = {}
        """Name in brackets that led nowhere, in letters and digits -> texts with it."""

    def known(self) -> dict[str, Any]:
        """Give what a parser has to know; what is still arriving it adds to a map of its own."""
        return {"references": ChainMap({}, self._references)}

    def note(self, tokens: list[Token]) -> None:
        """Take in blocks that are printed."""
        for token in tokens:
            if any("[" in child.content for child in token.children or []):
                # As it was written too, where a bracket in a name may be escaped.
                written = token.content if "\\" in token.content else ""
                for name in {*_names(_unlinked(token)), *_names(written)}:
                    texts = self._printed.setdefault(name, [])
                    if len(texts) < MOST_TEXTS and token.content not in texts:
                        texts.append(token.content)

    def learn(self, source: str) -> list[str]:
        """Take in source that is forgotten; give the lines that come too late for a link."""
        if "]:" not in source:
            return []
        found = self.known()
        self._parser.parse(source, found)
        lines, late = source.split("\n"), []
        new = found["references"].maps[0]
        for name, reference in new.items():
            if self._would_link(name, reference):
                first, end = reference["map"]
                late += [line.lstrip("> ") for line in lines[first:end]]
        self._references.update(new)
        return late

    def _would_link(self, name: str, reference: dict[str, Any]) -> bool:
        """Tell whether something printed would look different, had this been known."""
        more = ChainMap({name: reference}, self._references)
        return any(
            self._kinds(text, more) != self._kinds(text, self._references)
            for text in self._printed.get(_plain(name), ())
        )

    def _kinds(self, text: str, references: References) -> list[str]:
        inline = self._parser.parseInline(text, {"references": references})[0]
        return [token.type + token.content for token in inline.children or []]


def _unlinked(token: Token) -> str:
    """Give the words of a text that are in no link: what is one already leads somewhere."""
    depth, words = 0, []
    for child in token.children or []:
        depth += (child.type == "link_open") - (child.type == "link_close")
        words += [] if depth else [child.content]
    return "".join(words)


def _names(text: str) -> Iterator[str]:
    """Give what stands in brackets, as `_plain`; of a long text the first of them."""
    for found in islice(_BRACKETS.finditer(text), MOST_NAMES):
        yield _plain(found[1])


def _plain(text: str) -> str:
    """Give letters and digits alone: a quick look before the text is parsed again."""
    return re.sub(r"[\W_]+", "", text).casefold()
