"""
Addresses of links that come below the text that names them.

    see [the report][1]        printed before the next line came
    [1]: https://x.example     defines what `[1]` leads to; Markdown shows it nowhere

What is printed cannot become a link any more, and its address would be lost. So a definition
that would have made one is shown as it was written.
"""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

References = dict[str, dict[str, Any]]
"""Definitions by name, as the parser keeps them."""


class Addresses:
    """What is defined in the source that is forgotten, and what may have named it before."""

    def __init__(self, parser: MarkdownIt) -> None:
        self._parser = parser
        self._references: References = {}
        self._printed: dict[str, str] = {}
        """Texts with brackets that led nowhere: letters and digits -> as they were written."""

    def known(self) -> dict[str, Any]:
        """Give what a parser has to know; a copy, as it adds what is still arriving."""
        return {"references": dict(self._references)}

    def note(self, tokens: list[Token]) -> None:
        """Take in blocks that are printed."""
        for token in tokens:
            if any("[" in child.content for child in token.children or []):
                self._printed[_plain(token.content)] = token.content

    def learn(self, source: str) -> list[str]:
        """Take in source that is forgotten; give the lines that come too late for a link."""
        if "]:" not in source:
            return []
        found = self.known()
        self._parser.parse(source, found)
        lines, late = source.split("\n"), []
        for name, reference in found["references"].items():
            if name not in self._references and self._would_link(name, reference):
                first, end = reference["map"]
                late += [line.lstrip("> ") for line in lines[first:end]]
        self._references = found["references"]
        return late

    def _would_link(self, name: str, reference: dict[str, Any]) -> bool:
        """Tell whether something printed would look different, had this been known."""
        more = {**self._references, name: reference}
        return any(
            self._kinds(text, more) != self._kinds(text, self._references)
            for plain, text in self._printed.items()
            if _plain(name) in plain
        )

    def _kinds(self, text: str, references: References) -> list[str]:
        inline = self._parser.parseInline(text, {"references": dict(references)})[0]
        return [token.type + token.content for token in inline.children or []]


def _plain(text: str) -> str:
    """Give letters and digits alone: a quick look before the text is parsed again."""
    return re.sub(r"[\W_]+", "", text).casefold()
