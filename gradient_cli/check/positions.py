"""
Where in a TOML file something stands: tomllib does not tell, and an error should.

A scan of the text, right for files as people write them: headers and keys at the beginning
of a line, texts over several lines skipped.
"""

import re
from dataclasses import dataclass, field

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]\]?")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*(?:\.|=)")
_LONG = ('"""', "'''")


@dataclass(slots=True)
class Lines:
    """The lines of one table: where it begins, and where its keys stand."""

    start: int = 1
    keys: dict[str, int] = field(default_factory=dict)
    tests: list["Lines"] = field(default_factory=list)
    default: "Lines | None" = None

    @classmethod
    def fixed(cls, line: int) -> "Lines":
        """Give the lines of a table that stands on one."""
        return cls(line)

    @classmethod
    def of_toml(cls, text: str) -> "Lines":
        """Find the tables and keys of a suite."""
        top = here = cls()
        end = ""
        for number, line in enumerate(text.split("\n"), 1):
            if end:
                end = "" if end in line else end
                continue
            if header := _HEADER.match(line):
                here = top._begin(header[1], header[2], number, here)
            elif (key := _KEY.match(line)) is not None:
                here.keys.setdefault(key[1], number)
            end = next((mark for mark in _LONG if line.count(mark) % 2), "")
        return top

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
            here.keys.setdefault(inner, number)
            return Lines(number)
        self.keys.setdefault(root, number)
        return Lines(number)

    def of(self, key: str) -> int:
        """Give a key's line, or that of its table."""
        return self.keys.get(key, self.start)

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
