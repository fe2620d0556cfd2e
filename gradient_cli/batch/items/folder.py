"""
Files: each that matches a pattern is an item; its path is the id.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from gradient_cli.batch.items.item import Bad, Item
from gradient_cli.errors import UsageError
from gradient_cli.terminal.foreign import foreign
from gradient_cli.terminal.tables import decoded


def read_files(patterns: Iterable[str], bad: Bad) -> Iterator[Item]:
    """
    Give each file that matches one of the patterns, in the order of their names.

    Raises:
        UsageError: one of them matches none.

    """
    for path in matching(patterns):
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            bad(UsageError(f'cannot read "{path}": {reason}'))
            continue
        if found := foreign(raw[:512], path):
            bad(UsageError(f'"{path}" is {found.what}', hint=found.remedy))
            continue
        try:
            text = decoded(raw, path, is_first=True, keeps_end=True)
        except UsageError as error:
            bad(error)
            continue
        yield Item(path, path, text=text, path=path, is_named=False)


def matching(patterns: Iterable[str]) -> list[str]:
    """
    Give the files that match, each once, in the order of their names.

    Raises:
        UsageError: a pattern matches none.

    """
    from glob import glob

    paths: set[str] = set()
    for pattern in patterns:
        # Not Path.glob: the pattern may be absolute, and the names stay as the user wrote them.
        found = glob(pattern, recursive=True)  # noqa: PTH207  # as said
        # A name that looks like a pattern may be a file's own.
        matches = [path for path in (found or [pattern]) if _is_file(path)]
        if not matches:
            raise UsageError(f'--each-file "{pattern}" matches no file', hint="quote the pattern")
        paths.update(matches)
    return sorted(paths)


def _is_file(path: str) -> bool:
    """Tell a file from a folder; what cannot be looked at counts, so that it is named."""
    # Not Path.is_file: from 3.14 on it says no to whatever cannot be looked at.
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116  # as said
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return True
