r"""
The door to the screen: every line for people passes `one_line`, and nothing else goes by it.

What a line says may come from a server, a model, a suite, a file's name. So

    line ends, tabs         \n \r \t \x0b ..., U+0085, U+2028: one line stays one
    other characters        as sanitize.py makes them visible: ESC is ␛, U+202E is <U+202E>
    in a build's log        what its runner would take for a command is broken by a backslash

    #\#[error]              GitHub, Azure: anywhere in a line
    #\#vso[ #\#teamcity[    Azure, TeamCity
    section\_start:         GitLab
    \::error::              GitHub: at the beginning, and anywhere for a command that it knows

Only in a log (streams.LOGS): elsewhere `std::vec` and `##[` are words like others.
What is data, an answer or a JSON object, does not come here: see `Terminal`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """A line that begins with something of our own, such as a coloured word."""

    lead: str
    text: str


Lines = str | Line | Iterable[str | Line]
"""One line, or several."""


def one_line(text: str, *, in_log: bool = False) -> str:
    """Give a text as one line that can do nothing to a terminal, a reader or a build."""
    if not (text.isascii() and text.isprintable()):
        text = _visible(text)
    return disarmed(text) if in_log else text


def page(lines: Lines, *, in_log: bool) -> str:
    """Give lines with their ends."""
    several = (lines,) if isinstance(lines, str | Line) else lines
    return "".join(
        f"{line.lead}{one_line(line.text, in_log=in_log)}\n"
        if isinstance(line, Line)
        else f"{one_line(line, in_log=in_log)}\n"
        for line in several
    )


_EXCERPT = "| "
_RED, _YELLOW, _CYAN, _DIM, _RESET = "\x1b[1;31m", "\x1b[33m", "\x1b[36m", "\x1b[2m", "\x1b[0m"
_LEADS = {
    "gradient: ": _RED,
    "warning: ": _YELLOW,
    "hint: ": _CYAN,
    "note: ": _DIM,
    "usage: ": _DIM,
}


def told_apart(lines: Lines, columns: int, *, has_color: bool) -> Iterator[str | Line]:
    """Give lines for a terminal's stderr: what kind each is in colour, excerpts of one row."""
    for line in (lines,) if isinstance(lines, str | Line) else lines:
        if isinstance(line, Line):
            yield line
        elif line.startswith(_EXCERPT):
            shown = one_line(line)
            fits = fitting(shown, columns - 1)
            yield shown if fits == shown else f"{fitting(shown, columns - 2)}…"
        else:
            lead = next((lead for lead in _LEADS if has_color and line.startswith(lead)), "")
            yield Line(f"{_LEADS[lead]}{lead}{_RESET}", line[len(lead) :]) if lead else line


def fitting(line: str, columns: int) -> str:
    """Give as much of a line as has room; a wide character takes two columns."""
    if line.isascii():
        return line[:columns]
    from unicodedata import east_asian_width

    for place, character in enumerate(line):
        columns -= 2 if east_asian_width(character) in {"W", "F"} else 1
        if columns < 0:
            return line[:place]
    return line


class Flow:
    """Text for people that arrives in pieces and keeps its lines: a model's reasoning."""

    def __init__(self, write: Callable[[str], None], *, in_log: bool) -> None:
        from gradient_cli.terminal.sanitize import Sanitizer

        self._write = write
        self._sanitizer = Sanitizer()
        self._in_log = in_log
        self._line = ""
        """In a log, what came of a line: only the whole of it can be looked at."""

    def feed(self, piece: str) -> None:
        """Take in a piece and write what can be written."""
        text = self._sanitizer.feed(piece)
        if not self._in_log:
            self._write(text)
            return
        *whole, self._line = (self._line + text).split("\n")
        if whole:
            self._write("".join(f"{disarmed(line)}\n" for line in whole))

    def end(self) -> None:
        """Write what was waiting."""
        text = self._line + self._sanitizer.close()
        self._line = ""
        if text:
            self._write(disarmed(text) if self._in_log else text)


def _visible(text: str) -> str:
    from gradient_cli.terminal.sanitize import visible

    return visible(re.sub(_ENDS, lambda found: found[0].encode("unicode_escape").decode(), text))


def disarmed(line: str, wedge: str = "\\") -> str:
    """Break what a runner would obey, by a wedge between its characters."""

    def split(found: re.Match[str]) -> str:
        return f"{found[0][:-1]}{wedge}{found[0][-1]}"

    line = re.sub(r"##(?=\[|vso|teamcity)", split, line, flags=re.IGNORECASE)
    line = re.sub(r"section_(?=start|end)", split, line, flags=re.IGNORECASE)
    line = re.sub(r"\A(\s*)::", lambda found: f"{found[1]}{wedge}:{wedge}:", line)
    return re.sub(_COMMAND, split, line, flags=re.IGNORECASE)


_ENDS = "[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_COMMAND = (
    r"::(?=(?:error|warning|notice|debug|group|endgroup|add-mask|add-path|add-matcher|"
    r"remove-matcher|set-output|save-state|set-env|stop-commands|echo|internal-)\b)"
)
"""What GitHub's runner knows; within a line it would need a line's beginning to be obeyed."""
