"""
What git leaves alone, by the files that say so; git itself is never started.

    the user's ignore file  <  .git/info/exclude  <  .gitignore from the root down     the last wins

A repository's own settings can name programs that git would run, and a folder may be anybody's.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from gradient_cli.values import mutable_record

if TYPE_CHECKING:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    Patterns = list[GitIgnoreSpecPattern]

GIT = ".git"
LONGEST = 1_000_000
"""Bytes of an ignore file that are read; git's own limit is 100 MB."""


@mutable_record
class Rules:
    """The ignore files that apply below a folder."""

    found: "list[tuple[str, Patterns]]" = field(default_factory=list)
    """(the folder that a file's patterns are relative to, its patterns); the nearest last."""

    def within(self, folder: str) -> "Rules":
        """Give the rules of a folder below: these, and its own."""
        own = _patterns(Path(folder, ".gitignore"))
        return Rules([*self.found, (folder, own)]) if own else self

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether a path is left alone; the nearest file that says anything decides."""
        end = "/" if is_folder else ""
        for folder, patterns in reversed(self.found):
            name = os.path.relpath(path, folder) + end
            for pattern in reversed(patterns):
                if pattern.regex and _is_of(pattern.regex.match(name), name):
                    return bool(pattern.include)
        return False


def _is_of(match: "re.Match[str] | None", name: str) -> bool:
    """
    Tell a match of the path itself from one of a folder on the way, or of what lies in it.

    Whoever walks has asked for each folder already, and git's `!` brings back the path alone.
    """
    if match is None:
        return False
    if "ps_d" in match.re.groupindex:  # the library's name for the end of a folder's name
        return match["ps_d"] is None or match.end("ps_d") == len(name)
    is_inside = match.re.pattern.endswith("/")  # `src/**`
    return not (is_inside and match.end() == len(name))


def rules_for(folder: str, environ: Mapping[str, str]) -> Rules:
    """Give the rules that apply to what lies directly in a folder, an absolute path."""
    root = _root(folder)
    rules = Rules()
    if root is not None:
        for path in (_users_file(environ), Path(root, GIT, "info", "exclude")):
            if path and (patterns := _patterns(path)):
                rules.found.append((root, patterns))
    above = [step for step in Path(folder).parents if root and step.is_relative_to(root)]
    for step in (*reversed(above), folder):
        rules = rules.within(str(step))
    return rules


def _root(folder: str) -> str | None:
    """Give the top of the repository that a folder is in."""
    steps = (Path(folder), *Path(folder).parents)
    return next((str(step) for step in steps if os.path.lexists(step / GIT)), None)


def _users_file(environ: Mapping[str, str]) -> Path | None:
    """Give the user's own ignore file: the one that git's settings name, or the usual one."""
    home = environ.get("HOME")
    if not home:
        return None
    settings = Path(environ.get("XDG_CONFIG_HOME") or Path(home, ".config"), "git")
    for path in (Path(home, ".gitconfig"), settings / "config"):
        section = ""
        for line in _lines(path):
            if header := re.match(r"\s*\[\s*([\w.-]+)", line):
                section = header[1].lower()
            found = re.match(r"\s*excludesfile\s*=\s*\"?([^\"#;]+?)\"?\s*(?:[#;].*)?$", line, re.I)
            if found and section == "core":
                return Path(re.sub(r"^~(?=/|$)", lambda _: home, found[1]))
    return settings / "ignore"


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []


def _patterns(path: Path) -> "Patterns":
    """Give a file's patterns; a line that is none says nothing, as to git."""
    lines = _lines(path)
    if not lines:
        return []
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    kept = []
    for line in lines:
        try:
            pattern = GitIgnoreSpecPattern(line)
        except ValueError:
            continue
        if pattern.regex:
            # A stranger wrote the patterns, and the names that they are held against.
            pattern.regex = re.compile(bounded(pattern.regex.pattern))
        kept.append(pattern)
    return kept


_STAR = "[^/]*"
_RUN = re.compile(r"\[\^/\]\*((?:\[\^/\](?!\*)|(?!\[\^/\]\*)[^/()])+)(?=\[\^/\]\*)")


def bounded(expression: str) -> str:
    """
    Give an expression of a glob that matches the same and never goes back over a star.

    What stands between two stars may be taken where it comes first: what is behind it has the
    more room then.
    """
    if expression == "(?P<ps_d>/)":  # `*/`, anywhere on the way
        return "^(?:.+/)?[^/]+(?P<ps_d>/)"
    while _STAR + _STAR in expression:
        expression = expression.replace(_STAR + _STAR, _STAR)
    return _RUN.sub(r"(?>[^/]*?\1)", expression)
