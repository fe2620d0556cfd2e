"""
Where in a TOML file something stands: tomllib does not tell, and an error should.

A scan of the text, right for files as people write them: headers and keys at the beginning
of a line, texts over several lines skipped.
"""

import re
from collections.abc import Sequence
from dataclasses import field

from gradient_cli.settings.config_file import lines_outside_texts
from gradient_cli.values import mutable_record

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]\]?")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*(?:\.|=)")


@mutable_record
class Lines:
    """The lines of one table: where it begins, and where its keys stand."""

    start: int = 1
    keys: dict[str, int] = field(default_factory=dict)
    tests: list["Lines"] = field(default_factory=list)
    default: "Lines | None" = None
    cases: list[int] = field(default_factory=list)
    """Where the rows of a test begin that stand in the suite."""

    @classmethod
    def fixed(cls, line: int) -> "Lines":
        """Give the lines of a table that stands on one."""
        return cls(line)

    @classmethod
    def of_toml(cls, text: str) -> "Lines":
        """Find the tables and keys of a suite."""
        top = here = cls()
        for number, line in lines_outside_texts(text):
            if header := _HEADER.match(line):
                here = top._begin(header[1], header[2], number, here)
            elif (key := _KEY.match(line)) is not None:
                here.keys.setdefault(key[1], number)
        return top

    @classmethod
    def of_headers(cls, text: str, name: str, count: int) -> list[int]:
        """Give the line of each [[name]] of a file; of all of them 1 where they stand elsewhere."""
        wanted = []
        for number, line in lines_outside_texts(text):
            header = _HEADER.match(line)
            if header and header[1] == "[[" and header[2] == name:
                wanted.append(number)
        return wanted if len(wanted) == count else [1] * count

    def _begin(self, bracket: str, name: str, number: int, here: "Lines") -> "Lines":
        if name == "test" and bracket == "[[":
            self.tests.append(Lines(number))
            return self.tests[-1]
        if name == "defaults":
            self.default = Lines(number)
            return self.default
        root, _, inner = name.partition(".")
        if inner and root in {"test", "defaults"}:
            # [test.vars]: its keys are its own, its place is where it begins.
            table = self.default if root == "defaults" else self.tests[-1] if self.tests else None
            (table or here).keys.setdefault(inner, number)
            if inner == "case" and table:
                table.cases.append(number)
            return Lines(number)
        self.keys.setdefault(root, number)
        return Lines(number)

    def of(self, key: str) -> int:
        """Give a key's line, or that of its table."""
        return self.keys.get(key, self.start)

    def of_rows(self, rows: Sequence[object]) -> list[int]:
        """Give the line of each row that stands in the suite."""
        known = self.cases if len(self.cases) == len(rows) else []
        return known or [self.of("case")] * len(rows)

    def top(self, key: str) -> int:
        """Give the line of a key outside of every table."""
        return self.keys.get(key, 1)

    def defaults(self, key: str) -> int:
        """Give the line of a key in [defaults]."""
        return self.default.of(key) if self.default else 1

    def of_defaults(self) -> "Lines":
        """Give the lines of [defaults]."""
        return self.default or self

    def of_test(self, number: int) -> "Lines":
        """Give the lines of a test, counted from 0; a key of [defaults] is found there."""
        if number >= len(self.tests):
            return self  # written inline: test = [{…}]
        test = self.tests[number]
        if self.default:
            test.keys = {**self.default.keys, **test.keys}
        return test
