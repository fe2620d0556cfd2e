"""
What stands where a report is to be written: a suite, an older report, or somebody's file.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from gradient_cli.check.saved_run import BEGINS

FileId = tuple[int, int]
"""Device and inode."""
JOURNAL, SAVE = "--json-lines", "--save"
SUITES = (".toml", ".jsonl", ".ndjson", ".prompt.yml", ".prompt.yaml")
_BEGINS_SUITE = re.compile(rb"\A\s*(\{|\[)|(?m:^\s*\[\[?\s*(test|defaults)\b)")
_BEGINS_REPORT = (b"<?xml", b"<testsuite", b"<!doctype html", b"<html")
HEAD = 1 << 16
"""Bytes of a file by which it is told what it is."""


def is_suite(flag: str, path: str) -> bool:
    """Tell a suite, by its name or by its words: a report begins with `<`, or has a type."""
    if flag in {JOURNAL, SAVE}:
        return path.endswith(".toml") or is_something_else(flag, path)
    return path.endswith(SUITES) or bool(_BEGINS_SUITE.search(_head(path)))


def is_something_else(flag: str, path: str) -> bool:
    """Tell a file that is there and was never a report; who reads it is not known yet."""
    head = _head(path).lstrip().lower()
    if flag in {JOURNAL, SAVE}:
        begins = BEGINS if flag == SAVE else b'{"type":"gradient.'
        return path.endswith(".toml") or bool(head and not head.startswith(begins))
    return path.endswith(SUITES) or bool(head and not head.startswith(_BEGINS_REPORT))


def id_of(path: str) -> FileId | None:
    """Give what tells a file from every other, by whatever name; None where there is none."""
    try:
        there = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return there.st_dev, there.st_ino


def _head(path: str) -> bytes:
    with suppress(OSError, ValueError):
        if os.path.isfile(path):
            with Path(path).open("rb") as file:
                return file.read(HEAD)
    return b""


def is_device(path: Path) -> bool:
    """Tell what is there and no file: a pipe, /dev/stdout."""
    return os.path.exists(path) and not os.path.isfile(path)
