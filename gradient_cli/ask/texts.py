"""
Texts as users write them: one meaning in prompt, instructions and every expectation.

    @FILE        the content of a file; @@ begins a literal @
    {{ name }}   a variable

In an expectation a line end that closes a file counts for nothing, and a variable within a
pattern stands for its very text: neither may make a ban miss what it names.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gradient_cli.ask import flag_values
from gradient_cli.errors import UsageError
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.wire import template
from gradient_cli.wire.json import Json

if TYPE_CHECKING:
    from gradient_cli.settings.prompt_file import PromptFile
    from gradient_cli.terminal.opener import Opener


class Texts:
    """Reads and fills the texts of one run, or of one test."""

    def __init__(
        self,
        variables: Mapping[str, str],
        *,
        read: Callable[[str], str] = read_short_file,
        way: str = "--var {name}=VALUE",
        is_strict: bool = False,
    ) -> None:
        """`read` gives a named file; `is_strict`: {{ }} is a variable even if none is given."""
        self.variables = variables
        self.asked: set[str] = set()
        """The variables that a text asked for."""
        self._read = read
        self._way = way
        self._is_strict = is_strict

    def opened(self, text: str, where: str) -> str:
        """
        Give a text, or the content of @FILE.

        Raises:
            UsageError: the file cannot be read, or is empty.

        """
        try:
            found = flag_values.text_or_file(text, self._read)
        except UsageError as error:
            error.message = f"{where}: {error.message}"
            error.hint = error.hint or "@@ begins a text with a literal @"
            raise
        if not found.strip() and text.startswith("@"):
            raise UsageError(f"{where}: {text[1:]} is empty")
        return found

    def opened_all(self, texts: Mapping[str, str]) -> dict[str, str]:
        """
        Give texts by name, each or the content of its @FILE; a file may be empty.

        Raises:
            UsageError: a file cannot be read.

        """
        return {n: flag_values.text_or_file(text, self._read) for n, text in texts.items()}

    def filled(self, text: str, where: str, *, is_template: bool = False) -> str:
        """
        Give a text with its variables filled in.

        Raises:
            UsageError: a variable is not set.

        """
        return self._fill(text, self.variables, where, is_template=is_template)

    def text(self, text: str, where: str) -> str:
        """
        Give a text, opened and filled.

        Raises:
            UsageError: as `opened` and `filled`.

        """
        return self.filled(self.opened(text, where), where)

    def expected(self, text: str, where: str, *, is_pattern: bool = False) -> str:
        """
        Give the text of an expectation.

        Raises:
            UsageError: as `text`.

        """
        found = self.opened(text, where)
        if text.startswith("@") and not text.startswith("@@"):
            found = _without_end(found)
        return self._fill(found, self._values(is_pattern=is_pattern), where)

    def expected_all(
        self, texts: Sequence[str], where: str, *, is_pattern: bool = False
    ) -> tuple[str, ...]:
        """
        Give the texts of an expectation, each once.

        Raises:
            UsageError: as `text`.

        """
        found = [self.expected(text, where, is_pattern=is_pattern) for text in texts]
        return tuple(dict.fromkeys(found))

    def expected_json(self, value: Json, where: str) -> Json:
        """
        Give a JSON value whose texts and names are filled.

        Raises:
            UsageError: a variable is not set.

        """
        match value:
            case str():
                return self._fill(value, self._values(), where)
            case list():
                return [self.expected_json(one, where) for one in value]
            case dict():
                return {
                    self.expected_json(name, where): self.expected_json(one, where)
                    for name, one in value.items()
                }
            case _:
                return value

    def _values(self, *, is_pattern: bool = False) -> dict[str, str]:
        values = {name: _without_end(text) for name, text in self.variables.items()}
        return {name: re.escape(text) for name, text in values.items()} if is_pattern else values

    def _fill(
        self, text: str, values: Mapping[str, str], where: str, *, is_template: bool = False
    ) -> str:
        if "{{" not in text:
            return text
        self.asked |= template.names(text)
        is_template = is_template or self._is_strict
        return template.fill(text, values, where, is_template=is_template, way=self._way)


def with_files(prompt_file: "PromptFile", beside: "Opener") -> "PromptFile":
    """
    Give a prompt file with the content of the files that it names.

    Raises:
        UsageError: one cannot be read, or is not where such files may be.

    """
    texts = Texts({}, read=beside.read_short)
    fields = dict(prompt_file.fields)
    if "instructions" in fields:
        fields["instructions"] = texts.opened(fields["instructions"], "instructions")
    variables = texts.opened_all(prompt_file.variables)
    return replace(prompt_file, fields=fields, variables=variables)


def from_files(given: Mapping[str, str], texts: Texts) -> dict[str, str]:
    """Give the content of each file that a variable asked for until now is taken from, by name."""
    named = [n for n, t in given.items() if t.startswith("@") and not t.startswith("@@")]
    return {given[name][1:]: texts.variables[name] for name in named if name in texts.asked}


def _without_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
