"""
What a folder or a pattern of `-f` stands for, in the order of the bytes of the names.

    src              the files below it: no links, no devices, nothing that git ignores
    'src/**/*.py'    the files that it matches; `**` is any number of folders, none too

Neither a folder nor `**` goes through a link, so that no circle is walked and nothing from
elsewhere comes along.
"""

import os
import re
from collections.abc import Iterator, Mapping
from fnmatch import translate

from gradient_cli.errors import UsageError
from gradient_cli.terminal.gitignore import GIT, Rules, rules_for

MOST_FILES = 50_000
MAGIC = re.compile(r"[*?\[]")


def files_below(folder: str, environ: Mapping[str, str]) -> list[str]:
    """
    Give the regular files below a folder that git does not ignore.

    Raises:
        UsageError: a folder cannot be read, or there are more files than any request takes.

    """
    top = os.path.realpath(folder)
    inside = [] if os.path.normpath(folder) == "." else [folder.rstrip("/") or "/"]
    found = []
    for path in _walk(top, rules_for(top, environ)):
        found.append("/".join([*inside, os.path.relpath(path, top)]).replace("//", "/"))
        if len(found) > MOST_FILES:
            raise UsageError(f'more than {MOST_FILES:,} files are below "{folder}"')
    return sorted(found, key=os.fsencode)


def _walk(folder: str, rules: Rules) -> Iterator[str]:
    waiting = [(folder, rules)]
    while waiting:
        here, rules = waiting.pop()
        for entry in _entries(here):
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == GIT or rules.ignores(entry.path, is_folder=is_folder):
                continue
            if is_folder:
                waiting.append((entry.path, rules.within(entry.path)))
            elif entry.is_file(follow_symlinks=False):
                yield entry.path


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageError(f'cannot read "{folder}": {words}') from None


def files_matching(pattern: str) -> list[str]:
    """
    Give the files that a pattern matches; names that begin with a dot only where it says so.

    Raises:
        UsageError: a folder cannot be read, or there are more files than any request takes.

    """
    if pattern.endswith("/"):
        return []  # It asks for folders.
    steps = [step for step in pattern.split("/") if step not in {"", "."}]
    found: set[str] = set()
    waiting = [("/" if pattern.startswith("/") else "", 0)]
    seen = set(waiting)
    while waiting:
        folder, position = waiting.pop()
        for path, next_position in _step(folder, steps, position):
            if next_position < len(steps):
                if (path, next_position) not in seen:
                    seen.add((path, next_position))
                    waiting.append((path, next_position))
            elif os.path.isfile(path):
                found.add(path)
        if len(found) > MOST_FILES:
            raise UsageError(f'more than {MOST_FILES:,} files match "{pattern}"')
    return sorted(found, key=os.fsencode)


def _step(folder: str, steps: list[str], position: int) -> Iterator[tuple[str, int]]:
    """
    Give (path, position of the step that comes next) for what one step leads to from a folder.

    A path behind the last step is a match, if it is a file; one before it is a folder.
    """
    step, after = steps[position], position + 1
    if not MAGIC.search(step):
        path = _joined(folder, step)
        if after == len(steps) or os.path.isdir(path):
            yield path, after
        return
    if step == "**" and after < len(steps):
        yield folder, after
    is_named = re.compile(translate(step)).match
    for entry in _entries(folder or "."):
        path = _joined(folder, entry.name)
        if entry.name.startswith(".") and not step.startswith("."):
            continue
        if step == "**":
            if entry.is_dir(follow_symlinks=False):
                yield path, position
            elif after == len(steps):
                yield path, after
        elif is_named(entry.name) and (after == len(steps) or os.path.isdir(path)):
            yield path, after


def _joined(folder: str, name: str) -> str:
    return f"{folder}{'' if folder in {'', '/'} else '/'}{name}"
